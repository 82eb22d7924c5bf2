"""Odd logs of real users, each with what must come out (``tests/cases/*/README``)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log

CASES = Path(__file__).resolve().parents[1] / "cases"


def case(name: str) -> Path:
    return CASES / name


@pytest.mark.parametrize("name", ["nan.csv", "r.csv", "nan.jsonl", "nan.parquet"])
def test_missing_numbers_mean_the_same_in_every_format(name):
    log = read_log(case("13_missing_numbers") / name)
    assert (log.quality.rows_used, log.quality.rows_quarantined, dict(log.quality.coercions)) == (20, 0, {})
    assert log.tally(["latitude", "longitude"])["utterances"].tolist() == [18, 2]


def test_missing_numbers_of_a_frame():
    frame = pd.read_parquet(case("13_missing_numbers") / "nan.parquet")
    log = read_log(frame)
    assert log.quality.rows_used == 20
    assert log.tally(["latitude", "longitude"])["utterances"].tolist() == [18, 2]


def test_zip_codes_as_decimals():
    path = case("14_zip_as_float") / "log.csv"
    with pytest.raises(InputError, match="zip_pad=True restores them"):
        read_log(path)
    assert set(read_log(path, zip_pad=True).tally("zip_code").index.dropna()) == {"02139", "90210"}


EXCEL = {
    "comma.csv": "numbers have a decimal comma",
    "hemisphere.csv": "write signed decimal degrees: -73.2, not 73.2W",
    "projected.csv": "degrees are needed, these look like metres (a projected CRS)",
}


@pytest.mark.parametrize(("name", "sentence"), EXCEL.items())
def test_coordinates_that_are_no_degrees(name, sentence):
    with pytest.raises(InputError) as error:
        read_log(case("23_excel") / name)
    assert sentence in str(error.value)


def test_excel_names_the_separator():
    log = read_log(case("23_excel") / "sep.csv")
    assert (log.quality.rows_used, log.tally("speaker_id")["words"].tolist()) == (3, [10, 10, 10])


def test_quotes_of_tab_separated_texts_swallow_no_rows():
    log = read_log(case("01_tsv_quotes") / "log.tsv")
    assert (log.quality.rows_in, log.quality.rows_used, len(log.tally("speaker_id"))) == (6, 6, 6)


NESTED = {
    "speaker.jsonl": ("speaker_id", "an object", {"speaker_id": "speaker_id.id"}),
    "pipeline.jsonl": ("hypothesis", "an object", {"hypothesis": "hypothesis.text"}),
    "nbest.jsonl": ("hypothesis", "a list", None),
}


@pytest.mark.parametrize(("name", "nested"), NESTED.items())
def test_objects_and_lists_are_no_missing_values(name, nested):
    column, what, remedy = nested
    path = case("16_nested_json") / name
    with pytest.raises(InputError, match=f"column '{column}' holds {what}, not a single value") as error:
        read_log(path)
    assert "missing_" not in str(error.value)
    if remedy:
        assert f"columns={remedy}" in str(error.value)
        log = read_log(path, columns=remedy)
        assert log.tally("speaker_id").index.tolist() == ["s0", "s1", "s2", "s3"]
        assert log.tally("speaker_id")["errors"].sum() == 0


def test_nested_values_of_frames_and_parquet(tmp_path):
    frame = pd.read_json(case("16_nested_json") / "speaker.jsonl", lines=True)
    frame.to_parquet(tmp_path / "log.parquet")
    for source in (frame, tmp_path / "log.parquet"):
        with pytest.raises(InputError, match="column 'speaker_id' holds an object"):
            read_log(source)


def test_segments_of_a_recording_are_utterances(tmp_path):
    path = case("17_nemo_segments") / "manifest.json"
    log = read_log(path)
    assert (log.quality.rows_used, log.tally("speaker_id")["words"].tolist()) == (3, [3, 3, 3])
    assert log.tally("utterance_id").index.tolist()[0] == "/data/meeting.wav@0.0+5.0"
    assert any("utterances are segments" in note for note in log.quality.notes)
    twice = tmp_path / "twice.json"
    twice.write_text(path.read_text("utf-8") + path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    with pytest.raises(InputError, match=r"1 utterance ids occur more than once: '/data/meeting\.wav@0\.0"):
        read_log(twice)
