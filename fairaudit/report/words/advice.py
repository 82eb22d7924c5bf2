"""What to do with an audit, what it does not say, and what its words mean."""

from __future__ import annotations

from typing import Final

from fairaudit.core.verdicts import Verdict
from fairaudit.report.words.sentences import headline, intervals, overall_verdict
from fairaudit.report.words.wording import count, error_word, exposure_word, gap, plain
from fairaudit.results.documents import AuditDoc

__all__ = ["glossary", "limits", "next_steps"]

_SCORED_ONCE: Final = (
    "Before quoting a small gap, repeat the audit on texts scored with another --normalizer: it decides what counts as "
    "an error."
)


def next_steps(audit: AuditDoc, sensitivity: str | None) -> tuple[str, ...]:
    """Say what to do now, most urgent first: it depends on the verdict and on what was not taken into account."""
    on_quoting = _SCORED_ONCE if sensitivity is None else sensitivity
    steps = {
        Verdict.DISPARITY: _after_a_disparity,
        Verdict.NO_EVIDENCE: _after_no_evidence,
        Verdict.INSUFFICIENT: _after_insufficient_evidence,
    }[overall_verdict(audit["discoveries"])](audit)
    return (*steps, on_quoting) if on_quoting else steps


def _after_a_disparity(audit: AuditDoc) -> tuple[str, ...]:
    lead = headline(audit["discoveries"])
    whom = f"“{plain(lead['bottom']['description'])}”" if lead and lead["bottom"] else "the flagged cohort"
    adjusted = (
        "Compare the raw gap with the one on equally hard material (above)."
        if audit.get("adjusted")
        else "Find out whether harder material explains the gap: repeat the audit with --adjust and the columns that "
        "say how hard an utterance is, such as device, noise or domain."
    )
    return (
        f"Decide on the release by the held-out gap of {whom}; its interval says how sure it is.",
        adjusted,
        f"Listen to recordings of {whom}, and record more; the kinds of errors under Who say what to listen for.",
        "Judge the next release by the same cohorts, not by new ones: cohorts.json holds them, "
        "fairaudit compare measures both releases on them, and fairaudit gate holds rules against that.",
    )


def _after_no_evidence(audit: AuditDoc) -> tuple[str, ...]:
    lead = headline(audit["discoveries"])
    smallest = lead["minimum_detectable_gap"] if lead else None
    unseen = "" if smallest is None else f" (here about {gap(smallest, 0)} for a tenth of the speakers)"
    return (
        f"Ask whether a gap smaller than this log can show{unseen} would matter; if so, log more speakers.",
        "Keep cohorts.json: fairaudit compare measures the same cohorts on the next release.",
    )


def _after_insufficient_evidence(audit: AuditDoc) -> tuple[str, ...]:
    return (
        f"Log more speakers: this log has {count(audit['overall']['speakers'])}. A group is tested from 20 on "
        "(10 effective ones, none with more than half of its words), and about twice as many are needed, "
        "for one half finds and the other measures.",
        "Do not release on this audit: it neither clears nor accuses anybody.",
    )


def limits(audit: AuditDoc) -> tuple[str, ...]:
    """Say what no number of an audit can mean."""
    causes = (
        "Beyond what was adjusted for, causes are not told apart"
        if audit.get("adjusted")
        else "Causes are not told apart: noise, device, topic and dialect may each be behind a gap"
    )
    return (
        "Cohorts describe places, voices and the labels in the log, not the protected class of any person.",
        "“No evidence” and “insufficient evidence” do not mean equal service.",
        f"{causes}.",
        "The log stands for the people who are served only as far as its speakers were drawn from them.",
    )


def glossary(audit: AuditDoc, rate: str) -> tuple[tuple[str, str], ...]:
    """Explain every word of the page that has a meaning of its own."""
    words = exposure_word(rate)
    return (
        (rate, f"{error_word(rate).capitalize()} ÷ {words} of the reference, summed over all utterances of a group; "
               "never an average of averages."),
        ("Cohort", "A group of speakers that a search draws by a rule: a region, zip codes, voices, a label."),
        ("Bottom cohort", "The group that a search scored highest for being served worse; the rest is everybody else "
                          "who could be assigned."),
        ("Gap", f"({rate} of the bottom cohort − {rate} of the rest) ÷ {rate} of the rest."),
        ("Held-out", "Measured on speakers whom the search had not seen when it drew and named cohorts; tables that "
                     "measure on all speakers say so."),
        ("Search-inflated", "Measured on the speakers in whom the search looked for the largest gap: "
                            "on average too large."),
        ("p", "How often a search in shuffled speakers, where groups do not matter, scores as high as this one. "
              "It counts every search of this audit."),
        ("95 % interval", intervals(audit)),
        (f"Shrunk {rate}", "The rate pulled towards everybody's by as much as the group is small: the better guess of "
                           "what more data would show."),
        ("Rank range", "The ranks that a cohort may have, worst first, when chance is allowed for."),
        ("Excess errors", "Errors that would be gone if the group were served like the rest."),
        ("S / D / I", "Shares of substituted, deleted (left out) and inserted words in a group's errors."),
        ("Normaliser", "What makes texts alike before they are compared, such as leaving case and punctuation out: "
                       "it decides what counts as an error."),
        ("Flagged", "When speakers are shuffled, a group of the search that is as badly off turns up in at most "
                    "1 of 20 shuffles, unless another alpha stands under Provenance."),
        ("Not tested", "Too few speakers, or too much of the group said by one of them."),
        ("Withheld", "Groups of fewer than 11 speakers are shown as existing, without figures."),
        ("Minimum detectable gap", "The gap that would have been found in four of five logs of this size."),
    )  # fmt: skip
