"""From the result of a gate to what is printed of it: digits enough to agree with the verdict, everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.rate import PERCENT, TEACHER
from fairaudit.core.verdicts import End, Outcome, Treatment
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.rates import of_teacher
from fairaudit.report.words.units import SHARE, Unit
from fairaudit.report.words.wording import (
    count,
    gap,
    gap_percent,
    gap_percent_span,
    p_equation,
    percent,
    plain,
    shorten,
)

if TYPE_CHECKING:
    from fairaudit.results.documents import GateDoc, RuleResultDoc, SubjectDoc

__all__ = ["CheckView", "GateView", "gate_view"]

_TITLES: Final = {
    Outcome.PASS: "✔ Gate passed",
    Outcome.FAIL: "✘ Gate failed",
    Outcome.INSUFFICIENT: "? Gate not passed: insufficient evidence",
}
#: What follows from too little evidence.
_TREATMENTS: Final = {
    Treatment.FAIL: ", which fails the gate",
    Treatment.WARN: ", which only warns",
    Treatment.PASS: ", which passes",
}
_MARKS: Final = {Outcome.FAIL: "✘", Outcome.PASS: "✔", Outcome.INSUFFICIENT: "?"}
#: How many subjects are listed one by one where a rule has that outcome; the others are counted.
_LISTED: Final = {Outcome.FAIL: 20, Outcome.PASS: 1, Outcome.INSUFFICIENT: 20}
_COUNTED: Final = {
    Outcome.FAIL: "above the limit",
    Outcome.PASS: "within the limit",
    Outcome.INSUFFICIENT: "with too little evidence to decide",
}
#: Most terminal cells of a cohort's name.
_NAME: Final = 160
#: The p-value of a result does not say how many draws it is from.
_UNLIMITED: Final = 10**9


@dataclass(frozen=True)
class _Kind:
    """How the numbers of a rule are named and written."""

    words: str
    write: Callable[[float | None, int], str]
    span: Callable[[Sequence[float] | None], str]
    estimate: Callable[[float | None, int], str] | None = None
    unit: Unit = SHARE


def _kind(rule: str, name: str) -> _Kind:
    """How the numbers of a rule are written if the rate has the unit of a name."""
    unit = Unit(name)
    if rule == "max-rate":
        return _Kind("rate", unit.value, unit.span, lambda rate, _: unit.value(rate), unit)
    if rule in ("max-regression", "non-inferiority"):
        return _Kind("change", unit.difference, unit.difference_span, lambda rate, _: unit.difference(rate), unit)
    return _KINDS[rule]


_KINDS: Final = {
    "max-gap": _Kind("gap", gap_percent, gap_percent_span, gap),
    "min-paired": _Kind("of the baseline's utterances are compared", percent, lambda _: ""),
    "min-tested": _Kind("of the speakers are in cohorts that could be tested", percent, lambda _: ""),
}


@dataclass(frozen=True)
class CheckView:
    """Everything printed about one rule: its name, what it asks in words, what came of it, and for whom."""

    rule: str
    asks: str
    outcome: Outcome
    status: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class GateView:
    """Everything printed about a gate."""

    verdict: Outcome
    title: str
    of: str
    checks: tuple[CheckView, ...]
    table: Table
    caveats: tuple[str, ...]
    signature: str

    @property
    def lacking(self) -> tuple[CheckView, ...]:
        """The rules that did not pass."""
        return tuple(check for check in self.checks if check.outcome != Outcome.PASS)


def gate_view(result: GateDoc) -> GateView:
    """Turn the result of a gate (the contract of ``gate.json``, schema version 1) into what is printed of it."""
    teacher, unit = of_teacher(result["signature"]), result.get("unit", PERCENT)
    checks = tuple(_check(check, unit, teacher=teacher) for check in result["checks"])
    fields = (
        Field[CheckView]("rule", "Rule", lambda check: check.rule, numeric=False),
        Field[CheckView]("outcome", "Outcome", lambda check: check.status, numeric=False),
        Field[CheckView]("why", "Why", lambda check: check.lines[0], numeric=False),
    )
    return GateView(
        verdict=result["verdict"],
        title=_TITLES[result["verdict"]],
        of=result["of"],
        checks=checks,
        table=tabulate(f"Rules checked on the {result['of']}", fields, checks),
        caveats=tuple(f"Caution: {plain(caveat)}" for caveat in result.get("caveats", ())),
        signature=plain(result["signature"]),
    )


def _check(check: RuleResultDoc, unit: str, *, teacher: bool) -> CheckView:
    outcome, subjects, kind = check["outcome"], check["subjects"], _kind(check["rule"], unit)
    shown = [subject for subject in subjects if subject["outcome"] == outcome][: _LISTED[outcome]]
    lines = [_subject(subject, check, kind, teacher=teacher) for subject in shown]
    for other, words in _COUNTED.items():
        left = sum(subject["outcome"] == other for subject in subjects) - (len(shown) if other == outcome else 0)
        if left:
            lines.append(f"{count(left)} {'more ' if other == outcome else ''}{words}")
    treatment = _TREATMENTS[check["insufficient"]] if outcome == Outcome.INSUFFICIENT else ""
    status = f"{_MARKS[outcome]} {outcome}{treatment}"
    return CheckView(
        _rule(check, kind),
        _asks(check, kind),
        outcome,
        status,
        tuple(lines) or ("there is nothing to check",),
    )


def _rule(check: RuleResultDoc, kind: _Kind) -> str:
    by = f", {check['end']} end" if check["end"] in (End.LOWER, End.UPPER) else ""
    return f"{check['rule']} {_limit(check, kind)}{by}"


def _asks(check: RuleResultDoc, kind: _Kind) -> str:
    from fairaudit.results.gate_rules import RULES

    words, end = RULES[check["rule"]].words, check["end"]
    together = any(subject.get("simultaneous_over") for subject in check["subjects"])
    which = "a 95 % interval that holds for all of them at once" if together else "its 95 % interval"
    by = f", by the {end} end of {which}" if end in (End.LOWER, End.UPPER) else ""
    return f"{words[:1].upper()}{words[1:]}: at {'least' if end is None else 'most'} {_limit(check, kind)}{by}."


def _limit(check: RuleResultDoc, kind: _Kind) -> str:
    """The limit with all of its digits."""
    limit = check["limit"]
    return kind.write(limit, kind.unit.deciding_digits(limit, limit)).lstrip("+")


def _subject(subject: SubjectDoc, check: RuleResultDoc, kind: _Kind, *, teacher: bool) -> str:
    """A subject, its number, and on which side of the limit it lies, in digits that show it."""
    limit, value = check["limit"], subject["value"]
    name = shorten(plain(subject["name"]), _NAME)
    if value is None:
        return f"{name}: not decided, {plain(subject['undecided_because'])}"
    if check["end"] is None:
        side = "≥" if value >= limit else "<"
        share = kind.write(value, kind.unit.deciding_digits(-value, -limit))
        return f"{name}: {share} {kind.words}, {side} {_limit(check, kind)}"
    what = f"{kind.words} ({TEACHER})" if teacher else kind.words
    digits, side = kind.unit.deciding_digits(value, limit), ">" if value > limit else "≤"
    compared = f"{kind.write(value, digits)} {side} {_limit(check, kind)}"
    if check["end"] == End.POINT:
        return f"{name}: {what} {compared}"
    estimate = kind.estimate or kind.write
    family = subject.get("simultaneous_over")
    among = f" for all {count(family)} at once" if family else ""
    measured = f"{what} {estimate(subject['estimate'], 1)} {kind.span(subject['interval'])}{among}"
    by_chance = value > limit and subject["outcome"] == Outcome.PASS
    chance = f", but not beyond chance ({p_equation(subject['p_adjusted'], _UNLIMITED)})" if by_chance else ""
    return f"{name}: {measured}; {check['end']} end {compared}{chance}"
