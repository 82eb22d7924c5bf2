"""The numbers at the top of a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fairaudit.core.text import search_name
from fairaudit.report.views.subject import named_logs
from fairaudit.report.words.people import size
from fairaudit.report.words.rates import rate_change, rate_words, side_interval, side_rate
from fairaudit.report.words.units import Unit, gap_change
from fairaudit.report.words.verdict import why_no_gap
from fairaudit.report.words.wording import DASH, count, percent, plain
from fairaudit.results.gaps import deciding_gap, is_known

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, ChangeDoc, ComparisonDoc, SearchDoc

__all__ = ["KeyNumber", "audit_figures", "comparison_figures"]


@dataclass(frozen=True)
class KeyNumber:
    """One of the numbers at the top: name, value, interval (or nothing), what it is, change since the baseline."""

    name: str
    value: str
    interval: str
    note: str
    change: str = ""


def audit_figures(
    audit: AuditDoc, lead: SearchDoc | None, comparison: ComparisonDoc | None, audited: str = ""
) -> tuple[KeyNumber, ...]:
    """Overall rate, rates of the bottom cohort of the leading search and of the rest, its share, and the size.

    The gap itself is in the verdict, once. ``audited`` is the recogniser that they are of, if there are two.
    """
    figures = _figures(audit, lead, comparison)
    return tuple(replace(one, name=f"{one.name}, {audited}") for one in figures) if audited else figures


def _figures(audit: AuditDoc, lead: SearchDoc | None, comparison: ComparisonDoc | None) -> tuple[KeyNumber, ...]:
    rate, overall = rate_words(audit), audit["overall"]
    if not audit["discoveries"]:
        return _without_searches(audit)
    unit, changed = rate.unit, _changes(comparison, lead)
    words, errors = rate.exposure, rate.errors
    first = KeyNumber(
        f"Overall {rate}", unit.value(overall["rate"]), _if_known(unit.span(overall["interval"])),
        f"{count(overall['errors'])} {errors} ÷ {count(overall['exposure'])} {words}", changed[0]
    )  # fmt: skip
    last = KeyNumber("Size", count(overall["speakers"]), "", size(audit, f"{count(overall['utterances'])} utterances"))
    side = deciding_gap(lead) if lead else None
    if lead is None or side is None:
        return first, KeyNumber(f"Bottom-cohort {rate}", DASH, "", why_no_gap(lead), changed[1]), last
    among = f"{'all' if is_known(lead) else 'held-out'} {rate.people}"
    whom = f"“{plain(lead['bottom']['description'])}”" if lead["bottom"] else f"of {search_name(lead['title'])}"
    rest, share = plain(side["reference"]), side["bottom_share"]
    return (
        first,
        KeyNumber(f"Bottom-cohort {rate}", side_rate(side, "bottom_rate", unit), _if_known(side_interval(side, unit)),
                  f"{whom}, among {among}", changed[1]),
        KeyNumber(f"{rate} of the {rest}", side_rate(side, "reference_rate", unit), "", f"among {among}", changed[2]),
        KeyNumber("Bottom-cohort share", percent(share["speakers"], 0), "",
                  f"of the {rate.people}" if share["errors"] is None else
                  f"of the {rate.people}, with {percent(share['exposure'], 0)} of the {words} and "
                  f"{percent(share['errors'], 0)} of the {errors}"),
        last,
    )  # fmt: skip


def _without_searches(audit: AuditDoc) -> tuple[KeyNumber, ...]:
    """Overall rate, how uneven speakers are, and the size of the log."""
    rate, overall = rate_words(audit), audit["overall"]
    spread = overall.get("speakers_spread")
    observed, unit = spread and spread["observed"], rate.unit
    because = "" if observed else (spread and spread["withheld_because"]) or f"not defined for these {rate.people}"
    low, high, share = (
        (unit.value(observed["percentile_10"]), unit.value(observed["percentile_90"]),
         percent(observed["worst_tenth_errors"], 0))
        if observed else (DASH, DASH, DASH)
    )  # fmt: skip
    return (
        KeyNumber(f"Overall {rate}", unit.value(overall["rate"]), _if_known(unit.span(overall["interval"])),
               f"{count(overall['errors'])} {rate.errors} ÷ {count(overall['exposure'])} {rate.exposure}"),
        KeyNumber("10th percentile", low, "", because or f"of the rates of {rate.people}"),
        KeyNumber("90th percentile", high, "", because or f"of the rates of {rate.people}"),
        KeyNumber("Worst tenth", share, "", because or f"of the {rate.errors} are of the tenth of the {rate.people} "
               "with the highest rates"),
        KeyNumber("Size", count(overall["speakers"]), "", size(audit, f"{count(overall['utterances'])} utterances")),
    )  # fmt: skip


def _if_known(text: str) -> str:
    return "" if text == DASH else text


def _changes(comparison: ComparisonDoc | None, lead: SearchDoc | None) -> tuple[str, str, str]:
    """How the overall rate, the bottom cohort's rate and its gap changed from the baseline to the candidate.

    The bottom is that of the frozen cohorts of the search that the page opens with, where they are compared.
    """
    if comparison is None:
        return "", "", ""
    unit = rate_words(comparison).unit
    overall = _change(comparison["overall"], unit)
    review = next((r for r in comparison["reviews"] if lead and r["title"] == lead["title"] and r["bottom"]), None)
    if review is None or review["bottom"] is None:
        return overall, "", ""
    ids, whom = review["bottom"]["cohort_ids"], f"frozen “{plain(review['bottom']['description'])}”"
    cohorts = [cohort for cohort in review["cohorts"] if cohort["id"] in ids and not cohort["suppressed"]]
    bottom = f"{whom}: {_change(cohorts[0], unit)}" if len(ids) == len(cohorts) == 1 else ""
    gap_doc = review["gap"]
    if gap_doc is None or gap_doc["difference"] is None:
        return overall, bottom, ""
    return overall, bottom, f"gap of {whom}: {gap_change(gap_doc)}"


def _change(changed: ChangeDoc, unit: Unit) -> str:
    before, after, difference = rate_change(changed, unit)
    return f"baseline {before}, candidate {after}: {difference} {unit.difference_span(changed['interval'])}"


def comparison_figures(comparison: ComparisonDoc) -> tuple[KeyNumber, ...]:
    """Overall rates of both recognisers and their change, how many cohorts got worse, and how much was paired."""
    rate, overall, pairing = rate_words(comparison), comparison["overall"], comparison["pairing"]
    cohorts = [cohort for review in comparison["reviews"] for cohort in review["cohorts"]]
    tested = sum(cohort["tested"] for cohort in cohorts)
    unit, everyone = rate.unit, f"all {rate.people}"
    baseline, candidate = named_logs(comparison)
    before, after, difference = rate_change(overall, unit)
    return (
        KeyNumber(f"Baseline {rate}", before, _if_known(unit.span(overall["before_interval"])),
               f"{baseline}, {everyone}"),
        KeyNumber(f"Candidate {rate}", after, _if_known(unit.span(overall["after_interval"])),
               f"{candidate}, {everyone}"),
        KeyNumber(f"Change, {unit.of_changes}", difference.removesuffix(f" {unit.of_changes}"),
               _if_known(unit.difference_span(overall["interval"])), "candidate − baseline; below 0 is better"),
        KeyNumber("Cohorts that got worse", count(sum(cohort["worse"] for cohort in cohorts)), "",
               f"beyond chance; {count(tested)} tested, {count(len(cohorts))} in all"),
        KeyNumber("Size", count(overall["speakers"]), "",
               size(comparison, f"{count(pairing['paired'])} paired utterances")),
    )  # fmt: skip
