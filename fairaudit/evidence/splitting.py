"""Split the speakers into those who are searched and those who are held out, so that the split decides little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.search import Discoverer
from fairaudit.core.errors import InputError
from fairaudit.core.text import search_name
from fairaudit.core.workers import Workers
from fairaudit.evidence.design import Design
from fairaudit.evidence.find import find, sized
from fairaudit.evidence.gaps import held_out_gap
from fairaudit.evidence.measure import MIN_SPEAKERS
from fairaudit.evidence.plan import Plan, Search
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["design_of"]

#: Number of random splits from which one is chosen; odd, so that one is in the middle.
_SPLITS: Final = 9


def design_of(
    searches: Sequence[Search],
    unit_tables: Sequence[UnitTable],
    table: SpeakerTable,
    plan: Plan,
    splits: int | None = None,
    workers: Workers | None = None,
) -> Design:
    """Split the sampling units of a log in the way that is most typical of nine random splits.

    Whether a cohort that was found on some speakers is borne out by the others depends on the split. For each search
    that looks at errors, the splits in which the gap of the bottom can be tested are ranked by its lower limit. The
    split that is nearest to the middle, in all searches together, is used for the whole audit. Its gap is neither the
    largest nor the smallest that could have been reported, and another seed rarely changes the verdict.

    Splits whose gap cannot be tested do not count as the lowest. The held-out gaps of 200 logs of noise (``geo-tree``,
    2,000 speakers, s = .6) would then have a median of -4.2 %, instead of -0.5 %, and -0.1 % with a single split.

    Parameters
    ----------
    searches
        The searches of the audit. Those that form their cohorts without errors do not matter.
    unit_tables
        Units of each search.
    table
        Sampling units of the log.
    plan
        Settings, with the seed of the splits.
    splits
        Number of splits; by default nine, or a single one for a quick look (:attr:`Plan.is_quick`). If there are so
        many speakers that p-values also come from the searched ones only (:attr:`Plan.most_searched`), it is a single
        one as well: a split that was chosen by its results would bias them, and in so large a log it decides little.
    workers
        Where the searches run; by default, in this process.
    """
    splits = splits or (1 if plan.is_quick or plan.is_sampled(len(table)) else _SPLITS)
    looking = [
        (search, units)
        for search, units in zip(searches, unit_tables, strict=True)
        if not search.discoverer.outcome_free
    ]
    if not looking or splits == 1:
        return Design.of(table, plan)
    designs = [Design.of(table, plan, [plan.seed, 4, i]) for i in range(splits)]
    calls = [(search.discoverer, units, designs) for search, units in looking]
    effort = [units.features.size for _, units in looking]
    called = [search_name(search.title) for search, _ in looking]
    limits = (workers or Workers()).map(_lower_limits, calls, effort, step="searches of nine splits", called=called)
    atypical = sum(_distance(np.array(one)) ** 2 for one in limits)
    return designs[int(np.argmin(atypical))]


def _distance(limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each split is from the most typical one, shape (n_splits,).

    A gap can be tested in a typical split if it can be tested in most splits. Among these, the middle limit is typical.

    Examples
    --------
    >>> _distance(np.array([0.3, -np.inf, 0.1, 0.2]))
    array([1., 4., 1., 0.])
    """
    tested = np.isfinite(limits)
    typical = tested if 2 * np.count_nonzero(tested) > len(limits) else ~tested
    rank = np.argsort(np.argsort(limits[typical], kind="stable"), kind="stable")
    distance = np.full(len(limits), float(len(limits)))
    distance[typical] = np.abs(rank - (len(rank) - 1) / 2) if typical is tested else 0.0
    return distance


def _lower_limits(discoverer: Discoverer, units: UnitTable, designs: Sequence[Design]) -> list[float]:
    """Return the lower limit of the held-out gap of a search for each split, or -inf where it cannot be tested."""
    assigned = units.assigned()
    if assigned.counts.n_speakers < 2 * MIN_SPEAKERS:
        return [-math.inf] * len(designs)
    return [_lower_limit(discoverer, assigned, units, design) for design in designs]


def _lower_limit(discoverer: Discoverer, assigned: UnitTable, units: UnitTable, design: Design) -> float:
    """Return the lower limit for one split."""
    held_out = design.held_out
    try:
        found = find(assigned, sized(discoverer, design.share, 1 - design.share), ~held_out[assigned.counts.speaker])
    except InputError:
        return -math.inf
    side = held_out_gap(
        assigned,
        found.rule.assign(assigned.features)[assigned.counts.group],
        found.bottom,
        held_out,
        floor=discoverer.min_speakers,
        dispersion=design.table.dispersion,
        everyone=units.counts,
    )
    if side is None or side.not_tested_because or side.gap.interval is None:
        return -math.inf
    return side.gap.interval[0]
