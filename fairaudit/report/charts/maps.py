"""Maps of a search: its own regions, or squares of a coarse grid, classed by rate, and never a point of the log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.report.charts.axes import key_below, key_handle
from fairaudit.report.charts.boundaries import Boundaries, read_boundaries
from fairaudit.report.charts.chart import class_entries
from fairaudit.report.charts.palette import CLASSES, LIGHT, ON_CLASSES, REGION_BORDER, WITHHELD
from fairaudit.report.views.geography import Box, extent, latitude, longitude
from fairaudit.report.words.wording import cell_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.path import Path as Outline

    from fairaudit.report.views.search import SearchView

__all__ = ["draw_areas", "draw_regions", "map_bounds", "read_boundaries", "shape_of"]

#: Margin around the regions, as a share of their extent.
_MARGIN: Final = 0.03
#: Regions are rounded to this many degrees, so none is drawn smaller.
_GRAIN: Final = 0.1
#: Width and height of a label of three letters, as a share of those of the map; a small label is narrower by a factor.
_LABEL_SHARE: Final = 0.045
_SMALL_LABEL: Final = 0.75
#: A label may reach over the border by so many degrees, which is less than can be seen.
_ROUNDING: Final = 1e-6
#: Width of a border in points; of more regions than a few it is half of that.
_BORDER: Final = 0.8
_FEW: Final = 40
#: Width of a column of the key, in inches.
_KEY_WIDTH: Final = 1.75
_HATCH: Final = "///"
_WITHHELD: Final[dict[str, Any]] = {
    "facecolor": WITHHELD,
    "edgecolor": REGION_BORDER,
    "linewidth": _BORDER,
    "hatch": "xxx",
}
#: Most of a map may be empty, so empty squares are drawn more quietly than withheld ones.
_NOBODY: Final[dict[str, Any]] = {"facecolor": "#f3f3f3", "edgecolor": "#cfcfcf", "linewidth": 0, "hatch": "xx"}


@dataclass(frozen=True)
class _Field:
    """One thing on a map: its shape in degrees, its class of rate or nothing to tell, and what is special about it."""

    shape: Any
    label: str
    step: int | None
    thin: bool
    bottom: bool


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


def draw_regions(discovery: SearchView, ax: Axes, boundaries: Any = None) -> Axes:
    """Draw the regions of a discovery, filled by five fixed classes of rate against the overall rate.

    Hatched: not tested. Cross-hatched: withheld. Heavy outline: the bottom cohort.

    Parameters
    ----------
    discovery
        A view with at least one region.
    ax
        Axes to draw on; their aspect is set.
    boundaries
        GeoDataFrame, path or nothing: regions end at the coast, and quiet outlines help with orientation.

    Returns
    -------
    Axes
        The same axes.
    """
    bounds = map_bounds(box for region in discovery.regions for box in region.boxes)
    outlines = Boundaries(boundaries, bounds)
    fields = [
        _Field(
            shape=outlines.clip(_union(region.boxes)),
            label=region.label,
            step=None if region.withheld else region.step,
            thin=not region.tested,
            bottom=region.bottom,
        )
        for region in discovery.regions
    ]
    for field in fields:
        _fill(field, ax, _WITHHELD, border=_BORDER if len(fields) <= _FEW else _BORDER / 2)
    _finish(fields, ax, outlines, bounds)
    words = {"thin": "not tested", "none": "withheld", "bottom": "bottom cohort"}
    _legend(fields, ax, discovery.rate, words, _WITHHELD)
    return ax


def draw_areas(discovery: SearchView, ax: Axes, boundaries: Any = None) -> Axes:
    """Draw the squares in which the speakers of a search over zip codes live, filled like the regions of a map.

    Hatched: fewer than 20 speakers. Cross-hatched: fewer than 11, or none. Heavy outline:
    squares in which the bottom cohort has at least twice its share of all speakers.

    Parameters
    ----------
    discovery
        A view with at least one area.
    ax
        Axes to draw on; their aspect is set.
    boundaries
        GeoDataFrame, path or nothing, as for :func:`draw_regions`.

    Returns
    -------
    Axes
        The same axes.
    """
    bounds = map_bounds(area.bounds for area in discovery.areas)
    outlines = Boundaries(boundaries, bounds)
    fields = [
        _Field(outlines.clip(_union([area.bounds])), "", area.step, area.thin, area.bottom) for area in discovery.areas
    ]
    nobody = _Field(outlines.clip(_union([bounds])), "", None, thin=False, bottom=False)
    for field in (nobody, *fields):
        _fill(field, ax, _NOBODY)
    _finish(fields, ax, outlines, bounds)
    words = {"thin": "fewer than 20 speakers", "none": "fewer than 11, or none", "bottom": "bottom ≥ 2 × its share"}
    _legend([nobody, *fields], ax, discovery.rate, words, _NOBODY)
    return ax


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


def _path(shape: Any) -> Outline:
    """The outline of all parts of a shape together, holes included."""
    from matplotlib.path import Path
    from shapely.geometry.polygon import orient

    polygons = [orient(polygon) for polygon in _polygons(shape)]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(ring.coords, closed=True) for ring in rings))


def _fill(field: _Field, ax: Axes, untold: Mapping[str, Any], border: float = _BORDER) -> None:
    from matplotlib.patches import PathPatch

    path = _path(field.shape)
    if field.step is None:
        ax.add_patch(PathPatch(path, **untold))
        return
    ax.add_patch(PathPatch(path, facecolor=CLASSES[field.step], edgecolor=REGION_BORDER, linewidth=border))
    if field.thin:
        hatch = ON_CLASSES[field.step]
        ax.add_patch(PathPatch(path, facecolor="none", edgecolor=hatch, linewidth=0, hatch=_HATCH))


def _finish(fields: Sequence[_Field], ax: Axes, outlines: Boundaries, bounds: Box) -> None:
    """Draw what lies above the fills, and set the view."""
    west, south, east, north = bounds
    outlines.draw(ax)
    if any(field.bottom for field in fields):
        _outline(_merged(field.shape for field in fields if field.bottom), ax)
    labels: list[Any] = []
    for field in sorted(fields, key=lambda field: (not field.bottom, -field.shape.area)):
        labels += _label(field, ax, bounds, labels)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(_stretch(bounds))
    _degrees(ax)


def _outline(shape: Any, ax: Axes) -> None:
    from matplotlib.patches import PathPatch

    for color, width in (("#ffffff", 5.0), ("#101010", 2.6)):
        ax.add_patch(PathPatch(_path(shape), facecolor="none", edgecolor=color, linewidth=width))


def _middle(polygon: Any) -> Any:
    """The centroid of a polygon, or the middle of the widest circle in it where the centroid is close to the edge."""
    from shapely import maximum_inscribed_circle

    circle = maximum_inscribed_circle(polygon)
    middle = polygon.centroid
    deep = polygon.contains(middle) and polygon.boundary.distance(middle) > circle.length / 2
    return middle if deep else circle.interpolate(0)


def _label(field: _Field, ax: Axes, bounds: Box, others: Sequence[Any]) -> list[Any]:
    """Write the name of a region on its largest part, if it fits there, and return the box that it needs.

    Regions that are rounded to the same place overlap. There, only one of them gets a label.
    """
    from shapely import box

    if field.step is None or not field.label:
        return []
    largest = max(_polygons(field.shape), key=lambda part: part.area)
    inside = _middle(largest)
    width = _LABEL_SHARE * (bounds[2] - bounds[0]) * max(1.0, cell_width(field.label) / 2.5)
    height = _LABEL_SHARE * (bounds[3] - bounds[1])
    boxes = {
        size: box(inside.x - aside, inside.y - height / 2, inside.x + aside, inside.y + height / 2)
        for size, aside in (("medium", width / 2), ("x-small", _SMALL_LABEL * width / 2))
    }
    room = largest.buffer(_ROUNDING)
    fitting = (
        (size, needed)
        for size, needed in boxes.items()
        if room.contains(needed) and not any(needed.intersects(other) for other in others)
    )
    size, needed = next(fitting, (None, None))
    if size is None:
        return []
    plate = {"facecolor": CLASSES[field.step], "edgecolor": "none", "pad": 1} if field.thin else None
    ax.text(inside.x, inside.y, field.label, bbox=plate, ha="center", va="center", parse_math=False, fontsize=size,
            color=ON_CLASSES[field.step], fontweight="bold" if field.bottom else "normal", clip_on=True)  # fmt: skip
    return [needed]


def _degrees(ax: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for axis, write in ((ax.xaxis, longitude), (ax.yaxis, latitude)):
        axis.set_major_locator(MaxNLocator(5, min_n_ticks=2))
        axis.set_major_formatter(FuncFormatter(_tick(write)))
    for spine in ax.spines.values():
        spine.set_color(LIGHT["rule"])
    ax.tick_params(length=0)


def _tick(write: Callable[[float], str]) -> Callable[[float, int | None], str]:
    return lambda degrees, _: write(degrees)


def _legend(fields: Sequence[_Field], ax: Axes, rate: str, words: Mapping[str, str], untold: Mapping[str, Any]) -> None:
    from matplotlib.patches import Patch

    handles = [key_handle(entry) for entry in class_entries()]
    labels = [entry.text for entry in class_entries()]
    if any(field.thin and field.step is not None for field in fields):
        handles.append(Patch(facecolor="#ffffff", edgecolor="#101010", linewidth=0, hatch=_HATCH))
        labels.append(words["thin"])
    if any(field.step is None for field in fields):
        handles.append(Patch(**untold))
        labels.append(words["none"])
    if any(field.bottom for field in fields):
        handles.append(Patch(facecolor="#ffffff", edgecolor="#101010", linewidth=2.6))
        labels.append(words["bottom"])
    width = ax.get_window_extent().width / ax.figure.dpi
    columns = next((n for n in (4, 3) if n * _KEY_WIDTH <= width), 2)
    key_below(ax, handles, labels, f"{rate} against overall", columns=columns, below=24)
