"""The interface of rules, and groups of cohorts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, Self

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ALL_SMALLER", "Group", "Rule", "single_cohorts"]

#: Description of the union of all groups that are too small to be tested by themselves.
ALL_SMALLER: Final = "all smaller groups"


@dataclass(frozen=True)
class Group:
    """A union of cohorts that can become the bottom of a search, with its description.

    Attributes
    ----------
    cohorts
        Ids of the cohorts.
    description
        What it is, in words.
    complement
        Whether it is everyone except one cohort.
    """

    cohorts: tuple[int, ...]
    description: str
    complement: bool = False

    def names(self, unnamed: Collection[int]) -> bool:
        """Whether the description names one of some cohorts, and not only what they have in common."""
        return not self.complement and self.description != ALL_SMALLER and not {*unnamed}.isdisjoint(self.cohorts)

    def without(self, unnamed: Collection[int]) -> Self | None:
        """Leave out cohorts that must not be named; ``None`` if the description names one of them, or if none is left.

        Examples
        --------
        >>> Group((1, 2), "age = 9 or age = 10").without({2})
        >>> Group((1, 2), "everyone except age = 30", complement=True).without({2}).cohorts
        (1,)
        """
        kept = tuple(cohort for cohort in self.cohorts if cohort not in unnamed)
        if len(kept) == len(self.cohorts):
            return self
        return None if self.names(unnamed) or not kept else replace(self, cohorts=kept)


class Rule(Protocol):
    """Assigns units to cohorts by their features."""

    kind: ClassVar[str]

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts; their ids are 0 .. n_cohorts - 1."""
        ...

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Return the cohort of each row of features, -1 if needed features are missing, shape (n_units,)."""
        ...

    def label(self, cohort: int) -> str:
        """Return a short name of a cohort."""
        ...

    def describe(self, cohort: int) -> str:
        """Describe a cohort in words."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """List the groups that can become the bottom: single cohorts, and unions that the form of the rule suggests."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a JSON-compatible dictionary, without ``kind``."""
        ...

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a rule from the result of :meth:`to_dict`."""
        ...


def single_cohorts(rule: Rule) -> tuple[Group, ...]:
    """Return every cohort of a rule as a group of its own."""
    return tuple(Group((cohort,), rule.describe(cohort)) for cohort in range(rule.n_cohorts))
