"""An audit on the terminal: the verdict, then a ranked table per search, in the very strings of the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairaudit.core.verdicts import Verdict
from fairaudit.report.text.lines import Paint, indented, painter, text_table
from fairaudit.report.text.release import gates_lines, release_lines
from fairaudit.report.views.audit import AuditView, DiscoveryView, view_of
from fairaudit.report.views.release import ALONE, Beside
from fairaudit.report.views.tables import WITHHELD_TEXT, Column, Row, Table

__all__ = ["render_terminal"]

_COLUMNS: Final = ("rank", "cohort", "rate", "shrunk", "interval", "speakers", "share", "p", "result")
#: Narrower than on the page; the words around the table say the rest.
_SHORT_TITLES: Final = {"shrunk": "Shrunk", "share": "Share", "result": ""}


def render_terminal(
    audit: Mapping[str, Any],
    beside: Beside = ALONE,
    *,
    color: bool = False,
    width: int = 100,
    limit: int = 12,
) -> str:
    """Render an audit for a terminal.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1).
    beside
        Rules, comparison and history that are told as well.
    color
        Whether ANSI colour codes may be used.
    width
        Width in cells; tables are not made narrower than their numbers need.
    limit
        The most cohorts that a table shows.

    Returns
    -------
    str
        Lines, the last of which is the signature.
    """
    view, paint = view_of(audit, beside), painter(color)
    lines = [*gates_lines(view.release, paint, width), *_opening(view, paint, width)]
    if told := [*release_lines(view.release, paint, width, limit)]:
        lines += ["", paint("Since the last release", "bold"), *told]
    for discovery in view.discoveries:
        lines += ["", *_discovery(discovery, paint, width, limit)]
    if view.adjusted is not None:
        lines += ["", *textwrap.wrap(view.adjustment, width)]
        for row in view.adjusted.rows:
            search, raw, same, interval, verdict, p, gap, bottom = row.cells
            again = f"searched again: {verdict} (p {_is(p)}), {gap}, {bottom}"
            lines += indented(f"{search}: raw {raw}, adjusted {same} {interval}; {again}", width)
    if view.skipped is not None:
        lines += ["", "Not run:"]
        lines += [line for row in view.skipped.rows for line in indented(f"{row.cells[0]} needs {row.cells[1]}", width)]
    if not view.redacted:
        lines += ["", "Unredacted: figures of very small cohorts may be included. Handle with care."]
    closing = f"Gap = {view.gap_formula}. {view.intervals}"
    lines += ["", *textwrap.wrap(closing, width), paint(view.signature, "dim")]
    return "\n".join(lines) + "\n"


def _opening(view: AuditView, paint: Paint, width: int) -> Iterator[str]:
    yield paint(f"{view.mark} {view.verdict_title}", view.verdict)
    for text in (view.sentence, *view.coverage):
        yield from textwrap.wrap(text, width)
    yield ""
    overall, size = view.figures[0], view.figures[-1]
    yield " ".join(part for part in (overall.name, overall.value, overall.interval, "|", size.value, size.note) if part)


def _discovery(discovery: DiscoveryView, paint: Paint, width: int, limit: int) -> Iterator[str]:
    yield paint(f"{discovery.title}: {discovery.mark} {discovery.verdict} (p {_is(discovery.p)})", discovery.verdict)
    texts = [discovery.reason, discovery.gap_line, discovery.cross_fitted]
    if discovery.verdict != Verdict.DISPARITY:
        texts.append(discovery.detectable)
    if discovery.bottom != "–":
        texts.append(f"Bottom cohort: {discovery.bottom}")
    texts.append(discovery.stability)
    for text in texts:
        yield from indented(text, width)
    if discovery.cohorts.rows:
        yield from text_table(_narrowed(discovery.cohorts.only(_COLUMNS).head(limit)), paint, width)
    hidden = len(discovery.cohorts.rows) - limit
    more = f" The {hidden} after rank {limit} are in the page and in audit.json." if hidden > 0 else ""
    yield from indented(discovery.tally + more, width)
    yield from indented(discovery.second_opinion, width)


def _is(p: str) -> str:
    return p if p.startswith("<") else f"= {p}" if p != "–" else "not defined"


def _narrowed(table: Table) -> Table:
    columns = (Column(c.key, _SHORT_TITLES.get(c.key, c.title), c.numeric) for c in table.columns)
    return Table(table.caption, tuple(columns), tuple(map(_shortened, table.rows)))


def _shortened(row: Row) -> Row:
    """Say in a word how a cohort fared; why it was not tested stands in the page."""
    *cells, result = row.cells
    if result != WITHHELD_TEXT:
        result = next((word for word in ("flagged", "not tested") if result.startswith(word)), "")
    return Row((*cells, result), row.tone)
