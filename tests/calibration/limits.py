"""How often a gate fails where the truth is at the limit: ``python tests/calibration/limits.py [RUNS] [FIRST_SEED]``.

Every cohort has the same truth, which is exactly the limit (a gate may fail in 5 % of the runs) or twice the limit (it
should fail). There are 1, 12 or 60 cohorts or searches. The rules and the worlds, each with a limit:

- max-regression 1%, ``added``: every word has a probability of an error that is one point (or two) higher;
- max-regression 1%, ``scaled``: the rate of each speaker is multiplied by a factor that varies between speakers, and
  the mean change is one point;
- max-regression 1%, ``few``: nine in ten speakers have a fifth more errors, one in ten so many fewer that the mean
  change is one point;
- max-rate 10% of a comparison and of an audit: every cohort has a rate of 10 % (or 20 %);
- max-gap 20% of a comparison: one label in each of the columns has a rate that is 20 % (or 40 %) higher than the rest;
- max-regression 1% of a history: two releases on different speakers, ``added``.

Each number is the share of runs in which the gate fails: with each number's own interval, as in version 0.1; with
intervals that hold for all numbers at once; with the widened intervals of files of version 0.1; and the last with
intervals that hold at once, where the truth is twice the limit (a fifth of the runs). Log-normal speakers (sd 0.6),
10 % WER, 50 to 600 words each, 30 speakers a cohort, at least 360 in all; 2,000 speakers in the columns of max-gap.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup

Array = NDArray[np.float64]
Json = dict[str, Any]
RATE, SD = 0.1, 0.6
NEW = ("simultaneous_interval", "after_simultaneous_interval")


def speakers(rng: np.random.Generator, size: int, sd: float = SD) -> tuple[NDArray[np.int64], Array]:
    """Words and expected rates of speakers."""
    return rng.integers(50, 601, size), RATE * rng.lognormal(-(sd**2) / 2, sd, size)


def added(rng: np.random.Generator, rate: Array, times: int) -> Array:
    return rate + times * 0.01


def scaled(rng: np.random.Generator, rate: Array, times: int) -> Array:
    return rate * (1 + 0.1 * times) * rng.lognormal(-(0.3**2) / 2, 0.3, len(rate))


def few(rng: np.random.Generator, rate: Array, times: int) -> Array:
    factor = 1.2 if times == 1 else 1.3
    gain = (1 + 0.1 * times - 0.9 * factor) / 0.1
    return rate * np.where(rng.random(len(rate)) < 0.1, gain, factor)


def log(words: NDArray[np.int64], errors: NDArray[np.int64], labels: Json) -> pd.DataFrame:
    """One row per speaker, which has the sums of all utterances."""
    names = [f"s{n}" for n in range(len(words))]
    return pd.DataFrame({"utterance_id": names, "speaker_id": names, "errors": errors, "words": words} | labels)


def drawn(rng: np.random.Generator, words: NDArray[np.int64], rate: Array) -> NDArray[np.int64]:
    return rng.binomial(words, np.minimum(rate, 0.95))


def model(column: str, labels: list[str], bottom: int | None = None) -> CohortModel:
    group = None if bottom is None else Group((bottom,), f"{column} = {labels[bottom]}")
    rule = Lookup((column,), tuple((label,) for label in labels))
    return CohortModel("named", f"named: {column}", {"by": (column,)}, (column,), False, rule, group, None)


def cohorts(number: int) -> tuple[int, NDArray[np.str_], list[str]]:
    """Number of speakers, the cohort of each, and all cohorts."""
    labels = [f"c{n:02}" for n in range(number)]
    size = max(360, 30 * number)
    return size, np.resize(labels, size), labels


def content_of(before: pd.DataFrame, after: pd.DataFrame, models: list[CohortModel], seed: int) -> Json:
    found = fairaudit.compare(
        fairaudit.read_log(before), fairaudit.read_log(after), models, permutations=499, seed=seed
    )
    return dict(found.to_dict())


def regression(world: Callable[[np.random.Generator, Array, int], Array], number: int, times: int, seed: int) -> Json:
    rng = np.random.default_rng(seed)
    size, group, labels = cohorts(number)
    words, rate = speakers(rng, size)
    sides = [log(words, drawn(rng, words, one), {"group": group}) for one in (rate, world(rng, rate, times))]
    return content_of(*sides, [model("group", labels)], seed)


def rates(number: int, times: int, seed: int) -> Json:
    rng = np.random.default_rng(seed)
    size, group, labels = cohorts(number)
    words, rate = speakers(rng, size)
    sides = [log(words, drawn(rng, words, times * rate), {"group": group}) for _ in range(2)]
    return content_of(*sides, [model("group", labels)], seed)


def audited(number: int, times: int, seed: int) -> Json:
    rng = np.random.default_rng(seed)
    size, group, _ = cohorts(number)
    words, rate = speakers(rng, size)
    rows = log(words, drawn(rng, words, times * rate), {"group": group, "constant": "c"})
    by = "group" if number > 1 else "constant"
    return dict(fairaudit.audit(rows, methods="named", by=by, permutations=19, seed=seed).to_dict())


def gaps(number: int, times: int, seed: int) -> Json:
    rng = np.random.default_rng(seed)
    words, rate = speakers(rng, 2000)
    worse = rng.random((number, 2000)) < rng.uniform(0.1, 0.5, (number, 1))
    rate = rate * np.where(worse, 1 + 0.2 * times, 1).prod(axis=0)
    rate = np.minimum(rate * RATE / rate.mean(), 0.6)
    labels = {f"column{n}": np.where(one, "worse", "rest") for n, one in enumerate(worse)}
    sides = [log(words, drawn(rng, words, rate), labels) for _ in range(2)]
    return content_of(*sides, [model(column, ["rest", "worse"], 1) for column in labels], seed)


def history(number: int, times: int, seed: int) -> Json:
    rng = np.random.default_rng(seed)
    size, group, labels = cohorts(number)
    releases: Any = [model("group", labels)]
    for name, more in (("1", 0), ("2", times)):
        words, rate = speakers(rng, size)
        rows = log(words, drawn(rng, words, added(rng, rate, more)), {"group": group})
        releases = fairaudit.record(releases, name, rows)
    return dict(releases.to_dict())


WORLDS: dict[str, tuple[str, float, Callable[[int, int, int], Json]]] = {
    "added": ("max-regression", 0.01, lambda n, times, seed: regression(added, n, times, seed)),
    "scaled": ("max-regression", 0.01, lambda n, times, seed: regression(scaled, n, times, seed)),
    "few": ("max-regression", 0.01, lambda n, times, seed: regression(few, n, times, seed)),
    "rates": ("max-rate", 0.1, rates),
    "audited": ("max-rate", 0.1, audited),
    "gaps": ("max-gap", 0.2, gaps),
    "history": ("max-regression", 0.01, history),
}


def numbers(content: Json) -> Iterator[tuple[Json, Json]]:
    """Every set of numbers in a document, and the place that it stands in."""
    if "overall" in content:
        yield content["overall"], content
    for review in content.get("reviews", []):
        yield from ((cohort, review) for cohort in review["cohorts"])
        if review["gap"]:
            yield review["gap"], review


def earlier(content: Json) -> Json:
    """The document as version 0.1 wrote it."""
    content = copy.deepcopy(content)
    for one, _ in numbers(content):
        for key in NEW:
            one.pop(key, None)
    return content


def own(content: Json) -> Json:
    """The document with each number's own interval in place of one that holds for all."""
    content = copy.deepcopy(content)
    for one, _ in numbers(content):
        one |= {"simultaneous_interval": one["interval"]} if "worse" in one else {}
        one["after_simultaneous_interval"] = one.get("after_interval")
    return content


