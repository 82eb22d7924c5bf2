"""Turn TopoJSON into shapes: arcs that neighbours share, as small steps on a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["topology_shapes"]


def topology_shapes(topology: Mapping[str, Any]) -> list[Any]:
    """Give the shapes of the first object of a topology.

    Parameters
    ----------
    topology
        The content of a TopoJSON file, see https://github.com/topojson/topojson-specification.

    Returns
    -------
    list
        Shapely geometries, or None for an empty one.

    Examples
    --------
    >>> square = {"type": "Polygon", "arcs": [[0]]}
    >>> arcs = [[[0, 0], [2, 0], [0, 2], [-2, 0], [0, -2]]]
    >>> transform = {"scale": [0.5, 0.5], "translate": [10, 20]}
    >>> topology_shapes({"objects": {"a": square}, "arcs": arcs, "transform": transform})[0].bounds
    (10.0, 20.0, 11.0, 21.0)
    """
    transform = topology.get("transform")
    scale, shift = (np.array(transform[name], float) for name in ("scale", "translate")) if transform else (None, None)

    def placed(steps: Any) -> NDArray[np.float64]:
        points = np.array([step[:2] for step in steps], dtype=np.float64)
        return points if scale is None else points.cumsum(axis=0) * scale + shift

    arcs = [placed(arc) for arc in topology["arcs"]]
    first = next(iter(topology["objects"].values()))
    return [_shape(one, arcs, placed) for one in _members(first)]


def _members(geometry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(geometry["geometries"]) if geometry["type"] == "GeometryCollection" else [geometry]


def _shape(geometry: Mapping[str, Any], arcs: Sequence[NDArray[np.float64]], placed: Any) -> Any:
    import shapely

    def line(parts: Sequence[int]) -> NDArray[np.float64]:
        """Join arcs; ``~i`` is arc i backwards, and each begins where the one before ends."""
        lines = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in parts]
        return np.concatenate([lines[0], *(one[1:] for one in lines[1:])])

    def polygon(rings: Sequence[Sequence[int]]) -> Any:
        return shapely.Polygon(line(rings[0]), [line(ring) for ring in rings[1:]])

    kind = geometry["type"]
    if kind == "Polygon":
        return polygon(geometry["arcs"])
    if kind == "MultiPolygon":
        return shapely.MultiPolygon([polygon(rings) for rings in geometry["arcs"]])
    if kind == "LineString":
        return shapely.LineString(line(geometry["arcs"]))
    if kind == "MultiLineString":
        return shapely.MultiLineString([line(parts) for parts in geometry["arcs"]])
    if kind == "GeometryCollection":
        return shapely.GeometryCollection([_shape(one, arcs, placed) for one in _members(geometry)])
    if kind == "Point":
        return shapely.Point(placed([geometry["coordinates"]])[0])
    return shapely.MultiPoint(placed(geometry["coordinates"])) if kind == "MultiPoint" else None
