"""Parts of a comparison: sets of speakers under both recognisers, and the criterion for getting worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairaudit.results.disclosure import Disclosure

if TYPE_CHECKING:
    from fairaudit.cohorts.coverage import Coverage
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
    """A set of speakers under both recognisers; rates are in errors per unit of exposure.

    Attributes
    ----------
    change
        Both rates, with the interval of their difference.
    baseline_interval, candidate_interval
        95 % intervals of the rates.
    speakers, utterances
        Numbers of sampling units and utterances in the set.
    not_tested_because
        Why the set is too small to be tested, or ``None``.
    simultaneous_interval, candidate_simultaneous_interval
        Intervals of the change and of the candidate's rate that hold at 95 % for all tested sets of the comparison at
        once; ``None`` if the set is not tested.
    """

    change: Change
    baseline_interval: Interval | None
    candidate_interval: Interval | None
    speakers: int
    utterances: int
    not_tested_because: str | None
    simultaneous_interval: Interval | None = None
    candidate_simultaneous_interval: Interval | None = None


@dataclass(frozen=True)
class GapChange:
    """The gap between the bottom and the rest, under baseline and candidate.

    Attributes
    ----------
    baseline, candidate
        The two gaps.
    interval
        95 % interval of the difference of the relative gaps, or ``None`` if it is undefined.
    speakers, reference_speakers
        Numbers of sampling units in the bottom and in the rest.
    not_tested_because
        Why one of the two is too small to be tested, or ``None``.
    candidate_simultaneous_interval
        Interval of the candidate's relative gap that holds at 95 % for the gaps of all searches at once.
    """

    baseline: Gap
    candidate: Gap
    interval: Interval | None
    speakers: int
    reference_speakers: int
    not_tested_because: str | None
    candidate_simultaneous_interval: Interval | None = None

    @property
    def difference(self) -> float:
        """Relative gap of the candidate minus that of the baseline."""
        return self.candidate.relative - self.baseline.relative


@dataclass(frozen=True)
class CohortChange:
    """A frozen cohort under both recognisers, as a share of all speakers; ``p_adjusted`` is ``None`` if not tested."""

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
        Title and method of the search that produced the cohorts.
    fingerprint
        Hash of the frozen cohorts, which is the same for equal cohorts.
    bottom
        Cohorts that were the bottom when they were frozen.
    gap
        Gap between the bottom and the rest; ``None`` if there is no bottom or nobody is in it.
    cohorts
        All frozen cohorts, those with the strongest evidence of getting worse first, untested and empty ones last.
    between
        Mean, maximum and variance over the tested cohorts, for baseline and candidate.
    unassigned
        Sums over cells in no cohort; ``speakers`` counts only those without any cell in a cohort.
    coverage
        How many of all speakers are in a cohort.
    tested_speakers
        Number of speakers in tested cohorts. A speaker can be in several cohorts.
    disclosure
        What can be published beside the other sets of frozen cohorts.
    found_on_baseline
        Whether the cohorts were chosen on a file of the baseline, so that part of any improvement is regression to
        the mean. Files are recognised by their SHA-256, so that a log saved in another format is not recognised.
    found_on_candidate
        Whether the cohorts were chosen on a file of the candidate, so that part of any change for the worse is due to
        the choice.
    """

    title: str
    method: str
    fingerprint: str
    bottom: Group | None
    gap: GapChange | None
    cohorts: tuple[CohortChange, ...]
    between: tuple[BetweenCohorts | None, BetweenCohorts | None]
    unassigned: Mapping[str, float]
    coverage: Coverage
    tested_speakers: int
    disclosure: Disclosure = field(default_factory=Disclosure)
    found_on_baseline: bool = False
    found_on_candidate: bool = False


def got_worse(measured: Measured, p_adjusted: float | None, alpha: float) -> bool:
    """Whether a set of speakers got worse beyond chance: by the family-wise p, and by its own interval."""
    interval = measured.change.interval
    return p_adjusted is not None and p_adjusted <= alpha and interval is not None and interval[0] > 0
