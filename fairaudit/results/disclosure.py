"""What must not be told: figures of fewer than 11 speakers, and what they could be subtracted from."""

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

__all__ = ["SUPPRESS_BELOW", "told_first", "unions_among", "unions_inside", "withheld"]

#: Figures of fewer sampling units than this are withheld from what is written.
SUPPRESS_BELOW: Final = 11


def withheld(
    parts: Mapping[int, int], bottom: Collection[int], unions: Sequence[frozenset[int]] = ()
) -> tuple[set[int], set[int]]:
    """Parts whose figures stay out, and parts whose counts do, so that subtraction gives nothing away.

    A part (a cohort, or the unassigned) of fewer than 11 speakers is withheld. Where the parts withheld are
    one, or fewer than 11 speakers together, their sums would follow from those of everybody else: the next
    smallest parts then keep their rounded rate, but not their counts. The same holds within every union of
    cohorts whose sums another search tells.

    Parameters
    ----------
    parts
        Sampling units of each part.
    bottom
        The cohorts whose sum is told as that of the bottom.
    unions
        Sets of cohorts whose sums are told elsewhere.

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
    """Whether what is left of a known sum is that of too few: one part, or fewer than 11 speakers in several."""
    return len(withheld) < 2 or sum(withheld) < SUPPRESS_BELOW


def told_first(cohort: CohortDoc | CohortChangeDoc) -> tuple[bool, int]:
    """Sort cohorts that are withheld behind the others, by their ids: where one ranks would tell how it fares.

    Examples
    --------
    >>> cohorts = [{"id": 2, "suppressed": True}, {"id": 1, "suppressed": True}, {"id": 3, "suppressed": False}]
    >>> [cohort["id"] for cohort in sorted(cohorts, key=told_first)]
    [3, 1, 2]
    """
    return cohort["suppressed"], cohort["id"] if cohort["suppressed"] else 0


def unions_inside(searches: Sequence[JudgedSearch], held_out: NDArray[np.bool_]) -> list[tuple[frozenset[int], ...]]:
    """Find the cohorts of each search that divide a cohort of another one up (cities a region, accent × sex an accent).

    Parameters
    ----------
    searches
        The searches over one log. Those measured on held-out speakers tell sums of other
        speakers than those measured on all: only searches measured on the same speakers are compared.
    held_out
        Which sampling units are held out, shape (n_speakers,).

    Returns
    -------
    list of tuple of frozenset of int
        For each search, the sets of its cohorts whose speakers are all in one cohort of another search.
    """
    measured = [_measured(search, held_out) for search in searches]
    return unions_among(measured, [search.evidence.measured_on for search in searches])


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


def _measured(judged: JudgedSearch, held_out: NDArray[np.bool_]) -> ErrorCounts | None:
    """The cells that the cohorts of a search were measured on."""
    cells = judged.cells
    if cells is None:
        return None
    return cells.where((cells.group >= 0) & (held_out[cells.speaker] | (judged.evidence.measured_on == MeasuredOn.ALL)))


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
