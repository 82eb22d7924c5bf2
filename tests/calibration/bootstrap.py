"""Coverage of the speaker bootstrap beside our own interval: ``python tests/calibration/bootstrap.py [RUNS] [JOBS]``.

Random cohorts of 10 to 1,000 speakers from simulated logs of 2,000 (:func:`fairaudit.samples.simulate_log`:
10 % WER, 5-200 utterances a speaker, log-normal speaker effect with sd 0.6) in which nobody is treated worse. Prints
how often each 95 % interval of the cohort's rate covers the true one. Two cores, 1,000 runs: a minute.
"""

# ruff: noqa: E402  (thread counts are set before numpy starts its own)
from __future__ import annotations

import os
import sys
import time
from functools import partial
from multiprocessing import Pool

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np

from fairaudit.core.counts import ErrorCounts
from fairaudit.samples import simulate_log
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.rates import rate_interval

SIZES = (10, 20, 40, 100, 1000)
TRUTH, SPREAD = 0.1, 0.6


def cover_run(seed: int, *, size: int) -> tuple[bool, bool]:
    """Whether the bootstrap's interval, and ours, cover the true rate of a random cohort."""
    rng = np.random.default_rng([seed, size])
    log = simulate_log(speakers=2000, seed=seed, dispersion=SPREAD)
    words, errors = log.words.astype(float), log.errors.astype(float)
    member, code = rng.choice(len(words), size, replace=False), np.arange(size)
    effect = np.exp(SPREAD * rng.standard_normal(size) - SPREAD**2 / 2)
    errors[member] = rng.poisson(TRUTH * effect * words[member])
    counts = ErrorCounts(code, code * 0, errors[member], words[member])
    dispersion = fit_dispersion(errors, words)
    intervals = (
        rate_interval(counts, dispersion, SpeakerBootstrap(seed=seed)),
        rate_interval(counts, dispersion),
    )
    return tuple(interval is not None and interval[0] <= TRUTH <= interval[1] for interval in intervals)


def main(runs: int = 1000, jobs: int = os.cpu_count() or 1) -> None:
    start = time.perf_counter()
    print("| speakers | speaker bootstrap | log scale | runs |\n|---|---|---|---|")
    with Pool(jobs) as pool:
        for size in SIZES:
            covered = np.mean(pool.map(partial(cover_run, size=size), range(runs)), axis=0)
            print(f"| {size} | {covered[0]:.3f} | {covered[1]:.3f} | {runs} |", flush=True)
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
