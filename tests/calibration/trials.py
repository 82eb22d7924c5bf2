"""Coverage of two-way intervals on invented trial lists: ``python tests/calibration/trials.py [--runs N]``.

Speakers differ in how well they are recognised as themselves and as others. Both sides of a trial of two speakers
count, and each speaker is in many trials. "Goats" are one in ten speakers who are often rejected. In worlds of
talkers, the numbers of trials differ strongly between speakers. The last column is the coverage of an interval that
takes trials to be independent, for the false non-match rate.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from fairaudit.stats.verification import Trials


@dataclass(frozen=True)
class World:
    """Scores: target trials about ``mean``, others about 0, with deviations of speakers and of trials."""

    speakers: int
    trials: int
    mean: float = 3.5
    goats: float = 0.0
    talkers: bool = False
    threshold: float = 1.8
    own: float = 0.6
    other: float = 0.4
    noise: float = 0.8

    def draw(self, seed: int) -> Trials:
        """Return trials, about as many of one speaker as of two."""
        rng, n = np.random.default_rng([seed, self.speakers, self.trials]), self.speakers
        own = rng.normal(self.mean, self.own, n) - self.goats * (rng.random(n) < 0.1)
        other = rng.normal(0, self.other, n)
        times = rng.poisson(self.trials * (rng.gamma(1, 1, n) if self.talkers else 1), n) + 1
        first = np.repeat(np.arange(n), times)
        second = (first + rng.integers(1, n, len(first))) % n
        score = np.concatenate([own[first], other[first] + other[second]])
        pairs = np.concatenate([first, first]), np.concatenate([first, second])
        return Trials(*pairs, score + rng.normal(0, self.noise, len(score)))

    def rejects(self, threshold: float) -> float:
        """The true false non-match rate."""
        spread = np.hypot(self.own, self.noise)
        ends = (threshold - self.mean) / spread, (threshold - self.mean + self.goats) / spread
        return float(0.9 * stats.norm.cdf(ends[0]) + 0.1 * stats.norm.cdf(ends[1]))

    def accepts(self, threshold: float) -> float:
        """The true false match rate."""
        return float(stats.norm.sf(threshold / np.sqrt(2 * self.other**2 + self.noise**2)))

    @property
    def equal(self) -> float:
        """The true equal error rate."""
        return self.rejects(brentq(lambda t: self.rejects(t) - self.accepts(t), -5, self.mean + 5))


WORLDS: Mapping[str, World] = {
    "40 speakers, 20 trials each": World(40, 20),
    "100 speakers, 20 trials each": World(100, 20),
    "100 speakers, 200 trials each": World(100, 200),
    "400 speakers, 10 trials each": World(400, 10),
    "100 speakers, 100 trials each, goats": World(100, 100, mean=4.5, goats=2.5),
    "100 speakers, 100 trials each, talkers": World(100, 100, talkers=True),
    "100 speakers, 100 trials each, goats and talkers": World(100, 100, mean=4.5, goats=2.5, talkers=True),
}


def covered(world: World, seed: int) -> tuple[bool, bool, bool, bool]:
    """Whether the intervals of FNMR, FMR and EER hold the truth, and that of FNMR as if trials were independent."""
    trials, t = world.draw(seed), world.threshold
    rejects, accepts, (equal, _) = trials.false_rejects(t), trials.false_accepts(t), trials.equal_error_rate()
    half = 1.96 * np.sqrt(rejects.value * (1 - rejects.value) / rejects.trials)
    truths = world.rejects(t), world.accepts(t), world.equal
    inside = [one.low <= truth <= one.high for one, truth in zip((rejects, accepts, equal), truths, strict=True)]
    return inside[0], inside[1], inside[2], bool(abs(rejects.value - truths[0]) <= half)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{options.runs} lists a row, seeds from {options.first_seed}\n")
    print("| world | FNMR | FMR | EER | FNMR, trials as if independent |\n|---|---|---|---|---|")
    for name, world in WORLDS.items():
        rows = [covered(world, seed) for seed in range(options.first_seed, options.first_seed + options.runs)]
        print(f"| {name} | {' | '.join(f'{share:.3f}' for share in np.mean(rows, axis=0))} |", flush=True)


if __name__ == "__main__":
    main()
