"""Verdicts about groups that are known beforehand, on simulated logs with known answers: bars B1 to B4 and B9.

python tests/calibration/groups.py [WORLD ...] [--runs 400] [--first-seed 0] [--permutations 199] [--jobs 2]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from fairaudit.cohorts import Named
from fairaudit.core.columns import SPEAKER, UTTERANCES
from fairaudit.core.rate import rate_named
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.design import Design
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.verdict import JudgedSearch, judge
from fairaudit.inputs.named import NamedColumns
from fairaudit.units.build import build_tables

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
WORDS: Final = 7
RATE: Final = 0.1


class Counts:
    """A tally source in memory, with one row per speaker."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(**{UTTERANCES: 1})

    def tally(self, by: list[str]) -> pd.DataFrame:
        return self.frame.groupby(by, dropna=False)[[UTTERANCES, "errors", "words"]].sum()


def talk(rng: np.random.Generator, low: Floats | float, high: Floats | float, n: int) -> Floats:
    """Words of speakers with a log-uniform number of utterances."""
    return np.maximum(1.0, rng.poisson(WORDS * np.exp(rng.uniform(np.log(low), np.log(high), n))))


def effects(rng: np.random.Generator, spread: Floats | float, n: int) -> Floats:
    """Log-normal speaker effects with mean 1."""
    return np.exp(spread * rng.standard_normal(n) - np.square(spread) / 2)


def log_of(rng: np.random.Generator, words: Floats, rates: Floats, **labels: Labels) -> pd.DataFrame:
    named = {name: pd.Series(values).map("g{:02d}".format).where(values >= 0) for name, values in labels.items()}
    return pd.DataFrame(
        {SPEAKER: [f"s{i:05d}" for i in range(len(words))], "errors": rng.poisson(RATE * rates * words), "words": words}
        | named
    ).astype({"errors": int, "words": int})


def first_and_others(rng: np.random.Generator, first: int, n: int, others: int) -> Labels:
    """A first group of given size, and others among which the rest is drawn."""
    return np.concatenate([np.zeros(first, dtype=np.int64), rng.integers(1, others + 1, n - first)])


# ---- no group is worse


def null(rng: np.random.Generator) -> pd.DataFrame:
    n = 300
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n), g=rng.integers(0, 8, n))


def twelve_columns(rng: np.random.Generator) -> pd.DataFrame:
    n = 300
    columns = {f"c{i:02d}": rng.integers(0, 2 + i % 7, n) for i in range(12)}
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n), **columns)


def large_groups(rng: np.random.Generator) -> pd.DataFrame:
    """Two-sided: one group holds half, so that everyone except it is tested as well."""
    n = 300
    g = np.where(rng.random(n) < 0.5, 0, rng.integers(1, 6, n))
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n), g=g)


def many_small(rng: np.random.Generator) -> pd.DataFrame:
    n = 300
    g = np.where(rng.random(n) < 0.7, rng.integers(0, 4, n), 4 + rng.integers(0, 30, n))
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n), g=g)


def short_sessions(rng: np.random.Generator) -> pd.DataFrame:
    """The first group talks a tenth as much, and its speakers differ more."""
    n = 300
    g = np.where(rng.random(n) < 0.15, 0, rng.integers(1, 5, n))
    few = g == 0
    words = talk(rng, np.where(few, 3, 30), np.where(few, 10, 100), n)
    return log_of(rng, words, effects(rng, np.where(few, 1.0, 0.4), n), g=g)


def few_very_bad(rng: np.random.Generator) -> pd.DataFrame:
    """In the first group, 8 % of the speakers have five times as many errors, and the others fewer."""
    n = 300
    g = rng.integers(0, 6, n)
    skewed = np.where(rng.random(n) < 0.08, 5.0, (1 - 0.08 * 5) / 0.92)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.4, n) * np.where(g == 0, skewed, 1.0), g=g)


