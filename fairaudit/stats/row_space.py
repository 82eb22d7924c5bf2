"""Decide which sums over a population can be published so that certain other sums do not follow from them.

Every sum is the indicator of a set of atoms: 1 for the atoms that it adds up, 0 for the others. What follows from
published sums by adding and subtracting, with any factors, is the row space of their indicators over the rational
numbers. The rows are multiplied by random numbers modulo the prime 2^31 - 1, which turns "is in the row space" into
exact arithmetic on short rows without rounding. A sum that follows is always recognised. One that does not follow is
mistaken for one that does with a probability of about 2^-31, and is then withheld without need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Publishable", "publishable"]

_PRIME: Final = 2**31 - 1
#: Atoms whose random numbers are kept at a time.
_BLOCK: Final = 10_000
#: Number of columns in addition to one for each sum that can be published.
_SPARE: Final = 4
#: Numbers below the prime are multiplied by small ones in halves of so many bits, so that no sum overflows.
_HALF: Final = 16

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Publishable:
    """Which sums can be published, and a test of what follows from them.

    Attributes
    ----------
    chosen
        Whether each candidate can be published, shape (n_candidates,).
    rated
        Whether a rate of each candidate can be published, shape (n_candidates,).
    witness
        A number for each atom, below the prime, shape (n_atoms,). A random solution of "every published sum is zero
        modulo the prime".
    """

    chosen: NDArray[np.bool_]
    rated: NDArray[np.bool_]
    witness: Integers

    @staticmethod
    def follows(sums: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether sets of atoms follow from what is published, given the sums of the witness over them; same shape."""
        return np.asarray(sums.astype(np.int64) % _PRIME == 0)


def publishable(
    n_atoms: int,
    candidates: Sequence[Integers],
    protected: Sequence[Integers],
    *,
    sums: Sequence[int] | None = None,
    rates: Sequence[int] = (),
) -> Publishable:
    """Publish as many sums as possible, the first ones first, without any protected sum following from them.

    Parameters
    ----------
    n_atoms
        Number of atoms. The sum over all of them is known in any case.
    candidates
        Atoms of each sum to be published if possible, most important first.
    protected
        Atoms of each sum that must not follow. The sum over all atoms cannot be protected.
    sums
        Candidates, by position, that can be published at all; by default all.
    rates
        Candidates, by position, whose rate (a ratio of two such sums) is to be published, most important first.

    Returns
    -------
    Publishable
        The choice. A candidate that follows from what is published is published, too. Rates of other candidates are
        published as long as the candidates are linearly independent given what is published. Then no sum follows from
        any number of different rates of them.

    Examples
    --------
    Three groups add up to the total. If the third must not be known, only one of the others can be published:

    >>> groups = [np.array([0, 1]), np.array([2]), np.array([3])]
    >>> publishable(4, groups[:2], groups[2:]).chosen.tolist()
    [True, False]

    The rate of the second can be published, unless that of both together is known. Their two rates would reveal the
    share of the first, whose sums are known, in the exposure of both:

    >>> groups = [np.array([0, 1]), np.array([0, 1, 2]), np.array([2]), np.array([3])]
    >>> choice = publishable(4, groups[:3], groups[3:], rates=[0, 1, 2])
    >>> choice.chosen.tolist(), choice.rated.tolist()
    ([True, False, False], [True, True, False])
    """
    sets = [np.arange(n_atoms), *candidates, *protected]
    randomness = _Randomness(n_atoms, 1 + len(candidates) + _SPARE)
    rows = randomness.sums(sets)
    secrets, rows = rows[1 + len(candidates) :], rows[: 1 + len(candidates)]
    names = [row.tobytes() for row in rows[1:]]
    basis: list[tuple[int, Integers]] = []
    chosen = np.zeros(len(rows), dtype=bool)
    allowed = np.ones(len(rows), dtype=bool)
    if sums is not None:
        allowed[1:] = np.isin(np.arange(len(candidates)), sums)
    for i, row in enumerate(rows):
        new = bool(row.any())
        chosen[i] = i == 0 or (allowed[i] and (not new or not _reveals(row, secrets)))
        if not (new and chosen[i]):
            continue
        pivot = int(row.argmax())
        unit = row * pow(int(row[pivot]), -1, _PRIME) % _PRIME
        basis.append((pivot, unit))
        for others in (rows, secrets):
            _eliminate(others, pivot, unit)
    rated = chosen[1:] | _independent(rows[1:], names, rates)
    return Publishable(chosen[1:], rated, randomness.times(_solution(basis, randomness.n_columns)))


