from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import geopandas
import pytest
from matplotlib.figure import Figure
from shapely import is_valid
from shapely.geometry import LineString, Polygon, box

from fairaudit.core.errors import InputError
from fairaudit.report import caterpillar_chart, draw_chart, null_chart, render_html
from fairaudit.report.charts.boundaries import read_boundaries
from fairaudit.report.charts.chart import Bar, Line, Marker, Text
from fairaudit.report.charts.maps import draw_regions
from fairaudit.report.charts.palette import CLASSES
from fairaudit.report.html.pictures import draw_pictures
from fairaudit.report.views.audit import SearchView, view_of

Json = dict[str, Any]


@pytest.fixture
def geo(rich: Json) -> SearchView:
    return view_of(rich).discoveries[0]


def test_the_caterpillar_draws_every_rate_and_withholds_what_is_withheld(geo: SearchView) -> None:
    chart = caterpillar_chart(geo.marks, overall=geo.overall)
    drawn = {mark.at for mark in chart.marks if isinstance(mark, Marker) and mark.shape != "|"}
    assert drawn == {(100 * mark.rate, y) for y, mark in enumerate(geo.marks) if mark.rate is not None}
    assert [mark.text for mark in chart.marks if isinstance(mark, Text)] == ["withheld"]
    assert [tick.text for tick in chart.y.ticks] == ["R3", "R5", "R1", "R4", "R6", "R0", "R2"]


def test_on_a_phone_the_caterpillar_has_its_names_above_the_rows(geo: SearchView) -> None:
    desk, phone = (caterpillar_chart(geo.marks, overall=geo.overall, narrow=narrow) for narrow in (False, True))
    above = {mark.text: mark for mark in phone.marks if isinstance(mark, Text) and not mark.italic}
    assert [*above] == [tick.text for tick in desk.y.ticks]
    assert phone.y.ticks == ()
    for row, mark in enumerate(above.values()):
        assert mark.at[0] == phone.x.ends[0]
        assert row - 1 < mark.at[1] < row
    assert (desk.x, desk.key) == (phone.x, phone.key)


def test_dollars_in_labels_are_no_mathematics(rich: Json) -> None:
    named = view_of(rich).discoveries[3]
    for narrow in (False, True):
        ax = draw_chart(caterpillar_chart(named.marks, narrow=narrow), Figure().add_subplot())
        labels = [*ax.texts, *ax.get_yticklabels()]
        assert "accent=$\\frac{1}{" in [label.get_text() for label in labels]
        assert not any(label.get_parse_math() for label in labels)


def test_the_null_has_a_bar_per_bin_and_the_observed_score(geo: SearchView) -> None:
    assert geo.null is not None
    *bars, observed = null_chart(geo.null).marks
    assert [bar.opposite[1] for bar in bars if isinstance(bar, Bar)] == [count for count in geo.null.counts if count]
    assert isinstance(observed, Line)
    assert {x for x, _ in observed.points} == {geo.null.observed}


def test_the_map_has_a_corrected_aspect_and_a_class_per_region(geo: SearchView) -> None:
    ax = draw_regions(geo, Figure().add_subplot())
    assert ax.get_aspect() == pytest.approx(1.3, abs=0.02)
    colors = {patch.get_facecolor() for patch in ax.patches}
    assert len(colors & {tuple(patch.get_facecolor()) for patch in ax.get_legend().get_patches()[: len(CLASSES)]}) == 4
    hatches = [patch.get_hatch() for patch in ax.patches if patch.get_hatch()]
    assert sorted(hatches) == ["///", "xxx"]


def test_boundaries_are_read_from_a_file_made_valid_and_clipped(geo: SearchView, tmp_path: Path) -> None:
    bow_tie = Polygon([(-8, 37), (-4, 40), (-8, 40), (-4, 37)])
    shapes = geopandas.GeoDataFrame(geometry=[bow_tie, box(-60, 0, 60, 80), box(100, 0, 110, 10), None,
                                              LineString([(-8, 41), (3, 42)])], crs=None)  # fmt: skip
    assert is_valid(read_boundaries(shapes)).all()
    shapes.iloc[:2].set_crs("EPSG:4326").to_file(tmp_path / "shapes.geojson")
    ax = draw_regions(geo, Figure().add_subplot(), tmp_path / "shapes.geojson")
    west, east = ax.get_xlim()
    xs = [x for line in ax.lines for x in line.get_xdata()]
    assert xs
    assert min(xs) >= west - 1e-9
    assert max(xs) <= east + 1e-9
    assert "#6f6f6f" in draw_pictures(geo, shapes)["map"]


@pytest.mark.slow
def test_boundaries_change_the_page_only_by_lines(rich: Json) -> None:
    shapes = geopandas.GeoDataFrame(geometry=[box(-8, 37, 2, 43)], crs="EPSG:4326").to_crs("EPSG:3857")
    html = render_html(rich, boundaries=shapes)
    assert "#6f6f6f" in html
    assert html == render_html(rich, boundaries=shapes)


def test_unreadable_boundaries_are_one_sentence(rich: Json, tmp_path: Path) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_text("{")
    with pytest.raises(InputError, match=r"broken\.geojson: cannot be read as boundaries"):
        render_html(rich, boundaries=broken)


@pytest.mark.slow
def test_drawing_never_touches_pyplot() -> None:
    import subprocess

    code = (
        "import sys; from matplotlib.figure import Figure; import fairaudit.report.html.pictures as f;"
        "from fairaudit.report.views.audit import CohortMark;"
        "mark = CohortMark('east', 0.1, 0.1, (0.05, 0.2), False, True, False);"
        "f.caterpillar_png([mark], overall=0.1, rate='WER');"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.slow
def test_pages_need_no_matplotlib_and_only_maps_need_shapely(rich: Json, tmp_path: Path) -> None:
    import json
    import subprocess

    code = (
        "import json, sys; from pathlib import Path; from fairaudit.report import render_html;"
        "html = render_html(json.loads(Path(sys.argv[1]).read_text()), boundaries=sys.argv[2] or None);"
        "print(html.count('<svg'), *({'matplotlib', 'geopandas', 'pyproj', 'shapely', 'numpy', 'pandas'}"
        " & {*sys.modules}))"
    )
    path, outlines, root = tmp_path / "audit.json", tmp_path / "land.geojson", Path(__file__).resolve().parents[2]
    outlines.write_text(geopandas.GeoSeries([box(-8, 37, 2, 43)]).to_json())
    searches = rich["discoveries"]
    for shown, behind, needed in (
        (searches, "", {"shapely", "numpy"}),
        (searches, outlines, {"shapely", "numpy"}),
        (searches[2:], "", set()),
    ):
        path.write_text(json.dumps({**rich, "discoveries": shown}))
        command = [sys.executable, "-c", code, path, behind]
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        pictures, *loaded = ran.stdout.split()
        assert set(loaded) == needed
        assert int(pictures) > 5


def test_importing_the_report_loads_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys, fairaudit.report;"
        "sys.exit(bool({'matplotlib', 'geopandas', 'jinja2', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
