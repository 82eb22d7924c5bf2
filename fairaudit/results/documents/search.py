"""Types of a search of ``audit.json``."""

from typing import Any, NotRequired, TypedDict

from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.results.documents.cohorts import GroupDoc
from fairaudit.results.documents.shared import CohortLoopsDoc, Interval

__all__ = [
    "AreaDoc",
    "CohortDoc",
    "CrossFittedDoc",
    "EvidenceDoc",
    "ExaminedDoc",
    "HistogramDoc",
    "KindRatesDoc",
    "KindsDoc",
    "NullDoc",
    "OverlapDoc",
    "PartitionDoc",
    "RecurrenceDoc",
    "RegionDoc",
    "RegressionDoc",
    "SearchDoc",
    "ShareDoc",
    "SideDoc",
    "StabilityDoc",
    "UnassignedDoc",
    "UnionDoc",
    "VoiceDoc",
    "VoicesDoc",
]


class ShareDoc(TypedDict):
    """Shares of the bottom cohort."""

    speakers: float | None
    utterances: float | None
    exposure: float | None
    errors: float | None


class SideDoc(TypedDict):
    """Comparison of the bottom cohort with its reference, on held-out, on discovery, or on all speakers."""

    gap_relative: float | None
    gap_interval: Interval
    gap_weighted: NotRequired[float | None]
    gap_absolute: float | None
    ratio: float | None
    bottom_rate: float | None
    bottom_interval: NotRequired[Interval]
    reference_rate: float | None
    reference: str
    bottom_share: ShareDoc
    speakers: int | None
    excess_errors: float | None


class CrossFittedDoc(TypedDict):
    """The cross-fitted gap."""

    gap_relative: float | None
    bottom_rate: float | None
    reference_rate: float | None
    bottom_share: ShareDoc


class CohortDoc(CohortLoopsDoc):
    """One cohort of a search; a suppressed one has no figures."""

    id: int
    label: str
    description: str | None
    errors: float | None
    exposure: float | None
    rate: float | None
    shrunk_rate: float | None
    interval: Interval
    rank_interval: Interval
    speakers: int | None
    utterances: int | None
    share_speakers: float | None
    excess_errors: float | None
    substitutions: int | None
    deletions: int | None
    insertions: int | None
    score: float | None
    p_adjusted: float | None
    flagged: bool | None
    effective_speakers: float | None
    largest_speaker_share: float | None
    tested: bool | None
    not_tested_because: str | None
    suppressed: bool
    withheld_because: NotRequired[str | None]


class UnionDoc(TypedDict):
    """A union of known groups that was tested as well, such as everyone except a large group."""

    cohort_ids: list[int]
    description: str | None
    score: float
    p_adjusted: float
    flagged: bool


class HistogramDoc(TypedDict):
    """Counts between neighbouring edges; there is one more edge than counts."""

    edges: list[float]
    counts: list[int]


class NullDoc(TypedDict):
    """The highest score of the search and those of its shuffles; quantiles are keyed by probability."""

    observed: float
    quantiles: dict[str, float]
    histogram: HistogramDoc


class PartitionDoc(TypedDict):
    """The worse side of one examined partition."""

    description: str
    rate: float | None
    score: float | None
    p_adjusted: float | None
    speakers: int | None


class ExaminedDoc(TypedDict):
    """Number of examined partitions, and the best of them."""

    count: int
    best: list[PartitionDoc]


class RegressionDoc(TypedDict):
    """Comparison of a cohort with the rest by negative-binomial regression."""

    cohort_id: int
    ratio: float | None
    interval: Interval
    p_value: float | None
    p_adjusted: float | None


class RegionDoc(TypedDict):
    """A box of a cohort: west, south, east and north in degrees."""

    cohort_id: int
    bounds: list[float]


class RecurrenceDoc(TypedDict):
    """Mean Jaccard overlap of a cluster with its counterparts in resamples."""

    cohort_id: int
    jaccard: float


class StabilityDoc(TypedDict):
    """Stability of the clusters of a search."""

    seeds: int
    ari: float | None
    ari_of_cloud: NotRequired[float]
    clustered: NotRequired[bool]
    resamples: NotRequired[int]
    cohorts: NotRequired[list[RecurrenceDoc]]
    bottom: NotRequired[float | None]


class UnassignedDoc(TypedDict):
    """Sums over everything in no cohort of a search, measured or not; ``None`` if withheld.

    ``speakers`` counts those without any utterance in a cohort, and ``share_speakers`` is their share of all. The
    other sums include utterances without a cohort of speakers who are in one with other utterances.
    """

    speakers: int | None
    utterances: int | None
    errors: float | None
    exposure: float | None
    share_speakers: NotRequired[float | None]
    withheld_because: NotRequired[str | None]


class OverlapDoc(TypedDict):
    """Lowest and highest share of the bottom cohort's speakers who are in the bottom cohort of another search."""

    title: str
    share: list[float]


class AreaDoc(TypedDict):
    """A square of the map: west, south, east and north in degrees, and its rate."""

    bounds: list[float]
    rate: float
    thin: bool
    bottom_heavy: bool


class VoiceDoc(TypedDict):
    """A cohort in the plane of the first two principal components."""

    cohort_id: int
    mean: list[float]
    covariance: list[list[float]]


class VoicesDoc(TypedDict):
    """The cohorts of a search over vectors, and the shares of the variance that the two components explain."""

    explained: list[float]
    cohorts: list[VoiceDoc]


class KindRatesDoc(TypedDict):
    """Rate of each type of error."""

    substitutions: float
    deletions: float
    insertions: float


class KindsDoc(TypedDict):
    """Rates by type of error on both sides of the held-out gap."""

    bottom: KindRatesDoc
    reference: KindRatesDoc


class EvidenceDoc(TypedDict):
    """Evidence for one search; part of a :class:`SearchDoc`."""

    verdict: Verdict
    reason: str
    p_value: float | None
    p_value_alone: float | None
    minimum_detectable_gap: float | None
    minimum_detectable_share: float | None
    null: NullDoc | None
    omnibus_p: NotRequired[float | None]
    measured_on: MeasuredOn
    held_out: SideDoc | None
    search_inflated: SideDoc | None
    all_speakers: NotRequired[SideDoc | None]
    cross_fitted: NotRequired[CrossFittedDoc | None]
    by_kind: NotRequired[KindsDoc | None]
    bottom: GroupDoc | None
    top: GroupDoc | None
    cohorts: list[CohortDoc]
    unions: NotRequired[list[UnionDoc]]
    examined: ExaminedDoc | None
    stability: StabilityDoc | None
    nb2: NotRequired[list[RegressionDoc] | None]
    unassigned: UnassignedDoc
    share_tested: NotRequired[float]
    notes: list[str]


class SearchDoc(EvidenceDoc):
    """One search of an audit: its settings, its evidence and its cohorts."""

    method: str
    title: str
    settings: dict[str, Any]
    permutations: int
    smallest_cohort: NotRequired[int | None]
    regions: list[RegionDoc] | None
    overlap: NotRequired[list[OverlapDoc]]
    areas: NotRequired[list[AreaDoc]]
    voices: NotRequired[VoicesDoc | None]
    incomplete_because: NotRequired[str | None]
