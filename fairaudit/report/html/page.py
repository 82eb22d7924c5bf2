"""The page: one offline HTML file without scripts, styles in attributes or requests."""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import UsageError
from fairaudit.report.charts.palette import DARK, LIGHT
from fairaudit.report.html.pictures import ROWS_SHOWN, draw_board, draw_pictures, draw_release, overlap_matrix
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.board import board_view
from fairaudit.report.views.gate import gate_view
from fairaudit.report.views.history import history_view
from fairaudit.report.views.key_numbers import comparison_figures
from fairaudit.report.views.release import ALONE, Beside, ReleaseView, release_view

if TYPE_CHECKING:
    from jinja2 import Environment

    from fairaudit.results.documents import AuditDoc, BoardDoc, ComparisonDoc, GateDoc, HistoryDoc

__all__ = ["render_board", "render_comparison", "render_gate", "render_history", "render_html"]

_OVERLAP: Final = "Share of the speakers of each search's bottom cohort who are in another's as well"
_WARN_BYTES: Final = 2_000_000
_MOST_BYTES: Final = 5_000_000


def render_html(audit: AuditDoc, *, boundaries: Any = None, beside: Beside = ALONE) -> str:
    """Render an audit as one HTML page that needs nothing but a browser.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2), read from a file or straight from an audit.
    boundaries
        Outlines to draw on maps, as :func:`~fairaudit.report.charts.boundaries.read_boundaries` takes them. Without, a
        map of the United States shows its states.
    beside
        Rules, comparison and history to show on the page as well.

    Returns
    -------
    str
        The page. The same audit gives the same text.

    Raises
    ------
    InputError
        If the boundaries cannot be read.
    UsageError
        If the page would be larger than 5 MB, or what is shown beside the audit is of another log or rate.

    Warns
    -----
    UserWarning
        If the page is larger than 2 MB, or has no map for the boundaries.
    """
    from markupsafe import Markup

    view = view_of(audit, beside)
    if boundaries is not None and not any(discovery.regions or discovery.areas for discovery in view.discoveries):
        warnings.warn("boundaries: not used, because the audit has no map", UserWarning, stacklevel=3)
    elif boundaries is not None:
        from fairaudit.report.charts.boundaries import read_boundaries

        boundaries = read_boundaries(boundaries)
    return _page(
        "audit.html.j2",
        view.release,
        figures=view.figures,
        view=view,
        pictures={discovery.anchor: draw_pictures(discovery, boundaries) for discovery in view.discoveries},
        overlap=Markup(overlap_matrix(view.overlap, _OVERLAP) if view.overlap else ""),
    )


def render_comparison(comparison: ComparisonDoc, beside: Beside = ALONE) -> str:
    """Render a comparison as a page of its own, like that of an audit.

    Parameters
    ----------
    comparison
        What ``comparison.json`` holds (schema version 1).
    beside
        Rules and history to show on the page as well.

    Raises
    ------
    UsageError
        If a gate judged another comparison, or the history is of another rate.
    """
    return _page(
        "comparison.html.j2",
        release_view(replace(beside, comparison=comparison)),
        figures=comparison_figures(comparison),
        view=None,
    )


def render_board(board: BoardDoc) -> str:
    """Render a board as a page of its own; ``board`` is what ``board.json`` holds (schema version 1)."""
    view = board_view(board)
    release = ReleaseView(gates=(), comparison=None, audited="", history=None)
    return _page("board.html.j2", release, board=view, pictures=draw_board(view))


def render_gate(gate: GateDoc) -> str:
    """Render the result of a gate as a page of its own; ``gate`` is what ``gate.json`` holds (schema version 1)."""
    release = ReleaseView(gates=(gate_view(gate),), comparison=None, audited="", history=None)
    return _page("gate.html.j2", release, view=None)


def render_history(history: HistoryDoc) -> str:
    """Render a history as a page of its own; ``history`` is what ``history.json`` holds (schema version 1)."""
    release = ReleaseView(gates=(), comparison=None, audited="", history=history_view(history))
    return _page("history.html.j2", release, view=None)


def _page(template: str, release: ReleaseView, **context: Any) -> str:
    """Render a template with what all pages have: the style, the policy that allows it, and what is of the release."""
    from markupsafe import Markup

    environment = _environment()
    css = environment.get_template("page.css.j2").render(light=LIGHT, dark=DARK)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    page = environment.get_template(template).render(
        release=release,
        release_pictures=draw_release(release),
        rows_shown=ROWS_SHOWN,
        css=Markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:",
        **context,
    )
    _check_size(len(page.encode()))
    return page


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fairaudit.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> str:
    """Keep a number and its percent sign, or p and its value, on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%").replace("p = ", "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def _check_size(size: int) -> None:
    megabytes = f"the page has {size / 1e6:.1f} MB"
    if size > _MOST_BYTES:
        raise UsageError(f"{megabytes}, more than {_MOST_BYTES / 1e6:.0f}; give coarser boundaries or fewer cohorts")
    if size > _WARN_BYTES:
        warnings.warn(f"{megabytes}; coarser boundaries would make it smaller", UserWarning, stacklevel=3)
