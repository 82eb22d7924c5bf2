"""Where subtraction reaches across searches: the cohorts of one that lie inside one cohort of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fairaudit.confirm import Finding
from fairaudit.units import UnitTable

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["unions_inside"]


def unions_inside(searches: Sequence[tuple[UnitTable, Finding]]) -> list[tuple[frozenset[int], ...]]:
    """Find the cohorts of each search that divide a cohort of another one up (cities a region, accent × sex an accent).

    Parameters
    ----------
    searches
        Units and findings of the searches over one log. Those measured on held-out speakers tell sums of other
        speakers than those measured on all, and are left out.

    Returns
    -------
    list of tuple of frozenset of int
        For each search, the sets of its cohorts whose speakers are all in one cohort of another search.
    """
    members = [_members(units, finding) for units, finding in searches]
    return [_inside(fine, [coarse for coarse in members if coarse is not fine]) for fine in members]


def _members(units: UnitTable, finding: Finding) -> sparse.csr_array | None:
    """Which sampling unit stands in which cohort, shape (n_cohorts, n_speakers), zeros and ones."""
    from scipy import sparse

    if finding.rule is None or finding.measured_on != "all speakers":
        return None
    cohort = finding.rule.assign(units.features)
    counts = units.assigned().counts.regroup(cohort)
    known = counts.group >= 0
    cells = np.unique(np.stack([counts.group[known], counts.speaker[known]]), axis=1)
    shape = (finding.rule.n_cohorts, int(units.counts.speaker.max()) + 1)
    return sparse.csr_array((np.ones(cells.shape[1]), (cells[0], cells[1])), shape=shape)


def _inside(fine: sparse.csr_array | None, others: Sequence[sparse.csr_array | None]) -> tuple[frozenset[int], ...]:
    if fine is None:
        return ()
    found = set()
    size = fine.sum(axis=1)
    for coarse in others:
        if coarse is not None:
            shared = (fine @ coarse.T).toarray()
            contained = (shared == size[:, None]) & (size[:, None] > 0)
            found |= {frozenset(map(int, np.flatnonzero(column))) for column in contained.T if column.any()}
    return tuple(sorted(found, key=sorted))
