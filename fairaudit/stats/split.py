"""Split speakers into those used for discovery and those used for measurement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["folds_of", "split_speakers"]

_BLOCK: Final = 20


def split_speakers(exposure: NDArray[np.float64], fraction: float, seed: int | Sequence[int]) -> NDArray[np.bool_]:
    """Choose the speakers to hold out from discovery, stratified by exposure.

    Speakers are sorted by exposure and drawn within consecutive blocks of twenty, so that both sides have similar
    proportions of talkative and quiet speakers.

    Parameters
    ----------
    exposure
        Words of each sampling unit, in an order that does not depend on names, shape (n_speakers,).
    fraction
        Share of speakers to hold out, between 0 and 1.
    seed
        Seed of the draw.

    Returns
    -------
    ndarray of bool
        Mask of held-out speakers, shape (n_speakers,).

    Examples
    --------
    >>> int(split_speakers(np.arange(100.0), 0.5, seed=0).sum())
    50
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(exposure), dtype=bool)
    order = np.argsort(exposure, kind="stable")
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        exact = fraction * len(block)
        count = int(exact) + int(rng.random() < exact - int(exact))
        chosen[rng.choice(block, size=count, replace=False)] = True
    return chosen


def folds_of(exposure: NDArray[np.float64], folds: int, seed: int) -> NDArray[np.int64]:
    """Assign speakers to folds of similar size, stratified by exposure.

    Parameters
    ----------
    exposure
        Words of each sampling unit, in an order that does not depend on names, shape (n_speakers,).
    folds
        Number of folds K.
    seed
        Seed of the draw.

    Returns
    -------
    ndarray of int64
        Fold of each sampling unit, 0 to K - 1, shape (n_speakers,).

    Examples
    --------
    >>> np.bincount(folds_of(np.arange(100.0), 5, seed=0)).tolist()
    [20, 20, 20, 20, 20]
    """
    rng = np.random.default_rng([seed, 3])
    order = np.argsort(exposure, kind="stable")
    fold = np.empty(len(exposure), dtype=np.int64)
    for start in range(0, len(order), folds):
        block = order[start : start + folds]
        fold[block] = rng.permutation(folds)[: len(block)]
    return fold
