"""What a chart says, before anything draws it: marks in the units of two axes, names, and a key.

Each chart is described once. :func:`~fairaudit.report.html.chart_svg.chart_svg` writes the description as SVG for
pages; :func:`~fairaudit.report.charts.axes.draw_chart` draws it onto matplotlib axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairaudit.report.charts.palette import CLASSES, LIGHT, REGION_BORDER
from fairaudit.report.charts.ticks import nice_ticks
from fairaudit.report.views.geography import CLASS_NAMES
from fairaudit.report.words.wording import cell_width, shorten

__all__ = [
    "ACROSS",
    "FONT_SIZE",
    "UNIT_SQUARE",
    "Area",
    "Axis",
    "Bar",
    "Chart",
    "Ellipse",
    "Entry",
    "Hatch",
    "Line",
    "Mark",
    "Marker",
    "Point",
    "Ring",
    "Text",
    "Tick",
    "class_entries",
    "from_zero",
    "names_width",
    "number_axis",
    "row_axis",
    "row_note",
    "spanning",
    "text_width",
    "upright",
]

Point = tuple[float, float]
#: A closed line; the first point is not repeated.
Ring = tuple[Point, ...]

#: Of texts, in points.
FONT_SIZE: Final = 9.0
#: Ends of the line that represents lines in a key, between 0 and 1.
ACROSS: Final = ((0.0, 0.5), (1.0, 0.5))
#: Outline of the sample of an area in a key.
UNIT_SQUARE: Final[Ring] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
#: Widest name beside a row, in terminal cells; the table under the chart has it whole.
_CELLS_BESIDE: Final = 26
#: The same above a row.
_CELLS_ABOVE: Final = 44
#: Letters half as wide again as others.
_BROAD_LETTERS: Final = "mwMWOQG@%<>=+…"
#: The smallest half of an axis, as a share of its values: of equal values, it shows more than their rounding.
_LEAST_AIR: Final = 0.001
#: Numbers below are drawn as zero, because points per unit would be no finite number.
_NOTHING: Final = 1e-100


@dataclass(frozen=True)
class Line:
    """Straight strokes from point to point; ``width`` is in points."""

    points: tuple[Point, ...]
    color: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Marker:
    """A sign of a fixed size in points: circle, square, diamond, or an upright stroke a sixth as wide as it is high.

    Attributes
    ----------
    fill
        Colour inside, where it is another.
    """

    at: Point
    shape: Literal["o", "s", "D", "|"]
    color: str
    fill: str = ""
    size: float = 6.0


@dataclass(frozen=True)
class Bar:
    """A rectangle between two opposite corners."""

    corner: Point
    opposite: Point
    fill: str
    edge: str = "none"
    width: float = 1.0


@dataclass(frozen=True)
class Ellipse:
    """An ellipse with its radii and the angle of the first, in degrees to the left; for charts with equal scales."""

    middle: Point
    radii: Point
    angle: float
    fill: str
    edge: str = "none"
    width: float = 1.0


@dataclass(frozen=True)
class Area:
    """What is inside some rings: outer ones turn to the left, and holes to the right."""

    rings: tuple[Ring, ...]
    fill: str
    edge: str = "none"
    width: float = 1.0


@dataclass(frozen=True)
class Hatch:
    """Thin strokes inside rings, as for :class:`Area`: ``///`` slants, ``xx`` crosses, and more letters are denser."""

    rings: tuple[Ring, ...]
    strokes: Literal["///", "xx", "xxx"]
    color: str


@dataclass(frozen=True)
class Text:
    """Words at a point, or as many points to the right of it and above it as ``aside`` says; never mathematics.

    Attributes
    ----------
    size
        In points, where it is not :data:`FONT_SIZE`.
    halo
        Colour of an edge that sets it off from what lies under it.
    """

    at: Point
    text: str
    color: str
    anchor: Literal["start", "middle", "end"] = "start"
    aside: Point = (0.0, 0.0)
    bold: bool = False
    italic: bool = False
    size: float | None = None
    halo: str = ""


Mark = Line | Marker | Bar | Ellipse | Area | Hatch | Text


@dataclass(frozen=True)
class Tick:
    """A named place on an axis."""

    at: float
    text: str
    color: str = LIGHT["muted"]
    bold: bool = False


@dataclass(frozen=True)
class Axis:
    """One of the two axes of a chart.

    Attributes
    ----------
    ends
        Values at its left and right, or at its lower and upper end.
    ticks
        Its named places, inside the ends.
    label
        What it measures.
    grid
        Whether each tick has a line through the chart.
    line
        Whether the axis itself is drawn.
    above
        Whether a horizontal axis has its names above the chart.
    """

    ends: tuple[float, float]
    ticks: tuple[Tick, ...] = ()
    label: str = ""
    grid: bool = False
    line: bool = False
    above: bool = False


