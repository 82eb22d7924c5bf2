"""The interface of discoverers, and searches whose effort is repeated under every shuffle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from fairaudit.core.counts import CellIndex, ErrorCounts
from fairaudit.stats.score import set_score
from fairaudit.stats.shuffle import Observed, Shuffle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fairaudit.cohorts.rules import Group, Rule
    from fairaudit.units.build import UnitTable

__all__ = ["ByScore", "Discoverer", "PreparedSearch", "Repeated", "extreme_groups", "group_scores"]


class PreparedSearch(Protocol):
    """A discoverer prepared for one unit table. All steps that do not depend on the counts are done.

    If the partition does not depend on errors, it can be the attribute ``rule``, so that it is not computed again.
    """

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Return the highest score of any cohort of the whole search in each draw, shape (draws,); -inf if none."""
        ...

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:
        """Return further results (``stability``, ``examined``), given the null distribution and the bottom."""
        ...


class Discoverer(Protocol):
    """A method that finds cohorts: a frozen dataclass whose fields are its settings."""

    #: Name of the method: lower-case letters, digits and hyphens.
    method: ClassVar[str]
    #: Columns that identify a unit, which determine its features: coordinates for ``("latitude", "longitude")``, the
    #: census table for ``("zip_code",)``, the embeddings for ``("speaker_id",)``, and their own texts for all other
    #: columns of the log. Empty if the setting ``by`` names the columns.
    keys: ClassVar[tuple[str, ...]]
    #: Whether the partition does not depend on errors, so that it can be built on all speakers.
    outcome_free: ClassVar[bool]
    #: Whether the groups themselves are known beforehand, and not chosen for their errors. They are then compared on
    #: all speakers. Of the prepared search, only the ``details`` of a :class:`fairaudit.cohorts.FixedGroups` are used.
    known_groups: ClassVar[bool]

    @property
    def min_speakers(self) -> int:
        """Fewest sampling units of a cohort that can become the bottom."""
        ...

    @property
    def keep_exposure(self) -> bool:
        """Whether the partition depends on exposures, so that shuffles must leave them in place."""
        ...

    def partition(self, units: UnitTable) -> Rule:
        """Sort units into cohorts. This uses only the units, so that shuffles can repeat the whole search."""
        ...

    def search(self, units: UnitTable) -> PreparedSearch:
        """Prepare the search, so that shuffles can repeat it."""
        ...

    def bottom(self, units: UnitTable, rule: Rule, scored_cells: NDArray[np.bool_]) -> Group | None:
        """Return the worst group of the rule; most discoverers inherit this from :class:`ByScore`.

        Parameters
        ----------
        units
            Units on which the rule was built.
        rule
            The partition.
        scored_cells
            Mask of the cells whose errors may be used, shape (n_cells,).
        """
        ...


class ByScore:
    """Base class of most discoverers. A derived class needs to define only ``partition``.

    The bottom is the group with the highest score among those with enough speakers, and the search repeats the
    partition in every shuffle.
    """

    outcome_free: ClassVar[bool] = False
    known_groups: ClassVar[bool] = False
    keep_exposure: ClassVar[bool] = False

    def search(self: Discoverer, units: UnitTable) -> PreparedSearch:
        """Return a search that repeats the partition in every shuffle."""
        return Repeated(self, units)

    def score(self: Discoverer, units: UnitTable, rule: Rule) -> float:
        """Return the highest score of any group of a rule, or -inf if no group is large enough.

        The score is the number of standard errors by which the rate of a group exceeds that of the rest.

        Parameters
        ----------
        units
            Assigned units.
        rule
            A partition of the units.
        """
        cohort = rule.assign(units.features)[units.counts.group]
        return float(group_scores(units, cohort, rule.groups(), self.min_speakers).max(initial=-np.inf))

    def bottom(self: Discoverer, units: UnitTable, rule: Rule, scored_cells: NDArray[np.bool_]) -> Group | None:
        """Return the group with the highest score on the given cells."""
        return extreme_groups(units, rule, scored_cells, rule.groups(), self.min_speakers)[0]


