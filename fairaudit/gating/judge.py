"""Check rules against the numbers of an ``audit.json`` or a ``comparison.json``.

The numbers are not rounded, except where counts are withheld. There they are rounded up, so that a rule can fail
because of the rounding but cannot pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, Final, Literal, cast

from fairaudit.core.errors import UsageError
from fairaudit.core.privacy import BECAUSE_SMALL
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import End, Verdict, too_many_unassigned, too_many_unknown
from fairaudit.gating.numbers import GAP_FROM, RATE_FROM, Number, compared, freedom_of
from fairaudit.gating.subjects import enough, gravest, undecided, with_overall
from fairaudit.results.gaps import deciding_gap, is_known
from fairaudit.results.gate import GateResult, RuleResult, Subject
from fairaudit.results.gate_rules import RULES, GateRule
from fairaudit.results.numbers import rounding_of, rounding_of_change
from fairaudit.results.rates import rate_of_document
from fairaudit.results.reading import is_comparison

if TYPE_CHECKING:
    from fairaudit.results.documents import (
        ChangeDoc,
        CohortChangeDoc,
        CohortComparisonDoc,
        CohortDoc,
        ResultDoc,
        SearchDoc,
    )

__all__ = ["judge"]

_ALL: Final = "all speakers"
_NO_SEARCH: Final = "the log has nothing that groups could be searched by"
_UNKNOWN: Final = "the number of speakers in no cohort is withheld"
#: By how much at most gaps are rounded up.
_ROUNDED_GAP: Final = 0.01
#: Number of decimals to which a sum of shares is exact.
_EXACT: Final = 12


def judge(content: ResultDoc, rules: Sequence[GateRule]) -> GateResult:
    """Check rules against an audit or a comparison.

    Parameters
    ----------
    content
        Content of ``audit.json`` or ``comparison.json``.
    rules
        Rules to check, at least one.

    Raises
    ------
    UsageError
        If there is no rule, or if a rule that needs a comparison is checked on an audit.
    """
    if not rules:
        raise UsageError(f"a gate needs at least one rule; there are {[*RULES]}")
    of: Literal["audit", "comparison"] = "comparison" if is_comparison(content) else "audit"
    unit = rate_of_document(content).unit
    for rule in rules:
        rule.require_of(of)
        rule.require_unit(unit)
    checks = (RuleResult(rule, tuple(sorted(_SUBJECTS[rule.name](content, rule), key=gravest))) for rule in rules)
    return GateResult(of, content["signature"], tuple(checks), tuple(_caveats(content)), unit)


def _caveats(content: ResultDoc) -> Iterator[str]:
    """Yield what a reader of the verdict must know of a result, each sentence once."""
    if is_comparison(content):
        sides = content["quality"]["before"].get("caveats", []), content["quality"]["after"].get("caveats", [])
        yield from dict.fromkeys([*content.get("caveats", []), *sides[0], *sides[1]])
    else:
        yield from content["quality"].get("caveats", [])


def _gaps(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    """Check the gap of every search: that of the candidate in a comparison, the one that decides in an audit.

    The lower end of a gap counts only if the search found more than chance would. If errors are uneven, but it is
    unclear for whom, nothing is decided.
    """
    yield from _absent(content)
    after = (_gap_after(review) for review in _comparisons(content))
    yield from compared([*after, *(_gap_found(search, rule) for search in _searches(content))], rule)


def _gap_after(review: CohortComparisonDoc) -> Number:
    gap, name = review["gap"], _searched(review)
    if gap is None:
        return Number(name, None, None, "no gap is defined")
    return Number(
        name,
        gap["after"],
        gap["after_interval"],
        None if gap["tested"] else gap["not_tested_because"],
        simultaneous=gap.get("after_simultaneous_interval"),
        origin=GAP_FROM,
        surplus=_ROUNDED_GAP if gap["speakers"] is None else 0.0,
    )


def _gap_found(search: SearchDoc, rule: GateRule) -> Number:
    side, name = deciding_gap(search), _searched(search)
    if side is None:
        return Number(name, None, None, search["reason"])
    return Number(
        name,
        side["gap_relative"],
        side["gap_interval"],
        search["reason"] if search["verdict"] in (Verdict.INSUFFICIENT, Verdict.UNEVEN) else None,
        search["p_value"],
        rule.end == End.LOWER and search["verdict"] != Verdict.DISPARITY,
        simultaneous=side["gap_interval"] if is_known(search) else None,
        origin=GAP_FROM,
        surplus=_ROUNDED_GAP,
        centre=side.get("gap_weighted"),
    )


def _rates(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    """Check the rate of every cohort, which in a comparison is that of the candidate."""
    yield from _absent(content)
    after = (
        Number(
            name,
            change["after"],
            change["after_interval"],
            _untested(change),
            simultaneous=change.get("after_simultaneous_interval"),
            origin=RATE_FROM,
            surplus=_rounding(change["after"], change),
        )
        for name, change in _changes(content)
    )
    audited = (
        Number(
            _named(cohort, search),
            cohort["rate"],
            cohort["interval"],
            _untested(cohort),
            origin=RATE_FROM,
            freedom=freedom_of(cohort["effective_speakers"]),
            surplus=_rounding(cohort["rate"], cohort),
        )
        for search in _searches(content)
        for cohort in search["cohorts"]
    )
    yield from compared([*after, *audited], rule)


def _regressions(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    """Check the change of every cohort and of all speakers; lower ends count only if the change is beyond chance."""
    if not is_comparison(content):
        return
    changes = (
        _changed(name, change, chance=rule.end == End.LOWER and not change["worse"])
        for name, change in ((_ALL, content["overall"]), *_changes(content))
    )
    overall, *cohorts = compared(changes, rule)
    yield from with_overall([*cohorts, *_absent(content)], overall)


def _overall(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    yield from _unknown(content)
    if is_comparison(content):
        yield from compared([_changed(_ALL, content["overall"])], rule)


def _tested(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    """Check the share of all speakers who are in cohorts that could be tested, for each search."""
    yield from (*_skipped(content), *_unknown(content))
    shares = [(search_name(search["title"]), _share_tested(search, content)) for search in _all_searches(content)]
    tested = is_comparison(content) and content["overall"]["tested"]
    for name, share in shares or [(_ALL, float(tested))]:
        if share is None:
            yield undecided(name, _UNKNOWN)
        else:
            yield enough(name, share, rule, "too few speakers are in cohorts that could be tested")


def _share_tested(search: SearchDoc | CohortComparisonDoc, content: ResultDoc) -> float | None:
    """Return the share of all speakers who are in a tested cohort, or ``None`` if it is unknown."""
    return search["share_tested"] if "share_tested" in search else _sum_of_shares(search, content)


def _sum_of_shares(search: SearchDoc | CohortComparisonDoc, content: ResultDoc) -> float | None:
    """Return the share of all speakers in tested cohorts for a file of an earlier version, which did not write it.

    A speaker in several cohorts counts several times. The shares may be of the assigned speakers.
    """
    total = fsum(cohort["share_speakers"] or 0.0 for cohort in search["cohorts"] if cohort["tested"])
    share = min(1.0, round(total, _EXACT))  # removes the rounding error of the sum
    if not is_comparison(content):
        unassigned = cast("SearchDoc", search)["unassigned"]
        if "share_speakers" in unassigned:
            outside = unassigned["share_speakers"]
            return None if outside is None else min(share, 1 - outside)
        joined = content["quality"]["join_rates"].get(search["title"])
        return share if joined is None else share * joined
    outside = search["unassigned"]["speakers"] if "unassigned" in search else 0
    return share * (1 - (outside or 0) / content["overall"]["speakers"])


def _paired(content: ResultDoc, rule: GateRule) -> Iterator[Subject]:
    """Check the share of the baseline's utterances that the candidate has; missing ones may be its failures."""
    if not is_comparison(content):
        return
    pairing = content["pairing"]
    lost = pairing["only_before"] + pairing["other_reference"] + pairing["other_speaker"]
    whole = pairing["paired"] + lost
    yield enough(_ALL, pairing["paired"] / whole, rule, "too few utterances are paired")


