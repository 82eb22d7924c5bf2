"""Whether clusters come back: with other seeds, with other speakers, and more than in a cloud without any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import normalize_rows
from fairaudit.stats.exact import exact_sum

__all__ = ["agreement", "cloud_like", "resampled_jaccard"]

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


def agreement(runs: Sequence[Labels]) -> float:
    """Mean adjusted Rand index of all pairs of clusterings of the same units (Hubert and Arabie 1985).

    Examples
    --------
    >>> agreement([np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])])
    1.0
    """
    from sklearn.metrics import adjusted_rand_score

    pairs = [adjusted_rand_score(one, other) for one, other in combinations(runs, 2)]
    return exact_sum(pairs) / len(pairs)


def cloud_like(vectors: Vectors, seed: int) -> Vectors:
    """Vectors of the same spread in every direction, but without clusters.

    Normal with the mean and covariance of the vectors, before lengths are set to 1.

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
    >>> cloud_like(rows, 0).shape
    (50, 4)
    """
    middle = vectors.mean(axis=0, dtype=float)
    _, lengths, axes = np.linalg.svd(vectors - middle, full_matrices=False)
    # an axis has no sign of its own: its largest entry is taken as positive
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
    """How much of some sets of clusters comes back when units are drawn with replacement and clustered anew.

    The counterpart of a set in a resample is the union of the new clusters of which most units are in the set;
    the mean Jaccard overlap of the two, among the units drawn (after Hennig 2007, who takes single clusters).

    Parameters
    ----------
    labels
        Cluster of each unit, shape (n_units,).
    cluster
        Clusters some units, given by index, with a seed; gives their labels.
    sets
        Sets of clusters.
    resamples, seed
        Number of resamples, and seed.

    Returns
    -------
    list of float
        One mean for each set; a resample in which nobody of the set is drawn does not count.

    Examples
    --------
    >>> labels = np.repeat([0, 1, 2], 20)
    >>> resampled_jaccard(labels, lambda units, seed: labels[units], [[0], [1, 2]], 5, 0)
    [1.0, 1.0]
    """
    rng = np.random.default_rng(seed)
    found = np.full((resamples, len(sets)), np.nan)
    for draw in range(resamples):
        units = np.unique(rng.integers(len(labels), size=len(labels)))
        again = cluster(units, seed + draw)
        sizes = np.bincount(again)
        for place, clusters in enumerate(sets):
            before = np.isin(labels[units], clusters)
            counterpart = (2 * np.bincount(again, before, len(sizes)) > sizes)[again]
            if before.any():
                found[draw, place] = (before & counterpart).sum() / (before | counterpart).sum()
    return [float(value) for value in np.nanmean(found, axis=0)]
