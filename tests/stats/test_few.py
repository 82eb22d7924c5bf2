"""No sum over fewer than 11 sampling units follows from sums that pass, as trying all of them shows."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.stats.few import reveals_few


def cells_of(sizes: list[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One cell of each speaker, given the number of speakers of each atom."""
    return np.repeat(np.arange(len(sizes)), sizes), np.arange(sum(sizes))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 7))
def test_no_set_of_few_follows_from_what_passes(seed: int, n_sums: int, n_atoms: int) -> None:
    rng = np.random.default_rng(seed)
    parts, sizes = rng.random((n_sums, n_atoms)) < 0.6, rng.choice([0, 3, 6, 9, 11, 40], n_atoms)
    passes = not reveals_few(parts, *cells_of(sizes))
    rank = np.linalg.matrix_rank(parts.astype(float))
    for target in product([0, 1], repeat=n_atoms):
        few = any(target) and sizes @ target < 11
        follows = np.linalg.matrix_rank(np.vstack([parts, target]).astype(float)) == rank
        assert not (passes and few and follows)


@pytest.mark.parametrize(
    ("parts", "sizes", "reveals"),
    [
        pytest.param([[1, 0], [0, 1]], [11, 11], False, id="two groups"),
        pytest.param([[1, 0], [0, 1]], [11, 10], True, id="one of them is small"),
        pytest.param([[1, 1], [1, 0]], [40, 10], True, id="a group within another"),
        pytest.param([[1, 1, 0], [0, 1, 1]], [4, 40, 3], True, id="each has a few that the other has not"),
        pytest.param([[1, 1, 0], [0, 1, 1]], [6, 40, 5], False, id="each has a few, eleven together"),
        pytest.param([[1, 1, 1], [1, 0, 0], [0, 1, 0]], [30, 30, 5], True, id="all but two groups"),
        pytest.param([[1, 1], [1, 0]], [40, 0], True, id="nobody beyond"),
        pytest.param([[1, 1, 1], [1, 0, 0]], [40, 6, 5], False, id="eleven beyond"),
        pytest.param([[1, 1, 0], [0, 1, 1], [0, 1, 0]], [6, 30, 7], True, id="two that follow one by one"),
    ],
)
def test_what_follows_from_a_few_sums(parts: list[list[int]], sizes: list[int], *, reveals: bool) -> None:
    assert reveals_few(np.array(parts, dtype=bool), *cells_of(sizes)) == reveals


@pytest.mark.parametrize(("shared", "reveals"), [(0, False), (6, True)])
def test_speakers_in_two_atoms_count_once(shared: int, *, reveals: bool) -> None:
    """Of two sums, each has six speakers beyond the other; they can be the same ones."""
    atom = np.repeat([0, 1, 2], [6, 40, 6])
    speaker = np.concatenate([np.arange(46), np.arange(6) + 46 - (46 if shared else 0)])
    assert reveals_few(np.array([[1, 1, 0], [0, 1, 1]], dtype=bool), atom, speaker) == reveals
