"""Outlines of land and provinces: read from a file, drawn quietly, used to clip regions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import InputError
from fairaudit.report.charts.outline_files import offline, quiet, read_outlines
from fairaudit.report.charts.outlines import outlines_behind

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.geography import Box

__all__ = ["Boundaries", "read_boundaries"]

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

    name = Path(boundaries).name if isinstance(boundaries, str | Path) else "boundaries"
    shapes = read_outlines(Path(boundaries)) if isinstance(boundaries, str | Path) else boundaries.geometry
    shapes = geopandas.GeoSeries(shapes)
    if shapes.dropna().empty:
        raise InputError(f"{name}: cannot be read as boundaries: there are no geometries")
    if shapes.crs is None:
        shapes = shapes.set_crs("EPSG:4326")
    with quiet(), offline():  # PROJ may want to download a grid
        try:
            shapes = shapes.to_crs("EPSG:4326").dropna()
            # the default method returns an area that touches itself as a collection of areas and lines
            return shapes.make_valid(method="structure", keep_collapsed=False)
        except Exception as error:  # PROJ and GEOS raise what they like
            raise InputError(f"{name}: cannot be read as boundaries: its coordinates are damaged") from error


class Boundaries:
    """Outlines as far as a map shows them, no finer than it can.

    Parameters
    ----------
    boundaries
        GeoDataFrame or path. Nothing clips nothing, and draws the states where the map shows the United States.
    bounds
        West, south, east and north of the map in degrees.
    """

    def __init__(self, boundaries: Any, bounds: Box) -> None:
        self._lines: list[Any] = []
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
        outlines = (*shapely.boundary(areas), *near[np.isin(kinds, _LINES)])
        self._lines = [line.coords for outline in outlines for line in _parts(outline)]
        return areas

    def clip(self, shape: Any) -> Any:
        """Cut a shape off at the coast; one that lies off all land stays as it is."""
        on_land = shape if self._land is None else shape.intersection(self._land)
        return shape if on_land.is_empty else on_land

    def draw(self, ax: Axes) -> None:
        """Draw the outlines as thin lines."""
        from matplotlib.collections import LineCollection

        if self._lines:
            lines = LineCollection(self._lines, colors="#6f6f6f", linewidths=0.4, capstyle="round")
            ax.add_collection(lines, autolim=False)


def _grain(bounds: Box) -> float:
    return (bounds[2] - bounds[0]) * _SIMPLIFY


def _joined(areas: Any, bounds: Box) -> Any:
    """One shape of all areas; those that do not quite meet leave slits, which grow and shrink together."""
    import shapely

    grain = _grain(bounds)
    return shapely.union_all(areas).buffer(grain).buffer(-grain)


def _parts(outline: Any) -> Iterator[Any]:
    parts = getattr(outline, "geoms", (outline,))
    return (part for part in parts if not part.is_empty)
