"""What an audit says in JSON, and what it must not say: figures of fewer than 11 speakers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group
from fairaudit.core.counts import UNASSIGNED, ErrorCounts
from fairaudit.core.verdicts import Conclusion
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.measure import MIN_SPEAKERS, Cohort, Side
from fairaudit.results.audit_parts import Adjustment, Area, Overlap, Rescored, Sensitivity, Voices
from fairaudit.results.disclosure import SUPPRESS_BELOW, told_first, withheld
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.rates import rate_interval
from fairaudit.units.build import SpeakerTable

__all__ = [
    "SCHEMA_VERSION",
    "adjustment_to_dict",
    "areas_to_dict",
    "cohort_to_dict",
    "conclusion",
    "evidence_to_dict",
    "overall_to_dict",
    "overlaps_to_dict",
    "sensitivity_to_dict",
    "side_to_dict",
    "told_partitions",
    "voices_to_dict",
]

SCHEMA_VERSION: Final = 1
#: What is left out of a cohort whose counts could be used to subtract.
_COUNTS: Final = (
    *("errors", "exposure", "utterances", "substitutions", "deletions", "insertions"),
    *("excess_errors", "shrunk_rate", "effective_speakers", "largest_speaker_share", "score"),
)
_BINS: Final = 30
#: Examined partitions that are told of.
_LISTED: Final = 50


def evidence_to_dict(
    evidence: Evidence, *, alpha: float, unredacted: bool, unions: Sequence[frozenset[int]] = ()
) -> dict[str, Any]:
    """What a search found, as an entry of ``discoveries`` in ``audit.json`` holds it.

    Parameters
    ----------
    evidence
        What a search is worth, judged.
    alpha
        Level at which a cohort is flagged.
    unredacted
        Keep the figures of fewer than 11 speakers.
    unions
        Sets of cohorts whose sums another search may tell, see :func:`fairaudit.results.unions.unions_inside`.
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
        "cross_fitted": _cross_fitted(evidence.gaps.cross_fitted, unredacted),
        "by_kind": _by_kind(evidence.gaps.held_out, unredacted),
        "bottom": _group(evidence.bottom),
        "top": _group(evidence.partition.top if evidence.partition else None),
        "cohorts": sorted((_redacted(cohort, alpha, hidden, blurred) for cohort in evidence.cohorts), key=told_first),
        "examined": _examined(evidence.details.get("examined"), unredacted),
        "stability": _stability(evidence.details.get("stability"), hidden),
        "nb2": _regressions(evidence.details.get("nb2"), evidence.cohorts, coarse=bool(hidden)),
        "unassigned": {
            name: None if UNASSIGNED in hidden | blurred else _integer(value)
            for name, value in evidence.unassigned.items()
        },
        "notes": list(evidence.notes),
    }


def adjustment_to_dict(adjustment: Adjustment, *, unredacted: bool) -> dict[str, Any]:
    """The searches repeated on observed over expected errors: ``adjusted`` in ``audit.json``.

    Rates are observed over expected. Cohorts are not listed, and sides are coarse, so that nothing can be
    subtracted from what the audit itself tells.
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


def overall_to_dict(table: SpeakerTable, bootstrap: SpeakerBootstrap | None = None) -> dict[str, Any]:
    """The whole log: ``overall`` in ``audit.json``, its interval by the bootstrap where that was asked for."""
    codes = np.arange(len(table))
    counts = ErrorCounts(codes, codes * 0, table.errors, table.exposure)
    interval = rate_interval(counts, table.dispersion, bootstrap)
    return {
        "errors": _integer(table.errors.sum()),
        "exposure": _integer(table.exposure.sum()),
        "rate": counts.rate,
        "interval": list(interval) if interval else None,
        "speakers": len(table),
        "utterances": _integer(table.totals.get("utterances", 0.0)),
    }


def _null(observed: float, null: NDArray[np.float64]) -> dict[str, Any]:
    finite = null[np.isfinite(null)]
    counts, edges = np.histogram(finite, bins=_BINS) if len(finite) else (np.zeros(0, int), np.zeros(1))
    return {
        "observed": observed,
        "quantiles": {str(q): _finite(np.quantile(null, q, method="higher")) for q in (0.5, 0.95)},
        "histogram": {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]},
    }


def _examined(partitions: list[dict[str, Any]] | None, unredacted: bool) -> dict[str, Any] | None:
    """How many partitions were examined, and the best of them; all are in the discovery's evidence."""
    if partitions is None:
        return None
    return {"count": len(partitions), "best": told_partitions(partitions, unredacted=unredacted)[:_LISTED]}


def told_partitions(partitions: Sequence[dict[str, Any]], *, unredacted: bool) -> list[dict[str, Any]]:
    """The examined partitions whose worse side holds enough speakers to be told of."""
    return [partition for partition in partitions if unredacted or partition["speakers"] >= SUPPRESS_BELOW]


