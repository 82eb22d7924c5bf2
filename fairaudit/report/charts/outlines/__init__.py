"""The outlines that ship with the package: the United States, quiet lines behind the regions of a map."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["outlines_behind", "us_states"]


def us_states() -> Any:
    """Give the outlines of the states of the US, the District of Columbia and the five territories.

    Returns
    -------
    GeoDataFrame
        56 rows in degrees (EPSG:4326) with a column ``name``; neighbours share their borders exactly. Detail below
        about 4 km is left out, and bays and lakes that belong to a state in law are not land.

    Notes
    -----
    Census Bureau, cartographic boundary files of 2017, simplified; see the README beside the file.

    Examples
    --------
    >>> us_states()["name"].head(3).tolist()
    ['Alabama', 'Alaska', 'American Samoa']
    """
    import geopandas

    text = files(__package__).joinpath("us_states.geojson").read_text("utf-8")
    return geopandas.GeoDataFrame.from_features(json.loads(text), crs="EPSG:4326")


def outlines_behind(bounds: tuple[float, float, float, float]) -> Any:
    """Give the outlines that orient the reader of a map for which nobody gave boundaries.

    Parameters
    ----------
    bounds
        West, south, east and north of the map in degrees.

    Returns
    -------
    GeoSeries or None
        The states, where the middle of the map lies in the United States. Seas and lakes between the parts of a state
        count as the state's, since the middle of Michigan is water.

    Examples
    --------
    >>> len(outlines_behind((-125.0, 25.0, -67.0, 49.0))), outlines_behind((-9.3, 36.0, 3.3, 43.8))
    (56, None)
    """
    from shapely import Point

    west, south, east, north = bounds
    middle = Point((west + east) / 2 % 360, (south + north) / 2)
    states, hulls = _states()
    return states if hulls.intersects(middle).any() else None


@cache
def _states() -> tuple[Any, Any]:
    """The states, and their hulls with longitudes from 0 to 360, lest Alaska's go around the world."""
    states = us_states().geometry
    return states, states.transform(lambda degrees: degrees + (degrees[:, :1] < 0) * (360, 0)).convex_hull
