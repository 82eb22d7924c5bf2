"""What an audit is made of besides its searches: adjustment, overlap, areas, voices, sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.measure import Side
from fairaudit.units.adjusted import Support

__all__ = ["AdjustedSearch", "Adjustment", "Area", "Overlap", "Rescored", "Sensitivity", "Voice", "Voices"]


@dataclass(frozen=True)
class AdjustedSearch:
    """One search repeated on observed over expected errors.

    Attributes
    ----------
    title
        Title of the discovery it repeats.
    evidence
        What it found, judged.
    same_cohort
        The bottom of the unadjusted discovery, held-out speakers, in adjusted rates.
    """

    title: str
    evidence: Evidence
    same_cohort: Side | None


@dataclass(frozen=True)
class Adjustment:
    """All searches of an audit, repeated.

    Attributes
    ----------
    covariates
        What was taken into account.
    support
        What the strata rest on.
    searches
        In the order of the audit's discoveries.
    """

    covariates: tuple[str, ...]
    support: Support
    searches: tuple[AdjustedSearch, ...]


@dataclass(frozen=True)
class Overlap:
    """Speakers of two bottom cohorts.

    Attributes
    ----------
    title
        Title of the other search.
    both, here, there
        Sampling units in both bottom cohorts, in this search's only, and in the other's only.
    """

    title: str
    both: int
    here: int
    there: int


@dataclass(frozen=True)
class Area:
    """One square.

    Attributes
    ----------
    bounds
        West, south, east and north in degrees.
    speakers
        Sampling units that live there.
    rate
        Their errors over their exposure.
    bottom_heavy
        Whether the bottom cohort holds at least twice the share of them that it holds of everybody on the map.
    """

    bounds: tuple[float, float, float, float]
    speakers: int
    rate: float
    bottom_heavy: bool


@dataclass(frozen=True)
class Voice:
    """One cohort in the plane of the first two principal components: speakers, mean (2,) and covariance (2, 2)."""

    cohort_id: int
    speakers: int
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True)
class Voices:
    """The shares of the variance that the two components explain, and the cohorts."""

    explained: tuple[float, float]
    cohorts: tuple[Voice, ...]


@dataclass(frozen=True)
class Rescored:
    """One search under both normalisers.

    Attributes
    ----------
    title
        Title of the discovery.
    first, second
        Its bottom cohort against the rest, the same held-out speakers under the normaliser of the audit and under the
        second; ``None`` where nothing can be measured.
    """

    title: str
    first: Side | None
    second: Side | None


@dataclass(frozen=True)
class Sensitivity:
    """All searches of an audit, nothing searched again.

    Attributes
    ----------
    normalizer
        Name and version of the second normaliser.
    rate
        The whole log's rate under it; NaN without exposure.
    searches
        In the order of the audit's discoveries.
    """

    normalizer: str
    rate: float
    searches: tuple[Rescored, ...]
