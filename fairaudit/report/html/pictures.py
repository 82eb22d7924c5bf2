"""The pictures of a page: each drawn at its size, given as inline SVG, and described for readers who cannot see it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.text import search_name
from fairaudit.report.charts.axes import draw_chart, page_style
from fairaudit.report.charts.bars import composition_chart, error_shares_chart
from fairaudit.report.charts.board import board_chart
from fairaudit.report.charts.caterpillar import caterpillar_chart
from fairaudit.report.charts.changes import changes_chart
from fairaudit.report.charts.chart import names_width
from fairaudit.report.charts.history import history_chart, shown_lines
from fairaudit.report.charts.maps import areas_chart, map_bounds, regions_chart, shape_of
from fairaudit.report.charts.null import null_chart
from fairaudit.report.charts.overlap import overlap_chart
from fairaudit.report.charts.voices import voices_chart
from fairaudit.report.html.chart_svg import Frame, chart_svg
from fairaudit.report.views.history import HistoryView, SearchHistory, history_view

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fairaudit.report.charts.chart import Chart
    from fairaudit.report.views.board import BoardView, MeasureView
    from fairaudit.report.views.comparison import ChangeMark, ComparisonView
    from fairaudit.report.views.geography import Box
    from fairaudit.report.views.overlap import OverlapView
    from fairaudit.report.views.release import ReleaseView
    from fairaudit.report.views.search import CohortMark, SearchView
    from fairaudit.results.documents import HistoryDoc

__all__ = [
    "ROWS_SHOWN",
    "ReleasePictures",
    "caterpillar_png",
    "draw_board",
    "draw_pictures",
    "draw_release",
    "history_svg",
    "overlap_matrix",
]

#: Rows of a table, and of its plot, before the rest goes into a fold.
ROWS_SHOWN: Final = 20
_POINT: Final = 1 / 72
#: Widest and highest that a map gets, in points; a wide one has the whole width of the page.
_MAP_WIDTH: Final = 285.0
_WIDE_MAP_WIDTH: Final = 540.0
_MAP_HEIGHT: Final = 440.0
_WIDE: Final = 0.75
#: Points across, points that names take, and their cells.
_HISTORY_DESK: Final = (Frame(700, 250, left=44, right=200), 34)
_HISTORY_PHONE: Final = (Frame(262, 250, left=44, right=96), 16)
_VOICES: Final = Frame(375, 300, left=48)


def draw_pictures(search: SearchView, boundaries: Any = None) -> dict[str, Markup]:
    """Draw everything that a search has to show.

    Parameters
    ----------
    search
        What is printed and drawn of the search.
    boundaries
        Outlines to draw on its maps.

    Returns
    -------
    dict
        Markup by the names of :data:`_PICTURES`, empty where there is nothing to draw.
    """
    from markupsafe import Markup

    return {
        picture.name: Markup(
            picture.draw(
                search,
                f"{search.anchor}-{picture.name}",
                picture.label.format(title=search.title, rate=search.rate),
                boundaries,
            )
        )
        for picture in _PICTURES
    }


@dataclass(frozen=True)
class ReleasePictures:
    """The charts of a release as markup: one for each set of frozen cohorts, and one for each search of the history."""

    changes: tuple[Markup, ...]
    history: tuple[Markup, ...]


def draw_release(release: ReleaseView) -> ReleasePictures:
    """Draw the changes since the last release, and the rates of frozen cohorts over all releases."""
    from markupsafe import Markup

    comparison, history = release.comparison, release.history
    changes, lines = [], []
    if comparison:
        changes = [_changes(comparison, review.title, review.marks) for review in comparison.reviews]
    if history:
        lines = [_history(history, search) for search in history.searches]
    return ReleasePictures(tuple(map(Markup, changes)), tuple(map(Markup, lines)))


def draw_board(board: BoardView) -> tuple[Markup, ...]:
    """Draw each number of all systems."""
    from markupsafe import Markup

    return tuple(Markup(_systems(measure)) for measure in board.measures)


def _systems(measure: MeasureView) -> str:
    """Draw one number of all systems, once for a desk and once for a phone."""
    if all(mark.value is None for mark in measure.marks):
        return ""
    desk, phone = (
        board_chart(measure.marks, measure.axis, scale=measure.scale, narrow=narrow) for narrow in (False, True)
    )
    left = names_width(mark.label for mark in measure.marks)
    return _rows_svg(desk, phone, len(measure.marks), left, measure.systems.caption)


def _caterpillar(search: SearchView, _: str, label: str, __: Any) -> str:
    """Draw the caterpillar plot, once for a desk and once for a phone."""
    rows = search.marks[:ROWS_SHOWN]
    if all(row.rate is None for row in rows):
        return ""
    desk, phone = (
        caterpillar_chart(rows, overall=search.overall, rate=search.rate, narrow=narrow) for narrow in (False, True)
    )
    return _rows_svg(desk, phone, len(rows), names_width(row.label for row in rows), label)


def _rows_svg(desk: Chart, phone: Chart, rows: int, left: float, label: str) -> str:
    """Write a chart of rows, named at their left on a desk and above on a phone."""
    wide, narrow = Frame(700, 17.0 * rows, left=left), Frame(262, 28.0 * rows, left=10, right=10)
    return chart_svg(desk, wide, label, "desk") + chart_svg(phone, narrow, label, "phone")


def caterpillar_png(rows: Sequence[CohortMark], *, overall: float | None, rate: str) -> bytes:
    """Draw the caterpillar plot as PNG on white, for notebooks."""
    buffer = io.BytesIO()
    with page_style():
        left = names_width(row.label for row in rows)
        figure, ax = figure_of(700, 17 * len(rows), left=left, right=12, top=24, bottom=32)
        draw_chart(caterpillar_chart(rows, overall=overall, rate=rate), ax)
        figure.savefig(buffer, format="png", dpi=100, facecolor="#ffffff", metadata={"Software": None})
    return buffer.getvalue()


def _composition(search: SearchView, _: str, label: str, __: Any) -> str:
    """Draw the kinds of errors of the bottom cohort and of the reference."""
    groups = search.composition
    if not groups:
        return ""
    frame = Frame(330, 26.0 * len(groups), left=names_width(group.name for group in groups))
    return chart_svg(composition_chart(groups, rate=search.rate), frame, label)


def _error_shares(search: SearchView, _: str, label: str, __: Any) -> str:
    """Draw where the errors are."""
    shares = search.error_shares[:ROWS_SHOWN]
    if not shares:
        return ""
    frame = Frame(262, 17.0 * len(shares), left=names_width(share.label for share in shares))
    return chart_svg(error_shares_chart(shares, errors=search.rate.errors, exposure=search.rate.exposure), frame, label)


def _null(search: SearchView, _: str, label: str, __: Any) -> str:
    """Draw the null distribution of a search."""
    return chart_svg(null_chart(search.null), Frame(330, 150, left=44), label) if search.null else ""


def _voices(search: SearchView, _: str, label: str, __: Any) -> str:
    """Draw cohorts of voices in two dimensions."""
    if search.voices is None:
        return ""
    return chart_svg(voices_chart(search.voices, rate=search.rate, room=_VOICES.room), _VOICES, label)


def _region_map(search: SearchView, name: str, label: str, boundaries: Any) -> str:
    """Draw the map of a search over places."""
    if not search.regions:
        return ""
    frame = _map_frame(box for region in search.regions for box in region.boxes)
    return chart_svg(regions_chart(search, boundaries, room=frame.room), frame, label, name=name)


def _area_map(search: SearchView, name: str, label: str, boundaries: Any) -> str:
    """Draw the map of a search over zip codes."""
    if not search.areas:
        return ""
    frame = _map_frame(area.bounds for area in search.areas)
    return chart_svg(areas_chart(search, boundaries, room=frame.room), frame, label, name=name)


def _map_frame(boxes: Iterable[Box]) -> Frame:
    """Find how large a map is drawn."""
    shape = shape_of(map_bounds(boxes))
    widest = _WIDE_MAP_WIDTH if shape < _WIDE else _MAP_WIDTH
    across, height = min(widest, _MAP_HEIGHT / shape), min(widest * shape, _MAP_HEIGHT)
    left, right = 50.0, 18.0 + max(0.0, _MAP_WIDTH - across)  # the key is wider than a map that is high
    return Frame(left + across + right, height, left, right)


@dataclass(frozen=True)
class _Picture:
    """A picture of a search: its name in templates and ids, what it shows, and how it is drawn, if it can be."""

    name: str
    label: str
    draw: Callable[[SearchView, str, str, Any], str]


#: Everything that can be drawn of a search.
_PICTURES: Final = (
    _Picture("caterpillar", "{rate} and 95 % intervals of the cohorts of {title}", _caterpillar),
    _Picture("composition", "{rate} by kind of error, bottom cohort of {title} and reference", _composition),
    _Picture("voices", "Cohorts of {title} along the first two principal components", _voices),
    _Picture("map", "Map of the regions of {title} by {rate} against overall", _region_map),
    _Picture("error_shares", "Share of the errors that each region of {title} holds", _error_shares),
    _Picture("areas", "Map of where the speakers of {title} live by {rate} against overall", _area_map),
    _Picture("null", "Highest score of {title} in shuffled logs and in this one", _null),
)


def _changes(comparison: ComparisonView, title: str, marks: Sequence[ChangeMark]) -> str:
    """Draw what became of cohorts since the last release, once for a desk and once for a phone."""
    marks = marks[:ROWS_SHOWN]
    if all(mark.difference is None for mark in marks):
        return ""
    overall, rate = comparison.overall, comparison.rate
    desk, phone = (changes_chart(marks, overall=overall, rate=rate, narrow=narrow) for narrow in (False, True))
    left = names_width(mark.label for mark in marks)
    return _rows_svg(desk, phone, len(marks), left, f"Change of {rate} of the cohorts of {title}")


def history_svg(history: HistoryDoc, title: str) -> str:
    """Draw the cohorts of one search over all releases as SVG.

    Parameters
    ----------
    history
        What ``history.json`` holds (schema version 1).
    title
        Of the search.
    """
    view = history_view(history)
    search = next(search for search in view.searches if search.title == search_name(title))
    svg = _history_chart(view, search, *_HISTORY_DESK)
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1) + "\n"


def _history(view: HistoryView, search: SearchHistory) -> str:
    """Draw the cohorts of one search over all releases, once for a desk and once for a phone."""
    desk = _history_chart(view, search, *_HISTORY_DESK, "desk")
    return desk + _history_chart(view, search, *_HISTORY_PHONE, "phone")


def _history_chart(view: HistoryView, search: SearchHistory, frame: Frame, cells: int, kind: str = "") -> str:
    """Draw it in a frame, with names of so many cells."""
    chart = history_chart(shown_lines(search.lines, cells), view.releases, view.rate, room=frame.room)
    return chart_svg(chart, frame, f"{view.rate} of the cohorts of {search.title} at every release", kind)


def overlap_matrix(overlap: OverlapView, label: str) -> str:
    """Draw the overlap of bottom cohorts as inline SVG."""
    titles, left = len(overlap.titles), names_width(overlap.titles)
    return chart_svg(overlap_chart(overlap), Frame(left + 46 * titles + 6, 26.0 * titles, left, right=6), label)


def figure_of(
    width: float, height: float, *, left: float, right: float, top: float, bottom: float
) -> tuple[Figure, Axes]:
    """Make a figure of the given width whose axes are ``height`` points high; margins are in points as well."""
    from matplotlib.figure import Figure

    total = height + top + bottom
    figure = Figure(figsize=(width * _POINT, total * _POINT))
    ax = figure.add_axes((left / width, bottom / total, (width - left - right) / width, height / total))
    return figure, ax
