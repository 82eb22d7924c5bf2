"""The result of a gate: every rule with the numbers that it was checked on, and one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from fairaudit.core.rate import PERCENT
from fairaudit.core.text import json_text
from fairaudit.core.verdicts import Outcome, Treatment
from fairaudit.results.display import rendered
from fairaudit.results.frames import with_ends

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.results.documents import GateDoc, SubjectDoc
    from fairaudit.results.documents.gate import RuleName
    from fairaudit.results.gate_rules import GateRule

__all__ = ["GateResult", "RuleResult", "Subject"]

_SCHEMA_VERSION: Final = 1


@dataclass(frozen=True)
class Subject:
    """One number on which a rule is checked.

    Attributes
    ----------
    name
        Name of the search, cohort or set of speakers.
    estimate, interval
        The number and the 95 % interval that decides; ``None`` if undefined.
    value
        Value that is compared with the limit: the estimate, or the end of the interval that the rule names; ``None`` if
        nothing can be compared.
    p_adjusted
        Family-wise p-value of the number, if there is one.
    outcome
        ``pass``, ``fail`` or ``insufficient evidence``.
    undecided_because
        Why nothing could be compared, or ``None``.
    required
        Whether the rule cannot pass without this number.
    simultaneous_over
        For how many numbers of the rule the interval holds at once; ``None`` if it holds for this one alone.
    """

    name: str
    estimate: float | None
    interval: tuple[float, float] | None
    value: float | None
    p_adjusted: float | None
    outcome: Outcome
    undecided_because: str | None = None
    required: bool = False
    simultaneous_over: int | None = None


@dataclass(frozen=True)
class RuleResult:
    """A rule and the numbers on which it was checked, failures first, then by how close they are to the limit."""

    rule: GateRule
    subjects: tuple[Subject, ...]

    @property
    def outcome(self) -> Outcome:
        """``fail`` if any number fails, ``insufficient evidence`` if none could be decided, else ``pass``.

        A rule about the amount of evidence passes only if there is enough for all numbers. No rule passes if a required
        number could not be decided: a rule about cohorts requires that every frozen cohort has speakers, that few
        speakers are in none, and that the log has the inputs of the cohorts. Every rule about rates requires that the
        speakers of at most 20 % of the utterances are unknown.
        """
        outcomes = [subject.outcome for subject in self.subjects]
        if Outcome.FAIL in outcomes:
            return Outcome.FAIL
        undecided = [subject for subject in self.subjects if subject.outcome == Outcome.INSUFFICIENT]
        if any(self.rule.end is None or subject.required for subject in undecided):
            return Outcome.INSUFFICIENT
        return Outcome.PASS if Outcome.PASS in outcomes else Outcome.INSUFFICIENT

    @property
    def warns(self) -> bool:
        """Whether there is too little evidence and the rule only warns about this."""
        return self.outcome == Outcome.INSUFFICIENT and self.rule.insufficient == Treatment.WARN


@dataclass(frozen=True)
class GateResult:
    """The verdict of a gate on an audit, a comparison or a history.

    Attributes
    ----------
    of
        ``"audit"``, ``"comparison"`` or ``"history"``.
    signature
        Signature of the audit or comparison, or settings and names of the releases of a history.
    checks
        Results in the order of the rules.
    caveats
        Sentences about the logs that a reader of the verdict must know.
    unit
        Unit of the rate, and of limits of rates and changes.
    """

    of: Literal["audit", "comparison", "history"]
    signature: str
    checks: tuple[RuleResult, ...]
    caveats: tuple[str, ...] = ()
    unit: str = PERCENT

    @property
    def verdict(self) -> Outcome:
        """``fail`` if a rule fails, else ``insufficient evidence`` if a rule treats that as failure, else ``pass``."""
        if any(check.outcome == Outcome.FAIL for check in self.checks):
            return Outcome.FAIL
        lacking = any(
            check.outcome == Outcome.INSUFFICIENT and check.rule.insufficient == Treatment.FAIL for check in self.checks
        )
        return Outcome.INSUFFICIENT if lacking else Outcome.PASS

    def to_dict(self) -> GateDoc:
        """Return the content of ``gate.json``, as described by the shipped schema."""
        return {
            "kind": "gate",
            "schema_version": _SCHEMA_VERSION,
            "verdict": self.verdict,
            "of": self.of,
            "signature": self.signature,
            "caveats": list(self.caveats),
            "unit": self.unit,
            "checks": [
                {
                    "rule": cast("RuleName", check.rule.name),
                    "limit": check.rule.limit,
                    "end": check.rule.end,
                    "insufficient": check.rule.insufficient,
                    "outcome": check.outcome,
                    "subjects": [_subject(subject) for subject in check.subjects],
                }
                for check in self.checks
            ],
        }

    def to_json(self) -> str:
        """Return the text of ``gate.json``."""
        return json_text(self.to_dict())

    def to_frame(self) -> pd.DataFrame:
        """Return the numbers on which the rules were checked, one row each."""
        import pandas as pd  # a gate in a pipeline needs no frame

        rows = [
            {"rule": check.rule.name, "limit": check.rule.limit, "end": check.rule.end, **_subject(subject)}
            for check in self.checks
            for subject in check.subjects
        ]
        return pd.DataFrame([with_ends(row, {"interval": ""}) for row in rows])

    def __repr__(self) -> str:
        outcomes = ", ".join(f"{check.rule.name} {check.outcome}" for check in self.checks)
        return f"<GateResult of {self.of}: {self.verdict} ({outcomes})>"

    def _repr_markdown_(self) -> str:
        return str(rendered("gate_markdown", self.to_dict()))


def _subject(subject: Subject) -> SubjectDoc:
    return {
        "name": subject.name,
        "estimate": subject.estimate,
        "interval": None if subject.interval is None else list(subject.interval),
        "simultaneous_over": subject.simultaneous_over,
        "value": subject.value,
        "p_adjusted": subject.p_adjusted,
        "outcome": subject.outcome,
        "undecided_because": subject.undecided_because,
    }
