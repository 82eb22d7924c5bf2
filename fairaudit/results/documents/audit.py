"""Types of ``audit.json``, but for its searches."""

from typing import Literal, NotRequired, TypedDict

from fairaudit.core.about import AboutDoc
from fairaudit.core.verdicts import Conclusion, Intervals, MeasuredOn, Verdict
from fairaudit.results.documents.cohorts import GroupDoc
from fairaudit.results.documents.search import KindRatesDoc, SearchDoc, SideDoc
from fairaudit.results.documents.shared import (
    FileDoc,
    Interval,
    OverallDoc,
    QualityDoc,
    RateDoc,
    ScoringDoc,
    SideTableDoc,
    SkippedDoc,
)
from fairaudit.results.documents.wrong_words import WrongWordsDoc

__all__ = [
    "AboutDoc",
    "AdjustedDoc",
    "AdjustedSearchDoc",
    "AuditDoc",
    "AuditOverallDoc",
    "AuditQualityDoc",
    "CohortQuantilesDoc",
    "ConclusionsDoc",
    "QuantileDoc",
    "QuantilesDoc",
    "RescoredDoc",
    "RescoredSideDoc",
    "SearchQuantilesDoc",
    "SensitivityDoc",
    "SpeakerRatesDoc",
    "SpeakersSpreadDoc",
]


class AuditQualityDoc(QualityDoc):
    """Counts of the rows of a log, and the share of speakers that each search could use."""

    join_rates: dict[str, float | None]


class AdjustedSearchDoc(TypedDict):
    """A search repeated on observed over expected errors."""

    title: str
    verdict: Verdict
    reason: str
    p_value: float | None
    minimum_detectable_gap: float | None
    bottom: GroupDoc | None
    held_out: SideDoc | None
    all_speakers: NotRequired[SideDoc | None]
    same_cohort: SideDoc | None


class AdjustedDoc(TypedDict):
    """All searches repeated with adjustment, and the columns adjusted for."""

    covariates: list[str]
    strata: int
    thin_strata: int
    thin_share: float
    searches: list[AdjustedSearchDoc]


class RescoredSideDoc(TypedDict):
    """The gap that decides, under the second normaliser."""

    gap_relative: float | None
    gap_interval: Interval
    bottom_rate: float | None
    reference_rate: float | None


class ConclusionsDoc(TypedDict):
    """Conclusions from the gap that decides, under the normaliser of the audit and under the second normaliser."""

    first: Conclusion | None
    second: Conclusion | None


class RescoredDoc(TypedDict):
    """One search under both normalisers."""

    title: str
    held_out: RescoredSideDoc | None
    all_speakers: NotRequired[RescoredSideDoc | None]
    conclusion: ConclusionsDoc


class SensitivityDoc(TypedDict):
    """All searches under a second normaliser."""

    normalizer: str
    overall_rate: float | None
    searches: list[RescoredDoc]


class QuantileDoc(TypedDict):
    """A quantile with the ends of its 95 % interval, and its ratio to that of the rest; null with too few speakers."""

    share: float
    value: float | None
    low: float | None
    high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None


class CohortQuantilesDoc(TypedDict):
    """The quantiles of a cohort, and whether they are withheld because its counts are."""

    cohort_id: int
    quantiles: list[QuantileDoc]
    withheld: bool


class SearchQuantilesDoc(TypedDict):
    """The quantiles of the cohorts of a search."""

    title: str
    measured_on: MeasuredOn
    cohorts: list[CohortQuantilesDoc]


class QuantilesDoc(TypedDict):
    """The quantiles of a column: of all speakers, and of each cohort."""

    column: str
    relative_error: float
    without_number: int
    overall: list[QuantileDoc]
    searches: list[SearchQuantilesDoc]


class SpeakerRatesDoc(TypedDict):
    """Percentiles of the rates of speakers; what the tenth with the highest rates has of all errors and exposure."""

    percentile_10: float
    percentile_90: float
    worst_tenth_errors: float
    worst_tenth_exposure: float


class SpeakersSpreadDoc(TypedDict):
    """How uneven the rates of speakers are: in the log, if all were equal, and apart from chance."""

    observed: SpeakerRatesDoc | None
    equal: SpeakerRatesDoc | None
    true_percentile_10: float | None
    true_percentile_90: float | None
    withheld_because: str | None
    not_separated_because: str | None


class AuditOverallDoc(OverallDoc):
    """The rate of the whole log, its kinds of errors, and how uneven the rates of speakers are."""

    kinds: NotRequired[KindRatesDoc | None]
    speakers_spread: NotRequired[SpeakersSpreadDoc | None]


class AuditDoc(TypedDict):
    """Content of ``audit.json``."""

    schema_version: Literal[1, 2]
    signature: str
    software: NotRequired[dict[str, str]]
    about: NotRequired[AboutDoc]
    rate: str
    rate_definition: NotRequired[RateDoc]
    redacted: bool
    sampling_unit: str
    scoring: NotRequired[ScoringDoc]
    intervals: NotRequired[Intervals]
    inputs: list[FileDoc]
    side_tables: NotRequired[list[SideTableDoc]]
    quality: AuditQualityDoc
    overall: AuditOverallDoc
    searches: int
    skipped: list[SkippedDoc]
    searched_unasked: NotRequired[list[str]]
    adjusted: NotRequired[AdjustedDoc | None]
    normalizer_sensitivity: NotRequired[SensitivityDoc | None]
    quantiles: NotRequired[list[QuantilesDoc]]
    wrong_words: NotRequired[WrongWordsDoc | None]
    discoveries: list[SearchDoc]
