"""JUnit XML, which every pipeline shows as tests: the rules of a gate, or the searches of an audit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from fairaudit.core.rate import TEACHER
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import Outcome, Treatment, Verdict
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.gate import CheckView, gate_view
from fairaudit.report.words.rates import of_teacher
from fairaudit.report.words.verdict import verdict_sentence
from fairaudit.report.words.wording import p_equation, plain

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, GateDoc

__all__ = ["audit_junit", "gate_junit"]

#: What XML 1.0 has no way to write.
_UNWRITABLE: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Elements of a test case that did not pass, by what an audit or a gate says.
_ELEMENTS: Final = {
    Outcome.FAIL: "failure",
    Verdict.DISPARITY: "failure",
    Verdict.UNEVEN: "failure",
    Outcome.INSUFFICIENT: "error",
}


@dataclass(frozen=True)
class _Case:
    """A test case: what was asked, its outcome, and the element that reports it (none: passed)."""

    name: str
    outcome: str
    element: str
    lines: Sequence[str]


def gate_junit(result: GateDoc) -> str:
    """Render the result of a gate as JUnit XML: one test case for each rule.

    A rule that fails is a ``failure``; too little evidence is an ``error`` where that fails the gate, else ``skipped``.

    Parameters
    ----------
    result
        What ``gate.json`` holds (schema version 1).
    """
    view = gate_view(result)
    treatments = [check["insufficient"] for check in result["checks"]]
    cases = [_of_rule(check, treatment) for check, treatment in zip(view.checks, treatments, strict=True)]
    return _suite("gate", view.signature, cases)


def _of_rule(check: CheckView, insufficient: str) -> _Case:
    skipped = check.outcome == Outcome.INSUFFICIENT and insufficient != Treatment.FAIL
    element = "skipped" if skipped else _ELEMENTS.get(check.outcome, "")
    return _Case(check.rule, check.outcome, element, check.lines)


def audit_junit(audit: AuditDoc) -> str:
    """Render an audit as JUnit XML: one test case for each search.

    A disparity, and uneven errors, are a ``failure``; a search with too little evidence is ``skipped``, as is an audit
    without searches.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).
    """
    summary = view_of(audit).summary
    positions = {column.key: i for i, column in enumerate(summary.columns)}
    what = f"gap ({TEACHER})" if of_teacher(audit["signature"]) else "gap"
    cases = []
    for discovery, row in zip(audit["discoveries"], summary.rows, strict=True):
        bottom, gap, interval = (row.cells[positions[key]] for key in ("bottom", "gap", "interval"))
        p = p_equation(discovery["p_value"], discovery["permutations"])
        skipped = discovery["verdict"] == Verdict.INSUFFICIENT
        measured = f"{bottom}: {what} {gap}, 95 % interval {interval}, {p}"
        lines = [plain(discovery["reason"])] if skipped else [measured]
        element = "skipped" if skipped else _ELEMENTS.get(discovery["verdict"], "")
        cases.append(_Case(search_name(discovery["title"]), discovery["verdict"], element, lines))
    if not cases:
        cases.append(_Case("all speakers", Verdict.INSUFFICIENT, "skipped", [verdict_sentence(audit)]))
    return _suite("audit", plain(audit["signature"]), cases)


def _suite(of: str, signature: str, cases: Sequence[_Case]) -> str:
    elements = [case.element for case in cases]
    numbers = {
        "tests": len(cases),
        **{f"{name}s": elements.count(name) for name in ("failure", "error")},
        "skipped": elements.count("skipped"),
    }
    counts = " ".join(f'{name}="{n}"' for name, n in numbers.items())
    text = "".join(_element(of, case) for case in cases)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="fairaudit {of}" {counts}>\n'
        f"  <properties><property name=\"signature\" value={_attribute(signature)}/></properties>\n"
        f"{text}</testsuite>\n"
    )  # fmt: skip


def _element(of: str, case: _Case) -> str:
    text = escape(_writable("\n".join(case.lines)))
    why = f"message={_attribute(case.lines[0])}"
    inner = f"<system-out>{text}</system-out>"
    if case.element == "skipped":
        inner = f"<skipped {why}/>{inner}"
    elif case.element:
        inner = f"<{case.element} type={_attribute(case.outcome)} {why}>{text}</{case.element}>"
    return f'  <testcase classname="fairaudit.{of}" name={_attribute(case.name)}>{inner}</testcase>\n'


def _attribute(text: str) -> str:
    return quoteattr(_writable(text))


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
