"""Types of ``comparison.json``."""

from typing import Literal, NotRequired, TypedDict

from fairaudit.core.verdicts import ComparisonVerdict
from fairaudit.results.documents.cohorts import GroupDoc
from fairaudit.results.documents.shared import (
    CoverageDoc,
    DriversDoc,
    FileDoc,
    Interval,
    QualityDoc,
    RateDoc,
    ScoringDoc,
    SideTableDoc,
    SkippedDoc,
)

__all__ = [
    "BetweenDoc",
    "ChangeDoc",
    "CohortChangeDoc",
    "CohortComparisonDoc",
    "ComparisonDoc",
    "ComparisonInputsDoc",
    "ComparisonQualityDoc",
    "GapChangeDoc",
    "MeasuredDoc",
    "OverallChangeDoc",
    "PairingDoc",
    "SpreadDoc",
    "UnassignedChangeDoc",
]


class ChangeDoc(TypedDict):
    """A rate of baseline and candidate, and its change."""

    before: float | None
    after: float | None
    difference: float | None
    interval: Interval
    before_interval: Interval
    after_interval: Interval
    simultaneous_interval: NotRequired[Interval]
    after_simultaneous_interval: NotRequired[Interval]
    p_adjusted: float | None
    worse: bool
    tested: bool
    not_tested_because: str | None


class MeasuredDoc(ChangeDoc):
    """The change of a set of speakers, with nothing withheld."""

    speakers: int


class OverallChangeDoc(MeasuredDoc):
    """The overall change, and what drives both rates; ``unknown_speakers`` are as in ``audit.json``."""

    utterances: int
    unknown_speakers: NotRequired[int]
    before_drivers: NotRequired[DriversDoc | None]
    after_drivers: NotRequired[DriversDoc | None]


class CohortChangeDoc(ChangeDoc):
    """The change of one frozen cohort; a suppressed one has no figures."""

    id: int
    label: str
    description: str
    speakers: int | None
    share_speakers: float | None
    suppressed: bool
    withheld_because: NotRequired[str | None]


class GapChangeDoc(TypedDict):
    """The relative gap between the bottom and the rest, of baseline and candidate."""

    before: float | None
    after: float | None
    difference: float | None
    interval: Interval
    before_interval: Interval
    after_interval: Interval
    after_simultaneous_interval: NotRequired[Interval]
    reference: Literal["rest"]
    speakers: int | None
    tested: bool
    not_tested_because: str | None


class SpreadDoc(TypedDict):
    """Summary of how unequal the rates of the tested cohorts are."""

    mean: float
    maximum: float
    variance: float | None


class BetweenDoc(TypedDict):
    """Number of tested cohorts, and how unequal their rates are for baseline and candidate."""

    cohorts: int
    before: SpreadDoc
    after: SpreadDoc


class UnassignedChangeDoc(TypedDict):
    """Speakers and utterances outside all frozen cohorts; ``None`` where withheld."""

    speakers: int | None
    utterances: int | None


class CohortComparisonDoc(CoverageDoc):
    """One set of frozen cohorts under both recognisers."""

    method: str
    title: str
    fingerprint: str
    found_on_baseline: bool
    found_on_candidate: NotRequired[bool]
    bottom: GroupDoc | None
    gap: GapChangeDoc | None
    between: BetweenDoc | None
    cohorts: list[CohortChangeDoc]
    unassigned: UnassignedChangeDoc


class ComparisonInputsDoc(TypedDict):
    """The files of both logs."""

    before: list[FileDoc]
    after: list[FileDoc]


class ComparisonQualityDoc(TypedDict):
    """Counts of the rows of both logs."""

    before: QualityDoc
    after: QualityDoc


class PairingDoc(TypedDict):
    """How the utterances of two logs were paired."""

    paired: int
    only_before: int
    only_after: int
    other_reference: int
    other_speaker: int


class ComparisonDoc(TypedDict):
    """Content of ``comparison.json``."""

    kind: Literal["comparison"]
    schema_version: Literal[1]
    signature: str
    software: NotRequired[dict[str, str]]
    rate: str
    rate_definition: NotRequired[RateDoc]
    redacted: bool
    sampling_unit: str
    scoring: NotRequired[ScoringDoc]
    permutations: int
    alpha: float
    verdict: ComparisonVerdict
    caveats: NotRequired[list[str]]
    inputs: ComparisonInputsDoc
    side_tables: list[SideTableDoc]
    quality: ComparisonQualityDoc
    pairing: PairingDoc
    overall: OverallChangeDoc
    skipped: list[SkippedDoc]
    reviews: list[CohortComparisonDoc]
