"""Convert comparisons to JSON documents with rates but no counts of cohorts, so that little can be subtracted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.results.comparison_parts import CohortChange, CohortComparison, GapChange, Measured, got_worse
from fairaudit.results.disclosure import Disclosure, Shown, share_tested, shown_first, without_numbers
from fairaudit.results.numbers import ends_rounded_up, finite, rounded_up

if TYPE_CHECKING:
    from fairaudit.cohorts.coverage import Coverage
    from fairaudit.results.documents import (
        BetweenDoc,
        CohortChangeDoc,
        CohortComparisonDoc,
        CoverageDoc,
        GapChangeDoc,
        GroupDoc,
        MeasuredDoc,
        SpreadDoc,
        UnassignedChangeDoc,
    )
    from fairaudit.stats.between import BetweenCohorts

__all__ = ["KIND", "SCHEMA_VERSION", "cohort_to_dict", "coverage_to_dict", "measured_to_dict", "review_to_dict"]

SCHEMA_VERSION: Final = 1
#: Labels without a cohort that a document names.
_NAMED: Final = 20
#: Decimals of a gap in whole percent, if the sizes of its sides are withheld.
_PERCENT: Final = 2
KIND: Final = "comparison"


def cohort_to_dict(cohort: CohortChange, alpha: float) -> CohortChangeDoc:
    """Return one row of ``cohorts``, with nothing withheld."""
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        **measured_to_dict(cohort.measured, cohort.p_adjusted, alpha),
        "share_speakers": cohort.share_speakers,
        "suppressed": False,
        "withheld_because": None,
    }


def measured_to_dict(measured: Measured, p_adjusted: float | None, alpha: float) -> MeasuredDoc:
    """Return a set of speakers under both recognisers."""
    change = measured.change
    return {
        "before": finite(change.baseline),
        "after": finite(change.candidate),
        "difference": finite(change.difference),
        "interval": _ends(change.interval),
        "before_interval": _ends(measured.baseline_interval),
        "after_interval": _ends(measured.candidate_interval),
        "simultaneous_interval": _ends(measured.simultaneous_interval),
        "after_simultaneous_interval": _ends(measured.candidate_simultaneous_interval),
        "p_adjusted": p_adjusted,
        "worse": got_worse(measured, p_adjusted, alpha),
        "speakers": measured.speakers,
        "tested": measured.not_tested_because is None,
        "not_tested_because": measured.not_tested_because,
    }


def review_to_dict(review: CohortComparison, alpha: float, *, unredacted: bool) -> CohortComparisonDoc:
    """Return one entry of ``reviews`` in ``comparison.json``.

    Parameters
    ----------
    review
        A set of frozen cohorts under both recognisers.
    alpha
        Level at which a cohort counts as worse.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.
    """
    shown = None if unredacted else review.disclosure
    rows = [cohort_to_dict(cohort, alpha) for cohort in review.cohorts]
    if shown is not None:
        rows = [_redacted(row, shown) for row in rows]
    outside = shown is None or shown.outside_withheld_because(review.unassigned) is None
    return {
        "method": review.method,
        "title": review.title,
        "fingerprint": review.fingerprint,
        "found_on_baseline": review.found_on_baseline,
        "found_on_candidate": review.found_on_candidate,
        "bottom": _bottom(review),
        "gap": _gap(review.gap, shown),
        "between": _between(review, coarse=shown is not None and not shown.all_open),
        "cohorts": sorted(rows, key=shown_first),
        "unassigned": _unassigned(review, shown=outside),
        **coverage_to_dict(review.coverage, _share_tested(review, shown)),
    }


def coverage_to_dict(coverage: Coverage, share_tested: float) -> CoverageDoc:
    """Return what frozen cohorts cover of a log, without labels of fewer than 11 speakers."""
    return {
        "share_tested": share_tested,
        "incomplete_because": coverage.incomplete_because,
        "unlisted": coverage.listed(SUPPRESS_BELOW)[:_NAMED],
        "respelled": coverage.respelled,
    }


def _share_tested(review: CohortComparison, shown: Disclosure | None) -> float:
    published = [sum(c.measured.speakers for c in review.cohorts if c.measured.not_tested_because is None)]
    if shown is None or shown.outside_withheld_because(review.unassigned) is None:
        published.append(review.coverage.assigned)
    return share_tested(review.tested_speakers, review.coverage.speakers, shown, published)


def _redacted(row: CohortChangeDoc, shown: Disclosure) -> CohortChangeDoc:
    """Return a cohort without what must be withheld.

    The rates of a cohort whose sums are withheld are rounded up.
    """
    because = shown.cohorts.why_withheld(row["id"])
    if row["id"] in shown.cohorts.hidden:
        row = _hidden(row)
    elif because:
        reason = row["not_tested_because"]
        row = {
            **_rounded(row, shown.cohorts),
            "speakers": None,
            "share_speakers": None,
            "not_tested_because": None if reason is None else without_numbers(reason),
        }
    row["withheld_because"] = because
    return row


def _hidden(cohort: CohortChangeDoc) -> CohortChangeDoc:
    """Return a cohort whose numbers are withheld."""
    return {
        "id": cohort["id"],
        "label": cohort["label"],
        "description": cohort["description"],
        "before": None,
        "after": None,
        "difference": None,
        "interval": None,
        "before_interval": None,
        "after_interval": None,
        "simultaneous_interval": None,
        "after_simultaneous_interval": None,
        "p_adjusted": None,
        "worse": False,
        "speakers": None,
        "tested": False,
        "not_tested_because": None,
        "share_speakers": None,
        "suppressed": True,
    }


def _rounded(cohort: CohortChangeDoc, shown: Shown) -> CohortChangeDoc:
    """Round the values of a cohort from which sums could be derived up."""
    return {
        **cohort,
        "before": shown.rate(cohort["id"], cohort["before"]),
        "after": shown.rate(cohort["id"], cohort["after"]),
        "difference": rounded_up(cohort["difference"]),
        "interval": ends_rounded_up(cohort["interval"]),
        "before_interval": ends_rounded_up(cohort["before_interval"]),
        "after_interval": ends_rounded_up(cohort["after_interval"]),
        "simultaneous_interval": ends_rounded_up(cohort["simultaneous_interval"]),
        "after_simultaneous_interval": ends_rounded_up(cohort["after_simultaneous_interval"]),
    }


def _unassigned(review: CohortComparison, *, shown: bool) -> UnassignedChangeDoc:
    sums = review.unassigned
    return {
        "speakers": round(sums["speakers"]) if shown else None,
        "utterances": round(sums["utterances"]) if shown else None,
    }


def _bottom(review: CohortComparison) -> GroupDoc | None:
    if review.bottom is None:
        return None
    return {"cohort_ids": list(review.bottom.cohorts), "description": review.bottom.description}


def _gap(gap: GapChange | None, shown: Disclosure | None) -> GapChangeDoc | None:
    """Return the gap before and after, or None if a side has too few speakers."""
    if gap is None or (shown is not None and min(gap.speakers, gap.reference_speakers) < SUPPRESS_BELOW):
        return None
    document: GapChangeDoc = {
        "before": finite(gap.baseline.relative),
        "after": finite(gap.candidate.relative),
        "difference": finite(gap.difference),
        "interval": _ends(gap.interval),
        "before_interval": _ends(gap.baseline.interval),
        "after_interval": _ends(gap.candidate.interval),
        "after_simultaneous_interval": _ends(gap.candidate_simultaneous_interval),
        "reference": "rest",
        "speakers": gap.speakers,
        "tested": gap.not_tested_because is None,
        "not_tested_because": gap.not_tested_because,
    }
    if shown is None or shown.sides.open >= {0, 1}:
        return document
    reason = gap.not_tested_because
    return {
        **document,
        "before": rounded_up(document["before"], _PERCENT),
        "after": rounded_up(document["after"], _PERCENT),
        "difference": rounded_up(document["difference"], _PERCENT),
        "interval": ends_rounded_up(document["interval"], _PERCENT),
        "before_interval": ends_rounded_up(document["before_interval"], _PERCENT),
        "after_interval": ends_rounded_up(document["after_interval"], _PERCENT),
        "after_simultaneous_interval": ends_rounded_up(document["after_simultaneous_interval"], _PERCENT),
        "speakers": None,
        "not_tested_because": None if reason is None else without_numbers(reason),
    }


def _between(review: CohortComparison, *, coarse: bool) -> BetweenDoc | None:
    """Return mean, maximum and variance of the rates of the tested cohorts."""
    baseline, candidate = review.between
    if baseline is None or candidate is None:
        return None
    tested = sum(cohort.measured.not_tested_because is None for cohort in review.cohorts)
    return {"cohorts": tested, "before": _spread(baseline, coarse), "after": _spread(candidate, coarse)}


def _spread(between: BetweenCohorts, coarse: bool) -> SpreadDoc:
    mean, maximum = between.mean, between.maximum
    return {
        "mean": round(mean, 3) if coarse else mean,
        "maximum": round(maximum, 3) if coarse else maximum,
        "variance": between.variance,
    }


def _ends(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)
