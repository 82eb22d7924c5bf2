"""Voice cohorts in the plane: the projection is that of principal components, and no speaker is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.auditing.voices import voices_of
from fairaudit.cohorts.rules import Centroids, normalize_rows
from fairaudit.core.rate import rate_named
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.results.audit_parts import Voices
from fairaudit.results.parts_document import voices_to_dict
from fairaudit.units.build import UnitTable, build_tables

SIZES = (40, 25, 8)


def clouds(dimensions: int = 6, seed: int = 0) -> tuple[UnitTable, Centroids]:
    """Three clouds of speakers around three axes, the last of fewer than 11."""
    rng = np.random.default_rng(seed)
    centers = np.eye(3, dimensions)
    vectors = np.repeat(centers, SIZES, axis=0) + 0.1 * rng.standard_normal((sum(SIZES), dimensions))
    ids = [f"s{i:03d}" for i in range(len(vectors))]
    rows = pd.DataFrame({"speaker_id": ids, "errors": 1 + np.arange(len(ids)) % 7, "words": 100})
    log = fairaudit.read_log(rows)
    _, (units,) = build_tables(log, [EmbeddingTable.of(ids, vectors).for_log(log)], rate_named("wer"))
    return units, Centroids(centers.astype(np.float32))


@pytest.fixture
def projected() -> Voices:
    found = voices_of(*clouds())
    assert found is not None
    return found


def test_the_plane_is_that_of_the_first_two_principal_components(projected: Voices):
    from sklearn.decomposition import PCA

    units, rule = clouds()
    vectors = normalize_rows(units.features.to_numpy(np.float32))
    pca = PCA(2).fit(vectors)
    assert projected.explained == pytest.approx(tuple(pca.explained_variance_ratio_), rel=1e-4)
    plane = pca.transform(vectors)
    plane *= np.sign(pca.components_[[0, 1], np.abs(pca.components_).argmax(axis=1)])
    cohort = rule.assign(units.features)
    for voice in projected.cohorts:
        inside = plane[cohort == voice.cohort_id]
        assert voice.speakers == len(inside) == SIZES[voice.cohort_id]
        assert voice.mean == pytest.approx(inside.mean(axis=0), abs=1e-4)
        assert voice.covariance == pytest.approx(np.cov(inside.T, bias=True), abs=1e-4)


def test_few_speakers_and_withheld_cohorts_are_left_out(projected: Voices):
    told = voices_to_dict(projected, [1], unredacted=False)
    assert told is not None
    assert [cohort["cohort_id"] for cohort in told["cohorts"]] == [0]
    assert {*told["cohorts"][0]} == {"cohort_id", "mean", "covariance"}
    everything = voices_to_dict(projected, [], unredacted=True)
    assert everything is not None
    assert [cohort["cohort_id"] for cohort in everything["cohorts"]] == [0, 1, 2]


def test_vectors_without_a_plane_have_no_picture():
    units, _ = clouds(dimensions=6)
    line = UnitTable(units.features.iloc[:, :1], units.counts, units.residual, units.information)
    assert voices_of(line, Centroids(np.ones((1, 1), dtype=np.float32))) is None
    assert voices_to_dict(None, [], unredacted=False) is None


@pytest.mark.slow
def test_only_a_search_over_vectors_has_voices(sample_audit):
    with_voices = {discovery.method for discovery in sample_audit.searches if discovery.voices is not None}
    assert with_voices == {"embedding"}