_SUBJECTS: Final[Mapping[str, Callable[[ResultDoc, GateRule], Iterator[Subject]]]] = {
    "max-gap": _gaps,
    "max-rate": _rates,
    "max-regression": _regressions,
    "non-inferiority": _overall,
    "min-tested": _tested,
    "min-paired": _paired,
}


def _changed(name: str, change: ChangeDoc, *, chance: bool = False) -> Number:
    """Return the change of a set of speakers."""
    return Number(
        name,
        change["difference"],
        change["interval"],
        _untested(change),
        change["p_adjusted"],
        chance,
        simultaneous=change.get("simultaneous_interval"),
        surplus=rounding_of_change(change["difference"] or 0.0) if _withheld(change) else 0.0,
    )


def _withheld(measured: CohortDoc | ChangeDoc) -> bool:
    """Whether the counts of a set of speakers are withheld, so that its numbers are rounded up."""
    return measured.get("speakers") is None


def _rounding(rate: float | None, measured: CohortDoc | ChangeDoc) -> float:
    """Return by how much at most a rate was rounded up."""
    return rounding_of(rate) if rate is not None and _withheld(measured) else 0.0


def _absent(content: ResultDoc) -> Iterator[Subject]:
    """Yield cohorts that say too little about the log, without which no rule about cohorts passes."""
    yield from (*_skipped(content), *_unknown(content))
    for search in _all_searches(content):
        if reason := _incomplete(search, content):
            yield undecided(search_name(search["title"]), reason, required=True)


