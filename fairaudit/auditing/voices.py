"""A picture of voice clusters in two dimensions: where each lies and how far it spreads, and no speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Centroids, normalize_rows
from fairaudit.results.disclosure import SUPPRESS_BELOW
from fairaudit.units.build import UnitTable

__all__ = ["Voice", "Voices", "voices_of", "voices_to_dict"]

#: Most speakers that the components are fitted to.
_MOST: Final = 5000


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


def voices_of(units: UnitTable, rule: Centroids) -> Voices | None:
    """Project cohorts of length-normalised vectors to their first two principal components.

    Parameters
    ----------
    units
        Units with a vector each.
    rule
        The cohorts.

    Returns
    -------
    Voices or None
        ``None`` where the vectors do not spread in two dimensions.
    """
    vectors = normalize_rows(units.features.to_numpy(np.float32))
    if vectors.shape[1] < 2 or len(vectors) < SUPPRESS_BELOW:
        return None
    some = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST)).astype(np.int64))
    variances, axes = np.linalg.eigh(np.cov(vectors[some].astype(np.float64), rowvar=False))
    variances, axes = variances[::-1].clip(min=0), axes[:, ::-1][:, :2]
    if not variances[1] > 0:
        return None
    # an axis has no sign of its own: its largest entry is taken as positive
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    plane = vectors @ axes - vectors[some].mean(axis=0) @ axes
    cohort, speakers = rule.assign(units.features), units.speakers_per_unit()
    found = []
    for key in np.unique(cohort[cohort >= 0]):
        inside = cohort == key
        covariance = np.cov(plane[inside], rowvar=False, bias=True)
        found.append(Voice(int(key), int(speakers[inside].sum()), plane[inside].mean(axis=0), covariance))
    first, second = variances[:2] / variances.sum()
    return Voices((float(first), float(second)), tuple(found))


def voices_to_dict(voices: Voices | None, withheld: Sequence[int], *, unredacted: bool) -> dict[str, Any] | None:
    """The cohorts of at least 11 speakers, to three digits.

    Parameters
    ----------
    voices
        What was projected.
    withheld
        Cohorts of which nothing is told.
    unredacted
        Keep those of fewer than 11 speakers.
    """
    if voices is None:
        return None
    told = [v for v in voices.cohorts if unredacted or (v.speakers >= SUPPRESS_BELOW and v.cohort_id not in withheld)]
    return {
        "explained": [round(share, 3) for share in voices.explained],
        "cohorts": [
            {
                "cohort_id": voice.cohort_id,
                "mean": [round(float(x), 3) for x in voice.mean],
                "covariance": [[float(f"{x:.3g}") for x in row] for row in voice.covariance],
            }
            for voice in told
        ],
    }
