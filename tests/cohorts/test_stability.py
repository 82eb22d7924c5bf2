from __future__ import annotations

import numpy as np
import pytest

from fairaudit.cohorts.stability import agreement, resampled_jaccard, unclustered_like

RNG = np.random.default_rng(0)


def blobs(k: int = 5, size: int = 60) -> tuple[np.ndarray, np.ndarray]:
    centres = np.linalg.qr(RNG.standard_normal((16, 16)))[0][:k]
    labels = np.repeat(np.arange(k), size)
    rows = centres[labels] + 0.1 * RNG.standard_normal((k * size, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def test_a_cloud_keeps_the_spread_and_loses_the_clusters() -> None:
    rows, labels = blobs()
    cloud = unclustered_like(rows, 0)
    assert cloud.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(cloud, axis=1), 1, atol=1e-5)
    spread, of_cloud = (np.sort(np.linalg.eigvalsh(np.cov(one.T)))[-4:] for one in (rows, cloud))
    np.testing.assert_allclose(of_cloud, spread, rtol=0.5)
    middles = np.array([rows[labels == k].mean(axis=0) for k in range(5)])
    near, near_in_cloud = ((one @ middles.T).max(axis=1).mean() for one in (rows, cloud))
    assert near_in_cloud < near - 0.1


def test_agreement_is_the_mean_over_pairs() -> None:
    labels = RNG.integers(0, 3, 300)
    assert agreement([labels, (labels + 1) % 3, labels]) == 1.0
    assert abs(agreement([labels, RNG.integers(0, 3, 300)])) < 0.05


def test_a_single_cluster_agrees_with_nothing() -> None:
    single, two = np.zeros(100, dtype=int), np.repeat([0, 1], 50)
    assert agreement([single, single, single]) == agreement([single, two]) == 0.0
    assert agreement([two, two, single]) == pytest.approx(1 / 3)


def test_what_always_comes_back_and_what_never_does() -> None:
    labels = np.repeat([0, 1, 2, 3], 50)

    def only_halves(units: np.ndarray, seed: int) -> np.ndarray:
        """Tells 0 and 1 from 2 and 3, and no more."""
        return labels[units] // 2

    one, pair, across = resampled_jaccard(labels, only_halves, [[0], [0, 1], [0, 2]], 10, 0)
    assert pair == 1.0
    assert one < 0.6
    assert across < 0.6


def test_chance_brings_little_back() -> None:
    labels = RNG.integers(0, 10, 500)
    found = resampled_jaccard(labels, lambda u, s: np.random.default_rng(s).integers(0, 10, len(u)), [[3]], 10, 0)
    assert found[0] < 0.2


@pytest.mark.parametrize("resamples", [1, 5])
def test_equal_seeds_give_equal_answers(resamples: int) -> None:
    labels = RNG.integers(0, 3, 90)
    again = [resampled_jaccard(labels, lambda u, s: (u + s) % 3, [[0], [1]], resamples, 7) for _ in range(2)]
    assert again[0] == again[1]
