"""What an audit says in plain sentences: the verdict, what it does not mean, and what would have been noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fairaudit.core.columns import SPEAKER
from fairaudit.core.verdicts import Intervals, Verdict, strength
from fairaudit.report.words.wording import count, gap, gap_span, number, p_equation, percent, plain
from fairaudit.results.documents import AdjustedDoc, AuditDoc, SearchDoc

__all__ = [
    "RATES",
    "STABLE",
    "VERDICTS",
    "adjustment",
    "coverage",
    "cross_fitted",
    "detectable",
    "headline",
    "intervals",
    "of_whom",
    "overall_verdict",
    "rate_name",
    "second_opinion",
    "stability",
    "verdict_title",
    "who_counts",
]

#: From the strongest verdict to the weakest; an audit has the strongest of its discoveries.
VERDICTS: Final = (*Verdict,)
_TITLES: Final = {
    Verdict.DISPARITY: "Disparity found",
    Verdict.NO_EVIDENCE: "No evidence of a disparity",
    Verdict.INSUFFICIENT: "Insufficient evidence",
}
_INTERVALS: Final = {
    Intervals.LOG_SCALE: "allow for how much speakers differ, on the log scale: the wider of what a group's own "
    "speakers show and what the whole log predicts for as many.",
    Intervals.BOOTSTRAP: "are percentiles of 1,000 rounds of drawing the group's speakers anew (speaker bootstrap). "
    "They are too narrow for few speakers: with 20, about 88 of 100 such intervals hold the true rate.",
}
#: Share of a cohort that must come back for it to be called stable (STATISTICS).
STABLE: Final = 0.6
#: A p-value by formula is not limited by a number of shuffles.
_UNLIMITED: Final = 10**9
#: Regressions that a sentence tells of.
_TOLD: Final = 3
#: Names of the rates that have one longer than what the audit calls them.
RATES: Final = {"wer": "word error rate", "cer": "character error rate"}


def rate_name(rate: str) -> str:
    """Name a rate in a table.

    Examples
    --------
    >>> rate_name("wer"), rate_name("insertion_rate")
    ('WER', 'insertion rate')
    """
    return rate.upper() if rate in RATES else plain(rate.replace("_", " "))


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
    """Choose the discovery that the page opens with: strongest verdict, then smallest p, then largest held-out gap."""

    def key(discovery: SearchDoc) -> tuple[int, float, float]:
        gap = discovery["held_out"]["gap_relative"] if discovery["held_out"] else None
        return strength(discovery["verdict"], discovery["p_value"], gap)

    return min(discoveries, key=key, default=None)


def adjustment(adjusted: AdjustedDoc) -> str:
    """Say what was taken into account, how, and on how much it rests."""
    covariates = _listed(map(plain, adjusted["covariates"]))
    strata, thin = adjusted["strata"], adjusted["thin_strata"]
    support = "each of at least 10 speakers"
    if thin:
        verb = "has" if thin == 1 else "have"
        support = f"of which {count(thin)} {verb} fewer than 10 speakers ({percent(adjusted['thin_share'])} of the log)"
    noun = "stratum" if strata == 1 else "strata"
    return (
        f"Taken into account: {covariates} ({count(strata)} {noun}, {support}). "
        "Errors are compared with those that speakers make on the same material, each speaker's own level aside. "
        "What is not listed here was not taken into account."
    )


def coverage(audit: AuditDoc) -> tuple[str, ...]:
    """Name everything that was examined, flagged or not, and what was not examined at all."""
    titles = {verdict: [plain(d["title"]) for d in audit["discoveries"] if d["verdict"] == verdict]
              for verdict in VERDICTS}  # fmt: skip
    lines = (
        ("Searches that found a disparity", titles[Verdict.DISPARITY]),
        ("Searches that found none", titles[Verdict.NO_EVIDENCE]),
        ("Searches with too little evidence to say", titles[Verdict.INSUFFICIENT]),
        ("Searches that could not be run", [plain(skipped["method"]) for skipped in audit["skipped"]]),
    )
    told = (f"{name}: {_listed(found)}." for name, found in lines if found)
    return (*told, *_once_adjusted(audit), *who_counts(audit["sampling_unit"]))


def who_counts(unit: str) -> tuple[str, ...]:
    """Say who is counted where speakers are not: nothing where they are.

    Examples
    --------
    >>> who_counts("household"), who_counts("speaker_id")
    (('A “speaker” is one value of household: who share it count as one.',), ())
    """
    return () if unit == SPEAKER else (f"A “speaker” is one value of {plain(unit)}: who share it count as one.",)


def _once_adjusted(audit: AuditDoc) -> tuple[str, ...]:
    """Say what is left of the headline's gap, and which searches still find a disparity, on equally hard material."""
    adjusted, lead = audit.get("adjusted"), headline(audit["discoveries"])
    if not adjusted or lead is None:
        return ()
    account = f"With {_listed(map(plain, adjusted['covariates']))} taken into account"
    same = next((s["same_cohort"] for s in adjusted["searches"] if s["title"] == lead["title"]), None)
    left = () if same is None or lead["bottom"] is None else (
        f"{account}, the gap of “{plain(lead['bottom']['description'])}” is {gap(same['gap_relative'])} "
        f"{gap_span(same['gap_interval'])}.",
    )  # fmt: skip
    still = [plain(search["title"]) for search in adjusted["searches"] if search["verdict"] == Verdict.DISPARITY]
    return (*left, f"{account}, searches that find a disparity: {_listed(still) or 'none'}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def detectable(discovery: SearchDoc) -> str:
    """Say how small a gap this log would still have shown."""
    smallest = discovery["minimum_detectable_gap"]
    if smallest is None:
        return "How small a gap this search would have noticed could not be computed."
    return (
        f"Minimum detectable gap: {gap(smallest)}. A true gap of that size, for {of_whom(discovery)}, "
        "would have been found four times in five; a smaller one could go unnoticed."
    )


def of_whom(discovery: SearchDoc) -> str:
    """Name the group that a minimum detectable gap is of."""
    share = discovery["minimum_detectable_share"]
    return "a group" if share is None else f"a group of {percent(share)} of the speakers"


def stability(discovery: SearchDoc) -> str:
    """Say whether the clusters of a search come back; nothing of a search without clusters or an older audit."""
    told = discovery["stability"]
    if told is None or told["ari"] is None:
        return ""
    agree = f"runs of {count(told['seeds'])} seeds agree with an adjusted Rand index of {number(told['ari'], 2)}"
    if "clustered" not in told:
        return f"Stability: {agree} (1 = the same cohorts, 0 = chance)."
    cloud = f"those of a cloud of the same spread without clusters with {number(told['ari_of_cloud'], 2)}"
    if not told["clustered"]:
        return f"These vectors hold no clusters: {agree}, {cloud}. The cohorts are arbitrary parts of one cloud."
    if told["bottom"] is None:
        return f"Stability: {agree}, {cloud}."
    back = f"{percent(told['bottom'])} of the bottom comes back when speakers are drawn anew and clustered"
    if told["bottom"] < STABLE:
        return f"Not a stable cohort: {back}, less than {percent(STABLE)}. Of all clusters, {agree}, {cloud}."
    return f"Stability: {back}; {agree}, {cloud}."


def cross_fitted(discovery: SearchDoc) -> str:
    """Tell the cross-fitted gap, where one was asked for."""
    told = discovery.get("cross_fitted")
    if told is None:
        return ""
    return (
        f"Cross-fitted gap: {gap(told['gap_relative'])} ({percent(told['bottom_rate'])} against "
        f"{percent(told['reference_rate'])}), every speaker measured by a search that had not seen them. "
        "An estimate without interval or p: the searches share speakers."
    )


def intervals(audit: AuditDoc) -> str:
    """Say what the intervals are; an audit that does not tell has those on the log scale."""
    return f"95 % intervals of rates and gaps {_INTERVALS[audit.get('intervals', Intervals.LOG_SCALE)]}"


def second_opinion(discovery: SearchDoc) -> str:
    """Say what regression makes of groups that were fixed beforehand; nothing where nobody asked for it."""
    tests = discovery.get("nb2")
    if tests is None:
        return ""
    names = {cohort["id"]: plain(cohort["description"] or cohort["label"]) for cohort in discovery["cohorts"]}
    known = [test for test in tests if test["cohort_id"] in names and None not in test.values()]
    if not known:
        return "Second opinion by negative-binomial regression: none, no group holds enough."
    known.sort(key=lambda test: (test["p_adjusted"], test["cohort_id"]))
    told = "; ".join(
        f"“{names[test['cohort_id']]}” {gap(ratio - 1)} against its rest "
        f"{gap_span([end - 1 for end in interval])}, adjusted {p_equation(test['p_adjusted'], _UNLIMITED)}"
        for test in known[:_TOLD]
        if (ratio := test["ratio"]) is not None and (interval := test["interval"]) is not None
    )
    more = f"; {count(len(known) - _TOLD)} more in audit.json" if len(known) > _TOLD else ""
    return (
        "Second opinion, which never decides the verdict, by negative-binomial regression for groups that were fixed "
        f"beforehand: {told}{more}."
    )


def cohort_tally(discoveries: Iterable[SearchDoc]) -> str:
    """Count what was examined: how many cohorts, flagged, too small to test, withheld."""
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
    told = f"{count(len(cohorts))} {noun} examined, {count(flagged)} flagged, {count(untested)} too small to test"
    return f"{told} ({count(withheld)} of them withheld)." if withheld else f"{told}."
