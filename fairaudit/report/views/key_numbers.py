"""The five numbers at the top of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import gap_formula
from fairaudit.report.words.people import size
from fairaudit.report.words.rates import rate_change, rate_words, side_interval, side_rate
from fairaudit.report.words.units import Unit, gap_change
from fairaudit.report.words.verdict import why_no_gap
from fairaudit.report.words.wording import DASH, count, gap_percent, gap_span, percent, plain, times
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


def audit_figures(audit: AuditDoc, lead: SearchDoc | None, comparison: ComparisonDoc | None) -> tuple[KeyNumber, ...]:
    """Overall rate, rate and gap of the bottom cohort of the leading search, its share, and the size of the log."""
    rate, overall = rate_words(audit), audit["overall"]
    unit, changed = rate.unit, _changes(comparison, lead)
    side = deciding_gap(lead) if lead else None
    words, errors = rate.exposure, rate.errors
    among = f"{'all' if lead and is_known(lead) else 'held-out'} {rate.people}"
    source = f"of {search_name(lead['title'])}, among {among}" if lead and side else why_no_gap(lead)
    share = side["bottom_share"] if side else None
    return (
        KeyNumber(f"Overall {rate}", unit.value(overall["rate"]), _if_known(unit.span(overall["interval"])),
               f"{count(overall['errors'])} {errors} ÷ {count(overall['exposure'])} {words}", changed[0]),
        KeyNumber(f"Bottom-cohort {rate}", side_rate(side, "bottom_rate", unit) if side else DASH,
               _if_known(side_interval(side, unit)) if side else "", source, changed[1]),
        KeyNumber("Gap" if lead and is_known(lead) else "Held-out gap", _times(side["gap_relative"]) if side else DASH,
               _if_known(gap_span(side["gap_interval"])) if side else "",
               _in_percent(side["gap_relative"], gap_formula(rate, lead)) if side else source, changed[2]),
        KeyNumber("Bottom-cohort share", percent(share["speakers"], 0) if share else DASH, "",
               f"of the {rate.people}, with {percent(share['exposure'], 0)} of the {words} and "
               f"{percent(share['errors'], 0)} of the {errors}" if share else source),
        KeyNumber(
            "Size", count(overall["speakers"]), "", size(audit, f"{count(overall['utterances'])} utterances")
        ),
    )  # fmt: skip


def _times(relative: float | None) -> str:
    return DASH if relative is None else times(relative)


def _in_percent(relative: float | None, formula: str) -> str:
    return formula if relative is None else f"{gap_percent(relative, 0)} = {formula}"


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
    return overall, bottom, f"{whom}: {gap_change(gap_doc)}"


def _change(changed: ChangeDoc, unit: Unit) -> str:
    before, after, difference = rate_change(changed, unit)
    return f"baseline {before}, candidate {after}: {difference} {unit.difference_span(changed['interval'])}"


def comparison_figures(comparison: ComparisonDoc) -> tuple[KeyNumber, ...]:
    """Overall rates of both recognisers and their change, how many cohorts got worse, and how much was paired."""
    rate, overall, pairing = rate_words(comparison), comparison["overall"], comparison["pairing"]
    cohorts = [cohort for review in comparison["reviews"] for cohort in review["cohorts"]]
    tested = sum(cohort["tested"] for cohort in cohorts)
    unit, everyone = rate.unit, f"all {rate.people}"
    before, after, difference = rate_change(overall, unit)
    return (
        KeyNumber(f"Baseline {rate}", before, _if_known(unit.span(overall["before_interval"])), everyone),
        KeyNumber(f"Candidate {rate}", after, _if_known(unit.span(overall["after_interval"])), everyone),
        KeyNumber(f"Change, {unit.of_changes}", difference.removesuffix(f" {unit.of_changes}"),
               _if_known(unit.difference_span(overall["interval"])), "candidate − baseline; below 0 is better"),
        KeyNumber("Cohorts that got worse", count(sum(cohort["worse"] for cohort in cohorts)), "",
               f"beyond chance; {count(tested)} tested, {count(len(cohorts))} in all"),
        KeyNumber("Size", count(overall["speakers"]), "",
               size(comparison, f"{count(pairing['paired'])} paired utterances")),
    )  # fmt: skip
