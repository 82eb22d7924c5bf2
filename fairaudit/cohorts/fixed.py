"""Tests of groups that are known before any error is looked at, such as those that labels name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules.base import ALL_SMALLER, Group, Rule
from fairaudit.cohorts.search import speakers_inside_and_outside
from fairaudit.core.counts import distinct_codes
from fairaudit.stats.score import departure, ratio_interval, robust_score
from fairaudit.stats.shuffle import Observed, Shuffle

if TYPE_CHECKING:
    from fairaudit.units.build import UnitTable

__all__ = ["LARGE_SHARE", "FixedGroups", "hypotheses"]

Array = NDArray[np.float64]
#: Share of the speakers from which a group is also tested for being better: the bottom is then everyone except it.
LARGE_SHARE: Final = 1 / 3


@dataclass(frozen=True)
class FixedGroups:
    """A search over groups that are known in advance.

    Every group is compared with all other speakers. In addition, an omnibus statistic shows whether the groups
    differ at all, whichever they are.

    Attributes
    ----------
    units
        Assigned units.
    cohort
        Cohort of each cell, or -1, shape (n_cells,).
    groups
        Unions of cohorts to test, in any order.
    """

    units: UnitTable
    cohort: NDArray[np.int64]
    groups: tuple[Group, ...]

    @classmethod
    def single(cls, units: UnitTable, cohort: NDArray[np.int64], cohorts: Sequence[int]) -> Self:
        """Search over single cohorts."""
        return cls(units, cohort, tuple(Group((int(one),), "") for one in cohorts))

    def scores(self, shuffle: Shuffle) -> Array:
        """Return the score of every group in every draw, shape (n_groups, draws)."""
        return self._scores(self._moments(shuffle))

    def statistics(self, shuffle: Shuffle) -> Array:
        """Return the scores of all groups, and the omnibus statistic last, shape (n_groups + 1, draws).

        The omnibus statistic is the sum over cohorts of the squared departure from the overall rate, in units of its
        variance (:func:`fairaudit.stats.score.departure`). Cohorts that are in no single group are one cohort.
        """
        moments = self._moments(shuffle)
        return np.vstack([self._scores(moments), self._omnibus(moments)])

    def ratio(self, group: Group, lower: float, upper: float) -> tuple[float, tuple[float, float]]:
        """Return the ratio of the weighted rates of a group and all others, with the interval that inverts its score.

        Its lower limit belongs to the critical value ``lower``, and its upper limit to ``upper``; see
        :func:`fairaudit.stats.score.ratio_interval`.
        """
        moments = self._moments(Observed())[:, :, 0]
        inside, total = self._unions(moments, [group.cohorts])[:, 0], moments.sum(axis=1)
        ratio, (low, _) = ratio_interval(inside, total, lower)
        _, (_, high) = ratio_interval(inside, total, upper)
        return ratio, (low, high)

    def best(self, shuffle: Shuffle) -> Array:
        """Return the highest score of any group in each draw, shape (draws,)."""
        if not self.groups:
            return np.full(shuffle.draws, -np.inf)
        return np.asarray(self.scores(shuffle).max(axis=0))

    def details(self, null: Array | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Return nothing, because there are no further results."""
        return {}

    def only(self, groups: Sequence[Group]) -> Self:
        """Return the same search over other groups."""
        return replace(self, groups=tuple(groups))

    @cached_property
    def _cohorts(self) -> NDArray[np.int64]:
        """Cohorts that occur."""
        return distinct_codes(self.cohort[self.cohort >= 0])

    @property
    def _parts(self) -> list[tuple[int, ...]]:
        """Every cohort that is a group, and all other cohorts together."""
        single: list[tuple[int, ...]] = [group.cohorts for group in self.groups if len(group.cohorts) == 1]
        rest = tuple(np.setdiff1d(self._cohorts, [c for cohorts in single for c in cohorts]).tolist())
        return [*single, rest] if rest else single

    @cached_property
    def _position(self) -> NDArray[np.int64]:
        """Position of the cohort of each cell among those that occur, or -1, shape (n_cells,)."""
        return np.where(self.cohort >= 0, np.searchsorted(self._cohorts, self.cohort), -1)

    def _moments(self, shuffle: Shuffle) -> Array:
        """Sum the moments over the cells of each cohort, shape (5, n_cohorts, draws)."""
        return shuffle.moments(self._position, len(self._cohorts), self.units.residual, self.units.information)

    def _scores(self, moments: Array) -> Array:
        """Score every group, shape (n_groups, draws)."""
        return robust_score(
            self._unions(moments, [group.cohorts for group in self.groups]), moments.sum(axis=1, keepdims=True)
        )

    def _omnibus(self, moments: Array) -> Array:
        """Compute the omnibus statistic, shape (draws,)."""
        overall_residual, overall_information = moments[:2].sum(axis=1)
        estimate, variance = departure(self._unions(moments, self._parts))
        with np.errstate(invalid="ignore"):
            far = (estimate - overall_residual / overall_information) ** 2 / variance
        return np.asarray(np.where(np.isfinite(far), far, 0.0).sum(axis=0))

    def _unions(self, moments: Array, unions: Sequence[tuple[int, ...]]) -> Array:
        """Sum the moments of cohorts over unions of them, shape (5, n_unions, draws)."""
        from scipy import sparse

        sizes = [len(union) for union in unions]
        cohorts = np.searchsorted(self._cohorts, np.concatenate([np.zeros(0, dtype=np.int64), *unions]).astype(int))
        entries = (np.ones(len(cohorts)), (np.repeat(np.arange(len(unions)), sizes), cohorts))
        add = sparse.csr_array(entries, shape=(len(unions), len(self._cohorts)))
        return np.stack([add @ of_cohorts for of_cohorts in moments])


