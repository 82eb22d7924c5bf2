"""Disclosure control: withhold numbers of fewer than 11 speakers, and numbers from which they could be derived."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.documents import CohortChangeDoc, CohortDoc

if TYPE_CHECKING:
    from scipy import sparse

__all__ = ["SUPPRESS_BELOW", "shown_first", "unions_among", "unions_inside", "withheld"]

#: Numbers of fewer sampling units are withheld from documents.
SUPPRESS_BELOW: Final = 11


def withheld(
    parts: Mapping[int, int], bottom: Collection[int], unions: Sequence[frozenset[int]] = ()
) -> tuple[set[int], set[int]]:
    """Choose parts whose numbers are withheld, and parts whose counts are, so that subtraction reveals nothing.

    A part (a cohort, or the unassigned speakers) of fewer than 11 speakers is withheld. If only one part is withheld,
    or the withheld parts have fewer than 11 speakers together, their sums could be derived from those of all others.
    The next smallest parts then keep their rounded rates, but not their counts. The same applies within every union of
    cohorts whose sums another search reveals.

    Parameters
    ----------
    parts
        Number of sampling units in each part.
    bottom
        Cohorts whose sum is shown as that of the bottom.
    unions
        Sets of cohorts whose sums are shown elsewhere.

    Returns
    -------
    set of int, set of int
        Parts to hide, and parts to blur.

    Examples
    --------
    >>> withheld({0: 40, 1: 30, 2: 5}, bottom=())
    ({2}, {1})
    """
    hidden = {part for part, speakers in parts.items() if speakers < SUPPRESS_BELOW}
    blurred: set[int] = set()
    if hidden & {*bottom}:
        blurred |= {*bottom} - hidden
    for known in ({*parts}, *unions):
        others = sorted(known - hidden - blurred, key=lambda part: (parts[part], part))
        while hidden & known and others and _follows([parts[part] for part in known & (hidden | blurred)]):
            blurred.add(others.pop(0))
    return hidden, blurred


def _follows(withheld: Sequence[int]) -> bool:
    """Whether withheld parts are too few to hide each other: one part, or fewer than 11 speakers together."""
    return len(withheld) < 2 or sum(withheld) < SUPPRESS_BELOW


def shown_first(cohort: CohortDoc | CohortChangeDoc) -> tuple[bool, int]:
    """Sort key that puts suppressed cohorts last, by id, so that rank does not reveal rate.

    Examples
    --------
    >>> cohorts = [{"id": 2, "suppressed": True}, {"id": 1, "suppressed": True}, {"id": 3, "suppressed": False}]
    >>> [cohort["id"] for cohort in sorted(cohorts, key=shown_first)]
    [3, 1, 2]
    """
    return cohort["suppressed"], cohort["id"] if cohort["suppressed"] else 0


def unions_inside(searches: Sequence[JudgedSearch], held_out: NDArray[np.bool_]) -> list[tuple[frozenset[int], ...]]:
    """Find cohorts of each search that subdivide a cohort of another (cities of a region, accent × sex of an accent).

    Parameters
    ----------
    searches
        Searches over one log. Only searches measured on the same speakers, held-out or all, are compared.
    held_out
        Mask of held-out sampling units, shape (n_speakers,).

    Returns
    -------
    list of tuple of frozenset of int
        For each search, the sets of its cohorts whose speakers are all in the same cohort of another search.
    """
    measured = [_measured(search, held_out) for search in searches]
    return unions_among(measured, [search.evidence.measured_on for search in searches])


def unions_among(searches: Sequence[ErrorCounts | None], on: Sequence[object]) -> list[tuple[frozenset[int], ...]]:
    """Do the same for cells whose ``group`` is the cohort; ``None`` means a search without cohorts.

    Parameters
    ----------
    searches
        Cells of each search, all in a cohort.
    on
        Speakers on whom each search was measured. Only searches with equal values are compared.
    """
    n_speakers = 1 + max((int(cells.speaker.max(initial=-1)) for cells in searches if cells is not None), default=0)
    members = [None if cells is None else _members(cells, n_speakers) for cells in searches]
    return [
        _inside(fine, [coarse for j, coarse in enumerate(members) if j != i and on[j] == on[i]])
        for i, fine in enumerate(members)
    ]


def _measured(judged: JudgedSearch, held_out: NDArray[np.bool_]) -> ErrorCounts | None:
    """Return the cells on which the cohorts of a search were measured."""
    cells = judged.cells
    if cells is None:
        return None
    return cells.where((cells.group >= 0) & (held_out[cells.speaker] | (judged.evidence.measured_on == MeasuredOn.ALL)))


def _members(cells: ErrorCounts, n_speakers: int) -> sparse.csr_array:
    """Return the membership of sampling units in cohorts as zeros and ones, shape (n_cohorts, n_speakers)."""
    from scipy import sparse

    pairs = np.unique(np.stack([cells.group, cells.speaker]), axis=1)
    shape = (int(cells.group.max(initial=-1)) + 1, n_speakers)
    return sparse.csr_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=shape)


def _inside(fine: sparse.csr_array | None, others: Sequence[sparse.csr_array | None]) -> tuple[frozenset[int], ...]:
    if fine is None:
        return ()
    unions = set()
    size = fine.sum(axis=1)
    for coarse in others:
        if coarse is not None:
            shared = (fine @ coarse.T).toarray()
            contained = (shared == size[:, None]) & (size[:, None] > 0)
            unions |= {frozenset(map(int, np.flatnonzero(column))) for column in contained.T if column.any()}
    return tuple(sorted(unions, key=sorted))
