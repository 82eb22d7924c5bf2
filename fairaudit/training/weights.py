"""Sampling weights that give cohorts a share of what is drawn, and all speakers of a cohort the same chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cohort_weights", "speaker_weights"]


def cohort_weights(memberships: pd.DataFrame, shares: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """Return weights with which each cohort is drawn with a given probability.

    Inside a cohort, all speakers are equally likely, and so are all rows of a speaker: talkative speakers do not
    dominate. Rows that are in no cohort are a cohort of their own.

    Parameters
    ----------
    memberships
        Of one search, as :func:`fairaudit.assign` gives them: one row per utterance, or one per speaker.
    shares
        Probability of each cohort, by its label. The other cohorts divide what is left in proportion to their speakers.
        By default, all cohorts have the same probability.

    Returns
    -------
    ndarray
        One weight for each row, shape (n_rows,). Their sum is 1.

    Raises
    ------
    InputError
        If there are no rows, or a row has no speaker.
    UsageError
        If a cohort of ``shares`` has no rows, or the shares are not probabilities that can be kept.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"speaker_id": ["s", "s", "t", "u"], "cohort": ["north", "north", "south", "south"]})
    >>> cohort_weights(rows, {"north": 0.2}).tolist()
    [0.1, 0.1, 0.4, 0.4]
    """
    if not len(memberships) or memberships[SPEAKER].isna().any():
        raise InputError("weights need rows, each with a speaker")
    cohort, labels = memberships["cohort"].factorize(use_na_sentinel=False)
    speaker, _ = memberships[SPEAKER].factorize()
    n_speakers = np.bincount(np.unique(np.stack([cohort, speaker]), axis=1)[0], minlength=len(labels))
    given = np.full(len(labels), np.nan)
    for label, share in (shares or {}).items():
        places = np.flatnonzero(labels == label)
        if not len(places):
            raise UsageError(f"no row is in the cohort {label!r}; there are {sorted(map(str, labels))}")
        given[places[0]] = share
    free = np.isnan(given)
    left = 1 - np.nansum(given)
    if (given < 0).any() or left < -1e-9 or (not free.any() and left > 1e-9):
        raise UsageError(f"shares must be at least 0 and add up to 1, or to less if there are other cohorts: {shares}")
    sizes = n_speakers if shares else np.ones(len(labels))
    probability = np.where(free, max(left, 0.0) * sizes / max(sizes[free].sum(), 1), given)
    return speaker_weights(cohort, speaker, probability)


def speaker_weights(
    cohort: NDArray[np.integer], speaker: NDArray[np.integer], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Divide the share of each cohort among its speakers, and that of a speaker among their rows.

    Parameters
    ----------
    cohort, speaker
        Codes from 0, shape (n_rows,).
    share
        Probability of each cohort, shape (n_cohorts,).

    Returns
    -------
    ndarray
        Weights, shape (n_rows,). A speaker with rows in several cohorts counts in each.

    Examples
    --------
    >>> speaker_weights(np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([0.5, 0.5])).tolist()
    [0.25, 0.25, 0.5]
    """
    pairs, pair, rows = np.unique(np.stack([cohort, speaker]), axis=1, return_inverse=True, return_counts=True)
    speakers = np.bincount(pairs[0], minlength=len(share))
    weights: NDArray[np.float64] = (share[pairs[0]] / speakers[pairs[0]] / rows)[pair.reshape(-1)]
    return weights