def few_and_different(rng: np.random.Generator) -> pd.DataFrame:
    """The first group has 25 speakers, who differ more."""
    n = 300
    g = first_and_others(rng, 25, n, 6)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, np.where(g == 0, 1.0, 0.4), n), g=g)


def long_sessions(rng: np.random.Generator) -> pd.DataFrame:
    """The first group talks ten times as much, and its speakers differ more."""
    n = 300
    g = rng.integers(0, 5, n)
    many = g == 0
    words = talk(rng, np.where(many, 100, 5), np.where(many, 300, 30), n)
    return log_of(rng, words, effects(rng, np.where(many, 0.9, 0.4), n), g=g)


def one_alike(rng: np.random.Generator) -> pd.DataFrame:
    """The speakers of the first group, half of all, differ less."""
    n = 300
    g = np.where(rng.random(n) < 0.5, 0, rng.integers(1, 5, n))
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, np.where(g == 0, 0.3, 0.8), n), g=g)


# ---- no group is worse, but logs are odd


def exposure_tied(rng: np.random.Generator) -> pd.DataFrame:
    """The six groups talk between one and thirty times as much."""
    n = 300
    g = rng.integers(0, 6, n)
    return log_of(rng, talk(rng, 5 * 2.0**g, 10 * 2.0**g, n), effects(rng, 0.6, n), g=g)


def heavy_tails(rng: np.random.Generator) -> pd.DataFrame:
    """The logarithms of speaker effects have a t distribution with three degrees of freedom."""
    n = 300
    effect = np.exp(0.4 * np.clip(rng.standard_t(3, n), -8, 8))
    return log_of(rng, talk(rng, 5, 200, n), np.minimum(effect / 1.2, 9.0), g=rng.integers(0, 6, n))


def some_hardly_recognised(rng: np.random.Generator) -> pd.DataFrame:
    """2 % of the speakers have a WER of 80 %."""
    n = 300
    rates = np.where(rng.random(n) < 0.02, 8.0, effects(rng, 0.5, n))
    return log_of(rng, talk(rng, 5, 200, n), rates, g=rng.integers(0, 6, n))


def zipf(rng: np.random.Generator) -> pd.DataFrame:
    """A few speakers utter most words."""
    n = 300
    words = np.minimum(50.0 * rng.zipf(1.6, n), 200_000.0)
    return log_of(rng, words, effects(rng, 0.6, n), g=rng.integers(0, 5, n))


def few_errors(rng: np.random.Generator) -> pd.DataFrame:
    """A WER of 0.5 %."""
    n = 300
    return log_of(rng, talk(rng, 5, 200, n), 0.05 * effects(rng, 0.6, n), g=rng.integers(0, 6, n))


def loops(rng: np.random.Generator) -> pd.DataFrame:
    """One utterance in 200 is recognised as a loop of 60 words."""
    n = 300
    words = talk(rng, 5, 200, n)
    frame = log_of(rng, words, effects(rng, 0.6, n), g=rng.integers(0, 6, n))
    return frame.assign(errors=frame["errors"] + 60 * rng.poisson(words / WORDS / 200))


def giant_and_tiny(rng: np.random.Generator) -> pd.DataFrame:
    """One group of 210 speakers, and 30 groups of three."""
    g = np.concatenate([np.zeros(210, dtype=np.int64), np.repeat(np.arange(1, 31), 3)])
    return log_of(rng, talk(rng, 5, 200, 300), effects(rng, 0.6, 300), g=g)


# ---- a group is worse, or better


def planted_25(rng: np.random.Generator) -> pd.DataFrame:
    n = 300
    g = first_and_others(rng, 25, n, 4)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n) * np.where(g == 0, 1.5, 1.0), g=g)


def planted_60(rng: np.random.Generator) -> pd.DataFrame:
    n = 600
    g = first_and_others(rng, 60, n, 4)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n) * np.where(g == 0, 1.3, 1.0), g=g)


