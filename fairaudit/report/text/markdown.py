"""Reports as Markdown, the way GitHub shows it: blocks become markup, and somebody else's text stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.report.text.blocks import Block, Grid, Heading, Items, Paragraph, Signature
from fairaudit.report.text.board import board_blocks
from fairaudit.report.text.release import comparison_blocks, gate_blocks, history_blocks
from fairaudit.report.views.release import ALONE, Beside, release_view
from fairaudit.report.words.wording import plain
from fairaudit.results.reading import is_comparison

if TYPE_CHECKING:
    from fairaudit.report.views.tables import Table
    from fairaudit.results.documents import AuditDoc, BoardDoc, ComparisonDoc, GateDoc, HistoryDoc, ResultDoc

__all__ = [
    "board_markdown",
    "capped",
    "comparison_markdown",
    "escaped",
    "gate_markdown",
    "history_markdown",
    "markdown_table",
    "release_markdown",
    "render_markdown",
]

#: The most bytes of a comment or a step summary.
_MOST_BYTES: Final = 60_000
#: Characters that could begin markup: of Markdown, of HTML, of an address that becomes a link.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!]|(?<=http):|(?<=https):|(?<=www)\.)")


def render_markdown(audit: AuditDoc, beside: Beside = ALONE) -> str:
    """Render an audit as Markdown, for pull requests and wikis.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).
    beside
        Rules, comparison and history to show as well.

    Returns
    -------
    str
        The sections of the page in their order, without its charts; the same audit gives the same text.
    """
    from fairaudit.report.text.audit import audit_blocks
    from fairaudit.report.views.audit import view_of

    return _marked_up(audit_blocks(view_of(audit, beside)))


def comparison_markdown(comparison: ComparisonDoc) -> str:
    """Render a comparison as Markdown of at most 60 KB.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    """
    return capped(_marked_up(_comparison(comparison)))


def board_markdown(board: BoardDoc) -> str:
    """Render a board as Markdown of at most 60 KB.

    Parameters
    ----------
    board
        What ``board.json`` holds (schema version 1).
    """
    from fairaudit.report.views.board import board_view

    return capped(_marked_up(board_blocks(board_view(board))))


def gate_markdown(result: GateDoc, content: ResultDoc | HistoryDoc | None = None) -> str:
    """Render the result of a gate as Markdown of at most 60 KB, for a GitHub step summary.

    Parameters
    ----------
    result
        What ``gate.json`` holds (schema version 1).
    content
        What was judged; a comparison is shown below.
    """
    from fairaudit.report.views.gate import gate_view

    compared = _comparison(content) if content is not None and is_comparison(content) else ()
    return capped(_marked_up((*gate_blocks(gate_view(result), alone=not compared), *compared)))


def history_markdown(history: HistoryDoc) -> str:
    """Render a history as Markdown of at most 60 KB.

    Parameters
    ----------
    history
        What ``history.json`` holds (schema version 1).
    """
    from fairaudit.report.views.history import history_view

    return capped(_marked_up(history_blocks(history_view(history))))


def release_markdown(comparison: ComparisonDoc, beside: Beside = ALONE) -> str:
    """Render a comparison with its rules and its history as Markdown of at most 60 KB.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    beside
        Rules and history to show as well.
    """
    release = release_view(replace(beside, comparison=comparison))
    gates = (block for gate in release.gates for block in gate_blocks(gate, level=1))
    history = history_blocks(release.history) if release.history else ()
    return capped(_marked_up((*gates, *_comparison(comparison), *history)))


def _comparison(comparison: ComparisonDoc) -> tuple[Block, ...]:
    from fairaudit.report.views.comparison import comparison_view

    view = comparison_view(comparison)
    return Heading(f"{view.mark} {view.title}"), *comparison_blocks(view), Signature(view.signature)


def _marked_up(blocks: Iterable[Block]) -> str:
    return "\n\n".join(filter(None, map(_markup, blocks))) + "\n"


def _markup(block: Block) -> str:
    """Write one block as Markdown; nothing for an empty line, which lies between any two blocks."""
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escaped(text)}"
        case Paragraph(text, strong):
            return f"**{escaped(strong)}** {escaped(text)}" if strong else escaped(text)
        case Items(items, lead, numbered):
            marks = (f"{number}." if numbered else "-" for number in range(1, len(items) + 1))
            listed = "\n".join(f"{mark} {escaped(item)}" for mark, item in zip(marks, items, strict=True))
            return f"{escaped(lead)}\n\n{listed}" if lead else listed
        case Grid(table, captioned):
            return f"{escaped(table.caption)}:\n\n{markdown_table(table)}" if captioned else markdown_table(table)
        case Signature(text):
            return f"`{text.replace('`', '')}`"
        case _:
            return ""


def escaped(text: str) -> str:
    r"""Keep a text from being read as markup.

    Examples
    --------
    >>> print(escaped("<b> a|b *c* www.d.e"))
    \<b\> a\|b \*c\* www\.d.e
    """
    return _MARKUP.sub(r"\\\1", plain(text))


def markdown_table(table: Table) -> str:
    """Lay a table out; columns of numbers are set to the right.

    Examples
    --------
    >>> from fairaudit.report.views.tables import Column, Row, Table
    >>> print(markdown_table(Table("", (Column("a", "A", numeric=False), Column("n", "n")), (Row(("x", "1")),))))
    | A | n |
    |:--|--:|
    | x | 1 |
    """
    lines = [
        "| " + " | ".join(escaped(column.title) for column in table.columns) + " |",
        "|" + "|".join("--:" if column.numeric else ":--" for column in table.columns) + "|",
        *("| " + " | ".join(map(escaped, row.cells)) + " |" for row in table.rows),
    ]
    return "\n".join(lines)


def capped(text: str, most: int = _MOST_BYTES) -> str:
    r"""Cut a text at the end of a line so that it has at most so many bytes, and say so.

    Examples
    --------
    >>> capped("first\nsecond\nthird\n", most=60)
    'first\nsecond\nthird\n'
    """
    if len(text.encode()) <= most:
        return text
    note = "\n*Cut here: the whole is in the JSON file.*\n"
    kept = text.encode()[: most - len(note.encode())].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + note
