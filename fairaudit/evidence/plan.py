"""The plan of an audit: its searches, and settings for gathering evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

import numpy as np

from fairaudit.cohorts.search import Discoverer
from fairaudit.core.errors import UsageError, setting, unknown_name
from fairaudit.core.verdicts import Intervals
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.units.build import UnitFeatures

__all__ = ["Plan", "Search"]

#: More would take days, and no verdict needs such small p-values.
_MOST_PERMUTATIONS: Final = 1_000_000
#: Fewest shuffles of an audit that is not a quick look.
_THOROUGH: Final = 125
#: Number of seeds that every generator accepts.
_SEEDS: Final = 1 << 32


@dataclass(frozen=True)
class Plan:
    """Settings for gathering evidence, which are the same for all searches of an audit.

    Attributes
    ----------
    holdout
        Share of sampling units held out from discovery. ``None`` chooses it by the size of the log; see
        :meth:`share_held_out`.
    permutations
        Number B of shuffles of the whole search.
    alpha
        Significance level of the verdict.
    seed
        Seed of the split, folds and bootstrap. Shuffles are the same for every seed, so that verdicts about groups that
        are known beforehand do not depend on it.
    intervals
        Type of intervals: ``"log-scale"``, or ``"bootstrap"`` for percentiles of 1,000 rounds of resampled speakers.
        Bootstrap intervals are common in publications, but too narrow if there are few speakers.
    cross_fit
        Number K of folds of a cross-fitted gap in addition to the held-out gap; see
        :func:`fairaudit.evidence.find.cross_fitted`. ``None`` for no such gap.

    The attributes of the class are the same for all plans: ``shuffle_seed``, and ``most_searched``, the number of
    sampling units that searches look at if there are more than they could look at in reasonable time.
    """

    shuffle_seed: ClassVar[int] = 0
    most_searched: ClassVar[int] = 100_000

    holdout: float | None = None
    permutations: int = 999
    alpha: float = 0.05
    seed: int = 0
    intervals: str = Intervals.LOG_SCALE
    cross_fit: int | None = None

    def __post_init__(self) -> None:
        if self.holdout is not None and not 0.1 <= self.holdout <= 0.999:
            raise UsageError(f"{setting('holdout')} must be a share of speakers from 0.1 to 0.999, not {self.holdout}")
        for name, value in (("permutations", self.permutations), ("seed", self.seed), ("cross_fit", self.cross_fit)):
            if value is not None and not isinstance(value, int | np.integer):
                raise UsageError(f"{setting(name)} must be a whole number, not {value}")
        if self.permutations < 19:
            raise UsageError(f"at least 19 permutations are needed to reach p = 0.05, not {self.permutations}")
        if self.permutations > _MOST_PERMUTATIONS:
            raise UsageError(f"at most {_MOST_PERMUTATIONS:,} permutations are possible, not {self.permutations:,}")
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha must be between 0 and 1, not {self.alpha}")
        if not 0 <= self.seed < _SEEDS:
            raise UsageError(f"a seed must be a whole number of at least 0 and below 2**32, not {self.seed}")
        if self.intervals not in (*Intervals,):
            raise UsageError(unknown_name("type of intervals", self.intervals, Intervals))
        if self.cross_fit is not None and not 2 <= self.cross_fit <= 20:
            raise UsageError(f"{setting('cross_fit')} must be a number of folds from 2 to 20, not {self.cross_fit}")

    @property
    def is_quick(self) -> bool:
        """Whether so few shuffles make the audit a quick look: a single split, and no simulated power of searches.

        Examples
        --------
        >>> Plan(permutations=99).is_quick, Plan().is_quick
        (True, False)
        """
        return self.permutations < _THOROUGH

    @property
    def bootstrap(self) -> SpeakerBootstrap | None:
        """The bootstrap that computes intervals, or None for intervals on the log scale."""
        return SpeakerBootstrap(seed=self.seed) if self.intervals == Intervals.BOOTSTRAP else None

    def share_held_out(self, n_speakers: int) -> float:
        """Return the share of held-out speakers: as set, else a half, or a third for at least 1,000 speakers.

        If a third is enough for measurement, searching the other two thirds has more power than searching a half. With
        2,000 speakers and a region of 10 % with +40 %, the verdict was "disparity" in 88 % instead of 72 % of 50 logs
        (B = 19). At most 100,000 speakers are searched, so that all others are held out of more than 150,000.

        Examples
        --------
        >>> Plan().share_held_out(200), Plan().share_held_out(5000), Plan(0.2).share_held_out(200)
        (0.5, 0.33, 0.2)
        >>> Plan().share_held_out(1_000_000)
        0.9
        """
        if self.holdout is not None:
            return self.holdout
        if n_speakers < _LARGE:
            return 0.5
        return min(max(_THIRD, 1 - self.most_searched / n_speakers), 0.999)

    def is_sampled(self, n_speakers: int) -> bool:
        """Whether searches look at some of the speakers only, also for their p-values, because there are so many.

        Examples
        --------
        >>> Plan().is_sampled(149_000), Plan().is_sampled(200_000)
        (False, True)
        """
        return n_speakers * (1 - _THIRD) > self.most_searched

    def for_speakers(self, n_speakers: int) -> Self:
        """Return the plan with its share of held-out speakers set."""
        return replace(self, holdout=self.share_held_out(n_speakers))


#: Number of speakers from which two thirds of them are searched.
_LARGE: Final = 1000
_THIRD: Final = 0.33


@dataclass(frozen=True)
class Search:
    """One search to run: a discoverer with a source of features, and its title."""

    title: str
    features: UnitFeatures
    discoverer: Discoverer
