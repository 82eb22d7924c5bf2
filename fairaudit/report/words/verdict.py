"""The verdict in a few sentences that need no statistics to be read correctly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.report.words.people import SPEAKERS
from fairaudit.report.words.rates import cohort_rate, rate_words
from fairaudit.report.words.sentences import headline, of_whom
from fairaudit.report.words.wording import (
    count,
    gap,
    gap_span,
    p_equation,
    p_value,
    plain,
    times,
)
from fairaudit.results.gaps import deciding_gap, is_known

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, SearchDoc, SideDoc

__all__ = ["is_condition", "shares_speakers", "verdict_sentence", "why_no_gap"]

#: Labels of a column that speakers have on average, from which it describes recordings and not people.
_LABELS_OF_A_CONDITION: Final = 1.5
#: Shares of speakers that add up to more than this above 1 count somebody twice.
_ROUNDING: Final = 1e-6


def verdict_sentence(audit: AuditDoc) -> str:
    """Put the overall verdict into words that need no statistics to be read correctly."""
    discoveries = audit["discoveries"]
    lead = headline(discoveries)
    if lead is None:
        name = rate_words(audit)
        return (
            f"This log has nothing that groups of {name.people} could be searched by, so nothing can be said about who "
            f"has {name.higher}. The numbers below describe all {name.people}."
        )
    if lead["verdict"] == Verdict.DISPARITY:
        return _disparity_sentence(lead, audit)
    if lead["verdict"] == Verdict.UNEVEN:
        return _uneven_sentence(lead, audit)
    name = rate_words(audit)
    rates, are, those = ("error rates", "are", "those") if name.is_of_errors else (name.spelled, "is", "that")
    if lead["verdict"] == Verdict.INSUFFICIENT:
        return (
            "This log holds too little evidence to say whether any group of speakers has "
            f"{name.higher}. "
            f"That does not mean that {rates} {are} equal{'' if name.is_of_errors else ' for all'}."
        )
    tested = sum(d["verdict"] == Verdict.NO_EVIDENCE for d in discoveries)
    searches = "The one search" if tested == 1 else f"None of the {tested} searches"
    verb = "did not find" if tested == 1 else "found"
    smallest = lead["minimum_detectable_gap"]
    size = "" if smallest is None else f" ({gap(smallest)} for {of_whom(lead)})"
    return (
        f"{searches} that could be tested {verb} a group of speakers whose {rates} {are} reliably higher than {those} "
        f"of the rest. This does not prove that {rates} {are} equal{'' if name.is_of_errors else ' for all'}: a gap "
        f"smaller than this log can show{size} could go unnoticed."
    )


def _disparity_sentence(discovery: SearchDoc, audit: AuditDoc) -> str:
    bottom, side = discovery["bottom"], deciding_gap(discovery)
    whom = f"“{plain(bottom['description'])}”" if bottom else "one group of speakers"
    chance, name = _chance(discovery), rate_words(audit)
    if side is None or side["gap_relative"] is None:
        return (
            f"The search {search_name(discovery['title'])} points to {whom}, but the size of the gap among held-out "
            f"{name.people} cannot be given ({why_no_gap(discovery)}).{_among_all(discovery, audit)} {chance}"
        )
    relative = side["gap_relative"]
    reference = (
        f"the {plain(side['reference'])} cohort" if side["reference"] != "rest"
        else "the rest of the log" if shares_speakers(discovery)
        else f"the other {name.people}"
    )  # fmt: skip
    errors = name.errors
    here, there = name.unit.pair(side["bottom_rate"], side["reference_rate"])
    compared = (
        f"{times(relative)} as many {errors} as {reference}: {here} per 100 {name.exposure}, against {there}"
        if name.unit.is_share
        else f"{times(relative)} the {name.spelled} of {reference}: {here}, against {there}"
    )
    interval, whom = side["gap_interval"], f"{whom}{_how_many(discovery, side, audit)}"
    if not is_known(discovery) and interval is not None and interval[0] <= 0:  # files of earlier versions
        return (
            f"{errors.capitalize()} are uneven beyond chance, but which group is worst off is unclear. "
            f"{_capitalised(whom)} has {compared}, but the 95 % interval of {gap_span(interval)} times leaves open "
            f"whether there is a gap. {_measured_on(discovery, name.people)} {chance}"
        )
    return f"{_capitalised(whom)} has {compared} ({_interval(side)}). {_measured_on(discovery, name.people)} {chance}"


def _interval(side: SideDoc) -> str:
    """Give the interval of a gap, and the weighted gap that it is of if the unweighted one lies outside."""
    ends, relative, weighted = side["gap_interval"], side["gap_relative"], side.get("gap_weighted")
    interval = f"95 % interval {gap_span(ends)} times"
    if weighted is None or ends is None or relative is None or ends[0] <= relative <= ends[1]:
        return interval
    return f"{interval}, around {times(weighted)} with talkative speakers weighted down"


def _how_many(discovery: SearchDoc, side: SideDoc, audit: AuditDoc) -> str:
    """Say how many speakers a group has; nothing if that is withheld, or speakers are in several groups."""
    speakers, name = side["speakers"], rate_words(audit)
    if speakers is None or shares_speakers(discovery):
        return ""
    if is_known(discovery):
        return f" ({count(speakers)} of {count(audit['overall']['speakers'])} {name.people})"
    return f" ({count(speakers)} held-out {name.people})"


def _measured_on(discovery: SearchDoc, people: str) -> str:
    """Say on whom the gap is measured."""
    if is_known(discovery):
        return (
            f"This is measured on all {people}, because the groups were known beforehand. The interval allows for the "
            "choice among all groups."
        )
    return (
        f"This is measured on held-out {people}, {'whom' if people == SPEAKERS else 'which'} the search had not seen."
    )


def _uneven_sentence(discovery: SearchDoc, audit: AuditDoc) -> str:
    """Say that errors depend on what was sorted, but that no group is shown to be worse off."""
    errors = rate_words(audit).errors.capitalize()
    return (
        f"{errors} are uneven beyond chance, but which group is worst off is unclear. "
        f"{search_name(discovery['title'])}: {plain(discovery['reason'])} {_chance(discovery)}"
    )


def _capitalised(whom: str) -> str:
    """Begin a sentence with a group; a label in quotation marks stays as it is."""
    return whom[:1].upper() + whom[1:]


def _chance(discovery: SearchDoc) -> str:
    """Say what a p-value means, and give it."""
    p, permutations = discovery["p_value"], discovery["permutations"]
    equation = p_equation(p, permutations)
    if p is None:
        return f"({equation})"
    shown = p_value(p, permutations)
    often = "fewer than 1" if shown.startswith("<") else count(1000 * float(shown))
    return (
        "If group membership made no difference, searches as thorough as these would find a gap this strong in "
        f"{often} of 1,000 logs ({equation})."
    )


def _among_all(discovery: SearchDoc, audit: AuditDoc) -> str:
    """Give the rate among all speakers of a bottom cohort that has no held-out gap, and how to read it."""
    ids = discovery["bottom"]["cohort_ids"] if discovery["bottom"] else []
    known = [c for c in discovery["cohorts"] if c["id"] in ids and c["rate"] is not None]
    if discovery["measured_on"] != MeasuredOn.ALL or len(known) != len(ids) or len(ids) != 1:
        return ""
    name = rate_words(audit)
    shrunk, interval = known[0]["shrunk_rate"], known[0]["interval"]
    chosen = f"as the highest of {count(len(discovery['cohorts']))} it is probably too large"
    guess = "" if shrunk is None else f" ({chosen}; {name.unit.value(shrunk)} is the better estimate)"
    if known[0]["flagged"]:  # shrunk rates are for cohorts that may differ by chance
        guess = "" if interval is None else f" (95 % interval {name.unit.span(interval)})"
    return (
        f" Among all {name.people} its {name} is {cohort_rate(known[0], name.unit)}{guess}, "
        f"against {name.unit.value(audit['overall']['rate'])} overall."
    )


def why_no_gap(discovery: SearchDoc | None) -> str:
    """Say why a search has no gap on held-out speakers.

    Examples
    --------
    >>> why_no_gap(None), why_no_gap({"bottom": None})
    ('no search was run', 'no cohort could be named')
    """
    if discovery is None:
        return "no search was run"
    if discovery.get("held_out") or discovery.get("all_speakers"):
        return "the rest makes no errors"
    return "no cohort could be named" if discovery["bottom"] is None else "too few held-out speakers"


def shares_speakers(discovery: SearchDoc) -> bool:
    """Whether speakers are in several cohorts of a search, as where groups are of utterances (device, noise)."""
    of_all = discovery["measured_on"] == MeasuredOn.ALL  # the share of speakers in no cohort is of all speakers
    outside = (discovery["unassigned"].get("share_speakers") or 0.0) if of_all else 0.0
    return _labels_per_speaker(discovery) + outside > 1 + _ROUNDING


def is_condition(discovery: SearchDoc) -> bool:
    """Whether a search is over recording conditions: speakers are in 1.5 of its groups or more on average.

    Withheld groups count as none, so that a column with many of them is taken for one of people.
    """
    return _labels_per_speaker(discovery) >= _LABELS_OF_A_CONDITION


def _labels_per_speaker(discovery: SearchDoc) -> float:
    return sum(cohort["share_speakers"] or 0.0 for cohort in discovery["cohorts"])
