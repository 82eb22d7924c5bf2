"""An audit as Markdown, for pull requests and wikis: the very strings of the page, without its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fairaudit.report.text.markdown import escaped, markdown_table
from fairaudit.report.text.release import gates_blocks, release_blocks
from fairaudit.report.views.audit import AuditView, DiscoveryView, view_of
from fairaudit.report.views.release import ALONE, Beside
from fairaudit.report.views.tables import Table

__all__ = ["render_markdown"]


def render_markdown(audit: Mapping[str, Any], beside: Beside = ALONE) -> str:
    """Render an audit as Markdown with GitHub's tables.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1).
    beside
        Rules, comparison and history that are told as well.

    Returns
    -------
    str
        The sections of the page in their order; the same audit gives the same text.
    """
    view = view_of(audit, beside)
    return "\n\n".join(block for section in _SECTIONS for block in section(view)) + "\n"


def _gates(view: AuditView) -> Iterator[str]:
    yield from gates_blocks(view.release)


def _verdict(view: AuditView) -> Iterator[str]:
    yield f"# {view.mark} {view.verdict_title}"
    yield escaped(view.sentence)
    yield _list(view.coverage)
    if not view.redacted:
        yield "**Unredacted.** May show figures of very small groups; handle it as personal data."


def _numbers(view: AuditView) -> Iterator[str]:
    yield "## Five numbers"
    told = ((f"{f.name}: {f.value} {f.interval} ({f.note})".replace("  ", " "), f.change) for f in view.figures)
    yield _list("; ".join(filter(None, parts)) for parts in told)


def _release(view: AuditView) -> Iterator[str]:
    if told := [*release_blocks(view.release)]:
        yield from ("## Since the last release", *told)


def _who(view: AuditView) -> Iterator[str]:
    yield "## Who is served worse"
    yield escaped(view.tally)
    yield from _table(view.flagged) if view.flagged else ["No cohort of any search is flagged."]
    if view.headline is not None:
        yield f"### The cohorts of {escaped(view.headline.title)}"
        yield from _cohorts(view.headline)


def _cohorts(discovery: DiscoveryView) -> Iterator[str]:
    yield f"Bottom cohort: {escaped(discovery.bottom)}"
    yield escaped(discovery.tally)
    for table in (discovery.cohorts, discovery.composition_table, discovery.voices_table):
        yield from _table(table)


def _where(view: AuditView) -> Iterator[str]:
    if view.mapped:
        yield "## Where"
    for discovery in view.mapped:
        yield from _table(discovery.regions_table)
        yield from _table(discovery.areas_table)


def _searches(view: AuditView) -> Iterator[str]:
    yield "## All searches side by side"
    yield from _table(view.summary)
    yield from _table(view.overlap.table if view.overlap else None)
    if view.adjusted is not None:
        yield escaped(view.adjustment)
        yield from _table(view.adjusted)
    yield from _table(view.skipped)
    for discovery in view.others:
        yield f"### {discovery.mark} {escaped(discovery.title)}: {discovery.verdict}"
        yield from _cohorts(discovery)
        if discovery not in view.mapped:
            yield from _table(discovery.regions_table)
            yield from _table(discovery.areas_table)
        yield from _evidence(discovery)


def _trust(view: AuditView) -> Iterator[str]:
    yield "## Can we trust it?"
    if view.headline is not None:
        yield from _evidence(view.headline)
    if view.sensitivity is not None:
        yield "### Does it depend on what counts as an error?"
        yield escaped(view.sensitivity.sentences)
        yield from _table(view.sensitivity.table)


def _evidence(discovery: DiscoveryView) -> Iterator[str]:
    texts = (discovery.reason, discovery.stability, discovery.detectable, discovery.cross_fitted,
             discovery.second_opinion)  # fmt: skip
    yield from (escaped(text) for text in texts if text)
    yield from _table(discovery.measures) if discovery.measures else [escaped(discovery.gap_line)]
    yield from _table(discovery.null_table)
    yield _list((*discovery.facts, f"Settings: {discovery.settings}."))


def _data(view: AuditView) -> Iterator[str]:
    yield "## Data quality"
    yield from _table(view.quality)
    yield from _table(view.joins)
    yield from _table(view.suppressed)
    if view.quality_notes:
        yield _list(view.quality_notes)


def _next(view: AuditView) -> Iterator[str]:
    yield "## What next, and limits"
    yield "\n".join(f"{number}. {escaped(step)}" for number, step in enumerate(view.next_steps, start=1))
    yield _list(view.limits)


def _provenance(view: AuditView) -> Iterator[str]:
    yield "## Provenance"
    yield escaped(view.signature)
    yield f"Sampling unit: {escaped(view.sampling_unit)}."
    yield from _table(view.inputs)
    if view.software:
        yield escaped(view.software)


def _glossary(view: AuditView) -> Iterator[str]:
    yield "## Glossary"
    yield _list(f"{term}: {meaning}" for term, meaning in view.glossary)


_SECTIONS: Final = (
    _gates,
    _verdict,
    _numbers,
    _release,
    _who,
    _where,
    _searches,
    _trust,
    _data,
    _next,
    _provenance,
    _glossary,
)


def _table(table: Table | None) -> Iterator[str]:
    """A caption and its table; nothing for no table."""
    if table is not None:
        yield f"{escaped(table.caption)}:"
        yield markdown_table(table)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {escaped(item)}" for item in items)
