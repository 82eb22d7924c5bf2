"""The result of a gate for a terminal, for a step summary and for whatever reads JUnit XML, in the same strings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from fairaudit.report.comparison_text import comparison_markdown
from fairaudit.report.contract import COMPARISON
from fairaudit.report.gate_view import CheckView, GateView, gate_view
from fairaudit.report.markdown import capped, escaped, markdown_table
from fairaudit.report.text import Paint, indented, painter

__all__ = ["gate_blocks", "gate_junit", "gate_lines", "gate_markdown", "gate_terminal"]

#: What XML 1.0 has no way to write.
_UNWRITABLE: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS: Final = {"fail": "failure", "insufficient evidence": "error"}


def gate_terminal(result: Mapping[str, Any], *, color: bool = False, width: int = 100) -> str:
    """Render the result of a gate for a terminal.

    Parameters
    ----------
    result
        What ``gate.json`` holds (schema version 1).
    color
        Whether ANSI colour codes may be used.
    width
        Width in cells.
    """
    view, paint = gate_view(result), painter(color)
    return "\n".join([*gate_lines(view, paint, width), "", paint(view.signature, "dim")]) + "\n"


def gate_lines(view: GateView, paint: Paint, width: int) -> Iterator[str]:
    """Lines for a terminal, without the signature."""
    yield paint(view.title, view.verdict)
    for check in view.checks:
        yield from ("", paint(f"{check.told}: {check.rule}", check.outcome))
        for told in check.lines:
            yield from indented(told, width)


def gate_markdown(result: Mapping[str, Any], content: Mapping[str, Any] | None = None) -> str:
    """Render the result of a gate as Markdown of at most 60 KB, as a GitHub step summary takes it.

    Parameters
    ----------
    result
        What ``gate.json`` holds (schema version 1).
    content
        What was judged; a comparison is shown below.
    """
    view = gate_view(result)
    parts = [f"## {escaped(view.title)}", *gate_blocks(view)]
    if content is not None and content.get("kind") == COMPARISON:
        parts.append(comparison_markdown(content))
    return capped("\n\n".join(parts) + "\n")


def gate_blocks(view: GateView) -> Iterator[str]:
    """Blocks of Markdown, without title and signature."""
    yield markdown_table(view.table)
    for check in view.lacking:
        yield f"### {escaped(f'{check.told}: {check.rule}')}"
        yield "\n".join(f"- {escaped(line)}" for line in check.lines)


def gate_junit(result: Mapping[str, Any]) -> str:
    """Render the result of a gate as JUnit XML: one test case for each rule.

    A rule that fails is a ``failure``; too little evidence is an ``error`` where that fails the gate, else ``skipped``.
    """
    view = gate_view(result)
    treatments = [check["insufficient"] for check in result["checks"]]
    elements = [_element(check, treatment) for check, treatment in zip(view.checks, treatments, strict=True)]
    numbers = {
        "tests": len(view.checks),
        **{f"{name}s": elements.count(name) for name in ("failure", "error")},
        "skipped": elements.count("skipped"),
    }
    counts = " ".join(f'{name}="{n}"' for name, n in numbers.items())
    cases = "".join(_case(check, element) for check, element in zip(view.checks, elements, strict=True))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="fairaudit gate" {counts}>\n'
        f"  <properties><property name=\"signature\" value={_attribute(view.signature)}/></properties>\n"
        f"{cases}</testsuite>\n"
    )  # fmt: skip


def _element(check: CheckView, insufficient: str) -> str:
    if check.outcome == "insufficient evidence" and insufficient != "fail":
        return "skipped"
    return _ELEMENTS.get(check.outcome, "")


def _case(check: CheckView, element: str) -> str:
    told = escape(_writable("\n".join(check.lines)))
    why = f"message={_attribute(check.lines[0])}"
    inner = f"<system-out>{told}</system-out>"
    if element == "skipped":
        inner = f"<skipped {why}/>{inner}"
    elif element:
        inner = f"<{element} type={_attribute(check.outcome)} {why}>{told}</{element}>"
    return f'  <testcase classname="fairaudit.gate" name={_attribute(check.rule)}>{inner}</testcase>\n'


def _attribute(text: str) -> str:
    return quoteattr(_writable(text))


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
