"""What a comparison says in JSON. It tells rates and no counts of cohorts, so that little can be subtracted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairaudit.core.counts import UNASSIGNED
from fairaudit.results.comparison_parts import CohortChange, CohortComparison, GapChange, Measured, got_worse
from fairaudit.results.disclosure import SUPPRESS_BELOW, told_first, withheld
from fairaudit.stats.between import BetweenCohorts

__all__ = ["KIND", "SCHEMA_VERSION", "cohort_to_dict", "measured_to_dict", "review_to_dict"]

SCHEMA_VERSION: Final = 1
KIND: Final = "comparison"
#: Figures from which a count could be told exactly, were they not rounded.
_FIGURES: Final = ("before", "after", "difference", "interval", "before_interval", "after_interval")


def cohort_to_dict(cohort: CohortChange, alpha: float) -> dict[str, Any]:
    """One row of ``cohorts``, nothing withheld."""
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        **measured_to_dict(cohort.measured, cohort.p_adjusted, alpha),
        "share_speakers": cohort.share_speakers,
        "suppressed": False,
    }


def measured_to_dict(measured: Measured, p_adjusted: float | None, alpha: float) -> dict[str, Any]:
    """A set of speakers before and after."""
    change = measured.change
    return {
        "before": _finite(change.before),
        "after": _finite(change.after),
        "difference": _finite(change.difference),
        "interval": _ends(change.interval),
        "before_interval": _ends(measured.before_interval),
        "after_interval": _ends(measured.after_interval),
        "p_adjusted": p_adjusted,
        "worse": got_worse(measured, p_adjusted, alpha),
        "speakers": measured.speakers,
        "tested": measured.not_tested_because is None,
        "not_tested_because": measured.not_tested_because,
    }


def review_to_dict(review: CohortComparison, alpha: float, *, unredacted: bool) -> dict[str, Any]:
    """One entry of ``reviews`` in ``comparison.json``."""
    hidden, blurred = (set(), set()) if unredacted else _withheld(review)
    return {
        "method": review.method,
        "title": review.title,
        "fingerprint": review.fingerprint,
        "found_on_baseline": review.found_on_baseline,
        "found_on_candidate": review.found_on_candidate,
        "bottom": _bottom(review),
        "gap": _gap(review.gap, unredacted),
        "between": _between(review, coarse=bool(hidden)),
        "cohorts": sorted((_redacted(cohort, alpha, hidden, blurred) for cohort in review.cohorts), key=told_first),
        "unassigned": {
            name: None if UNASSIGNED in hidden | blurred else round(review.unassigned[name])
            for name in ("speakers", "utterances")
        },
    }


def _withheld(review: CohortComparison) -> tuple[set[int], set[int]]:
    parts = {cohort.id: cohort.measured.speakers for cohort in review.cohorts}
    if outside := round(review.unassigned["speakers"]):
        parts[UNASSIGNED] = outside
    return withheld(parts, review.bottom.cohorts if review.bottom else (), review.unions)


def _redacted(cohort: CohortChange, alpha: float, hidden: set[int], blurred: set[int]) -> dict[str, Any]:
    told = cohort_to_dict(cohort, alpha)
    if cohort.id in hidden:
        kept = {name: told[name] for name in ("id", "label", "description")}
        return {**dict.fromkeys(told), **kept, "worse": False, "tested": False, "suppressed": True}
    return told | {name: _rounded(told[name]) for name in _FIGURES} if cohort.id in blurred else told


def _bottom(review: CohortComparison) -> dict[str, Any] | None:
    if review.bottom is None:
        return None
    return {"cohort_ids": list(review.bottom.cohorts), "description": review.bottom.description}


def _gap(gap: GapChange | None, unredacted: bool) -> dict[str, Any] | None:
    """The gap before and after, withheld where a side holds too few."""
    if gap is None or (not unredacted and min(gap.speakers, gap.reference_speakers) < SUPPRESS_BELOW):
        return None
    return {
        "before": _finite(gap.before.relative),
        "after": _finite(gap.after.relative),
        "difference": _finite(gap.difference),
        "interval": _ends(gap.interval),
        "before_interval": _ends(gap.before.interval),
        "after_interval": _ends(gap.after.interval),
        "reference": "rest",
        "speakers": gap.speakers,
        "tested": gap.not_tested_because is None,
        "not_tested_because": gap.not_tested_because,
    }


def _between(review: CohortComparison, *, coarse: bool) -> dict[str, Any] | None:
    """What papers on mitigation report, over the cohorts that hold enough to be tested."""
    before, after = review.between
    if before is None or after is None:
        return None
    tested = sum(cohort.measured.not_tested_because is None for cohort in review.cohorts)
    return {"cohorts": tested, "before": _spread(before, coarse), "after": _spread(after, coarse)}


def _spread(between: BetweenCohorts, coarse: bool) -> Mapping[str, float | None]:
    told = {"mean": between.mean, "maximum": between.maximum, "variance": between.variance}
    return {name: _rounded(value) if coarse and name != "variance" else value for name, value in told.items()}


def _ends(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _rounded(figure: Any) -> Any:
    """A figure, or the ends of its interval, to the digits that a page prints."""
    if figure is None:
        return None
    return [round(end, 3) for end in figure] if isinstance(figure, list) else round(figure, 3)


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None
