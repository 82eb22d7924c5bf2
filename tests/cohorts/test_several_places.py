"""Sampling units with several places, zip codes or voices: a household with an address for each member."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import Embedding, GeoScan, GeoTree, ZipCensus
from fairaudit.cohorts.embedding import _inside_and_outside
from fairaudit.cohorts.joint import cohort_sizes
from fairaudit.cohorts.search import speakers_inside_and_outside
from fairaudit.core.counts import ErrorCounts
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.places import Coordinates
from fairaudit.report import render_terminal

HOMES, MEMBERS = 200, 6


def homes(places: int, *, gap: float = 0.7, seed: int = 0) -> pd.DataFrame:
    """Homes of six at one place or at several, with more errors in the southern fifth; members share an effect."""
    rng = np.random.default_rng(seed)
    home = np.arange(HOMES * MEMBERS) // MEMBERS
    centre = rng.uniform([-40, -118], [-36, -112], (HOMES, 2))
    around = rng.uniform(-0.1, 0.1, (HOMES, places, 2))
    latitude, longitude = (centre[home] + around[home, np.arange(len(home)) % places]).round(3).T
    south = centre[:, 0] <= np.quantile(centre[:, 0], 0.2)
    effect = np.exp(0.3 * rng.standard_normal(HOMES)) * np.where(south, 1 + gap, 1)
    words = rng.integers(50, 200, len(home))
    return pd.DataFrame(
        {
            "speaker_id": [f"s{i:04d}" for i in range(len(home))],
            "home": [f"h{i:03d}" for i in home],
            "latitude": latitude,
            "longitude": longitude,
            "zip_code": [f"{101 + i:05d}" for i in rng.permutation(len(home)) % 40],
            "errors": rng.binomial(words, 0.1 * effect[home]),
            "words": words,
        }
    )


@pytest.mark.parametrize("discoverer", [GeoTree(), GeoScan()], ids=lambda one: one.method)
@pytest.mark.parametrize("places", [1, 2, 6])
def test_every_region_has_enough_homes(discoverer, places: int, tables: Callable) -> None:
    _, units = tables(homes(places), Coordinates(), by="home")
    assert units.speakers_per_unit().sum() == HOMES
    assert cohort_sizes(discoverer.partition(units), units).min() >= 20


@pytest.mark.parametrize("method", ["geo-tree", "geo-scan"])
def test_the_verdict_is_the_same_with_one_place_and_with_several(method: str) -> None:
    """With a place for each member, places were counted as homes, and the region found was too small to be tested."""
    for places in (1, 6):
        log = fairaudit.read_log(homes(places), cluster="home")
        found = fairaudit.audit(log, methods=[method], permutations=39).searches[0]
        assert found.verdict == "disparity"
        assert found.evidence.test.p_alone == 1 / 40


def test_partitions_are_listed_with_whole_homes(tables: Callable) -> None:
    frame = homes(2)
    codes = sorted(set(frame["zip_code"]))
    census = pd.DataFrame({"income": np.arange(len(codes), dtype=float)}, index=pd.Index(codes, name="zip_code"))
    _, units = tables(frame, CensusTable(census, ("income",)), by="home")
    for one in ZipCensus(pairs=False).search(units).listing(None):
        column, sign, threshold = one["description"].split()
        assert (column, sign) in {("income", ">"), ("income", "≤")}
        income = frame["zip_code"].map(census["income"])
        inside = income > float(threshold) if sign == ">" else income <= float(threshold)
        assert one["speakers"] == frame["home"][inside].nunique()


def test_the_homes_of_voices_are_counted_exactly(tables: Callable) -> None:
    """The members of a home sound different, so that equal parts of homes would be far fewer than homes."""
    frame, rng = homes(1), np.random.default_rng(1)
    vectors = rng.standard_normal((len(frame), 4)).astype(np.float32)
    _, units = tables(frame, EmbeddingTable.of(frame["speaker_id"].to_numpy(), vectors), by="home")
    scan = Embedding(clusters=12, n_init=1).search(units)
    (balls,), (allowed,) = scan.families, scan.allowed
    clusters = units.counts.regroup(scan.cell)
    inside, outside = _inside_and_outside(balls.order, clusters)
    for centre in range(len(balls.order)):
        sets = [balls.order[centre, : step + 1].tolist() for step in range(balls.order.shape[1])]
        exact = speakers_inside_and_outside(clusters, sets)
        np.testing.assert_array_equal([inside[centre], outside[centre]], exact)
    small = balls.speakers < 20
    assert (allowed & small).any()


def test_balls_count_a_sampling_unit_once() -> None:
    counts = ErrorCounts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), np.ones(4), np.ones(4))
    inside, outside = _inside_and_outside(np.array([[1, 0, 2], [2, 3, 0]]), counts)
    assert inside.tolist() == [[2, 2, 3], [1, 1, 2]]
    assert outside.tolist() == [[2, 1, 0], [2, 2, 2]]


@pytest.mark.parametrize("method", ["geo-tree", "geo-scan"])
def test_neither_the_order_of_rows_nor_names_matter(method: str) -> None:
    frame = homes(3, seed=2)
    rng = np.random.default_rng(0)
    renamed = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    for column in ("speaker_id", "home"):
        names = pd.unique(renamed[column])
        renamed[column] = renamed[column].map(
            dict(zip(names, rng.permutation([f"x{i}" for i in range(len(names))]), strict=True))
        )
    one, other = (
        fairaudit.audit(fairaudit.read_log(log, cluster="home"), methods=[method], permutations=19).searches[0].evidence
        for log in (frame, renamed)
    )
    np.testing.assert_array_equal(one.test.null, other.test.null)
    assert (one.bottom, one.gaps.held_out) == (other.bottom, other.gaps.held_out)


def test_the_smallest_region_that_is_looked_for_is_said() -> None:
    audit = fairaudit.audit(
        fairaudit.read_log(homes(2), cluster="home"), methods=["geo-scan"], min_speakers=30, permutations=19
    )
    assert audit.to_dict()["discoveries"][0]["smallest_cohort"] == 45
    said = "The smallest group that this search looks for has 45 speakers."
    assert said in " ".join(render_terminal(audit.to_dict()).split())
