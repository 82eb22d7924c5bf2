"""Which words go wrong for a group, and how a document holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.privacy import SUPPRESS_BELOW, WITHHELD
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.results.disclosure import ALL_SIDES
from fairaudit.results.numbers import to_page
from fairaudit.results.overall_words import overall_words_to_dict
from fairaudit.stats.quantiles import normal_quantile

if TYPE_CHECKING:
    from fairaudit.cohorts.rules import Group
    from fairaudit.results.disclosure import Disclosure
    from fairaudit.results.documents import GapPartDoc, GapPartsDoc, GroupWordsDoc, WrongWordsDoc
    from fairaudit.results.overall_words import OverallWords
    from fairaudit.stats.decomposition import Decomposition

__all__ = ["GroupWords", "Heard", "Inserted", "WrongWord", "at_least", "wrong_words_to_dict"]

#: Decimals of parts of a difference between rates of two digits.
_ROUGH: Final = 2


@dataclass(frozen=True)
class Heard:
    """What a word becomes: a text, its share of the errors, and by how many speakers of the group."""

    text: str
    share: float
    speakers: int


@dataclass(frozen=True)
class WrongWord:
    """A word or phrase of the references that is wrong more often in a group.

    Attributes
    ----------
    text
        The word, or two words that follow each other.
    is_phrase
        Whether it is two words.
    rate, rest_rate
        Share of the times it is said that it is substituted or deleted, in the group and by the others.
    excess
        Errors beyond those at the rate of the others, as a share of all such errors of the group; ``None`` if the group
        has none.
    p_value
        p-value that holds for all words of the group at once.
    speakers, rest_speakers
        Sampling units that say it.
    heard
        What it becomes, the most frequent first.
    """

    text: str
    is_phrase: bool
    rate: float
    rest_rate: float
    excess: float | None
    p_value: float
    speakers: int
    rest_speakers: int
    heard: tuple[Heard, ...]


@dataclass(frozen=True)
class Inserted:
    """A text that is inserted more often in a group, as a number per word of the references on both sides."""

    text: str
    rate: float
    rest_rate: float
    p_value: float
    speakers: int


@dataclass(frozen=True)
class GroupWords:
    """Which words go wrong for a group of a search.

    Attributes
    ----------
    title, group
        Title of the search, and the group.
    measured_on
        Speakers who are compared.
    left_out_because
        Why nothing can be said, or ``None``.
    permutations
        Number of shuffles behind the p-values.
    examined
        Number of words, phrases and inserted texts that at least 11 speakers say in the group and 11 elsewhere.
    flagged
        How many of them have a p-value of at most the level, without phrases that say no more than one of their words.
    withheld
        How many of the flagged ones are not listed, because fewer than 11 speakers would follow from them and what else
        is listed.
    parts
        What the difference of the error rates is made of.
    words, inserted
        Those that are flagged and not withheld, the most excess errors first.
    """

    title: str
    group: Group
    measured_on: MeasuredOn
    left_out_because: str | None = None
    permutations: int = 0
    examined: int = 0
    flagged: int = 0
    withheld: int = 0
    parts: Decomposition | None = None
    words: tuple[WrongWord, ...] = ()
    inserted: tuple[Inserted, ...] = ()


def wrong_words_to_dict(
    groups: Sequence[GroupWords],
    alpha: float,
    shown: Mapping[str, Disclosure],
    overall: OverallWords | None = None,
) -> WrongWordsDoc:
    """Return ``wrong_words`` in ``audit.json``.

    Rates have two digits, and numbers of speakers are rounded down, so that words of few speakers do not follow from
    those of two groups. No further words are in it if the document is unredacted.

    Parameters
    ----------
    groups
        The groups.
    alpha
        Level at which words are listed.
    shown
        What can be published of each search, by its title; nothing of the others is withheld. Where rates of a side of
        a gap have two digits, parts of a difference have two decimals.
    overall
        Words of all speakers, if there are no groups.
    """
    return {
        "alpha": alpha,
        "groups": [_group(one, shown.get(one.title)) for one in groups],
        "overall": None if overall is None else overall_words_to_dict(overall),
    }


def _group(group: GroupWords, shown: Disclosure | None) -> GroupWordsDoc:
    is_unnamed = shown is not None and group.group.names(shown.unnamed)
    decimals = _ROUGH if shown is not None and _has_rough_sides(group, shown) else None
    return {
        "title": group.title,
        "cohort_ids": list(group.group.cohorts),
        "description": WITHHELD if is_unnamed else group.group.description,
        "measured_on": group.measured_on,
        "left_out_because": group.left_out_because,
        "permutations": group.permutations,
        "examined": group.examined,
        "flagged": group.flagged,
        "withheld": group.withheld,
        "parts": None if group.parts is None else _parts(group.parts, decimals),
        "words": [
            {
                "text": one.text,
                "kind": "phrase" if one.is_phrase else "word",
                "rate": round(one.rate, 2),
                "rest_rate": round(one.rest_rate, 2),
                "share_of_excess": None if one.excess is None else round(one.excess, 2),
                "p_adjusted": one.p_value,
                "speakers_at_least": at_least(one.speakers),
                "rest_speakers_at_least": at_least(one.rest_speakers),
                "becomes": [
                    {"text": heard.text, "share": round(heard.share, 2), "speakers_at_least": at_least(heard.speakers)}
                    for heard in one.heard
                ],
            }
            for one in group.words
        ],
        "inserted": [
            {
                "text": one.text,
                "per_1000": round(1000 * one.rate, 1),
                "rest_per_1000": round(1000 * one.rest_rate, 1),
                "p_adjusted": one.p_value,
                "speakers_at_least": at_least(one.speakers),
            }
            for one in group.inserted
        ],
    }


def _has_rough_sides(group: GroupWords, shown: Disclosure) -> bool:
    """Whether rates of the sides of the gap, on the same speakers, have two digits only."""
    sides = shown.all_sides if group.measured_on == MeasuredOn.ALL else shown.sides
    return not sides.rough.isdisjoint(ALL_SIDES)


def _parts(parts: Decomposition, decimals: int | None) -> GapPartsDoc:
    return {
        "difference": _part(parts.difference, decimals),
        "harder_words": _part(parts.harder_words, decimals),
        "same_words": _part(parts.same_words, decimals),
        "insertions": _part(parts.insertions, decimals),
    }


def _part(part: tuple[float, float], decimals: int | None) -> GapPartDoc:
    value, half = part[0], normal_quantile(0.975) * part[1]
    rounded = [
        to_page(one) if decimals is None else round(one, decimals) for one in (value, value - half, value + half)
    ]
    return {"value": rounded[0], "interval": rounded[1:]}


def at_least(speakers: int) -> int:
    """Round a number of speakers down to 11, or 2 or 5 times a power of ten, or such a power from 100 on.

    Examples
    --------
    >>> [at_least(n) for n in (11, 19, 20, 99, 100, 1999)]
    [11, 11, 20, 50, 100, 1000]
    """
    power = int(10 ** (len(str(speakers)) - 1))
    return max(SUPPRESS_BELOW, *(step * power for step in (1, 2, 5) if step * power <= speakers))
