"""Charts as SVG: the same as on matplotlib axes, sober, small, and in colours that the page knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from fairaudit.report import (
    caterpillar_chart,
    composition_chart,
    draw_chart,
    error_shares_chart,
    history_chart,
    null_chart,
    overlap_chart,
    view_of,
    voices_chart,
)
from fairaudit.report.charts.chart import (
    UNIT_SQUARE,
    Area,
    Axis,
    Bar,
    Chart,
    Ellipse,
    Entry,
    Hatch,
    Line,
    Mark,
    Marker,
    Text,
    Tick,
)
from fairaudit.report.charts.maps import areas_chart, regions_chart
from fairaudit.report.charts.palette import CLASSES, ON_SHARES, REGION_BORDER, SHARES, WITHHELD
from fairaudit.report.html.chart_svg import Frame, chart_svg
from fairaudit.report.html.pictures import draw_pictures
from fairaudit.report.views.audit import AuditView
from fairaudit.report.views.history import HistoryLine
from fairaudit.report.views.search import CohortMark

Json = dict[str, Any]
FRAME = Frame(400, 200, left=120)
ROOM = FRAME.room
LINES = [HistoryLine("east", (0.1, None, 0.2)), HistoryLine("all", (0.15, 0.1, 0.1), overall=True)]
CHARTS: dict[str, Callable[[AuditView], Chart]] = {
    "caterpillar": lambda view: caterpillar_chart(view.discoveries[3].marks, overall=0.1),
    "caterpillar on a phone": lambda view: caterpillar_chart(view.discoveries[3].marks, narrow=True),
    "null": lambda view: null_chart(view.discoveries[0].null),
    "composition": lambda view: composition_chart(view.discoveries[0].composition),
    "error shares": lambda view: error_shares_chart(view.discoveries[0].error_shares),
    "overlap": lambda view: overlap_chart(view.overlap),
    "voices": lambda view: voices_chart(view.discoveries[2].voices, room=ROOM),
    "regions": lambda view: regions_chart(view.discoveries[0], room=ROOM),
    "squares": lambda view: areas_chart(view.discoveries[1], room=ROOM),
    "history": lambda view: history_chart(LINES, ["1.0", "<b>", "$x$"], room=ROOM),
}


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest, rich: Json) -> Chart:
    return CHARTS[request.param](view_of(rich))


def texts(svg: str) -> Counter[str]:
    return Counter(text.text or "" for text in ElementTree.fromstring(svg).iter("text"))


def square(*marks: Any, **given: Any) -> str:
    """A chart of 100 by 100 points, 10 from the left and 8 from the top, with axes from 0 to 100."""
    axis = Axis((0.0, 100.0))
    return chart_svg(Chart(axis, axis, marks, **given), Frame(110, 100, left=10, right=0), "test")


def strokes(mark: Mark) -> int:
    return len(mark.rings) if isinstance(mark, Area | Hatch) else 0 if isinstance(mark, Text) else 1


def test_both_drawings_say_the_same(chart: Chart) -> None:
    ax = draw_chart(chart, Figure().add_subplot())
    drawn = [*ax.texts, *ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label]
    legend = ax.get_legend()
    drawn += [*legend.get_texts(), legend.get_title()] if legend else []
    assert texts(chart_svg(chart, FRAME, "")) == Counter(text.get_text() for text in drawn if text.get_text())


def test_both_drawings_have_every_mark(chart: Chart) -> None:
    ax = draw_chart(chart, Figure().add_subplot())
    kinds = Counter(type(mark) for mark in chart.marks)
    assert len(ax.lines) == kinds[Line] + kinds[Marker]
    assert len(ax.patches) == kinds[Bar] + kinds[Ellipse] + kinds[Area] + kinds[Hatch]
    assert len(ax.texts) == kinds[Text]
    grid = sum(len(axis.ticks) * axis.grid + axis.line for axis in (chart.x, chart.y))
    paths = ElementTree.fromstring(chart_svg(chart, FRAME, "")).findall("path")  # but not those of patterns
    begun = sum(path.attrib["d"].count("M") for path in paths)
    assert begun == grid + sum(map(strokes, [*chart.marks, *(mark for entry in chart.key for mark in entry.marks)]))


def test_the_svg_is_sober_and_in_colours_of_the_page(chart: Chart, bare: Json, page_of: Callable[[Json], str]) -> None:
    svg = chart_svg(chart, FRAME, "label", name="name")
    root = ElementTree.fromstring(svg)
    patterns = {f"url(#{pattern.attrib['id']})" for pattern in root.iter("pattern")}
    assert {element.tag for element in root.iter()} - {"pattern"} == {"svg", "g", "path", "text"}
    assert bool(patterns) == any(isinstance(mark, Hatch) for mark in chart.marks)
    assert all(pattern.startswith("url(#name-") for pattern in patterns)
    names = {name for element in root.iter() for name in element.attrib}
    assert names <= {"viewBox", "width", "height", "role", "aria-label", "class", "d", "x", "y", "transform", "fill",
                     "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "text-anchor",
                     "font-size", "font-weight", "font-style", "id", "patternUnits", "patternTransform"}  # fmt: skip
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "label")
    fixed = {*CLASSES, *SHARES, *ON_SHARES, REGION_BORDER, WITHHELD, "none", "#ffffff"}
    for name in ("fill", "stroke"):
        changing = {*re.findall(rf'\[{name}="([^"]+)"\]', page_of(bare))}
        colors = {element.attrib[name] for element in root.iter() if name in element.attrib}
        assert colors <= fixed | changing | patterns
        assert name == "stroke" or patterns <= colors
        assert colors & changing
    assert not re.search(r"\d\.\d{3}", svg)
    assert svg == chart_svg(chart, FRAME, "label", name="name")


def assert_inside(svg: str) -> None:
    """Every text begins and every stroke goes from and to somewhere inside the picture."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for text in root.iter("text"):
        if "x" in text.attrib:
            assert 0 <= float(text.attrib["x"]) <= width
            assert 0 < float(text.attrib["y"]) <= height
    for path in root.iter("path"):
        assert re.fullmatch(r"[MLHVaz \d.-]+", path.attrib["d"])
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.attrib["d"]):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height


