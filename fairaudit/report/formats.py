"""A report in the format that its file's name ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.report.html.page import render_comparison, render_html
from fairaudit.report.text.markdown import release_markdown, render_markdown
from fairaudit.report.text.terminal import release_terminal, render_terminal
from fairaudit.report.views.release import ALONE, Beside
from fairaudit.results.documents import AuditDoc, ComparisonDoc, ResultDoc
from fairaudit.results.reading import is_comparison

__all__ = ["render_for"]

_PAGE: Final = (".html", ".htm")
_AUDITS: Final[Mapping[str, Callable[[AuditDoc, Beside], str]]] = {".md": render_markdown, ".txt": render_terminal}
_COMPARISONS: Final[Mapping[str, Callable[[ComparisonDoc, Beside], str]]] = {
    ".md": release_markdown,
    ".txt": release_terminal,
}


def render_for(path: Path, result: ResultDoc, *, boundaries: Any = None, beside: Beside = ALONE) -> str:
    """Render an audit or a comparison for a file: a page for ``.html``, Markdown for ``.md``, plain text for ``.txt``.

    Parameters
    ----------
    path
        The file to be written; only its name is looked at.
    result
        What ``audit.json`` or ``comparison.json`` holds (schema version 1).
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
    suffix, compared = path.suffix.lower(), is_comparison(result)
    if compared and beside.comparison is not None:
        raise UsageError("a comparison is shown with an audit, not with another comparison")
    if suffix not in (*_PAGE, *_AUDITS):
        raise UsageError(unknown_name("ending of a report's name", suffix, [*_PAGE, *_AUDITS]))
    if boundaries is not None and (compared or suffix not in _PAGE):
        what = "a comparison" if compared else f"a {suffix} report"
        raise UsageError(f"{path.name}: boundaries are for maps, which {what} does not have")
    page = suffix in _PAGE
    if is_comparison(result):
        return render_comparison(result, beside) if page else _COMPARISONS[suffix](result, beside)
    return render_html(result, boundaries=boundaries, beside=beside) if page else _AUDITS[suffix](result, beside)
