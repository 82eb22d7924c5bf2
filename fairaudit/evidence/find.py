"""Drawing and naming cohorts on some speakers, so that they can be measured on others."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group, Rule
from fairaudit.cohorts.search import Discoverer, extreme_groups
from fairaudit.evidence.measure import Side, measure_gap
from fairaudit.stats.split import folds_of
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["Partition", "cross_fitted", "find", "sized"]

#: How many times the floor a search leaves for measuring.
_MARGIN: Final = 1.5


@dataclass(frozen=True)
class Partition:
    """The cohorts that a discoverer drew, with the bottom and the top among them; no cohort is in both."""

    rule: Rule
    bottom: Group | None
    top: Group | None


def sized(discoverer: Discoverer, measured: float, searched: float) -> Discoverer:
    """A discoverer that only proposes cohorts large enough to be measured afterwards.

    A cohort found among one share of the speakers must leave the floor among those that it is measured on;
    half as many again, so that chance in the split seldom takes it below. A search that never looks at errors
    is measured on everybody and keeps its floor.

    Parameters
    ----------
    how
        The discoverer; its ``min_speakers`` is the floor among the measured.
    measured
        Share of speakers to measure on.
    searched
        Share of speakers that the search sees.
    """
    if discoverer.outcome_free:
        return discoverer
    floor = math.ceil(_MARGIN * discoverer.min_speakers * searched / measured)
    return replace(discoverer, min_speakers=floor)  # type: ignore[type-var]


def find(
    units: UnitTable, discoverer: Discoverer, discovery_cells: NDArray[np.bool_], rule: Rule | None = None
) -> Partition:
    """Draw the cohorts, and name bottom and top by score on the discovery speakers.

    Parameters
    ----------
    units
        Assigned units.
    how
        The discoverer.
    discovery_cells
        Cells of the discovery speakers, shape (n_cells,). A rule that never looks at errors is drawn on all.
    rule
        Where it was drawn before, so that only bottom and top are named.

    Returns
    -------
    Partition
        The rule, with its bottom and top group among those that are large enough to be searched.
    """
    searched = np.ones(len(discovery_cells), dtype=bool) if discoverer.outcome_free else discovery_cells
    drawn_on, looked = units.where(searched), discovery_cells[searched]
    rule = rule or discoverer.partition(drawn_on)
    bottom = discoverer.bottom(drawn_on, rule, looked)
    worst = bottom.cohorts if bottom is not None else ()
    others = [group for group in rule.groups() if len(group.cohorts) == 1 and group.cohorts[0] not in worst]
    _, top = extreme_groups(drawn_on, rule, looked, others, discoverer.min_speakers)
    return Partition(rule, bottom, top)


def cross_fitted(
    units: UnitTable, discoverer: Discoverer, table: SpeakerTable, *, folds: int, seed: int, drawn: Rule | None = None
) -> Side | None:
    """The gap of what such a search finds, every speaker measured by a search that had not seen them.

    For each of K folds the cohorts are found and the bottom is named on the others; inside the fold, speakers
    of that bottom are set against the rest, and the folds are added up. The estimate uses all speakers and is not
    inflated by the search, but the folds' searches share speakers: an interval or a p-value that took the sums
    for independent would be too sure (8 to 12 % false alarms at 5 %), so none goes with it.

    Parameters
    ----------
    units
        Assigned units.
    how
        The discoverer, with its floor for the speakers of all folds but one.
    table
        The log's sampling units.
    folds, seed
        Number of folds, and the seed that fills them.
    drawn
        The rule of the whole log where it is there; it serves all folds if the search never looks at errors.

    Returns
    -------
    Side or None
        ``None`` where no fold's search named a bottom, or one side is empty; its interval is not to be told.
    """
    fold = folds_of(table.exposure, folds, seed)[units.counts.speaker]
    side = np.full(len(units.counts), -1)
    for left_out in range(folds):
        inside = fold == left_out
        partition = find(units, discoverer, ~inside, drawn if discoverer.outcome_free else None)
        if partition.bottom is not None:
            cohort = partition.rule.assign(units.features)[units.counts.group]
            known = inside & (cohort >= 0)
            side[known] = np.where(np.isin(cohort[known], partition.bottom.cohorts), 0, 1)
    counts = replace(units.counts, group=side).where(side >= 0)
    return measure_gap(counts, Group((0,), ""), floor=discoverer.min_speakers, dispersion=table.dispersion)
