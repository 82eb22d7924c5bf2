"""Attack the lists of words that go wrong: who says a word, how often, and how often it is wrong, by linear bounds.

The attacker knows the speakers of every group and how many words they say, and reads the lists of one or several audits
about them. Speakers who are on the same sides of all groups that list a word are one unknown. Each number of a list is
a pair of inequalities, because it is rounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd

from tests.privacy.attack import FEWEST, LEAST_WIDTH, ends
from tests.privacy.speech import Speech

__all__ = ["ListAttack", "sides_of"]

#: Numbers of speakers that a list can show.
STEPS: Final = sorted({FEWEST, *(step * 10**power for power in range(1, 6) for step in (1, 2, 5))} - {10})
Side = frozenset[str]
#: Coefficients of unknown numbers, by kind and speakers, and the most that they add up to.
Inequality = tuple[dict[tuple[str, Side], float], float]


def sides_of(document: Mapping[str, Any], members: pd.DataFrame) -> list[tuple[Side, Side]]:
    """The speakers of each group of ``wrong_words``, and the others, given each speaker's cohorts and half."""
    sides = []
    for group in document["wrong_words"]["groups"]:
        cohort = members[group["title"]]
        measured = members["held_out"] | (group["measured_on"] == "all speakers")
        inside = cohort.isin(group["cohort_ids"])
        masks = (inside & measured, ~inside & (cohort >= 0) & measured)
        sides.append((Side(members["speaker"][masks[0]]), Side(members["speaker"][masks[1]])))
    return sides


