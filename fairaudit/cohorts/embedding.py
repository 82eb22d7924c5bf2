"""``embedding``: k-means on the mean vectors of speakers, without labels (after Dheram et al., Interspeech 2022)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

import numpy as np

from fairaudit.cohorts.fixed import LARGE_SHARE
from fairaudit.cohorts.joint import cohort_sizes
from fairaudit.cohorts.rules import Centroids, Group, normalize_rows
from fairaudit.cohorts.search import speakers_inside_and_outside
from fairaudit.cohorts.shapes import Balls, ShapeScan
from fairaudit.cohorts.stability import agreement, resampled_jaccard, unclustered_like
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import ErrorCounts, sum_over
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.stats.exact import exact_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.cluster import KMeans
    from threadpoolctl import ThreadpoolController

    from fairaudit.units.build import UnitTable

__all__ = ["Embedding"]

#: Target number of speakers per cluster: about 25 for discovery and 25 for measurement.
_CLUSTER_SIZE: Final = 50
#: Largest share of the speakers in several clusters together; a single cluster may be larger. If more are worse, the
#: rest is better.
_LARGEST_SHARE: Final = 1 - LARGE_SHARE
#: Number of clusterings compared over seeds, number of resamples of speakers, and restarts per resample.
_SEEDS: Final = 5
_RESAMPLES: Final = 20
_RESTARTS: Final = 3
#: Clusters count as stable if their agreement over seeds is at least ``_AGREE``, or exceeds that of unclustered vectors
#: by ``_ABOVE_UNCLUSTERED``. For pure noise, the difference was at most .01 and the agreement at most .08 in 100 of 100
#: logs of 2,000 speakers (32 dimensions, k = 40), and the difference was at most .09 in 60 of 60 logs of 200 speakers.
#: For 100 speakers in 16 dimensions (k = 2), noise often passes. If unclustered vectors always merge into one cluster
#: (agreement 0), there is nothing to exceed, and only ``_AGREE`` counts.
_AGREE: Final = 0.6
_ABOVE_UNCLUSTERED: Final = 0.2
#: Largest number of speakers for which stability is measured.
_MOST: Final = 5000


@dataclass(frozen=True)
class Embedding:
    """Cluster length-normalised mean vectors of speakers, without using errors, and find the worst clusters.

    Every cluster together with its nearest neighbours is a candidate, from a single cluster up to two thirds of the
    speakers. Candidates are weighted by their evidence, and the clusters on which most of the weight agrees are the
    bottom. It is therefore not important that k matches the number of types of voices. In logs of 2,000 speakers with
    one planted type of voice that spans six neighbouring clusters (+40 %, k = 40), the median overlap of the bottom
    with it was 1.00 (100 logs), and that of the single worst cluster was .17 (24 logs).

    Attributes
    ----------
    clusters
        Number k of clusters. ``None`` chooses k so that a cluster has about 25 speakers for discovery and 25 for
        measurement. There may be fewer in the end, because clusters of fewer than 11 speakers are merged.
    max_clusters
        Largest k that can be chosen.
    n_init
        Number of restarts of k-means.
    weights
        ``equal``: all speakers have the same weight; ``words``: speakers are weighted by their number of words.
    random_state
        Seed of k-means.
    min_speakers
        Fewest speakers in the bottom.

    Examples
    --------
    >>> Embedding(clusters=10).keep_exposure
    False
    """

    method: ClassVar[str] = "embedding"
    keys: ClassVar[tuple[str, ...]] = (SPEAKER,)
    outcome_free: ClassVar[bool] = True

    clusters: int | None = None
    max_clusters: int = 50
    n_init: int = 10
    weights: str = "equal"
    random_state: int = 0
    min_speakers: int = 20

    def __post_init__(self) -> None:
        if self.weights not in ("equal", "words"):
            raise UsageError(f"weights must be 'equal' or 'words', not {self.weights!r}")
        if (self.clusters is not None and self.clusters < 2) or self.max_clusters < 2 or self.n_init < 1:
            raise UsageError("embedding needs clusters >= 2 (or None, to choose), max_clusters >= 2 and n_init >= 1")

    @property
    def keep_exposure(self) -> bool:
        """Whether the clusters depend on exposures."""
        return self.weights == "words"

    def partition(self, units: UnitTable) -> Centroids:
        """Run k-means on the vectors of the units, and merge clusters that are small enough to identify a voice.

        A cluster of fewer than 11 speakers is given up, the smallest first, and its speakers join the nearest others.
        """
        vectors = normalize_rows(units.features.to_numpy(np.float32))
        k = self.clusters_of(len(vectors))
        if len(vectors) < k:
            raise InputError(f"embedding: only {len(vectors)} speakers have a vector, too few for {k} clusters")
        model = _k_means(vectors, k, self.weights_of(units), self.n_init, self.random_state)
        return Centroids(_merged(model, lambda centers: cohort_sizes(Centroids(centers), units)))

    def clusters_of(self, n_units: int) -> int:
        """Return the number of clusters that k-means is asked for, before small ones are merged."""
        return self.clusters or int(np.clip(n_units // _CLUSTER_SIZE, 2, self.max_clusters))

    def search(self, units: UnitTable) -> _ClusterScan:
        """Prepare the search over every cluster with its neighbours."""
        return self._scan(units, self.partition(units))

    def bottom(self, units: UnitTable, rule: Centroids, scored_cells: NDArray[np.bool_]) -> Group | None:
        """Return the clusters on which the weighted candidates agree, as one group."""
        worst = self._scan(units, rule).worst(scored_cells)
        return Group(tuple(map(int, worst)), rule.describe_all(worst)) if len(worst) else None

    def _scan(self, units: UnitTable, rule: Centroids) -> _ClusterScan:
        cluster = rule.assign(units.features)
        speakers = sum_over(cluster, units.speakers_per_unit(), rule.n_cohorts)
        distance = exact_distances(rule.centers, rule.centers)
        share = max(_LARGEST_SHARE, float(speakers.max() / speakers.sum()))
        balls = Balls.around(distance, speakers, share)
        return _ClusterScan(
            units, cluster, rule.n_cohorts, (balls,), self.min_speakers, share, discoverer=self, rule=rule
        )

    def weights_of(self, units: UnitTable) -> NDArray[np.float64] | None:
        """Return the weight of each unit, shape (n_units,), or ``None`` for equal weights."""
        return units.per_unit(units.counts.exposure) if self.keep_exposure else None


def _k_means(
    vectors: NDArray[np.float32], k: int, weight: NDArray[np.float64] | None, n_init: int, seed: int
) -> KMeans:
    """Cluster vectors of length 1, shape (n_units, n_dimensions).

    It runs in float64 and on one thread. If another processor rounds distances differently, the differences are far too
    small to affect which cluster a vector belongs to.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            with _threads().limit(limits=1):
                return KMeans(n_clusters=k, n_init=n_init, random_state=seed).fit(
                    vectors.astype(float), sample_weight=weight
                )
        except ConvergenceWarning:
            distinct = len(np.unique(vectors, axis=0))
            raise InputError(
                f"embedding: the vectors of {len(vectors)} speakers have only {distinct} distinct values, "
                f"too few for {k} clusters"
            ) from None


