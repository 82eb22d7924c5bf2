"""Where subtraction reaches across searches: the cohorts of one that lie inside one cohort of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.evidence.confirm import Finding
from fairaudit.units.build import UnitTable

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["unions_among", "unions_inside"]


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
    measured = [_measured(units, finding, held) for units, finding in searches]
    return unions_among(measured, [finding.measured_on for _, finding in searches])


def unions_among(searches: Sequence[ErrorCounts | None], on: Sequence[object]) -> list[tuple[frozenset[int], ...]]:
    """The same of cells whose ``group`` is the cohort, ``None`` for a search without any.

    Parameters
    ----------
    searches
        Cells of each search, all of them in a cohort.
    on
        Of each search, what it was measured on; only searches measured on the same are compared.
    """
    n_speakers = 1 + max((int(cells.speaker.max(initial=-1)) for cells in searches if cells is not None), default=0)
    members = [None if cells is None else _members(cells, n_speakers) for cells in searches]
    return [
        _inside(fine, [coarse for other, coarse in enumerate(members) if other != place and on[other] == on[place]])
        for place, fine in enumerate(members)
    ]


def _measured(units: UnitTable, finding: Finding, held: NDArray[np.bool_]) -> ErrorCounts | None:
    """The cells that a finding's cohorts were measured on."""
    if finding.rule is None:
        return None
    counts = units.assigned().counts.regroup(finding.rule.assign(units.features))
    return counts.where((counts.group >= 0) & (held[counts.speaker] | (finding.measured_on == "all speakers")))


def _members(cells: ErrorCounts, n_speakers: int) -> sparse.csr_array:
    """Which sampling unit stands in which cohort, shape (n_cohorts, n_speakers), zeros and ones."""
    from scipy import sparse

    pairs = np.unique(np.stack([cells.group, cells.speaker]), axis=1)
    shape = (int(cells.group.max(initial=-1)) + 1, n_speakers)
    return sparse.csr_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=shape)


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
