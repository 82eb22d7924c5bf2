"""How often intervals of a change hold the truth: ``python tests/calibration/changes.py [RUNS] [SEED]``.

Logs of 600 speakers (log-normal, sd 0.6, of 5 to 2,000 words) under two recognisers of the same expected rates:

- alike: half of the errors are common to both, the rest are made anew, at rates that differ by speaker (sd 0.2);
- few gain: nine in ten speakers have a twentieth more errors, one in ten so many fewer that nothing is gained;
- few lose: nineteen in twenty have a tenth fewer, one in twenty so many more that nothing is lost;
- loops: the candidate falls into a loop of 60 words once in 4,000, and makes as many fewer errors elsewhere.

The speakers are divided at random into cohorts of equal size, and the first one is measured; it is also the bottom of a
gap. Runs in which it has fewer than 10 effective speakers are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.paired import Spread, change_between, gap_change_interval
from fairaudit.stats.rates import effective_speakers

Array = NDArray[np.float64]
SPEAKERS, SIZES = 600, (16, 20, 40, 100)


def alike(rng: np.random.Generator, expected: Array, words: Array) -> tuple[Array, Array]:
    common = rng.poisson(expected / 2)
    after = rng.poisson(expected / 2 * rng.lognormal(-0.02, 0.2, SPEAKERS))
    return common + rng.poisson(expected / 2), common + after


def few_gain(rng: np.random.Generator, expected: Array, words: Array) -> tuple[Array, Array]:
    return _scaled(rng, expected, np.where(rng.random(SPEAKERS) < 0.1, 0.55, 1.05))


def few_lose(rng: np.random.Generator, expected: Array, words: Array) -> tuple[Array, Array]:
    return _scaled(rng, expected, np.where(rng.random(SPEAKERS) < 0.05, 2.9, 0.9))


def loops(rng: np.random.Generator, expected: Array, words: Array) -> tuple[Array, Array]:
    often = words / 4000
    return rng.poisson(expected), rng.poisson(np.maximum(0, expected - 60 * often)) + 60 * rng.poisson(often)


def _scaled(rng: np.random.Generator, expected: Array, factor: Array) -> tuple[Array, Array]:
    common = rng.poisson(expected / 2)
    return common + rng.poisson(expected / 2), common + rng.poisson(expected / 2 * np.maximum(0, 2 * factor - 1))


def held(draw: Callable[..., tuple[Array, Array]], size: int, runs: int, first: int) -> list[str]:
    """Shares of the intervals that hold no change: of a cohort's rate, and of the gap between it and the rest."""
    hits, counted = np.zeros(2), 0
    for seed in range(first, first + runs):
        rng = np.random.default_rng([seed, size])
        words = np.maximum(5, rng.lognormal(5, 0.8, SPEAKERS)).round()
        expected = 0.1 * rng.lognormal(-0.18, 0.6, SPEAKERS) * words
        before, after = (each.astype(float) for each in draw(rng, expected, words))
        codes, cohort = np.arange(SPEAKERS), rng.permutation(SPEAKERS) // size
        inside = cohort == 0
        cells = ErrorCounts(codes, codes * 0, before, words)
        sides = [(each.where(inside), each.where(~inside)) for each in (cells, replace(cells, errors=after))]
        if effective_speakers(sides[0][0]) < 10:
            continue
        spread = Spread.within([((after - before)[cohort == c], words[cohort == c]) for c in range(cohort.max() + 1)])
        found = change_between(sides[0][0], sides[1][0], spread).interval, gap_change_interval(*sides)
        hits += [interval[0] <= 0 <= interval[1] for interval in found]
        counted += 1
    return [f"{share:.3f}" for share in hits / counted]


def main(runs: int = 1000, first: int = 0) -> None:
    print(f"| candidate | {' | '.join(f'{size} speakers' for size in SIZES)} |\n{'|---' * (1 + len(SIZES))}|")
    for draw in (alike, few_gain, few_lose, loops):
        shares = [" / ".join(held(draw, size, runs, first)) for size in SIZES]
        print(f"| {draw.__name__} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
