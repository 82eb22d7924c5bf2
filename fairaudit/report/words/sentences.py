"""What an audit says in plain sentences: the verdict, what it does not mean, and what would have been noticed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.core.privacy import BECAUSE_SMALL, SUPPRESS_BELOW
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import Intervals, MeasuredOn, Verdict
from fairaudit.report.words.people import who_counts
from fairaudit.report.words.rates import rate_words
from fairaudit.report.words.wording import count, gap, number, p_equation, percent, plain
from fairaudit.results.gaps import is_known, strength_of

if TYPE_CHECKING:
    from fairaudit.results.documents import AdjustedDoc, AuditDoc, CoverageDoc, QualityDoc, SearchDoc, UnassignedDoc

__all__ = [
    "STABLE",
    "VERDICTS",
    "adjusted_for",
    "adjustment",
    "basis",
    "caveats",
    "coverage",
    "detectable",
    "headline",
    "intervals",
    "of_whom",
    "overall_verdict",
    "stability",
    "unassigned",
    "unlisted",
    "verdict_title",
]

#: From the strongest verdict to the weakest; an audit has the strongest of its searches.
VERDICTS: Final = (*Verdict,)
_TITLES: Final = {
    Verdict.DISPARITY: "Disparity found",
    Verdict.UNEVEN: "Uneven, but who is unclear",
    Verdict.NO_EVIDENCE: "No evidence of a disparity",
    Verdict.INSUFFICIENT: "Insufficient evidence",
}
_INTERVALS: Final = {
    Intervals.LOG_SCALE: "allow for differences between speakers, on the log scale. Each is the wider of two: "
    "one from the group's own speakers, one from what the whole log predicts for a group of that size. The interval "
    "of a gap that decides is that of the gap with talkative speakers weighted down, where this one is given.",
    Intervals.BOOTSTRAP: "are percentiles of 1,000 resamples of the group's speakers (speaker bootstrap). "
    "They are too narrow for few speakers: with 20, about 88 of 100 such intervals contain the true rate.",
}
#: p-values above this are close to the level of 0.05.
_CLOSE: Final = 0.01
#: Share of a cohort that must come back for it to be called stable (STATISTICS).
STABLE: Final = 0.6
#: Share of speakers in no group, or of what was said, that is named beside the verdict.
_MANY: Final = 0.05


def overall_verdict(discoveries: Sequence[SearchDoc]) -> Verdict:
    """Give the verdict of a whole audit.

    Examples
    --------
    >>> overall_verdict([{"verdict": "insufficient evidence"}, {"verdict": "no evidence"}])
    'no evidence'
    """
    return min((d["verdict"] for d in discoveries), key=VERDICTS.index, default=VERDICTS[-1])


def verdict_title(verdict: Verdict) -> str:
    """Put a verdict as a title.

    Examples
    --------
    >>> verdict_title("disparity")
    'Disparity found'
    """
    return _TITLES[verdict]


def headline(discoveries: Sequence[SearchDoc]) -> SearchDoc | None:
    """Choose the search that the page opens with: strongest verdict, then smallest p, then strongest score."""
    return min(discoveries, key=strength_of, default=None)


def adjustment(adjusted: AdjustedDoc) -> str:
    """Say what an audit was adjusted for, how, and on how much data the adjustment rests."""
    covariates = _listed(map(plain, adjusted["covariates"]))
    strata, thin = adjusted["strata"], adjusted["thin_strata"]
    support = "each with at least 10 speakers"
    if thin:
        support = f"{count(thin)} of them with fewer than 10 speakers ({percent(adjusted['thin_share'])} of the log)"
    noun = "stratum" if strata == 1 else "strata"
    return (
        f"Adjusted for: {covariates} ({count(strata)} {noun}, {support}). "
        "Errors are compared with the errors that speakers make on the same material, apart from each speaker's own "
        "level. The audit is not adjusted for anything that is not listed here."
    )


def coverage(audit: AuditDoc) -> tuple[str, ...]:
    """Say what was examined, how many searches the p-values account for, and who counts as a speaker."""
    return (*_by_verdict(audit), *_paid_for(audit), *_still_found(audit), *who_counts(audit))


def _by_verdict(audit: AuditDoc) -> Iterator[str]:
    """List the searches by verdict, and those that were not run."""
    titles = {verdict: [search_name(d["title"]) for d in audit["discoveries"] if d["verdict"] == verdict]
              for verdict in VERDICTS}  # fmt: skip
    lines = (
        ("Searches that found a disparity", titles[Verdict.DISPARITY]),
        ("Searches that found uneven errors, but not who is worse off", titles[Verdict.UNEVEN]),
        ("Searches that found no disparity", titles[Verdict.NO_EVIDENCE]),
        ("Searches with too little evidence to decide", titles[Verdict.INSUFFICIENT]),
        ("Searches that could not be run", [search_name(skipped["method"]) for skipped in audit["skipped"]]),
    )
    return (f"{name}: {_listed(names)}." for name, names in lines if names)


def _paid_for(audit: AuditDoc) -> Iterator[str]:
    """Say what the p-values account for, and which label columns nobody asked for."""
    n_searches, unasked = audit["searches"], audit.get("searched_unasked", [])
    if n_searches > 1:
        yield f"Every p-value accounts for all {count(n_searches)} searches."
    if unasked:
        them = "Label columns that were" if len(unasked) > 1 else "A label column that was"
        fewer = " An audit of fewer columns notices smaller gaps; choose them with --by." if len(unasked) > 1 else ""
        yield f"{them} searched without being asked for: {_listed(map(plain, unasked))}.{fewer}"


def caveats(quality: QualityDoc, of: str = "") -> tuple[str, ...]:
    """List the faults of a log and of its side tables that a reader of the verdict must know.

    Parameters
    ----------
    quality
        Quality of a log.
    of
        Whose log it is, such as ``"candidate"``; empty if there is only one.

    Examples
    --------
    >>> quality = {"rows_in": 2, "rows_used": 2, "rows_quarantined": 0, "by_code": {}, "coercions": {}, "notes": []}
    >>> caveats({**quality, "caveats": ["two scripts"]}, of="candidate"), caveats(quality)
    (('Caution (candidate): two scripts',), ())
    """
    lead = f"Caution ({of}):" if of else "Caution:"
    return tuple(f"{lead} {plain(caveat)}" for caveat in quality.get("caveats", ()))


def unassigned(audit: AuditDoc) -> tuple[str, ...]:
    """Name each search that leaves much in no group, and give the rate of that beside the rate of the groups."""
    return tuple(sentence for search in audit["discoveries"] if (sentence := _outside(search, audit)))


def _outside(search: SearchDoc, audit: AuditDoc) -> str:
    """Say how many speakers are in no group; if they are few, how much is of those who are in a group with the rest."""
    sums, overall = search["unassigned"], audit["overall"]
    name, why = search_name(search["title"]), "because what this search needs is missing"
    speakers, errors, exposure = sums["speakers"], sums["errors"], sums["exposure"]
    rate, many = rate_words(audit), 0 < _MANY * overall["speakers"] <= _at_most(sums)
    if speakers is None or errors is None or exposure is None:
        return f"Caution: {name}: some {rate.people} are in no group, {why}; their number is withheld." if many else ""
    if many:
        share = percent(speakers / overall["speakers"], 0)
        whom = (
            f"{name}: {count(speakers)} of {count(overall['speakers'])} {rate.people} ({share}) are in no group, {why}."
        )
    elif 0 < _MANY * overall["exposure"] <= exposure:
        share = percent(exposure / overall["exposure"], 0)
        whom = f"{name}: {share} of the {rate.exposure} are in no group, {why} there."
    else:
        return ""
    inside = overall["exposure"] - exposure
    if not exposure or not inside:
        return f"Caution: {whom}"
    rates = rate.unit.value(errors / exposure), rate.unit.value((overall["errors"] - errors) / inside)
    return f"Caution: {whom} Their {rate} is {rates[0]}, against {rates[1]} in the groups."


def _at_most(sums: UnassignedDoc) -> float:
    """Return how many speakers may be in no group, as far as is published."""
    if sums["speakers"] is not None:
        return sums["speakers"]
    return SUPPRESS_BELOW - 1 if sums.get("withheld_because") == BECAUSE_SMALL else math.inf


def unlisted(review: CoverageDoc) -> str:
    """Name the labels of a log that are in no frozen cohort; empty if there are none.

    Examples
    --------
    >>> unlisted({"unlisted": ["scots"]})
    ' Labels of the log that are in no cohort: “scots”.'
    """
    labels = ", ".join(f"“{label}”" for label in review.get("unlisted", ()))
    return f" Labels of the log that are in no cohort: {labels}." if labels else ""


def _still_found(audit: AuditDoc) -> Iterator[str]:
    """Say which searches still find a disparity on equally hard material."""
    if adjusted := audit.get("adjusted"):
        still = [search_name(s["title"]) for s in adjusted["searches"] if s["verdict"] == Verdict.DISPARITY]
        yield f"{adjusted_for(adjusted)}, searches that found a disparity: {_listed(still) or 'none'}."


def adjusted_for(adjusted: AdjustedDoc) -> str:
    """Say what an audit was adjusted for."""
    return f"Adjusted for {_listed(map(plain, adjusted['covariates']))}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def basis(discovery: SearchDoc) -> str:
    """Say why the rates of the cohorts differ from those of the held-out gap; nothing where they do not."""
    if discovery["measured_on"] != MeasuredOn.ALL or discovery["held_out"] is None or is_known(discovery):
        return ""
    return "These rates cover all speakers. The held-out gap covers only the speakers kept aside, so its rates differ."


def detectable(discovery: SearchDoc) -> str:
    """Say what the smallest gap is that this log would have shown."""
    smallest = discovery["minimum_detectable_gap"]
    if smallest is None:
        return "The smallest gap that this search could have detected could not be computed."
    found = f"Minimum detectable gap: {gap(smallest)}, for {of_whom(discovery)}."
    if is_known(discovery):
        return f"{found} A true gap of that size would be flagged four times in five. A smaller one could go unnoticed."
    return (
        f"{found} The search would notice a true gap of that size about four times in five, but it can take "
        "twice the gap to show which group is worse off. A smaller one could go unnoticed."
    )


def selection(discovery: SearchDoc) -> str:
    """Say that a gap is probably too large if it was just strong enough to be found; nothing otherwise."""
    p = discovery["p_value"]
    if discovery["verdict"] != Verdict.DISPARITY or p is None or p <= _CLOSE:
        return ""
    return (
        f"{p_equation(p, discovery['permutations'])} is close to the level. Gaps that are only just strong enough to "
        "be found are larger than the true gaps on average."
    )


def smallest(discovery: SearchDoc) -> str:
    """Say how small a group a search can find; nothing for groups known beforehand or an older audit."""
    least = discovery.get("smallest_cohort")
    return "" if least is None else f"The smallest group that this search looks for has {count(least)} speakers."


def of_whom(discovery: SearchDoc) -> str:
    """Name the group that a minimum detectable gap is of."""
    share = discovery["minimum_detectable_share"]
    return "a group" if share is None else f"a group of {percent(share, 0)} of the speakers"


def stability(discovery: SearchDoc) -> str:
    """Say whether the clusters of a search reappear; nothing for a search without clusters or an older audit."""
    found = discovery["stability"]
    if found is None or found["ari"] is None:
        return ""
    agree = f"runs with {count(found['seeds'])} seeds agree with an adjusted Rand index of {number(found['ari'], 2)}"
    if "clustered" not in found:
        return f"Stability: {agree} (1 = the same cohorts, 0 = chance)."
    agree += f", against {number(found['ari_of_cloud'], 2)} for data of the same spread without clusters"
    if not found["clustered"]:
        return f"These vectors form no clusters: {agree}. The cohorts divide a continuum arbitrarily."
    if found["bottom"] is None:
        return f"Stability: {agree}."
    share = f"{percent(found['bottom'], 0)} of the bottom cohort"
    again = "when speakers are resampled and clustered again"
    if found["bottom"] < STABLE:
        return (
            f"Not a stable cohort: {share} reappears {again}, less than {percent(STABLE, 0)}. "
            f"Over all clusters, {agree}."
        )
    return f"Stability: {share} reappears {again}; {agree}."


def intervals(audit: AuditDoc) -> str:
    """Say what the intervals are; an audit that does not say has those on the log scale."""
    return f"95 % intervals of rates and gaps {_INTERVALS[audit.get('intervals', Intervals.LOG_SCALE)]}"


def cohort_tally(discoveries: Iterable[SearchDoc]) -> str:
    """Count what was examined: how many cohorts, flagged, not tested, withheld."""
    cohorts = [cohort for discovery in discoveries for cohort in discovery["cohorts"]]
    flagged, untested, withheld = (
        (
            sum(map(bool, found))
            for found in zip(*((c["flagged"], not c["tested"], c["suppressed"]) for c in cohorts), strict=True)
        )
        if cohorts
        else (0, 0, 0)
    )
    noun = "cohort" if len(cohorts) == 1 else "cohorts"
    tally = f"{count(len(cohorts))} {noun} examined, {count(flagged)} flagged, {count(untested)} not tested"
    return f"{tally} ({count(withheld)} of them withheld)." if withheld else f"{tally}."
