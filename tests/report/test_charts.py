"""Every plot draws what its view holds, and nothing over anything else."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from shapely.geometry import box

from fairaudit.report import (
    composition_chart,
    draw_areas,
    draw_chart,
    draw_regions,
    error_shares_chart,
    overlap_chart,
    view_of,
    voices_chart,
)
from fairaudit.report.charts.axes import room_of
from fairaudit.report.charts.boundaries import Boundaries
from fairaudit.report.charts.chart import Bar, Chart, Ellipse, Marker, Text

Json = dict[str, Any]


def marks(chart: Chart, kind: type[Any]) -> list[Any]:
    return [mark for mark in chart.marks if isinstance(mark, kind)]


def test_the_parts_of_a_bar_add_up_to_the_rate(rich: Json) -> None:
    chart = composition_chart(view_of(rich).discoveries[0].composition)
    rows = [[bar for bar in marks(chart, Bar) if bar.corner[1] < row < bar.opposite[1]] for row in range(2)]
    assert [row[-1].opposite[0] for row in rows] == pytest.approx([10.4, 10.0])
    assert [bar.corner[0] for bar in rows[0]] == pytest.approx([0.0, *(bar.opposite[0] for bar in rows[0][:-1])])
    assert [entry.text for entry in chart.key] == ["substitutions", "deletions", "insertions"]


def test_every_bar_of_errors_has_its_tick_of_words(rich: Json) -> None:
    shares = view_of(rich).discoveries[0].error_shares
    chart = error_shares_chart(shares)
    assert [bar.opposite[0] for bar in marks(chart, Bar)] == pytest.approx([100 * share.errors for share in shares])
    assert [tick.at for tick in marks(chart, Marker)] == [(100 * share.exposure, y) for y, share in enumerate(shares)]


def test_the_overlap_prints_in_each_square_what_its_table_says(rich: Json) -> None:
    overlap = view_of(rich).overlap
    assert overlap is not None
    printed = {text.at: text.text for text in marks(overlap_chart(overlap), Text)}
    for y, row in enumerate(overlap.table.rows):
        for x, cell in enumerate(row.cells[1:]):
            assert printed[x, y] == ("same" if x == y else cell)


def test_an_ellipse_holds_half_of_a_normal_cohort(rich: Json) -> None:
    voices = view_of(rich).discoveries[2].voices
    assert voices is not None
    last = voices.voices[-1]
    shape = next(
        shape for shape in marks(voices_chart(voices, room=(315, 300)), Ellipse) if shape.middle == tuple(last.mean)
    )
    cloud = np.random.default_rng(0).multivariate_normal(last.mean, last.covariance, 20_000) - last.mean
    angle = math.radians(shape.angle)
    along = cloud @ [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    assert (np.hypot(*(along / shape.radii).T) <= 1).mean() == pytest.approx(0.5, abs=0.02)


def test_voices_are_whole_and_in_one_scale(rich: Json) -> None:
    voices = view_of(rich).discoveries[2].voices
    assert voices is not None
    chart = voices_chart(voices, room=(315, 300))
    (left, right), (low, high) = chart.x.ends, chart.y.ends
    assert (right - left) / 315 == pytest.approx((high - low) / 300)
    for shape in marks(chart, Ellipse):
        turn = np.linspace(0, 2 * math.pi, 90)
        angle = math.radians(shape.angle)
        x, y = shape.radii[0] * np.cos(turn), shape.radii[1] * np.sin(turn)
        across = shape.middle[0] + x * math.cos(angle) - y * math.sin(angle)
        up = shape.middle[1] + x * math.sin(angle) + y * math.cos(angle)
        assert left < across.min() < across.max() < right
        assert low < up.min() < up.max() < high


def test_no_two_names_of_voices_overlap(rich: Json) -> None:
    for voice in rich["discoveries"][2]["voices"]["cohorts"]:
        voice["mean"] = [0.02 * (voice["cohort_id"] % 4), 0.01 * (voice["cohort_id"] // 4)]
    voices = view_of(rich).discoveries[2].voices
    assert voices is not None
    figure = Figure(figsize=(7, 5))
    ax = figure.add_axes((0.1, 0.1, 0.6, 0.8))
    draw_chart(voices_chart(voices, room=room_of(ax)), ax)
    figure.canvas.draw()
    names = [text.get_window_extent() for text in ax.texts]
    assert len(names) >= 4
    assert not any(one.overlaps(other) for one, other in combinations(names, 2))
    assert "V0" in {text.get_text() for text in ax.texts}


def test_squares_are_classed_hatched_where_thin_and_crossed_where_nobody_is_reported(rich: Json) -> None:
    ax = draw_areas(view_of(rich).discoveries[1], Figure().add_subplot())
    assert [patch.get_hatch() for patch in ax.patches if patch.get_hatch()] == ["xx", "///"]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend[-3:] == ["fewer than 20 speakers", "fewer than 11, or none", "bottom ≥ 2 × its share"]


def test_regions_end_at_the_coast(rich: Json) -> None:
    import geopandas

    west, south, east, north = -9.0, 36.5, 3.0, 43.0
    land = geopandas.GeoDataFrame(geometry=[box(west, south, east, north)], crs="EPSG:4326")
    ax = draw_regions(view_of(rich).discoveries[0], Figure().add_subplot(), land)
    corners = np.concatenate([patch.get_path().vertices for patch in ax.patches])
    assert corners[:, 0].min() >= west - 0.1
    assert corners[:, 1].max() <= north + 0.1


def test_a_region_that_shares_no_land_stays_whole_and_slits_between_provinces_are_closed() -> None:
    import geopandas

    provinces = geopandas.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1.001, 0, 2, 1)], crs="EPSG:4326")
    outlines = Boundaries(provinces, (-1, -1, 3, 2))
    assert outlines.clip(box(2.5, 1.5, 2.8, 1.8)).equals(box(2.5, 1.5, 2.8, 1.8))
    assert outlines.clip(box(-1, 0, 0, 1)).equals(box(-1, 0, 0, 1))  # which shares a line with the land
    clipped = outlines.clip(box(-1, -1, 3, 2))
    assert clipped.geom_type == "Polygon"
    assert clipped.area == pytest.approx(2, abs=0.01)
    assert Boundaries(None, (-1, -1, 3, 2)).clip(box(0, 0, 1, 1)).equals(box(0, 0, 1, 1))
