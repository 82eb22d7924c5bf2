"""A report in the format that its file's name ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.progress import report
from fairaudit.report.html.page import render_board, render_comparison, render_gate, render_history, render_html
from fairaudit.report.text.latex import board_latex
from fairaudit.report.text.markdown import (
    board_markdown,
    gate_markdown,
    history_markdown,
    release_markdown,
    render_markdown,
)
from fairaudit.report.text.terminal import (
    board_terminal,
    gate_terminal,
    history_terminal,
    release_terminal,
    render_terminal,
)
from fairaudit.report.views.release import ALONE, Beside
from fairaudit.results.reading import is_board, is_comparison, is_gate, is_history, kind_of

if TYPE_CHECKING:
    from fairaudit.results.documents import AnyDoc, AuditDoc, BoardDoc, ComparisonDoc, GateDoc, HistoryDoc

__all__ = ["render_for", "render_page"]

_PAGE: Final = (".html", ".htm")
_AUDITS: Final[Mapping[str, Callable[[AuditDoc, Beside], str]]] = {".md": render_markdown, ".txt": render_terminal}
_COMPARISONS: Final[Mapping[str, Callable[[ComparisonDoc, Beside], str]]] = {
    ".md": release_markdown,
    ".txt": release_terminal,
}

_BOARDS: Final[Mapping[str, Callable[[BoardDoc], str]]] = {
    ".md": board_markdown,
    ".txt": board_terminal,
    ".tex": board_latex,
}
_GATES: Final[Mapping[str, Callable[[GateDoc], str]]] = {".md": gate_markdown, ".txt": gate_terminal}
_HISTORIES: Final[Mapping[str, Callable[[HistoryDoc], str]]] = {".md": history_markdown, ".txt": history_terminal}


def render_page(result: AnyDoc, *, boundaries: Any = None, beside: Beside = ALONE) -> str:
    """Render any kind of result as a page.

    Parameters
    ----------
    result
        What its JSON holds (schema version 1).
    boundaries
        Outlines for the maps of an audit.
    beside
        Rules, comparison and history that are shown with an audit; rules and history with a comparison.

    Raises
    ------
    UsageError
        If the kind of result has no maps, or cannot be shown with what is beside it.
    """
    return render_for(Path("page.html"), result, boundaries=boundaries, beside=beside)


def render_for(path: Path, result: AnyDoc, *, boundaries: Any = None, beside: Beside = ALONE) -> str:
    """Render a result for a file: a page for ``.html``, Markdown for ``.md``, plain text for ``.txt``.

    A board is also LaTeX for ``.tex``.

    Parameters
    ----------
    path
        The file to be written; only its name is looked at.
    result
        What its JSON holds (schema version 1).
    boundaries
        Outlines for the maps of a page.
    beside
        Rules, comparison and history to show as well.

    Raises
    ------
    UsageError
        If the name ends in anything else, boundaries are given for a report without maps, or what is to be shown
        beside the result belongs to another one.
    """
    report("drawing")
    suffix, kind = path.suffix.lower(), kind_of(result)
    if kind in ("board", "gate", "history") and (beside.gates or beside.comparison or beside.history):
        raise UsageError(f"a {kind} is shown with an audit or a comparison, not the other way round")
    if kind == "comparison" and beside.comparison is not None:
        raise UsageError("a comparison is shown with an audit, not with another comparison")
    endings = [*_PAGE, *(_BOARDS if kind == "board" else _AUDITS)]
    if suffix not in endings:
        raise UsageError(unknown_name("ending of a report's name", suffix, endings))
    if boundaries is not None and (kind != "audit" or suffix not in _PAGE):
        what = f"a {kind}" if kind != "audit" else f"a {suffix} report"
        raise UsageError(f"{path.name}: boundaries are for maps, which {what} does not have")
    page = suffix in _PAGE
    if is_board(result):
        return render_board(result) if page else _BOARDS[suffix](result)
    if is_gate(result):
        return render_gate(result) if page else _GATES[suffix](result)
    if is_history(result):
        return render_history(result) if page else _HISTORIES[suffix](result)
    if is_comparison(result):
        return render_comparison(result, beside) if page else _COMPARISONS[suffix](result, beside)
    return render_html(result, boundaries=boundaries, beside=beside) if page else _AUDITS[suffix](result, beside)
