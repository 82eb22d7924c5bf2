"""Frozen cohorts under both recognisers, and when one of them counts as worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairaudit.cohorts.rules import Group
from fairaudit.comparing.measure import GapChange, Measured
from fairaudit.stats.between import BetweenCohorts

__all__ = ["CohortChange", "Review", "got_worse"]


@dataclass(frozen=True)
class CohortChange:
    """A frozen cohort under both recognisers; ``p_adjusted`` is ``None`` where it was not tested."""

    id: int
    label: str
    description: str
    measured: Measured
    share_speakers: float
    p_adjusted: float | None


@dataclass(frozen=True)
class Review:
    """One set of frozen cohorts under both recognisers.

    Attributes
    ----------
    title, method
        Of the search that they come from.
    fingerprint
        Of the frozen cohorts: equal where they are the same ones.
    bottom
        The cohorts that were named worst when they were frozen.
    gap
        Of the bottom to its rest; ``None`` where no bottom was named or nobody stands in it.
    cohorts
        Those that occur, the strongest evidence of a change for the worse first, untested ones last.
    between
        Mean, maximum and variance over the tested cohorts, before and after.
    unassigned
        Sums over whoever stands in no cohort.
    unions
        Sets of cohorts whose sums another review tells.
    found_on_baseline
        Whether they were found on the baseline's very log: they then stand out there by what chance did as well.
    found_on_candidate
        Whether they were found on the candidate's, where the same makes them look as if they had got worse.
    """

    title: str
    method: str
    fingerprint: str
    bottom: Group | None
    gap: GapChange | None
    cohorts: tuple[CohortChange, ...]
    between: tuple[BetweenCohorts | None, BetweenCohorts | None]
    unassigned: Mapping[str, float]
    unions: tuple[frozenset[int], ...] = ()
    found_on_baseline: bool = False
    found_on_candidate: bool = False


def got_worse(measured: Measured, p_adjusted: float | None, alpha: float) -> bool:
    """Whether a set of speakers got worse beyond chance: by the family-wise p, and by its own interval."""
    interval = measured.change.interval
    return p_adjusted is not None and p_adjusted <= alpha and interval is not None and interval[0] > 0
