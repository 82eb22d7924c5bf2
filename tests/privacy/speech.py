"""Random logs of texts, in which a few speakers say much of some words, and a count of what they say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from tests.privacy.logs import random_log

COMMON = [first + last for first in ("ba", "de", "fi", "go", "lu") for last in ("k", "m", "n", "r", "t")]
TOPICS = [
    first + "sh" for first in ("cra", "fre", "kri", "plo", "smu", "tra", "bre", "sli", "gno", "flu", "spa", "ste")
]
LABELS = ["accent", "sex", "city", "region", "dialect"]


@dataclass(frozen=True)
class Speech:
    """A log of texts with insertions at the end only, so that words can be counted by place."""

    log: pd.DataFrame

    @cached_property
    def said(self) -> dict[str, Counter[str]]:
        """How often each speaker says each word and phrase."""
        return self._counted(lambda words, _: [*words, *_pairs(words)])

    @cached_property
    def wrong(self) -> dict[str, Counter[str]]:
        """How often each speaker's words and phrases are wrong."""

        def wrong(words: list[str], heard: list[str]) -> list[str]:
            bad = [a != b for a, b in zip(words, heard, strict=False)]
            pairs = [pair for i, pair in enumerate(_pairs(words)) if bad[i] or bad[i + 1]]
            return [*(word for word, is_bad in zip(words, bad, strict=True) if is_bad), *pairs]

        return self._counted(wrong)

    @cached_property
    def confused(self) -> dict[str, Counter[str]]:
        """How often each speaker's words become others, as ``"word: heard"``."""
        return self._counted(lambda words, heard: [f"{a}: {b}" for a, b in zip(words, heard, strict=False) if a != b])

    @cached_property
    def inserted(self) -> dict[str, Counter[str]]:
        """How often each text is inserted in the speech of each speaker."""
        return self._counted(lambda words, heard: [" ".join(heard[len(words) :])] if len(heard) > len(words) else [])

    def _counted(self, items: object) -> dict[str, Counter[str]]:
        counted: dict[str, Counter[str]] = {}
        for row in self.log.itertuples():
            for item in items(row.reference.split(), row.hypothesis.split()):  # type: ignore[operator]
                counted.setdefault(item, Counter())[row.speaker_id] += 1
        return counted


def _pairs(words: list[str]) -> list[str]:
    return [f"{a} {b}" for a, b in pairwise(words)]


def random_speech(seed: int) -> Speech:
    """Return what the speakers of a random log say; the largest accent is misheard most.

    In three of four logs, all labels are known, so that words of several groups are listed. Each topic has its own
    speakers, few or many. Some speakers say it far more often than the others.
    """
    rng = np.random.default_rng((seed, 4))
    people = random_log(seed)[["speaker_id", *LABELS]]
    if seed % 4:
        people[LABELS] = people[LABELS].fillna(people[LABELS].mode().iloc[0])
    worst = people["accent"].mode()[0]
    topics = [set(rng.choice(len(people), int(rng.integers(5, len(people) // 2)), replace=False)) for _ in TOPICS]
    odd = set(np.flatnonzero((people["accent"] != people["dialect"]).to_numpy()))
    fragile = {word: rng.uniform(0.02, 0.25) for word in (*COMMON, *TOPICS)}
    rows = []
    for i, person in enumerate(people.itertuples(index=False)):
        own = [word for word, who in zip(TOPICS, topics, strict=True) if i in who]
        often = 30 if i in odd or rng.random() < 0.05 else int(rng.integers(8, 14))
        for _ in range(often):
            words = [*rng.choice(COMMON, 4), *(rng.choice(own, 2) if own else [])]
            words = [words[k] for k in rng.permutation(len(words))]
            heard = [_heard(word, fragile[word] * (3 if person.accent == worst else 1), rng) for word in words]
            if words == heard and rng.random() < (0.9 if person.accent == worst else 0.05):
                heard.append(str(rng.choice(["uh", "um"])))
            rows.append((*person, " ".join(words), " ".join(heard)))
    return Speech(pd.DataFrame(rows, columns=[*people.columns, "reference", "hypothesis"]))


def _heard(word: str, chance: float, rng: np.random.Generator) -> str:
    return word if rng.random() >= chance else word + str(rng.choice(["x", "z"], p=[0.7, 0.3]))
