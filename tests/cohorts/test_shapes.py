from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expm1

from fairaudit.cohorts.search import observed_score
from fairaudit.cohorts.shapes import Balls, Rectangles, Shapes, ShapeScan
from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.score import set_score
from fairaudit.stats.shuffle import Observed
from fairaudit.units.build import UnitTable

RNG = np.random.default_rng(3)
N_CELLS = 14


def balls() -> Balls:
    return Balls.around(RNG.random((5, N_CELLS)), RNG.integers(1, 9, N_CELLS).astype(float))


def rectangles() -> Rectangles:
    place = np.sort(RNG.choice(20, N_CELLS, replace=False))
    return Rectangles((4, 5), place, RNG.integers(1, 9, N_CELLS).astype(float))


def members(shapes: Shapes) -> list[set[int]]:
    """Cells of every shape, found the slow way, in the order of its sums."""
    if isinstance(shapes, Balls):
        return [set(row[: step + 1]) for row in shapes.order.tolist() for step in range(len(row))]
    rows, columns = shapes.size
    cell_at = dict(zip(shapes.position.tolist(), range(N_CELLS), strict=True))
    runs = [(top, bottom) for top in range(rows) for bottom in range(top, rows)]
    across = [(left, right) for left in range(columns) for right in range(left, columns)]
    return [
        {cell_at[at] for r in range(t, b + 1) for c in range(le, ri + 1) if (at := r * columns + c) in cell_at}
        for t, b in runs
        for le, ri in across
    ]


@pytest.mark.parametrize("family", [balls, rectangles])
def test_sums_and_covers_are_those_of_every_single_shape(family: Callable[[], Shapes]) -> None:
    shapes = family()
    column = RNG.normal(size=N_CELLS)
    held = members(shapes)
    sums = shapes.sums(column)
    np.testing.assert_allclose(sums.ravel(), [column[list(cells)].sum() for cells in held], atol=1e-12)
    weights = RNG.random(sums.shape)
    cover = [sum(w for w, cells in zip(weights.ravel(), held, strict=True) if c in cells) for c in range(N_CELLS)]
    np.testing.assert_allclose(shapes.cover(weights), cover)


def test_no_ball_is_kept_that_nobody_may_name() -> None:
    shapes = Balls.around(RNG.random((5, 10)), np.ones(10), 0.5)
    assert shapes.speakers.max() == 5


def people(excess: np.ndarray, seed: int = 0, size: int = 600) -> tuple[UnitTable, np.ndarray]:
    """So many speakers, each a unit of its own, spread over cells with these relative excess rates."""
    rng = np.random.default_rng(seed)
    cell = rng.integers(len(excess), size=size)
    words = rng.integers(100, 400, size).astype(float)
    information = 0.1 * words / (1 + 0.01 * words)
    residual = information * excess[cell] + np.sqrt(information) * rng.standard_normal(size)
    counts = ErrorCounts(np.arange(size), np.arange(size), 0.1 * words, words)
    return UnitTable(pd.DataFrame({"cell": cell}), counts, residual, information), cell


def line(units: UnitTable, cell: np.ndarray, n_cells: int, **settings: Any) -> ShapeScan:
    """Balls along a line of cells."""
    at = np.arange(n_cells, dtype=float)
    shapes = Balls.around(np.abs(at[:, None] - at), np.bincount(cell, minlength=n_cells).astype(float))
    return ShapeScan(units, cell, n_cells, (shapes,), **{"min_speakers": 20, **settings})


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_scores_and_weights_are_those_of_the_plain_formula_to_the_last_bit(share: float) -> None:
    units, cell = people(np.linspace(-0.3, 0.3, 20))
    size = np.bincount(cell, minlength=20).astype(float)
    grid, near = Rectangles((4, 5), np.arange(20), size), Balls.around(RNG.random((7, 20)), size, share)
    scan = ShapeScan(units, cell, 20, (grid, near), 20, share)
    u, i = scan._per_cell(units.residual), scan._per_cell(units.information)
    for scores, weights, shapes, allowed in zip(
        scan._scores(u, i), scan._weights(scan._scores(u, i)), scan.families, scan.allowed, strict=True
    ):
        plain = np.maximum(set_score(shapes.sums(u), shapes.sums(i), u.sum(), i.sum()), 0.0)
        plain = np.where(allowed, plain, -1.0)
        heavy = np.where(plain >= 0, 1.0 + expm1((plain**2 - plain.max() ** 2) / 2), 0.0)
        assert not allowed.all()
        assert (scores.tolist(), weights.tolist()) == (plain.tolist(), heavy.tolist())
        assert weights.sum() == heavy.sum()  # which depends on their order in memory
        assert weights.strides == heavy.strides


