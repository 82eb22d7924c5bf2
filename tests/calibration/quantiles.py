"""Coverage of the intervals of quantiles by speaker: ``python tests/calibration/quantiles.py [RUNS] [SHARE...]``.

Speakers have exp(N(3, 1)) utterances, so that the effective number is about 0.4 of theirs. A number is a gamma variable
(shape 4) times a log-normal level of its speaker with standard deviation s. Prints how often the 95 % interval of a
quantile covers the true one, how often that of its ratio to another such group covers 1, and how often there is one.
One core, 1,000 runs: two minutes.
"""

# ruff: noqa: E402  (thread counts are set before numpy starts its own)
from __future__ import annotations

import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from scipy import integrate, optimize, stats

from fairaudit.stats.histograms import Estimate, Histogram, ratio_to

SHARES = (0.5, 0.9, 0.99)
SIZES = (30, 60, 200)
SPREADS = (0.3, 0.6)
#: Half the width of a bin, by which an end may be off.
ERROR = 0.005


def true_quantile(share: float, spread: float) -> float:
    """The quantile over all utterances of all speakers that there could be."""

    def below(x: float) -> float:
        def part(z: float) -> float:
            return float(stats.gamma.cdf(x / np.exp(spread * z), 4, scale=0.25) * stats.norm.pdf(z))

        return float(integrate.quad(part, -8, 8)[0])

    return float(optimize.brentq(lambda x: below(x) - share, 1e-3, 1e3))


def draw(rng: np.random.Generator, speakers: int, spread: float) -> Histogram:
    """Numbers of some speakers."""
    utterances = np.maximum(1, np.rint(np.exp(rng.normal(3, 1, speakers)))).astype(int)
    speaker = np.repeat(np.arange(speakers), utterances)
    level = np.exp(spread * rng.standard_normal(speakers))
    return Histogram.of(speaker, level[speaker] * rng.gamma(4, 0.25, len(speaker)))


def covers(estimate: Estimate, truth: float, error: float = ERROR) -> bool:
    """Whether an interval holds the truth; an open end holds everything."""
    low = 0.0 if estimate.low is None else estimate.low
    high = np.inf if estimate.high is None else estimate.high
    return bool(low * (1 - error) <= truth <= high * (1 + error))


def coverage(speakers: int, share: float, spread: float, runs: int, seed: int = 700_000) -> tuple[float, float, int]:
    """Coverage of the quantile, of its ratio to that of another group, and number of logs in which there is one."""
    truth = true_quantile(share, spread)
    held, of_ratio = [], []
    for run in range(runs):
        rng = np.random.default_rng([seed + run, speakers])
        one, other = (draw(rng, speakers, spread).quantile(share) for _ in range(2))
        if one is not None:
            held.append(covers(one, truth))
        ratio = ratio_to(one, other)
        if ratio is not None:
            of_ratio.append(covers(ratio, 1.0, 2 * ERROR))
    return float(np.mean(held or [np.nan])), float(np.mean(of_ratio or [np.nan])), len(held)


def main(runs: int = 1000, *shares: float) -> None:
    start = time.perf_counter()
    print(
        "| quantile | speakers | s | covers | ratio covers | logs with one, of "
        + f"{runs:,} |\n|---|---|---|---|---|---|"
    )
    for share in shares or SHARES:
        for speakers in SIZES:
            for spread in SPREADS:
                covered, of_ratio, there = coverage(speakers, share, spread, runs)
                name = f"p{100 * share:g}"
                print(f"| {name} | {speakers} | {spread} | {covered:.3f} | {of_ratio:.3f} | {there:,} |", flush=True)
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:]))
