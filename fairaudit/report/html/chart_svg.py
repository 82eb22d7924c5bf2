"""A chart as inline SVG that obeys a strict Content-Security-Policy: paths and texts, in few bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby, pairwise
from typing import Final

from fairaudit.report.charts.chart import (
    FONT_SIZE,
    Area,
    Axis,
    Bar,
    Chart,
    Ellipse,
    Entry,
    Hatch,
    Line,
    Mark,
    Marker,
    Point,
    Text,
    text_width,
)
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.html.svg import hatch_pattern, number, svg_element

__all__ = ["Frame", "chart_svg"]

#: From a unit of an axis to points.
Place = Callable[[Point], Point]

#: How far the base line of a text lies under its middle, as a share of its size.
_BASE: Final = 0.35
#: Points from a chart to its names, and from one line of text to the next.
_GAP: Final = 4.0
_LINE: Final = 12.0
#: A key above a chart: the height of its rows, the width of its signs, and what lies between columns; all in points.
_KEY_SIZE: Final = 8.5
_KEY_ROW: Final = 13.0
_SIGN: Final = 14.0
_BETWEEN: Final = 12.0
#: A key under a chart: the width of its columns, and the size of its signs.
_COLUMN: Final = 126.0
_BOX: Final = (19.0, 9.0)


@dataclass(frozen=True)
class Frame:
    """Sizes in points: width of the picture, height of the chart in it, and what is left free at both sides of it."""

    width: float
    height: float
    left: float
    right: float = 12.0

    @property
    def room(self) -> Point:
        """Width and height of the chart alone."""
        return self.width - self.left - self.right, self.height


def chart_svg(chart: Chart, frame: Frame, label: str, kind: str = "", name: str = "") -> str:
    """Write a chart as an SVG element.

    Parameters
    ----------
    chart
        What it shows.
    frame
        How large it is; height for names and key comes on top.
    label
        Text for readers who do not see the picture.
    kind
        ``"desk"`` or ``"phone"`` where it is shown there only.
    name
        Begins the ids of hatches, and must be unique on the page; a chart without hatches has no ids.

    Returns
    -------
    str
        Markup without styles or scripts. The same chart gives the same text.

    Examples
    --------
    >>> chart = Chart(Axis((0.0, 2.0)), Axis((0.0, 1.0)), (Line(((0, 0), (2, 0), (2, 1)), "#101010"),))
    >>> print(chart_svg(chart, Frame(100, 30, left=8), "a <corner>"))
    <svg viewBox="0 0 100 44" width="133" height="59" role="img" aria-label="a &lt;corner&gt;" font-size="9"
    fill="#1b2430"><path fill="none" stroke="#101010" stroke-width="1"
    stroke-linejoin="round" d="M8 38H88V8"/></svg>
    """
    chart, patterns = _patterned(chart, name)
    above = () if chart.key_title else _rows(chart.key, frame.width - frame.right - _GAP)
    top = _KEY_ROW * len(above) + 11 if above else 20.0 if chart.x.above else 8.0
    below = 6.0 + _LINE * (bool(chart.x.label) + bool(chart.x.ticks and not chart.x.above))
    foot = top + frame.height
    across = _scale(chart.x.ends, (frame.left, frame.width - frame.right))
    up = _scale(chart.y.ends, (foot, top))

    def place(point: Point) -> Point:
        return across(point[0]), up(point[1])

    parts = [patterns, _marks([*_grid(chart), *chart.marks, *_names(chart)], place)]
    parts.append(_side_label(chart.y, top + frame.height / 2))
    if chart.key_title:
        rows = math.ceil(len(chart.key) / max(int((frame.width - frame.left) / _COLUMN), 1))
        parts += _key_below(chart, frame.left, foot + below, rows)
        below += 20 + 14.0 * rows + _GAP
    else:
        parts += _key_above(above, frame.width - frame.right, top)
    look = {"font-size": number(FONT_SIZE), "fill": LIGHT["ink"]}
    return svg_element("".join(parts), frame.width, foot + below, label, kind, look)


def _patterned(chart: Chart, name: str) -> tuple[Chart, str]:
    """Turn hatches into areas that are filled by patterns, and write the patterns."""
    patterns: dict[str, str] = {}

    def filled(mark: Mark) -> Mark:
        if not isinstance(mark, Hatch):
            return mark
        crossed = "x" if "x" in mark.strokes else "s"
        pattern = f"{name}-{crossed}{len(mark.strokes)}-{mark.color.removeprefix('#')}"
        patterns[pattern] = hatch_pattern(pattern, mark.strokes, mark.color)
        return Area(mark.rings, f"url(#{pattern})")

    key = tuple(Entry(entry.text, tuple(map(filled, entry.marks))) for entry in chart.key)
    return replace(chart, marks=tuple(map(filled, chart.marks)), key=key), "".join(patterns.values())


def _scale(ends: tuple[float, float], points: tuple[float, float]) -> Callable[[float], float]:
    unit = (points[1] - points[0]) / (ends[1] - ends[0])
    return lambda value: points[0] + (value - ends[0]) * unit


def _grid(chart: Chart) -> Iterator[Line]:
    """Lines through ticks, and the axes themselves."""
    (left, right), (low, high) = chart.x.ends, chart.y.ends
    if chart.x.grid:
        yield from (Line(((tick.at, low), (tick.at, high)), LIGHT["rule"], 0.6) for tick in chart.x.ticks)
    if chart.y.grid:
        yield from (Line(((left, tick.at), (right, tick.at)), LIGHT["rule"], 0.6) for tick in chart.y.ticks)
    if chart.x.line:
        yield Line(((left, low), (right, low)), LIGHT["rule"], 0.8)
    if chart.y.line:
        yield Line(((left, low), (left, high)), LIGHT["rule"], 0.8)


def _names(chart: Chart) -> Iterator[Text]:
    """The names of ticks, and of the horizontal axis."""
    (left, right), (low, high) = chart.x.ends, chart.y.ends
    side, aside = (high, 9.0) if chart.x.above else (low, -9.0)
    for tick in chart.x.ticks:
        yield Text((tick.at, side), tick.text, tick.color, "middle", (0.0, aside), tick.bold)
    for tick in chart.y.ticks:
        yield Text((left, tick.at), tick.text, tick.color, "end", (-_GAP, 0.0), tick.bold)
    if chart.x.label:
        below = (0.0, -9.0 - _LINE if chart.x.ticks else -9.0)
        yield Text(((left + right) / 2, low), chart.x.label, LIGHT["muted"], "middle", below)


def _side_label(axis: Axis, middle: float) -> str:
    """The name of the vertical axis, turned, at the left edge."""
    if not axis.label:
        return ""
    at = f'transform="translate(11 {number(middle)})rotate(-90)"'
    return f'<text fill="{LIGHT["muted"]}" text-anchor="middle" {at}>{escape(axis.label)}</text>'


def _rows(key: Sequence[Entry], width: float) -> tuple[tuple[Entry, ...], ...]:
    """Break a key into as few rows as fit, in columns that are read downwards."""
    for rows in range(1, len(key) + 1):
        columns = [key[i : i + rows] for i in range(0, len(key), rows)]
        if rows == len(key) or sum(map(_column_width, columns)) - _BETWEEN <= width:
            return tuple(tuple(column[i] for column in columns if i < len(column)) for i in range(rows))
    return ()


def _column_width(entries: Iterable[Entry]) -> float:
    return _SIGN + _GAP + max(text_width(entry.text, _KEY_SIZE) for entry in entries) + _BETWEEN


def _key_above(rows: Sequence[Sequence[Entry]], right: float, top: float) -> Iterator[str]:
    """Write a key so that it ends at the right edge of the chart, or begins at the left edge of the picture."""
    if not rows:
        return
    columns = [[row[i] for row in rows if i < len(row)] for i in range(len(rows[0]))]
    left = max(right - sum(map(_column_width, columns)) + _BETWEEN, _GAP)
    for column in columns:
        for i, entry in enumerate(column):
            yield from _entry(entry, left, top - 8 - _KEY_ROW * (len(rows) - 1 - i), (_SIGN, 7.0))
        left += _column_width(column)


def _key_below(chart: Chart, left: float, top: float, rows: int) -> Iterator[str]:
    yield _marks([Text((left, top + 6), chart.key_title, LIGHT["ink"])], lambda at: at)
    for i, entry in enumerate(chart.key):
        column, row = divmod(i, rows)
        yield from _entry(entry, left + _COLUMN * column, top + 21 + 14.0 * row, _BOX)


def _entry(entry: Entry, left: float, middle: float, sign: Point) -> Iterator[str]:
    """Write a line of a key, whose marks lie between 0 and 1."""
    width, height = sign
    yield _marks(entry.marks, lambda at: (left + at[0] * width, middle + (0.5 - at[1]) * height))
    text = Text((left + width + _GAP, middle), entry.text, LIGHT["ink"], size=_KEY_SIZE)
    yield _marks([text], lambda at: at)


def _marks(marks: Iterable[Mark], place: Place) -> str:
    """Write marks; neighbours that look alike share an element."""
    return "".join(
        f"<g{look}>{''.join(_text(mark, place) for mark in alike if isinstance(mark, Text))}</g>"
        if text
        else f'<path{look} d="{"".join(_path(mark, place) for mark in alike)}"/>'
        for (text, look), alike in groupby(marks, key=lambda mark: (isinstance(mark, Text), _look(mark)))
    )


def _look(mark: Mark) -> str:
    """The attributes of a mark beside its place."""
    look: dict[str, str | float | None]
    match mark:
        case Line(points, color, width, dashed):
            look = {"fill": "none", "stroke": color, "stroke-width": width}
            look["stroke-dasharray"] = "4 3" if dashed else None
            look["stroke-linejoin"] = "round" if len(points) > 2 else None
        case Marker(shape="|"):
            look = {"fill": "none", "stroke": mark.color, "stroke-width": mark.size / 6}
        case Marker():
            look = {"fill": mark.fill or mark.color, "stroke": mark.color}
        case Bar() | Ellipse() | Area():
            look = {"fill": mark.fill}
            if mark.edge != "none":
                look |= {"stroke": mark.edge, "stroke-width": mark.width}
                look["stroke-linejoin"] = "round" if isinstance(mark, Area) else None
        case Text():
            look = {
                "fill": mark.color if mark.color != LIGHT["ink"] else None,
                "text-anchor": mark.anchor if mark.anchor != "start" else None,
                "font-size": mark.size,
                "font-weight": "bold" if mark.bold else None,
                "font-style": "italic" if mark.italic else None,
            }
            if mark.halo:
                look |= {"stroke": mark.halo, "stroke-width": 3, "paint-order": "stroke"}
    written = {key: value if isinstance(value, str) else number(value) for key, value in look.items() if value}
    return "".join(f' {key}="{value}"' for key, value in written.items())


def _text(text: Text, place: Place) -> str:
    x, y = place(text.at)
    base = y - text.aside[1] + _BASE * (text.size or FONT_SIZE)
    return f'<text x="{number(x + text.aside[0])}" y="{number(base)}">{escape(text.text, quote=False)}</text>'


def _path(mark: Mark, place: Place) -> str:
    """The outline of a mark."""
    match mark:
        case Line(points):
            return _strokes([place(point) for point in points])
        case Marker(at):
            return _sign(mark, *place(at))
        case Bar(corner, opposite):
            (left, low), (right, high) = place(corner), place(opposite)
            return _strokes([(left, low), (right, low), (right, high), (left, high)]) + "z"
        case Ellipse((x, y), (long, short), angle):
            (left, middle), (right, _) = place((x, y)), place((x + 1, y))
            return _oval(left, middle, long * (right - left), short * (right - left), -angle)
        case Area(rings):
            return "".join(_strokes([place(point) for point in ring]) + "z" for ring in rings)
        case Text() | Hatch():  # a hatch has become an area
            return ""


def _sign(marker: Marker, x: float, y: float) -> str:
    half = marker.size / 2
    match marker.shape:
        case "|":
            return _strokes([(x, y - half), (x, y + half)])
        case "o":
            return _oval(x, y, half, half)
        case "s":
            return (
                _strokes([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]) + "z"
            )
        case "D":
            half *= math.sqrt(2)
            return _strokes([(x - half, y), (x, y - half), (x + half, y), (x, y + half)]) + "z"


def _oval(x: float, y: float, long: float, short: float, angle: float = 0.0) -> str:
    """Two halves of an ellipse, from end to end of its first radius."""
    across, down = (long * math.cos(math.radians(angle)), long * math.sin(math.radians(angle)))
    arc = f"a{number(long)} {number(short)} {number(angle)} 0 1 "
    half, back = (_pair(2 * side * across, 2 * side * down) for side in (1, -1))
    return f"M{_pair(x - across, y - down)}{arc}{half}{arc}{back}z"


def _strokes(points: Sequence[Point]) -> str:
    """A path through points."""
    path = f"M{_pair(*points[0])}"
    for before, point in pairwise(points):
        if point[1] == before[1]:
            path += f"H{number(point[0])}"
        elif point[0] == before[0]:
            path += f"V{number(point[1])}"
        else:
            path += f"L{_pair(*point)}"
    return path


def _pair(x: float, y: float) -> str:
    return f"{number(x)} {number(y)}"
