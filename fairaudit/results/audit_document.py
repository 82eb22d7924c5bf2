"""Convert audits to JSON documents, without numbers of fewer than 11 speakers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group
from fairaudit.core.counts import UNASSIGNED, ErrorCounts
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.measure import MIN_SPEAKERS, Cohort
from fairaudit.results.audit_parts import Adjustment, Area, Overlap, Voices
from fairaudit.results.disclosure import SUPPRESS_BELOW, shown_first, withheld
from fairaudit.results.documents import (
    AdjustedDoc,
    AreaDoc,
    CohortDoc,
    EvidenceDoc,
    ExaminedDoc,
    GroupDoc,
    NullDoc,
    OverallDoc,
    OverlapDoc,
    PartitionDoc,
    RegressionDoc,
    StabilityDoc,
    UnassignedDoc,
    VoicesDoc,
)
from fairaudit.results.numbers import ends_to_page, finite, integer, to_page
from fairaudit.results.side_document import cross_fitted_to_dict, kinds_to_dict, side_to_dict
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.rates import rate_interval
from fairaudit.units.build import SpeakerTable

__all__ = [
    "SCHEMA_VERSION",
    "adjustment_to_dict",
    "areas_to_dict",
    "cohort_to_dict",
    "evidence_to_dict",
    "overall_to_dict",
    "overlaps_to_dict",
    "shown_partitions",
    "voices_to_dict",
]

SCHEMA_VERSION: Final = 1
_BINS: Final = 30
#: Largest number of examined partitions in the document.
_LISTED: Final = 50


def evidence_to_dict(
    evidence: Evidence, *, alpha: float, unredacted: bool, unions: Sequence[frozenset[int]] = ()
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
    unions
        Sets of cohorts whose sums another search may reveal; see :func:`fairaudit.results.disclosure.unions_inside`.
    """
    hidden, blurred = (set(), set()) if unredacted else _withheld(evidence, unions)
    return {
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "p_value": evidence.p_value,
        "p_value_alone": evidence.test.p_alone if evidence.test else None,
        "minimum_detectable_gap": evidence.detectable.gap if evidence.detectable else None,
        "minimum_detectable_share": evidence.detectable.share if evidence.detectable else None,
        "null": _null(evidence.test.observed, evidence.test.null) if evidence.test else None,
        "measured_on": evidence.measured_on,
        "held_out": side_to_dict(evidence.gaps.held_out, unredacted, coarse=bool(hidden)),
        "search_inflated": side_to_dict(evidence.gaps.search_inflated, unredacted, coarse=bool(hidden)),
        "cross_fitted": cross_fitted_to_dict(evidence.gaps.cross_fitted, unredacted),
        "by_kind": kinds_to_dict(evidence.gaps.held_out, unredacted),
        "bottom": _group(evidence.bottom),
        "top": _group(evidence.partition.top if evidence.partition else None),
        "cohorts": sorted((_redacted(cohort, alpha, hidden, blurred) for cohort in evidence.cohorts), key=shown_first),
        "examined": _examined(evidence.details.get("examined"), unredacted),
        "stability": _stability(evidence.details.get("stability"), hidden),
        "nb2": _regressions(evidence.details.get("nb2"), evidence.cohorts, coarse=bool(hidden)),
        "unassigned": _unassigned({} if UNASSIGNED in hidden | blurred else evidence.unassigned),
        "notes": list(evidence.notes),
    }


