"""Reports for a terminal: blocks laid out in lines of a given width."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from fairaudit.core.verdicts import BoardVerdict, ComparisonVerdict, Outcome, Verdict
from fairaudit.report.text.blocks import Block, Grid, Heading, Items, Paragraph, Signature, Space, paragraphs
from fairaudit.report.text.board import board_blocks
from fairaudit.report.text.release import comparison_blocks, gate_blocks, history_blocks, release_blocks
from fairaudit.report.text.trials import trials_blocks
from fairaudit.report.views.release import ALONE, Beside, release_view
from fairaudit.report.views.tables import WITHHELD, Table
from fairaudit.report.words.wording import cell_width, shorten

if TYPE_CHECKING:
    from fairaudit.results.collection import CollectionDoc
    from fairaudit.results.documents import AuditDoc, BoardDoc, ComparisonDoc, GateDoc, HistoryDoc, TrialsDoc

__all__ = [
    "board_terminal",
    "collection_terminal",
    "comparison_terminal",
    "gate_terminal",
    "history_terminal",
    "painter",
    "release_terminal",
    "render_terminal",
    "text_table",
    "trials_terminal",
]

Paint = Callable[[str, str], str]

_RED, _YELLOW, _BLUE, _MAGENTA = "1;31", "1;33", "1;34", "1;35"
_CODES: Final[Mapping[str, str]] = {
    **dict.fromkeys((Verdict.DISPARITY, ComparisonVerdict.REGRESSION, BoardVerdict.DIFFERENT, Outcome.FAIL), _RED),
    **dict.fromkeys((Verdict.NO_EVIDENCE, Outcome.PASS), _BLUE),
    "bold": "1",
    "dim": "2",
    Verdict.UNEVEN: _MAGENTA,
    Verdict.INSUFFICIENT: _YELLOW,
}
_LEAST_COHORT_CELLS: Final = 14
#: Cohorts that a table shows.
_LIMIT: Final = 12


def painter(color: bool) -> Paint:
    """Give what colours a text by what it says (``"dim"``, ``"disparity"`` ...), or leaves it as it is.

    Examples
    --------
    >>> painter(False)("text", "bold")
    'text'
    """
    return (lambda text, code: f"\x1b[{_CODES[code]}m{text}\x1b[0m") if color else (lambda text, _: text)


def render_terminal(
    audit: AuditDoc,
    beside: Beside = ALONE,
    *,
    color: bool = False,
    width: int = 100,
    limit: int = _LIMIT,
) -> str:
    """Render an audit for a terminal.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).
    beside
        Rules, comparison and history to show as well.
    color
        Whether ANSI colour codes may be used.
    width
        Width in cells; tables are not made narrower than their numbers need.
    limit
        The most cohorts that a table shows.

    Returns
    -------
    str
        Lines; the last is the signature.
    """
    from fairaudit.report.text.audit import audit_summary
    from fairaudit.report.views.audit import view_of

    return _laid_out(audit_summary(view_of(audit, beside), limit), color, width)


def comparison_terminal(
    comparison: ComparisonDoc, *, color: bool = False, width: int = 100, limit: int = _LIMIT
) -> str:
    """Render a comparison for a terminal.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    color, width, limit
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.comparison import comparison_view

    view = comparison_view(comparison)
    title = Heading(f"{view.mark} {view.title}", tone=view.verdict)
    return _laid_out((title, *comparison_blocks(view, limit), Signature(view.signature)), color, width)


def board_terminal(board: BoardDoc, *, color: bool = False, width: int = 100) -> str:
    """Render a board for a terminal, without the tables of all pairs and groups.

    Parameters
    ----------
    board
        What ``board.json`` holds (schema version 1).
    color, width
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.board import board_view

    return _laid_out(board_blocks(board_view(board), pairs=False), color, width)


def trials_terminal(trials: TrialsDoc, *, color: bool = False, width: int = 100) -> str:
    """Render error rates of speaker verification for a terminal.

    Parameters
    ----------
    trials
        What :meth:`fairaudit.results.trials.VerificationRates.to_dict` gives.
    color, width
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.trials import trials_view

    return _laid_out(trials_blocks(trials_view(trials)), color, width)


def collection_terminal(plan: CollectionDoc, *, color: bool = False, width: int = 100) -> str:
    """Render a plan of what to record next for a terminal.

    Parameters
    ----------
    plan
        What :meth:`fairaudit.CollectionPlan.to_dict` gives.
    color, width
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.collection import collection_view

    view = collection_view(plan)
    head = (Heading(view.table.caption, 1), Grid(view.table), Space(), Paragraph(view.sentence), Space())
    return _laid_out(chain(head, paragraphs(view.notes), [Signature(view.signature)]), color, width)


def gate_terminal(result: GateDoc, *, color: bool = False, width: int = 100) -> str:
    """Render the result of a gate for a terminal.

    Parameters
    ----------
    result
        What ``gate.json`` holds (schema version 1).
    color, width
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.gate import gate_view

    view = gate_view(result)
    return _laid_out(
        (*gate_blocks(view, every_rule=True, alone=True), Space(), Signature(view.signature)), color, width
    )