def hypotheses(units: UnitTable, cohort: NDArray[np.int64], rule: Rule, floor: int) -> tuple[Group, ...]:
    """List the groups of a partition that are compared with all others.

    These are the cohorts with enough sampling units inside and outside; the union of all smaller cohorts, if there are
    several and it is large enough; and everyone except a cohort that holds at least a third of the sampling units, if
    none of them is in several cohorts.
    Smaller cohorts are not tested for being better: with few speakers, a cohort often contains none of those with very
    many errors, and then looks better than it is.

    Parameters
    ----------
    units
        Assigned units.
    cohort
        Cohort of each cell, or -1, shape (n_cells,).
    rule
        Rule that describes the cohorts.
    floor
        Fewest sampling units inside, and outside.
    """
    counts = replace(units.counts, group=cohort)
    cohorts = distinct_codes(cohort[cohort >= 0]).tolist()
    inside, outside = speakers_inside_and_outside(counts, [(c,) for c in cohorts])
    speakers = counts.where(cohort >= 0).n_speakers
    small = tuple(c for c, size in zip(cohorts, inside, strict=True) if size < floor)
    unions = [Group((c,), rule.describe(c)) for c, size in zip(cohorts, inside, strict=True) if size >= floor]
    apart = sum(inside) == speakers  # otherwise "everyone except X" would include speakers of X
    large = [c for c, size in zip(cohorts, inside, strict=True) if apart and size >= max(floor, LARGE_SHARE * speakers)]
    unions += [
        Group(tuple(one for one in cohorts if one != c), f"everyone except {rule.describe(c)}", complement=True)
        for c in large
    ]
    if len(small) > 1:
        unions.append(Group(small, ALL_SMALLER))
    distinct = {group.cohorts: group for group in reversed(unions)}  # everyone except X can be all smaller groups
    kept = [group for group in unions if distinct[group.cohorts] is group]
    inside, outside = speakers_inside_and_outside(counts, [group.cohorts for group in kept])
    return tuple(g for g, here, there in zip(kept, inside, outside, strict=True) if min(here, there) >= floor)
