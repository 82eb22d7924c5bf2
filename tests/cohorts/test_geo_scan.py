from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import GeoScan
from fairaudit.cohorts.geo_scan import _Grid, _lines, _to_tree
from fairaudit.cohorts.rules import rule_from_dict
from fairaudit.cohorts.search import observed_score
from fairaudit.core.errors import UsageError
from fairaudit.inputs.places import Coordinates
from fairaudit.stats.permutation import shuffles

Tables = Callable[..., Any]
Places = Callable[..., pd.DataFrame]


def overlap(found: np.ndarray, planted: np.ndarray) -> float:
    return float((found & planted).sum() / (found | planted).sum())


@pytest.fixture
def country() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return np.round(rng.uniform(40, 50, 900), 2), np.round(rng.uniform(0, 14, 900), 2)


@pytest.mark.parametrize(
    ("outline", "least"),
    [
        (lambda lat, lon: (lat < 43) & (lon > 9), 0.8),
        (lambda lat, lon: (lat - 46) ** 2 + (0.7 * (lon - 6)) ** 2 < 3, 0.8),
        (lambda lat, lon: (lat + 0.7 * lon) > 56, 0.6),
    ],
)
def test_finds_areas_of_any_outline(
    outline: Callable[..., np.ndarray], least: float, country: Any, places: Places, tables: Tables
) -> None:
    worse = outline(*country)
    _, units = tables(places(*country, worse), Coordinates())
    rule = GeoScan().partition(units)
    found = rule.assign(pd.DataFrame({"latitude": country[0], "longitude": country[1]}))
    assert overlap(found == 0, worse) > least
    assert (rule.label(0), rule.label(1)) == ("area", "elsewhere")


def test_every_place_has_an_answer_and_the_rule_survives_json(country: Any, places: Places, tables: Tables) -> None:
    _, units = tables(places(*country, (country[0] - 45) ** 2 + (country[1] - 7) ** 2 < 5), Coordinates())
    rule = GeoScan().partition(units)
    anywhere = pd.DataFrame({"latitude": [-80.0, 45.0, 80.0], "longitude": [-170.0, 7.0, 179.0]})
    assert rule.assign(anywhere).tolist() == [1, 0, 1]
    assert rule_from_dict({"kind": rule.kind, **rule.to_dict()}) == rule
    assert rule.describe(0).startswith("most of: 4")
    assert rule.describe(1) == "all but area"


@pytest.mark.parametrize("seed", range(20))
def test_the_tree_answers_as_the_grid_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = (np.sort(rng.uniform(0, 9, 5)), np.sort(rng.uniform(0, 9, 3)))
    grid = (rng.random((6, 4)) < rng.uniform(0.1, 0.9)).astype(int)
    grid.flat[:2] = 0, 1
    tree = _to_tree(grid, lines, -180.0)
    at = rng.uniform(0, 9, (500, 2))
    expected = grid[np.searchsorted(lines[0], at[:, 0]), np.searchsorted(lines[1], at[:, 1])]
    np.testing.assert_array_equal(tree.assign(pd.DataFrame(at, columns=["latitude", "longitude"])), expected)
    assert rule_from_dict({"kind": tree.kind, **tree.to_dict()}) == tree


def test_lines_hold_equally_many_speakers_between_them() -> None:
    column, speakers = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.0, 1, 6, 2, 1, 1])
    assert _lines(column, speakers, 4).tolist() == [2.5, 3.5, 4.5][1:]
    assert _lines(column, np.ones(6), 3).tolist() == [2.5, 4.5]
    assert _lines(np.full(9, 2.0), np.ones(9), 4).tolist() == []


def test_cells_without_anybody_go_with_their_neighbours(places: Places, tables: Tables) -> None:
    latitude, longitude = np.repeat([1.0, 2.0, 3.0], 50), np.repeat([1.0, 2.0, 3.0], 50)
    _, units = tables(places(latitude, longitude, latitude == 3), Coordinates())
    grid = _Grid.over(units, 3)
    assert grid.size == (3, 3)
    assert len(grid.position) == 3
    rule = grid.to_tree(np.array([1]))
    at = pd.DataFrame({"latitude": [2.0, 1.0, 3.0, 1.0], "longitude": [2.0, 3.0, 1.0, 1.0]})
    assert rule.assign(at).tolist() == [0, 0, 0, 1]


def test_rows_and_names_change_nothing(country: Any, places: Places, tables: Tables) -> None:
    frame = places(*country, country[0] > 48)
    names = dict(zip(frame["speaker_id"], np.random.default_rng(0).permutation(len(frame)).astype(str), strict=True))
    other = frame.assign(speaker_id=frame["speaker_id"].map(names)).sample(frac=1, random_state=1)
    (table, units), (table_2, units_2) = tables(frame, Coordinates()), tables(other, Coordinates())
    assert GeoScan().partition(units) == GeoScan().partition(units_2)
    null, null_2 = (
        np.concatenate([GeoScan().search(u).best(chunk) for chunk in shuffles(u.counts.speaker, len(t), 9, 0)])
        for u, t in ((units, table), (units_2, table_2))
    )
    np.testing.assert_array_equal(null, null_2)


def test_areas_may_lie_across_the_antimeridian(places: Places, tables: Tables) -> None:
    rng = np.random.default_rng(2)
    longitude = np.mod(rng.uniform(170, 190, 600) + 180, 360) - 180
    worse = np.abs(np.abs(longitude) - 180) < 3
    _, units = tables(places(rng.uniform(-20, -10, 600), longitude, worse), Coordinates())
    rule = GeoScan().partition(units)
    at = pd.DataFrame({"latitude": [-15.0] * 4, "longitude": [179.0, -179.0, 171.0, -171.0]})
    assert rule.assign(at).tolist() == [0, 0, 1, 1]


def test_one_place_is_one_region(places: Places, tables: Tables) -> None:
    same = np.full(80, 5.0)
    _, units = tables(places(same, same, np.arange(80) < 40), Coordinates())
    rule = GeoScan().partition(units)
    assert (rule.n_cohorts, rule.describe(0), rule.groups()) == (1, "everyone", ())
    assert observed_score(GeoScan().search(units)) == -np.inf


def test_settings_that_cannot_be() -> None:
    for wrong in ({"grid": 1}, {"grid": 65}, {"min_speakers": 0}):
        with pytest.raises(UsageError):
            replace(GeoScan(), **wrong)
