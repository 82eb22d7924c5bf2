"""Quantiles of columns by cohort, and what can be published of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.privacy import at_most
from fairaudit.stats.histograms import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.core.verdicts import MeasuredOn
    from fairaudit.results.disclosure import Disclosure
    from fairaudit.results.documents import CohortQuantilesDoc, QuantileDoc, QuantilesDoc

__all__ = ["CohortQuantiles", "Quantiles", "SearchQuantiles", "quantiles_to_dict"]

#: Largest relative error in documents: 0.5 % of the bin, and as much of the rounding.
_RELATIVE_ERROR: Final = 0.01


@dataclass(frozen=True)
class CohortQuantiles:
    """Quantiles of one cohort, and their ratios to those of the rest; ``None`` if too few speakers are beyond one.

    Attributes
    ----------
    cohort_id, label
        The cohort.
    values, ratios
        One of each for every share that was asked for.
    """

    cohort_id: int
    label: str
    values: tuple[Estimate | None, ...]
    ratios: tuple[Estimate | None, ...]


@dataclass(frozen=True)
class SearchQuantiles:
    """Quantiles of the cohorts of one search, among the speakers on whom these were measured."""

    title: str
    measured_on: MeasuredOn
    cohorts: tuple[CohortQuantiles, ...]


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of one column over the utterances of all speakers, and of each cohort.

    Attributes
    ----------
    column
        The column.
    shares
        Shares of the utterances that are at most the quantiles, in ascending order.
    without_number
        Number of utterances without a number, which are left out.
    overall
        One for every share, over all speakers.
    searches
        Quantiles of the cohorts of each search.
    """

    column: str
    shares: tuple[float, ...]
    without_number: int
    overall: tuple[Estimate | None, ...]
    searches: tuple[SearchQuantiles, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the quantiles of all cohorts as a table. Nothing is suppressed, so do not publish it.

        Returns
        -------
        DataFrame
            One row per search, cohort and share: ``search``, ``label``, ``share``, ``value`` with its 95 % interval
            from ``low`` to ``high``, and ``ratio`` to the rest with that from ``ratio_low`` to ``ratio_high``.
        """
        import pandas as pd

        rows = [
            {"search": search.title, "label": cohort.label, "share": share}
            | _columns(value, ("value", "low", "high"))
            | _columns(ratio, ("ratio", "ratio_low", "ratio_high"))
            for search in self.searches
            for cohort in search.cohorts
            for share, value, ratio in zip(self.shares, cohort.values, cohort.ratios, strict=True)
        ]
        return pd.DataFrame(rows)


def _columns(estimate: Estimate | None, names: Sequence[str]) -> dict[str, float | None]:
    known = (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)
    return dict(zip(names, known, strict=True))


def quantiles_to_dict(
    quantiles: Quantiles, shown: Mapping[str, Disclosure | None], *, unredacted: bool
) -> QuantilesDoc:
    """Return one entry of ``quantiles`` in ``audit.json``.

    Parameters
    ----------
    quantiles
        The quantiles of a column.
    shown
        What can be published of each search, by its title.
    unredacted
        Whether to keep quantiles of cohorts whose counts are withheld, ratios to the rest where the sum of all cohorts
        is, and the number of utterances without a number, which is rounded up otherwise. No quantile is ever given that
        fewer than 11 speakers are beyond, or where one speaker has more than half of the utterances.
    """

    def cohort(title: str, one: CohortQuantiles) -> CohortQuantilesDoc:
        disclosure = shown.get(title)
        is_open = unredacted or disclosure is None or disclosure.cohorts.why_withheld(one.cohort_id) is None
        empty = (None,) * len(quantiles.shares)
        # a ratio reveals the quantile of the rest, and hence that of all cohorts together
        is_whole_open = unredacted or disclosure is None or disclosure.cohorts.whole
        values = one.values if is_open else empty
        ratios = one.ratios if is_open and is_whole_open else empty
        return {
            "cohort_id": one.cohort_id,
            "quantiles": [
                _quantile(share, value, ratio)
                for share, value, ratio in zip(quantiles.shares, values, ratios, strict=True)
            ],
            "withheld": not is_open,
        }

    return {
        "column": quantiles.column,
        "relative_error": _RELATIVE_ERROR,
        "without_number": quantiles.without_number if unredacted else at_most(quantiles.without_number),
        "overall": [
            _quantile(share, value, None) for share, value in zip(quantiles.shares, quantiles.overall, strict=True)
        ],
        "searches": [
            {
                "title": search.title,
                "measured_on": search.measured_on,
                "cohorts": sorted((cohort(search.title, one) for one in search.cohorts), key=_shown_first),
            }
            for search in quantiles.searches
        ],
    }


def _shown_first(cohort: CohortQuantilesDoc) -> tuple[bool, int]:
    """Sort key that puts withheld cohorts last, by id, so that their rank among the others is not shown."""
    return cohort["withheld"], cohort["cohort_id"] if cohort["withheld"] else 0


def _quantile(share: float, value: Estimate | None, ratio: Estimate | None) -> QuantileDoc:
    return {
        "share": share,
        "value": _rounded(value.value) if value else None,
        "low": _rounded(value.low) if value else None,
        "high": _rounded(value.high) if value else None,
        "ratio": _rounded(ratio.value) if ratio else None,
        "ratio_low": _rounded(ratio.low) if ratio else None,
        "ratio_high": _rounded(ratio.high) if ratio else None,
    }


def _rounded(number: float | None) -> float | None:
    """Round to three significant digits."""
    return None if number is None else float(f"{number:.3g}")