def _eliminate(rows: Integers, pivot: int, unit: Integers) -> None:
    """Subtract multiples of a row that is 1 at its pivot from others, so that they are 0 there."""
    rows -= rows[:, pivot, None] * unit % _PRIME
    rows %= _PRIME


def _independent(rows: Integers, names: Sequence[bytes], order: Sequence[int]) -> NDArray[np.bool_]:
    """Whether each row is independent of those before it in an order, or has the name of such a row.

    Names are equal for equal sums only.
    """
    independent = np.zeros(len(rows), dtype=bool)
    taken: set[bytes] = set()
    for i in order:
        independent[i] = rows[i].any() or names[i] in taken
        if independent[i]:
            taken.add(names[i])
        if rows[i].any():
            pivot = int(rows[i].argmax())
            _eliminate(rows, pivot, rows[i] * pow(int(rows[i][pivot]), -1, _PRIME) % _PRIME)
    return independent


def _reveals(row: Integers, secrets: Integers) -> bool:
    """Whether a secret would follow if a row were published: reduced by all published rows, it is a multiple of it."""
    pivot = int(row.argmax())
    unknown = secrets[secrets.any(axis=1)]
    return bool((unknown * row[pivot] % _PRIME == unknown[:, pivot, None] * row % _PRIME).all(axis=1).any())


def _solution(basis: Sequence[tuple[int, Integers]], n_columns: int) -> Integers:
    """Return random numbers, shape (n_columns,), whose product with every row is zero; rows are 1 at their pivots."""
    numbers = np.random.default_rng(1).integers(1, _PRIME, size=n_columns, dtype=np.int64)
    numbers[[pivot for pivot, _ in basis]] = 0
    for pivot, row in reversed(basis):
        numbers[pivot] = -int((row * numbers % _PRIME).sum()) % _PRIME
    return numbers


@dataclass(frozen=True)
class _Randomness:
    """A matrix of random numbers below the prime, shape (n_atoms, n_columns), made in blocks of rows."""

    n_atoms: int
    n_columns: int

    def _blocks(self) -> Iterator[tuple[int, Integers]]:
        for start in range(0, self.n_atoms, _BLOCK):
            size = min(_BLOCK, self.n_atoms - start)
            generator = np.random.default_rng([0, start])
            yield start, generator.integers(1, _PRIME, size=(size, self.n_columns), dtype=np.int64)

    def sums(self, sets: Sequence[Integers]) -> Integers:
        """Sum the rows of each set of atoms, shape (n_sets, n_columns)."""
        from scipy import sparse

        sizes = [len(atoms) for atoms in sets]
        atoms = np.concatenate(sets)
        entries = (np.ones(len(atoms), dtype=np.int64), (np.repeat(np.arange(len(sets)), sizes), atoms))
        members = sparse.csc_array(entries, shape=(len(sets), self.n_atoms))
        sums = np.zeros((len(sets), self.n_columns), dtype=np.int64)
        for start, block in self._blocks():
            sums = (sums + members[:, start : start + len(block)] @ block) % _PRIME
        return sums

    def times(self, numbers: Integers) -> Integers:
        """Multiply the matrix by numbers below the prime, in halves, so that no sum overflows; shape (n_atoms,)."""
        high, low = numbers >> _HALF, numbers & ((1 << _HALF) - 1)
        return np.concatenate(
            [((block @ high % _PRIME << _HALF) + block @ low) % _PRIME for _, block in self._blocks()]
        )
