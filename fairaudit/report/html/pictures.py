"""The pictures of a page: each drawn at its size, given as inline SVG, and described for readers who cannot see it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.text import search_name
from fairaudit.report.charts import (
    draw_caterpillar,
    draw_changes,
    draw_composition,
    draw_error_shares,
    draw_null,
    draw_overlap,
    draw_voices,
)
from fairaudit.report.charts.history import draw_history, shown_lines
from fairaudit.report.charts.maps import draw_areas, draw_regions, map_bounds, shape_of
from fairaudit.report.charts.palette import CLASSES
from fairaudit.report.charts.style import LABEL_CELLS, page_style
from fairaudit.report.html.svg import inline_svg
from fairaudit.report.views.history import HistoryView, SearchHistory, history_view
from fairaudit.report.words.wording import cell_width, shorten
from fairaudit.results.documents import HistoryDoc

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fairaudit.report.views.comparison import ChangeMark, ComparisonView
    from fairaudit.report.views.geography import Box
    from fairaudit.report.views.overlap import OverlapView
    from fairaudit.report.views.release import ReleaseView
    from fairaudit.report.views.search import CohortMark, SearchView

__all__ = [
    "ROWS_SHOWN",
    "ReleasePictures",
    "caterpillar_png",
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
#: Letters half as wide again as others.
_BROAD_LETTERS: Final = "mwMWOQG@%<>=+…"
#: Points across, points that names take, and their cells.
_HISTORY_DESK: Final = (700.0, 200.0, 34)
_HISTORY_PHONE: Final = (262.0, 96.0, 16)


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
        reviews = enumerate(comparison.reviews, start=1)
        changes = [_changes(comparison, i, review.title, review.marks) for i, review in reviews]
    if history:
        searches = enumerate(history.searches, start=1)
        lines = [_history(history, search, f"history-{i}") for i, search in searches]
    return ReleasePictures(tuple(map(Markup, changes)), tuple(map(Markup, lines)))


def _caterpillar(search: SearchView, name: str, label: str, _: Any) -> str:
    """Draw the caterpillar plot, once for a desk and once for a phone."""
    rows = search.marks[:ROWS_SHOWN]
    if all(row.rate is None for row in rows):
        return ""
    with page_style():
        figure, ax = figure_of(262, 28 * len(rows), left=10, right=10, top=40, bottom=32)
        draw_caterpillar(rows, ax, overall=search.overall, rate=search.rate, narrow=True)
        desk = inline_svg(_caterpillar_figure(rows, search.overall, search.rate), name, label, kind="desk")
        return desk + inline_svg(figure, f"{name}-narrow", label, kind="phone")


def caterpillar_png(rows: Sequence[CohortMark], *, overall: float | None, rate: str) -> bytes:
    """Draw the caterpillar plot as PNG on white, for notebooks."""
    buffer = io.BytesIO()
    with page_style():
        figure = _caterpillar_figure(rows, overall, rate)
        figure.savefig(buffer, format="png", dpi=100, facecolor="#ffffff", metadata={"Software": None})
    return buffer.getvalue()


def _caterpillar_figure(rows: Sequence[CohortMark], overall: float | None, rate: str) -> Figure:
    left = _label_width(row.label for row in rows)
    figure, ax = figure_of(700, 17 * len(rows), left=left, right=12, top=24, bottom=32)
    draw_caterpillar(rows, ax, overall=overall, rate=rate)
    return figure


def _composition(search: SearchView, name: str, label: str, _: Any) -> str:
    """Draw the kinds of errors of the bottom cohort and of the reference."""
    if not search.composition:
        return ""
    with page_style():
        left = _label_width(group.name for group in search.composition)
        figure, ax = figure_of(330, 26 * len(search.composition), left=left, right=12, top=24, bottom=32)
        draw_composition(search.composition, ax, rate=search.rate)
        return inline_svg(figure, name, label)


def _error_shares(search: SearchView, name: str, label: str, _: Any) -> str:
    """Draw where the errors are."""
    shares = search.error_shares[:ROWS_SHOWN]
    if not shares:
        return ""
    with page_style():
        left = _label_width(share.label for share in shares)
        figure, ax = figure_of(262, 17 * len(shares), left=left, right=12, top=24, bottom=32)
        draw_error_shares(shares, ax, exposure=search.rate.exposure)
        return inline_svg(figure, name, label)


def _null(search: SearchView, name: str, label: str, _: Any) -> str:
    """Draw the null distribution of a search."""
    if search.null is None:
        return ""
    with page_style():
        figure, ax = figure_of(330, 150, left=44, right=12, top=24, bottom=32)
        draw_null(search.null, ax)
        return inline_svg(figure, name, label)


def _voices(search: SearchView, name: str, label: str, _: Any) -> str:
    """Draw cohorts of voices in two dimensions."""
    if search.voices is None:
        return ""
    with page_style():
        figure, ax = figure_of(375, 300, left=48, right=12, top=8, bottom=36 + _key_height(6, 2))
        draw_voices(search.voices, ax, rate=search.rate)
        return inline_svg(figure, name, label)


def _region_map(search: SearchView, name: str, label: str, boundaries: Any) -> str:
    """Draw the map of a search over places."""
    if not search.regions:
        return ""
    boxes = [box for region in search.regions for box in region.boxes]
    kinds = (
        any(region.step is not None and not region.tested for region in search.regions),
        any(region.step is None for region in search.regions),
        any(region.bottom for region in search.regions),
    )
    return _map(draw_regions, boxes, len(CLASSES) + sum(kinds), search, name, label, boundaries)


def _area_map(search: SearchView, name: str, label: str, boundaries: Any) -> str:
    """Draw the map of a search over zip codes."""
    if not search.areas:
        return ""
    kinds = (any(area.thin for area in search.areas), True, any(area.bottom for area in search.areas))
    boxes = [area.bounds for area in search.areas]
    return _map(draw_areas, boxes, len(CLASSES) + sum(kinds), search, name, label, boundaries)


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


def _map(
    draw: Callable[[SearchView, Axes, Any], Axes],
    boxes: Sequence[Box],
    explained: int,
    search: SearchView,
    name: str,
    label: str,
    boundaries: Any,
) -> str:
    shape = shape_of(map_bounds(boxes))
    widest = _WIDE_MAP_WIDTH if shape < _WIDE else _MAP_WIDTH
    across, height = min(widest, _MAP_HEIGHT / shape), min(widest * shape, _MAP_HEIGHT)
    with page_style():
        left, right, bottom = 50.0, 18.0, 26 + _key_height(explained, 4 if widest > _MAP_WIDTH else 2)
        right += max(0.0, _MAP_WIDTH - across)  # the key is wider than a map that is high
        figure, ax = figure_of(left + across + right, height, left=left, right=right, top=8, bottom=bottom)
        ax.set_anchor("NW")
        draw(search, ax, boundaries)
        return inline_svg(figure, name, label)


def _changes(comparison: ComparisonView, i: int, title: str, marks: Sequence[ChangeMark]) -> str:
    """Draw what became of cohorts since the last release, once for a desk and once for a phone."""
    marks = marks[:ROWS_SHOWN]
    if all(mark.difference is None for mark in marks):
        return ""
    name, label = f"change-{i}", f"Change of {comparison.rate} of the cohorts of {title}"
    overall, rate = comparison.overall, comparison.rate
    with page_style():
        left = _label_width(mark.label for mark in marks)
        desk, ax = figure_of(700, 17 * len(marks), left=left, right=12, top=24, bottom=32)
        draw_changes(marks, ax, overall=overall, rate=rate)
        phone, ax = figure_of(262, 28 * len(marks), left=10, right=10, top=52, bottom=32)
        draw_changes(marks, ax, overall=overall, rate=rate, narrow=True)
        return inline_svg(desk, name, label, kind="desk") + inline_svg(phone, f"{name}-narrow", label, kind="phone")


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
    with page_style():
        svg = inline_svg(_history_figure(view, search, _HISTORY_DESK), "history", _history_label(view, search))
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1) + "\n"


def _history(view: HistoryView, search: SearchHistory, name: str) -> str:
    """Draw the cohorts of one search over all releases as inline SVG, once for a desk and once for a phone.

    ``name`` is the prefix of all ids.
    """
    label = _history_label(view, search)
    with page_style():
        desk = inline_svg(_history_figure(view, search, _HISTORY_DESK), name, label, kind="desk")
        return desk + inline_svg(_history_figure(view, search, _HISTORY_PHONE), f"{name}-narrow", label, kind="phone")


def _history_figure(view: HistoryView, search: SearchHistory, across: tuple[float, float, int]) -> Figure:
    """Draw it so many points wide, so many of them for names, of so many cells."""
    width, right, cells = across
    figure, ax = figure_of(width, 250, left=44, right=right, top=14, bottom=34)
    draw_history(shown_lines(search.lines, cells), view.releases, ax, view.rate)
    return figure


def _history_label(view: HistoryView, search: SearchHistory) -> str:
    return f"{view.rate} of the cohorts of {search.title} at every release"


def overlap_matrix(overlap: OverlapView, name: str, label: str) -> str:
    """Draw the overlap of bottom cohorts as inline SVG."""
    with page_style():
        titles = len(overlap.titles)
        left = _label_width(overlap.titles)
        figure, ax = figure_of(left + 46.0 * titles + 6, 26.0 * titles, left=left, right=6, top=20, bottom=6)
        draw_overlap(overlap, ax)
        return inline_svg(figure, name, label)


def _key_height(entries: int, columns: int) -> float:
    """Points that a key under a picture takes, its title included."""
    return 20 + 14.0 * math.ceil(entries / columns)


def _label_width(labels: Iterable[str]) -> float:
    """Points that the longest of some labels takes beside a plot."""
    short = [shorten(label, LABEL_CELLS) for label in labels]
    return 14 + 5.2 * max(4.0, *(cell_width(label) + sum(map(label.count, _BROAD_LETTERS)) / 2 for label in short))


def figure_of(
    width: float, height: float, *, left: float, right: float, top: float, bottom: float
) -> tuple[Figure, Axes]:
    """Make a figure of the given width whose axes are ``height`` points high; margins are in points as well."""
    from matplotlib.figure import Figure

    total = height + top + bottom
    figure = Figure(figsize=(width * _POINT, total * _POINT))
    ax = figure.add_axes((left / width, bottom / total, (width - left - right) / width, height / total))
    return figure, ax
