"""What boards of eight systems get wrong: ``python tests/calibration/boards.py [RUNS] [SEED] [WORLD]``.

Boards of the shape of a public leaderboard: 1,444 speakers with 1.46 utterances each, five zones of unequal size, eight
systems. Log-normal speakers (sd 0.6) whom all systems share, and log-normal speakers (sd 0.3) and utterances of each
system's own. In each world, the true rates are known. In one, geo-tree finds the groups on the errors of all systems,
and they are measured on the speakers kept aside.

- wrong: boards on which a comparison of a pair (overall rate, worst zone, gap) excludes the truth;
- missed: boards on which any interval of a number of one system excludes the truth;
- differ: boards on which a pair is said to differ in its worst zone or in its gap, and in its gap;
- range: the largest range over zones divided by the smallest, as a leaderboard prints it (median of the boards);
- found: share of the pairs that truly differ whose order is certain.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from multiprocessing import Pool

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fairaudit
from fairaudit.stats.systems import Estimates, SystemCounts, SystemsCompared, compare_systems

Array = NDArray[np.float64]
ZONES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
SYSTEMS, SPEAKERS = 8, 1444


@dataclass(frozen=True)
class World:
    """True rates: of each system, times factors of shape (n_zones, 1) or (n_zones, n_systems)."""

    rate: Array
    factor: Array
    speakers: int = SPEAKERS
    further: float = 0.46  # utterances of a speaker beyond the first, on average
    method: str = ""  # what finds groups, in place of zones

    @property
    def rates(self) -> Array:
        """Shape (n_zones, n_systems)."""
        return np.broadcast_to(self.rate * self.factor, (len(ZONES), len(self.rate)))


def only(zone: int, systems: list[int], factor: float) -> Array:
    """Factors of one zone under some systems."""
    factors = np.ones((len(ZONES), SYSTEMS))
    factors[zone, systems] = factor
    return factors


SAME, NONE = np.full(SYSTEMS, 0.15), np.ones((len(ZONES), 1))
WORLDS = {
    "no effect": World(SAME, NONE),
    "no effect, ten utterances each": World(SAME, NONE, further=9.0),
    "no effect, 300 speakers": World(SAME, NONE, speakers=300),
    "no effect, groups found by geo-tree": World(SAME, NONE, method="geo-tree"),
    "systems differ, zones do not": World(np.linspace(0.08, 0.25, SYSTEMS), NONE),
    "zones differ alike": World(SAME, np.array([[1.0], [1.0], [1.0], [1.2], [1.5]])),
    "two zones tie": World(SAME, np.array([[1.0], [1.0], [1.0], [1.4], [1.4]])),
    "both differ": World(np.linspace(0.08, 0.25, SYSTEMS), np.array([[1.0], [1.1], [1.2], [1.3], [1.4]])),
    "one system, smallest zone +60 %": World(SAME, only(4, [7], 1.6)),
    "one system, smallest zone +100 %": World(SAME, only(4, [7], 2.0)),
    "one system, smallest zone +100 %, ten utterances each": World(SAME, only(4, [7], 2.0), further=9.0),
    "half of the systems, one zone +60 %": World(SAME, only(2, [4, 5, 6, 7], 1.6)),
    "zones differ alike, one system half as much": World(
        SAME, np.array([1.0, 1, 1, 1, 2])[:, None] ** np.r_[[1.0] * 7, 0.5]
    ),
}


def simulated(world: World, seed: int) -> tuple[NDArray[np.int64], Array, Array]:
    """Zone of each speaker, errors of shape (n_systems, n_speakers), and words."""
    rng = np.random.default_rng(seed)
    zone = rng.choice(len(ZONES), world.speakers, p=ZONES)
    speaker = np.repeat(np.arange(world.speakers), 1 + rng.poisson(world.further, world.speakers))
    words = 1 + rng.poisson(rng.gamma(4, 2.5, len(speaker)))
    shared = rng.lognormal(-0.18, 0.6, world.speakers)[:, None] * rng.lognormal(-0.045, 0.3, (world.speakers, SYSTEMS))
    each = (
        (shared * world.rates[zone])[speaker]
        * rng.gamma(2, 0.5, (len(speaker), 1))
        * rng.gamma(4, 0.25, (len(speaker), SYSTEMS))
    )
    counts = rng.poisson(each * words[:, None])
    errors = np.stack([np.bincount(speaker, counts[:, k], world.speakers) for k in range(SYSTEMS)])
    return zone, errors, np.bincount(speaker, words, world.speakers).astype(float)


def board_of(world: World, seed: int, draws: int = 499) -> SystemsCompared:
    """Compare the systems on a log of a world."""
    zone, errors, exposure = simulated(world, seed)
    if world.method:
        return board_with_search(world.method, errors, exposure, draws, seed)
    codes = np.arange(world.speakers)
    sets = [
        SystemCounts(codes[inside], errors[:, inside], exposure[inside])
        for z in range(len(ZONES))
        for inside in (zone == z, zone != z)
    ]
    return compare_systems(
        SystemCounts(codes, errors, exposure), [*zip(sets[::2], sets[1::2], strict=True)], draws=draws, seed=seed
    )


def board_with_search(method: str, errors: Array, exposure: Array, draws: int, seed: int) -> SystemsCompared:
    """Find groups among places that say nothing about errors, and compare the systems by them."""
    places = np.random.default_rng([seed, 1]).uniform(0, 10, (len(exposure), 2)).round(2)
    rows = pd.DataFrame({"latitude": places[:, 0], "longitude": places[:, 1], "words": exposure.astype(int)})
    rows["speaker_id"] = rows["utterance_id"] = [f"s{n}" for n in range(len(rows))]
    logs = {f"system {k}": rows.assign(errors=one.astype(int)) for k, one in enumerate(errors)}
    return fairaudit.board(logs, methods=method, permutations=draws, seed=seed).compared


def covers(estimates: Estimates, truth: Array) -> NDArray[np.bool_]:
    return (estimates.low <= truth * (1 + 1e-9)) & (truth * (1 - 1e-9) <= estimates.high)


def judge(task: tuple[str, int]) -> tuple[float, ...]:
    """Of one board: wrong, missed, differ, and what is right among pairs that truly differ."""
    world, seed = WORLDS[task[0]], task[1]
    board = board_of(world, seed)
    rates, share = world.rates, ZONES[:, None]
    if world.method:  # groups that say nothing about errors
        n_groups = len(board.rates.value)
        rates, share = np.broadcast_to(world.rate, (n_groups, SYSTEMS)), np.full((n_groups, 1), 1 / n_groups)
    overall = (share * rates).sum(axis=0)
    gaps = rates / ((overall - share * rates) / (1 - share))
    truths = overall, rates.max(axis=0), gaps.max(axis=0)
    compared = board.overall_ratio, board.worst_ratio, board.gap_ratio
    right = [covers(one, truth[:, None] / truth) for one, truth in zip(compared, truths, strict=True)]
    single = [covers(one, truth) for one, truth in zip((board.overall, board.worst, board.gap), truths, strict=True)]
    single += [
        covers(board.spread, truths[1] / rates.min(axis=0)),
        covers(board.rates, rates),
        covers(board.gaps, gaps),
    ]
    found = []
    for one, truth in zip(compared, truths, strict=True):
        higher = truth[:, None] > truth * 1.0001
        found.append((one.low > 1)[higher].mean() if higher.any() else np.nan)
    differ = any((one.low > 1).any() for one in compared[1:])
    ranges = np.ptp(board.rates.value, axis=0)
    of_all = (
        not all(one.all() for one in right),
        not all(one.all() for one in single),
        differ,
        (board.gap_ratio.low > 1).any(),
    )
    return (*map(float, of_all), ranges.max() / ranges.min(), *found)


def main(runs: int = 400, first: int = 700_000, part: str = "") -> None:
    print(
        f"| world ({runs} boards) | wrong | missed | differ | gap differs | range | found: overall | worst zone | gap |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with Pool(2) as pool:
        for name in [world for world in WORLDS if part in world]:
            start = time.perf_counter()
            rows = np.array(pool.map(judge, [(name, seed) for seed in range(first, first + runs)]))
            wrong, missed, differ, gap = rows[:, :4].mean(axis=0)
            found = ["–" if np.isnan(one).all() else f"{np.nanmean(one):.2f}" for one in rows[:, 5:].T]
            numbers = [f"{one:.3f}" for one in (wrong, missed, differ, gap)]
            print(f"| {name} | {' | '.join(numbers)} | {np.median(rows[:, 4]):.1f} | {' | '.join(found)} |", flush=True)
            print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
