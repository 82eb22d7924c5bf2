from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairaudit.report.words.units import SHARE, Unit
from fairaudit.report.words.wording import (
    cell_width,
    gap,
    gap_percent,
    gap_percent_span,
    gap_span,
    number,
    p_value,
    plain,
    shorten,
    times,
)


@given(st.floats(0, 1), st.integers(0, 99_999))
def test_p_is_never_printed_as_zero_nor_below_what_the_permutations_allow(p: float, permutations: int) -> None:
    text = p_value(p, permutations)
    if text == "< 0.001":
        assert 1 / (permutations + 1) < 0.001
    else:
        assert float(text) > 0
        assert float(text) >= round(1 / (permutations + 1), 3)


@given(st.floats(0.001, 1))
def test_a_printed_p_is_on_the_side_of_a_twentieth_on_which_it_is(p: float) -> None:
    text = p_value(p, 99_999)
    if abs(p - 0.05) > 0.00005:
        assert (float(text) <= 0.05) == (p <= 0.05)


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_numbers_read_back_and_have_no_negative_zero(value: float, digits: int) -> None:
    text = number(value, digits).replace(",", "").replace("−", "-")
    assert abs(float(text) - value) <= 0.5 * 10**-digits * 1.0001 + 1e-9
    assert not (text.startswith("-") and float(text) == 0)


def test_the_interval_of_a_gap_shows_on_which_side_of_zero_it_ends() -> None:
    assert gap_percent_span([0.2, 0.7]) == "[+20 %, +70 %]"
    assert gap_percent_span([-0.004, 0.7]) == "[−0.4 %, +70.0 %]"
    assert gap_percent(None) == "–"
    assert gap_span([-0.004, 0.7]) == "0.996 to 1.7"
    assert gap(None) == "–"


@given(st.floats(-0.99, 50))
def test_a_ratio_shows_on_which_side_of_one_it_lies_and_keeps_two_digits(relative: float) -> None:
    assume(abs(relative) > 1e-8)
    ratio = float(times(relative).removesuffix(" times").replace(",", ""))
    assert (ratio > 1) == (relative > 0)
    assert ratio == pytest.approx(1 + relative, rel=0.051)


@given(st.floats(0, 3), st.floats(0, 3), st.floats(0.0001, 0.1))
def test_a_printed_change_is_the_difference_of_the_printed_rates(before: float, after: float, half: float) -> None:
    ends = (after - before - half, after - before + half)
    first, second, difference = (
        Decimal(text.split(" ")[0].replace(",", "").replace("−", "-")) for text in SHARE.change(before, after, ends)
    )
    assert second - first == difference


@given(st.floats(1e-300, 1e9), st.sampled_from([SHARE, Unit("s")]))
def test_a_rate_has_two_or_three_significant_digits_however_small_it_is(rate: float, unit: Unit) -> None:
    rough = float(unit.rough(rate).split(" ")[0].replace(",", ""))
    assert rough == pytest.approx(unit.factor * rate, rel=0.0501)
    if not unit.is_share:
        assert float(unit.value(rate).split(" ")[0].replace(",", "")) == pytest.approx(rate, rel=0.00501)


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_foreign_text_keeps_to_one_line_and_holds_no_control_codes(text: str) -> None:
    clean = plain(text)
    assert all(unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} for character in clean)
    assert not set(clean) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
    assert clean.encode().decode() == clean
    assert plain(clean) == clean


@given(st.text(max_size=60), st.integers(1, 40))
def test_shortened_text_fits(text: str, cells: int) -> None:
    assert cell_width(shorten(text, cells)) <= cells
