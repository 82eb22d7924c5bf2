"""Texts scored a second time while they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.core.columns import RESCORED, rescored
from fairaudit.core.errors import UsageError
from fairaudit.inputs import read_log

TEXTS = st.lists(
    st.tuples(*[st.text(alphabet="aB., 'é<X>\u0301", max_size=12)] * 2, st.sampled_from(["s1", "s2"])),
    min_size=1,
    max_size=24,
)


def frame_of(*pairs: tuple[str, str]) -> pd.DataFrame:
    rows = [(f"s{n}", *pair) for n, pair in enumerate(pairs)]
    return pd.DataFrame(rows, columns=["speaker_id", "reference", "hypothesis"])


def test_by_hand() -> None:
    """As written: "Yes," is not "yes" and "no." not "no"; the silence keeps its insertion; a dash is a word."""
    frame = frame_of(("Yes, no.", "yes no"), ("", "Uh"), ("a – b", "a b"), ("same", "same"), ("gone away", ""))
    log = read_log(frame)
    tally = log.tally(["speaker_id"])
    assert (log.normalizer, log.second_normalizer) == ("basic-2", "none-1")
    first, again = (list(map(name, ("words", "errors", "substitutions", "deletions", "insertions")))
                    for name in (str, rescored))  # fmt: skip
    assert tally[first].values.tolist() == [
        [2, 0, 0, 0, 0],
        [0, 1, 0, 0, 1],
        [2, 0, 0, 0, 0],
        [1, 0, 0, 0, 0],
        [2, 2, 0, 2, 0],
    ]
    assert tally[again].values.tolist() == [
        [2, 2, 2, 0, 0],
        [0, 1, 0, 0, 1],
        [3, 1, 0, 1, 0],
        [1, 0, 0, 0, 0],
        [2, 2, 0, 2, 0],
    ]
    assert (tally.dtypes == "int64").all()
    assert log.quality.coercions["empty_references"] == 1


def test_characters_and_tags() -> None:
    log = read_log(frame_of(("今日は、いい <LAUGH>", "今日はいい")), strip_tags=True, unit="char")
    assert log.tally(["speaker_id"])[["characters", "errors"]].values.tolist() == [[5, 0]]
    again = [rescored(name) for name in ("characters", "errors", "deletions")]
    assert log.tally(["speaker_id"])[again].values.tolist() == [[6, 1, 1]]
    assert rescored("words") not in log.count_columns


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 4, deadline=None)
@given(rows=TEXTS, names=st.permutations(["none", "basic", "whisper-en"]), unit=st.sampled_from(["word", "char"]))
def test_sums_are_those_of_a_log_scored_by_the_second(
    rows: list[tuple[str, str, str]], names: list[str], unit: str
) -> None:
    frame = pd.DataFrame(rows, columns=["reference", "hypothesis", "speaker_id"])
    first, second, _ = names
    options = {"unit": unit, "missing_hypothesis": "empty", "strip_tags": True}
    log = read_log(frame, normalizer=first, second_normalizer=second, **options)
    other = read_log(frame, normalizer=second, second_normalizer="off", **options)
    plain = read_log(frame, normalizer=first, second_normalizer="off", **options)
    tally = log.tally(["speaker_id"])
    expected = other.tally(["speaker_id"])
    again = [name for name in log.count_columns if name in RESCORED]
    assert len(again) == 5
    for name in again:
        assert tally[name].tolist() == expected[name.removesuffix(" rescored")].tolist()
    own = [*plain.count_columns, *plain.derived_columns]
    pd.testing.assert_frame_equal(tally[own], plain.tally(["speaker_id"]))
    assert (log.settings, log.columns) == (plain.settings, plain.columns)


@pytest.mark.slow
@pytest.mark.parametrize("pad", [1, 40_000])
def test_files_and_later_batches_have_them_as_well(tmp_path: Path, pad: int) -> None:
    frame = pd.concat([frame_of(("a.", "a"))] * pad + [frame_of(("b c,", "b c"))], ignore_index=True)
    frame.to_csv(tmp_path / "log.csv", index=False)
    tally = read_log(tmp_path / "log.csv").tally(["speaker_id"])
    assert tally[rescored("errors")].tolist() == [pad + 1]


def test_counts_have_none_and_a_column_of_that_name_stays_text() -> None:
    counts = pd.DataFrame({"speaker_id": ["a", "b"], "errors": 1, "words": 4, rescored("errors"): ["x", "y"]})
    log = read_log(counts, second_normalizer="whisper-en")
    assert log.second_normalizer is None
    assert log.count_columns == ("utterances", "errors", "words")
    assert log.tally([rescored("errors")])["words"].to_dict() == {"x": 4, "y": 4}


def test_it_can_be_chosen_and_left_out() -> None:
    frame = frame_of(("It's 5.", "it is five"))
    chosen = {name: read_log(frame, second_normalizer=name).second_normalizer for name in ("auto", "off", "none")}
    assert chosen == {"auto": "none-1", "off": None, "none": "none-1"}
    assert str(read_log(frame, second_normalizer="whisper-en").second_normalizer).startswith("whisper-en-")
    assert read_log(frame, normalizer="whisper-en").second_normalizer == "basic-2"
    assert read_log(frame, normalizer="none").second_normalizer == "basic-2"
    assert read_log(frame, second_normalizer="off").count_columns == (
        *("utterances", "errors", "words", "substitutions", "deletions", "insertions", "hits"),
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("basic", "must differ from the first; both are 'basic'"),
        ("wisper-en", "did you mean 'whisper-en'"),
        ("of", "'off'"),
    ],
)
def test_no_such_second(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_log(frame_of(("a", "b")), second_normalizer=name)
