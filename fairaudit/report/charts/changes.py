"""The plot of changes: by how much every cohort got better or worse, and the overall change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.chart import (
    ACROSS,
    Chart,
    Entry,
    Line,
    Marker,
    Point,
    Tick,
    number_axis,
    row_axis,
    row_note,
    spanning,
    upright,
)
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.words.rates import unit_of

if TYPE_CHECKING:
    from typing import Literal

    from fairaudit.report.views.comparison import ChangeMark

__all__ = ["changes_chart"]

#: Marker and colour of what became of a cohort, and whether its marker is filled.
_LOOKS: Final[dict[str, tuple[Literal["s", "D", "o"], str, bool]]] = {
    "worse": ("s", "accent", True),
    "better": ("D", "calm", True),
    "not worse": ("o", "muted", True),
    "not tested": ("o", "muted", False),
}
#: Colours of names, where they are not that of all text.
_TONES: Final = {"worse": "accent", "not tested": "muted"}


def changes_chart(
    marks: Sequence[ChangeMark], *, overall: float | None = None, rate: str = "WER", narrow: bool = False
) -> Chart:
    """Describe the change of cohorts with its interval, first row on top; to the right is worse.

    Parameters
    ----------
    marks
        The cohorts, in the order of the table.
    overall
        The overall change, drawn as a line.
    rate
        Name of the rate.
    narrow
        Whether names are above their intervals, not beside them.

    Examples
    --------
    >>> from fairaudit.report.views.comparison import ChangeMark
    >>> chart = changes_chart([ChangeMark("east", 0.02, (0.01, 0.03), "worse")], overall=0.005)
    >>> [tick.text for tick in chart.x.ticks]
    ['0', '0.5', '1', '1.5', '2', '2.5', '3']
    """
    unit = unit_of(rate)
    known = [(y, mark, unit.factor * mark.difference) for y, mark in enumerate(marks) if mark.difference is not None]
    intervals = [
        Line(
            ((unit.factor * mark.interval[0], y), (unit.factor * mark.interval[1], y)),
            LIGHT[_LOOKS[mark.result][1]],
            2.4 if mark.result == "worse" else 1.4,
        )
        for y, mark, _ in known
        if mark.interval is not None
    ]
    markers = [_marker(mark.result, (at, y)) for y, mark, at in known]
    held = [x for line in intervals for x, _ in line.points] + [marker.at[0] for marker in markers]
    axis = number_axis(
        spanning([*held, 0.0, unit.factor * (overall or 0.0)]),
        f"change of {rate}, {unit.of_changes}: ← better | worse →",
    )
    left = axis.ends[0]
    tones = (_TONES.get(mark.result, "ink") for mark in marks)
    named = [
        Tick(y, mark.label, LIGHT[tone], tone == "accent")
        for y, (mark, tone) in enumerate(zip(marks, tones, strict=True))
    ]
    names, texts = row_axis(named, left=left, above=narrow)
    rules = [upright(0.0, names, LIGHT["ink"])]
    key = [
        Entry(result, (Line(ACROSS, LIGHT[color], 1.4), _marker(result, (0.5, 0.5))))
        for result, (_, color, _) in _LOOKS.items()
        if any(mark.result == result for _, mark, _ in known)
    ]
    if overall is not None:
        rules.append(upright(unit.factor * overall, names, LIGHT["muted"], dashed=True))
        key.append(Entry("all speakers", (Line(ACROSS, LIGHT["muted"], dashed=True),)))
    notes = [row_note(left, y, "withheld") for y, mark in enumerate(marks) if mark.difference is None]
    return Chart(axis, names, (*rules, *intervals, *markers, *notes, *texts), tuple(key))


def _marker(result: str, at: Point) -> Marker:
    shape, color, filled = _LOOKS[result]
    return Marker(at, shape, LIGHT[color], "" if filled else LIGHT["panel"])
