"""Shares and undecided numbers of a gate, and the order of its subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.core.verdicts import Outcome, Treatment
from fairaudit.results.gate import GateResult, RuleResult, Subject

if TYPE_CHECKING:
    from fairaudit.results.gate_rules import GateRule

__all__ = ["enough", "gravest", "undecided", "with_overall", "without_people"]

_NO_PEOPLE: Final = "references are those of a teacher model, which the rules do not allow (allow-pseudo)"


def gravest(subject: Subject) -> tuple[int, float]:
    """Sort key: failures first, then by how large the number is."""
    return (Outcome.FAIL, Outcome.PASS, Outcome.INSUFFICIENT).index(subject.outcome), -(subject.value or 0.0)


def enough(name: str, share: float, rule: GateRule, otherwise: str) -> Subject:
    """Compare a share with a lower limit. A smaller share is not a failure but a lack of evidence."""
    if share >= rule.limit:
        return Subject(name, share, None, share, None, Outcome.PASS)
    return Subject(name, share, None, share, None, Outcome.INSUFFICIENT, otherwise)


def undecided(name: str, reason: str, *, required: bool = False) -> Subject:
    """Return a number about which nothing is known. If it is required, the rule cannot pass."""
    return Subject(name, None, None, None, None, Outcome.INSUFFICIENT, reason, required)


def without_people(result: GateResult) -> GateResult:
    """Return a gate that decides nothing, because references are those of a model and the rules do not allow this."""
    subject = undecided("all speakers", _NO_PEOPLE, required=True)
    rules = (replace(check.rule, insufficient=Treatment.FAIL) for check in result.checks)
    return replace(result, checks=tuple(RuleResult(rule, (subject,)) for rule in rules))


def with_overall(cohorts: Sequence[Subject], overall: Subject) -> Iterator[Subject]:
    """Yield the changes of cohorts, then the overall change.

    The overall change is no evidence that no cohort got worse. If no cohort could be decided, it can only fail.
    """
    yield from cohorts
    decided = any(cohort.outcome != Outcome.INSUFFICIENT for cohort in cohorts)
    if overall.outcome == Outcome.FAIL or not cohorts or decided:
        yield overall
