"""What an audit is asked to search."""

from __future__ import annotations

from dataclasses import dataclass

from fairaudit.cohorts.search import Discoverer
from fairaudit.units.build import UnitFeatures

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """One search to run: a discoverer with its features, and what people call it."""

    title: str
    features: UnitFeatures
    how: Discoverer