@dataclass
class ListAttack:
    """What lists say about items: words, phrases, confusions (``"word: heard"``) and insertions (``"+ text"``)."""

    speech: Speech
    sides: dict[str, list[Side]] = field(default_factory=dict)
    inequalities: dict[str, list[Inequality]] = field(default_factory=dict)
    least: dict[str, list[tuple[Side, int]]] = field(default_factory=dict)

    @cached_property
    def words(self) -> Counter[str]:
        """How many words each speaker says."""
        log = self.speech.log
        return Counter(log["reference"].str.split().str.len().groupby(log["speaker_id"]).sum().to_dict())

    def read(self, document: Mapping[str, Any], sides: Sequence[tuple[Side, Side]]) -> None:
        """Add the lists of an audit."""
        for group, (inside, outside) in zip(document["wrong_words"]["groups"], sides, strict=True):
            spoken = sum(self.words[speaker] for speaker in inside)
            for word in group["words"]:
                self._read_word(word, group["parts"], inside, outside, spoken)
            for text in group["inserted"]:
                item = f"+ {text['text']}"
                self._add(item, [inside, outside])
                self._speakers(item, inside, text["speakers_at_least"])
                for side, value in ((inside, text["per_1000"]), (outside, text["rest_per_1000"])):
                    all_words = sum(self.words[speaker] for speaker in side)
                    self._between(item, {("times", side): 1000 / all_words}, value, 0.05)

    def _read_word(
        self, word: Mapping[str, Any], parts: Mapping[str, Any] | None, inside: Side, outside: Side, spoken: int
    ) -> None:
        item = word["text"]
        self._add(item, [inside, outside])
        for side, name in ((inside, ""), (outside, "rest_")):
            self._speakers(item, side, word[f"{name}speakers_at_least"])
            self._ratio(item, ("wrong", side), ("said", side), word[f"{name}rate"])
        if parts is not None and word["share_of_excess"] is not None:
            digits = 3 if parts["difference"]["value"] != round(parts["difference"]["value"], 2) else 2
            low, high = (parts["difference"]["value"] + sign * 0.5 * 10.0**-digits for sign in (-1, 1))
            share, rest = word["share_of_excess"], word["rest_rate"]
            most = max(end * (share + 0.005) for end in (low, high)) * spoken
            least = min(end * (share - 0.005) for end in (low, high)) * spoken
            rows = self.inequalities[item]
            rows.append(({("wrong", inside): 1, ("said", inside): -(rest + 0.005)}, most))
            rows.append(({("wrong", inside): -1, ("said", inside): max(rest - 0.005, 0)}, -least))
        for heard in word["becomes"]:
            confusion = f"{item}: {heard['text']}"
            self._add(confusion, [inside])
            self._speakers(confusion, inside, heard["speakers_at_least"])
            # the attacker guesses how often the word is wrong
            wrong = sum(self.speech.wrong[item][speaker] for speaker in inside)
            self._between(confusion, {("times", inside): 1 / wrong}, heard["share"], 0.005)

    def _add(self, item: str, sides: Sequence[Side]) -> None:
        known = self.sides.setdefault(item, [])
        known += [side for side in sides if side not in known]
        self.inequalities.setdefault(item, [])

    def _speakers(self, item: str, side: Side, least: int) -> None:
        self.least.setdefault(item, []).append((side, least))
        below = next(step for step in STEPS if step > least)
        # All but ten say it at most, as far as the number shows; see fairaudit.results.wrong_words.
        most = len(side) if below > len(side) - FEWEST else below - 1
        self.inequalities[item] += [({("speakers", side): -1}, -least), ({("speakers", side): 1}, most)]

    def _ratio(self, item: str, top: tuple[str, Side], below: tuple[str, Side], value: float) -> None:
        for sign in (1, -1):
            self.inequalities[item].append(({top: sign, below: -sign * (value + sign * 0.005)}, 0.0))

    def _between(self, item: str, row: dict[tuple[str, Side], float], value: float, half: float) -> None:
        for sign in (1, -1):
            self.inequalities[item].append(({key: sign * f for key, f in row.items()}, sign * value + half))

    # ---- results

    def patterns(self, item: str) -> list[Side]:
        """The speakers who are on the same sides of all lists of an item."""
        sides = self.sides[item]
        found: dict[tuple[bool, ...], set[str]] = {}
        for speaker in frozenset().union(*sides):
            found.setdefault(tuple(speaker in side for side in sides), set()).add(speaker)
        return [Side(one) for one in found.values()]

    def counts(self, item: str) -> dict[str, Counter[str]]:
        """What is unknown of an item, by speaker."""
        if item.startswith("+ "):
            times = {"times": self.speech.inserted[item.removeprefix("+ ")]}
        elif ": " in item:
            times = {"times": self.speech.confused[item]}
        else:
            times = {"said": self.speech.said[item], "wrong": self.speech.wrong[item]}
        first = next(iter(times.values()))
        return {**times, "speakers": Counter({speaker: 1 for speaker, n in first.items() if n})}

    def few(self) -> Iterator[tuple[str, Side]]:
        """Unions of one to three patterns of an item in which 1 to 10 speakers have it."""
        for item in self.sides:
            speakers = self.counts(item)["speakers"]
            parts = [part for part in self.patterns(item) if any(speakers[one] for one in part)]
            for n in (1, 2, 3):
                for some in combinations(parts, n):
                    union = Side().union(*some)
                    if 0 < sum(speakers[one] for one in union) < FEWEST:
                        yield item, union

    def bounds(self, item: str, target: Side) -> Iterator[tuple[str, float, float, float]]:
        """Each number of a union of patterns, with the lowest and the highest that the lists allow."""
        patterns, counts = self.patterns(item), self.counts(item)
        place = {(kind, part): i for i, (kind, part) in enumerate((k, p) for k in counts for p in patterns)}
        rows = self.inequalities[item]
        upper, limits = np.zeros((len(rows), len(place))), np.zeros(len(rows))
        for i, (row, most) in enumerate(rows):
            for (kind, side), factor in row.items():
                upper[i, [place[kind, part] for part in patterns if part <= side]] += factor
            limits[i] = most + 1e-9
        if "wrong" in counts:
            beyond = np.zeros((len(patterns), len(place)))
            for i, part in enumerate(patterns):
                beyond[i, [place["wrong", part], place["said", part]]] = 1, -1
            upper, limits = np.vstack([upper, beyond]), np.append(limits, np.zeros(len(patterns)))
        most_of = [len(part) if kind == "speakers" else np.inf for kind, part in place]
        for kind, by_speaker in counts.items():
            goal = np.zeros(len(place))
            goal[[place[kind, part] for part in patterns if part <= target]] = 1
            low, high = ends(goal, upper, limits, None, None, most_of)
            value = sum(by_speaker[one] for one in target)
            assert low - 1e-6 <= value <= high + 1e-6, (item, kind, low, value, high)
            yield kind, low, high, value

    def saying(self, hidden: Sequence[Side]) -> Iterator[str]:
        """Groups of 1 to 10 speakers of whom it is nearly known how many have an item, because nearly all have it."""
        for item, known in self.least.items():
            speakers = self.counts(item)["speakers"]
            for part in hidden:
                low = max((len(part) - (len(side) - least) for side, least in known if part <= side), default=0)
                value = sum(speakers[one] for one in part)
                if value and len(part) - low < LEAST_WIDTH * value:
                    yield f"at least {low} of {len(part)} speakers have {item!r}"
