"""From an audit to what is printed: every string of page, terminal, notebook and Markdown, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairaudit.report import sentences
from fairaudit.report.advice import glossary, limits, next_steps
from fairaudit.report.audit_tables import (
    adjusted_table,
    inputs_table,
    joins_table,
    quality_table,
    settings_table,
    skipped_table,
    summary_table,
)
from fairaudit.report.cohort_tables import flagged_table, gap_formula
from fairaudit.report.discovery_view import MARKS, CohortMark, DiscoveryView, NullView, discovery_view
from fairaudit.report.overlap import OverlapView, overlap_view
from fairaudit.report.sensitivity import SensitivityView, sensitivity_view
from fairaudit.report.tables import Table
from fairaudit.report.wording import DASH, count, exposure_word, gap, gap_span, percent, plain, span

__all__ = ["AuditView", "CohortMark", "DiscoveryView", "Figure", "NullView", "view_of"]


@dataclass(frozen=True)
class Figure:
    """One of the numbers at the top: name, value, interval (or nothing), and what it is."""

    name: str
    value: str
    interval: str
    note: str


@dataclass(frozen=True)
class AuditView:
    """Everything printed about an audit.

    Attributes
    ----------
    headline
        The search that the page opens with: strongest verdict, smallest p, largest gap.
    others
        All other searches, in the order of the audit.
    mapped
        The searches whose maps stand in the open: the strongest over regions, the strongest over zip codes.
    flagged
        The flagged cohorts of all searches.
    """

    rate: str
    verdict: str
    verdict_title: str
    mark: str
    sentence: str
    coverage: tuple[str, ...]
    figures: tuple[Figure, ...]
    gap_formula: str
    intervals: str
    headline: DiscoveryView | None
    others: tuple[DiscoveryView, ...]
    mapped: tuple[DiscoveryView, ...]
    discoveries: tuple[DiscoveryView, ...]
    tally: str
    flagged: Table | None
    summary: Table
    overlap: OverlapView | None
    adjusted: Table | None
    adjustment: str
    sensitivity: SensitivityView | None
    quality: Table
    quality_notes: tuple[str, ...]
    joins: Table | None
    skipped: Table | None
    next_steps: tuple[str, ...]
    limits: tuple[str, ...]
    inputs: Table
    settings: Table
    redacted: bool
    sampling_unit: str
    signature: str
    glossary: tuple[tuple[str, str], ...]


def view_of(audit: Mapping[str, Any]) -> AuditView:
    """Turn an audit (the contract of ``audit.json``, schema version 1) into what is printed of it."""
    rate = sentences.rate_name(audit["rate"])
    raw = audit["discoveries"]
    views = tuple(discovery_view(i, discovery, audit) for i, discovery in enumerate(raw, start=1))
    lead = sentences.headline(raw)
    verdict = sentences.overall_verdict(raw)
    adjusted = audit.get("adjusted")
    sensitivity = sensitivity_view(audit, rate)
    warnings = (sensitivity.warning,) if sensitivity and sensitivity.warning else ()
    return AuditView(
        rate=rate,
        verdict=verdict,
        verdict_title=sentences.verdict_title(verdict),
        mark=MARKS[verdict],
        sentence=sentences.verdict_sentence(audit),
        coverage=(*sentences.coverage(audit), *warnings),
        figures=_figures(audit, lead, rate),
        gap_formula=gap_formula(rate, lead),
        intervals=sentences.intervals(audit),
        headline=next((view for view, discovery in zip(views, raw, strict=True) if discovery is lead), None),
        others=tuple(view for view, discovery in zip(views, raw, strict=True) if discovery is not lead),
        mapped=_mapped(raw, views),
        discoveries=views,
        tally=sentences.cohort_tally(raw),
        flagged=flagged_table(raw, rate),
        summary=summary_table(views),
        overlap=overlap_view(raw),
        adjusted=adjusted_table(adjusted, raw, views) if adjusted else None,
        adjustment=sentences.adjustment(adjusted) if adjusted else "",
        sensitivity=sensitivity,
        quality=quality_table(audit["quality"]),
        quality_notes=tuple(map(plain, audit["quality"]["notes"])),
        joins=joins_table(audit["quality"]["join_rates"]),
        skipped=skipped_table(audit["skipped"]),
        next_steps=next_steps(audit, sensitivity),
        limits=limits(audit),
        inputs=inputs_table(audit["inputs"], audit.get("side_tables", ())),
        settings=settings_table(audit["signature"]),
        redacted=audit["redacted"],
        sampling_unit=plain(audit["sampling_unit"]),
        signature=plain(audit["signature"]),
        glossary=glossary(audit, rate),
    )


def _mapped(raw: Sequence[Mapping[str, Any]], views: Sequence[DiscoveryView]) -> tuple[DiscoveryView, ...]:
    pairs = list(zip(raw, views, strict=True))
    with_regions = [discovery for discovery, view in pairs if view.regions]
    with_areas = [discovery for discovery, view in pairs if view.areas]
    leads = (sentences.headline(with_regions), sentences.headline(with_areas))
    return tuple(view for lead in leads if lead is not None for discovery, view in pairs if discovery is lead)


def _figures(audit: Mapping[str, Any], lead: Mapping[str, Any] | None, rate: str) -> tuple[Figure, ...]:
    overall = audit["overall"]
    held_out = lead["held_out"] if lead else None
    words = exposure_word(rate)
    source = f"by {plain(lead['title'])}, on held-out speakers" if lead and held_out else "nothing was held out"
    share = held_out["bottom_share"] if held_out else None
    return (
        Figure(f"Overall {rate}", percent(overall["rate"]), _if_known(span(overall["interval"], percent)),
               f"{count(overall['errors'])} errors ÷ {count(overall['exposure'])} {words}"),
        Figure(f"Bottom-cohort {rate}", percent(held_out["bottom_rate"]) if held_out else DASH,
               _bottom_interval(lead), source),
        Figure("Held-out gap", gap(held_out["gap_relative"]) if held_out else DASH,
               _if_known(gap_span(held_out["gap_interval"])) if held_out else "",
               gap_formula(rate, lead)),
        Figure("Bottom-cohort share", percent(share["speakers"]) if share else DASH, "",
               f"of the speakers, with {percent(share['errors'])} of the errors" if share else source),
        Figure("Size", count(overall["speakers"]), "", f"speakers, {count(overall['utterances'])} utterances"),
    )  # fmt: skip


def _if_known(text: str) -> str:
    return "" if text == DASH else text


def _bottom_interval(lead: Mapping[str, Any] | None) -> str:
    """Give the interval of the bottom cohort's rate where it is one cohort of the held-out table."""
    if lead is None or lead["bottom"] is None or lead["measured_on"] != "held-out speakers":
        return ""
    ids = lead["bottom"]["cohort_ids"]
    cohorts = [c for c in lead["cohorts"] if c["id"] in ids and c["interval"] is not None]
    return span(cohorts[0]["interval"], percent) if len(ids) == len(cohorts) == 1 else ""
