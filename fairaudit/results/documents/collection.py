"""Types of the document of a plan of what to record next."""

from typing import TypedDict

__all__ = ["CollectionDoc", "PlannedCohortDoc", "SpeakersDoc"]


class SpeakersDoc(TypedDict):
    """Number of speakers of a log, and how many of them are utterances whose speaker is unknown."""

    speakers: int
    unknown_speakers: int


class PlannedCohortDoc(TypedDict):
    """What is known of a cohort, and what to record; ``None`` where it is withheld or there is no interval."""

    cohort: str
    speakers: int | None
    exposure_per_speaker: float | None
    rate: float | None
    ratio: float | None
    low: float | None
    high: float | None
    half_width: float | None
    new_speakers: int
    new_utterances: float | None
    expected_half_width: float | None
    no_plan_because: str | None


class CollectionDoc(TypedDict):
    """A plan of what to record next."""

    title: str
    rate: str
    unit: str
    exposure: str
    sampling_unit: str
    overall: SpeakersDoc
    budget: float
    counts_speakers: bool
    spent: float
    cohorts: list[PlannedCohortDoc]
    widest: float
    expected_widest: float
    bottom: str | None
    signature: str
