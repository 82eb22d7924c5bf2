"""Weights of rows: shares of cohorts, and equal chances of speakers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.errors import FairauditError
from fairaudit.exports.targets import targets
from fairaudit.training import cohort_weights


def table(cohorts: list[str | None], speakers: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"speaker_id": speakers, "cohort": cohorts})


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("stuvw")), min_size=1),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_shares_are_those_asked_for_and_speakers_alike(rows: list[tuple[str, str]], share: float | None):
    frame = table([c for c, _ in rows], [f"{c}{s}" for c, s in rows])
    present = frame["cohort"].unique()
    first = present[0]
    if share is not None and len(present) == 1:
        share = 1.0
    weights = cohort_weights(frame, None if share is None else {first: share})
    assert weights.sum() == pytest.approx(1)
    of_cohort = pd.Series(weights).groupby(frame["cohort"]).sum()
    if share is None:
        assert np.allclose(of_cohort, 1 / len(present))
    else:
        assert of_cohort[first] == pytest.approx(share)
        others = frame[frame["cohort"] != first].groupby("cohort")["speaker_id"].nunique()
        assert np.allclose(of_cohort[others.index], (1 - share) * others / max(others.sum(), 1))
    of_speaker = pd.Series(weights).groupby([frame["cohort"], frame["speaker_id"]]).sum()
    assert (of_speaker.groupby(level=0).std(ddof=0) < 1e-12).all()
    assert (pd.Series(weights).groupby(frame["speaker_id"]).std(ddof=0) < 1e-12).all()


def test_weights_of_two_cohorts_are_those_of_targets():
    frame = table(list("aaabbbb"), ["s", "s", "t", "u", "v", "v", "v"]).assign(in_bottom=[True] * 3 + [False] * 4)
    assert np.allclose(cohort_weights(frame, {"a": 0.3}), targets(frame.assign(utterance_id=range(7)), 0.3)["weight"])


def test_rows_in_no_cohort_are_one_of_their_own():
    assert cohort_weights(table(["a", None, None], list("stu"))).tolist() == [0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    ("cohorts", "speakers", "shares", "said"),
    [
        ([], [], None, "need rows"),
        (["a"], [None], None, "need rows, each with a speaker"),
        (["a", "b"], ["s", "t"], {"c": 0.5}, r"no row is in the cohort 'c'; there are \['a', 'b'\]"),
        (["a", "b"], ["s", "t"], {"a": 1.5}, "shares must be"),
        (["a", "b"], ["s", "t"], {"a": -0.1}, "shares must be"),
        (["a", "b"], ["s", "t"], {"a": 0.5, "b": 0.4}, "shares must be"),
    ],
)
def test_what_cannot_be_is_an_error(cohorts, speakers, shares, said):
    with pytest.raises(FairauditError, match=said):
        cohort_weights(table(cohorts, speakers), shares)
