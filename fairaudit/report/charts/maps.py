"""Maps of a search: its own regions, or squares of a coarse grid, classed by rate, and never a point of the log."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.report.charts.axes import draw_chart, room_of
from fairaudit.report.charts.boundaries import Boundaries, points_of
from fairaudit.report.charts.chart import (
    FONT_SIZE,
    UNIT_SQUARE,
    Area,
    Axis,
    Bar,
    Chart,
    Entry,
    Hatch,
    Mark,
    Point,
    Ring,
    Text,
    Tick,
    class_entries,
    text_width,
)
from fairaudit.report.charts.palette import CLASSES, LIGHT, ON_CLASSES, REGION_BORDER, WITHHELD
from fairaudit.report.charts.ticks import nice_ticks
from fairaudit.report.views.geography import Box, extent, latitude, longitude

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.search import SearchView

__all__ = ["areas_chart", "draw_areas", "draw_regions", "map_bounds", "regions_chart", "shape_of"]

#: Margin around the regions, as a share of their extent.
_MARGIN: Final = 0.03
#: Regions are rounded to this many degrees, so none is drawn smaller.
_GRAIN: Final = 0.1
#: Sizes in which the name of a region may be written, and the height of its line as a share of them.
_LABEL_SIZES: Final = (FONT_SIZE, 6.25)
_LINE_HEIGHT: Final = 1.2
#: Points that a name keeps from a border.
_AIR: Final = 2.0
#: A label may reach over the border by so many degrees, which is less than can be seen.
_ROUNDING: Final = 1e-6
#: Width of a border in points; of more regions than a few it is half of that.
_BORDER: Final = 0.8
_FEW: Final = 40
#: Most steps between the ticks of an axis, and the points that one of them takes at least.
_STEPS: Final = 4
_STEP_WIDTH: Final = 48.0
_INK: Final = "#101010"
_PAPER: Final = "#ffffff"


@dataclass(frozen=True)
class _Field:
    """One thing on a map: its shape in degrees, its class of rate or nothing to tell, and what is special about it."""

    shape: Any
    label: str
    step: int | None
    thin: bool
    bottom: bool


@dataclass(frozen=True)
class _Style:
    """What a key says of hatching, of what has no class, and of the heavy outline; and what has no class looks like."""

    thin: str
    none: str
    bottom: str
    unclassed: Callable[[tuple[Ring, ...]], tuple[Mark, ...]]


def map_bounds(boxes: Iterable[Box]) -> Box:
    """Give the view of a map of boxes: west, south, east, north in degrees, with a margin."""
    west, south, east, north = extent(map(_at_least_a_grain, boxes))
    across, up = (east - west) * _MARGIN, (north - south) * _MARGIN
    return west - across, south - up, east + across, north + up


def shape_of(bounds: Box) -> float:
    """Give height over width of a map, a degree of longitude shortened by the cosine of the middle latitude.

    Examples
    --------
    >>> round(shape_of((0.0, 59.0, 2.0, 61.0)), 2)
    2.0
    """
    west, south, east, north = bounds
    return (north - south) / (east - west) * _stretch(bounds)


def _stretch(bounds: Box) -> float:
    return 1 / max(math.cos(math.radians((bounds[1] + bounds[3]) / 2)), 0.05)


def regions_chart(search: SearchView, boundaries: Any = None, *, room: Point) -> Chart:
    """Describe the regions of a search, filled by five fixed classes of rate against the overall rate.

    Hatched: not tested. Cross-hatched: withheld. Heavy outline: the bottom cohort.

    Parameters
    ----------
    search
        A view with at least one region.
    boundaries
        GeoDataFrame, path or nothing: regions end at the coast, and quiet outlines help with orientation.
    room
        Width and height of the map in points, which decide what is named.
    """
    bounds = map_bounds(box for region in search.regions for box in region.boxes)
    outlines = Boundaries(boundaries, bounds)
    fields = [
        _Field(
            shape=outlines.clip(_union(region.boxes)),
            label=region.label,
            step=None if region.withheld else region.step,
            thin=not region.tested,
            bottom=region.bottom,
        )
        for region in search.regions
    ]
    style = _Style("not tested", "withheld", "bottom cohort", _withheld)
    return _chart(fields, outlines, bounds, room, search.rate, style)


def areas_chart(search: SearchView, boundaries: Any = None, *, room: Point) -> Chart:
    """Describe the squares in which the speakers of a search over zip codes live, filled like the regions of a map.

    Hatched: fewer than 20 speakers. Cross-hatched: fewer than 11, or none. Heavy outline:
    squares in which the bottom cohort has at least twice its share of all speakers.

    Parameters
    ----------
    search
        A view with at least one area.
    boundaries, room
        As for :func:`regions_chart`.
    """
    bounds = map_bounds(area.bounds for area in search.areas)
    outlines = Boundaries(boundaries, bounds)
    fields = [
        _Field(outlines.clip(_union([area.bounds])), "", area.step, area.thin, area.bottom) for area in search.areas
    ]
    nobody = _Field(outlines.clip(_union([bounds])), "", None, thin=False, bottom=False)
    style = _Style("fewer than 20 speakers", "fewer than 11, or none", "bottom ≥ 2 × its share", _nobody)
    return _chart([nobody, *fields], outlines, bounds, room, search.rate, style)


def draw_regions(search: SearchView, ax: Axes, boundaries: Any = None) -> Axes:
    """Draw what :func:`regions_chart` describes onto matplotlib axes, whose aspect is set, and return them."""
    return draw_chart(regions_chart(search, boundaries, room=room_of(ax)), ax)


def draw_areas(search: SearchView, ax: Axes, boundaries: Any = None) -> Axes:
    """Draw what :func:`areas_chart` describes onto matplotlib axes, whose aspect is set, and return them."""
    return draw_chart(areas_chart(search, boundaries, room=room_of(ax)), ax)


def _at_least_a_grain(bounds: Box) -> Box:
    west, south, east, north = bounds
    return west, south, max(east, west + _GRAIN), max(north, south + _GRAIN)


def _union(boxes: Iterable[Box]) -> Any:
    from shapely import box

    return _merged(box(*_at_least_a_grain(bounds)) for bounds in boxes)


def _merged(shapes: Iterable[Any]) -> Any:
    from shapely import union_all

    return union_all(list(shapes))


def _polygons(shape: Any) -> list[Any]:
    """The parts of a shape that have an area."""
    return [part for part in getattr(shape, "geoms", (shape,)) if part.area > 0]


def _rings(shape: Any) -> tuple[Ring, ...]:
    """The outlines of all parts of a shape, holes included."""
    from shapely.geometry.polygon import orient

    polygons = [orient(polygon) for polygon in _polygons(shape)]
    return tuple(points_of(ring)[:-1] for polygon in polygons for ring in (polygon.exterior, *polygon.interiors))


def _withheld(rings: tuple[Ring, ...]) -> tuple[Mark, ...]:
    return Area(rings, WITHHELD, REGION_BORDER, _BORDER), Hatch(rings, "xxx", REGION_BORDER)


def _nobody(rings: tuple[Ring, ...]) -> tuple[Mark, ...]:
    """Most of a map may be empty, so empty squares are drawn more quietly than withheld ones."""
    return Area(rings, LIGHT["panel"]), Hatch(rings, "xx", LIGHT["rule"])


def _heavy(rings: tuple[Ring, ...]) -> tuple[Mark, ...]:
    """A dark line on a light one, which is seen on all classes, and on light and dark pages."""
    return Area(rings, "none", _PAPER, 5.0), Area(rings, "none", _INK, 2.6)


def _chart(fields: Sequence[_Field], outlines: Boundaries, bounds: Box, room: Point, rate: str, style: _Style) -> Chart:
    """Describe a map: fills, what lies above them, and the key."""
    west, south, east, north = bounds
    stretch = _stretch(bounds)
    scale = min(room[0] / (east - west), room[1] / ((north - south) * stretch))
    border = _BORDER if len(fields) <= _FEW else _BORDER / 2
    marks: list[Mark] = []
    for field in fields:
        rings = _rings(field.shape)
        if field.step is None:
            marks += style.unclassed(rings)
        else:
            marks.append(Area(rings, CLASSES[field.step], REGION_BORDER, border))
            if field.thin:
                marks.append(Hatch(rings, "///", ON_CLASSES[field.step]))
    marks += (Bar((west, south), (east, north), "none", LIGHT["rule"], 0.8), *outlines.lines)
    if any(field.bottom for field in fields):
        marks += _heavy(_rings(_merged(field.shape for field in fields if field.bottom)))
    marks += _labels(fields, (scale, scale * stretch))
    steps = max(1, min(_STEPS, int(scale * (east - west) / _STEP_WIDTH)))
    return Chart(
        Axis((west, east), _degrees(west, east, longitude, steps)),
        Axis((south, north), _degrees(south, north, latitude, _STEPS)),
        tuple(marks),
        tuple(_key(fields, style)),
        f"{rate} against overall",
        aspect=stretch,
    )


def _degrees(low: float, high: float, write: Callable[[float], str], steps: int) -> tuple[Tick, ...]:
    """Ticks at round tenths of a degree."""
    return tuple(Tick(at / 10, write(at / 10)) for at, _ in nice_ticks(10 * low, 10 * high, whole=True, steps=steps))


def _key(fields: Sequence[_Field], style: _Style) -> Iterator[Entry]:
    """Explain the five classes, and what else the map has."""
    yield from class_entries()
    if any(field.thin and field.step is not None for field in fields):
        yield Entry(style.thin, (Area((UNIT_SQUARE,), _PAPER), Hatch((UNIT_SQUARE,), "///", _INK)))
    if any(field.step is None for field in fields):
        yield Entry(style.none, style.unclassed((UNIT_SQUARE,)))
    if any(field.bottom for field in fields):
        yield Entry(style.bottom, (Area((UNIT_SQUARE,), _PAPER), *_heavy((UNIT_SQUARE,))))


def _middle(polygon: Any) -> Any:
    """The centroid of a polygon, or the middle of the widest circle in it where the centroid is close to the edge."""
    from shapely import maximum_inscribed_circle

    circle = maximum_inscribed_circle(polygon)
    middle = polygon.centroid
    deep = polygon.contains(middle) and polygon.boundary.distance(middle) > circle.length / 2
    return middle if deep else circle.interpolate(0)


def _labels(fields: Sequence[_Field], scale: Point) -> Iterator[Text]:
    """Name each region on its largest part, the bottom cohort and large regions first, if the name fits there.

    Regions that are rounded to the same place overlap. There, only one of them gets a name. ``scale`` is the points
    that a degree takes to the east and to the north.
    """
    from shapely import box

    others: list[Any] = []
    for field in sorted(fields, key=lambda field: (not field.bottom, -field.shape.area)):
        if field.step is None or not field.label:
            continue
        largest = max(_polygons(field.shape), key=lambda part: part.area)
        inside, space = _middle(largest), largest.buffer(_ROUNDING)
        for size in _LABEL_SIZES:
            aside, up = (text_width(field.label, size) / 2 + _AIR) / scale[0], _LINE_HEIGHT * size / 2 / scale[1]
            needed = box(inside.x - aside, inside.y - up, inside.x + aside, inside.y + up)
            if space.contains(needed) and not any(needed.intersects(other) for other in others):
                others.append(needed)
                halo = CLASSES[field.step] if field.thin else ""
                yield Text((inside.x, inside.y), field.label, ON_CLASSES[field.step], "middle", bold=field.bottom,
                           size=size, halo=halo)  # fmt: skip
                break
