"""Lines for a terminal: colours, paragraphs and tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fairaudit.core.verdicts import ComparisonVerdict, Outcome, Verdict
from fairaudit.report.views.tables import WITHHELD_TEXT, Table
from fairaudit.report.words.wording import cell_width, shorten

__all__ = ["Paint", "indented", "painter", "text_table"]

Paint = Callable[[str, str], str]

_RED, _YELLOW, _BLUE = "1;31", "1;33", "1;34"
_CODES: Final[Mapping[str, str]] = {
    **dict.fromkeys((Verdict.DISPARITY, ComparisonVerdict.REGRESSION, Outcome.FAIL), _RED),
    **dict.fromkeys((Verdict.NO_EVIDENCE, Outcome.PASS), _BLUE),
    "bold": "1",
    "dim": "2",
    Verdict.INSUFFICIENT: _YELLOW,
}
_LEAST_COHORT_CELLS: Final = 14


def painter(color: bool) -> Paint:
    """Give what colours a text by what it says (``"dim"``, ``"disparity"`` ...), or leaves it as it is.

    Examples
    --------
    >>> painter(False)("text", "bold")
    'text'
    """
    return (lambda text, code: f"\x1b[{_CODES[code]}m{text}\x1b[0m") if color else (lambda text, _: text)


def indented(text: str, width: int) -> list[str]:
    """Wrap a text to lines that are set in by two cells."""
    return textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ")


def text_table(table: Table, paint: Paint, width: int) -> Iterator[str]:
    """Lay a table of cohorts out in lines; the column of cohorts gives way where there is too little room.

    Parameters
    ----------
    table
        One of its columns is ``cohort``, before all figures; the last cell of a withheld row says so.
    paint
        Colours a line.
    width
        Width in cells; numbers are never cut.
    """
    titles = tuple(column.title for column in table.columns)
    full = [row.cells for row in table.rows if row.cells[-1] != WITHHELD_TEXT]
    widths = [max(map(cell_width, column)) for column in zip(titles, *full, strict=True)]
    cohort = next(i for i, column in enumerate(table.columns) if column.key == "cohort")
    others = sum(widths) - widths[cohort] + 2 * len(widths)
    longest = max(cell_width(name) for name in (titles[cohort], *(row.cells[cohort] for row in table.rows)))
    widths[cohort] = min(longest, max(width - others, _LEAST_COHORT_CELLS))

    def line(cells: tuple[str, ...]) -> str:
        padded = (_pad(cell, w, column.numeric) for cell, w, column in zip(cells, widths, table.columns, strict=False))
        return ("  " + "  ".join(padded)).rstrip()

    yield paint(line(titles), "bold")
    for row in table.rows:
        withheld = row.cells[-1] == WITHHELD_TEXT
        text = f"{line(row.cells[: cohort + 1])}  {WITHHELD_TEXT}" if withheld else line(row.cells)
        yield paint(text, {"flagged": str(Verdict.DISPARITY), "muted": "dim"}[row.tone]) if row.tone else text


def _pad(text: str, cells: int, right: bool) -> str:
    short = shorten(text, cells)
    blank = " " * (cells - cell_width(short))
    return blank + short if right else short + blank
