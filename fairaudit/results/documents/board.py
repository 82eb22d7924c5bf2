"""Types of ``board.json``."""

from typing import Literal, TypedDict

from fairaudit.core.verdicts import BoardVerdict, MeasuredOn
from fairaudit.results.documents.shared import (
    CoverageDoc,
    FileDoc,
    Interval,
    QualityDoc,
    RateDoc,
    ScoringDoc,
    SideTableDoc,
    SkippedDoc,
)

__all__ = [
    "AlignmentDoc",
    "BoardDoc",
    "BoardGroupDoc",
    "BoardOverallDoc",
    "BoardSetDoc",
    "GroupSystemDoc",
    "HighestDoc",
    "PairDoc",
    "RangeDoc",
    "RatioDoc",
    "SystemDoc",
]


class AlignmentDoc(TypedDict):
    """How many utterances are compared, how many each system lacks, and how many differ in reference or speaker."""

    utterances: int
    aligned: int
    missing: dict[str, int]
    other_reference: int
    other_speaker: int


class BoardOverallDoc(TypedDict):
    """Who and what is compared; ``unknown_speakers`` are rows that count as speakers of their own."""

    speakers: int
    utterances: int
    unknown_speakers: int


class HighestDoc(TypedDict):
    """The highest rate of a tested group under a system, or the highest ratio of a group's rate to the rest."""

    value: float | None
    interval: Interval
    rank: list[int]
    title: str
    group_id: int
    description: str | None


class RangeDoc(TypedDict):
    """The highest rate of a tested group over the lowest, and its median if all groups had the same true rate."""

    ratio: float | None
    interval: Interval
    by_chance: float | None


class SystemDoc(TypedDict):
    """A system; ranks are those that it can have, the lowest number first."""

    name: str
    rate: float | None
    interval: Interval
    rank: list[int]
    worst: HighestDoc | None
    gap: HighestDoc | None
    range: RangeDoc | None
    inputs: list[FileDoc]
    quality: QualityDoc


class RatioDoc(TypedDict):
    """A number of one system over that of another, and the system whose number is certainly higher, if any."""

    ratio: float | None
    interval: Interval
    higher: str | None


class PairDoc(TypedDict):
    """Two systems."""

    system: str
    other: str
    overall: RatioDoc
    worst: RatioDoc | None
    gap: RatioDoc | None


class GroupSystemDoc(TypedDict):
    """A group under one system; the gap is the ratio of its rate to that of the rest."""

    system: str
    rate: float | None
    interval: Interval
    gap: float | None
    gap_interval: Interval


class BoardGroupDoc(TypedDict):
    """A group under all systems."""

    id: int
    label: str
    description: str | None
    speakers: int | None
    tested: bool
    not_tested_because: str | None
    suppressed: bool
    withheld_because: str | None
    systems: list[GroupSystemDoc]


class BoardSetDoc(CoverageDoc):
    """A set of groups, and on whom it is measured."""

    title: str
    method: str
    fingerprint: str
    measured_on: MeasuredOn
    speakers: int
    found_on: list[str]
    groups: list[BoardGroupDoc]


class BoardDoc(TypedDict):
    """The content of ``board.json``."""

    kind: Literal["board"]
    schema_version: Literal[1]
    signature: str
    software: dict[str, str]
    rate: str
    rate_definition: RateDoc
    redacted: bool
    sampling_unit: str
    scoring: ScoringDoc
    permutations: int
    seed: int
    verdict: BoardVerdict
    insufficient_because: str | None
    caveats: list[str]
    alignment: AlignmentDoc
    overall: BoardOverallDoc
    systems: list[SystemDoc]
    pairs: list[PairDoc]
    sets: list[BoardSetDoc]
    side_tables: list[SideTableDoc]
    skipped: list[SkippedDoc]
