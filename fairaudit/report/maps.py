"""The map of a geographic discovery: its own regions, classed by rate, and never a point of the log."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.errors import InputError
from fairaudit.report.palette import CLASSES, LIGHT, ON_CLASSES, REGION_BORDER, WITHHELD
from fairaudit.report.regions import CLASS_NAMES, extent, latitude, longitude

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes
    from matplotlib.path import Path as Outline

    from fairaudit.report.regions import RegionView
    from fairaudit.report.view import DiscoveryView

__all__ = ["draw_regions", "map_bounds", "read_boundaries", "shape_of"]

#: Margin around the regions, as a share of their extent.
_MARGIN: Final = 0.03
#: Regions are rounded to this many degrees, so none is drawn smaller.
_GRAIN: Final = 0.1
#: A region narrower or lower than this share of the map carries no label.
_LABEL_SHARE: Final = 0.045
_HATCH: Final = "///"
_CROSS_HATCHED: Final[dict[str, Any]] = {"edgecolor": REGION_BORDER, "linewidth": 0.8, "hatch": "xxx"}
#: Boundaries are drawn no finer than this share of the map, and no island smaller than its square.
_SIMPLIFY: Final = 1 / 400


def map_bounds(regions: tuple[RegionView, ...]) -> tuple[float, float, float, float]:
    """Give the view of a map: west, south, east, north in degrees, with a margin."""
    west, south, east, north = extent(_box(box) for region in regions for box in region.boxes)
    across, up = (east - west) * _MARGIN, (north - south) * _MARGIN
    return west - across, south - up, east + across, north + up


def shape_of(bounds: tuple[float, float, float, float]) -> float:
    """Give height over width of a map, a degree of longitude shortened by the cosine of the middle latitude.

    Examples
    --------
    >>> round(shape_of((0.0, 59.0, 2.0, 61.0)), 2)
    2.0
    """
    west, south, east, north = bounds
    return (north - south) / (east - west) * _stretch(bounds)


def _stretch(bounds: tuple[float, float, float, float]) -> float:
    return 1 / max(math.cos(math.radians((bounds[1] + bounds[3]) / 2)), 0.05)


def read_boundaries(boundaries: Any) -> Any:
    """Read outlines to draw behind the regions.

    Parameters
    ----------
    boundaries
        A GeoDataFrame, or the path of anything geopandas reads. Without a CRS (as in TopoJSON) it is taken as
        longitude and latitude (EPSG:4326).

    Returns
    -------
    GeoSeries
        Valid geometries in degrees.

    Raises
    ------
    InputError
        If the file cannot be read as geometries.
    """
    import geopandas

    if isinstance(boundaries, str | Path):
        try:
            boundaries = geopandas.read_file(boundaries)
        except Exception as error:  # pyogrio, fiona and GDAL raise what they like
            raise InputError(f"{boundaries}: cannot be read as boundaries ({error})") from error
    shapes = geopandas.GeoSeries(boundaries.geometry)
    if shapes.crs is None:
        shapes = shapes.set_crs("EPSG:4326")
    return shapes.to_crs("EPSG:4326").dropna().make_valid()


def draw_regions(discovery: DiscoveryView, ax: Axes, boundaries: Any = None) -> Axes:
    """Draw the regions of a discovery, filled by five fixed classes of rate against the overall rate.

    Hatched: not tested. Cross-hatched: withheld. Heavy outline: the bottom cohort.

    Parameters
    ----------
    discovery
        A view with at least one region.
    ax
        Axes to draw on; their aspect is set.
    boundaries
        GeoDataFrame, path or nothing: quiet outlines for orientation.

    Returns
    -------
    Axes
        The same axes.
    """
    bounds = map_bounds(discovery.regions)
    west, south, east, north = bounds
    for region in discovery.regions:
        _fill(region, ax)
    if boundaries is not None:
        _draw_outlines(read_boundaries(boundaries), ax, bounds)
    for region in discovery.regions:
        if region.bottom:
            _outline(region, ax)
    for region in discovery.regions:
        _label(region, ax, bounds)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(_stretch(bounds))
    _degrees(ax)
    _legend(discovery, ax)
    return ax


def _box(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    return west, south, max(east, west + _GRAIN), max(north, south + _GRAIN)


def _path(region: RegionView) -> Outline:
    """The outline of all boxes of a region together, holes included."""
    from matplotlib.path import Path
    from shapely import box, union_all
    from shapely.geometry.polygon import orient

    whole = union_all([box(*_box(bounds)) for bounds in region.boxes])
    polygons = [orient(polygon) for polygon in getattr(whole, "geoms", (whole,))]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(ring.coords, closed=True) for ring in rings))


def _fill(region: RegionView, ax: Axes) -> None:
    from matplotlib.patches import PathPatch

    path = _path(region)
    if region.withheld or region.step is None:
        ax.add_patch(PathPatch(path, facecolor=WITHHELD, **_CROSS_HATCHED))
        return
    ax.add_patch(PathPatch(path, facecolor=CLASSES[region.step], edgecolor=REGION_BORDER, linewidth=0.8))
    if not region.tested:
        hatch = ON_CLASSES[region.step]
        ax.add_patch(PathPatch(path, facecolor="none", edgecolor=hatch, linewidth=0, hatch=_HATCH))


def _outline(region: RegionView, ax: Axes) -> None:
    from matplotlib.patches import PathPatch

    for color, width in (("#ffffff", 5.0), ("#101010", 2.6)):
        ax.add_patch(PathPatch(_path(region), facecolor="none", edgecolor=color, linewidth=width))


def _label(region: RegionView, ax: Axes, bounds: tuple[float, float, float, float]) -> None:
    """Write the name of a region in its largest box, if it fits."""
    west, south, east, north = max(map(_box, region.boxes), key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    view_width, view_height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    wide_enough = east - west > _LABEL_SHARE * view_width * max(1.0, len(region.label) / 2.5)
    if region.step is None or region.withheld or not wide_enough or north - south < _LABEL_SHARE * view_height:
        return
    ax.text((west + east) / 2, (south + north) / 2, region.label, ha="center", va="center", parse_math=False,
            color=ON_CLASSES[region.step], fontweight="bold" if region.bottom else "normal", clip_on=True)  # fmt: skip


def _draw_outlines(shapes: Any, ax: Axes, bounds: tuple[float, float, float, float]) -> None:
    import shapely
    from matplotlib.collections import LineCollection

    near = shapes.clip_by_rect(*bounds)
    near = near[~near.is_empty]
    grain = (bounds[2] - bounds[0]) * _SIMPLIFY
    areas = near[near.geom_type.isin(["Polygon", "MultiPolygon"])].explode()
    areas = areas[shapely.area(areas.array) > grain**2].simplify_coverage(grain)
    outlines = (*areas.boundary, *near[near.geom_type.isin(["LineString", "MultiLineString"])])
    lines = [line.coords for outline in outlines for line in _lines(outline)]
    ax.add_collection(LineCollection(lines, colors="#6f6f6f", linewidths=0.5, capstyle="round"), autolim=False)


def _lines(outline: Any) -> Iterator[Any]:
    parts = getattr(outline, "geoms", (outline,))
    return (part for part in parts if not part.is_empty)


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


def _legend(discovery: DiscoveryView, ax: Axes) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(label=name, facecolor=color, edgecolor=REGION_BORDER, linewidth=0.8)
               for name, color in zip(CLASS_NAMES, CLASSES, strict=True)]  # fmt: skip
    if any(not region.tested and not region.withheld for region in discovery.regions):
        handles.append(Patch(label="not tested", facecolor="#ffffff", edgecolor="#101010", linewidth=0, hatch=_HATCH))
    if any(region.withheld for region in discovery.regions):
        handles.append(Patch(label="withheld", facecolor=WITHHELD, **_CROSS_HATCHED))
    if any(region.bottom for region in discovery.regions):
        handles.append(Patch(label="bottom cohort", facecolor="#ffffff", edgecolor="#101010", linewidth=2.6))
    ax.legend(handles=handles, title=f"{discovery.rate} against overall", loc="upper left", bbox_to_anchor=(1.02, 1),
              frameon=False, borderaxespad=0, handlelength=2.2, handleheight=1.3, alignment="left")  # fmt: skip
