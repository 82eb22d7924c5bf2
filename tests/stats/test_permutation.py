from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairaudit.stats import permutation
from fairaudit.stats.exact import on_grid
from fairaudit.stats.permutation import permutation_p, shuffles, step_down
from fairaudit.stats.shuffle import Exchange, Observed, Raised, Rescaled


def drawn(*args: object, **settings: object) -> NDArray[np.float64]:
    """All draws of a column that names its cells 1, 2, ..."""
    column = np.arange(1.0, len(args[0]) + 1)
    return np.concatenate([chunk.residual(column, column) for chunk in shuffles(*args, **settings)])


@given(st.integers(-5, 5), st.lists(st.integers(-5, 5), max_size=30))
def test_p_is_never_zero_and_counts_ties(observed: int, null: list[int]) -> None:
    p = permutation_p(observed, np.array(null, dtype=float))
    assert p == (1 + sum(value >= observed for value in null)) / (len(null) + 1)
    assert 0 < p <= 1


def test_a_search_that_found_nothing_is_no_evidence() -> None:
    assert permutation_p(-np.inf, np.array([-np.inf, 1.0])) == 1.0


def test_draws_that_are_equal_but_for_rounding_reach_the_observed() -> None:
    """Equal sums in another order differ in their last bits, and are no less extreme for that."""
    column = np.full(30, 0.1) + np.repeat([0.0, 0.2, 0.7], 10)
    orders = np.random.default_rng(0).permuted(np.tile(column, (99, 1)), axis=1)
    sums = np.array([sum(order) for order in orders])
    assert len(set(sums)) > 1
    assert permutation_p(float(column.sum()), sums) == 1.0
    assert step_down(np.full(2, column.sum()), np.stack([sums, sums])).tolist() == [1.0, 1.0]


def test_single_cells_are_exchanged() -> None:
    chunks = list(shuffles(np.arange(30), 30, 40, seed=1))
    assert all(isinstance(chunk, Exchange) for chunk in chunks)
    assert sum(chunk.draws for chunk in chunks) == 40
    for row in drawn(np.arange(30), 30, 40, 1):
        assert sorted(row) == list(range(1, 31))


def test_errors_and_exposures_move_together() -> None:
    chunk = next(shuffles(np.arange(10), 10, 5, seed=0))
    errors, words = np.arange(10.0), 100 + np.arange(10.0)
    np.testing.assert_array_equal(chunk.weight(words) - chunk.residual(errors, words), np.full((5, 10), 100.0))


def test_every_order_is_equally_likely() -> None:
    orders = {tuple(row): 0 for row in itertools.permutations((1.0, 2.0, 3.0))}
    for row in drawn(np.arange(3), 3, 6000, 0):
        orders[tuple(row)] += 1
    assert all(abs(count - 1000) < 150 for count in orders.values())


HOUSES = np.array([0, 0, 1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5])


def test_speakers_of_several_cells_trade_all_of_them_with_those_of_as_many() -> None:
    size = np.bincount(HOUSES)[HOUSES]
    for row in np.concatenate([chunk.index for chunk in shuffles(HOUSES, 6, 200, seed=0)]):
        assert sorted(row) == list(range(len(HOUSES)))
        np.testing.assert_array_equal(size[row], size)
        for code in range(6):
            assert len(set(HOUSES[row[code == HOUSES]])) == 1


def test_cells_that_are_traded_come_in_any_order() -> None:
    """Of two houses of two cells: four pairs of cells can stand in the first, all equally often."""
    seen = drawn(np.array([0, 0, 1, 1]), 2, 4000, 3)[:, :2]
    pairs, counts = np.unique(seen, axis=0, return_counts=True)
    assert pairs.tolist() == [[1, 2], [2, 1], [3, 4], [4, 3]]
    assert (np.abs(counts - 1000) < 150).all()


def test_exposures_stay_where_a_search_looked_at_them() -> None:
    """Residuals are then traded in units of their own spread; a cell without spread neither gives nor takes."""
    speaker, spread = np.arange(4), np.array([1.0, 2.0, 4.0, 0.0])
    residual = np.array([3.0, 2.0, -8.0, 0.0])
    chunk = next(shuffles(speaker, 4, 200, seed=0, spread=spread))
    assert isinstance(chunk, Rescaled)
    seen = chunk.residual(residual, spread)
    np.testing.assert_array_equal(seen[:, 3], 0.0)
    np.testing.assert_allclose(
        np.sort(seen[:, :3] / spread[:3], axis=1)[(chunk.exchange.index[:, 3] == 3)],
        [[-2, 1, 3]] * (chunk.exchange.index[:, 3] == 3).sum(),
    )
    np.testing.assert_array_equal(chunk.weight(spread), np.tile(spread, (200, 1)))


def test_searches_that_keep_exposures_see_the_same_orders() -> None:
    kept, moved = (next(shuffles(np.arange(9), 9, 20, 1, spread=spread)) for spread in (np.ones(9), None))
    np.testing.assert_array_equal(kept.exchange.index, moved.index)


