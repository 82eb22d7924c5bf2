"""Measure whether a gap depends on what counts as an error, with the same cohorts and a second normaliser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fairaudit.auditing.again import measure_again
from fairaudit.core.columns import rescored
from fairaudit.core.counts import ErrorCounts, numbered_codes
from fairaudit.core.rate import Rate
from fairaudit.evidence.design import Design
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.audit_parts import Rescored, Sensitivity
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.exact import on_grid
from fairaudit.units.build import UnitTable

__all__ = ["rescore"]


def rescore(normalizer: str, judged: Sequence[JudgedSearch], rate: Rate, design: Design) -> Sensitivity:
    """Measure the bottom cohorts of an audit under the second normaliser of its log.

    Parameters
    ----------
    normalizer
        Name and version of the second normaliser, whose counts are in the log; see
        :func:`fairaudit.core.columns.rescored`.
    judged
        The searches of the audit.
    rate
        The rate to audit.
    design
        Sampling units, held-out mask and plan.
    """
    whole = _rescored(judged[0].units.counts, rate)  # every search has all cells of the log
    dispersion = fit_dispersion(*whole.per_speaker())
    searches = tuple(
        Rescored(
            one.search.title,
            one.evidence.gaps.deciding,
            measure_again(one, _rescored_units(one.units, rate, dispersion), design, dispersion),
            is_known=one.evidence.is_known,
        )
        for one in judged
    )
    return Sensitivity(normalizer, whole.rate, searches)


def _rescored_units(units: UnitTable, rate: Rate, dispersion: Dispersion) -> UnitTable:
    """Replace the counts of units by those of the second normaliser, and weigh them anew."""
    counts = _rescored(units.counts, rate)
    _, exposure = counts.per_speaker()
    _, speaker = numbered_codes(counts.speaker)
    residual, information = dispersion.weigh(counts.errors, counts.exposure, exposure[speaker])
    return replace(units, counts=counts, residual=on_grid(residual), information=on_grid(information))


def _rescored(counts: ErrorCounts, rate: Rate) -> ErrorCounts:
    """Replace the counts of cells by those of the second normaliser, without further counts.

    A count that no normaliser changes, such as a number of milliseconds, stays as it is.
    """
    errors = counts.detail.get(rescored(rate.numerator), counts.errors)
    exposure = counts.detail.get(rescored(rate.denominator), counts.exposure)
    return replace(counts, errors=errors, exposure=exposure, detail={})