def _regressions(
    tests: list[dict[str, Any]] | None, cohorts: Sequence[Cohort], *, coarse: bool
) -> list[dict[str, Any]] | None:
    """What regression says of the cohorts that hold enough to be tested, which takes more than to be told of.

    Without overdispersion a ratio is one of sums, and would give counts away that are withheld: coarse, it is rounded.
    """
    if tests is None:
        return None
    tested = {cohort.id for cohort in cohorts if cohort.tested}
    told = [test for test in tests if test["cohort_id"] in tested]
    return [test | _rounded(test) if coarse else test for test in told]


def _rounded(test: Mapping[str, Any]) -> dict[str, Any]:
    """Ratio and interval of a regression to three digits after the point."""
    ratio, interval = test["ratio"], test["interval"]
    return {
        "ratio": None if ratio is None else round(ratio, 3),
        "interval": None if interval is None else [round(limit, 3) for limit in interval],
    }


def side_to_dict(side: Side | None, unredacted: bool, *, coarse: bool) -> dict[str, Any] | None:
    """A side in words that are told: coarse where its counts, which follow from its figures, could be subtracted."""
    if side is None or (not unredacted and min(side.speakers, side.reference_speakers) < SUPPRESS_BELOW):
        return None
    gap = side.gap
    told = {
        "gap_relative": _finite(gap.relative),
        "gap_interval": list(gap.interval) if gap.interval else None,
        "gap_absolute": _finite(gap.absolute),
        "ratio": _finite(gap.ratio),
        "bottom_rate": _finite(gap.bottom_rate),
        "bottom_interval": list(side.interval) if side.interval else None,
        "reference_rate": _finite(gap.reference_rate),
        "reference": "rest",
        "bottom_share": {name: side.shares.get(name) for name in ("speakers", "utterances", "exposure", "errors")},
        "speakers": side.speakers,
        "excess_errors": _finite(side.excess_errors),
    }
    return told if not coarse else told | _coarse(told)


