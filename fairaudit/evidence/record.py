"""What is known of a search after it was confirmed: tests, gaps, cohorts and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Group, Rule
from fairaudit.core.verdicts import MeasuredOn, Verdict, strength
from fairaudit.evidence.find import Partition
from fairaudit.evidence.gaps import Side
from fairaudit.evidence.measure import Cohort
from fairaudit.stats.permutation import permutation_p

__all__ = ["Detectable", "Evidence", "Gaps", "GroupTest", "PermutationTest"]


@dataclass(frozen=True)
class PermutationTest:
    """The highest score of a search, and the highest scores of the same search on shuffled logs.

    Attributes
    ----------
    observed
        Highest score on the observed log.
    null
        Highest score on each shuffled log, shape (B,).
    p_alone
        p-value of this search alone.
    p_value
        p-value that accounts for all searches of the audit; ``None`` until :mod:`fairaudit.evidence.verdict` sets it.
    """

    observed: float
    null: NDArray[np.float64]
    p_alone: float
    p_value: float | None = None

    @property
    def excess(self) -> float | None:
        """Observed score over the 95th percentile of the null distribution; ``None`` if that is not positive."""
        usual = float(np.quantile(self.null, 0.95, method="higher"))
        return self.observed / usual if usual > 0 and math.isfinite(usual) else None

    @classmethod
    def of(cls, observed: float, null: NDArray[np.float64]) -> Self:
        """Compare an observed score with its null distribution."""
        return cls(observed, null, permutation_p(observed, null))


@dataclass(frozen=True)
class GroupTest:
    """Test of one known group against all others.

    Attributes
    ----------
    group
        A cohort, or a union of cohorts.
    score
        Standard errors by which its rate exceeds that of the others.
    p_value
        p-value that accounts for all hypotheses of the audit.
    """

    group: Group
    score: float
    p_value: float


@dataclass(frozen=True)
class Gaps:
    """The gap between the bottom cohort and the rest; each value is ``None`` if it cannot be measured.

    Attributes
    ----------
    all_speakers
        Gap among all speakers, if the groups are known beforehand. Its interval holds for all groups of all searches
        at once.
    held_out
        Gap among held-out speakers.
    search_inflated
        Gap among the speakers used for discovery.
    cross_fitted
        Gap among all speakers, each measured with a search that did not use this speaker.
    """

    held_out: Side | None = None
    search_inflated: Side | None = None
    cross_fitted: Side | None = None
    all_speakers: Side | None = None

    @property
    def deciding(self) -> Side | None:
        """The gap that the verdict is about: among all speakers if the groups are known, else among held-out ones."""
        return self.all_speakers or self.held_out


@dataclass(frozen=True)
class Detectable:
    """The smallest gap that the search would detect with probability 0.8, for a cohort with a share of the speakers."""

    gap: float | None
    share: float


@dataclass(frozen=True)
class Evidence:
    """The evidence for a search. It contains no speakers, units or utterances.

    Attributes
    ----------
    verdict, reason
        The conclusion, and the reason for it.
    partition
        The cohorts, with bottom and top; ``None`` if the search could not run.
    test
        Test of whether the search found more than chance would; ``None`` if no cohort could be scored.
    gaps
        Gap of the bottom cohort.
    cohorts
        Every cohort that occurs, worst score first.
    measured_on
        Speakers on whom the cohorts were measured.
    measured_speakers, tested_speakers
        Number of these speakers, and of those who are in a tested cohort. A speaker can be in several cohorts.
    unassigned
        Sums over all cells that are in no cohort, measured or not. ``speakers`` counts only the sampling units without
        any cell in a cohort, and ``share_speakers`` is their share of all.
    detectable
        Smallest gap that the search would detect.
    details
        Further results of the discoverer: ``stability``, ``examined``, ``nb2``.
    notes
        Remarks about the units.
    tests
        Tests of known groups, which are cohorts or unions of cohorts.
    critical
        Score that no known group of the audit exceeds by chance, but for the level.
    omnibus_p
        p-value of "these groups do not differ at all" that accounts for all hypotheses of the audit.
    """

    verdict: Verdict
    reason: str
    partition: Partition | None = None
    test: PermutationTest | None = None
    gaps: Gaps = field(default_factory=Gaps)
    cohorts: tuple[Cohort, ...] = ()
    measured_on: MeasuredOn = MeasuredOn.HELD_OUT
    measured_speakers: int = 0
    tested_speakers: int = 0
    unassigned: Mapping[str, float] = field(default_factory=dict)
    detectable: Detectable | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    tests: tuple[GroupTest, ...] = ()
    critical: float | None = None
    omnibus_p: float | None = None

    @property
    def rule(self) -> Rule | None:
        """Rule that assigns units to cohorts."""
        return self.partition.rule if self.partition else None

    @property
    def bottom(self) -> Group | None:
        """Bottom cohort."""
        return self.partition.bottom if self.partition else None

    @property
    def p_value(self) -> float | None:
        """p-value of the search that accounts for all searches of the audit."""
        return self.test.p_value if self.test else None

    @property
    def is_known(self) -> bool:
        """Whether groups were tested that are known beforehand, so that their gap among all speakers decides."""
        return bool(self.tests)

    @property
    def strength(self) -> tuple[int, float, float]:
        """Sort key, lowest for the search to report first (:func:`fairaudit.core.verdicts.strength`)."""
        return strength(self.verdict, self.p_value, self.test.excess if self.test else None)
