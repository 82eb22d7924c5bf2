"""Outlines of land and provinces: read from a file, drawn quietly, used to clip regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import InputError
from fairaudit.report.charts.chart import Line, Point
from fairaudit.report.charts.outline_files import LONLAT, offline, quiet, read_outlines
from fairaudit.report.charts.outlines import outlines_behind

if TYPE_CHECKING:
    from fairaudit.report.views.geography import Box

__all__ = ["Boundaries", "points_of", "read_boundaries"]

_COLOR: Final = "#6f6f6f"
_WIDTH: Final = 0.4
#: Outlines are drawn no finer than this share of the map, and no island smaller than its square.
_SIMPLIFY: Final = 1 / 400
#: How shapely numbers areas and lines, alone and several together.
_AREAS: Final = (3, 6)
_LINES: Final = (1, 5)


def read_boundaries(boundaries: Any) -> Any:
    """Read outlines to draw behind the regions.

    Parameters
    ----------
    boundaries
        A GeoDataFrame, or the path of a local file: GeoJSON, TopoJSON, GeoPackage, shapefile (``.shp``, or in a
        ``.zip``), FlatGeobuf or GeoParquet. Without a CRS it is taken as longitude and latitude (EPSG:4326).
        What this function returned is returned as it is.

    Returns
    -------
    ndarray of shape (n,)
        Valid geometries of shapely, in degrees.

    Raises
    ------
    InputError
        If the file cannot be read as geometries.
    """
    import numpy as np
    import shapely

    if isinstance(boundaries, np.ndarray):
        return boundaries
    if isinstance(boundaries, str | Path):
        name, (shapes, crs) = Path(boundaries).name, read_outlines(Path(boundaries))
    else:
        name, shapes, crs = "boundaries", boundaries.geometry, boundaries.crs
    found = np.array([shape for shape in shapes if shape is not None], dtype=object)
    if not len(found):
        raise InputError(f"{name}: cannot be read as boundaries: there are no geometries")
    try:
        with quiet():
            degrees = found if crs is None or crs == LONLAT else _in_degrees(found, crs)
            # the default method returns an area that touches itself as a collection of areas and lines
            return shapely.make_valid(degrees, method="structure", keep_collapsed=False)
    except Exception as error:  # PROJ and GEOS raise what they like
        raise InputError(f"{name}: cannot be read as boundaries: its coordinates are damaged") from error


def _in_degrees(shapes: Any, crs: Any) -> Any:
    """Turn coordinates of another system into longitudes and latitudes."""
    import shapely
    from pyproj import Transformer

    with offline():  # PROJ may want to download a grid
        turn = Transformer.from_crs(crs, LONLAT, always_xy=True).transform
        return shapely.transform(shapes, turn, interleaved=False)


class Boundaries:
    """Outlines as far as a map shows them, no finer than it can.

    Parameters
    ----------
    boundaries
        GeoDataFrame or path. Nothing clips nothing, and draws the states where the map shows the United States.
    bounds
        West, south, east and north of the map in degrees.

    Attributes
    ----------
    lines
        The outlines as thin lines.
    """

    def __init__(self, boundaries: Any, bounds: Box) -> None:
        self.lines: tuple[Line, ...] = ()
        self._land: Any = None
        shapes = outlines_behind(bounds) if boundaries is None else read_boundaries(boundaries)
        if shapes is not None:
            areas = self._read(shapes, bounds)
            if boundaries is not None and len(areas):
                self._land = _joined(areas, bounds)

    def _read(self, shapes: Any, bounds: Box) -> Any:
        """Keep the lines of what lies on the map, and hand out its areas."""
        import numpy as np
        import shapely

        with np.errstate(over="ignore"):  # of lines that lead far beyond the globe
            near = shapely.clip_by_rect(np.asarray(shapes), *bounds)
        near = near[~shapely.is_empty(near)]
        kinds, grain = shapely.get_type_id(near), _grain(bounds)
        areas = shapely.get_parts(near[np.isin(kinds, _AREAS)])
        areas = shapely.coverage_simplify(areas[shapely.area(areas) > grain**2], grain)
        outlines = shapely.get_parts((*shapely.boundary(areas), *near[np.isin(kinds, _LINES)]))
        self.lines = tuple(Line(points_of(line), _COLOR, _WIDTH) for line in outlines if not line.is_empty)
        return areas

    def clip(self, shape: Any) -> Any:
        """Cut a shape off at the coast; one that lies off all land, or only touches it, stays as it is."""
        on_land = shape if self._land is None else shape.intersection(self._land)
        return on_land if on_land.area > 0 else shape


def points_of(line: Any) -> tuple[Point, ...]:
    """The points of a line, without heights."""
    import shapely

    return tuple((x, y) for x, y in shapely.get_coordinates(line).tolist())


def _grain(bounds: Box) -> float:
    return (bounds[2] - bounds[0]) * _SIMPLIFY


def _joined(areas: Any, bounds: Box) -> Any:
    """One shape of all areas; those that do not quite meet leave slits, which grow and shrink together."""
    import shapely

    grain = _grain(bounds)
    return shapely.union_all(areas).buffer(grain).buffer(-grain)
