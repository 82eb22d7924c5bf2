"""Figures by name: what ``audit.plot(kind)`` draws, and which kinds a result has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import UsageError, setting, unknown_name
from fairaudit.core.text import search_name
from fairaudit.report.charts.axes import draw_chart, room_of
from fairaudit.report.charts.bars import composition_chart, error_shares_chart
from fairaudit.report.charts.caterpillar import caterpillar_chart
from fairaudit.report.charts.changes import changes_chart
from fairaudit.report.charts.history import history_chart, shown_lines
from fairaudit.report.charts.maps import draw_areas, draw_regions
from fairaudit.report.charts.null import null_chart
from fairaudit.report.charts.overlap import overlap_chart
from fairaudit.report.charts.voices import voices_chart
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.comparison import comparison_view
from fairaudit.report.views.history import history_view

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.search import SearchView
    from fairaudit.results.documents import AuditDoc, ComparisonDoc, HistoryDoc

__all__ = ["plot_audit", "plot_comparison", "plot_history"]

#: Rows of a figure, as on the page.
_ROWS: Final = 20


@dataclass(frozen=True)
class _Plot:
    """A figure of one search.

    Attributes
    ----------
    rows
        What is drawn, one mark per item; empty where there is nothing to draw.
    draw
        Draws it.
    """

    rows: Callable[[SearchView], Sequence[object]]
    draw: Callable[[SearchView, Axes, Any], Axes]


_PLOTS: Final[Mapping[str, _Plot]] = {
    "caterpillar": _Plot(
        lambda d: [mark for mark in d.marks[:_ROWS] if mark.rate is not None],
        lambda d, ax, _: draw_chart(caterpillar_chart(d.marks[:_ROWS], overall=d.overall, rate=d.rate), ax),
    ),
    "null": _Plot(
        lambda d: [d.null] if d.null else [],
        lambda d, ax, _: draw_chart(null_chart(d.null), ax) if d.null else ax,
    ),
    "composition": _Plot(
        lambda d: d.composition,
        lambda d, ax, _: draw_chart(composition_chart(d.composition, rate=d.rate), ax),
    ),
    "regions": _Plot(lambda d: d.regions, draw_regions),
    "error_shares": _Plot(
        lambda d: d.error_shares[:_ROWS],
        lambda d, ax, _: draw_chart(
            error_shares_chart(d.error_shares[:_ROWS], errors=d.rate.errors, exposure=d.rate.exposure), ax
        ),
    ),
    "areas": _Plot(lambda d: d.areas, draw_areas),
    "voices": _Plot(
        lambda d: [d.voices] if d.voices else [],
        lambda d, ax, _: draw_chart(voices_chart(d.voices, rate=d.rate, room=room_of(ax)), ax) if d.voices else ax,
    ),
}
_OVERLAP: Final = "overlap"
_SMALL: Final = f" (cohorts whose figures are withheld are left out; {setting('unredacted', True)} draws them)"


def plot_audit(
    audit: AuditDoc, kind: str, *, ax: Axes | None = None, search: str | None = None, boundaries: Any = None
) -> Axes:
    """Draw a figure of an audit; :meth:`Audit.plot <fairaudit.results.audit.Audit.plot>` describes it.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).
    kind, ax, boundaries
        As in the method.
    search
        Title of a search.
    """
    view, title = view_of(audit), search and search_name(search)
    searches = [d for d in (view.headline, *view.others) if d is not None and title in (None, d.title)]
    if search is not None and not searches:
        raise UsageError(unknown_name("search", search, [d.title for d in view.discoveries]))
    kinds = [name for name, plot in _PLOTS.items() if any(map(plot.rows, searches))]
    if view.overlap is not None:
        kinds.append(_OVERLAP)
    if kind not in kinds:
        small = any(cohort["suppressed"] for d in audit["discoveries"] for cohort in d["cohorts"])
        raise UsageError(_lacking("audit", kind, kinds, (*_PLOTS, _OVERLAP), search) + (_SMALL if small else ""))
    if kind == _OVERLAP and view.overlap is not None:
        return draw_chart(overlap_chart(view.overlap), ax or _new_axes(len(view.overlap.titles)))
    plot = _PLOTS[kind]
    chosen = next(d for d in searches if plot.rows(d))
    if boundaries is not None:
        from fairaudit.report.charts.boundaries import read_boundaries

        boundaries = read_boundaries(boundaries)
    return plot.draw(chosen, ax or _new_axes(len(plot.rows(chosen))), boundaries)


def plot_comparison(comparison: ComparisonDoc, kind: str, *, ax: Axes | None = None, search: str | None = None) -> Axes:
    """Draw a figure of a comparison, given what ``comparison.json`` holds (schema version 1)."""
    view, title = comparison_view(comparison), search and search_name(search)
    reviews = [
        review
        for review in view.reviews
        if title in (None, review.title) and any(mark.difference is not None for mark in review.marks)
    ]
    if search is not None and title not in (titles := [review.title for review in view.reviews]):
        raise UsageError(unknown_name("search", search, titles))
    if kind != "changes" or not reviews:
        raise UsageError(_lacking("comparison", kind, ["changes"] if reviews else [], ("changes",), search))
    marks = reviews[0].marks[:_ROWS]
    return draw_chart(changes_chart(marks, overall=view.overall, rate=view.rate), ax or _new_axes(len(marks)))


def plot_history(history: HistoryDoc, kind: str, *, ax: Axes | None = None, search: str | None = None) -> Axes:
    """Draw a figure of a history, given what ``history.json`` holds (schema version 1)."""
    view, title = history_view(history), search and search_name(search)
    searches = [found for found in view.searches if title in (None, found.title)]
    if search is not None and not searches:
        raise UsageError(unknown_name("search", search, [found.title for found in view.searches]))
    drawn = [found for found in searches if found.lines] if view.releases else []
    if kind != "history" or not drawn:
        raise UsageError(_lacking("history", kind, ["history"] if drawn else [], ("history",), search))
    ax = ax or _new_axes(_ROWS // 2)
    return draw_chart(history_chart(shown_lines(drawn[0].lines), view.releases, view.rate, room=room_of(ax)), ax)


def _lacking(of: str, kind: str, kinds: Sequence[str], known: Sequence[str], search: str | None) -> str:
    """Say that a result has no such figure, and which it has."""
    if kind not in known:
        return unknown_name("kind of plot", kind, kinds)
    which = f"the {of}" if search is None else f"the search {search!r}"
    return f"{which} has no {kind!r} to plot; it has {list(kinds)}"


def _new_axes(rows: int) -> Axes:
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(7, max(3.0, 1.2 + 0.3 * rows)), layout="constrained")
    return ax
