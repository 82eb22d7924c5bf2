"""Find cohorts on some speakers, so that they can be measured on others."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import small_cohorts
from fairaudit.cohorts.model import CohortModel
from fairaudit.cohorts.rules import Group, Rule
from fairaudit.cohorts.search import Discoverer, extreme_groups
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.errors import NothingToAuditError
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.settings import ScoringDoc
from fairaudit.evidence.design import Design
from fairaudit.evidence.gaps import Side, measure_gap
from fairaudit.evidence.plan import Search
from fairaudit.stats.split import folds_of
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["Partition", "cross_fitted", "find", "freeze", "sized", "smallest_cohort"]

#: Safety factor on ``min_speakers`` for a cohort found on some speakers, so that it most likely has as many in all.
_MARGIN: Final = 1.5


@dataclass(frozen=True)
class Partition:
    """The cohorts of a discoverer, with the bottom and the top groups, which are disjoint."""

    rule: Rule
    bottom: Group | None
    top: Group | None


def sized(discoverer: Discoverer, share_measured: float, share_searched: float) -> Discoverer:
    """Scale ``min_speakers`` of a discoverer to the share of the speakers that it searches.

    A cohort must be expected to have 1.5 times ``min_speakers`` among all speakers, so that chance rarely leaves it
    with fewer, and 11 among those on whom it is measured, so that its gap can be reported. A search that does not
    depend on errors uses all speakers and keeps its setting.

    Larger floors hide small regions. Regions of 30 of 300 speakers and of 30 of 1,000 had twice as many errors, and
    ``geo-scan`` looked for 60 and 91 speakers: the median overlap (Jaccard) of its bottom with the region was .36 and
    .21 (60 logs each). Smaller floors cost power for large regions: the south of the COSER log (a tree of 261
    interviews) had p = .004 with a floor of 60, .016 with 30 and .036 with 20.

    Parameters
    ----------
    discoverer
        The discoverer, whose ``min_speakers`` applies to all speakers.
    share_measured
        Share of speakers used for measurement.
    share_searched
        Share of speakers used for the search.
    """
    if discoverer.outcome_free:
        return discoverer
    in_all = max(_MARGIN * discoverer.min_speakers, SUPPRESS_BELOW / share_measured)
    floor = max(math.ceil(in_all * share_searched), SUPPRESS_BELOW)
    return replace(discoverer, min_speakers=floor)  # type: ignore[type-var]


def smallest_cohort(discoverer: Discoverer, share_measured: float) -> int | None:
    """Return the fewest sampling units of a cohort that a search looks for, or ``None`` for known groups."""
    if getattr(discoverer, "known_groups", False):
        return None
    return max(sized(discoverer, share_measured, 1.0).min_speakers, SUPPRESS_BELOW)


def find(
    units: UnitTable, discoverer: Discoverer, discovery_cells: NDArray[np.bool_], rule: Rule | None = None
) -> Partition:
    """Find the cohorts, and choose bottom and top by score on the discovery speakers.

    Parameters
    ----------
    units
        Assigned units.
    discoverer
        The discoverer.
    discovery_cells
        Mask of the cells of discovery speakers, shape (n_cells,). A rule that does not depend on errors is built on all
        cells.
    rule
        An existing rule. If given, only bottom and top are chosen.

    Returns
    -------
    Partition
        The rule, with the bottom and top among the groups that are large enough.
    """
    used_cells = np.ones(len(discovery_cells), dtype=bool) if discoverer.outcome_free else discovery_cells
    used_units, scored_cells = units.where(used_cells), discovery_cells[used_cells]
    rule = rule or discoverer.partition(used_units)
    bottom = discoverer.bottom(used_units, rule, scored_cells)
    worst = bottom.cohorts if bottom is not None else ()
    others = [group for group in rule.groups() if len(group.cohorts) == 1 and group.cohorts[0] not in worst]
    _, top = extreme_groups(used_units, rule, scored_cells, others, discoverer.min_speakers)
    return Partition(rule, bottom, top)


def freeze(
    search: Search, units: UnitTable, design: Design, source_sha256: tuple[str, ...], scoring: ScoringDoc
) -> CohortModel:
    """Find cohorts on the discovery speakers and freeze them.

    Parameters
    ----------
    search
        The search.
    units
        Its units.
    design
        Who is searched.
    source_sha256, scoring
        Where the log comes from, and how it was scored.

    Raises
    ------
    NothingToAuditError
        If no speaker has features.
    """
    assigned = units.assigned()
    if not len(assigned):
        raise NothingToAuditError(f"nothing to audit: no speaker has {'/'.join(search.features.keys)}")
    discovery_cells = ~design.held_out[assigned.counts.speaker]
    partition = find(assigned, sized(search.discoverer, design.share, 1 - design.share), discovery_cells)
    model = CohortModel.frozen(
        search.discoverer,
        search.title,
        search.features,
        partition.rule,
        partition.bottom,
        partition.top,
        source_sha256,
        scoring,
    )
    return replace(model, unnamed=small_cohorts(partition.rule, units))


def cross_fitted(
    units: UnitTable,
    discoverer: Discoverer,
    table: SpeakerTable,
    everyone: ErrorCounts,
    *,
    folds: int,
    seed: int,
    drawn: Rule | None = None,
) -> Side | None:
    """Measure the gap among all speakers, each with a search that did not use this speaker.

    For each of K folds, the search runs on the other folds. Within the fold, speakers in the resulting bottom are
    compared with the rest, and the counts of all folds are added up. The estimate uses all speakers and is not inflated
    by the search. However, the searches of the folds share speakers, so an interval or a p-value that treats them as
    independent would be too narrow (8 to 12 % false alarms at 5 %). Neither is therefore reported.

    Parameters
    ----------
    units
        Assigned units.
    discoverer
        The discoverer, with ``min_speakers`` for the speakers of all folds except one.
    table
        Sampling units of the log.
    everyone
        All cells of the log, with those that are in no unit, for the shares of the bottoms.
    folds, seed
        Number of folds, and the seed for assigning speakers to folds.
    drawn
        Rule of the whole log, which is used for all folds if the search does not depend on errors.

    Returns
    -------
    Side or None
        ``None`` if no fold has a bottom, or if a side is empty. The interval must not be reported.
    """
    fold_of_speaker = folds_of(table.exposure, folds, seed)
    fold, measured = fold_of_speaker[units.counts.speaker], np.zeros(len(table), dtype=bool)
    side = np.full(len(units.counts), -1)
    for left_out in range(folds):
        inside = fold == left_out
        partition = find(units, discoverer, ~inside, drawn if discoverer.outcome_free else None)
        if partition.bottom is not None:
            cohort = partition.rule.assign(units.features)[units.counts.group]
            known, measured = inside & (cohort >= 0), measured | (fold_of_speaker == left_out)
            side[known] = np.where(np.isin(cohort[known], partition.bottom.cohorts), 0, 1)
    counts = replace(units.counts, group=side).where(side >= 0)
    return measure_gap(
        counts,
        Group((0,), ""),
        floor=discoverer.min_speakers,
        dispersion=table.dispersion,
        everyone=everyone.where(measured[everyone.speaker]),
    )
