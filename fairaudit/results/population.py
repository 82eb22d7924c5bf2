"""Groups of speakers that a document reports sums of, and what follows from those sums."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.counts import UNASSIGNED, distinct_codes, numbered_codes, sum_over
from fairaudit.core.privacy import BECAUSE_SMALL, BECAUSE_SUBTRACTED, SUPPRESS_BELOW
from fairaudit.results.numbers import rounded_up, to_digits
from fairaudit.stats.linear_bounds import linear_bounds

if TYPE_CHECKING:
    from fairaudit.stats.row_space import Publishable

__all__ = ["Group", "Population", "Shown", "Table"]

#: Number of the sum of all groups of a table.
_WHOLE: Final = -2
#: The sum of every two small groups of a table is protected if it has no more of them.
_FEW: Final = 50
#: Bounds of a withheld count must be apart by this share of it. They are computed for at most so many atoms, and for
#: so many small groups times published groups times atoms, which takes less than a second.
_LEAST_WIDTH: Final = 0.25
_MOST_ATOMS: Final = 500
_MOST_TO_BOUND: Final = 2_000_000

Importance = tuple[float, ...]
#: Number of a table, and a group of it.
Group = tuple[int, int]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Table:
    """One partition of the cells of a log, of whose groups a document reports sums.

    Attributes
    ----------
    group
        Group of each cell, shape (n_cells,). Numbers from -1 are groups; smaller ones mean that nothing is reported.
    importance
        Sort key of each group; the smallest is the most important. Groups without one come last, largest first.
    whole
        Sort key of the sum of all groups except -1, if something reveals it.
    keeps_rates
        Whether rates of all groups that are large enough are published in any case, with two digits if need be.
        They come before other rates: a rate that would follow from them and from sums is not published.
    sums, rates
        Groups whose sums, and whose rates, can be published at most; ``None`` means all.
    """

    group: NDArray[np.int64]
    importance: Mapping[int, Importance] = field(default_factory=dict)
    whole: Importance | None = None
    keeps_rates: bool = False
    sums: Collection[int] | None = None
    rates: Collection[int] | None = None

    def allows_sums(self, group: int) -> bool:
        """Whether the sums of a group can be published, as far as the table decides."""
        return self.sums is None or group in self.sums

    def allows_rate(self, group: int) -> bool:
        """Whether the rate of a group can be published, as far as the table decides."""
        return self.rates is None or group in self.rates


@dataclass(frozen=True)
class Shown:
    """What can be published of a table.

    Attributes
    ----------
    small
        Groups of fewer than 11 speakers, whose numbers are withheld.
    open
        Groups whose exact sums can be published.
    withheld
        All other groups.
    hidden
        Groups whose rates cannot be published either; all small ones are among them.
    rough
        Groups whose rates can be published with two digits only.
    whole
        Whether the sum of all groups can be published.

    Examples
    --------
    >>> shown = Shown(small=frozenset({2}), open=frozenset({0}), withheld=frozenset({1, 2}), hidden=frozenset({2}))
    >>> [shown.why_withheld(group) for group in (0, 1, 2)]
    [None, 'it would reveal fewer than 11 speakers by subtraction', 'fewer than 11 speakers']
    """

    small: frozenset[int] = frozenset()
    open: frozenset[int] = frozenset()
    withheld: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    rough: frozenset[int] = frozenset()
    whole: bool = True

    def rate(self, group: int, rate: float | None) -> float | None:
        """Return the rate of a group that is not hidden, rounded up if its sums are withheld."""
        if group in self.open:
            return rate
        return to_digits(rate) if group in self.rough else rounded_up(rate)

    @property
    def exact(self) -> frozenset[int]:
        """Groups whose rates are published with all digits, or with those that a page prints."""
        return (self.open | self.withheld) - self.hidden - self.rough

    def why_withheld(self, group: int) -> str | None:
        """Return why the sums of a group are withheld, or None if they are not."""
        if group not in self.withheld:
            return None
        return BECAUSE_SMALL if group in self.small else BECAUSE_SUBTRACTED


@dataclass(frozen=True)
class Population:
    """Cells of a log. Those with the same groups in all tables are one atom.

    Attributes
    ----------
    tables
        The tables.
    groups
        Group of each atom in each table, shape (n_atoms, n_tables).
    atom, speaker
        Atom and sampling unit of each cell, without repetition.
    speakers
        Number of sampling units in each group of each table.
    counts
        Sums of further counts over each atom, shape (n_counts, n_atoms).
    """

    tables: Sequence[Table]
    groups: Integers
    atom: Integers
    speaker: Integers
    speakers: Mapping[Group, int]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, speaker: Integers, tables: Sequence[Table], counts: NDArray[np.float64] | None = None) -> Population:
        """Join the cells of a log, shape (n_cells,), and sum further counts, shape (n_counts, n_cells)."""
        columns = np.column_stack([np.maximum(table.group, _WHOLE) for table in tables])
        order = np.lexsort(columns.T)
        new = np.append(True, (np.diff(columns[order], axis=0) != 0).any(axis=1))
        atom = np.empty(len(order), dtype=np.int64)
        atom[order] = np.cumsum(new) - 1
        counts = np.zeros((0, len(order))) if counts is None else counts
        summed = np.stack([sum_over(atom, column, int(new.sum())) for column in counts]) if len(counts) else counts
        # A speaker may have several cells of an atom.
        n = int(speaker.max()) + 1
        atom, speaker = np.divmod(distinct_codes(atom * n + speaker), n)
        groups = columns[order][new]
        speakers: dict[Group, int] = {}
        for i in range(len(tables)):
            group = groups[atom, i]
            sizes = np.bincount(distinct_codes((group - _WHOLE) * n + speaker) // n)
            speakers |= {(i, int(g) + _WHOLE): int(sizes[g]) for g in np.flatnonzero(sizes) if g + _WHOLE >= UNASSIGNED}
        return cls(tables, groups, atom, speaker, speakers, summed)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.groups)

    def atoms(self, group: Group) -> Integers:
        """Return the atoms of a group, or of the sum of all groups of a table."""
        column = self.groups[:, group[0]]
        return np.flatnonzero(column >= 0 if group[1] == _WHOLE else column == group[1])

    def is_small(self, atoms: Integers) -> bool:
        """Whether a set of atoms has 1 to 10 sampling units."""
        inside = np.zeros(self.n_atoms, dtype=bool)
        inside[atoms] = True
        return _is_small(len(distinct_codes(self.speaker[inside[self.atom]])))

    def candidates(self) -> list[Group]:
        """Return the groups that are large enough, and the sums of all groups of a table, most important first."""
        keyed = [
            (self.tables[i].importance.get(group, (np.inf,)), -size, i, group)
            for (i, group), size in self.speakers.items()
            if size >= SUPPRESS_BELOW
        ]
        keyed += [
            (table.whole, 0, i, _WHOLE)
            for i, table in enumerate(self.tables)
            if table.whole is not None and (self.groups[:, i] >= 0).any()
        ]
        return [(i, group) for *_, i, group in sorted(keyed)]

    def nearly_small_groups(self) -> list[Integers]:
        """Return the groups with fewer than 11 speakers in addition to a small group, whose sums are nearly theirs."""
        small = [self.atoms(group) for group, size in self.speakers.items() if _is_small(size)]
        found = []
        for group, size in self.speakers.items():
            if SUPPRESS_BELOW <= size < 2 * SUPPRESS_BELOW:
                atoms = self.atoms(group)
                inside = (one for one in small if np.isin(one, atoms, assume_unique=True).all())
                if any(self.is_small(np.setdiff1d(atoms, one, assume_unique=True)) for one in inside):
                    found.append(atoms)
        return found

    def closely_bounded(self, published: Sequence[Group]) -> set[Group]:
        """Return published groups to withhold, so that counts of small groups are known within a quarter at best.

        A count is bounded by what is published, because no count is negative. Of the groups that give the bounds, the
        least important is returned. Nothing is returned if there are too many groups to look at.

        Parameters
        ----------
        published
            Groups whose sums are published, most important first.
        """
        if not len(self.counts) or self.n_atoms > _MOST_ATOMS:
            return set()
        small = [self.atoms(group) for group, size in self.speakers.items() if _is_small(size)]
        distinct = {atoms.tobytes(): atoms for atoms in small}
        if len(distinct) * len(published) * self.n_atoms > _MOST_TO_BOUND:
            return set()
        sets = [np.arange(self.n_atoms), *map(self.atoms, published)]
        found = set()
        for target in distinct.values():
            for column in self.counts:
                bounds = linear_bounds(self.n_atoms, sets, [column[atoms].sum() for atoms in sets], target)
                because = bounds.because - {0}
                if because and bounds.high - bounds.low < _LEAST_WIDTH * column[target].sum():
                    found.add(published[max(because) - 1])
        return found

    def small_groups(self) -> list[Integers]:
        """Return the groups that are too small, and the sums of two and of all of them in a table that are, too."""
        sums: list[Integers] = []
        for i in range(len(self.tables)):
            small = [self.atoms(group) for group, size in self.speakers.items() if group[0] == i and _is_small(size)]
            sums += small
            if 1 < len(small) < _FEW:
                sums += [np.concatenate([one, other]) for n, one in enumerate(small) for other in small[:n]]
            if len(small) > 1:
                sums.append(np.concatenate(small))
            sums.append(self.atoms((i, _WHOLE)))
        return [atoms for atoms in sums if self.is_small(atoms)]

    def revealed(self, result: Publishable, published: Collection[Group]) -> list[Integers]:
        """Return small sets that follow from what is published, made of a group of one table and groups of another."""
        different: dict[tuple[bytes, frozenset[int]], int] = {}
        for i, column in enumerate(self.groups.T):
            different.setdefault((column.tobytes(), frozenset(group for j, group in published if i == j)), i)
        pairs = permutations(different.values(), 2)
        found = {atoms.tobytes(): atoms for i, j in pairs for atoms in self._between(i, j, result, published)}
        return list(found.values())

    def _between(self, i: int, j: int, result: Publishable, published: Collection[Group]) -> Iterator[Integers]:
        """Yield what a group of table i shares with groups of table j, has beyond them, or they beyond it."""
        (first, in_first), (second, in_second) = self.coded[i], self.coded[j]
        meets, meet = numbered_codes(in_first * len(second) + in_second)
        here, there = np.divmod(meets, len(second))
        open_there = np.array([(j, int(b)) in published for b in second])[there]
        inside = open_there & (np.bincount(there)[there] == 1)
        here_named = first >= UNASSIGNED
        named = here_named[here] & (second >= UNASSIGNED)[there]

        def sums(numbers: NDArray[np.float64]) -> tuple[NDArray[Any], ...]:
            """Sum a number of each atom over what may be small: shape (n_meets,) twice, then (n_first,) twice."""
            shared = np.bincount(meet, numbers)
            of_first, of_second = np.bincount(here, shared), np.bincount(there, shared)
            return (
                shared,
                of_first[here] - shared,
                of_first - np.bincount(here, shared * inside),
                np.bincount(here, (of_second[there] - shared) * open_there),
            )

        follows = map(result.follows, sums(result.witness.astype(float)))
        sizes = sums(self.fewest_speakers)
        suspects = (
            np.flatnonzero(follow & (size > 0) & (size < SUPPRESS_BELOW) & asked)
            for follow, size, asked in zip(follows, sizes, (named, named, here_named, here_named), strict=True)
        )
        shared, beyond, inner, outer = suspects
        masks = [meet == m for m in shared]
        masks += [(in_first == here[m]) & (meet != m) for m in beyond]
        masks += [(in_first == a) & ~inside[meet] for a in inner]
        masks += [(in_first != a) & np.isin(in_second, there[open_there & (here == a)]) for a in outer]
        for mask in masks:
            if self.is_small(atoms := np.flatnonzero(mask)):
                yield atoms

    @cached_property
    def coded(self) -> list[tuple[Integers, Integers]]:
        """Groups of each table, and the number of each atom's group among them."""
        return [np.unique(column, return_inverse=True) for column in self.groups.T]

    @cached_property
    def fewest_speakers(self) -> NDArray[np.float64]:
        """Number for each atom, shape (n_atoms,), whose sum over atoms is at most their number of sampling units."""
        cells = np.bincount(self.atom, minlength=self.n_atoms)
        return np.asarray(cells / np.bincount(self.speaker).max(), dtype=float)

    def shown(self, i: int, published: Collection[Group], rated: Collection[Group], rough: Collection[Group]) -> Shown:
        """Return what is published of a table."""
        groups = {group: size for (table, group), size in self.speakers.items() if table == i}
        small = frozenset(group for group, size in groups.items() if size < SUPPRESS_BELOW)
        return Shown(
            small=small,
            open=frozenset(group for group in groups if (i, group) in published),
            withheld=frozenset(group for group in groups if (i, group) not in published),
            hidden=small | frozenset(group for group in groups if (i, group) not in rated and (i, group) not in rough),
            rough=frozenset(group for group in groups if (i, group) in rough),
            whole=(i, _WHOLE) in published,
        )


def _is_small(speakers: int) -> bool:
    return 0 < speakers < SUPPRESS_BELOW
