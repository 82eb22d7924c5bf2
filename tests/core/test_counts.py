from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.counts import UNASSIGNED, CellIndex, ErrorCounts, speaker_weights, sum_over
from fairaudit.core.errors import UsageError
from fairaudit.core.rate import RATES, rate_named

cells = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-1, 3), st.integers(0, 20), st.integers(0, 50)), max_size=20
).map(lambda rows: counts_of(np.array(rows, dtype=np.int64).reshape(-1, 4)))


def counts_of(rows: np.ndarray) -> ErrorCounts:
    speaker, group, errors, exposure = rows.T
    return ErrorCounts(speaker, group, errors.astype(float), exposure.astype(float), {"utterances": errors + 1.0})


@given(cells)
def test_groups_add_up_to_the_whole(counts: ErrorCounts) -> None:
    parts = [counts.of_groups([group]) for group in range(-1, 4)]
    assert sum(map(len, parts)) == len(counts)
    assert sum(part.errors.sum() for part in parts) == counts.errors.sum()
    assert sum(part.detail["utterances"].sum() for part in parts) == counts.detail["utterances"].sum()


@given(cells)
def test_one_pass_gives_the_same_parts_as_a_pass_for_each(counts: ErrorCounts) -> None:
    parts = counts.by_group()
    assert [*parts] == sorted({*counts.group.tolist()})
    for group, part in parts.items():
        alone = counts.of_groups([group])
        for name in ("speaker", "group", "errors", "exposure"):
            np.testing.assert_array_equal(getattr(part, name), getattr(alone, name))
        np.testing.assert_array_equal(part.detail["utterances"], alone.detail["utterances"])


@given(cells, st.sets(st.integers(-2, 5)))
def test_cells_of_several_groups_keep_their_order(counts: ErrorCounts, groups: set[int]) -> None:
    found = CellIndex.of(counts.group).cells(groups)
    np.testing.assert_array_equal(found, np.flatnonzero(np.isin(counts.group, [*groups])))


@given(cells)
def test_rate_is_a_ratio_of_sums(counts: ErrorCounts) -> None:
    total = counts.exposure.sum()
    assert counts.rate == counts.errors.sum() / total if total else math.isnan(counts.rate)


@given(cells, st.lists(st.integers(-1, 2), min_size=4, max_size=4))
def test_regrouping_moves_groups_and_keeps_the_unassigned(counts: ErrorCounts, cohorts: list[int]) -> None:
    moved = counts.regroup(np.array(cohorts))
    assert moved.group.tolist() == [UNASSIGNED if group < 0 else cohorts[group] for group in counts.group]
    np.testing.assert_array_equal(moved.errors, counts.errors)


@given(cells)
def test_speakers_keep_all_their_cells(counts: ErrorCounts) -> None:
    errors, exposure = counts.per_speaker()
    codes = sorted(set(counts.speaker.tolist()))
    assert len(errors) == len(codes) == counts.n_speakers
    assert errors.tolist() == [counts.errors[counts.speaker == code].sum() for code in codes]
    assert exposure.sum() == counts.exposure.sum()


def test_sums_over_groups_that_do_not_occur_are_zero() -> None:
    assert sum_over(np.array([2, 2]), np.array([1.5, 2.0]), 4).tolist() == [0, 0, 3.5, 0]
    assert sum_over(np.zeros(0, dtype=np.int64), np.zeros(0), 2).tolist() == [0, 0]


def test_rates_by_name() -> None:
    assert {name: (rate.numerator, rate.denominator) for name, rate in RATES.items()} == {
        "wer": ("errors", "words"),
        "cer": ("errors", "characters"),
        "mer": ("errors", "words_and_characters"),
        "substitution_rate": ("substitutions", "words"),
        "deletion_rate": ("deletions", "words"),
        "insertion_rate": ("insertions", "words"),
        "sentence_error": ("utterances with errors", "utterances"),
        "mostly_wrong": ("utterances mostly wrong", "utterances"),
        "hallucination_rate": ("hallucinated words", "words"),
    }
    with pytest.raises(UsageError, match=r"unknown rate 'were'.*did you mean 'wer'"):
        rate_named("were")


@given(st.lists(st.integers(0, 6), max_size=40), st.randoms())
def test_a_speaker_is_divided_equally_among_the_cells(codes: list[int], random) -> None:
    speaker = np.array(codes, dtype=np.int64)
    weights = speaker_weights(speaker)
    of_speaker = np.bincount(speaker, weights, minlength=7)
    assert set(of_speaker) <= {0.0, 1.0}  # exactly, in any order
    np.testing.assert_allclose(weights, 1 / np.bincount(speaker, minlength=7)[speaker], atol=1e-7)
    some = np.array(random.sample(range(len(codes)), len(codes) // 2), dtype=np.int64)
    assert weights[some].sum() <= len(set(speaker[some].tolist()))