@cache
def _threads() -> ThreadpoolController:
    """Return what sets the number of threads of the libraries that k-means uses; finding them takes a while."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _merged(
    model: KMeans, sizes_of: Callable[[NDArray[np.float32]], NDArray[np.float64] | NDArray[np.int64]]
) -> NDArray[np.float32]:
    """Return the centres that are left after small clusters are merged, given a function that counts their speakers."""
    centers: NDArray[np.float32] = model.cluster_centers_.astype(np.float32)
    while len(centers) > 1 and (sizes := sizes_of(centers)).min() < SUPPRESS_BELOW:
        centers = np.delete(centers, sizes.argmin(), axis=0)
    return centers


def _inside_and_outside(order: NDArray[np.int64], clusters: ErrorCounts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the sampling units inside and outside of every ball of clusters, each of shape (n_centres, n_steps).

    Parameters
    ----------
    order
        Clusters from nearest to farthest, shape (n_centres, n_steps).
    clusters
        Counts whose group is the cluster.
    """
    by_speaker = np.argsort(clusters.speaker, kind="stable")
    cluster, steps = clusters.group[by_speaker], order.shape[1]
    _, starts = np.unique(clusters.speaker[by_speaker], return_index=True)
    n_clusters = 1 + int(max(cluster.max(initial=0), order.max(initial=0)))
    entered, left = [], []
    for nearest in order:
        step = np.full(n_clusters, steps)
        step[nearest] = np.arange(steps)
        # A sampling unit is inside from its first cluster on, and no longer outside from its last one on.
        entered.append(np.bincount(np.minimum.reduceat(step[cluster], starts), minlength=steps + 1)[:steps])
        left.append(np.bincount(np.maximum.reduceat(step[cluster], starts), minlength=steps + 1)[:steps])
    return np.cumsum(entered, axis=1), len(starts) - np.cumsum(left, axis=1)


