"""The design of an audit: who is searched, and who is held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.plan import Plan
from fairaudit.stats.split import split_speakers
from fairaudit.units.build import SpeakerTable

__all__ = ["Design"]


@dataclass(frozen=True)
class Design:
    """The split into searched and held-out speakers, which is the same for every search of an audit.

    Attributes
    ----------
    table
        The sampling units of the log.
    held_out
        Mask of the sampling units held out from discovery, shape (n_speakers,).
    plan
        Settings for gathering evidence.
    """

    table: SpeakerTable
    held_out: NDArray[np.bool_]
    plan: Plan

    @classmethod
    def of(cls, table: SpeakerTable, plan: Plan, seed: int | Sequence[int] | None = None) -> Self:
        """Split the sampling units of a log according to a plan, with its seed or another one."""
        plan = plan.for_speakers(len(table))
        seed = plan.seed if seed is None else seed
        return cls(table, split_speakers(table.exposure, plan.share_held_out(len(table)), seed), plan)

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Mask of the sampling units whose errors a search and its shuffles use, shape (n_speakers,).

        These are all, or those that are not held out if there are very many (:attr:`Plan.most_searched`).
        """
        return ~self.held_out | (not self.plan.is_sampled(len(self.table)))

    @property
    def share_searched(self) -> float:
        """Share of the sampling units that a search and its shuffles use."""
        return 1 - self.share if self.plan.is_sampled(len(self.table)) else 1.0

    @property
    def share(self) -> float:
        """Share of the sampling units that are held out."""
        return self.plan.share_held_out(len(self.table))

    def measured(self, on: MeasuredOn) -> NDArray[np.bool_]:
        """Return the mask of the sampling units on whom cohorts are measured, shape (n_speakers,)."""
        return self.held_out | (on == MeasuredOn.ALL)
