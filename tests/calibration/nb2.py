"""Regression of speakers' errors against the gap interval: ``python tests/calibration/nb2.py [--runs N] [--jobs J]``.

Logs of 2,000 speakers (:func:`fairaudit.samples.simulate_log`: 10 % WER, 5-200 utterances a speaker, log-normal
speaker effect of sd s) with a group that was fixed beforehand, served alike or worse. Prints a Markdown table: how
often NB2 with a sandwich variance (p <= .05, :mod:`fairaudit.stats.negative_binomial`), the same against the normal
distribution in place of Student's t, and the interval of the gap between ratios of sums (not holding 0) find a
difference, each with its exact binomial 95 % limits. 400 runs on two cores: half a minute.
"""

# ruff: noqa: E402  (thread counts are set before numpy starts its own)
from __future__ import annotations

import argparse
import math
import os
from functools import partial
from multiprocessing import Pool

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from scipy.stats import binomtest, norm

from fairaudit.core.counts import ErrorCounts
from fairaudit.samples import simulate_log
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.negative_binomial import compare_groups
from fairaudit.stats.rates import gap_between

SPEAKERS = 2000
#: Standard deviation s of the speaker effect, speakers in the group, and how much worse it is served.
CASES = (
    *((s, size, 0.0) for s in (0.3, 0.6, 0.9) for size in (200, 20)),
    *((0.6, 200, gap) for gap in (0.1, 0.4)),
    *((0.6, 20, gap) for gap in (0.2, 0.4, 0.65)),
)


def found(seed: int, *, spread: float, size: int, gap: float) -> tuple[bool, bool, bool]:
    """Whether NB2 by Student's t, NB2 by the normal distribution, and the gap interval find the group different."""
    group = np.random.default_rng([seed, 3]).permutation(SPEAKERS) < size
    log = simulate_log(speakers=SPEAKERS, seed=seed, dispersion=spread, planted=group, gap=gap)
    counts = ErrorCounts(np.arange(SPEAKERS), group.astype(int), log.errors.astype(float), log.words.astype(float))
    (nb2,) = compare_groups(counts, [1])
    z = abs(math.log(nb2.ratio)) / nb2.standard_error
    sums = gap_between(counts.of_groups([1]), counts.of_groups([0]), fit_dispersion(counts.errors, counts.exposure))
    low, high = sums.interval
    return nb2.p_value <= 0.05, z >= norm.ppf(0.975), not low <= 1 <= high


def share(times: int, runs: int) -> str:
    """``.060 [.039, .088]``."""
    limits = binomtest(times, runs).proportion_ci()
    numbers = [f"{x:.3f}".removeprefix("0") for x in (times / runs, limits.low, limits.high)]
    return f"{numbers[0]} [{numbers[1]}, {numbers[2]}]"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure level and power of the regression.")
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    print("| s | group | served worse by | NB2 | NB2, normal | gap interval | runs |\n|---|---|---|---|---|---|---|")
    with Pool(options.jobs) as pool:
        for spread, size, gap in CASES:
            run = partial(found, spread=spread, size=size, gap=gap)
            times = np.sum(pool.map(run, range(options.runs), chunksize=10), axis=0)
            shares = " | ".join(share(int(count), options.runs) for count in times)
            print(f"| {spread} | {size / SPEAKERS:.0%} | {gap:+.0%} | {shares} | {options.runs} |", flush=True)


if __name__ == "__main__":
    main()
