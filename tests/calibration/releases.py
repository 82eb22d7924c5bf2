"""How often a gate fails a candidate that is no worse: ``python tests/calibration/releases.py [RUNS] [SPEAKERS]``.

Five ways to be no worse, each with the rule ``max-regression 0`` over everybody and 12 cohorts:

- permuted: the same recogniser, its errors permuted among the utterances of each speaker; devices vary within speakers;
- redrawn: every utterance recognised anew at its own error rate (two runs of a recogniser that decides by chance);
- swapped: two recognisers of which one is better with some speakers, the other with others, swapped speaker by speaker;
- few: nine in ten speakers have a twentieth more errors, one in ten so many fewer that the rate expected is the same;
- mended: four of the cohorts have half as many errors, the others as many;

and how often it fails one that makes a tenth fewer errors but a fifth more in one cohort of a twelfth of the speakers
(harmed), and one that is mended with a fifth more errors in that cohort (mended, harmed).
Log-normal speakers (sd 0.6), 5 to 60 utterances of 10 words each. A third number is the first seed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Lookup

COHORTS = [f"c{n:02}" for n in range(12)]
Release = tuple[pd.DataFrame, NDArray[np.int64]]


def base(rng: np.random.Generator, speakers: int) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.int64]]:
    """A log of speakers that stand in one cohort each, the expected rate of every utterance, and who speaks it."""
    speaker = np.repeat(np.arange(speakers), rng.integers(5, 61, speakers))
    expected = np.minimum(0.1 * rng.lognormal(0, 0.6, speakers)[speaker] * rng.gamma(2, 0.5, len(speaker)), 0.9)
    frame = pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(len(speaker))],
            "speaker_id": [f"s{n}" for n in speaker],
            "group": rng.choice(COHORTS, speakers)[speaker],
            "errors": rng.binomial(10, expected),
            "words": 10,
        }
    )
    return frame, expected, speaker


def permuted(rng: np.random.Generator, speakers: int) -> Release:
    """Devices instead of cohorts of speakers, or nothing would change at all."""
    frame, _, speaker = base(rng, speakers)
    order = np.lexsort([rng.random(len(speaker)), speaker])
    return frame.assign(group=rng.choice(COHORTS, len(speaker))), frame["errors"].to_numpy()[order]


def redrawn(rng: np.random.Generator, speakers: int) -> Release:
    """The same rates, other luck."""
    frame, expected, _ = base(rng, speakers)
    return frame, rng.binomial(10, expected)


def swapped(rng: np.random.Generator, speakers: int) -> Release:
    """Differences between speakers that no cohort has in common."""
    frame, expected, speaker = base(rng, speakers)
    other = rng.binomial(10, np.minimum(expected * rng.lognormal(0, 0.3, speakers)[speaker], 0.9))
    swap = (rng.random(speakers) < 0.5)[speaker]
    errors = frame["errors"].to_numpy()
    return frame.assign(errors=np.where(swap, other, errors)), np.where(swap, errors, other)


def few(rng: np.random.Generator, speakers: int) -> Release:
    """What most lose, few gain, and a cohort may happen to hold few of the few."""
    frame, expected, speaker = base(rng, speakers)
    factor = np.where(rng.random(speakers) < 0.1, 0.55, 1.05)[speaker]
    return frame, rng.binomial(10, np.minimum(expected * factor, 0.9))


def harmed(rng: np.random.Generator, speakers: int) -> Release:
    """A tenth fewer errors, and a fifth more in one cohort."""
    frame, expected, _ = base(rng, speakers)
    return frame, rng.binomial(10, np.minimum(expected * np.where(frame["group"] == COHORTS[3], 1.2, 0.9), 0.9))


def mended(rng: np.random.Generator, speakers: int) -> Release:
    """Four cohorts are much better; nothing else changes."""
    frame, expected, _ = base(rng, speakers)
    return frame, rng.binomial(10, np.where(frame["group"].isin(COHORTS[4:8]), 0.5, 1.0) * expected)


def mended_harmed(rng: np.random.Generator, speakers: int) -> Release:
    """Four cohorts are much better, and one has a fifth more errors."""
    frame, expected, _ = base(rng, speakers)
    factor = np.where(frame["group"].isin(COHORTS[4:8]), 0.5, np.where(frame["group"] == COHORTS[3], 1.2, 1.0))
    return frame, rng.binomial(10, np.minimum(factor * expected, 0.9))


def failures(draw: Callable[[np.random.Generator, int], Release], runs: int, speakers: int, first: int) -> int:
    """Runs in which the gate fails."""
    model = CohortModel(
        "named", "named: group", {}, ("group",), False, Lookup(("group",), tuple((c,) for c in COHORTS)), None, None
    )
    failed = 0
    for seed in range(first, first + runs):
        before, after = draw(np.random.default_rng(seed), speakers)
        logs = [fairaudit.read_log(frame) for frame in (before, before.assign(errors=after))]
        found = fairaudit.compare(*logs, [model], permutations=199, seed=seed)
        failed += fairaudit.gate(found, {"max-regression": 0}).verdict == "fail"
    return failed


def main(runs: int = 1000, speakers: int = 400, first: int = 0) -> None:
    print(f"| candidate | gate fails, of {runs} runs of {speakers} speakers |\n|---|---|")
    for draw in (permuted, redrawn, swapped, few, mended, harmed, mended_harmed):
        start = time.perf_counter()
        print(f"| {draw.__name__.replace('_', ', ')} | {failures(draw, runs, speakers, first)} |", flush=True)
        print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