def test_the_averaged_score_is_what_its_formula_says() -> None:
    units, cell = people(np.zeros(12))
    scan = line(units, cell, 12)
    (shapes,) = scan.families
    u, i = units.residual, units.information
    scores = []
    for held, size in zip(members(shapes), shapes.speakers.ravel(), strict=True):
        inside = np.isin(cell, list(held))
        if 20 <= size <= 580:
            gap = u[inside].sum() / i[inside].sum() - u[~inside].sum() / i[~inside].sum()
            scores.append(max(0.0, gap / np.sqrt(1 / i[inside].sum() + 1 / i[~inside].sum())))
    details = np.log(np.mean(np.exp(np.square(scores) / 2)))
    assert observed_score(scan) ** 2 == pytest.approx(2 * details + scan._scale)


def test_one_clear_shape_gives_about_its_own_score() -> None:
    """The constant that is added makes the averaged score comparable with that of one cohort."""
    excess = np.where(np.isin(np.arange(30), [7, 8, 9]), 1.0, 0.0)
    units, cell = people(excess, size=3000)
    inside = excess[cell] > 0
    u, i = units.residual, units.information
    gap = u[inside].sum() / i[inside].sum() - u[~inside].sum() / i[~inside].sum()
    alone = gap / np.sqrt(1 / i[inside].sum() + 1 / i[~inside].sum())
    assert alone > 6
    assert observed_score(line(units, cell, 30)) == pytest.approx(alone, rel=0.15)


def test_the_worst_cells_are_those_planted() -> None:
    excess = np.where(np.isin(np.arange(30), [7, 8, 9]), 1.0, 0.0)
    units, cell = people(excess, size=3000)
    scan = line(units, cell, 30)
    assert scan.worst().tolist() == [7, 8, 9]
    first = np.arange(3000) < 2000
    assert {*scan.worst(first)} & {7, 8, 9}
    np.testing.assert_array_equal(scan.worst(np.ones(3000, dtype=bool)), scan.worst())


def test_too_few_speakers_are_never_the_worst() -> None:
    units, cell = people(np.where(np.arange(30) == 4, 2.0, 0.0), size=300)
    assert (cell == 4).sum() < 20
    worst = line(units, cell, 30).worst()
    assert np.isin(cell, worst).sum() >= 20


def test_no_more_than_the_largest_share_is_named() -> None:
    """Three of four cells are worse: they would be agreed on together, but hold three quarters of the speakers."""
    units, cell = people(np.array([1.0, 1.0, 1.0, -2.0]), size=400)
    for share in (0.3, 0.5, 0.6):
        worst = line(units, cell, 4, largest_share=share).worst()
        assert 20 <= np.isin(cell, worst).sum() <= share * 400
    assert line(units, cell, 4, largest_share=0.9).worst().tolist() == [0, 1, 2]


def test_nothing_is_named_if_no_allowed_shape_has_a_higher_rate() -> None:
    """The worst cells hold too many speakers, and every smaller shape is better than what surrounds it."""
    units, _ = people(np.zeros(2), size=400)
    most = np.flatnonzero(np.arange(400) % 4 > 0)
    cell = np.where(np.isin(np.arange(400), most), 1, 0)
    residual = units.information * np.where(cell == 1, 0.5, -1.5)
    scan = line(replace(units, residual=residual), cell, 2, largest_share=0.5)
    assert scan.possible
    assert scan.worst().tolist() == []
    assert line(replace(units, residual=residual), cell, 2, largest_share=0.8).worst().tolist() == [1]


def test_nothing_is_found_where_no_shape_may_be_named() -> None:
    units, cell = people(np.zeros(5), size=30)
    scan = line(units, cell, 5, min_speakers=20)
    assert not scan.possible
    assert scan.best(Observed()).tolist() == [-np.inf]
    assert scan.worst().tolist() == []
