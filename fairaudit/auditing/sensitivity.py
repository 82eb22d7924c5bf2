"""Measure whether a gap depends on what counts as an error, with the same cohorts and a second normaliser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fairaudit.core.columns import rescored
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import Rate
from fairaudit.evidence.confirm import Design
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.audit_parts import Rescored, Sensitivity
from fairaudit.stats.dispersion import fit_dispersion

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
    searches = [
        Rescored(one.search.title, one.evidence.gaps.held_out, _held_out_gap(one, rate, design)) for one in judged
    ]
    return Sensitivity(normalizer, _rescored(judged[0].units.counts, rate).rate, tuple(searches))


def _rescored(counts: ErrorCounts, rate: Rate) -> ErrorCounts:
    """Replace the counts of cells by those of the second normaliser, without further counts.

    A count that no normaliser changes, such as a number of milliseconds, stays as it is.
    """
    errors = counts.detail.get(rescored(rate.numerator), counts.errors)
    exposure = counts.detail.get(rescored(rate.denominator), counts.exposure)
    return replace(counts, errors=errors, exposure=exposure, detail={})


def _held_out_gap(judged: JudgedSearch, rate: Rate, design: Design) -> Side | None:
    """Measure the gap of the bottom cohort on held-out speakers with the counts of the second normaliser."""
    cells = judged.cells
    if cells is None:
        return None
    cells, everyone = (_rescored(counts, rate) for counts in (cells, judged.units.counts))
    return measure_gap(
        cells.where((cells.group >= 0) & design.held_out[cells.speaker]),
        judged.evidence.bottom,
        floor=judged.search.discoverer.min_speakers,
        dispersion=fit_dispersion(*everyone.per_speaker()),
        everyone=everyone.where(design.held_out[everyone.speaker]),
        whole=cells.where(cells.group >= 0),
        bootstrap=design.plan.bootstrap,
    )
