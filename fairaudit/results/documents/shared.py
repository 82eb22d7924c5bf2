"""Types that several documents share."""

from typing import NotRequired, TypedDict

from fairaudit.core.settings import ScoringDoc

__all__ = [
    "CohortNameDoc",
    "CoverageDoc",
    "FileDoc",
    "Interval",
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
    by_code: dict[str, int]
    coercions: dict[str, int]
    notes: list[str]
    caveats: NotRequired[list[str]]


class CohortNameDoc(TypedDict):
    """The name of a cohort; a part of several objects."""

    label: str
    description: str | None


class OverallDoc(TypedDict):
    """The rate of the whole log."""

    errors: int
    exposure: int
    rate: float | None
    interval: Interval
    speakers: int
    utterances: int


class CoverageDoc(TypedDict):
    """What a set of frozen cohorts covers of a log; earlier versions did not write it."""

    share_tested: NotRequired[float]
    incomplete_because: NotRequired[str | None]
    unlisted: NotRequired[list[str]]
    respelled: NotRequired[int]
