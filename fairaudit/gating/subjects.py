"""One number of a gate: compared with the limit of a rule, or undecided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairaudit.core.verdicts import End, Outcome
from fairaudit.results.gate import Subject
from fairaudit.results.gate_rules import GateRule

__all__ = ["compared", "enough", "gravest", "undecided", "with_overall"]


def gravest(subject: Subject) -> tuple[int, float]:
    """Sort key: failures first, then by how large the number is."""
    return (Outcome.FAIL, Outcome.PASS, Outcome.INSUFFICIENT).index(subject.outcome), -(subject.value or 0.0)


def compared(
    name: str,
    estimate: float | None,
    interval: Sequence[float] | None,
    rule: GateRule,
    untested: str | None,
    p: float | None = None,
    *,
    chance: bool = False,
) -> Subject:
    """Compare the end of the interval that the rule names with its limit. A value that may be chance does not fail."""
    ends = None if interval is None else (float(interval[0]), float(interval[1]))
    value = {End.POINT: estimate, End.LOWER: ends and ends[0], End.UPPER: ends and ends[1]}[rule.end or End.POINT]
    if untested is not None or value is None:
        return Subject(name, estimate, ends, None, p, Outcome.INSUFFICIENT, untested or "its interval is not defined")
    return Subject(name, estimate, ends, value, p, Outcome.FAIL if value > rule.limit and not chance else Outcome.PASS)


def enough(name: str, share: float, rule: GateRule, otherwise: str) -> Subject:
    """Compare a share with a lower limit. A smaller share is not a failure but a lack of evidence."""
    if share >= rule.limit:
        return Subject(name, share, None, share, None, Outcome.PASS)
    return Subject(name, share, None, share, None, Outcome.INSUFFICIENT, otherwise)


def undecided(name: str, reason: str, *, required: bool = False) -> Subject:
    """Return a number about which nothing is known. If it is required, the rule cannot pass."""
    return Subject(name, None, None, None, None, Outcome.INSUFFICIENT, reason, required)


def with_overall(cohorts: Sequence[Subject], overall: Subject) -> Iterator[Subject]:
    """Yield the changes of cohorts, then the overall change.

    The overall change is no evidence that no cohort got worse. If no cohort could be decided, it can only fail.
    """
    yield from cohorts
    decided = any(cohort.outcome != Outcome.INSUFFICIENT for cohort in cohorts)
    if overall.outcome == Outcome.FAIL or not cohorts or decided:
        yield overall
