"""Lines of frozen cohorts over releases."""

from __future__ import annotations

import itertools
from typing import Any
from xml.etree import ElementTree

import pytest

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.report import history_chart, history_svg
from fairaudit.report.charts.chart import Chart, Line, Marker, Text
from fairaudit.report.views.history import HistoryLine, history_view

LABELS = ["east", "north", "old town", "south", "tiny", "west"]


@pytest.fixture(scope="module")
def history(release: Any) -> dict[str, Any]:
    rule = Lookup(("accent",), tuple((label,) for label in LABELS))
    model = CohortModel("named", "named: accent", {}, ("accent",), False, rule, Group((1,), "accent = north"), None)
    first = fairaudit.record([model], "1.0", fairaudit.read_log(release.before))
    later = release.after.query("accent != 'west'")
    return fairaudit.record(first, "<1.1> $x$", fairaudit.read_log(later)).to_dict()


def draw(lines: list[HistoryLine], releases: int = 2) -> Chart:
    return history_chart(lines, [f"1.{n}" for n in range(releases)], room=(450, 250))


def place(chart: Chart) -> list[float]:
    """Heights of the names of lines, as shares of the height of the chart."""
    low, high = chart.y.ends
    return [(mark.at[1] - low) / (high - low) for mark in chart.marks if isinstance(mark, Text)]


def test_tested_cohorts_are_lines_and_what_is_lacking_is_a_gap(history: dict[str, Any]):
    lines = {line.label: line for line in history_view(history).searches[0].lines}
    assert list(lines) == ["all speakers", *(f"accent = {label}" for label in LABELS if label != "tiny")]
    assert lines["accent = north"].bottom
    assert lines["accent = west"].rates[1] is None
    drawn = draw(list(lines.values()))
    joined = [mark.points for mark in drawn.marks if isinstance(mark, Line)]
    assert joined[0] == tuple((x, 100 * rate) for x, rate in enumerate(lines["all speakers"].rates))
    assert len(joined) == len(lines) - 1  # that of the west has one release, so no stroke
    assert len([mark for mark in drawn.marks if isinstance(mark, Marker)]) == 2 * len(lines) - 1
    heights = sorted(place(drawn))
    assert min(high - low for low, high in itertools.pairwise(heights)) > 0.04


@pytest.mark.parametrize(
    ("rates", "strokes"),
    [((0.1, 0.2, None, 0.3, 0.2), [(0, 1), (3, 4)]), ((None, 0.1, None), []), ((0.1, 0.2, 0.3), [(0, 1, 2)])],
)
def test_no_stroke_crosses_a_release_without_a_rate(rates: Any, strokes: list[Any]):
    chart = draw([HistoryLine("east", rates)], len(rates))
    assert [tuple(x for x, _ in mark.points) for mark in chart.marks if isinstance(mark, Line)] == strokes


def test_the_picture_is_sober_and_repeatable(history: dict[str, Any]):
    svg = history_svg(history, "named: accent")
    assert svg == history_svg(history, "named: accent")
    root = ElementTree.fromstring(svg)
    texts = ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]
    assert "<1.1> $x$" in texts
    assert "accent = north" in texts
    assert not any("style" in element.attrib for element in root.iter())


def test_many_releases_and_cohorts_stay_legible(history: dict[str, Any]):
    many = [{**history["releases"][n % 2], "name": f"release {n}"} for n in range(23)]
    view = history_view({**history, "releases": many})
    assert view.overall.caption == "WER overall, the last 10 of 23 releases"
    assert [column.title for column in view.overall.columns] == ["Cohort", *(f"release {n}" for n in range(13, 23))]
    assert {len(row.cells) for row in view.searches[0].table.rows} == {11}
    lines = [HistoryLine(f"cohort {n}", (0.1 + n / 1000, 0.2)) for n in range(20)]
    heights = place(draw(lines))
    assert len(heights) == 20
    assert max(heights) <= 1.0
    assert min(heights) >= 0.0
