"""Types of what is said in ``audit.json`` about wrong words."""

from typing import Literal, NotRequired, TypedDict

from fairaudit.core.verdicts import MeasuredOn

__all__ = [
    "BecomesDoc",
    "CommonInsertionDoc",
    "CommonWordDoc",
    "GapPartDoc",
    "GapPartsDoc",
    "GroupWordsDoc",
    "InsertedDoc",
    "OverallBecomesDoc",
    "OverallWordsDoc",
    "WrongWordDoc",
    "WrongWordsDoc",
]


class BecomesDoc(TypedDict):
    """What a word becomes in the group: another word, or nothing; ``share`` is that of its errors."""

    text: str
    share: float
    speakers_at_least: int


class WrongWordDoc(TypedDict):
    """A word or phrase that is wrong more often in a group than among the others who say it."""

    text: str
    kind: Literal["word", "phrase"]
    rate: float
    rest_rate: float
    share_of_excess: float | None
    p_adjusted: float
    speakers_at_least: int
    rest_speakers_at_least: int
    becomes: list[BecomesDoc]


class InsertedDoc(TypedDict):
    """A text that is inserted more often in a group than elsewhere, per 1,000 words of the references."""

    text: str
    per_1000: float
    rest_per_1000: float
    p_adjusted: float
    speakers_at_least: int


class GapPartDoc(TypedDict):
    """A part of the difference of two error rates, in errors per word."""

    value: float
    interval: list[float]


class GapPartsDoc(TypedDict):
    """What the difference between the error rates of a group and of the others is made of."""

    difference: GapPartDoc
    harder_words: GapPartDoc
    same_words: GapPartDoc
    insertions: GapPartDoc


class GroupWordsDoc(TypedDict):
    """Wrong words of one group; the lists are empty if ``left_out_because`` is not ``None``."""

    title: str
    cohort_ids: list[int]
    description: str
    measured_on: MeasuredOn
    left_out_because: str | None
    permutations: int
    examined: int
    flagged: int
    withheld: int
    parts: GapPartsDoc | None
    words: list[WrongWordDoc]
    inserted: list[InsertedDoc]


class OverallBecomesDoc(TypedDict):
    """What a word becomes: another word, or nothing; ``share`` is that of its errors."""

    text: str
    share: float


class CommonWordDoc(TypedDict):
    """A word that is often wrong, whoever says it."""

    text: str
    rate: float
    share_of_errors: float
    becomes: list[OverallBecomesDoc]


class CommonInsertionDoc(TypedDict):
    """A text that is often inserted, per 1,000 words of the references."""

    text: str
    per_1000: float


class OverallWordsDoc(TypedDict):
    """The words that most errors of a log without groups are in."""

    examined: int
    share_words: float
    share_insertions: float
    words: list[CommonWordDoc]
    inserted: list[CommonInsertionDoc]


class WrongWordsDoc(TypedDict):
    """Which words go wrong for the groups of the searches that found a disparity, or overall if there are no groups."""

    alpha: float
    groups: list[GroupWordsDoc]
    overall: NotRequired[OverallWordsDoc | None]
