"""Parts of an audit besides its searches: adjustment, overlap, areas, voices, sensitivity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fairaudit.evidence.gaps import Side
    from fairaudit.evidence.record import Evidence
    from fairaudit.units.adjusted import Support

__all__ = ["AdjustedSearch", "Adjustment", "Area", "Overlap", "Rescored", "Sensitivity", "Voice", "Voices"]


@dataclass(frozen=True)
class AdjustedSearch:
    """One search repeated on observed over expected errors.

    Attributes
    ----------
    title
        Title of the repeated search.
    evidence
        Evidence of the adjusted search.
    same_cohort
        Gap of the bottom of the unadjusted search in adjusted rates, among the speakers whose gap decides.
    """

    title: str
    evidence: Evidence
    same_cohort: Side | None


@dataclass(frozen=True)
class Adjustment:
    """All searches of an audit, repeated with adjustment.

    Attributes
    ----------
    covariates
        Columns that were adjusted for.
    support
        How well the strata are populated.
    searches
        Searches in the order of the audit.
    """

    covariates: tuple[str, ...]
    support: Support
    searches: tuple[AdjustedSearch, ...]


@dataclass(frozen=True)
class Overlap:
    """Numbers of speakers shared by two bottom cohorts.

    Attributes
    ----------
    title
        Title of the other search.
    both, here, there
        Numbers of sampling units in both bottom cohorts, only in that of this search, and only in that of the other.
    """

    title: str
    both: int
    here: int
    there: int


@dataclass(frozen=True)
class Area:
    """One square of a map.

    Attributes
    ----------
    bounds
        West, south, east and north in degrees.
    speakers
        Number of sampling units in the square.
    rate
        Errors over exposure in the square.
    bottom_heavy
        Whether the share of the bottom cohort among these speakers is at least twice its share on the whole map.
    """

    bounds: tuple[float, float, float, float]
    speakers: int
    rate: float
    bottom_heavy: bool


@dataclass(frozen=True)
class Voice:
    """One cohort in the plane of two principal components: number of speakers, mean (2,) and covariance (2, 2)."""

    cohort_id: int
    speakers: int
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True)
class Voices:
    """Cohorts in the plane of two principal components, with the shares of the variance that these explain."""

    explained: tuple[float, float]
    cohorts: tuple[Voice, ...]


@dataclass(frozen=True)
class Rescored:
    """One search under both normalisers.

    Attributes
    ----------
    title
        Title of the search.
    first, rescored
        Comparison of the bottom cohort with the rest, on the same speakers, under the normaliser of the audit and under
        the second normaliser; ``None`` if it cannot be measured.
    is_known
        Whether the groups are known beforehand, so that these are all speakers and not the held-out ones.
    """

    title: str
    first: Side | None
    rescored: Side | None
    is_known: bool = False


@dataclass(frozen=True)
class Sensitivity:
    """All searches of an audit, measured under a second normaliser without searching again.

    Attributes
    ----------
    normalizer
        Name and version of the second normaliser.
    rate
        Rate of the whole log under the second normaliser; NaN without exposure.
    searches
        Searches in the order of the audit.
    """

    normalizer: str
    rate: float
    searches: tuple[Rescored, ...]
