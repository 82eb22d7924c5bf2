"""An audit in a notebook cell: a small table and one picture, which survive GitHub's removal of styles and scripts."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any, Final

from fairaudit.report.tables import Table
from fairaudit.report.view import DiscoveryView, view_of

__all__ = ["render_notebook"]

_COLUMNS: Final = ("rank", "cohort", "rate", "shrunk", "interval", "speakers", "p", "result")
_ROWS: Final = 10


def render_notebook(audit: Mapping[str, Any]) -> str:
    """Render an audit as a fragment of plain HTML for ``_repr_html_``.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1).

    Returns
    -------
    str
        HTML without scripts, styles or style attributes; the picture is a PNG inside.
    """
    view = view_of(audit)
    parts = [
        f"<p><strong>{escape(view.mark)} {escape(view.verdict_title)}</strong><br>{escape(view.sentence)}</p>",
        _html_table(view.summary),
    ]
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


def _picture(discovery: DiscoveryView) -> str:
    from fairaudit.report.figures import caterpillar_png

    data = caterpillar_png(discovery.marks[:_ROWS], overall=discovery.overall, rate=discovery.rate)
    alt = escape(f"{discovery.rate} and 95 % intervals of the cohorts of {discovery.title}")
    return f'<img alt="{alt}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
