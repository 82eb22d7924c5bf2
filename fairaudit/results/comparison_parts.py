"""What a comparison is made of: sets of speakers under both recognisers, and when one of them counts as worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairaudit.cohorts.rules import Group
from fairaudit.stats.between import BetweenCohorts
from fairaudit.stats.paired import Change
from fairaudit.stats.rates import Gap

__all__ = [
    "CohortChange",
    "CohortComparison",
    "GapChange",
    "Interval",
    "Measured",
    "got_worse",
]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """A set of speakers under both recognisers; rates in errors per unit of exposure.

    Attributes
    ----------
    change
        Both rates and the interval of their difference.
    before_interval, after_interval
        95 % intervals of the rates.
    speakers, utterances
        Sampling units and utterances of the set.
    not_tested_because
        The floor that the set misses, ``None`` where it may be tested.
    """

    change: Change
    before_interval: Interval | None
    after_interval: Interval | None
    speakers: int
    utterances: int
    not_tested_because: str | None


@dataclass(frozen=True)
class GapChange:
    """The gap of the bottom to its rest, before and after.

    Attributes
    ----------
    before, after
        The two gaps.
    interval
        95 % interval of the difference of the relative gaps, ``None`` where it is not defined.
    speakers, reference_speakers
        Sampling units of the bottom and of its rest.
    not_tested_because
        The floor that one of them misses.
    """

    before: Gap
    after: Gap
    interval: Interval | None
    speakers: int
    reference_speakers: int
    not_tested_because: str | None

    @property
    def difference(self) -> float:
        """Relative gap after - relative gap before."""
        return self.after.relative - self.before.relative


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
class CohortComparison:
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
