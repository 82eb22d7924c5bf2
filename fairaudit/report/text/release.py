"""Gates, comparisons and histories as blocks, and what a release review shows of them beside an audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairaudit.report.text.blocks import Block, Grid, Heading, Items, Paragraph, Space, paragraphs
from fairaudit.report.views.tables import Row, Table

if TYPE_CHECKING:
    from fairaudit.report.views.comparison import ComparisonView
    from fairaudit.report.views.gate import GateView
    from fairaudit.report.views.history import HistoryView
    from fairaudit.report.views.release import ReleaseView

__all__ = ["comparison_blocks", "gate_blocks", "history_blocks", "release_blocks"]


def gate_blocks(view: GateView, *, level: int = 2, every_rule: bool = False, alone: bool = False) -> Iterator[Block]:
    """Give the verdict of a gate, without its signature.

    Parameters
    ----------
    view
        What is printed of the gate.
    level
        Level of its heading.
    every_rule
        Say for every rule what it was checked against; else a table of all rules and the reasons of those that did
        not pass.
    alone
        Whether nothing else names what a reader of the verdict must know of the logs.
    """
    yield Heading(view.title, level, view.verdict)
    caveats = view.caveats if alone else ()
    if every_rule:
        for check in view.checks:
            yield from (Space(), Heading(f"{check.status}: {check.rule}", 3, check.outcome))
            yield from paragraphs(check.lines, indent=True)
        if caveats:
            yield Space()
            yield from paragraphs(caveats)
        return
    yield Grid(view.table)
    yield from paragraphs(caveats)
    for check in view.lacking:
        yield from (Heading(f"{check.status}: {check.rule}", 3), Items(check.lines))


def comparison_blocks(view: ComparisonView, limit: int | None = None) -> Iterator[Block]:
    """Give what became of everyone and of every frozen cohort, without title and signature.

    Parameters
    ----------
    view
        What is printed of the comparison.
    limit
        The most cohorts that a table shows, each with a short result; ``None`` shows all in full.
    """
    logs = f"Baseline: {view.baseline}. Candidate: {view.candidate}."
    yield from paragraphs((view.sentence, logs, view.pairing, *view.caveats))
    for review in view.reviews:
        yield from (Space(), Heading(review.title, 3))
        yield from paragraphs((*review.lines, review.tally), indent=True)
        yield Grid(review.cohorts if limit is None else _shortened(review.cohorts.head(limit)))
        if limit is not None and (hidden := len(review.cohorts.rows) - limit) > 0:
            yield Paragraph(f"{hidden} more cohorts are in comparison.json.", indent=True)
    yield Space()
    yield from paragraphs(view.notes)


def history_blocks(view: HistoryView) -> Iterator[Block]:
    """Give a table of rates for each set of frozen cohorts."""
    for table in (view.overall, *(search.table for search in view.searches)):
        yield from (Heading(table.caption, 3), Grid(table), Space())
    yield from paragraphs((view.note, *view.caveats))


def release_blocks(release: ReleaseView, limit: int | None = None) -> Iterator[Block]:
    """Give the comparison with the last release and the history of all releases.

    Parameters
    ----------
    release
        What is shown beside an audit.
    limit
        As in :func:`comparison_blocks`.
    """
    if comparison := release.comparison:
        yield Heading(f"{comparison.mark} {comparison.title}", 3, comparison.verdict)
        yield from comparison_blocks(comparison, limit)
        yield Paragraph(release.side)
    if release.history:
        yield from (Space(), *history_blocks(release.history))


def _shortened(table: Table) -> Table:
    """Leave out why a cohort was not tested, which does not fit on a line."""

    def row(row: Row) -> Row:
        *cells, result = row.cells
        if result.startswith("not tested"):
            result = "not tested"
        return Row((*cells, result), row.tone)

    return Table(table.caption, table.columns, tuple(map(row, table.rows)))
