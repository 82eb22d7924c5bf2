"""Convert audits to JSON documents, without numbers of fewer than 11 speakers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import UNASSIGNED, ErrorCounts
from fairaudit.core.privacy import SUPPRESS_BELOW, WITHHELD
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.results.cohort_document import redacted_cohorts, unredacted_cohorts
from fairaudit.results.disclosure import (
    ALL_SIDES,
    HELD_OUT_SIDES,
    SEARCHED_SIDES,
    Disclosure,
    Shown,
    protect_sizes,
    share_tested,
    shown_first,
    without_numbers,
)
from fairaudit.results.drivers import drivers_of, unknown_speakers
from fairaudit.results.numbers import ends_to_page, finite, integer, summed, to_page
from fairaudit.results.side_document import coarse_side, cross_fitted_to_dict, kinds_to_dict, side_to_dict
from fairaudit.results.spread import overall_kinds, spread_to_dict
from fairaudit.stats.rates import rate_interval

if TYPE_CHECKING:
    from fairaudit.cohorts.rules import Group
    from fairaudit.core.rate import Rate
    from fairaudit.evidence.gaps import Side
    from fairaudit.evidence.record import Evidence, GroupTest
    from fairaudit.results.audit_parts import Adjustment
    from fairaudit.results.documents import (
        AdjustedDoc,
        AuditOverallDoc,
        CohortDoc,
        EvidenceDoc,
        ExaminedDoc,
        GroupDoc,
        NullDoc,
        OverallDoc,
        PartitionDoc,
        RegressionDoc,
        SideDoc,
        StabilityDoc,
        UnassignedDoc,
        UnionDoc,
    )
    from fairaudit.stats.bootstrap import SpeakerBootstrap
    from fairaudit.units.build import SpeakerTable

__all__ = [
    "SCHEMA_VERSION",
    "adjustment_to_dict",
    "audit_overall_to_dict",
    "evidence_to_dict",
    "overall_to_dict",
    "shown_partitions",
]

SCHEMA_VERSION: Final = 2
_BINS: Final = 30
#: Largest number of examined partitions in the document.
_LISTED: Final = 50


def evidence_to_dict(
    evidence: Evidence,
    *,
    alpha: float,
    unredacted: bool,
    disclosure: Disclosure | None = None,
    overall: OverallDoc | None = None,
) -> EvidenceDoc:
    """Return the part of an entry of ``discoveries`` in ``audit.json`` that describes the evidence.

    Parameters
    ----------
    evidence
        Evidence of a search.
    alpha
        Level at which a cohort is flagged.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.
    disclosure
        What can be published beside the other searches of the audit; by default, what could be without them.
    overall
        Sums of the whole log, which take the place of those of all cohorts where these are withheld.
    """
    if unredacted:
        return _evidence(evidence, unredacted_cohorts(evidence, alpha), None, alpha)
    shown = disclosure or _alone(evidence)
    document = _evidence(evidence, redacted_cohorts(evidence, alpha, shown, overall), shown, alpha)
    return _without_small(document, evidence, shown)


def _evidence(evidence: Evidence, cohorts: Sequence[CohortDoc], shown: Disclosure | None, alpha: float) -> EvidenceDoc:
    """Return a document with the given cohorts; nothing is withheld without ``shown``."""
    unredacted = shown is None
    sides, all_sides = (None, None) if shown is None else (shown.sides, shown.all_sides)
    return {
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "p_value": evidence.p_value,
        "p_value_alone": evidence.test.p_alone if evidence.test else None,
        "minimum_detectable_gap": evidence.detectable.gap if evidence.detectable else None,
        "minimum_detectable_share": evidence.detectable.share if evidence.detectable else None,
        "null": _null(evidence.test.observed, evidence.test.null) if evidence.test else None,
        "omnibus_p": evidence.omnibus_p,
        "measured_on": evidence.measured_on,
        "held_out": side_to_dict(evidence.gaps.held_out, HELD_OUT_SIDES, sides),
        "search_inflated": side_to_dict(evidence.gaps.search_inflated, SEARCHED_SIDES, sides),
        "all_speakers": side_to_dict(evidence.gaps.all_speakers, ALL_SIDES, all_sides),
        "cross_fitted": cross_fitted_to_dict(evidence.gaps.cross_fitted, unredacted),
        "by_kind": kinds_to_dict(evidence.gaps.deciding, None if shown is None else _rough_kinds(evidence, shown)),
        "bottom": _group(evidence.bottom),
        "top": _group(evidence.partition.top if evidence.partition else None),
        "cohorts": sorted(cohorts, key=shown_first),
        "unions": [_union(test, alpha) for test in evidence.tests if len(test.group.cohorts) > 1],
        "examined": _examined(evidence.details.get("examined"), unredacted),
        "stability": _stability(evidence.details.get("stability"), {c["id"] for c in cohorts if c["suppressed"]}),
        "nb2": _regressions(evidence.details.get("nb2"), cohorts, coarse=not unredacted),
        "unassigned": _unassigned(evidence.unassigned),
        "share_tested": _share_tested(evidence, shown),
        "notes": list(evidence.notes),
    }


def _union(test: GroupTest, alpha: float) -> UnionDoc:
    """Return the test of a union of cohorts; its score is rounded, so that nothing can be subtracted."""
    return {
        "cohort_ids": list(test.group.cohorts),
        "description": test.group.description,
        "score": round(test.score, 2),
        "p_adjusted": test.p_value,
        "flagged": test.p_value <= alpha,
    }


def _share_tested(evidence: Evidence, shown: Disclosure | None) -> float:
    speakers, of_all = evidence.measured_speakers, evidence.measured_on == MeasuredOn.ALL
    published = [sum(cohort.speakers for cohort in evidence.cohorts if cohort.tested)]
    if of_all and (shown is None or shown.outside_withheld_because(evidence.unassigned) is None):
        published.append(speakers - round(evidence.unassigned.get("speakers", 0)))
    known = of_all or (shown is not None and shown.cohorts.whole)
    return share_tested(evidence.tested_speakers, speakers, shown, published, total_known=known)


def _rough_kinds(evidence: Evidence, shown: Disclosure) -> bool:
    """Whether the rates of the sides of the gap that decides have two digits."""
    if evidence.is_known:
        return not shown.all_sides.open >= {*ALL_SIDES}
    return not shown.sides.open >= {*HELD_OUT_SIDES}


def _without_small(document: EvidenceDoc, evidence: Evidence, shown: Disclosure) -> EvidenceDoc:
    """Withhold labels of small cohorts, and what reveals the numbers of unassigned speakers or of a side of the gap."""
    sides = shown.sides.open
    because = shown.outside_withheld_because(evidence.unassigned)
    return {
        **document,
        "reason": document["reason"] if sides >= {*HELD_OUT_SIDES} else without_numbers(document["reason"]),
        "bottom": _named(evidence.bottom, shown),
        "top": _named(evidence.partition.top if evidence.partition else None, shown),
        "unassigned": document["unassigned"] if because is None else _unassigned({}, because),
    }


def _named(group: Group | None, shown: Disclosure) -> GroupDoc | None:
    """Return a group, without its description if this names a cohort of fewer than 11 speakers."""
    named = _group(group)
    if group is None or named is None or not group.names(shown.unnamed):
        return named
    return {**named, "description": WITHHELD}


def _alone(evidence: Evidence) -> Disclosure:
    """Return what could be published of a search if it were the only one."""
    sizes = {cohort.id: cohort.speakers for cohort in evidence.cohorts}
    sizes[UNASSIGNED] = int(evidence.unassigned.get("speakers", 0))
    shown = protect_sizes(sizes, evidence.bottom.cohorts if evidence.bottom else ())
    return Disclosure(shown, unnamed=shown.small)


def adjustment_to_dict(adjustment: Adjustment, *, unredacted: bool) -> AdjustedDoc:
    """Return ``adjusted`` in ``audit.json``: the searches repeated on observed over expected errors.

    Cohorts are not listed, and sides have rates of two digits and no numbers of speakers, so that nothing can be
    subtracted from the numbers of the audit.
    """
    support = adjustment.support
    return {
        "covariates": list(adjustment.covariates),
        "strata": support.strata,
        "thin_strata": support.thin,
        "thin_share": support.thin_share,
        "searches": [
            {
                "title": search.title,
                "verdict": search.evidence.verdict,
                "reason": search.evidence.reason if unredacted else without_numbers(search.evidence.reason),
                "p_value": search.evidence.p_value,
                "minimum_detectable_gap": search.evidence.detectable.gap if search.evidence.detectable else None,
                "bottom": _group(search.evidence.bottom),
                "held_out": _adjusted_side(search.evidence.gaps.held_out, unredacted),
                "all_speakers": _adjusted_side(search.evidence.gaps.all_speakers, unredacted),
                "same_cohort": _adjusted_side(search.same_cohort, unredacted),
            }
            for search in adjustment.searches
        ],
    }


def _adjusted_side(side: Side | None, unredacted: bool) -> SideDoc | None:
    return coarse_side(side, unredacted=True) if unredacted else side_to_dict(side, HELD_OUT_SIDES, Shown())


def overall_to_dict(table: SpeakerTable, rate: Rate, bootstrap: SpeakerBootstrap | None = None) -> OverallDoc:
    """Return ``overall`` of a log: the rate of the whole log, with an interval by the bootstrap if given."""
    codes = np.arange(len(table))
    counts = ErrorCounts(codes, codes * 0, table.errors, table.exposure, parts=table.parts)
    interval = rate_interval(counts, table.dispersion, bootstrap)
    return {
        "errors": summed(float(table.errors.sum()) / table.parts),
        "exposure": summed(float(table.exposure.sum()) / table.parts),
        "rate": counts.rate,
        "interval": list(interval) if interval else None,
        "speakers": len(table),
        "utterances": round(float(table.totals.get("utterances", 0.0))),
        "unknown_speakers": unknown_speakers(table.totals),
        "drivers": drivers_of(table.totals, rate),
    }


def audit_overall_to_dict(table: SpeakerTable, rate: Rate, bootstrap: SpeakerBootstrap | None) -> AuditOverallDoc:
    """Return ``overall`` in ``audit.json``, with kinds of errors and how uneven the rates of speakers are."""
    return {
        **overall_to_dict(table, rate, bootstrap),
        "kinds": overall_kinds(table, rate),
        "speakers_spread": spread_to_dict(table, rate),
    }


def _null(observed: float, null: NDArray[np.float64]) -> NullDoc:
    reached = null[np.isfinite(null)]
    counts, edges = np.histogram(reached, bins=_BINS) if len(reached) else (np.zeros(0, int), np.zeros(1))
    return {
        "observed": observed,
        "quantiles": {
            str(q): quantile
            for q in (0.5, 0.95)
            if (quantile := finite(np.quantile(null, q, method="higher"))) is not None
        },
        "histogram": {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]},
    }


def _examined(partitions: Sequence[PartitionDoc] | None, unredacted: bool) -> ExaminedDoc | None:
    """Return the number of examined partitions and the best of them; the evidence of the search has all."""
    if partitions is None:
        return None
    return {"count": len(partitions), "best": shown_partitions(partitions, unredacted=unredacted)[:_LISTED]}


def shown_partitions(partitions: Sequence[PartitionDoc], *, unredacted: bool) -> list[PartitionDoc]:
    """Return the examined partitions whose worse side has enough speakers to be shown.

    Many of them differ in a few speakers only, so rates, scores and numbers of speakers (to tens) are rounded.
    """
    if unredacted:
        return list(partitions)
    return [
        {
            **partition,
            "rate": to_page(partition["rate"]),
            "score": None if (score := partition["score"]) is None else round(score, 2),
            "speakers": max(round(speakers, -1), 10),
        }
        for partition in partitions
        if (speakers := partition["speakers"] or 0) >= SUPPRESS_BELOW
    ]


def _regressions(
    tests: Sequence[RegressionDoc] | None, cohorts: Sequence[CohortDoc], *, coarse: bool
) -> list[RegressionDoc] | None:
    """Return the regressions of the cohorts that are shown as tested.

    Without overdispersion, a ratio is a ratio of sums and could reveal withheld counts. It is rounded if ``coarse``.
    """
    if tests is None:
        return None
    tested = {cohort["id"] for cohort in cohorts if cohort["tested"]}
    shown = [test for test in tests if test["cohort_id"] in tested]
    return [_rounded(test) if coarse else test for test in shown]


def _rounded(test: RegressionDoc) -> RegressionDoc:
    """Round the ratio and interval of a regression to three decimals."""
    return {**test, "ratio": to_page(test["ratio"]), "interval": ends_to_page(test["interval"])}


def _stability(stability: Mapping[str, Any] | None, hidden: set[int]) -> StabilityDoc | None:
    if stability is None:
        return None
    return {
        "seeds": stability["seeds"],
        "ari": stability["ari"],
        "ari_of_cloud": stability["ari_of_cloud"],
        "clustered": stability["clustered"],
        "resamples": stability["resamples"],
        "cohorts": [
            {"cohort_id": cohort, "jaccard": value}
            for cohort, value in enumerate(stability["cohorts"])
            if cohort not in hidden
        ],
        "bottom": stability["bottom"],
    }


def _unassigned(sums: Mapping[str, float], because: str | None = None) -> UnassignedDoc:
    return {
        "speakers": integer(sums.get("speakers")),
        "utterances": integer(sums.get("utterances")),
        "errors": summed(sums.get("errors")),
        "exposure": summed(sums.get("exposure")),
        "share_speakers": sums.get("share_speakers"),
        "withheld_because": because,
    }


def _group(group: Group | None) -> GroupDoc | None:
    return None if group is None else {"cohort_ids": list(group.cohorts), "description": group.description}