def _incomplete(search: SearchDoc | CohortComparisonDoc, content: ResultDoc) -> str | None:
    """Return why cohorts say too little about a log; earlier versions did not write it."""
    if "incomplete_because" in search or "unassigned" not in search:
        return search.get("incomplete_because")
    outside = search["unassigned"]["speakers"]
    return _UNKNOWN if outside is None else too_many_unassigned(outside, content["overall"]["speakers"])


def _unknown(content: ResultDoc) -> Iterator[Subject]:
    """Yield that speakers are unknown: utterances that count as speakers are no evidence of enough people."""
    overall = content["overall"]
    unknown = overall.get("unknown_speakers", 0)  # earlier versions did not write it
    if unknown and (reason := too_many_unknown(unknown, overall["utterances"])):
        yield undecided(_ALL, reason, required=True)


def _skipped(content: ResultDoc) -> Iterator[Subject]:
    """Yield the frozen cohorts that a comparison could not assign, or that an audit could not search for any group."""
    if is_comparison(content):
        for entry in content["skipped"]:
            yield undecided(search_name(entry["method"]), entry["needs"], required=True)
    elif not content["discoveries"]:
        yield undecided(_ALL, _NO_SEARCH, required=True)


def _comparisons(content: ResultDoc) -> Sequence[CohortComparisonDoc]:
    return content["reviews"] if is_comparison(content) else ()


def _searches(content: ResultDoc) -> Sequence[SearchDoc]:
    return () if is_comparison(content) else content["discoveries"]


def _all_searches(content: ResultDoc) -> list[SearchDoc | CohortComparisonDoc]:
    return [*_comparisons(content), *_searches(content)]


def _changes(content: ResultDoc) -> Iterator[tuple[str, ChangeDoc]]:
    for review in _comparisons(content):
        for cohort in review["cohorts"]:
            if cohort["speakers"] != 0:  # an empty one is part of why the review is incomplete
                yield _named(cohort, review), cohort


def _named(cohort: CohortDoc | CohortChangeDoc, search: SearchDoc | CohortComparisonDoc) -> str:
    return f"{cohort['description'] or cohort['label']} ({search_name(search['title'])})"


def _searched(search: SearchDoc | CohortComparisonDoc) -> str:
    bottom = search["bottom"]
    name = search_name(search["title"])
    return f"{bottom['description']} ({name})" if bottom else name


def _untested(measured: CohortDoc | ChangeDoc) -> str | None:
    if measured["tested"]:
        return None
    because = measured.get("withheld_because")
    return measured["not_tested_because"] or (str(because) if because else BECAUSE_SMALL)
