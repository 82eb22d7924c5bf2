"""Trees that are grown in C are those of the Python code, bit for bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.cohorts import grow as growing
from fairaudit.cohorts.grow import NAME, VERSION, Floors, Grown, UnitSums, grow, sort_columns
from fairaudit.core.compiled import VARIABLE, find_kernel

KERNEL = find_kernel(NAME, VERSION, "require" if os.environ.get(VARIABLE) == "require" else "auto")
pytestmark = pytest.mark.skipif(KERNEL is None, reason="the kernel is not built")


def both(*arguments: object) -> list[Grown]:
    grown = []
    for kernel in (KERNEL, None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(growing, "KERNEL", kernel)
            grown.append(grow(*arguments))
    return grown


@given(
    n_units=st.integers(1, 60),
    n_features=st.integers(1, 4),
    decimals=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1, 30, 4_000]),
    max_leaves=st.integers(2, 20),
    floor=st.integers(1, 5),
)
def test_any_tree(
    n_units: int, n_features: int, decimals: int, seed: int, scale: int, max_leaves: int, floor: int
) -> None:
    """Also with tied values and tied cuts, units without speakers or information, and leaves that cannot be cut."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n_units, n_features)).round(decimals)
    residual, information = (np.rint(rng.normal(size=n_units) * scale) * 2.0**-20 for _ in range(2))
    ones = np.ones(n_units)
    sums = UnitSums(residual, np.abs(information), ones, ones, rng.integers(0, 4, n_units) / 2)
    compiled, plain = both(columns, sort_columns(columns), sums, "score", max_leaves, Floors(floor, 0.0))
    assert compiled == plain


def test_other_criteria_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "KERNEL", object())
    columns, ones = np.arange(9.0)[:, None], np.ones(9)
    sums = UnitSums(np.linspace(-0.5, 0.5, 9), ones, np.arange(9.0), ones, ones)
    for criterion, words in (("likelihood", 0.0), ("gap", 0.0), ("score", 1.0)):
        assert len(grow(columns, sort_columns(columns), sums, criterion, 3, Floors(1, words)).feature) > 1


def test_arrays_that_do_not_fit_are_refused() -> None:
    assert KERNEL is not None
    columns, order, ones = np.zeros((1, 3)), np.arange(3)[None], np.ones(3)
    links, values = np.empty((3, 3), dtype=np.int64), np.empty((3, 4))
    good = (columns, order, ones, ones, ones, 2, 1.0, links, values)
    assert KERNEL.grow(*good) == 1
    for place, wrong in (
        (0, np.zeros((1, 2))),
        (1, np.array([[0, 1, 3]])),
        (1, np.array([[0, 1, -1]])),
        (3, np.ones(2)),
        (5, 0),
        (5, 3),
        (5, -1),
        (7, links[:2]),
        (8, values[:, :3].copy()),
        (2, np.ones(0)),
    ):
        arguments = [*good]
        arguments[place] = wrong
        with pytest.raises(ValueError, match="do not fit"):
            KERNEL.grow(*arguments)
