"""Types of the JSON documents of results: one ``TypedDict`` for each object of the schemas.

The schemas in ``fairaudit/schemas`` check a file when it is read; these types let mypy check the code that reads the
document. A test compares the two, key by key. Vocabularies are string enums (:mod:`fairaudit.core.verdicts`), which
compare equal to the plain strings that a file holds.

The modules of this package evaluate their annotations (no ``from __future__ import annotations``), because
``TypedDict`` needs to see ``NotRequired`` to know which keys are optional.
"""

from fairaudit.results.documents.audit import (
    AdjustedDoc,
    AdjustedSearchDoc,
    AreaDoc,
    AuditDoc,
    AuditQualityDoc,
    CohortDoc,
    ConclusionsDoc,
    CrossFittedDoc,
    EvidenceDoc,
    ExaminedDoc,
    HistogramDoc,
    KindRatesDoc,
    KindsDoc,
    NullDoc,
    OverlapDoc,
    PartitionDoc,
    RecurrenceDoc,
    RegionDoc,
    RegressionDoc,
    RescoredDoc,
    RescoredSideDoc,
    SearchDoc,
    SensitivityDoc,
    ShareDoc,
    SideDoc,
    StabilityDoc,
    UnassignedDoc,
    VoiceDoc,
    VoicesDoc,
)
from fairaudit.results.documents.cohorts import CohortsDoc, GroupDoc, ModelDoc
from fairaudit.results.documents.comparison import (
    BetweenDoc,
    ChangeDoc,
    CohortChangeDoc,
    CohortComparisonDoc,
    ComparisonDoc,
    ComparisonInputsDoc,
    ComparisonQualityDoc,
    GapChangeDoc,
    MeasuredDoc,
    OverallChangeDoc,
    PairingDoc,
    SpreadDoc,
    UnassignedChangeDoc,
)
from fairaudit.results.documents.gate import GateDoc, RuleResultDoc, SubjectDoc
from fairaudit.results.documents.history import HistoryDoc, ReleaseCohortDoc, ReleaseDoc, ReleaseSearchDoc
from fairaudit.results.documents.shared import (
    CohortNameDoc,
    FileDoc,
    Interval,
    OverallDoc,
    QualityDoc,
    RateDoc,
    SideTableDoc,
    SkippedDoc,
)

__all__ = [
    "AdjustedDoc",
    "AdjustedSearchDoc",
    "AnyDoc",
    "AreaDoc",
    "AuditDoc",
    "AuditQualityDoc",
    "BetweenDoc",
    "ChangeDoc",
    "CohortChangeDoc",
    "CohortComparisonDoc",
    "CohortDoc",
    "CohortNameDoc",
    "CohortsDoc",
    "ComparisonDoc",
    "ComparisonInputsDoc",
    "ComparisonQualityDoc",
    "ConclusionsDoc",
    "CrossFittedDoc",
    "EvidenceDoc",
    "ExaminedDoc",
    "FileDoc",
    "GapChangeDoc",
    "GateDoc",
    "GroupDoc",
    "HistogramDoc",
    "HistoryDoc",
    "Interval",
    "KindRatesDoc",
    "KindsDoc",
    "MeasuredDoc",
    "ModelDoc",
    "NullDoc",
    "OverallChangeDoc",
    "OverallDoc",
    "OverlapDoc",
    "PairingDoc",
    "PartitionDoc",
    "QualityDoc",
    "RateDoc",
    "RecurrenceDoc",
    "RegionDoc",
    "RegressionDoc",
    "ReleaseCohortDoc",
    "ReleaseDoc",
    "ReleaseSearchDoc",
    "RescoredDoc",
    "RescoredSideDoc",
    "ResultDoc",
    "RuleResultDoc",
    "SearchDoc",
    "SensitivityDoc",
    "ShareDoc",
    "SideDoc",
    "SideTableDoc",
    "SkippedDoc",
    "SpreadDoc",
    "StabilityDoc",
    "SubjectDoc",
    "UnassignedChangeDoc",
    "UnassignedDoc",
    "VoiceDoc",
    "VoicesDoc",
]

#: What a report or a gate can be about; only a comparison has the key ``kind``.
ResultDoc = AuditDoc | ComparisonDoc
#: Every kind of result.
AnyDoc = AuditDoc | ComparisonDoc | GateDoc | HistoryDoc
