"""From an audit to what is printed: every string of page, terminal and notebook, and the few numbers figures need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairaudit.report import sentences
from fairaudit.report.audit_tables import (
    adjusted_table,
    inputs_table,
    joins_table,
    quality_table,
    skipped_table,
    summary_table,
)
from fairaudit.report.cohort_tables import (
    cohort_name,
    cohort_table,
    examined_table,
    exposure_word,
    gap_formula,
    measures_table,
    null_table,
)
from fairaudit.report.regions import RegionView, region_table, region_views
from fairaudit.report.tables import Table
from fairaudit.report.wording import DASH, count, gap, gap_span, p_value, percent, plain, span

__all__ = ["AuditView", "CohortMark", "DiscoveryView", "Figure", "NullView", "view_of"]

_MARKS: Final = {"disparity": "▲", "no evidence": "○", "insufficient evidence": "?"}


@dataclass(frozen=True)
class Figure:
    """One of the numbers at the top: name, value, interval (or nothing), and what it is."""

    name: str
    value: str
    interval: str
    note: str


@dataclass(frozen=True)
class CohortMark:
    """What the caterpillar plot draws of a cohort; rates are fractions."""

    label: str
    rate: float | None
    shrunk: float | None
    interval: tuple[float, float] | None
    flagged: bool
    tested: bool
    withheld: bool


@dataclass(frozen=True)
class NullView:
    """The histogram of the highest score per shuffle, and the highest score observed."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    observed: float
    p: str


@dataclass(frozen=True)
class DiscoveryView:
    """Everything printed about one search."""

    anchor: str
    title: str
    method: str
    verdict: str
    verdict_title: str
    mark: str
    reason: str
    p: str
    gap: str
    gap_interval: str
    inflated_gap: str
    gap_line: str
    bottom: str
    bottom_share: str
    detectable: str
    tally: str
    cohorts: Table
    measures: Table | None
    null_table: Table | None
    regions_table: Table | None
    examined: Table | None
    stability: str
    cross_fitted: str
    second_opinion: str
    facts: tuple[str, ...]
    settings: str
    rate: str
    overall: float | None
    marks: tuple[CohortMark, ...]
    null: NullView | None
    regions: tuple[RegionView, ...]


@dataclass(frozen=True)
class AuditView:
    """Everything printed about an audit."""

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
    summary: Table
    discoveries: tuple[DiscoveryView, ...]
    adjusted: Table | None
    adjustment: str
    quality: Table
    quality_notes: tuple[str, ...]
    joins: Table | None
    skipped: Table | None
    inputs: Table
    redacted: bool
    sampling_unit: str
    signature: str


def view_of(audit: Mapping[str, Any]) -> AuditView:
    """Turn an audit (the contract of ``audit.json``, schema version 1) into what is printed of it."""
    rate = sentences.rate_name(audit["rate"])
    discoveries = tuple(_discovery(i, d, audit) for i, d in enumerate(audit["discoveries"], start=1))
    lead = sentences.headline(audit["discoveries"])
    verdict = sentences.overall_verdict(audit["discoveries"])
    adjusted = audit.get("adjusted")
    return AuditView(
        rate=rate,
        verdict=verdict,
        verdict_title=sentences.verdict_title(verdict),
        mark=_MARKS[verdict],
        sentence=sentences.verdict_sentence(audit),
        coverage=sentences.coverage(audit),
        figures=_figures(audit, lead, rate),
        gap_formula=gap_formula(rate, lead),
        intervals=sentences.intervals(audit),
        headline=next((v for v, d in zip(discoveries, audit["discoveries"], strict=True) if d is lead), None),
        summary=summary_table(discoveries),
        discoveries=discoveries,
        adjusted=adjusted_table(adjusted, audit["discoveries"], discoveries) if adjusted else None,
        adjustment=sentences.adjustment(adjusted) if adjusted else "",
        quality=quality_table(audit["quality"]),
        quality_notes=tuple(map(plain, audit["quality"]["notes"])),
        joins=joins_table(audit["quality"]["join_rates"]),
        skipped=skipped_table(audit["skipped"]),
        inputs=inputs_table(audit["inputs"], audit.get("side_tables", ())),
        redacted=audit["redacted"],
        sampling_unit=plain(audit["sampling_unit"]),
        signature=plain(audit["signature"]),
    )


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


