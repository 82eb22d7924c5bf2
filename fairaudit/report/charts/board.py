"""The plot of systems: one number of each, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.report.charts.chart import Chart, Line, Marker, Tick, number_axis, row_axis, row_note, spanning
from fairaudit.report.charts.palette import LIGHT

if TYPE_CHECKING:
    from fairaudit.report.views.board import SystemMark

__all__ = ["board_chart"]


def board_chart(marks: Sequence[SystemMark], label: str, *, scale: float = 1.0, narrow: bool = False) -> Chart:
    """Describe a number of every system with its interval, the first on top.

    Parameters
    ----------
    marks
        The systems, in the order of the table.
    label
        Label of the axis.
    scale
        What numbers are multiplied by.
    narrow
        Whether names are above their intervals, not beside them.

    Examples
    --------
    >>> from fairaudit.report.views.board import SystemMark
    >>> chart = board_chart([SystemMark("a", 0.2, (0.1, 0.3))], "WER, %", scale=100)
    >>> [tick.text for tick in chart.x.ticks][:3]
    ['10', '15', '20']
    """
    known = [(y, mark, scale * mark.value) for y, mark in enumerate(marks) if mark.value is not None]
    intervals = [
        Line(((scale * mark.interval[0], y), (scale * mark.interval[1], y)), LIGHT["muted"], 1.4)
        for y, mark, _ in known
        if mark.interval is not None
    ]
    markers = [Marker((at, y), "o", LIGHT["ink"]) for y, _, at in known]
    held = [x for line in intervals for x, _ in line.points] + [marker.at[0] for marker in markers]
    axis = number_axis(spanning(held or [0.0, 1.0]), label)
    left = axis.ends[0]
    names, texts = row_axis(
        [Tick(y, mark.label, LIGHT["ink"]) for y, mark in enumerate(marks)], left=left, above=narrow
    )
    notes = [
        row_note(left, y, "not defined" if mark.interval is None else "withheld")
        for y, mark in enumerate(marks)
        if mark.value is None
    ]
    return Chart(axis, names, (*intervals, *markers, *notes, *texts), ())