@pytest.mark.parametrize("speaker", [np.arange(13), HOUSES])
def test_same_seed_same_draws_whatever_the_chunks(speaker: NDArray[np.int64], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = drawn(speaker, 13, 33, 7)
    np.testing.assert_array_equal(whole, drawn(speaker, 13, 33, 7))
    assert not np.array_equal(whole, drawn(speaker, 13, 33, 8))
    monkeypatch.setattr(permutation, "_CHUNK", 13 * 4)
    assert len(list(shuffles(speaker, 13, 33, 7))) == 9
    np.testing.assert_array_equal(whole, drawn(speaker, 13, 33, 7))


def test_a_search_among_some_sees_the_shuffle_of_all() -> None:
    """Who is before whom in a draw does not depend on which of the speakers a search can sort."""
    some = np.array([3, 4, 8, 11])
    everybody = np.concatenate([chunk.index for chunk in shuffles(np.arange(12), 12, 50, 0)])
    part = np.concatenate([chunk.index for chunk in shuffles(some, 12, 50, 0)])
    order_of_all = [[cell for cell in row if cell in some] for row in everybody]
    np.testing.assert_array_equal(some[part], order_of_all)


def test_observed_moves_nothing() -> None:
    column = np.array([3.0, 1.0])
    assert Observed().draws == 1
    np.testing.assert_array_equal(Observed().residual(column, column), [column])
    np.testing.assert_array_equal(Observed().weight(column), [column])


def test_excess_errors_are_added_to_the_cells_that_receive_them() -> None:
    """The first three cells have twice the errors that they receive."""
    errors, expected = np.arange(12.0), np.full(12, 4.0)
    chunk = next(shuffles(np.arange(12), 12, 5, seed=0))
    excess = np.zeros((5, 12))
    excess[:, :3] = 1.0
    raised = Raised(chunk, excess)
    counts = raised.residual(errors - expected, expected) + raised.weight(expected)
    np.testing.assert_allclose(counts, errors[chunk.index] * (1 + excess))
    np.testing.assert_array_equal(raised.weight(expected), chunk.weight(expected))
    squares, mixed, weights = raised.products(errors - expected, expected)
    np.testing.assert_allclose(squares, (counts - 4) ** 2)
    np.testing.assert_allclose(mixed, (counts - 4) * 4)
    np.testing.assert_allclose(weights, 16.0)


families = st.integers(1, 6).flatmap(
    lambda m: st.tuples(
        st.lists(st.integers(-4, 4), min_size=m, max_size=m),
        st.lists(st.lists(st.integers(-4, 4), min_size=m, max_size=m), min_size=1, max_size=15),
    )
)


def brute_step_down(observed: list[int], draws: list[list[int]]) -> list[float]:
    """Westfall and Young, read out: a hypothesis competes with those that are no more extreme than itself."""
    order = sorted(range(len(observed)), key=lambda h: -observed[h])
    adjusted = {}
    for place, hypothesis in enumerate(order):
        remaining = order[place:]
        beaten = sum(max(draw[h] for h in remaining) >= observed[hypothesis] for draw in draws)
        p = (1 + beaten) / (len(draws) + 1)
        adjusted[hypothesis] = max([p, *(adjusted[before] for before in order[:place])])
    return [adjusted[h] for h in range(len(observed))]


@given(families)
def test_step_down_equals_brute_force(family: tuple[list[int], list[list[int]]]) -> None:
    observed, draws = family
    null = np.array(draws, dtype=float).T
    assert step_down(np.array(observed, float), null).tolist() == brute_step_down(observed, draws)


@given(families)
def test_step_down_is_monotone_and_between_alone_and_single_step(family: tuple[list[int], list[list[int]]]) -> None:
    observed, null = np.array(family[0], float), np.array(family[1], float).T
    adjusted = step_down(observed, null)
    alone = np.array([permutation_p(x, row) for x, row in zip(observed, null, strict=True)])
    single_step = np.array([permutation_p(x, null.max(axis=0)) for x in observed])
    assert (adjusted >= alone).all()
    assert (adjusted <= single_step).all()
    assert adjusted[observed.argmax()] == single_step[observed.argmax()]
    assert (np.diff(adjusted[np.argsort(-observed, kind="stable")]) >= 0).all()


@pytest.mark.parametrize(
    "speaker", [np.arange(40), np.arange(0, 80, 2), np.repeat(np.arange(20), 2), np.arange(40) // 3]
)
@pytest.mark.parametrize("keeps_exposure", [False, True])
def test_moments_are_sums_of_shuffled_columns(speaker: NDArray[np.int64], keeps_exposure: bool) -> None:
    """However they are summed, and whether or not all speakers have one cell each; cells may be in no group."""
    rng = np.random.default_rng(0)
    residual, information = on_grid(rng.normal(size=40)), on_grid(rng.uniform(1, 9, 40))
    group = rng.integers(-1, 5, 40)
    spread = np.sqrt(information) if keeps_exposure else None
    for chunk in (*shuffles(speaker, 80, 300, 0, spread=spread), Observed()):
        columns = chunk.residual(residual, information), chunk.weight(information)
        columns += chunk.products(residual, information)
        expected = [[column[:, group == one].sum(axis=1) for one in range(6)] for column in columns]
        np.testing.assert_array_equal(chunk.moments(group, 6, residual, information), expected)
