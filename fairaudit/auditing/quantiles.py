"""Quantiles of columns of numbers by cohort, from histograms by speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import joint_cells
from fairaudit.core.columns import UTTERANCES, bins_of
from fairaudit.core.rate import Rate
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.design import Design
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.quantiles import CohortQuantiles, Quantiles, SearchQuantiles
from fairaudit.stats.histograms import Histogram, code_of, ratio_to
from fairaudit.units.tally import Log

__all__ = ["quantiles_by_cohort"]


def quantiles_by_cohort(
    log: Log, judged: Sequence[JudgedSearch], rate: Rate, sampling_unit: str, design: Design,
    asked: Mapping[str, Sequence[float]],
) -> tuple[Quantiles, ...]:  # fmt: skip
    """Return quantiles over the utterances of all speakers, and of each cohort on the speakers that measure it.

    Parameters
    ----------
    log
        The log, with the bins of each column.
    judged
        The searches.
    rate
        The rate of the audit.
    sampling_unit
        Column of the sampling unit.
    design
        Sampling units, held-out mask and plan.
    asked
        Shares of the utterances that quantiles are asked for, by column.
    """
    searches = [(one.search.features, one.evidence.rule, one.units) for one in judged]
    results = []
    for column, shares in asked.items():
        cells = joint_cells(log, searches, rate, sampling_unit, design.table.names, [UTTERANCES], [bins_of(column)])
        utterances = cells.counts[2] / rate.parts
        codes, known = code_of(cells.keys[0])
        whole = Histogram(cells.speaker[known], codes, utterances[known])
        results.append(
            Quantiles(
                column=column,
                shares=tuple(shares),
                without_number=round(float(utterances[~known].sum())),
                overall=tuple(map(whole.quantile, shares)),
                searches=tuple(
                    _of_search(one, whole, cohort[known], design.held_out, shares)
                    for one, cohort in zip(judged, cells.cohort.T, strict=True)
                ),
            )
        )
    return tuple(results)


def _of_search(
    judged: JudgedSearch,
    whole: Histogram,
    cohort: NDArray[np.int64],
    held_out: NDArray[np.bool_],
    shares: Sequence[float],
) -> SearchQuantiles:
    """Return the quantiles of the cohorts of a search, in the order in which it lists them."""
    evidence = judged.evidence
    measured = (cohort >= 0) & (held_out[whole.speaker] | (evidence.measured_on == MeasuredOn.ALL))
    rows = []
    for one in evidence.cohorts:
        inside = measured & (cohort == one.id)
        values = tuple(map(whole.where(inside).quantile, shares))
        rest = tuple(map(whole.where(measured & ~inside).quantile, shares))
        ratios = tuple(map(ratio_to, values, rest))
        rows.append(CohortQuantiles(one.id, one.label, values, ratios))
    return SearchQuantiles(judged.search.title, evidence.measured_on, tuple(rows))
