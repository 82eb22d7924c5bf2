"""The five numbers at the top of a page."""

from __future__ import annotations

from dataclasses import dataclass

from fairaudit.core.columns import SPEAKER
from fairaudit.report.views.cohort_tables import gap_formula
from fairaudit.report.words.sentences import rate_name
from fairaudit.report.words.verdict import why_no_gap
from fairaudit.report.words.wording import (
    DASH,
    count,
    error_word,
    exposure_word,
    gap,
    gap_span,
    percent,
    plain,
    points,
    points_span,
    span,
)
from fairaudit.results.documents import AuditDoc, ChangeDoc, ComparisonDoc, GapChangeDoc, ResultDoc, SearchDoc

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
    rate, overall = rate_name(audit["rate"]), audit["overall"]
    changed = _changes(comparison, lead)
    held_out = lead["held_out"] if lead else None
    words, errors = exposure_word(rate), error_word(rate)
    source = f"by {plain(lead['title'])}, on held-out speakers" if lead and held_out else why_no_gap(lead)
    share = held_out["bottom_share"] if held_out else None
    return (
        KeyNumber(f"Overall {rate}", percent(overall["rate"]), _if_known(span(overall["interval"], percent)),
               f"{count(overall['errors'])} {errors} ÷ {count(overall['exposure'])} {words}", changed[0]),
        KeyNumber(f"Bottom-cohort {rate}", percent(held_out["bottom_rate"]) if held_out else DASH,
               _if_known(span(held_out.get("bottom_interval"), percent)) if held_out else "", source, changed[1]),
        KeyNumber("Held-out gap", gap(held_out["gap_relative"]) if held_out else DASH,
               _if_known(gap_span(held_out["gap_interval"])) if held_out else "",
               gap_formula(rate, lead) if held_out else source, changed[2]),
        KeyNumber("Bottom-cohort share", percent(share["speakers"]) if share else DASH, "",
               f"of the speakers, with {percent(share['exposure'])} of the {words} and "
               f"{percent(share['errors'])} of the {errors}" if share else source),
        KeyNumber(
            "Size", count(overall["speakers"]), "", f"{_units(audit)}; {count(overall['utterances'])} utterances"
        ),
    )  # fmt: skip


def _units(result: ResultDoc) -> str:
    """Name what is counted as a speaker."""
    unit = result["sampling_unit"]
    return "speakers" if unit == SPEAKER else f"values of {plain(unit)}, each counted as a speaker"


def _if_known(text: str) -> str:
    return "" if text == DASH else text


def _changes(comparison: ComparisonDoc | None, lead: SearchDoc | None) -> tuple[str, str, str]:
    """What became of the overall rate, of the bottom cohort's rate and of its gap since the baseline.

    The bottom is that of the frozen cohorts of the search that the page opens with, where they are compared.
    """
    if comparison is None:
        return "", "", ""
    overall = comparison["overall"]
    told = f"baseline {percent(overall['before'])}, candidate {percent(overall['after'])}: {_by(overall)}"
    review = next((r for r in comparison["reviews"] if lead and r["title"] == lead["title"] and r["bottom"]), None)
    if review is None or review["bottom"] is None:
        return told, "", ""
    ids, whom = review["bottom"]["cohort_ids"], f"frozen “{plain(review['bottom']['description'])}”"
    cohorts = [cohort for cohort in review["cohorts"] if cohort["id"] in ids and not cohort["suppressed"]]
    bottom = ""
    if len(ids) == len(cohorts) == 1:
        bottom = f"{whom}: {percent(cohorts[0]['before'])} → {percent(cohorts[0]['after'])}, {_by(cohorts[0])}"
    found = review["gap"]
    if found is None or found["difference"] is None:
        return told, bottom, ""
    return told, bottom, f"{whom}: {gap(found['before'])} → {gap(found['after'])}, {_by(found)}"


def _by(changed: ChangeDoc | GapChangeDoc) -> str:
    return f"{points(changed['difference'])} {points_span(changed['interval'])}"


def comparison_figures(comparison: ComparisonDoc) -> tuple[KeyNumber, ...]:
    """Rate of everybody before, after and its change, how many cohorts got worse, and the size of what was paired."""
    rate, overall, pairing = rate_name(comparison["rate"]), comparison["overall"], comparison["pairing"]
    cohorts = [cohort for review in comparison["reviews"] for cohort in review["cohorts"]]
    tested = sum(cohort["tested"] for cohort in cohorts)
    return (
        KeyNumber(f"{rate} before", percent(overall["before"]), _if_known(span(overall["before_interval"], percent)),
               "the baseline, everybody"),
        KeyNumber(f"{rate} after", percent(overall["after"]), _if_known(span(overall["after_interval"], percent)),
               "the candidate, everybody"),
        KeyNumber("Change, points", points(overall["difference"]).removesuffix(" points"),
               _if_known(points_span(overall["interval"])), "after − before; below 0 is better"),
        KeyNumber("Cohorts that got worse", count(sum(cohort["worse"] for cohort in cohorts)), "",
               f"beyond chance, of {count(tested)} tested and {count(len(cohorts))} in all"),
        KeyNumber("Size", count(overall["speakers"]), "",
               f"{_units(comparison)}; {count(pairing['paired'])} paired utterances"),
    )  # fmt: skip
