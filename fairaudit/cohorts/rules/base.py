"""What every rule can do, and the groups of its cohorts that a search may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Group", "Rule", "single_cohorts"]


@dataclass(frozen=True)
class Group:
    """A union of cohorts that a search may name as the bottom, and how it is told in words."""

    cohorts: tuple[int, ...]
    description: str


class Rule(Protocol):
    """How a unit's features lead to a cohort."""

    kind: ClassVar[str]

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts; their ids are 0 .. n_cohorts - 1."""
        ...

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Cohort of each row of features, -1 where the features it needs are missing, shape (n_units,)."""
        ...

    def label(self, cohort: int) -> str:
        """A short name of a cohort."""
        ...

    def describe(self, cohort: int) -> str:
        """A cohort in words."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """What may be named as the bottom: single cohorts and the unions that the rule's shape suggests."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without ``kind``."""
        ...

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        ...


def single_cohorts(rule: Rule) -> tuple[Group, ...]:
    """Every cohort of a rule by itself."""
    return tuple(Group((cohort,), rule.describe(cohort)) for cohort in range(rule.n_cohorts))