def history_terminal(history: HistoryDoc, *, color: bool = False, width: int = 100) -> str:
    """Render a history for a terminal.

    Parameters
    ----------
    history
        What ``history.json`` holds (schema version 1).
    color, width
        As in :func:`render_terminal`.
    """
    from fairaudit.report.views.history import history_view

    return _laid_out(history_blocks(history_view(history)), color, width)


def release_terminal(comparison: ComparisonDoc, beside: Beside = ALONE, *, width: int = 100) -> str:
    """Render a comparison with its rules and its history as plain text.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    beside
        Rules and history to show as well.
    width
        Width in cells.
    """
    release = release_view(replace(beside, comparison=comparison))
    gates = (block for gate in release.gates for block in (*gate_blocks(gate, every_rule=True), Space()))
    return _laid_out((*gates, *release_blocks(release, _LIMIT), Signature(str(comparison["signature"]))), False, width)


def _laid_out(blocks: Iterable[Block], color: bool, width: int) -> str:
    paint = painter(color)
    return "\n".join(line for block in blocks for line in _lines(block, paint, width)) + "\n"


def _lines(block: Block, paint: Paint, width: int) -> Iterator[str]:
    """Lay one block out in lines."""
    match block:
        case Heading(text, _, tone):
            yield paint(text, tone) if tone else text
        case Paragraph(text, strong, indent):
            margin = "  " if indent else ""
            whole = f"{strong} {text}".strip()
            yield from textwrap.wrap(whole, width, initial_indent=margin, subsequent_indent=margin)
        case Items(items, lead):
            yield from [lead] if lead else []
            for item in items:
                yield from textwrap.wrap(item, width, initial_indent="  ", subsequent_indent="  ")
        case Grid(table):
            yield from text_table(table, paint, width)
        case Signature(text):
            yield paint(text, "dim")
        case Space():
            yield ""


def text_table(table: Table, paint: Paint, width: int) -> Iterator[str]:
    """Lay a table of cohorts out in lines.

    Where the lines would be too long, titles are broken at blanks, and then the column of cohorts is cut.

    Parameters
    ----------
    table
        One of its columns is ``cohort``, before all figures; the last cell of a withheld row says so.
    paint
        Colours a line.
    width
        Width in cells; numbers are never cut.
    """
    titles = [[column.title] for column in table.columns]
    full = [row.cells for row in table.rows if not row.cells[-1].startswith(WITHHELD)]
    cohort = next(i for i, column in enumerate(table.columns) if column.key == "cohort")
    longest = max(cell_width(name) for name in (*titles[cohort], *(row.cells[cohort] for row in table.rows)))
    needed = [max((cell_width(cells[i]) for cells in full), default=0) for i in range(len(titles))]
    needed[:cohort] = (max((cell_width(row.cells[i]) for row in table.rows), default=0) for i in range(cohort))
    widths = _widths(titles, needed)
    if sum(widths) - widths[cohort] + longest + 2 * len(widths) > width:
        titles = [_broken(title, cells) for (title,), cells in zip(titles, needed, strict=True)]
        widths = _widths(titles, needed)
    others = sum(widths) - widths[cohort] + 2 * len(widths)
    widths[cohort] = min(longest, max(width - others, _LEAST_COHORT_CELLS))

    def line(cells: tuple[str, ...]) -> str:
        padded = (_pad(cell, w, column.numeric) for cell, w, column in zip(cells, widths, table.columns, strict=False))
        return ("  " + "  ".join(padded)).rstrip()

    height = max(map(len, titles))
    for cells in zip(*([""] * (height - len(title)) + title for title in titles), strict=True):
        yield paint(line(cells), "bold")
    for row in table.rows:
        withheld = row.cells[-1].startswith(WITHHELD)
        text = f"{line(row.cells[: cohort + 1])}  {row.cells[-1]}" if withheld else line(row.cells)
        yield paint(text, {"flagged": str(Verdict.DISPARITY), "muted": "dim"}[row.tone]) if row.tone else text


def _widths(titles: list[list[str]], needed: list[int]) -> list[int]:
    """Return the cells that columns take, from the lines of their titles and what their values need."""
    return [max(least, *map(cell_width, title)) for title, least in zip(titles, needed, strict=True)]


def _broken(title: str, cells: int) -> list[str]:
    """Break a title into lines as long as the values below it, or as its longest word."""
    longest = max(map(len, title.split()), default=1)
    return textwrap.wrap(title, max(cells, longest), break_on_hyphens=False) or [""]


def _pad(text: str, cells: int, right: bool) -> str:
    short = shorten(text, cells)
    blank = " " * (cells - cell_width(short))
    return blank + short if right else short + blank
