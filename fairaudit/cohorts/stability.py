"""Measure the stability of clusters over seeds and resampled speakers, relative to unclustered vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import normalize_rows
from fairaudit.stats.exact import exact_sum

__all__ = ["agreement", "resampled_jaccard", "unclustered_like"]

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


def agreement(runs: Sequence[Labels]) -> float:
    """Return the mean adjusted Rand index of all pairs of clusterings of the same units (Hubert and Arabie 1985).

    A single cluster of all units says nothing about them, so it agrees with no clustering, not even with another one.

    Examples
    --------
    >>> agreement([np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])])
    1.0
    >>> agreement([np.array([0, 0, 0, 0]), np.array([0, 0, 0, 0])])
    0.0
    """
    from sklearn.metrics import adjusted_rand_score

    single = [len(np.unique(run)) < 2 for run in runs]
    pairs = [
        0.0 if single[i] or single[j] else adjusted_rand_score(runs[i], runs[j])
        for i, j in combinations(range(len(runs)), 2)
    ]
    return exact_sum(pairs) / len(pairs)


def unclustered_like(vectors: Vectors, seed: int) -> Vectors:
    """Draw vectors with the same mean and covariance, but without clusters.

    The vectors are drawn from a normal distribution and then scaled to length 1.

    Parameters
    ----------
    vectors
        Rows of length 1, shape (n_units, n_dimensions).
    seed
        Seed of the draw.

    Returns
    -------
    ndarray of float32
        Rows of length 1, same shape.

    Examples
    --------
    >>> rows = normalize_rows(np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32))
    >>> unclustered_like(rows, 0).shape
    (50, 4)
    """
    middle = vectors.mean(axis=0, dtype=float)
    _, lengths, axes = np.linalg.svd(vectors - middle, full_matrices=False)
    # The sign of an axis is arbitrary, so its largest entry is made positive.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    drawn = np.random.default_rng(seed).standard_normal((len(vectors), len(lengths)))
    along = drawn * lengths / np.sqrt(len(vectors))
    return normalize_rows((along @ axes + middle).astype(np.float32))


def resampled_jaccard(
    labels: Labels,
    cluster: Callable[[NDArray[np.int64], int], Labels],
    sets: Sequence[Sequence[int]],
    resamples: int,
    seed: int,
) -> list[float]:
    """Measure how well sets of clusters are recovered when units are resampled and clustered again.

    The counterpart of a set in a resample is the union of the new clusters that have most of their units in the set.
    The result is the mean Jaccard overlap of the two among the drawn units (after Hennig 2007, for single clusters).

    Parameters
    ----------
    labels
        Cluster of each unit, shape (n_units,).
    cluster
        Function that clusters units, given by index, with a seed, and returns their labels.
    sets
        Sets of clusters.
    resamples, seed
        Number of resamples, and their seed.

    Returns
    -------
    list of float
        Mean overlap of each set. Resamples in which no unit of the set is drawn are left out.

    Examples
    --------
    >>> labels = np.repeat([0, 1, 2], 20)
    >>> resampled_jaccard(labels, lambda units, seed: labels[units], [[0], [1, 2]], 5, 0)
    [1.0, 1.0]
    """
    rng = np.random.default_rng(seed)
    overlap = np.full((resamples, len(sets)), np.nan)
    for draw in range(resamples):
        units = np.unique(rng.integers(len(labels), size=len(labels)))
        new_labels = cluster(units, seed + draw)
        sizes = np.bincount(new_labels)
        for i, clusters in enumerate(sets):
            original = np.isin(labels[units], clusters)
            counterpart = (2 * np.bincount(new_labels, original, len(sizes)) > sizes)[new_labels]
            if original.any():
                overlap[draw, i] = (original & counterpart).sum() / (original | counterpart).sum()
    return [float(value) for value in np.nanmean(overlap, axis=0)]
