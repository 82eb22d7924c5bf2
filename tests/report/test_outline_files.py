"""Files of outlines: six formats give the same shapes, and everything else is refused without being opened by GDAL."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import geopandas
import pytest
from shapely import box, total_bounds

from fairaudit.core.errors import InputError
from fairaudit.report.charts.boundaries import read_boundaries

URL = "http://127.0.0.1:9/outlines.geojson"
SQUARES = geopandas.GeoSeries([box(7, 46, 8, 47), box(8, 46, 9, 47)], crs="EPSG:4326")
LAYER = f"<OGRVRTLayer name='a'><SrcDataSource>/vsicurl/{URL}</SrcDataSource></OGRVRTLayer>"
VRT = f"<OGRVRTDataSource>{LAYER}</OGRVRTDataSource>"
KML = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;&a;">]><kml>&c;</kml>'
PIPELINE = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read /vsicurl/{URL} ! write a.gpkg"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The squares as files of every format that is read, in Swiss coordinates."""
    swiss = SQUARES.to_crs("EPSG:2056")
    for name in ("a.geojson", "a.gpkg", "a.shp", "a.fgb"):
        swiss.to_file(tmp_path / name)
    swiss.to_frame("geometry").to_parquet(tmp_path / "a.parquet")
    SQUARES.to_file(tmp_path / "lonlat.geojson")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(tmp_path / f"a{part}", f"folder/A{part.upper()}")
    ring = [[7, 46], [8, 46], [8, 47], [7, 47], [7, 46]]
    arcs = [ring, [[8, 46], [9, 46], [9, 47], [8, 47]], ring[2:0:-1]]
    squares = [{"type": "Polygon", "arcs": [[0]]}, {"type": "Polygon", "arcs": [[1, 2]]}]
    layer = {"type": "GeometryCollection", "geometries": squares}
    (tmp_path / "a.topojson").write_text(json.dumps({"type": "Topology", "arcs": arcs, "objects": {"a": layer}}))
    (tmp_path / "link.geojson").symlink_to(tmp_path / "a.geojson")
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["a.geojson", "a.gpkg", "a.shp", "a.fgb", "a.parquet", "a.zip", "a.topojson", "lonlat.geojson", "link.geojson"],
)
def test_formats_that_are_read(folder, name):
    shapes = read_boundaries(folder / name)
    west_first = sorted(shapes, key=lambda shape: shape.bounds)
    for shape, square in zip(west_first, SQUARES, strict=True):
        assert shape.symmetric_difference(square).area < 1e-6


def test_a_name_means_nothing(folder):
    (folder / "a.fgb").rename(folder / "outlines.json")
    assert len(read_boundaries(folder / "outlines.json")) == 2
    (folder / "vsizip:a!b.geojson").write_bytes((folder / "lonlat.geojson").read_bytes())
    assert len(read_boundaries(str(folder / "vsizip:a!b.geojson"))) == 2


def refused(path: Path | str) -> str:
    with pytest.raises(InputError, match="cannot be read as boundaries") as error:
        read_boundaries(path)
    return str(error.value)


@pytest.mark.parametrize("path", [URL, f"/vsicurl/{URL}", "/vsizip/a.zip", "PG:dbname=a", f"GeoJSON:{URL}", VRT, ""])
def test_what_is_no_local_file(path):
    assert "there is no such file; only local files are read" in refused(path) or path == ""


@pytest.mark.parametrize("suffix", ["vrt", "shp", "geojson", "gpkg", "kml", "gdalg.json"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (VRT, "XML"),
        (KML, "XML"),
        (f"\n  {VRT}", "XML"),
        (json.dumps(PIPELINE), "neither GeoJSON nor TopoJSON"),
        (json.dumps({"layers": [], "currentVersion": 10.1}), "neither GeoJSON nor TopoJSON"),
        (json.dumps({"type": "FeatureCollection", "name": VRT, "features": []}), "no geometries"),
        ("{" * 100_000, "damaged"),
        ("WKT,a\nPOINT (1 2),1\n", "are read"),
        ("", "are read"),
        ("\0\0\x27\x0a" + "\0" * 200, "damaged|no geometries"),
        ("PAR1" + "\0" * 50, "damaged"),
        ("fgb\x03fgb" + "\0" * 50, "damaged"),
        ("PK\x03\x04" + "\0" * 50, "damaged"),
    ],
)
def test_virtual_and_damaged_files(tmp_path, content, says, suffix):
    (tmp_path / f"a.{suffix}").write_text(content)
    message = refused(tmp_path / f"a.{suffix}")
    assert any(one in message for one in says.split("|")), message
    for word in ("gdal ", "ogr", "pyogrio", "sqlite", "arrow", "traceback"):
        assert word not in message.lower()


def test_coordinate_systems_are_named_by_code_only(tmp_path):
    def written(name: str) -> Path:
        content = json.loads(SQUARES.to_json()) | {"crs": {"type": "name", "properties": {"name": name}}}
        (tmp_path / "a.geojson").write_text(json.dumps(content))
        return tmp_path / "a.geojson"

    assert total_bounds(read_boundaries(written("urn:ogc:def:crs:OGC:1.3:CRS84"))).tolist() == [7, 46, 9, 47]
    assert "unknown coordinate system" in refused(written(f"+proj=longlat +nadgrids={URL}"))


def test_a_database_with_a_virtual_table(folder):
    with sqlite3.connect(folder / "a.gpkg") as database:
        database.execute("DROP TABLE a")
        database.execute("CREATE VIEW a AS SELECT 1 AS geom")
    assert "damaged" in refused(folder / "a.gpkg")


def test_a_virtual_file_in_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.shp", VRT)
    assert "'a.shp' is no shapefile" in refused(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.vrt", VRT)
    assert "0 shapefiles" in refused(tmp_path / "a.zip")
