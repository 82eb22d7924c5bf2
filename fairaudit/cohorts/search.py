"""What a search is: a way to sort units, and the highest score that its whole effort reaches under a shuffle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group, Rule
from fairaudit.stats.dispersion import set_score
from fairaudit.stats.permutation import Observed, Shuffle
from fairaudit.units.build import UnitTable

__all__ = ["ByScore", "Discoverer", "FixedGroups", "PreparedSearch", "Repeated", "extreme_groups", "group_scores"]


class PreparedSearch(Protocol):
    """A discoverer prepared for one unit table: everything that no shuffle of the counts can change is done."""

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Highest score of any cohort that the whole search finds in each draw, shape (draws,); -inf if none."""
        ...

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:
        """What else the search can show for itself (``stability``, ``examined``), given its null and its bottom."""
        ...


class Discoverer(Protocol):
    """A method of finding cohorts: a frozen dataclass whose fields are its settings."""

    #: Its name: lower-case letters, digits and hyphens.
    method: ClassVar[str]
    #: The columns that its units are keyed by, which decide what features they have: ``("latitude", "longitude")`` the
    #: coordinates, ``("zip_code",)`` the census table, ``("speaker_id",)`` the embeddings, any other columns of the
    #: log their own texts. Empty if the setting ``by`` names the columns.
    keys: ClassVar[tuple[str, ...]]
    #: True where the partition never looks at errors, so that it may be drawn on everybody.
    outcome_free: ClassVar[bool]

    @property
    def min_speakers(self) -> int:
        """Fewest sampling units that a cohort needs to be named."""
        ...

    @property
    def keep_exposure(self) -> bool:
        """Whether the partition looks at exposures, which shuffles then have to leave in place."""
        ...

    def partition(self, units: UnitTable) -> Rule:
        """Sort units into cohorts. Sees nothing but the units, so that the null can repeat the whole search."""
        ...

    def search(self, units: UnitTable) -> PreparedSearch:
        """Prepare the whole search for shuffling."""
        ...

    def bottom(self, units: UnitTable, rule: Rule, looked: NDArray[np.bool_]) -> Group | None:
        """Name the worst group of the rule; :class:`ByScore` is how most discoverers do it.

        Parameters
        ----------
        units
            The units that the rule was drawn on.
        rule
            The partition.
        looked
            Cells whose errors may be looked at, shape (n_cells,).
        """
        ...


class ByScore:
    """What most discoverers share; a class derived from it has to write ``partition`` only.

    The bottom is the group with the highest score among those that hold enough speakers, and the search runs the
    partition again in every shuffle.
    """

    outcome_free: ClassVar[bool] = False
    keep_exposure: ClassVar[bool] = False

    def search(self: Discoverer, units: UnitTable) -> PreparedSearch:
        """The whole search, repeated in every shuffle."""
        return Repeated(self, units)

    def score(self: Discoverer, units: UnitTable, rule: Rule) -> float:
        """Highest score of a group of a rule: how many standard errors its rate is above the rest; -inf if none fits.

        Parameters
        ----------
        units
            Assigned units.
        rule
            A partition of them.
        """
        cohort = rule.assign(units.features)[units.counts.group]
        return float(group_scores(units, cohort, rule.groups(), self.min_speakers).max(initial=-np.inf))

    def bottom(self: Discoverer, units: UnitTable, rule: Rule, looked: NDArray[np.bool_]) -> Group | None:
        """The worst group on the cells looked at."""
        return extreme_groups(units, rule, looked, rule.groups(), self.min_speakers)[0]


