"""Ids that spreadsheets would run are protected in CSV, and come back."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.text import PROTECTED, csv_text, is_formula
from fairaudit.inputs import read_log
from fairaudit.inputs.transcripts import read_transcripts

IDS = ["=1+1", "'=1+1", "''=1", "+49", "-x", "@home", "\uff1dx", "'tis", "'", "o'neill", "plain", "= x", "'-"]


@given(st.lists(st.text(alphabet="'=+-@ab\t\uff1d", max_size=5), unique=True))
def test_different_cells_stay_different(cells: list[str]) -> None:
    lines = csv_text(["x"], [[f"{cell}."] for cell in cells])
    read = pd.read_csv(io.StringIO(lines), dtype=str, keep_default_na=False)["x"].tolist()
    assert len({*read}) == len(cells)
    back = [cell[1:] if pd.Series([cell]).str.match(PROTECTED)[0] else cell for cell in read]
    assert back == [f"{cell}." for cell in cells]
    assert not [cell for cell in read if cell[0] in "=+-@\t\uff1d"]


def write(path: Path, ids: list[str]) -> Path:
    path.write_text(csv_text(["utterance_id", "speaker_id", "errors", "words"], [[i, i, 1, 9] for i in ids]), "utf-8")
    return path


def test_a_csv_of_ours_gives_the_ids_of_the_log(tmp_path: Path) -> None:
    log = read_log(write(tmp_path / "ours.csv", IDS))
    assert sorted(log.tally(["speaker_id"]).index) == sorted(IDS)
    assert sorted(log.tally(["utterance_id"]).index) == sorted(IDS)
    n = sum(map(is_formula, IDS))
    assert f"'speaker_id': {n} values lost the apostrophe that protected them from spreadsheets" in log.quality.notes


def test_a_csv_of_others_keeps_its_apostrophes(tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_text("speaker_id,errors,words\n=1,1,9\n'=1,1,9\n'tis,1,9\n")
    log = read_log(tmp_path / "theirs.csv")
    assert sorted(log.tally(["speaker_id"]).index) == ["'=1", "'tis", "=1"]
    assert [note for note in log.quality.notes if "so it is kept" in note]


@pytest.mark.parametrize("ids", [IDS, ["'=1", "=2", "''=1"], ["plain"]])
@pytest.mark.parametrize("protect", [False, True])
def test_transcripts_have_the_ids_of_the_log(ids: list[str], tmp_path: Path, *, protect: bool) -> None:
    rows = [[one, one, "a b", "a c"] for one in ids]
    names = ["utterance_id", "speaker_id", "reference", "hypothesis"]
    path = tmp_path / "log.csv"
    if protect:
        path.write_text(csv_text(names, rows), "utf-8")
    else:
        pd.DataFrame(rows, columns=names).to_csv(path, index=False)
    expected = {*read_log(path).tally(["utterance_id"]).index}
    assert {text.utterance for text in read_transcripts(path, utterances=expected)} == expected
    assert not protect or expected == {*ids}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["assign", "targets"])
def test_all_utterances_of_a_csv_of_ours_are_exported(command: str, cli, tmp_path: Path) -> None:
    ids = [f"={i}" for i in range(60)]
    log = pd.DataFrame({"utterance_id": ids, "speaker_id": ids, "reference": "a b c", "hypothesis": "a b"})
    log["accent"] = ["a", "b"] * 30
    log.loc[::2, "hypothesis"] = "x"
    log.to_csv(tmp_path / "log.csv", index=False)
    cohorts = ("--cohorts", tmp_path / "cohorts.json")
    cli("discover", tmp_path / "log.csv", "--by", "accent", "--permutations", 19, "-o", tmp_path / "cohorts.json")
    cli(command, tmp_path / "log.csv", *cohorts, "-o", tmp_path / "ours.csv")
    ours = pd.read_csv(tmp_path / "ours.csv", dtype=str)["speaker_id"].unique()
    assert len(ours) > 0
    assert all(one.startswith("'=") for one in ours)
    again = log.set_index("speaker_id").loc[[one[1:] for one in ours]].assign(speaker_id=ours, utterance_id=ours)
    again.to_csv(tmp_path / "again.csv", index=False)
    cli("export", tmp_path / "again.csv", *cohorts, "--to", "stm", "-o", tmp_path / "x.stm")
    lines = (tmp_path / "x.stm").read_text().splitlines()
    assert len([line for line in lines if not line.startswith(";;")]) == len(ours)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_other_formats_are_not_concerned(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"speaker_id": ["'=1", "b"], "errors": 1, "words": 9})
    path = tmp_path / f"log{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    assert sorted(read_log(path).tally(["speaker_id"]).index) == ["'=1", "b"]


@pytest.mark.slow
def test_protection_is_announced(cli, tmp_path: Path) -> None:
    ids = [f"={i}" for i in range(60)]
    log = pd.DataFrame({"utterance_id": ids, "speaker_id": ids, "errors": 1, "words": 9, "accent": ["a", "b"] * 30})
    log.loc[::2, "errors"] = 3
    log.to_csv(tmp_path / "log.csv", index=False)
    cli("discover", tmp_path / "log.csv", "--by", "accent", "--permutations", 19, "-o", tmp_path / "cohorts.json")
    for command in ("assign", "targets"):
        ran = cli(command, tmp_path / "log.csv", "--cohorts", tmp_path / "cohorts.json", "-o", tmp_path / "x.csv")
        assert "each has an apostrophe before it in CSV" in ran.err
    parquet = cli("assign", tmp_path / "log.csv", "--cohorts", tmp_path / "cohorts.json", "-o", tmp_path / "x.parquet")
    assert "apostrophe" not in parquet.err
    assert pd.read_parquet(tmp_path / "x.parquet")["speaker_id"].tolist() == sorted(ids)
    rows = pd.read_csv(tmp_path / "x.csv").assign(errors=1, words=9)[["speaker_id", "utterance_id", "errors", "words"]]
    rows.to_csv(tmp_path / "again.csv", index=False)
    assert {*read_log(tmp_path / "again.csv").tally(["speaker_id"]).index} <= {*ids}
