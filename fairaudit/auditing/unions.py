"""Where subtraction reaches across searches: the cohorts of one that lie inside one cohort of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fairaudit.confirm import Finding
from fairaudit.units import UnitTable

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["unions_inside"]


def unions_inside(
    searches: Sequence[tuple[UnitTable, Finding]], held: NDArray[np.bool_]
) -> list[tuple[frozenset[int], ...]]:
    """Find the cohorts of each search that divide a cohort of another one up (cities a region, accent × sex an accent).

    Parameters
    ----------
    searches
        Units and findings of the searches over one log. Those measured on held-out speakers tell sums of other
        speakers than those measured on all: only searches measured on the same speakers are compared.
    held
        Which sampling units are held out, shape (n_speakers,).

    Returns
    -------
    list of tuple of frozenset of int
        For each search, the sets of its cohorts whose speakers are all in one cohort of another search.
    """
    members = [_members(units, finding, held) for units, finding in searches]
    on = [finding.measured_on for _, finding in searches]
    return [
        _inside(fine, [coarse for other, coarse in enumerate(members) if other != place and on[other] == on[place]])
        for place, fine in enumerate(members)
    ]


def _members(units: UnitTable, finding: Finding, held: NDArray[np.bool_]) -> sparse.csr_array | None:
    """Which measured sampling unit stands in which cohort, shape (n_cohorts, n_speakers), zeros and ones."""
    from scipy import sparse

    if finding.rule is None:
        return None
    cohort = finding.rule.assign(units.features)
    counts = units.assigned().counts.regroup(cohort)
    known = (counts.group >= 0) & (held[counts.speaker] | (finding.measured_on == "all speakers"))
    cells = np.unique(np.stack([counts.group[known], counts.speaker[known]]), axis=1)
    shape = (finding.rule.n_cohorts, len(held))
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