def _discovery(place: int, discovery: Mapping[str, Any], audit: Mapping[str, Any]) -> DiscoveryView:
    rate = sentences.rate_name(audit["rate"])
    overall = audit["overall"]["rate"]
    measures = measures_table(discovery, rate)
    held_out = discovery["held_out"]
    bottom = discovery["bottom"]
    shown = gap_span(held_out["gap_interval"]) if held_out else DASH
    relative, inflated = measures.rows[0].cells[1:] if measures else (DASH, DASH)
    return DiscoveryView(
        anchor=f"search-{place}",
        title=plain(discovery["title"]),
        method=discovery["method"],
        verdict=discovery["verdict"],
        verdict_title=sentences.verdict_title(discovery["verdict"]),
        mark=_MARKS[discovery["verdict"]],
        reason=plain(discovery["reason"]),
        p=p_value(discovery["p_value"], discovery["permutations"]),
        gap=relative,
        gap_interval=shown,
        inflated_gap=inflated,
        gap_line=_gap_line(held_out, relative, shown, inflated),
        bottom=plain(bottom["description"]) if bottom else DASH,
        bottom_share=percent(held_out["bottom_share"]["speakers"]) if held_out else DASH,
        detectable=sentences.detectable(discovery),
        tally=sentences.cohort_tally(discovery),
        cohorts=cohort_table(discovery, rate),
        measures=measures,
        null_table=null_table(discovery),
        regions_table=region_table(discovery, overall, rate),
        examined=examined_table(discovery, rate),
        stability=sentences.stability(discovery),
        cross_fitted=sentences.cross_fitted(discovery),
        second_opinion=sentences.second_opinion(discovery),
        facts=_facts(discovery, rate),
        settings=", ".join(f"{plain(name)} = {plain(value)}" for name, value in discovery["settings"].items())
        or "none",
        rate=rate,
        overall=overall,
        marks=tuple(_mark(cohort) for cohort in discovery["cohorts"]),
        null=_null(discovery),
        regions=region_views(discovery, overall),
    )


def _gap_line(held_out: Mapping[str, Any] | None, relative: str, shown: str, inflated: str) -> str:
    if held_out is None:
        return "No gap could be measured on held-out speakers, so no search-inflated one is shown either."
    share = percent(held_out["bottom_share"]["speakers"])
    return f"Held-out gap {relative} {shown} | search-inflated {inflated} | bottom share {share} of speakers"


def _mark(cohort: Mapping[str, Any]) -> CohortMark:
    interval = cohort["interval"]
    label = plain(cohort["label"])
    return CohortMark(
        label=label or cohort_name(cohort),
        rate=cohort["rate"],
        shrunk=cohort["shrunk_rate"],
        interval=None if interval is None else (interval[0], interval[1]),
        flagged=bool(cohort["flagged"]),
        tested=bool(cohort["tested"]),
        withheld=cohort["suppressed"],
    )


def _null(discovery: Mapping[str, Any]) -> NullView | None:
    null = discovery["null"]
    if null is None:
        return None
    histogram = null["histogram"]
    p = p_value(discovery["p_value_alone"], discovery["permutations"])
    return NullView(tuple(histogram["edges"]), tuple(histogram["counts"]), null["observed"], p)


def _facts(discovery: Mapping[str, Any], rate: str) -> tuple[str, ...]:
    unassigned = discovery["unassigned"]
    facts = [
        f"Unassigned (what this search needs is missing): {count(unassigned['speakers'])} speakers, "
        f"{count(unassigned['utterances'])} utterances, {count(unassigned['errors'])} errors in "
        f"{count(unassigned['exposure'])} {exposure_word(rate)}."
    ]
    if discovery["top"] is not None:
        facts.append(f"Top cohort (served best): {plain(discovery['top']['description'])}.")
    return (*facts, *(plain(note) for note in discovery["notes"]))
