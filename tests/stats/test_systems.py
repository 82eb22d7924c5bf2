"""Several systems at once: no order that is due to chance is called certain, and planted differences are found."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.contrasts import SystemCounts
from fairaudit.stats.rates import influence_on_gap, influence_on_log
from fairaudit.stats.simultaneous import joint_level
from fairaudit.stats.systems import Estimates, SystemsCompared, compare_systems
from tests.calibration.boards import WORLDS, World, board_of, judge

Sets = tuple[SystemCounts, list[tuple[SystemCounts, SystemCounts]]]


def sets_of(errors: np.ndarray, exposure: np.ndarray, group: np.ndarray) -> Sets:
    """Everyone, and each group with the rest."""
    codes = np.arange(len(exposure))
    sides = [[SystemCounts(codes[m], errors[:, m], exposure[m]) for m in (group == g, group != g)] for g in set(group)]
    return SystemCounts(codes, errors, exposure), [(inside, outside) for inside, outside in sides]


def simulated(seed: int, systems: int = 3, speakers: int = 240) -> Sets:
    rng = np.random.default_rng(seed)
    exposure = rng.integers(40, 400, speakers).astype(float)
    effect = rng.lognormal(0, 0.5, speakers) * rng.lognormal(0, 0.2, (systems, speakers))
    return sets_of(rng.poisson(0.15 * effect * exposure).astype(float), exposure, np.arange(speakers) % 3)


def every(board: SystemsCompared) -> list[np.ndarray]:
    return [end for one in vars(board).values() if isinstance(one, Estimates) for end in vars(one).values()]


@pytest.mark.slow
def test_a_board_without_effects_shows_no_differences_although_its_ranges_differ() -> None:
    """Eight systems, five zones, 1,444 speakers with 1.46 utterances each; more in tests/calibration/README.md."""
    rows = np.array([judge(("no effect", seed)) for seed in range(5)])
    wrong, missed, differ = rows[:, :3].sum(axis=0)
    assert differ <= stats.binom.ppf(0.999, len(rows), 0.05)
    assert max(wrong, missed) <= stats.binom.ppf(0.999, len(rows), 0.1)
    ranges = rows[:, 4]
    assert (ranges > 1.3).all()
    assert ranges.mean() > 2  # what a leaderboard would print as a finding


@pytest.mark.slow
@pytest.mark.parametrize("world", ["systems differ, zones do not", "zones differ alike"])
def test_equal_gaps_are_not_told_apart(world: str) -> None:
    rows = np.array([judge((world, seed)) for seed in range(3)])
    assert rows[:, 3].sum() <= 1


@pytest.mark.slow
def test_a_planted_gap_is_found() -> None:
    world = WORLDS["one system, smallest zone +100 %, ten utterances each"]
    boards = [board_of(world, seed, draws=199) for seed in range(3)]
    for one in ("gap_ratio", "worst_ratio"):
        certain = np.array([getattr(board, one).low > 1 for board in boards])
        assert certain[:, 7, :7].mean() > 0.6  # 0.88 and 0.93 of 100 boards
        assert not certain[:, :7].any()


def test_point_estimates_are_ratios_of_sums() -> None:
    everyone, groups = simulated(0)
    board = compare_systems(everyone, groups, draws=99, seed=0)
    rates = np.array([one.errors.sum(axis=1) / one.exposure.sum() for one, _ in groups])
    rest = np.array([one.errors.sum(axis=1) / one.exposure.sum() for _, one in groups])
    gaps = (rates / rest).max(axis=0)
    for measured, expected in (
        (board.overall, everyone.errors.sum(axis=1) / everyone.exposure.sum()),
        (board.rates, rates),
        (board.worst, rates.max(axis=0)),
        (board.gap, gaps),
        (board.spread, rates.max(axis=0) / rates.min(axis=0)),
        (board.worst_ratio, rates.max(axis=0)[:, None] / rates.max(axis=0)),
        (board.gap_ratio, gaps[:, None] / gaps),
    ):
        np.testing.assert_allclose(measured.value, expected, rtol=1e-9)
        assert (measured.low <= measured.value * (1 + 1e-9)).all()
        assert (measured.value <= measured.high * (1 + 1e-9)).all()


def test_the_level_is_that_of_all_contrasts() -> None:
    """joint_level computes it from the same influences, one by one."""
    everyone, groups = simulated(1, systems=2)
    board = compare_systems(everyone, groups, draws=999, seed=3)
    cells = [
        [ErrorCounts(one.speaker, one.speaker * 0, one.errors[k], one.exposure) for one in pair]
        for pair in groups
        for k in range(2)
    ]
    numbers = [[influence_on_log(inside) for inside, _ in cells], [influence_on_gap(*pair) for pair in cells]]
    dense = [np.zeros((len(cells), len(everyone.speaker))) for _ in numbers]
    for rows, block in zip(dense, numbers, strict=True):
        for row, (codes, moves) in zip(rows, block, strict=True):
            row[codes] = moves
    family = [row for rows in dense for row in rows]
    pairs = [(i, j) for i, j in product(range(len(cells)), repeat=2) if i < j]
    family += [dense[0][i] - dense[0][j] for i, j in pairs]
    family += [dense[1][i] - dense[1][j] for i, j in pairs if i % 2 != j % 2]
    level = joint_level([(everyone.speaker, row) for row in family], draws=999, seed=3)
    assert board.group_level == pytest.approx(level, abs=1e-9)


def test_a_system_that_is_better_in_every_group_is_better_in_its_worst_one() -> None:
    """Groups are tied and one is small, so nobody knows which is worst."""
    everyone, _ = simulated(7, systems=1)
    more = np.random.default_rng(0).poisson(0.3 * everyone.errors)
    errors = np.vstack([everyone.errors + more, everyone.errors])
    group = (np.arange(240) >= 25).astype(int) + (np.arange(240) >= 130)
    board = compare_systems(*sets_of(errors, everyone.exposure, group), draws=199, seed=0)
    assert board.worst_ratio.low[0, 1] > 1
    assert board.worst.low[0] < board.worst.high[1]
    assert not (board.gap_ratio.low > 1).any()


def test_identical_systems_are_equal_and_certain_of_nothing() -> None:
    everyone, groups = simulated(2, systems=2)

    def twice(one: SystemCounts) -> SystemCounts:
        return replace(one, errors=one.errors[[0, 0]])

    board = compare_systems(twice(everyone), [(twice(a), twice(b)) for a, b in groups], draws=99, seed=0)
    for one in (board.overall_ratio, board.worst_ratio, board.gap_ratio):
        np.testing.assert_allclose(one.value, 1.0, rtol=1e-9)
        assert not (one.low > 1).any()
    np.testing.assert_allclose(board.overall_ratio.high, 1.0, rtol=1e-9)


def test_pairs_are_antisymmetric_and_scale_free() -> None:
    everyone, groups = simulated(3)
    board = compare_systems(everyone, groups, draws=199, seed=0)
    for one in (board.overall_ratio, board.worst_ratio, board.gap_ratio):
        np.testing.assert_allclose(one.low, 1 / one.high.T, rtol=1e-8)
        np.testing.assert_allclose(one.value, 1 / one.value.T, rtol=1e-8)
    assert (board.spread.low >= 1).all()
    assert (board.spread_by_chance > 1).all()


def test_the_order_of_speakers_and_systems_does_not_matter() -> None:
    """Multipliers belong to positions, so speakers are permuted among those alike: the same sums, other order."""
    rng = np.random.default_rng(4)
    errors, exposure = rng.poisson(20.0, (3, 120)).astype(float), np.full(120, 100.0)
    group = np.arange(120) % 2
    straight = compare_systems(*sets_of(errors, exposure, group), draws=99, seed=0)
    systems = np.array([2, 0, 1])
    other = compare_systems(*sets_of(errors[systems], exposure, group), draws=99, seed=0)
    np.testing.assert_allclose(other.gap.low, straight.gap.low[systems], rtol=1e-9)
    np.testing.assert_allclose(other.gap_ratio.low, straight.gap_ratio.low[np.ix_(systems, systems)], rtol=1e-9)


def test_without_groups_only_the_overall_rates_are_compared() -> None:
    everyone, _ = simulated(5)
    board = compare_systems(everyone, [], draws=99, seed=0)
    assert np.isfinite(board.overall_ratio.low).all()
    assert np.isnan(board.gap_ratio.value).all()
    assert board.rates.value.shape == (0, 3)


def test_intervals_are_wider_than_those_of_one_number() -> None:
    everyone, groups = simulated(6)
    board = compare_systems(everyone, groups, draws=999, seed=0)
    assert 0.95 < board.overall_level < board.group_level < 1
    assert all(np.isfinite(end).all() for end in every(board))


@pytest.mark.slow
def test_worlds_are_what_they_say() -> None:
    """A world's true rates are those of its speakers, so that a calibration judges by the right truth."""
    world: World = WORLDS["both differ"]
    assert world.rates.shape == (5, 8)
    board = board_of(replace(world, speakers=8_000), 0, draws=19)
    np.testing.assert_allclose(board.rates.value, world.rates, rtol=0.1)