def _nearest(vectors: NDArray[np.float32], centers: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.asarray(exact_distances(vectors, centers).argmin(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class _ClusterScan(ShapeScan):
    """Search over clusters that also measures their stability.

    The voices of one sampling unit can be in any cluster. Its equal parts in each would be a low bound, so those inside
    and outside a set of clusters are counted exactly. Only the largest share of a set is one of equal parts.
    """

    discoverer: Embedding = field(kw_only=True)
    rule: Centroids = field(kw_only=True)

    @cached_property
    def allowed(self) -> tuple[NDArray[np.bool_], ...]:
        """Mask of the balls with enough sampling units inside and outside that are not too large."""
        (balls,) = cast("tuple[Balls]", self.families)
        inside, outside = _inside_and_outside(balls.order, self._clusters)
        return (self._large(inside, outside, balls.speakers),)

    @cached_property
    def _clusters(self) -> ErrorCounts:
        """The counts, whose group is the cluster."""
        return self.units.counts.regroup(self.cell)

    def _fits(self, chosen: NDArray[np.bool_]) -> bool:
        inside, outside = speakers_inside_and_outside(self._clusters, [np.flatnonzero(chosen).tolist()])
        return bool(self._large(inside, outside, self._speakers[chosen].sum())[0])

    def _large(
        self, inside: NDArray[np.int64], outside: NDArray[np.int64], speakers: NDArray[np.float64] | float
    ) -> NDArray[np.bool_]:
        enough = np.minimum(inside, outside) >= self.min_speakers
        return np.asarray(enough & (speakers <= self.largest_share * self._speakers.sum()))

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Measure the stability of the clusters (:mod:`fairaudit.cohorts.stability`), on at most 5,000 speakers.

        There is none if all speakers are in one cluster.
        """
        if self.n_cells < 2:
            return {}
        vectors = normalize_rows(self.units.features.to_numpy(np.float32))
        some = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST)).astype(np.int64))
        weights = self.discoverer.weights_of(self.units)
        vectors, labels, weight = vectors[some], self.cell[some], None if weights is None else weights[some]
        n_units, members = len(self.cell), self.units.per_unit(np.ones(len(self.units.counts)))[some]
        k, seed = min(self.discoverer.clusters_of(n_units), len(some)), self.discoverer.random_state

        def merged(model: KMeans, of: NDArray[np.float32], members: NDArray[np.float64]) -> NDArray[np.int64]:
            """Return the cluster of each vector after merging, given its speakers, as if all were clustered."""
            scaled = members * n_units / len(of)
            return _nearest(of, _merged(model, lambda centers: sum_over(_nearest(of, centers), scaled, len(centers))))

        def clusters(of: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
            return merged(_k_means(of, k, weight, self.discoverer.n_init, seed), of, members)

        def recluster(drawn: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
            drawn_weight = None if weight is None else weight[drawn]
            fewer = min(k, len(np.unique(vectors[drawn], axis=0)))
            model = _k_means(vectors[drawn], fewer, drawn_weight, _RESTARTS, seed)
            return merged(model, vectors[drawn], members[drawn])

        unclustered = unclustered_like(vectors, seed)
        ari, baseline = (agreement([clusters(of, seed + i) for i in range(_SEEDS)]) for of in (vectors, unclustered))
        sets = [[c] for c in range(self.n_cells)] + ([list(bottom.cohorts)] if bottom else [])
        jaccard = resampled_jaccard(labels, recluster, sets, _RESAMPLES, seed)
        stability = {
            "seeds": _SEEDS,
            "ari": ari,
            "ari_of_cloud": baseline,
            "clustered": ari >= (min(_AGREE, baseline + _ABOVE_UNCLUSTERED) if baseline else _AGREE),
            "resamples": _RESAMPLES,
            "cohorts": jaccard[: self.n_cells],
            "bottom": jaccard[-1] if bottom else None,
        }
        return {"stability": stability}
