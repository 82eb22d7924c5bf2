"""The result of a gate for a terminal and for a step summary, in the same strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairaudit.report.text.comparison import comparison_markdown
from fairaudit.report.text.lines import Paint, indented, painter
from fairaudit.report.text.markdown import capped, escaped, markdown_table
from fairaudit.report.views.gate import GateView, gate_view
from fairaudit.results.reading import COMPARISON

__all__ = ["gate_blocks", "gate_lines", "gate_markdown", "gate_terminal"]


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