@dataclass(frozen=True)
class Repeated:
    """The search of a discoverer whose partition is run again on every shuffle of the counts.

    Attributes
    ----------
    discoverer
        If it is free of outcomes, its partition is run once.
    units
        Assigned units.
    """

    discoverer: Discoverer
    units: UnitTable

    @cached_property
    def _drawn(self) -> Rule | None:
        return self.discoverer.partition(self.units) if self.discoverer.outcome_free else None

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Highest score of any group that the rule of each draw has, shape (draws,)."""
        units, counts = self.units, self.units.counts
        rate = counts.rate
        residual, information = shuffle.residual(units.residual), shuffle.weight(units.information)
        exposure = shuffle.weight(counts.exposure)
        errors = rate * exposure + shuffle.residual(counts.errors - rate * counts.exposure)
        # counts that are not shuffled are left out, so that no partition can look at them
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
        rule = self._drawn or self.discoverer.partition(units)
        return ByScore.score(self.discoverer, units, rule)

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing beyond the rule itself."""
        return {}


@dataclass(frozen=True)
class FixedGroups:
    """The search among groups that are known beforehand.

    Attributes
    ----------
    units
        Assigned units.
    cohort
        Cohort of each cell, shape (n_cells,), -1 for none.
    groups
        The cohorts that are searched, in no order.
    """

    units: UnitTable
    cohort: NDArray[np.int64]
    groups: tuple[int, ...]

    def scores(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Score of every group in every draw, shape (n_groups, draws)."""
        from scipy import sparse

        known = np.flatnonzero(self.cohort >= 0)
        size = max(self.groups, default=-1) + 1
        kept = known[self.cohort[known] < size]
        shape = (size, len(self.cohort))
        member = sparse.csr_array((np.ones(len(kept)), (self.cohort[kept], kept)), shape=shape)[list(self.groups)]
        residual, information = shuffle.residual(self.units.residual), shuffle.weight(self.units.information)
        return set_score(
            member @ residual.T,
            member @ information.T,
            residual[:, known].sum(axis=1),
            information[:, known].sum(axis=1),
        )

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Highest score of any group in each draw, shape (draws,)."""
        if not self.groups:
            return np.full(shuffle.draws, -np.inf)
        return np.asarray(self.scores(shuffle).max(axis=0))

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing beyond the groups themselves."""
        return {}


def group_scores(
    units: UnitTable, cohort: NDArray[np.int64], groups: Sequence[Group], min_speakers: int
) -> NDArray[np.float64]:
    """Observed scores of groups of cohorts; -inf for those with too few sampling units inside or outside.

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
    for place, group in enumerate(groups):
        inside = np.isin(cohort, group.cohorts)
        if (
            len(np.unique(units.counts.speaker[inside])) >= min_speakers
            and len(np.unique(units.counts.speaker[known & ~inside])) >= min_speakers
        ):
            scores[place] = set_score(
                units.residual[inside].sum(), units.information[inside].sum(), total_residual, total_information
            )
    return scores


def extreme_groups(
    units: UnitTable, rule: Rule, looked: NDArray[np.bool_], groups: Sequence[Group], min_speakers: int
) -> tuple[Group | None, Group | None]:
    """The groups with the highest and with the lowest score (bottom and top), ``None`` where none is large enough.

    Of groups with equal scores it is the one whose speakers come first, in the order that no name can change.

    Parameters
    ----------
    units
        The units that the rule was drawn on; a group must hold, and leave, enough of their speakers.
    rule
        Sorts the units.
    looked
        Cells that are scored, shape (n_cells,).
    groups
        Unions of the rule's cohorts.
    min_speakers
        Fewest sampling units inside, and outside.
    """
    cohort = rule.assign(units.features)[units.counts.group]
    large = np.isfinite(group_scores(units, cohort, groups, min_speakers))
    scores = group_scores(units.where(looked), cohort[looked], groups, min_speakers=2)
    usable = np.flatnonzero(large & np.isfinite(scores))
    if not len(usable):
        return None, None

    def first(score: float) -> Group:
        tied = [groups[int(i)] for i in usable if scores[i] == score]
        if len(tied) == 1:
            return tied[0]
        speakers = units.counts.speaker[looked]
        return min(tied, key=lambda group: tuple(np.unique(speakers[np.isin(cohort[looked], group.cohorts)])))

    return first(float(scores[usable].max())), first(float(scores[usable].min()))


def observed_score(search: PreparedSearch) -> float:
    """Highest score of a search on the log as it is."""
    return float(search.best(Observed())[0])
