"""Convert comparisons of the bottom cohort with the rest to JSON documents, under one or two normalisers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.verdicts import Conclusion
from fairaudit.results.disclosure import ALL_SIDES, HELD_OUT_SIDES, Disclosure, Shown
from fairaudit.results.numbers import (
    ends_rounded_up,
    ends_to_gap,
    ends_to_page,
    finite,
    rounded_up,
    to_digits,
    to_gap,
    to_page,
    to_percent,
)

if TYPE_CHECKING:
    from fairaudit.evidence.gaps import Side
    from fairaudit.results.audit_parts import Rescored, Sensitivity
    from fairaudit.results.documents import (
        CrossFittedDoc,
        KindRatesDoc,
        KindsDoc,
        RescoredDoc,
        RescoredSideDoc,
        SensitivityDoc,
        ShareDoc,
        SideDoc,
    )

__all__ = [
    "coarse_side",
    "conclusion",
    "cross_fitted_to_dict",
    "kinds_to_dict",
    "sensitivity_to_dict",
    "side_to_dict",
]


def side_to_dict(side: Side | None, sides: tuple[int, int], shown: Shown | None) -> SideDoc | None:
    """Return a comparison as a document, or ``None`` if it must be withheld.

    Values from which counts could be derived are rounded. If the sums of a side are withheld, so are the sizes of both,
    and their rates have two digits.

    Parameters
    ----------
    side
        The comparison.
    sides
        Bottom and rest in a table of sides.
    shown
        What can be published of this table; everything, with all digits, if it is ``None``.
    """
    if side is None or shown is None:
        return None if side is None else _exact(side)
    if _is_small(side):
        return None
    exact = _exact(side)
    if shown.open >= {*sides}:
        return _coarse(exact)
    share = exact["bottom_share"]["speakers"]
    to_tenth = None if share is None else round(share, 1)
    shares: ShareDoc = {"speakers": to_tenth, "utterances": None, "exposure": None, "errors": None}
    return {**_rough(exact), "speakers": None, "bottom_share": shares}


def coarse_side(side: Side | None, *, unredacted: bool) -> SideDoc | None:
    """Return a comparison with rounded values, or ``None`` if a side has fewer than 11 speakers."""
    return None if side is None or (not unredacted and _is_small(side)) else _coarse(_exact(side))


def _is_small(side: Side) -> bool:
    return min(side.speakers, side.reference_speakers) < SUPPRESS_BELOW


def _exact(side: Side) -> SideDoc:
    """Return a comparison with all digits."""
    gap, shares = side.gap, side.shares
    return {
        "gap_relative": finite(gap.relative),
        "gap_interval": list(gap.interval) if gap.interval and math.isfinite(gap.interval[1]) else None,
        "gap_weighted": None if side.weighted_ratio is None else finite(side.weighted_ratio - 1),
        "gap_absolute": finite(gap.absolute),
        "ratio": finite(gap.ratio),
        "bottom_rate": finite(gap.bottom_rate),
        "bottom_interval": list(side.interval) if side.interval else None,
        "reference_rate": finite(gap.reference_rate),
        "reference": "rest",
        "bottom_share": {
            "speakers": shares.get("speakers"),
            "utterances": shares.get("utterances"),
            "exposure": shares.get("exposure"),
            "errors": shares.get("errors"),
        },
        "speakers": side.speakers,
        "excess_errors": finite(side.excess_errors),
    }


def _coarse(exact: SideDoc) -> SideDoc:
    """Round the values from which counts could be derived: rates as a page prints them, shares to whole percent."""
    shares, excess = exact["bottom_share"], exact["excess_errors"]
    return {
        **exact,
        "gap_relative": to_gap(exact["gap_relative"]),
        "gap_interval": ends_to_gap(exact["gap_interval"]),
        "gap_weighted": to_gap(exact["gap_weighted"]),
        "gap_absolute": to_page(exact["gap_absolute"]),
        "ratio": to_gap(exact["ratio"]),
        "bottom_rate": to_page(exact["bottom_rate"]),
        "bottom_interval": ends_to_page(exact["bottom_interval"]),
        "reference_rate": to_page(exact["reference_rate"]),
        "bottom_share": {
            "speakers": to_percent(shares["speakers"]),
            "utterances": to_percent(shares["utterances"]),
            "exposure": to_percent(shares["exposure"]),
            "errors": to_percent(shares["errors"]),
        },
        "excess_errors": None if excess is None else float(f"{excess:.1e}"),
    }


def _rough(exact: SideDoc) -> SideDoc:
    """Round the rates of both sides up to two digits, and their gap to whole percent."""
    ends = exact["bottom_interval"]
    return {
        **_coarse(exact),
        "gap_relative": rounded_up(exact["gap_relative"], 2),
        "gap_interval": ends_rounded_up(exact["gap_interval"], 2),
        "gap_weighted": rounded_up(exact["gap_weighted"], 2),
        "gap_absolute": to_percent(exact["gap_absolute"]),
        "ratio": rounded_up(exact["ratio"], 2),
        "bottom_rate": to_digits(exact["bottom_rate"]),
        "bottom_interval": [to_digits(end) for end in ends] if ends else None,
        "reference_rate": to_digits(exact["reference_rate"]),
    }


def cross_fitted_to_dict(side: Side | None, unredacted: bool) -> CrossFittedDoc | None:
    """Return the cross-fitted gap, always coarse, because its cohorts differ between folds and are not listed."""
    document = coarse_side(side, unredacted=unredacted)
    if document is None:
        return None
    return {
        "gap_relative": document["gap_relative"],
        "bottom_rate": document["bottom_rate"],
        "reference_rate": document["reference_rate"],
        "bottom_share": document["bottom_share"],
    }


def kinds_to_dict(side: Side | None, rough: bool | None) -> KindsDoc | None:
    """Return rates of substitutions, deletions and insertions on both sides of a gap, rounded.

    Parameters
    ----------
    side
        The gap.
    rough
        Whether the rates have two digits; ``None`` if nothing is withheld.
    """
    if side is None or not side.kinds or (rough is not None and _is_small(side)):
        return None
    bottom, reference = ({kind: rates[i] for kind, rates in side.kinds.items()} for i in range(2))
    return {"bottom": _kind_rates(bottom, bool(rough)), "reference": _kind_rates(reference, bool(rough))}


def _kind_rates(rates: Mapping[str, float], rough: bool) -> KindRatesDoc:
    substitutions, deletions, insertions = (
        to_digits(rates[kind]) if rough else to_page(rates[kind])
        for kind in ("substitutions", "deletions", "insertions")
    )
    return {"substitutions": substitutions, "deletions": deletions, "insertions": insertions}


def conclusion(side: Side | None) -> Conclusion | None:
    """Return the conclusion from a held-out gap, or ``None`` if the gap is undefined."""
    if side is None or math.isnan(side.gap.relative):
        return None
    low, high = side.gap.interval or (-1.0, math.inf)
    return Conclusion.WORSE if low > 0 else Conclusion.BETTER if high < 0 else Conclusion.UNCLEAR


def sensitivity_to_dict(
    sensitivity: Sensitivity, shown: Sequence[Disclosure | None], *, unredacted: bool
) -> SensitivityDoc:
    """Return ``normalizer_sensitivity`` in ``audit.json``, always coarse, so that nothing can be subtracted.

    Parameters
    ----------
    sensitivity
        The searches measured under a second normaliser.
    shown
        What can be published of each search; its sides are the same under both normalisers.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.
    """
    return {
        "normalizer": sensitivity.normalizer,
        "overall_rate": None if math.isnan(sensitivity.rate) else sensitivity.rate,
        "searches": [
            _rescored_to_dict(search, None if unredacted else one or Disclosure())
            for search, one in zip(sensitivity.searches, shown, strict=True)
        ],
    }


def _rescored_to_dict(search: Rescored, shown: Disclosure | None) -> RescoredDoc:
    """Return one search under both normalisers; nothing is withheld without ``shown``."""
    if shown is None:
        side = coarse_side(search.rescored, unredacted=True)
    elif search.is_known:
        side = side_to_dict(search.rescored, ALL_SIDES, shown.all_sides)
    else:
        side = side_to_dict(search.rescored, HELD_OUT_SIDES, shown.sides)
    first, rescored = map(conclusion, (search.first, search.rescored) if side else (None, None))
    gap: RescoredSideDoc | None = None
    if side is not None:
        gap = {
            "gap_relative": side["gap_relative"],
            "gap_interval": side["gap_interval"],
            "bottom_rate": side["bottom_rate"],
            "reference_rate": side["reference_rate"],
        }
    return {
        "title": search.title,
        "held_out": None if search.is_known else gap,
        "all_speakers": gap if search.is_known else None,
        "conclusion": {"first": first, "second": rescored},
    }