@dataclass(frozen=True)
class Entry:
    """A line of a key: words, and examples of the marks that they explain. Only the looks of the marks matter."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Chart:
    """A chart without sizes.

    Attributes
    ----------
    x, y
        The axes.
    marks
        From back to front.
    key
        What the marks mean; above the chart, or under it where it has a title.
    key_title
        What the colours of the key are of.
    aspect
        Length of a unit upwards over that of a unit across, where they depend on each other.

    Examples
    --------
    >>> rows, _ = row_axis([Tick(0, "east"), Tick(1, "west")], left=0)
    >>> marks = tuple(Marker((rate, y), "o", LIGHT["calm"]) for y, rate in enumerate([12.0, 15.5]))
    >>> chart = Chart(number_axis((0.0, 20.0), "WER in %"), rows, marks)
    >>> [tick.text for tick in (*chart.x.ticks, *chart.y.ticks)]
    ['0', '5', '10', '15', '20', 'east', 'west']
    """

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    key: tuple[Entry, ...] = ()
    key_title: str = ""
    aspect: float | None = None


def number_axis(ends: tuple[float, float], label: str, *, grid: bool = True, line: bool = True) -> Axis:
    """Make an axis of numbers, with ticks at round ones."""
    ticks = tuple(Tick(at, text) for at, text in nice_ticks(*ends))
    return Axis(ends, ticks, label, grid=grid, line=line)


def row_axis(names: Sequence[Tick], *, left: float, above: bool = False) -> tuple[Axis, tuple[Text, ...]]:
    """Make the axis of rows 0, 1, 2 ..., the first on top.

    Parameters
    ----------
    names
        Of the rows, in their order.
    left
        The left end of the other axis.
    above
        Write names above their rows, where they do not fit at the left, as on a phone.

    Returns
    -------
    tuple
        The axis, and the names above rows.
    """
    bottom = len(names) - 0.4
    if not above:
        ticks = (Tick(name.at, shorten(name.text, _CELLS_BESIDE), name.color, name.bold) for name in names)
        return Axis((bottom, -0.6), tuple(ticks)), ()
    texts = (
        Text((left, name.at - 0.48), shorten(name.text, _CELLS_ABOVE), name.color, bold=name.bold, halo=LIGHT["panel"])
        for name in names
    )
    return Axis((bottom, -0.9)), tuple(texts)


def upright(x: float, rows: Axis, color: str, *, dashed: bool = False) -> Line:
    """A line through all rows."""
    return Line(((x, rows.ends[0]), (x, rows.ends[1])), color, dashed=dashed)


def row_note(left: float, row: int, text: str) -> Text:
    """Say in a row why nothing is drawn there."""
    return Text((left, row), text, LIGHT["muted"], aside=(4.0, 0.0), italic=True, halo=LIGHT["panel"])


def spanning(values: Iterable[float], air: float = 0.05) -> tuple[float, float]:
    """Ends of an axis that holds some values, with a share of their range on both sides.

    Examples
    --------
    >>> spanning([10.0, 20.0]), spanning([]), spanning([0.0])
    ((9.5, 20.5), (0.0, 1.0), (-0.5, 0.5))
    """
    held = [*values]
    if not held:
        return 0.0, 1.0
    low, high = min(held), max(held)
    edge = max(air * (high - low), _LEAST_AIR * max(abs(low), abs(high)))
    if edge < _NOTHING:
        edge = 0.5
    return low - edge, high + edge


def from_zero(longest: float) -> tuple[float, float]:
    """Ends of an axis of bars.

    Examples
    --------
    >>> from_zero(20.0), from_zero(0.0)
    ((0.0, 21.0), (0.0, 1.0))
    """
    return 0.0, 1.05 * longest if longest > _NOTHING else 1.0


def class_entries() -> tuple[Entry, ...]:
    """Entries of the five classes of rate, alike on maps and everywhere else."""
    named = zip(CLASS_NAMES, CLASSES, strict=True)
    return tuple(Entry(name, (Bar((0, 0), (1, 1), color, REGION_BORDER, 0.8),)) for name, color in named)


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Points that text takes in a font that is rather wide.

    Examples
    --------
    >>> text_width("短い") > text_width("WER") > text_width("ill")
    True
    """
    return 0.58 * size * (cell_width(text) + sum(map(text.count, _BROAD_LETTERS)) / 2)


def names_width(names: Iterable[str]) -> float:
    """Points that the longest of some names takes beside the rows of a chart."""
    return 14 + max(20.8, *(text_width(shorten(name, _CELLS_BESIDE)) for name in names))
