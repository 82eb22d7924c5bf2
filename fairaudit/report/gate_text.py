"""The result of a gate for a terminal and for a step summary, in the same strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairaudit.report.comparison_text import comparison_markdown
from fairaudit.report.contract import COMPARISON
from fairaudit.report.gate_view import gate_view
from fairaudit.report.markdown import capped, escaped, markdown_table
from fairaudit.report.text import indented, painter

__all__ = ["gate_markdown", "gate_terminal"]


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
    lines = [paint(view.title, view.verdict)]
    for check in view.checks:
        lines += ["", paint(f"{check.told}: {check.rule}", check.outcome)]
        lines += [line for told in check.lines for line in indented(told, width)]
    return "\n".join([*lines, "", paint(view.signature, "dim")]) + "\n"


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
    parts = [f"## {escaped(view.title)}", markdown_table(view.table)]
    for check in (check for check in view.checks if check.outcome != "pass"):
        parts.append(f"### {escaped(f'{check.told}: {check.rule}')}")
        parts.append("\n".join(f"- {escaped(line)}" for line in check.lines))
    if content is not None and content.get("kind") == COMPARISON:
        parts.append(comparison_markdown(content))
    return capped("\n\n".join(parts) + "\n")
