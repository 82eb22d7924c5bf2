"""A comparison on the terminal and as Markdown, in the same strings."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from fairaudit.report.comparison_view import comparison_view
from fairaudit.report.markdown import capped, escaped, markdown_table
from fairaudit.report.tables import WITHHELD_TEXT, Row, Table
from fairaudit.report.text import indented, painter, text_table

__all__ = ["comparison_markdown", "comparison_terminal"]


def comparison_terminal(
    comparison: Mapping[str, Any], *, color: bool = False, width: int = 100, limit: int = 12
) -> str:
    """Render a comparison for a terminal.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    color
        Whether ANSI colour codes may be used.
    width
        Width in cells; tables are not made narrower than their numbers need.
    limit
        The most cohorts that a table shows.
    """
    view, paint = comparison_view(comparison), painter(color)
    lines = [paint(view.title, view.verdict)]
    for text in (view.sentence, view.pairing):
        lines += textwrap.wrap(text, width)
    for review in view.reviews:
        lines += ["", paint(review.title, "bold")]
        lines += [line for text in review.lines for line in indented(text, width)]
        lines += text_table(_shortened(review.cohorts.head(limit)), paint, width)
        if (hidden := len(review.cohorts.rows) - limit) > 0:
            lines += indented(f"{hidden} more cohorts are in comparison.json.", width)
    if view.skipped:
        lines += ["", "Not compared:", *(line for entry in view.skipped for line in indented(entry, width))]
    lines.append("")
    for note in view.notes:
        lines += textwrap.wrap(note, width)
    return "\n".join([*lines, paint(view.signature, "dim")]) + "\n"


def comparison_markdown(comparison: Mapping[str, Any]) -> str:
    """Render a comparison as Markdown of at most 60 KB, the way GitHub shows it."""
    view = comparison_view(comparison)
    parts = [f"## {escaped(view.title)}", escaped(view.sentence), escaped(view.pairing)]
    for review in view.reviews:
        parts.append(f"### {escaped(review.title)}")
        parts += [escaped(line) for line in review.lines]
        parts.append(markdown_table(review.cohorts))
    if view.skipped:
        parts.append("\n".join(["Not compared:", "", *(f"- {escaped(entry)}" for entry in view.skipped)]))
    parts += [escaped(note) for note in view.notes]
    return capped("\n\n".join([*parts, f"`{view.signature.replace('`', '')}`"]) + "\n")


def _shortened(table: Table) -> Table:
    """Leave out why a cohort was not tested, for which a line has no room."""

    def row(row: Row) -> Row:
        *cells, result = row.cells
        if result != WITHHELD_TEXT and result.startswith("not tested"):
            result = "not tested"
        return Row((*cells, result), row.tone)

    return Table(table.caption, table.columns, tuple(map(row, table.rows)))
