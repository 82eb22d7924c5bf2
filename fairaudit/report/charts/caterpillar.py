"""The caterpillar plot: every cohort's rate with its interval, and the overall rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fairaudit.report.charts.chart import (
    ACROSS,
    Chart,
    Entry,
    Line,
    Marker,
    Tick,
    number_axis,
    row_axis,
    row_note,
    spanning,
    upright,
)
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.words.rates import unit_of
from fairaudit.report.words.wording import plain

if TYPE_CHECKING:
    from fairaudit.report.views.search import CohortMark

__all__ = ["caterpillar_chart"]


def caterpillar_chart(
    rows: Sequence[CohortMark], *, overall: float | None = None, rate: str = "WER", narrow: bool = False
) -> Chart:
    """Describe rate, shrunk rate and interval of cohorts, first row on top.

    Parameters
    ----------
    rows
        The cohorts, in the order of the table.
    overall
        The overall rate, drawn as a line.
    rate
        Name of the rate.
    narrow
        Whether cohorts are named above their intervals rather than beside, as on a phone.

    Examples
    --------
    >>> from fairaudit.report.views.search import CohortMark
    >>> east = CohortMark("east", 0.2, 0.18, (0.15, 0.27), flagged=True, tested=True, withheld=False)
    >>> [entry.text for entry in caterpillar_chart([east], overall=0.1).key]
    ['WER, flagged', 'shrunk WER', 'overall']
    """
    unit = unit_of(rate)
    factor = unit.factor
    shown = [(y, row, factor * row.rate) for y, row in enumerate(rows) if row.rate is not None and not row.withheld]
    intervals = [
        Line(((factor * row.interval[0], y), (factor * row.interval[1], y)), _color(row), 2.4 if row.flagged else 1.4)
        for y, row, _ in shown
        if row.interval is not None
    ]
    markers = [_marker(row, (at, y)) for y, row, at in shown]
    shrunk = [
        Marker((factor * row.shrunk, y), "|", LIGHT["ink"], size=9.0) for y, row, _ in shown if row.shrunk is not None
    ]
    held = [x for line in intervals for x, _ in line.points] + [marker.at[0] for marker in (*markers, *shrunk)]
    axis = number_axis(
        spanning(held if overall is None else [*held, factor * overall]), f"{rate} in {plain(unit.name)}"
    )
    left = axis.ends[0]
    colors = (LIGHT["accent" if row.flagged else "ink" if row.tested else "muted"] for row in rows)
    named = [Tick(y, row.label, color, row.flagged) for y, (row, color) in enumerate(zip(rows, colors, strict=True))]
    names, texts = row_axis(named, left=left, above=narrow)
    rule = [] if overall is None else [upright(factor * overall, names, LIGHT["muted"], dashed=True)]
    notes = [
        row_note(left, y, "withheld" if row.withheld else "not defined")
        for y, row in enumerate(rows)
        if row.withheld or row.rate is None
    ]
    key = tuple(_key([row for _, row, _ in shown], overall, rate))
    return Chart(axis, names, (*rule, *intervals, *markers, *shrunk, *notes, *texts), key)


def _color(row: CohortMark) -> str:
    return LIGHT["accent" if row.flagged else "calm" if row.tested else "muted"]


def _marker(row: CohortMark, at: tuple[float, float]) -> Marker:
    return Marker(at, "s" if row.flagged else "o", _color(row), "" if row.tested else LIGHT["panel"])


def _key(shown: Sequence[CohortMark], overall: float | None, rate: str) -> Iterator[Entry]:
    """Explain what is drawn, with a cohort of each kind as its example."""
    kinds = {
        "flagged": [row for row in shown if row.flagged],
        "not flagged": [row for row in shown if row.tested and not row.flagged],
        "not tested": [row for row in shown if not row.tested and not row.flagged],
    }
    for kind, alike in kinds.items():
        if alike:
            line = Line(ACROSS, _color(alike[0]), 1.4)
            yield Entry(f"{rate}, {kind}", (line, _marker(alike[0], (0.5, 0.5))))
    if any(row.shrunk is not None for row in shown):
        yield Entry(f"shrunk {rate}", (Marker((0.5, 0.5), "|", LIGHT["ink"], size=9.0),))
    if overall is not None:
        yield Entry("overall", (Line(ACROSS, LIGHT["muted"], dashed=True),))
