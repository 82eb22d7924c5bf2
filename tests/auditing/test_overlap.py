"""Overlaps of bottom cohorts: right, and never exact about fewer than 11 speakers."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.auditing.overlap import overlaps
from fairaudit.results.audit_parts import Overlap
from fairaudit.results.parts_document import overlaps_to_dict

PARTS = st.integers(0, 60)
#: Shares are exact fractions, what is told are the floats nearest to thousandths.
TINY = Fraction(1, 10**12)


def share_of(overlap: Overlap, *, unredacted: bool = False) -> tuple[float, float]:
    (told,) = overlaps_to_dict([overlap], unredacted=unredacted)
    low, high = told["share"]
    return low, high


def test_shares_are_of_each_searchs_own_bottom() -> None:
    a, b = np.arange(100) < 40, np.arange(100) >= 20
    (first,), (second,), nobody = overlaps(["a", "b", "c"], [a, b, np.zeros(100, dtype=bool)])
    assert (first.title, first.both, first.here, first.there) == ("b", 20, 20, 60)
    assert (second.title, second.both, second.here, second.there) == ("a", 20, 60, 20)
    assert nobody == ()
    assert share_of(first, unredacted=True) == (0.5, 0.5)
    assert share_of(second, unredacted=True) == (0.25, 0.25)
    assert share_of(first) == (11 / 40, 21 / 40)  # 11 to 21 of 40 speakers


@given(both=PARTS, here=PARTS, there=PARTS)
def test_what_is_reported_is_true_and_unredacted_it_is_exact(both: int, here: int, there: int) -> None:
    if both + here == 0:
        return
    overlap = Overlap("b", both, here, there)
    share = Fraction(both, both + here)
    low, high = share_of(overlap)
    assert 0 <= low <= share + TINY
    assert share - TINY <= high <= 1
    low, high = share_of(overlap, unredacted=True)
    assert (low, high) == (math.floor(1000 * share) / 1000, math.ceil(1000 * share) / 1000)


@pytest.mark.parametrize(("size", "other"), [(40, 40), (25, 60), (60, 25), (11, 11), (12, 200)])
def test_one_to_ten_speakers_look_alike_on_either_side(size: int, other: int) -> None:
    """With both sizes known, every overlap in which the same parts are small is told alike."""
    told: dict[tuple[bool, ...], set[tuple[float, float]]] = {}
    for both in range(min(size, other) + 1):
        parts = (both, size - both, other - both)
        small = tuple(0 < part < 11 for part in parts)
        if any(small):
            told.setdefault(small, set()).add(share_of(Overlap("b", *parts)))
    assert told
    assert {len(shares) for shares in told.values()} == {1}


def test_one_small_part_hides_the_others_that_would_tell_it() -> None:
    for both, here, there in product((0, 5, 30), repeat=3):
        if both + here and both + there:
            low, high = share_of(Overlap("b", both, here, there))
            sure = 5 not in (both, here, there) and 0 in (both, here, there)
            assert (low == high) == sure, (both, here, there)
