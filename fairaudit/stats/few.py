"""Whether sums over parts of a population reveal a sum over fewer than 11 sampling units."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.privacy import SUPPRESS_BELOW

__all__ = ["reveals_few"]

#: Whole numbers that are computed with rounding are zero below this.
_ZERO: Final = 1e-7


def reveals_few(parts: NDArray[np.bool_], atom: NDArray[np.int64], unit: NDArray[np.int64]) -> bool:
    """Return whether a linear combination of sums concerns only atoms that have fewer than 11 sampling units each.

    Atoms that are in the same sums are one, and those in no sum do not matter. A combination reveals nothing about few
    if it is the only one and its atoms have at least 11 sampling units together.

    Parameters
    ----------
    parts
        Which atoms each sum adds up, shape (n_sums, n_atoms).
    atom, unit
        Atom and code of the sampling unit of each cell, shape (n_cells,).

    Examples
    --------
    Of 43 speakers, all are in the first sum, and 40 in the second; the difference are three:

    >>> parts = np.array([[True, True], [True, False]])
    >>> reveals_few(parts, (np.arange(43) >= 40).astype(int), np.arange(43))
    True
    >>> reveals_few(parts, (np.arange(43) >= 30).astype(int), np.arange(43))
    False
    """
    parts, merged = np.unique(parts, axis=1, return_inverse=True)
    n, atom = int(unit.max(initial=0)) + 1, merged.ravel()[atom]
    pairs = np.unique(atom * n + unit)
    sizes = np.bincount(pairs // n, minlength=parts.shape[1])
    relevant = parts.any(axis=0)
    large = relevant & (sizes >= SUPPRESS_BELOW)
    if (large == relevant).all():
        return False
    numbers = parts.astype(float)
    values, vectors = np.linalg.eigh(numbers[:, large] @ numbers[:, large].T)
    small_only = vectors[:, values < _ZERO].T @ numbers
    rank = int(np.linalg.matrix_rank(small_only, tol=_ZERO)) if small_only.size else 0
    concerned = (np.abs(small_only) > _ZERO).any(axis=0)
    together = len(np.unique(pairs[concerned[pairs // n]] % n))
    return rank > 1 or (rank == 1 and together < SUPPRESS_BELOW)
