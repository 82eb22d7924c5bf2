"""The verdict in a sentence or two that nobody needs statistics to read right."""

from __future__ import annotations

from typing import Final

from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.report.words.sentences import RATES, headline, of_whom, rate_name
from fairaudit.report.words.wording import count, gap, gap_span, p_equation, p_value, percent, plain
from fairaudit.results.documents import AuditDoc, SearchDoc

__all__ = ["shares_speakers", "verdict_sentence", "why_no_gap"]

#: Shares of speakers that add up to more than this above 1 count somebody twice.
_ROUNDING: Final = 1e-6


def verdict_sentence(audit: AuditDoc) -> str:
    """Say the overall verdict so that nobody needs statistics to read it right."""
    discoveries = audit["discoveries"]
    lead = headline(discoveries)
    if lead is None:
        return "No search could be run on this log, so nothing can be said about who is served worse."
    if lead["verdict"] == Verdict.DISPARITY:
        return _disparity_sentence(lead, audit)
    if lead["verdict"] == Verdict.INSUFFICIENT:
        return (
            "This log holds too little evidence to say whether any group of speakers is served worse. "
            "That is not a finding of equal service."
        )
    tested = sum(d["verdict"] == Verdict.NO_EVIDENCE for d in discoveries)
    searches = "The one search" if tested == 1 else f"None of the {tested} searches"
    verb = "did not find" if tested == 1 else "found"
    smallest = lead["minimum_detectable_gap"]
    told = "" if smallest is None else f" (about {gap(smallest, 0)} for {of_whom(lead)})"
    return (
        f"{searches} that could be tested {verb} a group of speakers that is reliably served worse than the rest. "
        f"This does not prove equal service: a gap smaller than the log can show{told} could go unnoticed."
    )


def _disparity_sentence(discovery: SearchDoc, audit: AuditDoc) -> str:
    bottom, held_out = discovery["bottom"], discovery["held_out"]
    whom = f"“{plain(bottom['description'])}”" if bottom else "one group of speakers"
    chance = _chance(discovery)
    if held_out is None or held_out["gap_relative"] is None:
        return (
            f"The search {plain(discovery['title'])} points at {whom}, but how large the gap is on speakers that the "
            f"search had not seen is not told ({why_no_gap(discovery)}).{_on_everybody(discovery, audit)} {chance}"
        )
    relative, interval = held_out["gap_relative"], held_out["gap_interval"]
    reference = (
        f"the {plain(held_out['reference'])} cohort" if held_out["reference"] != "rest"
        else "the rest of the log" if shares_speakers(discovery)
        else "the rest of the speakers"
    )  # fmt: skip
    rates = (
        f"For {whom}, the {RATES.get(audit['rate'], rate_name(audit['rate']))} is {percent(held_out['bottom_rate'])}, "
        f"against {percent(held_out['reference_rate'])} for {reference}"
    )
    how_far = f"{percent(abs(relative))} {'lower' if relative < 0 else 'higher'}"
    unseen = "measured on speakers that the search had not seen"
    if interval is not None and interval[0] <= 0:
        return (
            f"Errors are spread less evenly than chance would have it, but who exactly is served worse is less sure. "
            f"{rates}: {how_far}, {unseen}, but the 95 % interval {gap_span(interval)} "
            f"leaves open whether there is a gap. {chance}"
        )
    return f"{rates}: {how_far} (95 % interval {gap_span(interval)}), {unseen}. {chance}"


def _chance(discovery: SearchDoc) -> str:
    """Say what a p-value means, and give it."""
    p, permutations = discovery["p_value"], discovery["permutations"]
    equation = p_equation(p, permutations)
    if p is None:
        return f"({equation})"
    shown = p_value(p, permutations)
    often = "fewer than 1" if shown.startswith("<") else count(1000 * float(shown))
    return f"By chance alone, searches like these would find as much in {often} of 1,000 logs ({equation})."


def _on_everybody(discovery: SearchDoc, audit: AuditDoc) -> str:
    """Give the rate of a bottom cohort of which nothing is told on held-out speakers, with what to think of it."""
    ids = discovery["bottom"]["cohort_ids"] if discovery["bottom"] else []
    known = [c for c in discovery["cohorts"] if c["id"] in ids and c["rate"] is not None]
    if discovery["measured_on"] != MeasuredOn.ALL or len(known) != len(ids) or len(ids) != 1:
        return ""
    name = rate_name(audit["rate"])
    shrunk = known[0]["shrunk_rate"]
    chosen = f"chosen as the highest of {count(len(discovery['cohorts']))}"
    guess = "" if shrunk is None else f" ({chosen}, so rather too large: {percent(shrunk)} is the better guess)"
    return (
        f" On all speakers its {name} is {percent(known[0]['rate'])}{guess}, "
        f"against {percent(audit['overall']['rate'])} overall."
    )


def why_no_gap(discovery: SearchDoc | None) -> str:
    """Say why a search tells no gap on held-out speakers.

    Examples
    --------
    >>> why_no_gap(None), why_no_gap({"bottom": None})
    ('no search was run', 'no cohort could be named')
    """
    if discovery is None:
        return "no search was run"
    if discovery.get("held_out"):
        return "the rest makes no errors"
    return "no cohort could be named" if discovery["bottom"] is None else "too few held-out speakers"


def shares_speakers(discovery: SearchDoc) -> bool:
    """Whether speakers stand in several cohorts of a search, as where groups are of utterances (device, noise)."""
    return sum(cohort["share_speakers"] or 0.0 for cohort in discovery["cohorts"]) > 1 + _ROUNDING
