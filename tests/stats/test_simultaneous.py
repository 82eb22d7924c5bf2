"""Levels at which intervals of many numbers hold at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats import simultaneous
from fairaudit.stats.paired import Spread, change_between, influence_on_change
from fairaudit.stats.rates import LEVEL
from fairaudit.stats.simultaneous import joint_level

Counts = Callable[..., ErrorCounts]
Influence = tuple[NDArray[np.int64], NDArray[np.float64]]


def disjoint(number: int, size: int = 30) -> list[Influence]:
    rng = np.random.default_rng(number)
    return [(size * n + np.arange(size), rng.normal(size=size)) for n in range(number)]


@pytest.mark.parametrize("number", [2, 12, 60])
def test_the_level_of_sets_without_common_speakers_is_that_of_sidak(number: int) -> None:
    most = LEVEL ** (1 / number)
    level = joint_level(disjoint(number), draws=1999, seed=0)
    assert level <= most
    assert 1 - level == pytest.approx(1 - most, rel=0.35)  # of the draws


def test_a_set_that_is_there_many_times_pays_once() -> None:
    one = disjoint(1)
    assert joint_level(one * 60, draws=499, seed=0) == joint_level(one, draws=499, seed=0) == LEVEL


def test_overlapping_sets_pay_less() -> None:
    """Each of 12 sets has half of its speakers in common with the next."""
    rng = np.random.default_rng(0)
    moves = rng.normal(size=400)
    sets = [(15 * n + np.arange(30), moves[15 * n : 15 * n + 30]) for n in range(12)]
    assert LEVEL < joint_level(sets, draws=1999, seed=0) < joint_level(disjoint(12), draws=1999, seed=0)


def test_few_draws_and_sets_that_do_not_vary_are_paid_for_in_full() -> None:
    assert joint_level(disjoint(12), draws=18, seed=0) == LEVEL ** (1 / 12)
    still = [(codes, 0 * moves) for codes, moves in disjoint(12)]
    assert joint_level(still, draws=99, seed=0) == LEVEL
    assert joint_level([], draws=99, seed=0) == LEVEL


def test_chunks_and_the_order_of_sets_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = disjoint(12)
    level = joint_level(sets, draws=199, seed=0)
    monkeypatch.setattr(simultaneous, "_AT_ONCE", 5_000)
    assert joint_level(sets[::-1], draws=199, seed=0) == level


def test_simultaneous_intervals_hold_together_where_single_ones_do_not(counts: Counts) -> None:
    """20 cohorts of 30 speakers, and all of them together, whose errors are drawn twice: nothing changes."""
    rng, held = np.random.default_rng(4), np.zeros(2)
    runs = 60
    for seed in range(runs):
        words = rng.integers(50, 600, 600)
        rate = 0.1 * rng.lognormal(0, 0.6, 600)
        before, after = (rng.poisson(rate * words).astype(float) for _ in range(2))
        spread = Spread.fit(after - before, words.astype(float))
        speakers = [np.arange(600), *np.arange(600).reshape(20, 30)]
        cells = [counts(before[some], words[some], some) for some in speakers]
        pairs = [(one, replace(one, errors=after[some])) for one, some in zip(cells, speakers, strict=True)]
        level = joint_level([influence_on_change(*pair) for pair in pairs], draws=199, seed=seed)
        for i, chosen in enumerate((LEVEL, level)):
            ends = [change_between(*pair, spread, level=chosen).interval or (0.0, 0.0) for pair in pairs]
            held[i] += all(low <= 0 <= high for low, high in ends)
    assert held[0] / runs < 0.75
    assert held[1] / runs >= 0.93
