"""What to do with an audit, what it does not say, and what its words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import EXPOSURES, WORDS
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import Verdict
from fairaudit.report.words.people import SPEAKERS, people
from fairaudit.report.words.sentences import headline, intervals, of_whom, overall_verdict
from fairaudit.report.words.wording import count, gap, plain

if TYPE_CHECKING:
    from fairaudit.report.words.rates import RateWords
    from fairaudit.results.documents import AuditDoc

__all__ = ["glossary", "limits", "next_steps"]

#: What errors are counted in, as rates name it.
_OF_TEXTS: Final = tuple(name.replace("_", " ") for name in EXPOSURES.values())
_SCORED_ONCE: Final = (
    "Before quoting a small gap, repeat the audit on texts scored with another --normalizer, because the normaliser "
    "decides what counts as an error."
)


def next_steps(audit: AuditDoc, sensitivity: str | None) -> tuple[str, ...]:
    """Say what to do now, most urgent first. It depends on the verdict and on what the audit did not adjust for."""
    if not audit["discoveries"]:
        return _to_search(audit)
    on_quoting = _SCORED_ONCE if sensitivity is None else sensitivity
    steps = {
        Verdict.DISPARITY: _after_a_disparity,
        Verdict.UNEVEN: _after_uneven_errors,
        Verdict.NO_EVIDENCE: _after_no_evidence,
        Verdict.INSUFFICIENT: _after_insufficient_evidence,
    }[overall_verdict(audit["discoveries"])](audit)
    return (*steps, on_quoting) if on_quoting else steps


def _after_a_disparity(audit: AuditDoc) -> tuple[str, ...]:
    lead = headline(audit["discoveries"])
    whom = f"“{plain(lead['bottom']['description'])}”" if lead and lead["bottom"] else "the flagged cohort"
    adjusted = (
        "Compare the raw gap with the gap on equally hard material (above)."
        if audit.get("adjusted")
        else "Check whether harder material explains the gap: repeat the audit with --adjust and the columns that "
        "describe how hard an utterance is, such as device, noise or domain."
    )
    hints = (
        "The words under What goes wrong show what to listen for, and fairaudit examples lists the worst utterances."
        if audit.get("wrong_words")
        else "The kinds of errors under Who show what to listen for."
    )
    return (
        f"Base the release decision on the gap of {whom}. Its interval shows how certain the gap is.",
        adjusted,
        f"Listen to recordings of {whom}, and collect more. {hints}",
        "Check the next release on the same cohorts, not on new ones. They are in cohorts.json; "
        "fairaudit compare measures both releases on them, and fairaudit gate checks rules against the result.",
    )


def _after_uneven_errors(audit: AuditDoc) -> tuple[str, ...]:
    lead = headline(audit["discoveries"])
    name = f" of {search_name(lead['title'])}" if lead else ""
    return (
        f"Do not read this as “no disparity”: errors depend on the groups{name}; only who is worse off is unknown.",
        "Look at the rates of its cohorts under Who, and log more speakers of the groups with the highest ones.",
        "Keep cohorts.json: fairaudit compare measures the same cohorts on the next release.",
    )


def _after_no_evidence(audit: AuditDoc) -> tuple[str, ...]:
    lead = headline(audit["discoveries"])
    smallest = lead["minimum_detectable_gap"] if lead else None
    unseen = f" (here {gap(smallest)} for {of_whom(lead)})" if lead and smallest is not None else ""
    return (
        f"Decide whether a gap smaller than this log can show{unseen} would matter. If so, log more speakers.",
        "Keep cohorts.json: fairaudit compare measures the same cohorts on the next release.",
    )


def _after_insufficient_evidence(audit: AuditDoc) -> tuple[str, ...]:
    known = people(audit) == SPEAKERS
    now = f"this log has {count(audit['overall']['speakers'])}" if known else "nobody knows how many this log has"
    return (
        f"Log {'more speakers' if known else 'who speaks'}: {now}. A group needs at least 20 speakers to "
        "be tested (10 effective speakers, none with more than half of the group's words). Searches that find groups "
        "need about twice as many, because some speakers are used to find groups and the others to measure them.",
        "This audit cannot support a release decision either way.",
    )


def _to_search(audit: AuditDoc) -> tuple[str, ...]:
    """Name the columns and tables with which groups could be searched, one in each sentence."""
    one = "one" if people(audit) == SPEAKERS else "a speaker_id and one"
    return (
        f"Add label columns, such as accent, gender, age or first_language, with {one} value for each speaker. The "
        "groups of each column are compared.",
        "Add columns that describe the recording, such as device, noise or domain. They show where errors are made.",
        "Add latitude and longitude of where speakers live. Regions with higher rates are then searched.",
        "Add zip_code, and a census table with --census FILE. Kinds of places with higher rates are then searched.",
        "Give a vector for each speaker with --embeddings FILE. Groups of similar voices are then searched.",
        "This audit cannot support a release decision either way.",
    )


def limits(audit: AuditDoc) -> tuple[str, ...]:
    """Say what no number of an audit can mean."""
    causes = (
        "Apart from the adjustment, this audit does not separate the causes of a gap"
        if audit.get("adjusted")
        else "This audit does not separate causes: noise, device, topic or dialect may each explain a gap"
    )
    return (
        "Cohorts describe places, voices and the labels in the log, not the protected class of any person.",
        "“No evidence” and “insufficient evidence” do not mean equal error rates.",
        f"{causes}.",
        "Results hold for users like the speakers in this log.",
    )


def glossary(audit: AuditDoc, rate: RateWords) -> tuple[tuple[str, str], ...]:
    """Explain the terms that the page uses."""
    named = "" if rate.spelled == rate else f"{rate.spelled}: "
    words = rate.exposure if rate.exposure in _OF_TEXTS else WORDS
    exposure = f"{words} of the reference" if rate.exposure == words else rate.exposure
    return (
        (rate, _sentence(f"{named}{rate.errors} ÷ {exposure}, summed over all utterances of a group; "
                         "never an average of averages.")),
        ("Cohort", "A group of speakers that a search defines by a rule: a region, zip codes, voices, a label."),
        ("Bottom cohort", "The cohort with the highest score in a search, that is, with the strongest evidence of "
                          f"{rate.higher}. The rest is all other speakers who could be assigned."),
        ("Gap", f"{rate} of the bottom cohort ÷ {rate} of the rest, printed as “2.5 times”. The percentage beside it "
                f"is ({rate} of the bottom cohort − {rate} of the rest) ÷ {rate} of the rest."),
        ("Held-out", "Measured on speakers kept aside, whom the search had not seen when it drew and named cohorts. "
                     "Tables that are measured on all speakers say so. The worst of known groups is named among all "
                     "speakers, so that its gap among held-out ones is no check."),
        ("Cross-fitted", "Measured on all speakers, each by a search that had not seen them. It shows whether the "
                         "held-out gap depends on the split. It has no interval and no p, because the searches share "
                         "speakers."),
        ("Search-inflated", "Measured on the same speakers among whom the search looked for the largest gap. "
                            "On average it is too large."),
        ("p", "How often a search of shuffled speakers, where groups make no difference, scores at least as high as "
              "this one. It accounts for every search of this audit, and so does the p of a cohort."),
        ("95 % interval", intervals(audit)),
        (f"Shrunk {rate}", "The rate corrected for small samples: it is pulled towards the overall rate, the more so "
                           "the smaller the group. It predicts better what more data would show, except for a flagged "
                           "group, whose gap is more than chance."),
        ("Rank range", "The ranks that a cohort may have, worst first, allowing for chance."),
        (f"Excess {rate.errors}",
         _sentence(f"{rate.errors} that would disappear if the group were recognised as well as the rest.")),
        ("S / D / I", f"Shares of substituted, deleted (left out) and inserted {words} in a group's errors."),
        ("Normaliser", "Makes texts comparable before they are scored, for instance by removing case and punctuation. "
                       "It decides what counts as an error."),
        ("Flagged", "When speakers are shuffled, at most 1 of 20 shuffles contains a group of any search of the audit "
                    "with a gap as strong, unless Provenance shows another alpha."),
        ("Uneven", "Errors depend on the groups by more than chance, but no group is shown to be worse off than the "
                   "others."),
        ("Not tested", "The group has too few speakers, or too much of its speech comes from one of them."),
        ("Withheld", "Groups of fewer than 11 speakers, and others that would reveal those, have no figures."),
        ("Minimum detectable gap", "The smallest true gap that a log of this size would show four times in five."),
    )  # fmt: skip


def _sentence(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]