def majority(rng: np.random.Generator) -> pd.DataFrame:
    """Half of the speakers are served well, and everybody else, in groups of twelve, has twice the errors."""
    g = np.concatenate([np.zeros(45, dtype=np.int64), np.repeat([1, 2, 3, 4], 12)])
    n = len(g)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n) * np.where(g == 0, 1.0, 2.0), g=g)


def one_better(rng: np.random.Generator) -> pd.DataFrame:
    """Five groups of 80; the first has two thirds of the errors (as Swahili has in AfriSpeech)."""
    g = np.repeat(np.arange(5), 80)
    n = len(g)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n) * np.where(g == 0, 2 / 3, 1.0), g=g)


def unlabelled(rng: np.random.Generator) -> pd.DataFrame:
    """Most speakers have no label, and three times the errors."""
    g = np.concatenate([np.repeat([0, 1], 40), np.full(120, -1)])
    n = len(g)
    return log_of(rng, talk(rng, 5, 200, n), effects(rng, 0.6, n) * np.where(g < 0, 3.0, 1.0), g=g)


WORLDS: Final[dict[str, Callable[[np.random.Generator], pd.DataFrame]]] = {
    world.__name__: world
    for world in (
        null, twelve_columns, large_groups, many_small, short_sessions, few_very_bad, few_and_different, long_sessions,
        one_alike, exposure_tied, heavy_tails, some_hardly_recognised, zipf, few_errors, loops, giant_and_tiny,
        planted_25, planted_60, majority, one_better, unlabelled,
    )
}  # fmt: skip


def judged(frame: pd.DataFrame, permutations: int, seed: int = 0) -> list[JudgedSearch]:
    """Judge one search for each label column."""
    columns = [name for name in frame if name not in (SPEAKER, "errors", "words")]
    searches = [Search(name, NamedColumns((name,)), Named(by=(name,))) for name in columns]
    table, unit_tables = build_tables(Counts(frame), [one.features for one in searches], rate_named("wer"), SPEAKER)
    return judge(searches, unit_tables, Design.of(table, Plan(permutations=permutations, seed=seed)))


FIGURES: Final = ("flag", "disparity", "uneven", "none", "insufficient", "first", "except", "wrong", "clear")


def one(seed: int, world: str, permutations: int) -> tuple[bool, ...]:
    """What an audit of one log says: flags, verdict, who is named, and whether the interval excludes "no gap"."""
    found = judged(WORLDS[world](np.random.default_rng([13, seed])), permutations)
    flagged = [test for one in found for test in one.evidence.tests if test.p_value <= 0.05]
    lead = min(found, key=lambda one: ([*Verdict].index(one.evidence.verdict), one.evidence.p_value or 1.0)).evidence
    bottom, gap = lead.bottom, lead.gaps.deciding
    disparity = lead.verdict == Verdict.DISPARITY
    first = disparity and bottom is not None and bottom.cohorts == (0,)
    union = disparity and bottom is not None and len(bottom.cohorts) > 1
    clear = bool(disparity and gap and gap.gap.interval and gap.gap.interval[0] > 0)
    verdicts = (lead.verdict == verdict for verdict in Verdict)
    return bool(flagged), *verdicts, first, union, disparity and not first and not union, clear


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("worlds", nargs="*", default=[*WORLDS])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--permutations", type=int, default=199)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    print("| world | runs |", " | ".join(FIGURES), "|")
    with ProcessPoolExecutor(options.jobs) as pool:
        for world in options.worlds or [*WORLDS]:
            run = partial(one, world=world, permutations=options.permutations)
            seeds = range(options.first_seed, options.first_seed + options.runs)
            shares = np.mean([*pool.map(run, seeds, chunksize=10)], axis=0)
            print(f"| {world} | {options.runs} |", " | ".join(f"{share:.3f}" for share in shares), "|", flush=True)


if __name__ == "__main__":
    main()
