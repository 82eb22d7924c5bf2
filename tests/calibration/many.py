"""Searches of some of very many speakers: ``python tests/calibration/many.py [--speakers N] [--searched M]``.

Beyond 150,000 speakers, 100,000 are searched and shuffled, and all others are held out. Each row is one discoverer on
logs of noise (how often p <= .05, and the median held-out gap) or with a planted region or kind of voice (how often it
is found and confirmed, and the median overlap of the bottom with it). ``--searched`` is the number searched, so that
the scheme can also be measured on many smaller logs.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from multiprocessing import Pool

import numpy as np
from bars import METHODS, at_most, overlap, search
from planters import Plant, box, kind_of_voice, simulate_planted

from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.plan import Plan
from fairaudit.samples import simulate_log

_SHUFFLES = 39
_PLANTS: dict[str, Plant] = {"geo-tree": box, "geo-scan": box, "embedding": kind_of_voice}


def noise(seed: int, *, method: str, speakers: int) -> tuple[float, float]:
    """p-value and held-out gap in a log without an effect."""
    log = simulate_log(speakers=speakers, seed=seed)
    evidence = search(log, method, permutations=_SHUFFLES, seed=seed, splits=None)
    held_out = evidence.gaps.held_out
    return evidence.test.p_alone if evidence.test else 1.0, held_out.gap.relative if held_out else np.nan


def planted(seed: int, *, method: str, speakers: int, gap: float) -> tuple[bool, float]:
    """Whether a planted cohort is confirmed, and the overlap of the bottom with it."""
    rng = np.random.default_rng([seed, 7])
    log, mask = simulate_planted(_PLANTS[method], rng, speakers=speakers, seed=seed, gap=gap)
    evidence = search(log, method, permutations=_SHUFFLES, seed=seed, splits=None)
    return evidence.verdict == Verdict.DISPARITY, overlap(evidence, log, mask, method)


def _search_some(most: int) -> None:
    Plan.most_searched = most


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speakers", type=int, default=200_000)
    parser.add_argument("--searched", type=int, default=Plan.most_searched)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--gap", type=float, default=0.1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    n, seeds = options.speakers, range(options.first_seed, options.first_seed + options.runs)
    print(
        f"{n:,} speakers, {options.searched:,} searched, {options.runs} logs a row, seeds from {options.first_seed}\n"
    )
    print("| method | world | measured |\n|---|---|---|")
    with Pool(options.jobs, initializer=_search_some, initargs=(options.searched,)) as pool:
        for method in METHODS[:-1]:
            p, gap = np.array(pool.map(partial(noise, method=method, speakers=n), seeds, chunksize=1)).T
            rejected = f"p ≤ .05 in {np.count_nonzero(p <= 0.05)} (limit {at_most(len(p))})"
            print(f"| {method} | noise | {rejected}; median held-out gap {np.nanmedian(gap):+.1%} |", flush=True)
        for method in _PLANTS:
            one = partial(planted, method=method, speakers=n, gap=options.gap)
            found, jaccard = np.array(pool.map(one, seeds, chunksize=1), dtype=float).T
            world = f"a tenth at {options.gap:+.0%}"
            print(
                f"| {method} | {world} | disparity in {found.mean():.2f}; overlap {np.median(jaccard):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