def adjustment_to_dict(adjustment: Adjustment, *, unredacted: bool) -> AdjustedDoc:
    """Return ``adjusted`` in ``audit.json``: the searches repeated on observed over expected errors.

    Cohorts are not listed and sides are coarse, so that nothing can be subtracted from the numbers of the audit.
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
                "reason": search.evidence.reason,
                "p_value": search.evidence.p_value,
                "minimum_detectable_gap": search.evidence.detectable.gap if search.evidence.detectable else None,
                "bottom": _group(search.evidence.bottom),
                "held_out": side_to_dict(search.evidence.gaps.held_out, unredacted, coarse=True),
                "same_cohort": side_to_dict(search.same_cohort, unredacted, coarse=True),
            }
            for search in adjustment.searches
        ],
    }


def overall_to_dict(table: SpeakerTable, bootstrap: SpeakerBootstrap | None = None) -> OverallDoc:
    """Return ``overall`` in ``audit.json``: the rate of the whole log, with an interval by the bootstrap if given."""
    codes = np.arange(len(table))
    counts = ErrorCounts(codes, codes * 0, table.errors, table.exposure)
    interval = rate_interval(counts, table.dispersion, bootstrap)
    return {
        "errors": round(float(table.errors.sum())),
        "exposure": round(float(table.exposure.sum())),
        "rate": counts.rate,
        "interval": list(interval) if interval else None,
        "speakers": len(table),
        "utterances": round(float(table.totals.get("utterances", 0.0))),
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
    """Return the examined partitions whose worse side has enough speakers to be shown."""
    return [partition for partition in partitions if unredacted or (partition["speakers"] or 0) >= SUPPRESS_BELOW]


def _regressions(
    tests: Sequence[RegressionDoc] | None, cohorts: Sequence[Cohort], *, coarse: bool
) -> list[RegressionDoc] | None:
    """Return the regressions of the tested cohorts, which are all large enough to be shown.

    Without overdispersion, a ratio is a ratio of sums and could reveal withheld counts. It is rounded if ``coarse``.
    """
    if tests is None:
        return None
    tested = {cohort.id for cohort in cohorts if cohort.tested}
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


def _unassigned(sums: Mapping[str, float]) -> UnassignedDoc:
    return {
        "speakers": integer(sums.get("speakers")),
        "utterances": integer(sums.get("utterances")),
        "errors": integer(sums.get("errors")),
        "exposure": integer(sums.get("exposure")),
        "share_speakers": sums.get("share_speakers"),
    }


def _group(group: Group | None) -> GroupDoc | None:
    return None if group is None else {"cohort_ids": list(group.cohorts), "description": group.description}


def cohort_to_dict(cohort: Cohort, alpha: float) -> CohortDoc:
    """Return one row of ``cohorts`` with nothing withheld, flagged if its family-wise p-value is at most ``alpha``."""
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        "errors": integer(cohort.errors),
        "exposure": integer(cohort.exposure),
        "rate": finite(cohort.rate),
        "shrunk_rate": cohort.shrunk_rate,
        "interval": list(cohort.interval) if cohort.interval else None,
        "rank_interval": list(cohort.rank_interval) if cohort.rank_interval else None,
        "speakers": cohort.speakers,
        "utterances": integer(cohort.detail.get("utterances")),
        "share_speakers": cohort.share_speakers,
        "excess_errors": cohort.excess_errors,
        "substitutions": integer(cohort.detail.get("substitutions")),
        "deletions": integer(cohort.detail.get("deletions")),
        "insertions": integer(cohort.detail.get("insertions")),
        "score": cohort.score,
        "p_adjusted": cohort.p_adjusted,
        "flagged": cohort.p_adjusted is not None and cohort.p_adjusted <= alpha,
        "effective_speakers": cohort.effective_speakers,
        "largest_speaker_share": cohort.largest_speaker_share,
        "tested": cohort.tested,
        "not_tested_because": cohort.not_tested_because,
        "suppressed": False,
    }


def _redacted(cohort: Cohort, alpha: float, hidden: set[int], blurred: set[int]) -> CohortDoc:
    """Return one row of ``cohorts``, without values that must be withheld."""
    if cohort.id in hidden:
        return _hidden(cohort)
    row = cohort_to_dict(cohort, alpha)
    return _blurred(row) if cohort.id in blurred else row


def _hidden(cohort: Cohort) -> CohortDoc:
    """Return a cohort whose numbers are withheld."""
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        "errors": None,
        "exposure": None,
        "rate": None,
        "shrunk_rate": None,
        "interval": None,
        "rank_interval": None,
        "speakers": None,
        "utterances": None,
        "share_speakers": None,
        "excess_errors": None,
        "substitutions": None,
        "deletions": None,
        "insertions": None,
        "score": None,
        "p_adjusted": None,
        "flagged": False,
        "effective_speakers": None,
        "largest_speaker_share": None,
        "tested": False,
        "not_tested_because": None,
        "suppressed": True,
    }


def _blurred(cohort: CohortDoc) -> CohortDoc:
    """Remove the counts of a cohort that could be used for subtraction, and round its rate as on the page."""
    return {
        **cohort,
        "errors": None,
        "exposure": None,
        "rate": to_page(cohort["rate"]),
        "shrunk_rate": None,
        "interval": ends_to_page(cohort["interval"]),
        "utterances": None,
        "excess_errors": None,
        "substitutions": None,
        "deletions": None,
        "insertions": None,
        "score": None,
        "effective_speakers": None,
        "largest_speaker_share": None,
    }


def _withheld(evidence: Evidence, unions: Sequence[frozenset[int]]) -> tuple[set[int], set[int]]:
    """Return the parts of a search whose numbers are withheld, and those whose counts are."""
    parts = {cohort.id: cohort.speakers for cohort in evidence.cohorts}
    outside = int(evidence.unassigned.get("speakers", 0))
    if outside:
        parts[UNASSIGNED] = outside
    return withheld(parts, evidence.bottom.cohorts if evidence.bottom else (), unions)


def overlaps_to_dict(overlaps: Sequence[Overlap], *, unredacted: bool) -> list[OverlapDoc]:
    """Return shares of the bottom cohort: exact, or as ranges that hide parts of 1 to 10 speakers."""
    return [{"title": one.title, "share": _share(one, 0 if unredacted else SUPPRESS_BELOW)} for one in overlaps]


def _share(overlap: Overlap, fewest: int) -> list[float]:
    """Return the lowest and highest share that is possible if parts with fewer speakers are only known to be small.

    Examples
    --------
    >>> _share(Overlap("b", 60, 40, 20), 11), _share(Overlap("b", 97, 3, 20), 11), _share(Overlap("b", 4, 36, 20), 11)
    ([0.6, 0.6], [0.9, 1.0], [0.0, 0.25])
    """
    size, other = overlap.both + overlap.here, overlap.both + overlap.there
    low, high = overlap.both, overlap.both
    small = {part: 0 < part < fewest for part in (overlap.both, overlap.here, overlap.there)}
    if any(small.values()):
        low, high = 0, min(size, other)
        if small[overlap.both]:
            high = min(high, fewest - 1)
        if small[overlap.here]:
            low = max(low, size - fewest + 1)
        if small[overlap.there]:
            low = max(low, other - fewest + 1)
    return [math.floor(1000 * low / size) / 1000, math.ceil(1000 * high / size) / 1000]


def areas_to_dict(areas: Sequence[Area], *, unredacted: bool) -> list[AreaDoc]:
    """Return squares with at least 11 speakers: rounded rates without counts, so that nothing can be subtracted."""
    return [
        {
            "bounds": list(area.bounds),
            "rate": round(area.rate, 3),
            "thin": area.speakers < MIN_SPEAKERS,
            "bottom_heavy": area.bottom_heavy,
        }
        for area in areas
        if unredacted or area.speakers >= SUPPRESS_BELOW
    ]


def voices_to_dict(voices: Voices | None, withheld: Sequence[int], *, unredacted: bool) -> VoicesDoc | None:
    """Return the cohorts of at least 11 speakers, rounded to three decimals.

    Parameters
    ----------
    voices
        Projected cohorts.
    withheld
        Cohorts that are withheld.
    unredacted
        Whether to keep cohorts of fewer than 11 speakers.
    """
    if voices is None:
        return None
    shown = [v for v in voices.cohorts if unredacted or (v.speakers >= SUPPRESS_BELOW and v.cohort_id not in withheld)]
    return {
        "explained": [round(share, 3) for share in voices.explained],
        "cohorts": [
            {
                "cohort_id": voice.cohort_id,
                "mean": [round(float(x), 3) for x in voice.mean],
                "covariance": [[float(f"{x:.3g}") for x in row] for row in voice.covariance],
            }
            for voice in shown
        ],
    }