def kind(content: Json) -> str:
    return str(content.get("kind", "audit"))


def fails(content: Json, rule: str, limit: float) -> bool:
    return fairaudit.gate(content, {rule: limit}).verdict == "fail"


def fails_alone(content: Json, rule: str, limit: float) -> bool:
    """Whether the gate fails if each number has its own interval."""
    if kind(content) == "comparison":
        return fails(own(content), rule, limit)
    if kind(content) == "audit":
        return any(c["tested"] and c["interval"][0] > limit for s in content["discoveries"] for c in s["cohorts"])
    (check,) = fairaudit.gate(content, {rule: 0}).checks  # p-values decide, and the intervals are each number's own
    return any(s.outcome == "fail" and s.interval is not None and s.interval[0] > limit for s in check.subjects)


def failures(name: str, number: int, runs: int, first: int) -> Array:
    """How many gates fail: alone, at once, widened, and at once where the truth is twice the limit."""
    rule, limit, draw = WORLDS[name]
    counts = np.zeros(4)
    for seed in range(first, first + runs):
        content = draw(number, 1, seed)
        counts[0] += fails_alone(content, rule, limit)
        counts[1] += fails(content, rule, limit)
        counts[2] += kind(content) == "comparison" and fails(earlier(content), rule, limit)
    for seed in range(first, first + runs // 5):
        counts[3] += fails(draw(number, 2, seed), rule, limit)
    return counts


def main(runs: int = 1000, first: int = 0, only: str = "") -> None:
    print("| world | cohorts or searches | own intervals | all at once | files of 0.1 | twice the limit |")
    print("|---|---|---|---|---|---|")
    for name in only.split(",") if only else WORLDS:
        for number in (1, 12) if name == "gaps" else (1, 12, 60):
            start = time.perf_counter()
            counts = failures(name, number, runs, first)
            alone, together, widened = (f"{share:.3f}" for share in counts[:3] / runs)
            before = "" if name in ("audited", "history") else widened  # whose intervals are always widened
            shares = f"{alone} | {together} | {before} | {counts[3] / (runs // 5):.3f}"
            print(f"| {name} | {number} | {shares} |", flush=True)
            print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