def test_every_place_is_inside_the_picture(chart: Chart) -> None:
    assert_inside(chart_svg(chart, FRAME, ""))


@given(
    st.lists(
        st.builds(
            lambda rate, spread, flags: CohortMark(
                "name",
                rate,
                rate and rate / 2,
                None if rate is None else (rate / (1 + spread), rate * (1 + spread)),
                *flags,
            ),
            st.none() | st.floats(0, 30),
            st.floats(0, 10),
            st.tuples(st.booleans(), st.booleans(), st.booleans()),
        ),
        max_size=5,
    ),
    st.none() | st.floats(0, 30),
    st.sampled_from(["WER", "a rate with a name that is far too long for any key of any chart on any phone"]),
)
@example([CohortMark("name", 5e-324, 0.0, (0.0, 5e-324), False, True, False)], None, "WER")
def test_whatever_the_rates_are_they_are_inside_the_picture(
    rows: list[CohortMark], overall: float | None, rate: str
) -> None:
    for narrow in (False, True):
        chart = caterpillar_chart(rows, overall=overall, rate=rate, narrow=narrow)
        assert_inside(chart_svg(chart, Frame(262, 28.0 * max(len(rows), 1), left=120), ""))


@pytest.mark.parametrize("hostile", ["</text><script>x", "\"&amp;'", "$\\frac{1}{", "短い العربية", "{{7*7}}"])
def test_whatever_is_written_is_text(hostile: str) -> None:
    axis = Axis((0, 1), (Tick(0.5, hostile),), hostile)
    marks = (Text((0, 0), hostile, "#101010"), Line(((0, 0), (1, 1)), "#101010"))
    key = (Entry(hostile, marks[1:]),)
    plain, titled = (chart_svg(Chart(axis, axis, marks, key, title), FRAME, hostile, "desk") for title in ("", hostile))
    assert texts(plain) == {hostile: 6}
    assert texts(titled) == {hostile: 7}
    assert ElementTree.fromstring(plain).attrib["aria-label"] == hostile


