"""An audit as blocks: in full for Markdown, and as a summary for a terminal, in the same strings as on the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.verdicts import Verdict
from fairaudit.report.text.blocks import Block, Grid, Heading, Items, Paragraph, Signature, Space, grids, paragraphs
from fairaudit.report.text.release import gate_blocks, release_blocks
from fairaudit.report.views.tables import WITHHELD, Column, Row, Table
from fairaudit.report.words.wording import DASH

if TYPE_CHECKING:
    from fairaudit.report.views.audit import AuditView, SearchView

__all__ = ["audit_blocks", "audit_summary"]

_COLUMNS: Final = ("rank", "cohort", "rate", "shrunk", "interval", "speakers", "share", "p", "result")
#: Shorter than on the page; the text around the table says the rest.
_SHORT_TITLES: Final = {"shrunk": "Shrunk", "share": "Share", "result": ""}


def audit_blocks(view: AuditView) -> Iterator[Block]:
    """Give every section of the page, in its order."""
    yield Heading(view.subject.title, level=1)
    yield from paragraphs((view.subject.facts,))
    for gate in view.release.gates:
        yield from gate_blocks(gate)
    yield Heading(f"{view.mark} {view.verdict_title}")
    yield from paragraphs((view.verdict_of,))
    yield Paragraph(view.sentence)
    yield Items((*view.caveats, *view.coverage))
    if not view.redacted:
        text = "This may show numbers for very small groups. Handle it as personal data."
        yield Paragraph(text, strong="Unredacted.")
    yield Heading("Numbers")
    yield Items(
        tuple("; ".join(filter(None, (_number(f.name, f.value, f.interval, f.note), f.change))) for f in view.figures)
    )
    if not view.discoveries:
        yield from _spread(view)
    yield Heading("What next")
    yield Items(view.next_steps, numbered=True)
    yield Items(view.limits, lead="What this audit does not say:")
    if view.discoveries:
        yield from _who(view)
    yield from _words(view)
    if view.discoveries:
        yield from _where(view)
    if release := [*release_blocks(view.release)]:
        yield from (Heading("Since the last release"), *release)
    if view.discoveries:
        yield from _spread(view)
    yield from _searches(view)
    if view.discoveries:
        yield from _trust(view)
    yield Heading("Data quality")
    yield from grids(view.quality, view.drivers, view.joins, view.suppressed)
    if view.quality_notes:
        yield Items(view.quality_notes)
    yield Heading("Method and provenance")
    yield from paragraphs((view.signature, f"Sampling unit: {view.sampling_unit}."))
    yield from grids(view.inputs)
    yield from paragraphs((view.software,))
    yield Heading("A paragraph for a paper", level=3)
    yield Paragraph(view.methods.text)
    yield Items(view.methods.references)
    yield from grids(view.methods.fields)
    yield Heading("Glossary")
    yield Items(tuple(f"{term}: {meaning}" for term, meaning in view.glossary))


def _number(name: str, value: str, interval: str, note: str) -> str:
    return f"{name}: {value}{interval and f', 95 % interval {interval}'} ({note})"


def _who(view: AuditView) -> Iterator[Block]:
    yield Heading(f"Who has {view.rate.higher}")
    yield Paragraph(view.tally)
    if view.flagged is None:
        yield Paragraph(f"No {'group of people' if view.conditions else 'cohort of any search'} is flagged.")
    yield from grids(view.flagged, view.conditions)
    if view.headline is not None:
        yield Heading(f"The cohorts of {view.headline.title}", level=3)
        yield from _cohorts(view.headline)


def _cohorts(search: SearchView) -> Iterator[Block]:
    yield Paragraph(f"Bottom cohort: {search.bottom}")
    yield from paragraphs((search.tally, search.basis))
    yield from grids(search.cohorts, search.composition_table, search.loops, search.voices_table)


def _words(view: AuditView) -> Iterator[Block]:
    if view.wrong_words is None:
        return
    yield Heading("What goes wrong")
    if (overall := view.wrong_words.overall) is not None:
        yield Paragraph(overall.tally)
        yield from grids(overall.words, overall.inserted)
    for group in view.wrong_words.groups:
        yield Heading(group.title, level=3)
        yield from paragraphs((group.parts, group.tally))
        yield from grids(group.words, group.inserted)
    yield Paragraph(view.wrong_words.method)


def _where(view: AuditView) -> Iterator[Block]:
    if view.mapped:
        yield Heading("Where")
    for search in view.mapped:
        yield from grids(search.regions_table, search.areas_table)


def _spread(view: AuditView) -> Iterator[Block]:
    if view.spread is not None:
        yield Heading(f"How uneven {view.rate.people} are")
        yield from paragraphs((view.spread.kinds, view.spread.sentences))
        yield from grids(view.spread.table)


def _searches(view: AuditView) -> Iterator[Block]:
    yield Heading("All searches")
    summary = view.summary if view.discoveries else None
    yield from grids(summary, view.overlap.table if view.overlap else None, view.skipped)
    for one in view.quantiles:
        yield Heading(one.title, level=3)
        yield from paragraphs((one.overall, one.notes))
        yield from grids(*one.tables)
    for search in view.others:
        yield Heading(f"{search.mark} {search.title}: {search.verdict}", level=3)
        yield from _cohorts(search)
        if search not in view.mapped:
            yield from grids(search.regions_table, search.areas_table)
        yield from _evidence(search)


def _trust(view: AuditView) -> Iterator[Block]:
    yield Heading("Can we trust it?")
    if view.headline is not None:
        yield from _evidence(view.headline)
    if view.adjusted is not None:
        yield Heading("Is the gap due to harder material?", level=3)
        yield from paragraphs((view.adjusted_gap, view.adjustment))
        yield from grids(view.adjusted)
    if view.sensitivity is not None:
        yield Heading("Does the result depend on what counts as an error?", level=3)
        yield Paragraph(view.sensitivity.sentences)
        yield from grids(view.sensitivity.table)


def _evidence(search: SearchView) -> Iterator[Block]:
    yield from paragraphs(
        (
            search.reason,
            search.selection,
            search.stability,
            search.detectable,
            search.smallest,
        )
    )
    if search.estimates:
        yield Items(search.estimates, lead="Other estimates of the gap, and what each is for:")
    yield from grids(search.measures) if search.measures else [Paragraph(search.gap_line)]
    yield from grids(search.null_table)
    yield Items((*search.facts, f"Settings: {search.settings}."))


def audit_summary(view: AuditView, limit: int) -> Iterator[Block]:
    """Give the verdict, then a ranked table for each search.

    Parameters
    ----------
    view
        What is printed of the audit.
    limit
        The most cohorts that a table shows.
    """
    yield Heading(view.subject.title, level=1)
    yield from paragraphs((view.subject.facts,))
    for gate in view.release.gates:
        yield from (*gate_blocks(gate, every_rule=True), Space())
    yield Heading(f"{view.mark} {view.verdict_title}", level=1, tone=view.verdict)
    yield from paragraphs((view.verdict_of, view.sentence, *view.caveats, *view.coverage))
    overall, size = view.figures[0], view.figures[-1]
    opening = (overall.name, overall.value, overall.interval, "|", size.value, size.note)
    yield from (Space(), Paragraph(" ".join(filter(None, opening))))
    if view.spread is not None:
        yield from paragraphs((view.spread.kinds, view.spread.sentences))
    if release := [*release_blocks(view.release, limit)]:
        yield from (Space(), Heading("Since the last release"), *release)
    if view.wrong_words is not None and any(short := view.wrong_words.short):
        yield Space()
        yield from paragraphs(short)
    for search in view.discoveries:
        yield from (Space(), *_search_summary(search, limit))
    if view.quantiles:
        yield Space()
        yield from paragraphs(
            f"{one.overall} Those of cohorts are on the page and in audit.json." for one in view.quantiles
        )
    if view.adjusted is not None:
        yield Space()
        yield from paragraphs((view.adjusted_gap, view.adjustment))
        yield from paragraphs((_adjusted_line(row) for row in view.adjusted.rows), indent=True)
    if not view.discoveries:
        yield from (Space(), Heading("What next:", tone=""))
        yield from paragraphs(view.next_steps, indent=True)
    if view.skipped is not None:
        needs = (f"{row.cells[0]} needs {row.cells[1]}" for row in view.skipped.rows)
        yield from (Space(), Heading("Not run:", tone=""))
        yield from paragraphs(needs, indent=True)
    if not view.redacted:
        yield Space()
        yield Paragraph("Unredacted: this may include numbers for very small cohorts. Handle with care.")
    formula = f"Gap = {view.gap_formula}. " if view.discoveries else ""
    yield from (Space(), Paragraph(f"{formula}{view.intervals}"), Signature(view.signature))


def _search_summary(search: SearchView, limit: int) -> Iterator[Block]:
    yield Heading(f"{search.title}: {search.mark} {search.verdict} (p {_is(search.p)})", tone=search.verdict)
    detectable = search.detectable if search.verdict != Verdict.DISPARITY else ""
    bottom = f"Bottom cohort: {search.bottom}" if search.bottom != DASH else ""
    texts = (
        search.reason, search.gap_line, search.selection, search.cross_fitted, detectable, search.smallest, bottom,
        search.stability,
    )  # fmt: skip
    yield from paragraphs(texts, indent=True)
    if search.cohorts.rows:
        yield Grid(_narrowed(search.cohorts.only(_COLUMNS).head(limit)))
    hidden = sum(not row.kept for row in search.cohorts.rows[limit:])
    more = f" The {hidden} after rank {limit} are on the page and in audit.json." if hidden > 0 else ""
    yield from paragraphs((search.tally + more, search.second_opinion), indent=True)


def _adjusted_line(row: Row) -> str:
    search, raw, same, interval, verdict, p, gap, bottom = row.cells
    again = f"adjusted search: {verdict} (p {_is(p)}), {gap}, {bottom}"
    return f"{search}: raw {raw}, adjusted {same}, 95 % interval {interval}; {again}"


def _is(p: str) -> str:
    return p if p.startswith("<") else f"= {p}" if p != DASH else "not defined"


def _narrowed(table: Table) -> Table:
    columns = (Column(c.key, _SHORT_TITLES.get(c.key, c.title), c.numeric) for c in table.columns)
    return Table(table.caption, tuple(columns), tuple(map(_shortened, table.rows)))


def _shortened(row: Row) -> Row:
    """Keep one word of the result of a cohort; the page says why it was not tested."""
    *cells, result = row.cells
    if not result.startswith(WITHHELD):
        result = next((word for word in ("flagged", "not tested") if result.startswith(word)), "")
    return Row((*cells, result), row.tone)
