"""Project voice clusters to two dimensions: the centre and spread of each cluster, but no speakers."""

from __future__ import annotations

from typing import Final

import numpy as np

from fairaudit.cohorts.joint import cohort_sizes
from fairaudit.cohorts.rules import Centroids, normalize_rows
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.results.audit_parts import Voice, Voices
from fairaudit.units.build import UnitTable

__all__ = ["voices_of"]

#: Largest number of speakers to which the components are fitted.
_MOST: Final = 5000


def voices_of(units: UnitTable, rule: Centroids) -> Voices | None:
    """Project cohorts of length-normalised vectors to the first two principal components.

    Parameters
    ----------
    units
        Units with one vector each.
    rule
        The cohorts.

    Returns
    -------
    Voices or None
        ``None`` if the vectors do not vary in two dimensions.
    """
    vectors = normalize_rows(units.features.to_numpy(np.float32))
    if vectors.shape[1] < 2 or len(vectors) < SUPPRESS_BELOW:
        return None
    some = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST)).astype(np.int64))
    variances, axes = np.linalg.eigh(np.cov(vectors[some].astype(np.float64), rowvar=False))
    variances, axes = variances[::-1].clip(min=0), axes[:, ::-1][:, :2]
    if not variances[1] > 0:
        return None
    # The sign of an axis is arbitrary, so its largest entry is made positive.
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    plane = vectors @ axes - vectors[some].mean(axis=0) @ axes
    cohort, speakers = rule.assign(units.features), cohort_sizes(rule, units)
    voices = []
    for key in np.unique(cohort[cohort >= 0]):
        inside = cohort == key
        covariance = np.cov(plane[inside], rowvar=False, bias=True)
        voices.append(Voice(int(key), int(speakers[key]), plane[inside].mean(axis=0), covariance))
    first, second = variances[:2] / variances.sum()
    return Voices((float(first), float(second)), tuple(voices))
