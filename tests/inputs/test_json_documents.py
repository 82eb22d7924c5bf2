"""One JSON document as a log: an array of objects, alone or inside objects, read piece by piece."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log
from fairaudit.inputs.formats import jsonarray

ROWS = [
    {"speaker_id": "007", "errors": 1, "words": 9, "speaker": {"id": "a", "sex": "f"}},
    {"speaker_id": "1e5", "errors": 2, "words": 8, "speaker": {"id": "b"}},
]
NESTED = {"model": "x", "results": {"wer": 0.5, "empty": [], "ids": [1, 2], "samples": ROWS}}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("content", [ROWS, NESTED, {"a": {"b": {"c": ROWS}}}])
def test_an_array_is_the_same_log_as_json_lines(tmp_path: Path, content: object, indent: int | None) -> None:
    path, lines = tmp_path / "log.json", tmp_path / "log.jsonl"
    path.write_text(json.dumps(content, indent=indent), "utf-8")
    lines.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    for columns in ({}, {"speaker_id": "speaker.id"}):
        log, expected = (read_log(source, columns=columns) for source in (path, lines))
        pd.testing.assert_frame_equal(log.tally("speaker_id"), expected.tally("speaker_id"))
        assert log.columns == expected.columns


def test_the_user_names_one_of_several_arrays(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    texts = [{"who": "s1", "ref": "a b", "hyp": "a", "device": {"name": "tv"}}]
    path.write_text(json.dumps({"runs": [{"x": 1}], "results": {"samples": texts}}), "utf-8")
    with pytest.raises(InputError, match=r"runs\[\] \(1\), results\.samples\[\] \(1\); name the fields of one of them"):
        read_log(path)
    inside = {"speaker_id": "who", "reference": "ref", "hypothesis": "hyp", "device": "device.name"}
    log = read_log(path, columns={ours: f"results.samples[].{theirs}" for ours, theirs in inside.items()})
    assert log.columns == ("speaker_id", "device")  # the texts are nowhere else
    assert log.tally("device")["deletions"].to_dict() == {"tv": 1}
    assert "log.json: the rows are the objects in results.samples[]" in log.quality.notes


def test_the_row_of_a_problem_is_the_number_of_its_object(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([*ROWS, {"speaker_id": "a", "errors": -1, "words": 3}]), "utf-8")
    with pytest.raises(InputError, match="negative_count in 'errors': 1 row, row 3"):
        read_log(path)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(objects=OBJECTS, before=VALUES, after=VALUES, indent=st.sampled_from([None, 1]), chunk=st.integers(1, 9))
def test_pieces_of_any_size_give_what_the_json_module_gives(objects, before, after, indent, chunk) -> None:
    content = {"before": before, "r": {"s": objects}, "after": after}
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    whole = jsonarray.DECODER.decode(text)["r"]["s"]
    size, jsonarray._CHUNK = jsonarray._CHUNK, chunk
    try:
        found = [
            (number, one) for path, number, one in jsonarray._Scanner("", io.StringIO(text)).objects() if path == "r.s"
        ]
        for cut in range(1, len(text), 7):
            with pytest.raises(InputError):
                [*jsonarray._Scanner("", io.StringIO(text[:cut])).objects()]
    finally:
        jsonarray._CHUNK = size
    assert found == [*enumerate(whole, start=1)]


@pytest.mark.slow
def test_memory_does_not_grow_with_an_array_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    row = json.dumps({"speaker_id": "s", "note": "x" * 2_000, "errors": 1, "words": 9})
    path.write_text("[" + ",".join([row] * 40_000) + "]", "utf-8")
    assert path.stat().st_size > 80_000_000
    with path.open(encoding="utf-8") as text:
        tracemalloc.start()
        n = sum(1 for _ in jsonarray._Scanner("", text).objects())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (n, peak < 8_000_000) == (40_000, True)
    assert read_log(path).quality.rows_in == 40_000
