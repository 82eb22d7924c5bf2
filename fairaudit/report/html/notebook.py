"""An audit in a notebook cell: a small table and one picture, which survive GitHub's removal of styles and scripts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from fairaudit.report.views.audit import SearchView, view_of

if TYPE_CHECKING:
    from fairaudit.report.views.tables import Table
    from fairaudit.results.documents import AuditDoc

__all__ = ["PageInNotebook", "render_notebook"]

_COLUMNS: Final = ("rank", "cohort", "rate", "shrunk", "interval", "speakers", "p", "result")
_ROWS: Final = 10
#: Height of the frame around a page, in pixels.
_HEIGHT: Final = 900


@dataclass(frozen=True)
class PageInNotebook:
    """A whole page that shows itself in a notebook cell: in a frame of its own, where nothing can run.

    GitHub leaves frames out; what :func:`render_notebook` gives survives there.

    Attributes
    ----------
    html
        The page.

    Examples
    --------
    >>> PageInNotebook("<p>a & b</p>")._repr_html_()
    '<iframe sandbox width="100%" height="900" srcdoc="&lt;p&gt;a &amp; b&lt;/p&gt;"></iframe>'
    """

    html: str

    def _repr_html_(self) -> str:
        return f'<iframe sandbox width="100%" height="{_HEIGHT}" srcdoc="{escape(self.html)}"></iframe>'


def render_notebook(audit: AuditDoc) -> str:
    """Render an audit as a fragment of plain HTML for ``_repr_html_``.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).

    Returns
    -------
    str
        HTML without scripts, styles or style attributes; the picture is a PNG inside.
    """
    view = view_of(audit)
    parts = [
        f"<p><strong>{escape(view.mark)} {escape(view.verdict_title)}</strong><br>{escape(view.sentence)}</p>",
        *(f"<p>{escape(caveat)}</p>" for caveat in view.caveats),
    ]
    if view.discoveries:
        parts.append(_html_table(view.summary))
    elif view.spread is not None:
        parts.append(f"<p>{escape(' '.join((view.spread.kinds, view.spread.sentences)).strip())}</p>")
    if view.headline is not None and view.headline.marks:
        parts.append(_html_table(view.headline.cohorts.only(_COLUMNS).head(_ROWS)))
        if any(mark.rate is not None for mark in view.headline.marks[:_ROWS]):
            parts.append(_picture(view.headline))
    parts.append(f"<p><code>{escape(view.signature)}</code></p>")
    return "\n".join(parts)


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in table.columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells) + "</tr>" for row in table.rows)
    return (
        f"<table><caption>{escape(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _picture(discovery: SearchView) -> str:
    from fairaudit.report.html.pictures import caterpillar_png

    data = caterpillar_png(discovery.marks[:_ROWS], overall=discovery.overall, rate=discovery.rate)
    alt = escape(f"{discovery.rate} and 95 % intervals of the cohorts of {discovery.title}")
    return f'<img alt="{alt}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
