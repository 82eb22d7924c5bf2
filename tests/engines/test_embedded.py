from __future__ import annotations

import gc

import pandas as pd
import pyarrow as pa
import pytest

from fairaudit.core.errors import InputError, UsageError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal


def test_tables_widen_and_missing_cells_are_missing():
    engine = EmbeddedEngine()
    assert not engine.has("log")
    batches = [pa.table({"a": ["x"], "n": [1]}), pa.record_batch({"n": [2], 'odd "name"': ["y"]})]
    engine.store("log", batches)
    assert engine.has("log")
    assert engine.types("log") == {"a": "VARCHAR", "n": "BIGINT", 'odd "name"': "VARCHAR"}
    assert engine.rows("SELECT * FROM log ORDER BY n") == [("x", 1, None), (None, 2, "y")]


def test_sums_are_exact_and_groups_sorted_missing_last():
    engine = EmbeddedEngine()
    keys = ["b", None, "a", "b"]
    engine.store("log", [pa.table({"key": keys, "n": [2**53, 7, 1, 2**53 + 1]})])
    tally = engine.tally("log", ["key"], ["n"])
    assert tally["n"].tolist() == [1, 2**54 + 1, 7]
    assert tally["n"].dtype == "int64"
    assert tally.index.tolist()[:2] == ["a", "b"]
    assert tally.index.isna().tolist() == [False, False, True]


def test_results_stream_in_order():
    engine = EmbeddedEngine()
    engine.store("log", [pa.table({"n": list(range(10_000))})])
    batches = list(engine.batches("SELECT n FROM log", size=4096))
    assert len(batches) > 1
    assert pa.Table.from_batches(batches)["n"].to_pylist() == list(range(10_000))


@pytest.mark.slow
def test_many_groups_fit_a_small_memory():
    engine = EmbeddedEngine(memory=128 << 20)
    engine.view("log", "SELECT 'speaker ' || i AS speaker_id, 1::BIGINT AS words FROM range(1000000) AS t(i)")
    assert engine.tally("log", ["speaker_id"], ["words"])["words"].sum() == 1_000_000


def test_too_little_memory_is_said_to_be_too_little():
    engine = EmbeddedEngine(memory=16 << 20)
    with pytest.raises(UsageError, match=r"^more memory is needed than memory allows \(.*MiB.*\)$"):
        engine.rows("SELECT list(repeat('x', 1000) || i) FROM range(100000) AS t(i)")


def test_frames_of_the_caller_are_not_seen():
    engine = EmbeddedEngine()
    mine = pd.DataFrame({"a": [1]})
    with pytest.raises(InputError, match="mine"):
        engine.rows("SELECT * FROM mine")
    assert len(mine) == 1


def test_faults_are_one_sentence():
    engine = EmbeddedEngine()
    with pytest.raises(InputError) as error:
        engine.rows("SELECT CAST('x' AS BIGINT)")
    assert "\n" not in str(error.value)


def test_scratch_goes_with_the_engine():
    engine = EmbeddedEngine()
    scratch = engine.scratch
    (scratch / "file").write_text("x")
    del engine
    gc.collect()
    assert not scratch.exists()


@pytest.mark.parametrize("text", ['"', "'", "a'b", 'a"b', "", "é\n"])
def test_quoting(text):
    engine = EmbeddedEngine()
    assert engine.rows(f"SELECT {literal(text)}") == [(text,)]
    if text:
        assert engine.frame(f"SELECT 1 AS {identifier(text)}").columns.tolist() == [text]