@pytest.mark.parametrize(
    ("mark", "drawn"),
    [
        (Line(((0, 0), (50, 0), (50, 100), (100, 0)), "#1"), "M10 108H60V8L110 108"),
        (Marker((50, 50), "|", "#1", size=10), "M60 53V63"),
        (Marker((50, 50), "s", "#1"), "M57 55H63V61H57z"),
        (Marker((50, 50), "D", "#1", size=4 / 2**0.5), "M58 58L60 56L62 58L60 60z"),
        (Marker((50, 50), "o", "#1"), "M57 58a3 3 0 0 1 6 0a3 3 0 0 1 -6 0z"),
        (Bar((0, 25.5), (33.333, 100), "#1"), "M10 82.5H43.33V8H10z"),
        (Ellipse((50, 50), (20, 10), 90, "#1"), "M60 78a20 10 -90 0 1 0 -40a20 10 -90 0 1 0 40z"),
        (Area((((0, 0), (9, 0), (9, 9)), ((2, 1), (3, 1), (3, 2))), "#1"), "M10 108H19V99zM12 107H13V106z"),
    ],
)
def test_marks_are_where_they_belong(mark: Any, drawn: str) -> None:
    assert re.findall(r' d="([^"]+)"', square(mark)) == [drawn]


def test_neighbours_that_look_alike_share_an_element() -> None:
    alike = [Marker((x, 50), "o", "#1") for x in (10, 50, 90)]
    assert square(*alike).count("<path") == 1
    assert square(*alike, Marker((20, 20), "s", "#2"), *alike).count("<path") == 3


def test_hatches_are_patterns_that_are_written_once() -> None:
    hatches = [Hatch((UNIT_SQUARE,), strokes, color) for strokes in ("///", "xx") for color in ("#1", "#2", "#1")]
    root = ElementTree.fromstring(square(*hatches, key=(Entry("thin", (hatches[0],)),)))
    drawn = [path.attrib["fill"] for path in root.findall("path")]
    patterns = {f"url(#{pattern.attrib['id']})": pattern.find("path") for pattern in root.findall("pattern")}
    assert len(drawn) == 7
    assert len(patterns) == 4 == len({*drawn})
    assert [path.attrib["stroke"] for path in map(patterns.get, drawn)] == [*("#1", "#2", "#1") * 2, "#1"]
    assert [path.attrib["d"].count("M") for path in patterns.values()] == [1, 1, 2, 2]


def test_a_key_takes_as_many_rows_as_it_needs() -> None:
    entries = [Entry(f"what number {n} means", (Line(((0, 0.5), (1, 0.5)), "#1"),)) for n in range(5)]
    chart = Chart(Axis((0, 1)), Axis((0, 1)), (), tuple(entries))
    heights = {}
    for width in (900, 300, 150):
        root = ElementTree.fromstring(chart_svg(chart, Frame(width, 50, left=10), ""))
        rows = {text.attrib["y"] for text in root.iter("text")}
        heights[len(rows)] = float(root.attrib["viewBox"].split()[3])
        assert all(0 <= float(text.attrib["x"]) < width for text in root.iter("text"))
    assert [*heights] == sorted(heights) == [1, 3, 5]
    assert heights[3] - heights[1] == heights[5] - heights[3] > 20


def test_pictures_of_a_page_take_few_bytes(rich: Json) -> None:
    """Those that matplotlib wrote took about four times as many."""
    for search in view_of(rich).discoveries:
        pictures = draw_pictures(search)
        rows = len(search.marks)
        assert len(pictures["caterpillar"].encode()) < 2 * (2_500 + 500 * rows)
        assert len(pictures["null"].encode()) < 4_000
        assert len(pictures["map"].encode()) < 2_500 + 400 * len(search.regions)
        assert len(pictures["areas"].encode()) < 3_500 + 400 * len(search.areas)
