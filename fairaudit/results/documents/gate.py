"""Types of ``gate.json``."""

from typing import Literal, NotRequired, TypedDict

from fairaudit.core.verdicts import End, Outcome, Treatment
from fairaudit.results.documents.shared import Interval

__all__ = ["GateDoc", "RuleName", "RuleResultDoc", "SubjectDoc"]

#: Names of rules; :data:`fairaudit.results.gate_rules.RULES` describes them.
RuleName = Literal["max-gap", "max-rate", "max-regression", "non-inferiority", "min-tested", "min-paired"]


class SubjectDoc(TypedDict):
    """One number on which a rule was checked."""

    name: str
    estimate: float | None
    interval: Interval
    simultaneous_over: NotRequired[int | None]
    value: float | None
    p_adjusted: float | None
    outcome: Outcome
    undecided_because: str | None


class RuleResultDoc(TypedDict):
    """A rule and the numbers on which it was checked."""

    rule: RuleName
    limit: float
    end: End | None
    insufficient: Treatment
    outcome: Outcome
    subjects: list[SubjectDoc]


class GateDoc(TypedDict):
    """Content of ``gate.json``."""

    kind: Literal["gate"]
    schema_version: Literal[1]
    verdict: Outcome
    of: Literal["audit", "comparison", "history"]
    signature: str
    caveats: NotRequired[list[str]]
    unit: NotRequired[str]
    checks: list[RuleResultDoc]
