"""Make ``us_states.geojson`` again from the file ``states-10m.json`` of the npm package us-atlas."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

from fairaudit.core.files import write_atomically

#: Corners whose triangle is smaller than the square of this many degrees go: about 4 km, a point or less on the page.
_TOLERANCE: Final = 0.04
#: Coordinates are multiples of this many degrees.
_GRID: Final = 0.01


def simplified(topology: Path) -> str:
    """Turn the states of us-atlas into GeoJSON of at most 150 KB.

    Parameters
    ----------
    topology
        ``states-10m.json`` of the npm package ``us-atlas``: TopoJSON in degrees.

    Returns
    -------
    str
        A feature collection with one feature per line, in alphabetical order; the same file gives the same text.
    """
    import geopandas
    from shapely import set_precision
    from shapely.geometry import mapping

    states = geopandas.read_file(topology, layer="states").set_crs("EPSG:4326", allow_override=True)
    states = states.sort_values("name")
    # quantised arcs touch themselves; "structure" keeps areas where the default also returns the touching lines
    whole = states.geometry.make_valid(method="structure", keep_collapsed=False)
    shapes = set_precision(whole.simplify_coverage(_TOLERANCE).array, _GRID)
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": mapping(shape)}
        for name, shape in zip(states["name"], shapes, strict=True)
    ]
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def main() -> None:
    """Write the outlines and say how large they are."""
    parser = argparse.ArgumentParser("python -m fairaudit.report.charts.outlines", description="Simplify us-atlas.")
    parser.add_argument("topology", type=Path, help="states-10m.json of the npm package us-atlas")
    parser.add_argument("output", type=Path, help="where to write the GeoJSON")
    arguments = parser.parse_args()
    write_atomically(arguments.output, simplified(arguments.topology))
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
