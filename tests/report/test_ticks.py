"""Ticks are few, round, inside the range and written as shortly as they can be."""

from __future__ import annotations

import itertools
import math
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.report.charts.chart import spanning
from fairaudit.report.charts.ticks import nice_ticks

#: Ends of an axis: where it begins, and how far it reaches, at least a millionth of that.
numbers = st.floats(-1e6, 1e6).map(lambda x: 0.0 if abs(x) < 1e-9 else x)
ranges = st.tuples(numbers, st.floats(1e-6, 1e6)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1] * (1 + abs(drawn[0])))
)


def value(text: str) -> Decimal:
    return Decimal(text.replace("\N{MINUS SIGN}", "-"))


@given(ranges)
def test_three_to_eight_lie_inside_the_range(ends: tuple[float, float]) -> None:
    places = [at for at, _ in nice_ticks(*ends)]
    assert 3 <= len(places) <= 8
    assert ends[0] <= places[0]
    assert places[-1] <= ends[1]


@given(ranges)
def test_they_are_all_multiples_of_one_round_step(ends: tuple[float, float]) -> None:
    places = [value(text) for _, text in nice_ticks(*ends)]
    (step,) = {high - low for low, high in itertools.pairwise(places)}
    assert step.normalize().as_tuple().digits in {(1,), (2,), (2, 5), (5,)}
    assert all(place % step == 0 for place in places)
    assert places[0] - step < Decimal(str(ends[0]))
    assert places[-1] + step > Decimal(str(ends[1]))


@given(ranges)
def test_they_are_written_as_shortly_as_they_can_be(ends: tuple[float, float]) -> None:
    for at, text in nice_ticks(*ends):
        assert float(value(text)) == at
        assert re.fullmatch(r"0|\N{MINUS SIGN}?(0|[1-9]\d*)(\.\d*[1-9])?", text)
        assert text != "\N{MINUS SIGN}0"


@given(st.integers(1, 10**9))
def test_whole_ones_are_whole(top: int) -> None:
    ticks = nice_ticks(0, 1.08 * top, whole=True)
    assert all(text == str(int(at)) for at, text in ticks)
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(
    ("ends", "texts"),
    [
        ((0, 1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ((7.9, 25.1), ["10", "12.5", "15", "17.5", "20", "22.5", "25"]),
        ((-3.5, 7.2), ["−2", "0", "2", "4", "6"]),
        ((0, 2_400_000), ["0", "500000", "1000000", "1500000", "2000000"]),
    ],
)
def test_what_they_look_like(ends: tuple[float, float], texts: list[str]) -> None:
    assert [text for _, text in nice_ticks(*ends)] == texts


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 9)), min_size=1))
def test_an_axis_holds_all_its_values_with_some_air(values: list[float]) -> None:
    low, high = spanning(values)
    assert low < min(values) <= max(values) < high
    assert all(math.isfinite(end) for end in (low, high))
    assert 3 <= len(nice_ticks(low, high)) <= 8
