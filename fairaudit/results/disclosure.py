"""Disclosure control: withhold sums over fewer than 11 speakers, and sums from which those could be derived.

Everything that a document reports exactly is a sum over the rows of a log: errors, exposure, utterances and speakers of
a cohort, of the unassigned speakers, of one side of a gap, or of the whole log. Rows in which the same cohorts meet in
all searches are indistinguishable, so these *cells* are the atoms, and every reported sum is a set of atoms. An exact
rate counts as both of its sums, because its fraction can be recovered from its digits.

A table of a document, such as the cohorts of a search, is a partition of some atoms. All tables of a document, and the
total, are protected together. Sums are protected if they have 1 to 10 speakers and are

* a group of a table (a cohort, the unassigned speakers, a side of a gap), or one or two of these or all of them added
  up within a table;
* a group that has as few speakers in addition to such a group;
* what two groups of different tables share, or what a group has beyond another, beyond all groups inside it, or what
  the groups that meet it have beyond it.

Sums are published in order of their importance, each only if no protected sum is then a linear combination of what is
published (:mod:`fairaudit.stats.row_space`). The last sums are therefore the ones that are withheld. As no count is
negative, published sums also bound withheld ones. In logs of up to a few hundred speakers, the least important sum that
bounds errors or exposure of a small group to within a quarter is withheld, too (:mod:`fairaudit.stats.linear_bounds`).
Numbers that are rounded to what a page prints, such as the rate of a group whose sums are withheld, leave an interval
for what is withheld, which ``tests/privacy/attack.py`` measures. A group has no rate if it is a linear combination of
what is published and of other groups with rates, because all these rates together would reveal sums. A large group then
has one of two digits. So do the sides of a gap whose sizes are withheld, and the gap is rounded to whole percent.

Comparisons and histories report the same log by frozen cohorts. An audit therefore protects their tables together with
its own, and ``cohorts.json`` says what can be reported of frozen cohorts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import compress
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.joint import WITHOUT_COHORTS
from fairaudit.core.counts import UNASSIGNED, distinct_codes
from fairaudit.core.privacy import BECAUSE_SMALL, BECAUSE_SUBTRACTED, SUPPRESS_BELOW, Reportable
from fairaudit.results.population import Group, Population, Shown, Table
from fairaudit.stats.row_space import publishable

if TYPE_CHECKING:
    from fairaudit.results.documents import CohortChangeDoc, CohortDoc

__all__ = [
    "ALL_SIDES",
    "HELD_OUT_SIDES",
    "SEARCHED_SIDES",
    "Disclosure",
    "Importance",
    "Shown",
    "Table",
    "frozen_tables",
    "protect",
    "protect_sizes",
    "reportable",
    "share_tested",
    "shown_first",
    "without_numbers",
]

#: Groups of the table of a gap: bottom and rest among held-out speakers, then among searched ones.
HELD_OUT_SIDES: Final = (0, 1)
SEARCHED_SIDES: Final = (2, 3)
#: Groups of the table of the gap among all speakers.
ALL_SIDES: Final = (0, 1)
_OF_SPEAKERS: Final = re.compile(r"\b\d[\d,]* speakers?, fewer than (\d+)")
_ASSIGNABLE: Final = re.compile(r"^\d[\d,]* speakers? can be assigned")

#: Largest number of sums whose publication is examined. Further ones, the least important, are withheld.
_MOST: Final = 400
#: Fewest speakers of a group whose rate is published in any case, with two digits: it is then known within 1 to 10 %,
#: which is as much as one speaker or several.
_LARGE: Final = 100
#: Number of times that sums found to follow are added to the protected ones, before all sums are withheld.
_ROUNDS: Final = 25


class Importance(IntEnum):
    """Kinds of sums, the most important first. In a kind, the strongest searches or the largest cohorts come first."""

    BOTTOM = 0
    SIDE = 1
    FLAGGED = 2
    COHORT = 3
    UNASSIGNED = 4
    SEARCHED = 5


@dataclass(frozen=True)
class Disclosure:
    """What can be published of one search, or of one set of frozen cohorts.

    Attributes
    ----------
    cohorts
        The cohorts, and the unassigned speakers as group -1.
    sides
        Bottom and rest, as :data:`HELD_OUT_SIDES` and :data:`SEARCHED_SIDES`.
    all_sides
        Bottom and rest among all speakers, as :data:`ALL_SIDES`, if the groups are known beforehand.
    unnamed
        Cohorts of fewer than 11 speakers in the whole log, measured or not, whose labels are withheld, too.
    frozen
        What comparisons and histories can report of the frozen cohorts; ``None`` if there are none.
    """

    cohorts: Shown = field(default_factory=Shown)
    sides: Shown = field(default_factory=Shown)
    all_sides: Shown = field(default_factory=Shown)
    unnamed: frozenset[int] = frozenset()
    frozen: Reportable | None = None

    @property
    def all_open(self) -> bool:
        """Whether nothing is withheld."""
        return not self.cohorts.withheld

    def outside_withheld_because(self, sums: Mapping[str, float]) -> str | None:
        """Return why the sums of what is in no cohort are withheld, or ``None`` if they are not.

        Parameters
        ----------
        sums
            Sums over the cells in no cohort; ``speakers`` counts only those without any cell in a cohort.

        Examples
        --------
        >>> Disclosure(Shown(open=frozenset({UNASSIGNED}))).outside_withheld_because({"speakers": 3, "errors": 900})
        'fewer than 11 speakers'
        """
        if 0 < sums.get("speakers", 0) < SUPPRESS_BELOW:
            return BECAUSE_SMALL
        if UNASSIGNED in self.cohorts.open or not any(sums.values()):
            return None
        return self.cohorts.why_withheld(UNASSIGNED) or BECAUSE_SUBTRACTED


def without_numbers(reason: str) -> str:
    """Remove the number of speakers from the reason why something is not tested.

    Examples
    --------
    >>> without_numbers("The gap cannot be tested: 12 speakers, fewer than 20.")
    'The gap cannot be tested: fewer than 20 speakers.'
    """
    return _ASSIGNABLE.sub("Too few speakers can be assigned", _OF_SPEAKERS.sub(r"fewer than \1 speakers", reason))


def shown_first(cohort: CohortDoc | CohortChangeDoc) -> tuple[bool, int]:
    """Sort key that puts suppressed cohorts last, by id, so that rank does not reveal rate.

    Examples
    --------
    >>> cohorts = [{"id": 2, "suppressed": True}, {"id": 1, "suppressed": True}, {"id": 3, "suppressed": False}]
    >>> [cohort["id"] for cohort in sorted(cohorts, key=shown_first)]
    [3, 1, 2]
    """
    return cohort["suppressed"], cohort["id"] if cohort["suppressed"] else 0


def share_tested(
    tested: int, speakers: int, shown: Disclosure | None, published: Collection[int] = (), *, total_known: bool = True
) -> float:
    """Return the share of the speakers who are in a tested cohort, or less if it does not follow from other numbers.

    The others are then rounded up to a multiple of 11, so that nobody can subtract the tested cohorts.

    Parameters
    ----------
    tested
        Number of speakers in tested cohorts, each counted once.
    speakers
        Number of all speakers on whom the cohorts were measured.
    shown
        What can be published; everything if it is ``None``.
    published
        Numbers that follow from others if nothing is withheld. If ``tested`` is one of them, the share is exact.
    total_known
        Whether ``speakers`` is published. If it is not, the share is rounded down to whole percent.

    Examples
    --------
    >>> share_tested(30, 40, None), share_tested(30, 40, Disclosure(), [30]), share_tested(30, 40, Disclosure())
    (0.75, 0.75, 0.725)
    """
    if not speakers:
        return 0.0
    if shown is None or tested == speakers or (shown.all_open and tested in published):
        return tested / speakers
    others = (speakers - tested) // SUPPRESS_BELOW * SUPPRESS_BELOW + SUPPRESS_BELOW
    rest = max(0, speakers - others)
    return rest / speakers if total_known else 100 * rest // speakers / 100


def frozen_tables(
    cohorts: Sequence[NDArray[np.int64]],
    bottoms: Sequence[Collection[int]],
    reportable: Sequence[Reportable | None],
) -> list[Table]:
    """Return the tables that comparisons and histories report of frozen cohorts: two for each set of them.

    Parameters
    ----------
    cohorts
        Cohort of each cell in each set, ``UNASSIGNED``, or :data:`WITHOUT_COHORTS`; each of shape (n_cells,).
    bottoms
        Cohorts of the bottom of each set.
    reportable
        What can be reported at most of each set; ``None`` means everything.
    """
    tables = []
    for i, (cohort, bottom, most) in enumerate(zip(cohorts, bottoms, reportable, strict=True)):
        importance: dict[int, tuple[float, ...]] = {UNASSIGNED: (Importance.UNASSIGNED, i)}
        for c in distinct_codes(cohort[cohort >= 0]).tolist():
            importance[c] = (Importance.BOTTOM, i) if c in bottom else (Importance.COHORT,)
        side = np.where((cohort >= 0) & bool(bottom), ~np.isin(cohort, [*bottom]), WITHOUT_COHORTS)
        tables += [
            Table(cohort, importance, sums=most.sums if most else None, rates=most.rates if most else None),
            Table(
                side, dict.fromkeys((0, 1), (Importance.SIDE, i)), keeps_rates=True, sums=most.sides if most else None
            ),
        ]
    return tables


def reportable(shown: Sequence[Shown]) -> list[Reportable]:
    """Return what can be reported of sets of frozen cohorts, given what is published of :func:`frozen_tables`."""
    return [
        Reportable(cohorts.open, cohorts.exact, sides.open)
        for cohorts, sides in zip(shown[::2], shown[1::2], strict=True)
    ]


def protect(
    speaker: NDArray[np.int64], tables: Sequence[Table], counts: NDArray[np.float64] | None = None
) -> list[Shown]:
    """Choose what can be published of several tables, so that nothing about fewer than 11 speakers follows.

    Parameters
    ----------
    speaker
        Sampling unit of each cell, shape (n_cells,). The total of all cells is known.
    tables
        All tables that are published of a log.
    counts
        Errors and exposure of each cell, shape (2, n_cells), if they shall not be bounded closely either.

    Returns
    -------
    list of Shown
        One for each table. It does not depend on the order of the cells.

    Examples
    --------
    Of three groups with 40, 30 and 5 speakers, the second cannot be published, because the third would follow:

    >>> group = np.repeat([0, 1, 2], [40, 30, 5])
    >>> protect(np.arange(75), [Table(group)])[0].open
    frozenset({0})
    """
    population = Population.of(speaker, tables, counts)
    ranked = population.candidates()
    candidates = ranked[:_MOST]
    atoms = [population.atoms(candidate) for candidate in candidates]
    kept = [tables[i].keeps_rates for i, _ in candidates]
    rated = [n for n, (i, group) in enumerate(candidates) if group >= 0 and tables[i].allows_rate(group)]
    secrets = {atoms.tobytes(): atoms for atoms in population.small_groups() + population.nearly_small_groups()}
    sums, rates = frozenset[Group](), frozenset[Group]()
    closed: set[Group] = set()
    for _ in range(_ROUNDS):
        result = publishable(
            population.n_atoms,
            atoms,
            [*secrets.values()],
            sums=[
                n
                for n, (i, group) in enumerate(candidates)
                if tables[i].allows_sums(group) and (i, group) not in closed
            ],
            rates=sorted(rated, key=lambda n: not kept[n]),
        )
        sums = frozenset(compress(candidates, result.chosen))
        found = {atoms.tobytes(): atoms for atoms in population.revealed(result, sums)}
        secrets |= found
        close = set() if found else population.closely_bounded([*compress(candidates, result.chosen)])
        closed |= close
        if not found and not close:
            rates = frozenset(compress(candidates, result.rated))
            break
    else:
        sums = frozenset()
    kept_groups = {(i, group) for i, group in ranked if tables[i].keeps_rates}
    large = {group for group in ranked if population.speakers.get(group, 0) >= _LARGE}
    rough = (large | kept_groups).union(ranked[_MOST:]).difference(rates)
    return [population.shown(i, sums, rates, rough) for i in range(len(tables))]


def protect_sizes(sizes: Mapping[int, int], first: Collection[int] = ()) -> Shown:
    """Choose what can be published of a single table without overlaps, from the number of speakers of each group.

    Parameters
    ----------
    sizes
        Number of sampling units in each group.
    first
        The most important groups.

    Examples
    --------
    >>> protect_sizes({0: 40, 1: 30, 2: 5}, first=[1]).open
    frozenset({1})
    """
    group = np.repeat([*sizes], [*sizes.values()])
    table = Table(group, dict.fromkeys(first, (0,)), whole=(1,))
    return protect(np.arange(len(group)), [table])[0] if len(group) else Shown()
