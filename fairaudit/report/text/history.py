"""A history of releases on the terminal and as Markdown: one table of rates for each set of frozen cohorts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from fairaudit.report.text.lines import Paint, painter, text_table
from fairaudit.report.text.markdown import capped, escaped, markdown_table
from fairaudit.report.views.history import HistoryView, history_view

__all__ = ["history_blocks", "history_lines", "history_markdown", "history_terminal"]


def history_terminal(history: Mapping[str, Any], *, color: bool = False, width: int = 100) -> str:
    """Render a history for a terminal; ``history`` is what ``history.json`` holds (schema version 1)."""
    return "\n".join(history_lines(history_view(history), painter(color), width)) + "\n"


def history_markdown(history: Mapping[str, Any]) -> str:
    """Render a history as Markdown of at most 60 KB."""
    return capped("\n\n".join(history_blocks(history_view(history))) + "\n")


def history_lines(view: HistoryView, paint: Paint, width: int) -> Iterator[str]:
    """Lines for a terminal."""
    for table in (view.overall, *(search.table for search in view.searches)):
        yield paint(table.caption, "bold")
        yield from text_table(table, paint, width)
        yield ""
    yield from textwrap.wrap(view.note, width)


def history_blocks(view: HistoryView) -> Iterator[str]:
    """Blocks of Markdown."""
    for table in (view.overall, *(search.table for search in view.searches)):
        yield f"### {escaped(table.caption)}"
        yield markdown_table(table)
    yield escaped(view.note)
