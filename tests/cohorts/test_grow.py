from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.cohorts.grow import Floors, Grown, UnitSums, grow, sort_columns
from fairaudit.stats.exact import on_grid

NO_FLOOR = Floors(1, 0.0)


def poisson(count: float, expected: float) -> float:
    return count * math.log(count / expected) if count > 0 else 0.0


def worth(criterion: str, left: np.ndarray, right: np.ndarray) -> float:
    """The criteria as ARCHITECTURE and STATISTICS tell them, one pair of sides at a time."""
    (u, i, _, w, e), (v, j, _, x, f) = left, right
    if criterion == "score":
        return (u / i - v / j) ** 2 / (1 / i + 1 / j)
    if criterion == "likelihood":
        return poisson(u + i, i) + poisson(v + j, j) - poisson(u + i + v + j, i + j)
    return abs(e / w - f / x)


def brute_force(columns: np.ndarray, stack: np.ndarray, criterion: str, floors: Floors) -> dict[tuple[int, ...], float]:
    """Worth of every cut of every feature between two values, by who is on its left."""
    found = {}
    for feature in columns.T:
        for value in np.unique(feature)[:-1]:
            inside = feature <= value
            left, right = stack[:, inside].sum(axis=1), stack[:, ~inside].sum(axis=1)
            if min(left[2], right[2]) < floors.speakers or min(left[3], right[3]) < floors.exposure:
                continue
            if min(left[1], right[1], left[3], right[3]) <= 0:
                continue
            found[tuple(np.flatnonzero(inside))] = worth(criterion, left, right)
    return found


def leaves(tree: Grown, columns: np.ndarray) -> np.ndarray:
    """Leaf of every unit, by asking node after node."""
    found = []
    for row in columns:
        node = 0
        while tree.feature[node] >= 0:
            node = (tree.left if row[tree.feature[node]] <= tree.threshold[node] else tree.right)[node]
        found.append(node)
    return np.array(found)


def sums_of(errors: np.ndarray, exposure: np.ndarray, speakers: np.ndarray) -> UnitSums:
    """Units whose speakers weigh 1 / (1 + 0.02 words): information and excess errors in those weights, on a grid."""
    rate = errors.sum() / exposure.sum()
    weight = 1 / (1 + 0.02 * exposure)
    residual, information = on_grid(weight * (errors - rate * exposure)), on_grid(weight * rate * exposure)
    return UnitSums(residual, information, errors, exposure, speakers)


units = st.integers(2, 14).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=n, max_size=n),
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(1, 3)), min_size=n, max_size=n),
        st.integers(1, 6),
        st.sampled_from([0.0, 20.0, 100.0]),
    )
)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["score", "likelihood", "gap"])
@settings(max_examples=80, deadline=None)
@given(drawn=units)
def test_the_first_cut_is_the_best_of_all(criterion: str, drawn: tuple) -> None:
    columns, counts = np.array(drawn[0], float), np.array(drawn[1], float)
    floors = Floors(drawn[2], drawn[3])
    if counts[:, 0].sum() == 0 or counts[:, 1].sum() == 0:
        return
    sums = sums_of(*counts.T)
    best = brute_force(columns, sums.stack(plain=True), criterion, floors)
    tree = grow(columns, sort_columns(columns), sums, criterion, 2, floors)
    if not best or max(best.values()) <= 1e-12:
        assert len(tree.feature) == 1 or max(best.values()) > 0
        return
    inside = tuple(np.flatnonzero(leaves(tree, columns) == tree.left[0]))
    assert best[inside] == pytest.approx(max(best.values()), rel=1e-9, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(drawn=units, criterion=st.sampled_from(["score", "likelihood", "gap"]), most=st.integers(2, 8))
def test_leaves_keep_the_floors_and_the_sums(drawn: tuple, criterion: str, most: int) -> None:
    columns, counts = np.array(drawn[0], float), np.array(drawn[1], float)
    if counts[:, 0].sum() == 0 or counts[:, 1].sum() == 0:
        return
    sums, floors = sums_of(*counts.T), Floors(drawn[2], drawn[3])
    tree = grow(columns, sort_columns(columns), sums, criterion, most, floors)
    leaf = leaves(tree, columns)
    assert {*leaf} == {node for node, feature in enumerate(tree.feature) if feature < 0}
    assert len({*leaf}) <= most
    for node in {*leaf} - {0}:
        assert sums.speakers[leaf == node].sum() >= floors.speakers
        assert sums.exposure[leaf == node].sum() >= floors.exposure
        assert tree.residual[node] == pytest.approx(sums.residual[leaf == node].sum(), abs=1e-9)
        assert tree.information[node] == pytest.approx(sums.information[leaf == node].sum(), abs=1e-9)


def test_grows_best_first() -> None:
    """The second cut goes to the side where it is worth more, wherever that is."""
    x = np.arange(8.0)[:, None]
    errors = np.array([9.0, 9, 9, 9, 1, 1, 4, 4])
    sums = UnitSums(errors - errors.mean(), np.ones(8), errors, np.full(8, 10.0), np.ones(8))
    tree = grow(x, sort_columns(x), sums, "score", 3, NO_FLOOR)
    assert [tree.threshold[0], tree.threshold[tree.right[0]]] == [3.5, 5.5]


def test_126_and_more_leaves() -> None:
    rng = np.random.default_rng(0)
    columns = rng.random((400, 2))
    errors = rng.integers(1, 50, 400).astype(float)
    sums = UnitSums(errors - errors.mean(), np.ones(400), errors, np.full(400, 100.0), np.ones(400))
    for most in (126, 300):
        tree = grow(columns, sort_columns(columns), sums, "score", most, NO_FLOOR)
        assert len({*leaves(tree, columns)}) == most


@settings(max_examples=60, deadline=None)
@given(drawn=units, criterion=st.sampled_from(["score", "likelihood", "gap"]), shuffle=st.randoms())
def test_the_order_of_units_does_not_matter(drawn: tuple, criterion: str, shuffle: object) -> None:
    columns, counts = np.array(drawn[0], float), np.array(drawn[1], float)
    # whole numbers add up exactly in any order
    sums = UnitSums(*(counts[:, i] + 1 for i in (0, 1, 0, 1, 2)))
    order = np.arange(len(columns))
    shuffle.shuffle(order)
    rows = (sums.residual, sums.information, sums.errors, sums.exposure, sums.speakers)
    moved = UnitSums(*(row[order] for row in rows))
    one = grow(columns, sort_columns(columns), sums, criterion, 5, NO_FLOOR)
    other = grow(columns[order], sort_columns(columns[order]), moved, criterion, 5, NO_FLOOR)
    assert one == other


def test_neighbouring_floats_are_parted() -> None:
    low = 1.0
    x = np.array([low, np.nextafter(low, 2)])[:, None]
    sums = UnitSums(np.array([-1.0, 1.0]), np.ones(2), np.array([1.0, 9.0]), np.full(2, 10.0), np.ones(2))
    tree = grow(x, sort_columns(x), sums, "score", 2, NO_FLOOR)
    assert leaves(tree, x).tolist() == [tree.left[0], tree.right[0]]


def test_equal_rates_everywhere_are_not_cut() -> None:
    x = np.arange(6.0)[:, None]
    sums = UnitSums(np.zeros(6), np.ones(6), np.ones(6), np.full(6, 10.0), np.ones(6))
    for criterion in ("score", "likelihood", "gap"):
        assert grow(x, sort_columns(x), sums, criterion, 6, NO_FLOOR).feature == [-1]
