"""Read files of outlines. The format is recognised by content, and nothing in a file can make this open another place.

GDAL reads many formats that point elsewhere: virtual files, web services, XML with external entities. It is therefore
called for two formats only (shapefiles and FlatGeobuf), after the first bytes were checked, on a link with a name of
our own in an empty folder. JSON, GeoPackage and GeoParquet are read without GDAL, and the first two without
geopandas, whose import takes longer than most files.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from fairaudit.core.errors import InputError

__all__ = ["LONLAT", "offline", "quiet", "read_outlines"]

#: Shapes, or None where there is none, and their coordinate system, if it is known.
Outlines = tuple[list[Any], Any]

_HEAD: Final = 128
_SHAPEFILE, _FLATGEOBUF, _PARQUET, _ZIP = b"\0\0\x27\x0a", b"fgb\x03fgb", b"PAR1", b"PK\x03\x04"
_SQLITE: Final = b"SQLite format 3\0"
#: A GeoPackage is an SQLite database with one of these marks at byte 68.
_GEOPACKAGE: Final = (68, (b"GPKG", b"GP10", b"GP11"))
_ALLOWED: Final = "GeoJSON, TopoJSON, GeoPackage, shapefiles (.shp, or in a .zip), FlatGeobuf and GeoParquet are read"
#: The files of a shapefile that matter for outlines: shapes, their index, and the coordinate system.
_PARTS: Final = (".shp", ".shx", ".prj")
_LARGEST_ARCHIVE: Final = 1 << 30
#: Bytes of the bounding box in front of the geometry in a GeoPackage, by the code in its flags.
_ENVELOPES: Final = (0, 32, 48, 48, 64)
#: The coordinate system of longitude and latitude.
LONLAT: Final = "EPSG:4326"
_CRS: Final = re.compile(r"(?:urn:ogc:def:crs:)?(OGC|EPSG):(?:[0-9.]*:)?([0-9]+|CRS84)")


def read_outlines(path: Path) -> Outlines:
    """Read the geometries of a local file.

    Returns
    -------
    tuple
        The geometries of shapely, and the coordinate system of the file, if it has one.

    Raises
    ------
    InputError
        If the path is no local file, or the file is damaged or of another format.
    """
    if not path.is_file():
        what = "it is a folder" if path.is_dir() else "there is no such file; only local files are read"
        raise InputError(f"{path}: cannot be read as boundaries: {what}")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        with quiet():
            return _read(path.resolve(), head, path.name)
    except InputError:
        raise
    except Exception as error:  # GDAL, SQLite, Arrow, shapely and PROJ raise what they like
        what = "it is damaged, cut off or without geometries"
        raise InputError(f"{path.name}: cannot be read as boundaries: {what}") from error


def _read(path: Path, head: bytes, name: str) -> Outlines:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return _from_json(path, name)
    if head.startswith(_PARQUET):
        return _from_parquet(path)
    if head.startswith(_SQLITE) and head[_GEOPACKAGE[0] :].startswith(_GEOPACKAGE[1]):
        return _from_geopackage(path)
    if head.startswith(_SHAPEFILE):
        return _by_gdal({part: found for part in _PARTS if (found := _beside(path, part)) is not None})
    if head.startswith(_FLATGEOBUF):
        return _by_gdal({".fgb": path})
    if head.startswith(_ZIP):
        return _from_archive(path, name)
    what = "it is XML (KML, GML, GPX or a virtual file); " if text.startswith(b"<") else ""
    raise InputError(f"{name}: cannot be read as boundaries: {what}{_ALLOWED}")


def _from_json(path: Path, name: str) -> Outlines:
    from shapely.geometry import shape

    content = json.loads(path.read_text("utf-8-sig"))
    kind = content.get("type")
    if kind == "Topology":
        from fairaudit.report.charts.topojson import topology_shapes  # which imports numpy

        return topology_shapes(content), LONLAT
    features = content["features"] if kind == "FeatureCollection" else [content]
    geometries = [one["geometry"] if one.get("type") == "Feature" else one for one in features]
    if not features and kind == "FeatureCollection":
        return [], LONLAT
    if not all(one is None or "coordinates" in one or "geometries" in one for one in geometries):
        raise InputError(f"{name}: cannot be read as boundaries: this JSON is neither GeoJSON nor TopoJSON")
    return [None if one is None else shape(one) for one in geometries], _crs_of(content, name)


def _crs_of(content: Mapping[str, Any], name: str) -> str:
    """The coordinate system of older files; by the standard, GeoJSON is in longitude and latitude."""
    if content.get("crs") is None:
        return LONLAT
    given = str(content["crs"]["properties"].get("name"))
    known = _CRS.fullmatch(given)
    if known is None:
        raise InputError(f"{name}: cannot be read as boundaries: unknown coordinate system {given[:80]!r}")
    return LONLAT if known[2] == "CRS84" else f"EPSG:{known[2]}"


def _from_parquet(path: Path) -> Outlines:
    import geopandas

    geometry = geopandas.read_parquet(str(path)).geometry
    return [*geometry], geometry.crs


def _from_geopackage(path: Path) -> Outlines:
    """Read the first table of geometries; SQLite opens no other file and loads no extension."""
    import shapely

    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        table, column, srs = database.execute(
            "SELECT g.table_name, g.column_name, g.srs_id FROM gpkg_geometry_columns AS g JOIN sqlite_master AS s "
            "ON s.name = g.table_name AND s.type = 'table' AND s.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY g.rowid"
        ).fetchone()
        rows = database.execute(f"SELECT {_quoted(column)} FROM {_quoted(table)}").fetchall()
        system = database.execute(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?",
            [srs],
        ).fetchone()
    crs = None
    if system is not None and srs > 0:
        crs = f"EPSG:{system[1]}" if str(system[0]).upper() == "EPSG" else str(system[2])
    return [*shapely.from_wkb([None if blob is None else _without_header(blob) for (blob,) in rows])], crs


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _without_header(blob: bytes) -> bytes:
    return blob[8 + _ENVELOPES[blob[3] >> 1 & 7] :]


def _from_archive(path: Path, name: str) -> Outlines:
    """Read the only shapefile of a zip archive."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        members = {info.filename: info for info in archive.infolist()}
        shapes = [name for name in members if name.lower().endswith(".shp") and not name.startswith("__MACOSX/")]
        if len(shapes) != 1:
            what = f"the archive holds {len(shapes)} shapefiles, and one is needed"
            raise InputError(f"{name}: cannot be read as boundaries: {what}; {_ALLOWED}")
        stem = shapes[0][:-4].lower()
        parts = {
            suffix: info for suffix in _PARTS for member, info in members.items() if member.lower() == stem + suffix
        }
        if sum(info.file_size for info in parts.values()) > _LARGEST_ARCHIVE:
            raise InputError(
                f"{name}: cannot be read as boundaries: the shapefile is larger than {_LARGEST_ARCHIVE:,} bytes"
            )
        files = {}
        for suffix, info in parts.items():
            files[suffix] = Path(folder) / f"part{suffix}"
            with archive.open(info) as source, files[suffix].open("wb") as target:
                shutil.copyfileobj(source, target)
        with files[".shp"].open("rb") as file:
            if not file.read(4).startswith(_SHAPEFILE):
                raise InputError(f"{name}: cannot be read as boundaries: {shapes[0]!r} is no shapefile; {_ALLOWED}")
        return _by_gdal(files)