def _coarse(told: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a side that its counts follow from, to the digits that a page prints."""
    rates = ("gap_absolute", "bottom_rate", "reference_rate")
    shares, interval = told["bottom_share"], told["bottom_interval"]
    return {
        **{name: None if told[name] is None else round(told[name], 3) for name in rates},
        "bottom_interval": interval and [round(limit, 3) for limit in interval],
        "bottom_share": {name: None if shares[name] is None else round(shares[name], 3) for name in shares},
        "excess_errors": None if told["excess_errors"] is None else float(f"{told['excess_errors']:.1e}"),
    }


def _cross_fitted(side: Side | None, unredacted: bool) -> dict[str, Any] | None:
    """The cross-fitted gap, coarse for good: its cohorts differ from fold to fold and are told nowhere."""
    told = side_to_dict(side, unredacted, coarse=True)
    return told and {name: told[name] for name in ("gap_relative", "bottom_rate", "reference_rate", "bottom_share")}


def _by_kind(side: Side | None, unredacted: bool) -> dict[str, dict[str, float]] | None:
    """Rates of substitutions, deletions and insertions on both sides of the held-out gap, as far as a page prints."""
    if side_to_dict(side, unredacted, coarse=True) is None or not side or not side.kinds:
        return None
    return {
        name: {kind: round(rates[place], 3) for kind, rates in side.kinds.items()}
        for place, name in enumerate(("bottom", "reference"))
    }


def _stability(stability: Mapping[str, Any] | None, hidden: set[int]) -> dict[str, Any] | None:
    if stability is None:
        return None
    cohorts = [
        {"cohort_id": cohort, "jaccard": value}
        for cohort, value in enumerate(stability["cohorts"])
        if cohort not in hidden
    ]
    return {**stability, "cohorts": cohorts}


def _group(group: Group | None) -> dict[str, Any] | None:
    return None if group is None else {"cohort_ids": list(group.cohorts), "description": group.description}


def cohort_to_dict(cohort: Cohort, alpha: float) -> dict[str, Any]:
    """One row of ``cohorts``, nothing withheld; flagged where its family-wise p-value is at most ``alpha``."""
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        "errors": _integer(cohort.errors),
        "exposure": _integer(cohort.exposure),
        "rate": _finite(cohort.rate),
        "shrunk_rate": cohort.shrunk_rate,
        "interval": list(cohort.interval) if cohort.interval else None,
        "rank_interval": list(cohort.rank_interval) if cohort.rank_interval else None,
        "speakers": cohort.speakers,
        "utterances": _integer(cohort.detail.get("utterances")),
        "share_speakers": cohort.share_speakers,
        "excess_errors": cohort.excess_errors,
        "substitutions": _integer(cohort.detail.get("substitutions")),
        "deletions": _integer(cohort.detail.get("deletions")),
        "insertions": _integer(cohort.detail.get("insertions")),
        "score": cohort.score,
        "p_adjusted": cohort.p_adjusted,
        "flagged": cohort.p_adjusted is not None and cohort.p_adjusted <= alpha,
        "effective_speakers": cohort.effective_speakers,
        "largest_speaker_share": cohort.largest_speaker_share,
        "tested": cohort.tested,
        "not_tested_because": cohort.not_tested_because,
        "suppressed": False,
    }


def _redacted(cohort: Cohort, alpha: float, hidden: set[int], blurred: set[int]) -> dict[str, Any]:
    """One row of ``cohorts`` without what must not be told."""
    told = cohort_to_dict(cohort, alpha)
    if cohort.id in hidden:
        kept = {name: told[name] for name in ("id", "label", "description")}
        return {**dict.fromkeys(told), **kept, "flagged": False, "tested": False, "suppressed": True}
    if cohort.id in blurred:
        told |= dict.fromkeys(_COUNTS)
        told["rate"] = round(cohort.rate, 3)
        told["interval"] = [round(limit, 3) for limit in cohort.interval] if cohort.interval else None
    return told


def _withheld(evidence: Evidence, unions: Sequence[frozenset[int]]) -> tuple[set[int], set[int]]:
    """Parts of a search result whose figures stay out, and parts whose counts do."""
    parts = {cohort.id: cohort.speakers for cohort in evidence.cohorts}
    outside = int(evidence.unassigned.get("speakers", 0))
    if outside:
        parts[UNASSIGNED] = outside
    return withheld(parts, evidence.bottom.cohorts if evidence.bottom else (), unions)


def _integer(value: float | None) -> int | None:
    return None if value is None else round(float(value))


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def overlaps_to_dict(found: Sequence[Overlap], *, unredacted: bool) -> list[dict[str, Any]]:
    """Shares of a bottom cohort's speakers: exact, or as wide as leaves 1 to 10 speakers untold on either side."""
    return [{"title": one.title, "share": _share(one, 0 if unredacted else SUPPRESS_BELOW)} for one in found]


def _share(overlap: Overlap, fewest: int) -> list[float]:
    """Lowest and highest share that can be concluded when parts of fewer speakers are told as "fewer" only.

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


def areas_to_dict(areas: Sequence[Area], *, unredacted: bool) -> list[dict[str, Any]]:
    """Squares of at least 11 speakers: their rates, rounded and without counts, so that nothing can be subtracted."""
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


def voices_to_dict(voices: Voices | None, withheld: Sequence[int], *, unredacted: bool) -> dict[str, Any] | None:
    """The cohorts of at least 11 speakers, to three digits.

    Parameters
    ----------
    voices
        What was projected.
    withheld
        Cohorts of which nothing is told.
    unredacted
        Keep those of fewer than 11 speakers.
    """
    if voices is None:
        return None
    told = [v for v in voices.cohorts if unredacted or (v.speakers >= SUPPRESS_BELOW and v.cohort_id not in withheld)]
    return {
        "explained": [round(share, 3) for share in voices.explained],
        "cohorts": [
            {
                "cohort_id": voice.cohort_id,
                "mean": [round(float(x), 3) for x in voice.mean],
                "covariance": [[float(f"{x:.3g}") for x in row] for row in voice.covariance],
            }
            for voice in told
        ],
    }


def conclusion(side: Side | None) -> Conclusion | None:
    """What a held-out gap says of the bottom cohort; ``None`` where it is not defined."""
    if side is None or math.isnan(side.gap.relative):
        return None
    low, high = side.gap.interval or (-1.0, math.inf)
    return Conclusion.WORSE if low > 0 else Conclusion.BETTER if high < 0 else Conclusion.UNCLEAR


def sensitivity_to_dict(found: Sensitivity, *, unredacted: bool) -> dict[str, Any]:
    """``normalizer_sensitivity`` in ``audit.json``; coarse for good, so that nothing can be subtracted."""
    return {
        "normalizer": found.normalizer,
        "overall_rate": None if math.isnan(found.rate) else found.rate,
        "searches": [_told(search, unredacted) for search in found.searches],
    }


def _told(search: Rescored, unredacted: bool) -> dict[str, Any]:
    side = side_to_dict(search.second, unredacted, coarse=True)
    kept = ("gap_relative", "gap_interval", "bottom_rate", "reference_rate")
    sides = (search.first, search.second) if side else (None, None)
    first, second = map(conclusion, sides)
    return {
        "title": search.title,
        "held_out": side and {name: side[name] for name in kept},
        "conclusion": {"first": first, "second": second},
    }
