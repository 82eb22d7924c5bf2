"""A history as a picture: the rate of every frozen cohort, release after release."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.chart import Axis, Chart, Line, Marker, Point, Text, Tick, number_axis
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.words.rates import unit_of
from fairaudit.report.words.wording import cell_width, plain, shorten

if TYPE_CHECKING:
    from fairaudit.report.views.history import HistoryLine

__all__ = ["history_chart", "last_rate", "shown_lines"]

_NAME_CELLS: Final = 16
#: Lines of a figure; the table beside it on a page has all.
_MOST_LINES: Final = 20
#: Longest name of a line, in terminal cells.
_LINE_CELLS: Final = 26
#: Least distance of two names, and their size, in points.
_APART: Final = 11.5
_SIZE: Final = 8.0
#: Releases that the axis reaches beyond the first and the last.
_BEFORE: Final = 0.25
_AFTER: Final = 0.1


def history_chart(lines: Sequence[HistoryLine], releases: Sequence[str], rate: str = "WER", *, room: Point) -> Chart:
    """Describe lines with their names at their ends.

    Parameters
    ----------
    lines
        At least one.
    releases
        Names of the releases, as many as every line has rates.
    rate
        How the rate is called.
    room
        Width and height of the chart in points, without its names: how many releases can be named, and how far apart
        the names of lines are.

    Examples
    --------
    >>> from fairaudit.report.views.history import HistoryLine
    >>> chart = history_chart([HistoryLine("east", (0.1, None, 0.2))], ["1.0", "1.1", "1.2"], room=(300, 200))
    >>> [mark.at for mark in chart.marks if isinstance(mark, Marker)]
    [(0.0, 10.0), (2.0, 20.0)]
    """
    unit = unit_of(rate)
    ends = _span([unit.factor * rate for line in lines for rate in line.rates if rate is not None])
    right = len(releases) - 1 + _AFTER
    names = [shorten(name, _NAME_CELLS) for name in releases]
    fitting = int(room[0] / (6 * max(1, *map(cell_width, names))))
    named = range(len(names) - 1, -1, -math.ceil(len(names) / max(fitting, 1)))
    marks = [mark for line in lines for mark in _line_marks(line, unit.factor)]
    return Chart(
        Axis((-_BEFORE, right), tuple(Tick(i, names[i]) for i in sorted(named)), line=True),
        number_axis(ends, f"{rate} in {plain(unit.name)}", line=False),
        (*marks, *_line_names(lines, (right, room[1]), ends, unit.factor)),
    )


def _line_marks(line: HistoryLine, factor: float) -> Iterator[Line | Marker]:
    """A line with a gap where a rate is lacking, and a marker for each rate."""
    color = LIGHT["accent" if line.bottom else "muted" if line.overall else "calm"]
    points = [None if rate is None else (float(i), factor * rate) for i, rate in enumerate(line.rates)]
    for known, run in groupby(points, key=lambda point: point is not None):
        if known and len(joined := tuple(point for point in run if point is not None)) > 1:
            yield Line(joined, color, 2.2 if line.bottom else 1.3, line.overall)
    yield from (Marker(point, "o", color, size=4.0) for point in points if point is not None)


def _line_names(lines: Sequence[HistoryLine], place: Point, ends: Point, factor: float) -> Iterator[Text]:
    """Set names at the right, at the lines' ends, pushed apart where they would overlap."""
    (right, height), (low, high) = place, ends
    ordered = sorted(lines, key=last_rate)
    wanted = [(factor * last_rate(line) - low) / (high - low) for line in ordered]
    for share, line in zip(_apart(wanted, _APART / height), ordered, strict=True):
        color = LIGHT["accent" if line.bottom else "muted" if line.overall else "ink"]
        at = right, low + share * (high - low)
        yield Text(at, line.label, color, aside=(_SIZE, 0.0), size=_SIZE)


def _span(rates: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis: some air around the rates, and never so close that a small change looks like a large one.

    Examples
    --------
    >>> _span([10.0, 10.4])
    (8.64, 11.76)
    """
    lowest, highest = min(rates, default=0.0), max(rates, default=1.0)
    air = max(0.1 * (highest - lowest), 0.15 * highest - 0.5 * (highest - lowest), 0.01)
    return max(lowest - air, 0.0), highest + air


def shown_lines(lines: Sequence[HistoryLine], cells: int = _LINE_CELLS) -> list[HistoryLine]:
    """Choose the lines of a figure, at most 20: the overall rate, the bottom cohort, then the highest.

    Parameters
    ----------
    lines
        All lines of a search.
    cells
        Longest name, in terminal cells.
    """
    ranked = sorted(lines, key=lambda line: (line.overall or line.bottom, last_rate(line)), reverse=True)
    return [replace(line, label=shorten(line.label, cells)) for line in ranked[:_MOST_LINES]]


def last_rate(line: HistoryLine) -> float:
    """The rate at the last release that has one."""
    return next((rate for rate in reversed(line.rates) if rate is not None), 0.0)


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Push ascending places apart, each as little as possible in least squares (pool adjacent violators).

    Places stay between 0 and 1 where they fit.

    Examples
    --------
    >>> [round(place, 3) for place in _apart([0.1, 0.5, 0.5], 0.04)], _apart([1.0, 1.0], 0.25)
    ([0.1, 0.48, 0.52], [0.75, 1.0])
    """
    blocks: list[tuple[float, int]] = []
    for rank, place in enumerate(places):
        mean, size = place - rank * least, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    room = 1 - least * (len(places) - 1)
    return [max(0.0, min(mean, room)) + rank * least for rank, mean in enumerate(means)]
