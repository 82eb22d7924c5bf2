"""A plug-in as a stranger would write it: a discoverer of age bands, and the rule that it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from fairaudit.cohorts import ByScore, Group, single_cohorts


@dataclass(frozen=True)
class AgeBands:
    """Two cohorts: up to an age, and above it."""

    kind: ClassVar[str] = "age-bands"

    limit: float

    n_cohorts: ClassVar[int] = 2

    def assign(self, features: pd.DataFrame) -> np.ndarray:
        age = pd.to_numeric(features["age"], errors="coerce")
        return np.where(age.isna(), -1, (age > self.limit).to_numpy(np.int64))

    def label(self, cohort: int) -> str:
        return ("younger", "older")[cohort]

    def describe(self, cohort: int) -> str:
        return f"age {'≤>'[cohort]} {self.limit:g}"

    def groups(self) -> tuple[Group, ...]:
        return single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        return {"limit": self.limit}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> AgeBands:
        return cls(float(data["limit"]))


@dataclass(frozen=True)
class AgeSplit(ByScore):
    """Split speakers where the error rates of younger and older ones differ most."""

    method = "age-split"
    keys = ("age",)

    min_speakers: int = 20
    limits: tuple[float, ...] = (30.0, 40.0, 50.0, 60.0)

    def partition(self, units: Any) -> AgeBands:
        return max(map(AgeBands, self.limits), key=lambda rule: self.score(units, rule))
