"""The shipped outlines: whole, small, made as their README says, and behind maps of the US only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas
import pytest
from matplotlib.figure import Figure
from shapely import Point

from fairaudit.report import render_html
from fairaudit.report.charts.boundaries import read_boundaries
from fairaudit.report.charts.maps import draw_regions
from fairaudit.report.charts.outlines import outlines_behind, us_states
from fairaudit.report.views.audit import view_of

Json = dict[str, Any]
PageOf = Callable[[Json], str]
BORDER = 'stroke="#6f6f6f"'


def over_the_united_states(audit: Json) -> Json:
    """The same audit, its regions stretched from Spain over the lower 48 states."""
    moved = json.loads(json.dumps(audit))
    for region in moved["discoveries"][0]["regions"]:
        west, south, east, north = region["bounds"]
        spread = [-124.0 + (west + 9.3) * 4.5, 26.0 + (south - 36.0) * 2.9]
        region["bounds"] = [round(x, 1) for x in (*spread, -124.0 + (east + 9.3) * 4.5, 26.0 + (north - 36.0) * 2.9)]
    return moved


def frame() -> geopandas.GeoDataFrame:
    states = us_states()
    return geopandas.GeoDataFrame({"name": [*states]}, geometry=[*states.values()], crs="EPSG:4326")


def test_the_states_are_a_whole_and_small_coverage() -> None:
    states = frame()
    assert len(states) == states["name"].nunique() == 56
    assert states.is_valid.all()
    assert states.is_valid_coverage()
    cities = {"Texas": (-97.74, 30.27), "Alaska": (-147.7, 64.8), "Hawaii": (-157.8, 21.35), "Guam": (144.8, 13.47)}
    for name, place in cities.items():
        assert states.loc[states.contains(Point(place)), "name"].tolist() == [name]
    assert len(files("fairaudit.report.charts.outlines").joinpath("us_states.geojson").read_bytes()) < 150_000


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [
        pytest.param((-125.0, 25.0, -67.0, 49.0), True, id="lower 48"),
        pytest.param((-178.0, 18.0, -66.0, 71.0), True, id="all 50"),
        pytest.param((-90.4, 41.7, -82.4, 48.2), True, id="Michigan, whose middle is a lake"),
        pytest.param((-87.6, 24.5, -80.0, 31.0), True, id="Florida, whose middle is the sea"),
        pytest.param((-160.2, 18.9, -154.8, 22.2), True, id="Hawaii"),
        pytest.param((-67.2, 17.9, -65.6, 18.5), True, id="Puerto Rico"),
        pytest.param((-79.7, 43.5, -79.2, 43.9), False, id="Toronto"),
        pytest.param((-123.0, 43.0, -53.0, 60.0), False, id="Canada"),
        pytest.param((-117.0, 15.0, -87.0, 32.5), False, id="Mexico"),
        pytest.param((-8.0, 50.0, 2.0, 60.0), False, id="Britain, as far north as Alaska"),
        pytest.param((-170.0, -60.0, 170.0, 70.0), False, id="the world"),
    ],
)
def test_maps_of_the_united_states_have_states_behind_them(
    bounds: tuple[float, float, float, float], shown: bool
) -> None:
    assert (outlines_behind(bounds) is not None) == shown


def test_a_map_of_the_united_states_shows_its_states_clipped(rich: Json) -> None:
    geo = view_of(over_the_united_states(rich)).discoveries[0]
    ax = draw_regions(geo, Figure().add_subplot())
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    places = [place for line in ax.lines for place in line.get_xydata()]
    assert len(places) > 500
    assert all(west - 1e-9 <= x <= east + 1e-9 and south - 1e-9 <= y <= north + 1e-9 for x, y in places)


@pytest.mark.slow
def test_the_page_shows_them_unless_boundaries_are_given_and_stays_small(rich: Json, page_of: PageOf) -> None:
    abroad, home = page_of(rich), page_of(over_the_united_states(rich))
    assert BORDER not in abroad
    assert BORDER in home
    assert len(home) - len(abroad) < 100_000
    own = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([-100], [40]).buffer(5), crs="EPSG:4326")
    assert render_html(over_the_united_states(rich), boundaries=own).count(BORDER) == 1


@pytest.fixture
def us_atlas(shared_data: Path) -> Path:
    return shared_data / "boundaries" / "us-states-10m.topojson"


@pytest.mark.slow
def test_the_file_is_made_as_its_readme_says(us_atlas: Path, tmp_path: Path) -> None:
    made = tmp_path / "us_states.geojson"
    subprocess.run([sys.executable, "-m", "fairaudit.report.charts.outlines", us_atlas, made], check=True)
    again, shipped = geopandas.read_file(made), frame()
    assert again["name"].tolist() == shipped["name"].tolist()
    assert again.geometry.normalize().geom_equals_exact(shipped.geometry.normalize(), tolerance=1e-9).all()


def test_an_area_that_touches_itself_keeps_its_border(us_atlas: Path) -> None:
    states = geopandas.read_file(us_atlas, layer="states")
    assert not states.is_valid.all()
    assert {shape.geom_type for shape in read_boundaries(states)} == {"Polygon", "MultiPolygon"}
