"""``embedding``: k-means on speakers' mean vectors, no labels needed (after Dheram et al., Interspeech 2022)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.rules import Centroids, Group, normalize_rows
from fairaudit.cohorts.shapes import Balls, ShapeScan
from fairaudit.cohorts.stability import agreement, cloud_like, resampled_jaccard
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import sum_over
from fairaudit.core.errors import InputError, UsageError
from fairaudit.stats.exact import exact_distances
from fairaudit.units.build import UnitTable

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

__all__ = ["Embedding"]

#: Speakers of a cluster that k aims at: about 25 to find it on and 25 to measure it on.
_CLUSTER_SIZE: Final = 50
#: Largest share of the speakers in several clusters together; a single one may hold more.
_LARGEST_SHARE: Final = 0.5
#: Clusterings that are compared over seeds, and over resampled speakers, with how many restarts each of these.
_SEEDS: Final = 5
_RESAMPLES: Final = 20
_RESTARTS: Final = 3
#: Clusters agree over seeds if they do so much, or by so much more than those of a cloud without clusters. Of pure
#: noise the difference was at most .01, and the agreement .08, in 100 of 100 logs of 2,000 speakers (32 dimensions,
#: k = 40); the difference at most .09 in 60 of 60 of 200. Of 100 speakers in 16 dimensions (k = 2), noise often passes.
_AGREE: Final = 0.6
_ABOVE_CLOUD: Final = 0.2
#: Most speakers that stability is measured on.
_MOST: Final = 5000


@dataclass(frozen=True)
class Embedding:
    """Cluster length-normalised speaker means; errors are not looked at, only which clusters are worst.

    Every cluster together with its nearest neighbours is a candidate, from a single cluster to half of the speakers,
    and the clusters that most of these candidates agree on, each weighted by its evidence, are the bottom. So it does
    not matter much whether k is near the number of kinds of voices. In logs of 2,000 speakers with one planted kind of
    voice of six neighbouring clusters (+40 %, k = 40), the median overlap of the bottom with it was 1.00 (100 logs);
    of the single worst cluster, .17 (24 logs).

    Attributes
    ----------
    clusters
        Number k of clusters; ``None`` chooses it so that a cluster has about 25 speakers to be found on and 25 to be
        measured on.
    max_clusters
        Largest k that is chosen.
    n_init
        Restarts of k-means.
    weights
        ``equal``: every speaker counts alike; ``words``: as much as they said.
    random_state
        Seed of k-means.
    min_speakers
        Fewest speakers of the bottom.

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
            raise UsageError(f"weights are 'equal' or 'words', not {self.weights!r}")
        if (self.clusters is not None and self.clusters < 2) or self.max_clusters < 2 or self.n_init < 1:
            raise UsageError("embedding needs clusters >= 2 (or None, to choose), max_clusters >= 2 and n_init >= 1")

    @property
    def keep_exposure(self) -> bool:
        """Whether the clusters depend on exposures."""
        return self.weights == "words"

    def partition(self, units: UnitTable) -> Centroids:
        """Run k-means on the units' vectors."""
        vectors = normalize_rows(units.features.to_numpy(np.float32))
        k = self.clusters or int(np.clip(len(vectors) // _CLUSTER_SIZE, 2, self.max_clusters))
        if len(vectors) < k:
            raise InputError(f"embedding: {len(vectors)} speakers have a vector, fewer than {k} clusters")
        model = _k_means(vectors, k, self.weights_of(units), self.n_init, self.random_state)
        return Centroids(model.cluster_centers_.astype(np.float32))

    def search(self, units: UnitTable) -> _ClusterScan:
        """Look among every cluster with its neighbours."""
        return self._scan(units, self.partition(units))

    def bottom(self, units: UnitTable, rule: Centroids, looked: NDArray[np.bool_]) -> Group | None:
        """The clusters that the weighted candidates agree on, told as one group."""
        worst = self._scan(units, rule).worst(looked)
        return Group(tuple(map(int, worst)), rule.describe_all(worst)) if len(worst) else None

    def _scan(self, units: UnitTable, rule: Centroids) -> _ClusterScan:
        cluster = rule.assign(units.features)
        speakers = sum_over(cluster, units.speakers_per_unit(), rule.n_cohorts)
        distance = exact_distances(rule.centers, rule.centers)
        share = max(_LARGEST_SHARE, float(speakers.max() / speakers.sum()))
        balls = Balls.around(distance, speakers, share)
        return _ClusterScan(units, cluster, rule.n_cohorts, (balls,), self.min_speakers, share, discoverer=self)

    def weights_of(self, units: UnitTable) -> NDArray[np.float64] | None:
        """What each unit counts, shape (n_units,); ``None`` if all count alike."""
        return units.per_unit(units.counts.exposure) if self.keep_exposure else None


def _k_means(
    vectors: NDArray[np.float32], k: int, weight: NDArray[np.float64] | None, n_init: int, seed: int
) -> KMeans:
    """Cluster vectors of length 1, shape (n_units, n_dimensions).

    In float64 and on one thread: where distances are rounded differently by another processor, that is far below what
    decides where a vector belongs.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            with threadpool_limits(1):
                return KMeans(n_clusters=k, n_init=n_init, random_state=seed).fit(
                    vectors.astype(float), sample_weight=weight
                )
        except ConvergenceWarning:
            distinct = len(np.unique(vectors, axis=0))
            raise InputError(
                f"embedding: the vectors of {len(vectors)} speakers hold {distinct} distinct points, "
                f"too few for {k} clusters"
            ) from None


@dataclass(frozen=True)
class _ClusterScan(ShapeScan):
    """The search among clusters, which knows how stable they are."""

    discoverer: Embedding = field(kw_only=True)

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> Mapping[str, Any]:  # noqa: ARG002
        """How stable the clusters are (:mod:`fairaudit.cohorts.stability`), on at most 5,000 speakers."""
        vectors = normalize_rows(self.units.features.to_numpy(np.float32))
        some = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST)).astype(np.int64))
        weights = self.discoverer.weights_of(self.units)
        vectors, labels, weight = vectors[some], self.cell[some], None if weights is None else weights[some]
        k, seed = min(self.n_cells, len(some)), self.discoverer.random_state

        def clusters(of: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
            return np.asarray(_k_means(of, k, weight, self.discoverer.n_init, seed).labels_)

        def again(drawn: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
            drawn_weight = None if weight is None else weight[drawn]
            fewer = min(k, len(np.unique(vectors[drawn], axis=0)))
            return np.asarray(_k_means(vectors[drawn], fewer, drawn_weight, _RESTARTS, seed).labels_)

        cloud = cloud_like(vectors, seed)
        ari, of_cloud = (agreement([clusters(of, seed + i) for i in range(_SEEDS)]) for of in (vectors, cloud))
        sets = [[c] for c in range(self.n_cells)] + ([list(bottom.cohorts)] if bottom else [])
        jaccard = resampled_jaccard(labels, again, sets, _RESAMPLES, seed)
        told = {
            "seeds": _SEEDS,
            "ari": ari,
            "ari_of_cloud": of_cloud,
            "clustered": ari >= min(_AGREE, of_cloud + _ABOVE_CLOUD),
            "resamples": _RESAMPLES,
            "cohorts": jaccard[: self.n_cells],
            "bottom": jaccard[-1] if bottom else None,
        }
        return {"stability": told}
