"""Bars: where the errors are, and what kinds of errors they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.chart import Bar, Chart, Entry, Mark, Marker, Text, Tick, from_zero, number_axis, row_axis
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.views.composition import KINDS
from fairaudit.report.words.rates import unit_of
from fairaudit.report.words.wording import plain

if TYPE_CHECKING:
    from fairaudit.report.views.composition import Composition
    from fairaudit.report.views.geography import ErrorShare

__all__ = ["composition_chart", "error_shares_chart"]

#: One colour for each kind of error, alike in light and dark; none of them means "flagged".
_KIND_COLORS: Final = (LIGHT["calm"], LIGHT["unsure"], LIGHT["muted"])
#: A part of a bar that is shorter than this share of the longest bar carries no number.
_LABEL_SHARE: Final = 0.11
#: Half the height of a bar, in rows.
_HALF: Final = 0.31


def error_shares_chart(shares: Sequence[ErrorShare], *, errors: str = "errors", exposure: str = "words") -> Chart:
    """Describe each cohort's share of the errors as a bar, its share of the words as a tick.

    Parameters
    ----------
    shares
        The cohorts, first row on top.
    errors, exposure
        What the rate counts, and what it is counted over.

    Examples
    --------
    >>> from fairaudit.report.views.geography import ErrorShare
    >>> error_shares_chart([ErrorShare("east", 0.4, 0.25, bottom=True)]).marks[1].at
    (25.0, 0)
    """
    named = [Tick(y, share.label, LIGHT["ink"], share.bottom) for y, share in enumerate(shares)]
    names, _ = row_axis(named, left=0)
    bars = [
        _bar(y, 0.0, 100 * share.errors, LIGHT["accent" if share.bottom else "calm"]) for y, share in enumerate(shares)
    ]
    ticks = [Marker((100 * share.exposure, y), "|", LIGHT["ink"], size=11.0) for y, share in enumerate(shares)]
    key = [
        (errors, "calm"),
        *([(f"{errors} of the bottom", "accent")] if any(share.bottom for share in shares) else []),
    ]
    entries = [_entry(text, LIGHT[color]) for text, color in key]
    longest = max(max(share.errors, share.exposure) for share in shares)
    return Chart(
        number_axis(from_zero(100 * longest), "share in %"),
        names,
        (*bars, *ticks),
        (*entries, Entry(exposure, (Marker((0.5, 0.5), "|", LIGHT["ink"], size=11.0),))),
    )


def composition_chart(groups: Sequence[Composition], *, rate: str = "WER") -> Chart:
    """Describe each group's rate as a bar made of its kinds of errors.

    Parameters
    ----------
    groups
        The groups, first row on top.
    rate
        How the rate is called.

    Examples
    --------
    >>> from fairaudit.report.views.composition import Composition
    >>> chart = composition_chart([Composition("rest", (0.1, 0.05, 0.05))])
    >>> [mark.text for mark in chart.marks if isinstance(mark, Text)]
    ['10.0 %', '5.0 %', '5.0 %']
    """
    unit = unit_of(rate)
    longest = max(sum(group.rates) for group in groups)
    marks: list[Mark] = []
    for y, group in enumerate(groups):
        ends = accumulate(group.rates)
        for part, end, color in zip(group.rates, ends, _KIND_COLORS, strict=True):
            marks.append(_bar(y, unit.factor * (end - part), unit.factor * end, color, LIGHT["panel"]))
            if part > _LABEL_SHARE * longest:
                middle = unit.factor * (end - part / 2), y
                marks.append(Text(middle, unit.value(part), LIGHT["panel"], "middle"))
    names, _ = row_axis([Tick(y, group.name, LIGHT["ink"]) for y, group in enumerate(groups)], left=0)
    return Chart(
        number_axis(from_zero(unit.factor * longest), f"{rate} in {plain(unit.name)}", grid=False),
        names,
        tuple(marks),
        tuple(_entry(kind, color) for kind, color in zip(KINDS, _KIND_COLORS, strict=True)),
    )


def _bar(row: int, start: float, end: float, fill: str, edge: str = "none") -> Bar:
    return Bar((start, row - _HALF), (end, row + _HALF), fill, edge, 1.2)


def _entry(text: str, fill: str) -> Entry:
    return Entry(text, (Bar((0, 0), (1, 1), fill),))
