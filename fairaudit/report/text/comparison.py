"""A comparison on the terminal and as Markdown, in the same strings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from fairaudit.report.text.lines import Paint, indented, painter, text_table
from fairaudit.report.text.markdown import capped, escaped, markdown_table
from fairaudit.report.views.comparison import ComparisonView, comparison_view
from fairaudit.report.views.tables import WITHHELD_TEXT, Row, Table

__all__ = ["comparison_blocks", "comparison_lines", "comparison_markdown", "comparison_terminal"]


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
    return "\n".join([*comparison_lines(view, paint, width, limit), paint(view.signature, "dim")]) + "\n"


def comparison_lines(view: ComparisonView, paint: Paint, width: int, limit: int) -> Iterator[str]:
    """Lines for a terminal, without the signature."""
    yield paint(f"{view.mark} {view.title}", view.verdict)
    for text in (view.sentence, view.pairing):
        yield from textwrap.wrap(text, width)
    for review in view.reviews:
        yield from ("", paint(review.title, "bold"))
        for text in (*review.lines, review.tally):
            yield from indented(text, width)
        yield from text_table(_shortened(review.cohorts.head(limit)), paint, width)
        if (hidden := len(review.cohorts.rows) - limit) > 0:
            yield from indented(f"{hidden} more cohorts are in comparison.json.", width)
    if view.skipped:
        yield from ("", "Not compared:", *(line for entry in view.skipped for line in indented(entry, width)))
    yield ""
    for note in view.notes:
        yield from textwrap.wrap(note, width)


def comparison_markdown(comparison: Mapping[str, Any]) -> str:
    """Render a comparison as Markdown of at most 60 KB, the way GitHub shows it."""
    view = comparison_view(comparison)
    signature = f"`{view.signature.replace('`', '')}`"
    parts = [f"## {escaped(f'{view.mark} {view.title}')}", *comparison_blocks(view), signature]
    return capped("\n\n".join(parts) + "\n")


def comparison_blocks(view: ComparisonView) -> Iterator[str]:
    """Blocks of Markdown, without title and signature."""
    yield escaped(view.sentence)
    yield escaped(view.pairing)
    for review in view.reviews:
        yield f"### {escaped(review.title)}"
        yield from (escaped(line) for line in (*review.lines, review.tally))
        yield markdown_table(review.cohorts)
    if view.skipped:
        yield "\n".join(["Not compared:", "", *(f"- {escaped(entry)}" for entry in view.skipped)])
    yield from (escaped(note) for note in view.notes)


def _shortened(table: Table) -> Table:
    """Leave out why a cohort was not tested, for which a line has no room."""

    def row(row: Row) -> Row:
        *cells, result = row.cells
        if result != WITHHELD_TEXT and result.startswith("not tested"):
            result = "not tested"
        return Row((*cells, result), row.tone)

    return Table(table.caption, table.columns, tuple(map(row, table.rows)))
