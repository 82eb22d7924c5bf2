"""From a comparison to what is printed of it: every string of terminal and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.text import search_name
from fairaudit.core.verdicts import ComparisonVerdict
from fairaudit.report.views.audit_tables import side_columns_table, software_line
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.comparison_tables import changes_table, files_table, improved, result_of
from fairaudit.report.views.subject import named_logs
from fairaudit.report.views.tables import Table
from fairaudit.report.words.drivers import driven
from fairaudit.report.words.people import SPEAKERS, people, who_counts
from fairaudit.report.words.rates import RateWords, rate_change, rate_words
from fairaudit.report.words.sentences import caveats, unlisted
from fairaudit.report.words.units import Unit, gap_change
from fairaudit.report.words.wording import (
    count,
    gap_span,
    number,
    p_equation,
    plain,
)
from fairaudit.results.documents import (
    BetweenDoc,
    ChangeDoc,
    CohortChangeDoc,
    CohortComparisonDoc,
    ComparisonDoc,
    OverallChangeDoc,
)

__all__ = [
    "ChangeMark",
    "ComparisonView",
    "ReviewView",
    "comparison_view",
]

_TITLES: Final = {
    ComparisonVerdict.REGRESSION: ("▲", "Regression"),
    ComparisonVerdict.NO_EVIDENCE: ("○", "No evidence of a regression"),
    ComparisonVerdict.INSUFFICIENT: ("?", "Insufficient evidence"),
}
#: Cohorts that the opening sentence names.
_NAMED: Final = 3


@dataclass(frozen=True)
class ChangeMark:
    """What a plot draws of a cohort's change, in units of the rate; ``difference`` is ``None`` where it is withheld.

    ``result`` is ``"worse"`` or ``"better"`` beyond chance, ``"not worse"`` or ``"not tested"``.
    """

    label: str
    difference: float | None
    interval: tuple[float, float] | None
    result: str


@dataclass(frozen=True)
class ReviewView:
    """Everything printed about one set of frozen cohorts."""

    title: str
    lines: tuple[str, ...]
    tally: str
    cohorts: Table
    marks: tuple[ChangeMark, ...]


@dataclass(frozen=True)
class ComparisonView:
    """Everything printed about a comparison; ``baseline`` and ``candidate`` name the files of each."""

    rate: str
    baseline: str
    candidate: str
    verdict: ComparisonVerdict
    mark: str
    title: str
    sentence: str
    pairing: str
    caveats: tuple[str, ...]
    overall: float | None
    reviews: tuple[ReviewView, ...]
    notes: tuple[str, ...]
    redacted: bool
    inputs: Table
    side_columns: Table | None
    software: str
    signature: str

    @property
    def subject(self) -> str:
        """What the comparison is about."""
        return f"{self.candidate} compared with {self.baseline}"


def comparison_view(comparison: ComparisonDoc) -> ComparisonView:
    """Turn a comparison (the contract of ``comparison.json``, schema version 1) into what is printed of it."""
    rate = rate_words(comparison)
    changes = "percentage points" if rate.unit.is_share else rate.unit.of_changes
    notes = [
        f"Change = {rate} of the candidate − {rate} of the baseline, in {changes}, on the same utterances, "
        "with 95 % intervals by speaker. p: how often a change as bad would appear anywhere among the tested groups "
        f"if the two recognisers were swapped at random, speaker by speaker ({count(comparison['permutations'])} "
        f"draws). Worse: p is at most {comparison['alpha']:g} and the interval is above 0. Better: the interval of "
        "that cohort alone is below 0.",
        *who_counts(comparison),
        *_chosen_notes(comparison),
    ]
    if not comparison["redacted"]:
        notes.append("Unredacted: this may include numbers for very small cohorts. Handle with care.")
    mark, title = _TITLES[comparison["verdict"]]
    baseline, candidate = named_logs(comparison)
    return ComparisonView(
        rate=rate,
        baseline=baseline,
        candidate=candidate,
        verdict=comparison["verdict"],
        mark=mark,
        title=title,
        sentence=_sentence(comparison, rate),
        pairing=_pairing(comparison),
        caveats=(*_caveats(comparison), *_driven(comparison, rate)),
        overall=comparison["overall"]["difference"],
        reviews=tuple(_review(review, comparison, rate) for review in sorted(comparison["reviews"], key=_by_evidence)),
        notes=tuple(notes),
        redacted=comparison["redacted"],
        inputs=files_table(comparison),
        side_columns=side_columns_table(comparison["side_tables"]),
        software=software_line(comparison),
        signature=plain(comparison["signature"]),
    )


def _by_evidence(review: CohortComparisonDoc) -> tuple[bool, float]:
    """Sort regressions first, then by the strongest evidence of one."""
    tested = [cohort["p_adjusted"] for cohort in review["cohorts"] if cohort["p_adjusted"] is not None]
    return not any(cohort["worse"] for cohort in review["cohorts"]), min(tested, default=2.0)


def _caveats(comparison: ComparisonDoc) -> tuple[str, ...]:
    """List what limits the comparison itself, then the faults of the two logs, and those that both have once."""
    before, after = comparison["quality"]["before"], comparison["quality"]["after"]
    of_both = tuple(f"Caution: {plain(caveat)}" for caveat in (*comparison.get("caveats", ()), *_absent(comparison)))
    if caveats(before) == caveats(after):
        return (*of_both, *caveats(before))
    return (*of_both, *caveats(before, of="baseline"), *caveats(after, of="candidate"))


def _driven(comparison: ComparisonDoc, rate: RateWords) -> Iterator[str]:
    """Say how much of each of the two rates loops and empty references make."""
    overall = comparison["overall"]
    yield from driven(overall.get("before_drivers"), overall["before"], rate, of="baseline")
    yield from driven(overall.get("after_drivers"), overall["after"], rate, of="candidate")


def _absent(comparison: ComparisonDoc) -> Iterator[str]:
    """Say which frozen cohorts say too little: they were not compared, are empty, or too many speakers are in none."""
    for entry in comparison["skipped"]:
        yield f"the cohorts of {search_name(entry['method'])} were not compared: {entry['needs']}."
    for review in comparison["reviews"]:
        if reason := review.get("incomplete_because"):
            title = search_name(review["title"])
            yield f"the cohorts of {title} do not cover this log, because {reason}.{unlisted(review)}"


def _chosen_notes(comparison: ComparisonDoc) -> Iterator[str]:
    """Say which cohorts were chosen on a log that is compared here, and in which direction that biases the change."""
    reviews = comparison["reviews"]
    before = [review for review in reviews if review["found_on_baseline"]]
    after = [review for review in reviews if review.get("found_on_candidate") and review not in before]
    if before:
        bias = "part of any improvement is regression to the mean"
        yield _chosen_note(before, "baseline", bias, parts="rows_left_out" in comparison["quality"]["before"])
    if after:
        bias = "part of any change for the worse is due to chance in that choice"
        yield _chosen_note(after, "candidate", bias, parts="rows_left_out" in comparison["quality"]["after"])


def _chosen_note(reviews: Sequence[CohortComparisonDoc], log: str, bias: str, *, parts: bool) -> str:
    """Say that cohorts were chosen on a log, or on a file that has other rows as well."""
    advice = "Cohorts frozen on an earlier log avoid this."
    if parts:
        where = f"were chosen on the file of the {log}. If on these rows, {bias}."
        return f"The cohorts of {_titles(reviews)} {where} {advice}"
    return f"The cohorts of {_titles(reviews)} were chosen on the {log} log, so {bias}. {advice}"


def _titles(reviews: Sequence[CohortComparisonDoc]) -> str:
    *others, last = [search_name(review["title"]) for review in reviews]
    return f"{', '.join(others)} and {last}" if others else last


def _sentence(comparison: ComparisonDoc, rate: RateWords) -> str:
    """Give the overall change, and name the cohorts that got worse while the overall rate improved."""
    overall, permutations = comparison["overall"], comparison["permutations"]
    unit = rate.unit
    opening = f"Overall {rate} {_overall_verb(overall)} from {_change(overall, unit)}"
    cohorts = [cohort for review in comparison["reviews"] for cohort in review["cohorts"]]
    worse = [cohort for cohort in cohorts if cohort["worse"]]
    if worse:
        each = "; ".join(
            f"“{cohort_name(cohort)}” from {_change(cohort, unit)}, {p_equation(cohort['p_adjusted'], permutations)}"
            for cohort in worse[:_NAMED]
        )
        more = f"; and {count(len(worse) - _NAMED)} more" if len(worse) > _NAMED else ""
        noun = "this cohort" if len(worse) == 1 else f"these {count(len(worse))} cohorts"
        return f"{opening}, {'while' if improved(overall) else 'and'} {noun} got worse: {each}{more}."
    if overall["worse"]:
        opening += f", {p_equation(overall['p_adjusted'], permutations)}"
    tested = sum(cohort["tested"] for cohort in cohorts)
    if tested:
        return (
            f"{opening}. None of {count(tested)} tested cohorts got worse beyond chance; the upper end of each "
            "interval shows how much worse it could still be."
        )
    if cohorts:
        return f"{opening}. No cohort has enough speakers to be tested, so nothing can be said about any of them."
    return f"{opening}."


def _overall_verb(overall: OverallChangeDoc) -> str:
    if improved(overall):
        return "improved"
    return "got worse" if overall["worse"] else "went"


def _change(measured: ChangeDoc, unit: Unit) -> str:
    before, after, difference = rate_change(measured, unit)
    return f"{before} to {after} ({difference} {unit.difference_span(measured['interval'])})"


def _pairing(comparison: ComparisonDoc) -> str:
    """Account for every utterance of both logs."""
    pairing, overall = comparison["pairing"], comparison["overall"]
    left_out = [
        (pairing["only_before"], "only in the baseline"),
        (pairing["only_after"], "only in the candidate"),
        (pairing["other_reference"], "with another reference"),
        (pairing["other_speaker"], "of another speaker"),
    ]
    known = people(comparison) == SPEAKERS
    whose = f" of {count(overall['speakers'])} speakers" if known else ", speakers unknown"
    unpaired = ", ".join(f"{count(n)} {what}" for n, what in left_out if n) or "none"
    return (
        f"Paired: {count(pairing['paired'])} utterances{whose}. "
        f"Left out: {unpaired}."
    )  # fmt: skip


def _review(review: CohortComparisonDoc, comparison: ComparisonDoc, rate: RateWords) -> ReviewView:
    lines = (_gap_line(review), _between_line(review["between"], rate))
    return ReviewView(
        title=search_name(review["title"]),
        lines=tuple(line for line in lines if line),
        tally=_tally(review, rate),
        cohorts=changes_table(review, comparison["permutations"], rate),
        marks=tuple(_mark(cohort) for cohort in review["cohorts"] if cohort["speakers"] != 0),
    )


def _mark(cohort: CohortChangeDoc) -> ChangeMark:
    interval = cohort["interval"]
    return ChangeMark(
        label=plain(cohort["label"]) or cohort_name(cohort),
        difference=cohort["difference"],
        interval=None if interval is None else (interval[0], interval[1]),
        result=result_of(cohort),
    )


def _gap_line(review: CohortComparisonDoc) -> str:
    gap, bottom = review["gap"], review["bottom"]
    if gap is None or bottom is None:
        return ""
    untested = "" if gap["tested"] else f" Too little evidence to test it: {plain(gap['not_tested_because'])}."
    return (
        f"Gap of “{plain(bottom['description'])}” to the {gap['reference']}: "
        f"{gap_change(gap)}. 95 % intervals: baseline "
        f"{gap_span(gap['before_interval'])}, candidate {gap_span(gap['after_interval'])}.{untested}"
    )


def _between_line(between: BetweenDoc | None, rate: RateWords) -> str:
    if between is None:
        return ""
    before, after = between["before"], between["after"]
    variances = [variance for side in (before, after) if (variance := side["variance"]) is not None]
    if len(variances) < 2:
        return ""
    unit = rate.unit
    spread = " → ".join(number(unit.factor**2 * variance, 1) for variance in variances)
    return (
        f"Across {count(between['cohorts'])} tested cohorts, weighted equally (baseline → candidate): mean {rate} "
        f"{unit.value(before['mean'])} → {unit.value(after['mean'])}, highest {unit.value(before['maximum'])} → "
        f"{unit.value(after['maximum'])}, variance between cohorts after removing sampling noise {spread} "
        f"{unit.of_changes}²."
    )


def _tally(review: CohortComparisonDoc, rate: RateWords) -> str:
    cohorts = review["cohorts"]
    shown = [cohort for cohort in cohorts if not cohort["suppressed"]]
    outside = review["unassigned"]["speakers"]
    tally = (
        f"{count(len(cohorts))} {'cohort' if len(cohorts) == 1 else 'cohorts'}, "
        f"{count(sum(cohort['worse'] for cohort in shown))} worse beyond chance, "
        f"{count(sum(not cohort['tested'] for cohort in shown))} with too little evidence to test, "
        f"{count(len(cohorts) - len(shown))} withheld"
    )
    unassigned = "some" if outside is None else count(outside)
    respelled = review.get("respelled", 0)
    spelled = f" Labels spelled otherwise than when frozen: {count(respelled)}."
    return f"{tally}; unassigned: {unassigned if outside != 0 else 'no'} {rate.people}.{spelled if respelled else ''}"