@dataclass(frozen=True)
class Repeated:
    """A search that repeats the partition of a discoverer on every shuffle of the counts.

    Attributes
    ----------
    discoverer
        The discoverer. If its partition does not depend on errors, it is built once.
    units
        Assigned units.
    """

    discoverer: Discoverer
    units: UnitTable

    @cached_property
    def rule(self) -> Rule | None:
        """The partition, if it does not depend on errors."""
        return self.discoverer.partition(self.units) if self.discoverer.outcome_free else None

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Return the highest score of any group of the rule of each draw, shape (draws,)."""
        units, counts = self.units, self.units.counts
        rate = counts.rate
        residual = shuffle.residual(units.residual, units.information)
        information, exposure = shuffle.weight(units.information), shuffle.weight(counts.exposure)
        expected = rate * counts.exposure
        errors = rate * exposure + shuffle.residual(counts.errors - expected, expected)
        # Counts that are not shuffled are left out, so that no partition can use them.
        draws = (
            replace(
                units,
                counts=replace(counts, errors=errors[b], exposure=exposure[b], detail={}),
                residual=residual[b],
                information=information[b],
            )
            for b in range(shuffle.draws)
        )
        return np.array([self._best(shuffled) for shuffled in draws])

    def _best(self, units: UnitTable) -> float:
        rule = self.rule or self.discoverer.partition(units)
        return ByScore.score(self.discoverer, units, rule)

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Return nothing, because there are no further results."""
        return {}


def group_scores(
    units: UnitTable, cohort: NDArray[np.int64], groups: Sequence[Group], min_speakers: int
) -> NDArray[np.float64]:
    """Return observed scores of groups of cohorts, -inf for groups with too few sampling units inside or outside.

    Parameters
    ----------
    units
        Assigned units.
    cohort
        Cohort of each cell, shape (n_cells,).
    groups
        Unions of cohorts.
    min_speakers
        Fewest sampling units inside, and outside.

    Returns
    -------
    ndarray
        Shape (n_groups,).
    """
    scores = np.full(len(groups), -np.inf)
    known = cohort >= 0
    total_residual, total_information = units.residual[known].sum(), units.information[known].sum()
    if total_information <= 0:
        return scores
    counts = replace(units.counts, group=cohort)
    inside, outside = speakers_inside_and_outside(counts, [group.cohorts for group in groups])
    index = CellIndex.of(cohort)
    for i in map(int, np.flatnonzero((inside >= min_speakers) & (outside >= min_speakers))):
        cells = index.cells(groups[i].cohorts)
        scores[i] = set_score(
            units.residual[cells].sum(), units.information[cells].sum(), total_residual, total_information
        )
    return scores


def speakers_inside_and_outside(
    counts: ErrorCounts, groups: Sequence[Sequence[int]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the sampling units inside and outside of several unions of groups, each of shape (len(groups),).

    A sampling unit with cells on both sides counts on both. Unassigned cells are on neither side.

    Examples
    --------
    >>> counts = ErrorCounts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, -1]), np.ones(4), np.ones(4))
    >>> inside, outside = speakers_inside_and_outside(counts, [(0,), (1,), (0, 1)])
    >>> inside.tolist(), outside.tolist()
    ([1, 2, 2], [2, 1, 0])
    """
    cells_of_speaker = np.bincount(counts.speaker[counts.group >= 0], minlength=1)
    assigned = np.count_nonzero(cells_of_speaker)
    index = CellIndex.of(counts.group)
    inside, outside = np.zeros((2, len(groups)), dtype=np.int64)
    for i, group in enumerate(groups):
        speakers, cells = np.unique(counts.speaker[index.cells(group)], return_counts=True)
        inside[i] = len(speakers)
        outside[i] = assigned - np.count_nonzero(cells == cells_of_speaker[speakers])
    return inside, outside


def extreme_groups(
    units: UnitTable, rule: Rule, scored_cells: NDArray[np.bool_], groups: Sequence[Group], min_speakers: int
) -> tuple[Group | None, Group | None]:
    """Return the groups with the highest and lowest scores (bottom and top), or ``None`` if no group is large enough.

    Among groups with equal scores, the one whose speakers come first is chosen. This order does not depend on names.

    Parameters
    ----------
    units
        Units on which the rule was built. There must be enough of their speakers inside and outside a group.
    rule
        Partition of the units.
    scored_cells
        Mask of the cells that are scored, shape (n_cells,).
    groups
        Unions of cohorts of the rule.
    min_speakers
        Fewest sampling units inside, and outside.
    """
    cohort = rule.assign(units.features)[units.counts.group]
    large = np.isfinite(group_scores(units, cohort, groups, min_speakers))
    scores = group_scores(units.where(scored_cells), cohort[scored_cells], groups, min_speakers=2)
    usable = np.flatnonzero(large & np.isfinite(scores))
    if not len(usable):
        return None, None

    def first(score: float) -> Group:
        tied = [groups[int(i)] for i in usable if scores[i] == score]
        if len(tied) == 1:
            return tied[0]
        speakers, index = units.counts.speaker[scored_cells], CellIndex.of(cohort[scored_cells])
        return min(tied, key=lambda group: tuple(np.unique(speakers[index.cells(group.cohorts)])))

    return first(float(scores[usable].max())), first(float(scores[usable].min()))


def observed_score(search: PreparedSearch) -> float:
    """Return the highest score of a search on the observed data."""
    return float(search.best(Observed())[0])
