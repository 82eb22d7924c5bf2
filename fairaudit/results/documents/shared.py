"""Types that several documents share."""

from typing import NotRequired, TypedDict

from fairaudit.core.settings import ScoringDoc

__all__ = [
    "CohortLoopsDoc",
    "CohortNameDoc",
    "CoverageDoc",
    "DriversDoc",
    "EmptyReferencesDoc",
    "FileDoc",
    "Interval",
    "LoopsDoc",
    "OverallDoc",
    "QualityDoc",
    "RateDoc",
    "ScoringDoc",
    "SideTableDoc",
    "SkippedDoc",
    "UnusedColumnDoc",
]

#: Lower and upper end; ``None`` if undefined.
Interval = list[float] | None


class RateDoc(TypedDict):
    """Definition of a rate, with its names for reports."""

    name: str
    numerator: str
    denominator: str
    label: str
    title: str
    errors: str
    exposure: str
    unit: NotRequired[str]


class FileDoc(TypedDict):
    """A file of a log; ``measured`` are its columns of hypotheses or counts, as it can hold several recognisers'."""

    name: str
    sha256: str
    rows: int
    measured: NotRequired[list[str]]


class UnusedColumnDoc(TypedDict):
    """A column of a side table that is not used, and why."""

    column: str
    reason: str


class SideTableDoc(TypedDict):
    """A census, crosswalk or embedding file: what is used of it and what is not."""

    name: str
    sha256: str
    used: NotRequired[list[str]]
    unused: NotRequired[list[UnusedColumnDoc]]


class SkippedDoc(TypedDict):
    """A search that could not run, and what it needs."""

    method: str
    needs: str


class QualityDoc(TypedDict):
    """Counts of the rows of a log."""

    rows_in: int
    rows_used: int
    rows_quarantined: int
    rows_left_out: NotRequired[int]
    by_code: dict[str, int]
    coercions: dict[str, int]
    notes: list[str]
    caveats: NotRequired[list[str]]


class CohortNameDoc(TypedDict):
    """The name of a cohort; a part of several objects."""

    label: str
    description: str | None


class EmptyReferencesDoc(TypedDict):
    """Utterances with empty references, and their errors."""

    utterances: int
    errors: int


class LoopsDoc(TypedDict):
    """Repetition loops; utterances in rows that sum up several are undecided."""

    utterances: int
    errors: int
    exposure: int
    undecided_utterances: int


class DriversDoc(TypedDict):
    """Errors in utterances that can make much of a rate although they are few, and the rate without them."""

    loops: LoopsDoc
    empty_references: EmptyReferencesDoc
    share_errors: float | None
    rate_without: float | None


class CohortLoopsDoc(TypedDict):
    """Sums over the repetition loops of a cohort; earlier versions did not write them."""

    loop_utterances: NotRequired[int | None]
    loop_errors: NotRequired[int | None]
    loop_exposure: NotRequired[int | None]


class OverallDoc(TypedDict):
    """The rate of the whole log; ``unknown_speakers`` are rows that count as speakers of their own."""

    errors: float
    exposure: float
    rate: float | None
    interval: Interval
    speakers: int
    utterances: int
    unknown_speakers: NotRequired[int]
    drivers: NotRequired[DriversDoc | None]


class CoverageDoc(TypedDict):
    """What a set of frozen cohorts covers of a log; earlier versions did not write it."""

    share_tested: NotRequired[float]
    incomplete_because: NotRequired[str | None]
    unlisted: NotRequired[list[str]]
    respelled: NotRequired[int]
