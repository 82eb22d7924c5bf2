"""Types of ``history.json``."""

from typing import Literal, NotRequired, TypedDict

from fairaudit.results.documents.cohorts import ModelDoc
from fairaudit.results.documents.shared import CoverageDoc, FileDoc, Interval, OverallDoc, RateDoc, ScoringDoc

__all__ = ["HistoryDoc", "ReleaseCohortDoc", "ReleaseDoc", "ReleaseScoringDoc", "ReleaseSearchDoc"]


class ReleaseCohortDoc(TypedDict):
    """A frozen cohort at one release."""

    id: int
    description: NotRequired[str | None]
    rate: float | None
    interval: Interval
    speakers: int | None
    tested: bool
    suppressed: bool


class ReleaseSearchDoc(CoverageDoc):
    """The frozen cohorts of one search at one release."""

    title: str
    cohorts: list[ReleaseCohortDoc]


class ReleaseScoringDoc(ScoringDoc, total=False):
    """How a release was scored; earlier versions wrote the pattern ``removed`` instead of ``strip_tags``."""

    removed: str


class ReleaseDoc(TypedDict):
    """One release of a history."""

    name: str
    inputs: list[FileDoc]
    scoring: ReleaseScoringDoc
    sampling_unit: str
    overall: OverallDoc
    reviews: list[ReleaseSearchDoc]
    caveats: NotRequired[list[str]]


class HistoryDoc(TypedDict):
    """Content of ``history.json``."""

    kind: Literal["history"]
    schema_version: Literal[1]
    rate: str
    rate_definition: NotRequired[RateDoc]
    models: list[ModelDoc]
    releases: list[ReleaseDoc]
