"""The outlines that ship with the package: the United States, quiet lines behind the regions of a map."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["outlines_behind", "us_states"]


def us_states() -> dict[str, Any]:
    """Give the outlines of the states of the US, the District of Columbia and the five territories.

    Returns
    -------
    dict
        56 geometries in degrees by name; neighbours share their borders exactly. Detail below about 4 km is left out,
        and bays and lakes that belong to a state in law are not land.

    Notes
    -----
    Census Bureau, cartographic boundary files of 2017, simplified; see the README beside the file.

    Examples
    --------
    >>> [*us_states()][:3]
    ['Alabama', 'Alaska', 'American Samoa']
    """
    from shapely.geometry import shape

    text = files(__package__).joinpath("us_states.geojson").read_text("utf-8")
    return {state["properties"]["name"]: shape(state["geometry"]) for state in json.loads(text)["features"]}


def outlines_behind(bounds: tuple[float, float, float, float]) -> Any:
    """Give the outlines that orient the reader of a map for which nobody gave boundaries.

    Parameters
    ----------
    bounds
        West, south, east and north of the map in degrees.

    Returns
    -------
    list or None
        The geometries of the states, where the middle of the map lies in the United States. Seas and lakes between the
        parts of a state count as the state's, since the middle of Michigan is water.

    Examples
    --------
    >>> len(outlines_behind((-125.0, 25.0, -67.0, 49.0))), outlines_behind((-9.3, 36.0, 3.3, 43.8))
    (56, None)
    """
    from shapely import Point, intersects

    west, south, east, north = bounds
    middle = Point((west + east) / 2 % 360, (south + north) / 2)
    states, hulls = _states()
    return states if intersects(hulls, middle).any() else None


@cache
def _states() -> tuple[list[Any], Any]:
    """The states, and their hulls with longitudes from 0 to 360, lest Alaska's go around the world."""
    from shapely import convex_hull, transform

    states = [*us_states().values()]
    return states, convex_hull(transform(states, lambda degrees: degrees + (degrees[:, :1] < 0) * (360, 0)))
