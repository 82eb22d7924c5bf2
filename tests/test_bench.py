"""Every benchmark runs on small logs and finds both sides equal; figures and times mean nothing there."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import GOALS

#: Goals whose benchmarks are audits and commands, which other tests run as well.
_LONG = {"P7", "P9", "P10", "P12", "P13", "P14", "P15", "P16"}
#: Goals that take several seconds even when they are small.
_COSTLY = {"P4", "P11", "P18"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "goal",
    [
        pytest.param(goal, marks=pytest.mark.exhaustive) if goal in _COSTLY else goal
        for goal in sorted(GOALS.keys() - _LONG)
    ],
)
def test_both_sides_are_equal(goal: str) -> None:
    rows = list(GOALS[goal](0.002))
    assert rows
    assert {row.goal for row in rows} == {goal}
    assert all(row.asked and row.measured for row in rows)