def _beside(path: Path, suffix: str) -> Path | None:
    """The file with the same stem and another suffix, in small or capital letters."""
    if suffix == _PARTS[0]:
        return path
    return next((one for one in (path.with_suffix(suffix), path.with_suffix(suffix.upper())) if one.is_file()), None)


def _by_gdal(files: Mapping[str, Path]) -> Outlines:
    """Read geometries by GDAL under names of our own, so that neither a path nor a file beside it means anything."""
    import pyogrio

    with tempfile.TemporaryDirectory() as folder:
        links = [Path(folder) / f"outlines{suffix}" for suffix in files]
        for link, file in zip(links, files.values(), strict=True):
            link.symlink_to(file.resolve())
        with offline():
            geometry = pyogrio.read_dataframe(str(links[0]), columns=[]).geometry
    return [*geometry], geometry.crs


@contextmanager
def quiet() -> Iterator[None]:
    """Hide warnings of libraries about single geometries; what cannot be drawn is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def offline() -> Iterator[None]:
    """Forbid the libraries of maps to use the network, whatever the environment says."""
    import pyogrio
    import pyproj.network

    network: Any = pyproj.network
    settings = {"CPL_VSIL_CURL_ALLOWED_FILENAME": "none", "OGR_SQLITE_LOAD_EXTENSIONS": ""}
    before = {name: pyogrio.get_gdal_config_option(name) for name in settings}
    allowed = network.is_network_enabled()
    pyogrio.set_gdal_config_options(settings)
    network.set_network_enabled(active=False)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
        network.set_network_enabled(active=allowed)
