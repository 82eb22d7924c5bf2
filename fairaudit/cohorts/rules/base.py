"""The interface of rules, and groups of cohorts."""

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
    """A union of cohorts that can become the bottom of a search, with its description."""

    cohorts: tuple[int, ...]
    description: str


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
