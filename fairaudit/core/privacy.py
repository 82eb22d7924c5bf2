"""The number of speakers below which nothing is reported, and what is reported instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self, TypedDict

__all__ = [
    "BECAUSE_SMALL",
    "BECAUSE_SUBTRACTED",
    "SUPPRESS_BELOW",
    "WITHHELD",
    "Reportable",
    "ReportableDoc",
    "at_most",
    "is_rounded",
]

#: Numbers and labels of fewer sampling units are withheld from documents.
SUPPRESS_BELOW: Final = 11
#: Shown instead of a label that is withheld.
WITHHELD: Final = "withheld"
#: Reasons for withholding.
BECAUSE_SMALL: Final = "fewer than 11 speakers"
BECAUSE_SUBTRACTED: Final = "it would reveal fewer than 11 speakers by subtraction"
#: Beginnings of the names of changes after which a row is in no group of a column or in no place.
_WITHOUT_GROUP: Final = (
    "coordinates_incomplete_set_missing",
    "coordinates_zero_set_missing",
    "no_number_for ",
    "zip_not_us_set_missing",
)


def at_most(n: int) -> int:
    """Round a number of rows or ids up to 9, 19, 49, 99, 199 and so on.

    Who is behind the rows is unknown. They may be all utterances of a few speakers, whose number is withheld elsewhere.

    Examples
    --------
    >>> [at_most(n) for n in (0, 1, 9, 10, 49, 50, 1_234)]
    [0, 9, 9, 19, 49, 99, 1999]
    """
    if n == 0:
        return 0
    power: int = 10 ** max(len(str(n)) - 1, 1)
    return next(step * power - 1 for step in (1, 2, 5, 10) if n < step * power)


def is_rounded(change: str) -> bool:
    """Whether results round up how many rows had a change to a value, because these rows are those outside all groups.

    Examples
    --------
    >>> is_rounded("zip_not_us_set_missing"), is_rounded("no_number_for age[20,40]"), is_rounded("zip_plus4_cut")
    (True, True, False)
    """
    return change.startswith(_WITHOUT_GROUP)


class ReportableDoc(TypedDict):
    """:class:`Reportable` in ``cohorts.json``."""

    sums: list[int]
    rates: list[int]
    sides: list[int]


@dataclass(frozen=True)
class Reportable:
    """Numbers of frozen cohorts that comparisons and histories can report beside the audit that found the cohorts.

    Attributes
    ----------
    sums
        Cohorts, and -1 for the unassigned speakers, whose sums can be reported exactly.
    rates
        Cohorts whose rates can be reported.
    sides
        Sides of the gap, 0 (bottom) and 1 (rest), whose sums can be reported exactly.
    """

    sums: frozenset[int]
    rates: frozenset[int]
    sides: frozenset[int]

    def to_dict(self) -> ReportableDoc:
        """Return the sets as sorted lists."""
        return {"sums": sorted(self.sums), "rates": sorted(self.rates), "sides": sorted(self.sides)}

    @classmethod
    def from_dict(cls, data: ReportableDoc) -> Self:
        """Create the sets from the result of :meth:`to_dict`.

        Examples
        --------
        >>> Reportable.from_dict({"sums": [-1, 0], "rates": [0, 1], "sides": []}).sides
        frozenset()
        """
        return cls(*(frozenset(map(int, data[name])) for name in ("sums", "rates", "sides")))
