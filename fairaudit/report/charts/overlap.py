"""A matrix of how far the bottom cohorts of several searches are the same speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairaudit.report.charts.chart import Axis, Bar, Chart, Mark, Text, Tick, row_axis
from fairaudit.report.charts.palette import LIGHT, ON_SHARES, SHARES
from fairaudit.report.words.wording import DASH

if TYPE_CHECKING:
    from fairaudit.report.views.overlap import OverlapView

__all__ = ["overlap_chart"]


def overlap_chart(overlap: OverlapView) -> Chart:
    """Describe a square for each pair of searches, darker the more of the row's speakers are in the column's cohort.

    Parameters
    ----------
    overlap
        The shares and how they are printed.

    Examples
    --------
    >>> from fairaudit.report.views.overlap import OverlapView
    >>> from fairaudit.report.views.tables import Column, Row, Table
    >>> columns = Column("search", "Bottom cohort of"), Column("search-1", "1"), Column("search-2", "2")
    >>> rows = Row(("1 accent", "–", "60 %")), Row(("2 sex", "20 %", "–"))
    >>> view = OverlapView(("1 accent", "2 sex"), ((None, 0.6), (0.2, None)), Table("Overlap", columns, rows))
    >>> [mark.text for mark in overlap_chart(view).marks if isinstance(mark, Text)]
    ['same', '60 %', '20 %', 'same']
    """
    squares: list[Mark] = []
    texts: list[Mark] = []
    for y, (shares, row) in enumerate(zip(overlap.shares, overlap.table.rows, strict=True)):
        for x, (share, text) in enumerate(zip(shares, row.cells[1:], strict=True)):
            step = None if share is None else min(int(share * len(SHARES)), len(SHARES) - 1)
            face = "none" if step is None else SHARES[step]
            squares.append(Bar((x - 0.5, y - 0.5), (x + 0.5, y + 0.5), face, LIGHT["rule"], 0.8))
            color = LIGHT["muted"] if step is None else ON_SHARES[step]
            texts.append(Text((x, y), "same" if x == y else text or DASH, color, "middle"))
    columns = (Tick(x, column.title, LIGHT["ink"]) for x, column in enumerate(overlap.table.columns[1:]))
    edge = len(overlap.titles) - 0.5
    names, _ = row_axis([Tick(y, title, LIGHT["ink"]) for y, title in enumerate(overlap.titles)], left=-0.5)
    return Chart(Axis((-0.5, edge), tuple(columns), above=True), Axis((edge, -0.5), names.ticks), (*squares, *texts))
