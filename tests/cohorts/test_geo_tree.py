from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import GeoTree
from fairaudit.cohorts.search import observed_score
from fairaudit.core.errors import UsageError
from fairaudit.inputs.places import Coordinates
from fairaudit.stats.permutation import shuffles

Tables = Callable[..., Any]
Places = Callable[..., pd.DataFrame]


@pytest.fixture
def box(places: Places) -> pd.DataFrame:
    """400 speakers at 300 places; those in a corner are served twice as badly."""
    rng = np.random.default_rng(5)
    latitude, longitude = np.round(rng.uniform(40, 50, 300), 2), np.round(rng.uniform(0, 10, 300), 2)
    at = np.append(np.arange(300), rng.integers(0, 300, 100))
    worse = (latitude < 43) & (longitude > 5)
    return places(latitude[at], longitude[at], worse[at])


def test_finds_the_planted_corner(box: pd.DataFrame, tables: Tables) -> None:
    _, units = tables(box, Coordinates())
    rule = GeoTree(max_leaves=4).partition(units)
    here = rule.assign(pd.DataFrame({"latitude": [41.0, 47.0, 41.0], "longitude": [8.0, 8.0, 2.0]}))
    assert here[0] == 0
    assert 0 not in here[1:]
    assert rule.label(0) == "R1"


@pytest.mark.parametrize("criterion", ["score", "likelihood", "gap"])
def test_every_place_is_in_one_region_and_regions_keep_the_floors(
    criterion: str, box: pd.DataFrame, tables: Tables
) -> None:
    _, units = tables(box, Coordinates())
    rule = GeoTree(criterion=criterion, max_leaves=9, min_speakers=15, min_words=4000.0).partition(units)
    counts = units.counts.regroup(rule.assign(units.features))
    assert sorted(set(counts.group)) == list(range(rule.n_cohorts))
    assert 2 <= rule.n_cohorts <= 9
    for cohort in range(rule.n_cohorts):
        part = counts.of_groups([cohort])
        assert part.n_speakers >= 15
        assert part.exposure.sum() >= 4000


def test_regions_are_numbered_worst_first(box: pd.DataFrame, tables: Tables) -> None:
    _, units = tables(box, Coordinates())
    rule = GeoTree(max_leaves=6).partition(units)
    cohort = rule.assign(units.features)[units.counts.group]
    sums = [(units.residual[cohort == c].sum(), units.information[cohort == c].sum()) for c in range(rule.n_cohorts)]
    total = units.residual.sum(), units.information.sum()
    scores = [(u / i - (total[0] - u) / (total[1] - i)) / np.sqrt(1 / i + 1 / (total[1] - i)) for u, i in sums]
    assert scores == sorted(scores, reverse=True)


def test_rows_and_names_change_nothing(box: pd.DataFrame, tables: Tables) -> None:
    long = pd.concat([box, box.assign(errors=1, words=10)])
    names = dict(zip(box["speaker_id"], np.random.default_rng(0).permutation(len(box)).astype(str), strict=True))
    other = long.assign(speaker_id=long["speaker_id"].map(names)).sample(frac=1, random_state=1)
    discoverer = GeoTree(max_leaves=8)
    (table, units), (table_2, units_2) = tables(long, Coordinates()), tables(other, Coordinates())
    assert discoverer.partition(units) == discoverer.partition(units_2)
    null, null_2 = (
        np.concatenate([discoverer.search(u).best(chunk) for chunk in shuffles(u.counts.speaker, len(t), 9, 0)])
        for u, t in ((units, table), (units_2, table_2))
    )
    np.testing.assert_array_equal(null, null_2)


def test_a_speaker_counts_under_the_most_frequent_place(places: Places, tables: Tables) -> None:
    two = places(np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.array([False, True]))
    away = two.iloc[[0, 0, 0]].assign(latitude=2.0, longitude=2.0, errors=7, words=1)
    table, units = tables(pd.concat([two, away]), Coordinates())
    assert units.notes == (
        "1 speakers had more than one latitude/longitude; each is counted under the most frequent one",
    )
    assert len(units) == 1
    assert units.counts.n_speakers == 2
    assert units.counts.errors.sum() == table.errors.sum() == two["errors"].sum() + 21


def test_a_known_place_comes_before_more_rows_without_one(places: Places, tables: Tables) -> None:
    one = places(np.array([1.0, 4.0]), np.array([1.0, 4.0]), np.array([False, True]))
    nowhere = one.iloc[[0, 0, 0]].assign(latitude=np.nan, longitude=np.nan)
    _, units = tables(pd.concat([one, nowhere]), Coordinates())
    assert len(units) == 2
    assert units.counts.exposure.sum() == one["words"].sum() + 3 * one["words"].iloc[0]


def test_places_across_the_antimeridian_are_neighbours(places: Places, tables: Tables) -> None:
    rng = np.random.default_rng(2)
    longitude = np.mod(rng.uniform(170, 190, 300) + 180, 360) - 180
    worse = np.abs(np.abs(longitude) - 180) < 3
    _, units = tables(places(rng.uniform(-20, -10, 300), longitude, worse), Coordinates())
    rule = GeoTree(max_leaves=3).partition(units)
    west, east, far, other = rule.assign(
        pd.DataFrame({"latitude": [-15.0] * 4, "longitude": [179.0, -179.0, 171.0, -171.0]})
    )
    assert west == east == 0
    assert 0 not in (far, other)


def test_turning_the_globe_turns_the_regions(box: pd.DataFrame, tables: Tables) -> None:
    turned = box.assign(longitude=np.mod(box["longitude"] + 175 + 180, 360) - 180)
    discoverer = GeoTree(max_leaves=6)
    (_, units), (_, units_2) = tables(box, Coordinates()), tables(turned, Coordinates())
    found, found_2 = (
        sorted(
            zip(
                u.counts.exposure,
                u.counts.errors,
                discoverer.partition(u).assign(u.features)[u.counts.group],
                strict=True,
            )
        )
        for u in (units, units_2)
    )
    assert found == found_2


def test_one_place_is_one_region(places: Places, tables: Tables) -> None:
    same = np.full(80, 5.0)
    _, units = tables(places(same, same, np.arange(80) < 40), Coordinates())
    rule = GeoTree().partition(units)
    assert rule.n_cohorts == 1
    assert rule.describe(0) == "everyone"
    assert observed_score(GeoTree().search(units)) == -np.inf


def test_the_search_is_as_good_as_its_best_region_or_union(box: pd.DataFrame, tables: Tables) -> None:
    _, units = tables(box, Coordinates())
    discoverer = GeoTree(max_leaves=8)
    rule = discoverer.partition(units)
    cohort = rule.assign(units.features)[units.counts.group]
    best = -np.inf
    for group in rule.groups():
        inside = np.isin(cohort, group.cohorts)
        u, i = units.residual[inside].sum(), units.information[inside].sum()
        v, j = units.residual[~inside].sum(), units.information[~inside].sum()
        best = max(best, (u / i - v / j) / np.sqrt(1 / i + 1 / j))
    assert observed_score(discoverer.search(units)) == pytest.approx(best)


def test_settings_that_cannot_be(tables: Tables) -> None:
    for wrong in ({"criterion": "gini"}, {"max_leaves": 1}, {"min_speakers": 0}):
        with pytest.raises(UsageError):
            replace(GeoTree(), **wrong)
