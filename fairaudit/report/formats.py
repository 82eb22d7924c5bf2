"""A report in the format that its file's name ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fairaudit.errors import UsageError, unknown_name
from fairaudit.report.audit_markdown import render_markdown
from fairaudit.report.page import render_html
from fairaudit.report.release_view import ALONE, Beside
from fairaudit.report.terminal import render_terminal

__all__ = ["render_for"]

_PAGE: Final = (".html", ".htm")
_TEXTS: Final[Mapping[str, Callable[[Mapping[str, Any], Beside], str]]] = {
    ".md": render_markdown,
    ".txt": render_terminal,
}


def render_for(path: Path, audit: Mapping[str, Any], *, boundaries: Any = None, beside: Beside = ALONE) -> str:
    """Render an audit for a file: a page for ``.html``, Markdown for ``.md``, plain text for ``.txt``.

    Parameters
    ----------
    path
        The file to be written; only its name is looked at.
    audit
        What ``audit.json`` holds (schema version 1).
    boundaries
        Outlines for the maps of a page.
    beside
        Rules, comparison and history that are told as well.

    Raises
    ------
    UsageError
        If the name ends in anything else, or boundaries are given for a report without maps.
    """
    suffix = path.suffix.lower()
    if suffix in _PAGE:
        return render_html(audit, boundaries=boundaries, beside=beside)
    if suffix not in _TEXTS:
        raise UsageError(unknown_name("ending of a report's name", suffix, [*_PAGE, *_TEXTS]))
    if boundaries is not None:
        raise UsageError(f"{path.name}: boundaries are for maps, which a {suffix} report does not have")
    return _TEXTS[suffix](audit, beside)
