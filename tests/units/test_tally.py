from __future__ import annotations

from functools import reduce

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.errors import FairauditError
from fairaudit.units.tally import TallySource, merge_tallies

KEYS = ["speaker_id", "zip_code"]
rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["001", "002", None]), st.integers(0, 2**40), st.integers(0, 9)),
    min_size=1,
    max_size=25,
)


def tally(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*KEYS, "errors", "words"])
    return frame.groupby(KEYS, dropna=False)[["errors", "words"]].sum()


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(rows, st.data())
def test_shards_add_up_to_the_whole(rows: list[tuple], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    shards = [rows[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True) if a < b]
    parts = [tally(shard) for shard in shards]
    whole = tally(rows)
    one_by_one = reduce(lambda one, other: merge_tallies([one, other]), parts)
    for merged in (merge_tallies(parts), merge_tallies(parts[::-1]), one_by_one):
        pd.testing.assert_frame_equal(merged, whole, check_index_type=False)
    assert merge_tallies(parts).dtypes.eq("int64").all()


def test_tallies_of_two_logs_are_the_tally_of_both() -> None:
    frame = pd.DataFrame(
        {
            "speaker_id": ["b", "a", "a", "c"],
            "zip_code": ["00101", None, "00102", "00101"],
            "errors": [1, 2, 3, 4],
            "words": [10, 20, 30, 40],
        }
    )
    logs = [fairaudit.read_log(part) for part in (frame, frame.iloc[:2], frame.iloc[2:])]
    assert all(isinstance(log, TallySource) for log in logs)
    whole, *parts = (log.tally(KEYS) for log in logs)
    pd.testing.assert_frame_equal(merge_tallies(parts), whole, check_index_type=False)


def test_columns_may_are_in_another_order() -> None:
    one = tally([("a", "001", 1, 2)])
    assert merge_tallies([one, one[["words", "errors"]]]).iloc[0].to_dict() == {"errors": 2, "words": 4}


@pytest.mark.parametrize(
    "other",
    [
        tally([("a", "001", 1, 2)])[["errors"]],
        tally([("a", "001", 1, 2)]).rename_axis(index={"zip_code": "region"}),
        tally([("a", "001", 1, 2)]).droplevel(1),
    ],
)
def test_unlike_tallies_are_refused(other: pd.DataFrame) -> None:
    with pytest.raises(FairauditError, match="tallies differ: keys"):
        merge_tallies([tally([("a", "001", 1, 2)]), other])


def test_no_tallies() -> None:
    with pytest.raises(FairauditError, match="no tallies"):
        merge_tallies(iter(()))
