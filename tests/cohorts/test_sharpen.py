"""Moving the sides of a region to where its score is highest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fairaudit
from fairaudit.cohorts import GeoTree
from fairaudit.cohorts.grow import Floors, UnitSums, grow, sort_columns
from fairaudit.cohorts.sharpen import Box, best_box, sharpen
from fairaudit.inputs import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.dispersion import set_score

OPEN = np.full(2, np.inf)


def world(seed: int, size: int) -> tuple[np.ndarray, UnitSums]:
    """Units on a coarse grid, so that places repeat, with noise in everything."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, 8, (size, 2)).astype(float)
    information = rng.gamma(4, 1, size)
    residual = rng.normal(0, 1, size) * np.sqrt(information)
    return columns, UnitSums(residual, information, residual + information, information, np.ones(size))


def score(columns: np.ndarray, sums: UnitSums, low: np.ndarray, high: np.ndarray, floors: Floors) -> float:
    inside = ((columns > low) & (columns <= high)).all(axis=1)
    if min(inside.sum(), (~inside).sum()) < floors.speakers:
        return -np.inf
    parts = sums.residual[inside].sum(), sums.information[inside].sum()
    return float(set_score(*parts, sums.residual.sum(), sums.information.sum()))


@given(st.integers(0, 10_000), st.integers(12, 60), st.integers(1, 5))
def test_no_single_side_can_be_moved_to_a_higher_score(seed: int, size: int, floor: int) -> None:
    columns, sums = world(seed, size)
    order, floors = sort_columns(columns), Floors(floor, 0.0)
    start = best_box(grow(columns, order, sums, "score", 8, floors), 2)
    if start is None:
        return
    box = sharpen(columns, order, sums, start, floors)
    assert box.score >= start.score
    assert box.score == pytest.approx(score(columns, sums, box.low, box.high, floors))
    for feature in (0, 1):
        for bound in [*(np.arange(9) - 0.5), np.inf]:
            for upper in (True, False):
                low, high = box.low.copy(), box.high.copy()
                (high if upper else low)[feature] = (
                    bound if upper else min(bound, 99) if np.isfinite(bound) else -np.inf
                )
                assert score(columns, sums, low, high, floors) <= box.score + 1e-6


def test_a_box_that_is_best_already_stays() -> None:
    columns, sums = world(3, 50)
    order, floors = sort_columns(columns), Floors(3, 0.0)
    once = sharpen(columns, order, sums, Box(-OPEN, OPEN, -np.inf), floors)
    again = sharpen(columns, order, sums, once, floors)
    np.testing.assert_array_equal(again.low, once.low)
    np.testing.assert_array_equal(again.high, once.high)


@given(st.integers(0, 10_000))
def test_cuts_made_first_leave_a_whole_tree(seed: int) -> None:
    columns, sums = world(seed, 60)
    first = [(0, 1.5, False), (1, 2.5, False), (0, 5.5, True), (1, 99.0, True)]
    tree = grow(columns, sort_columns(columns), sums, "score", 10, Floors(3, 0.0), first)
    leaves = [node for node, feature in enumerate(tree.feature) if feature < 0]
    assert sum(tree.information[leaf] for leaf in leaves) == pytest.approx(sums.information.sum())
    inside = (columns[:, 0] > 1.5) & (columns[:, 1] > 2.5) & (columns[:, 0] <= 5.5)
    if inside.any():
        held = [tree.information[leaf] for leaf in leaves]
        assert np.isclose(held, sums.information[inside].sum()).any()
    assert all(tree.information[leaf] > 0 for leaf in leaves)


def planted_box(log: SimulatedLog) -> np.ndarray:
    place = pd.DataFrame(log.coordinates).rank(pct=True).to_numpy()
    return ((place > 0.3) & (place < 0.62)).all(axis=1)


def test_a_planted_box_is_met_better() -> None:
    overlap: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(4):
        log = simulate_log(speakers=2000, seed=seed, planted=planted_box, gap=0.65)
        planted = planted_box(log)
        read = fairaudit.read_log(log.to_frame())
        for sharpened, seen in overlap.items():
            model = fairaudit.discover(read, Coordinates(), GeoTree(sharpen=sharpened))
            cohort = model.rule.assign(pd.DataFrame(log.coordinates, columns=["latitude", "longitude"]))
            found = np.isin(cohort, model.bottom.cohorts)
            seen.append(float((found & planted).sum() / (found | planted).sum()))
    assert np.median(overlap[True]) > np.median(overlap[False])
    assert np.median(overlap[True]) > 0.7


@pytest.mark.parametrize("criterion", ["gap", "likelihood"])
def test_other_criteria_are_taken_literally(criterion: str) -> None:
    log = simulate_log(speakers=600, seed=1, planted=planted_box, gap=0.65)
    read = fairaudit.read_log(log.to_frame())
    rules = [
        fairaudit.discover(read, Coordinates(), GeoTree(criterion=criterion, sharpen=sharpened)).rule
        for sharpened in (True, False)
    ]
    assert rules[0] == rules[1]
