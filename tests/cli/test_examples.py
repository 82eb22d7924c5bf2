"""The command that lists utterances to listen to: files only for their owner, and nothing that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import fairaudit
from fairaudit.cli.choices import ORDERS
from fairaudit.cohorts import Named
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.runs import write_run
from fairaudit.exports.examples import SUFFIXES, playlist
from fairaudit.inputs import NamedColumns
from fairaudit.samples import make_sample

EVIL = "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A NeMo manifest with segments, whose speakers and texts are hostile, and frozen cohorts."""
    made = tmp_path_factory.mktemp("examples")
    rows = make_sample(speakers=100).log[["speaker_id", "accent", "reference", "hypothesis"]]
    rows = rows.assign(speaker_id="=" + rows["speaker_id"], offset=range(len(rows)), duration=1.5)
    rows["audio_filepath"] = ["wav/" + speaker.removeprefix("=") + ".wav" for speaker in rows["speaker_id"]]
    rows["hypothesis"] = f"{EVIL} \x1b[31m " + rows["hypothesis"]
    rows = rows.rename(columns={"reference": "text", "hypothesis": "pred_text"})
    rows.to_json(made / "log.json", orient="records", lines=True)
    log = fairaudit.read_log(made / "log.json", normalizer="none")
    model = fairaudit.discover(log, NamedColumns("accent"), Named("accent"))
    fairaudit.write_models(model, made / "cohorts.json")
    (made / "wav").mkdir()
    return made


@pytest.fixture
def examples(cli, folder: Path):
    return lambda *more: cli("examples", folder / "log.json", "--cohorts", folder / "cohorts.json", *more)


@pytest.mark.parametrize(
    "suffix", [pytest.param(one, marks=[] if one == ".txt" else pytest.mark.exhaustive) for one in SUFFIXES]
)
def test_files_can_be_read_only_by_their_owner(examples, suffix: str, tmp_path: Path):
    path = tmp_path / f"worst{suffix}"
    ran = examples("--top", 4, "-o", path)
    assert ran.code == 0, ran.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"{path.name} holds words and ids of people, and only you can read it" in ran.err
    assert ran.out == ""
    assert "\x1b" not in path.read_text() or suffix == ".csv"


def test_a_csv_runs_nothing_in_a_spreadsheet(examples, tmp_path: Path):
    ran = examples("--top", 3, "--per-speaker", 1, "-o", tmp_path / "worst.csv")
    rows = pd.read_csv(tmp_path / "worst.csv")
    assert rows["speaker_id"].str.startswith("'=").all()
    assert rows["hypothesis"].str.startswith(f"'{EVIL}").all()
    assert "each has an apostrophe before it in CSV" in ran.err


def test_json_lines_are_those_of_python(examples, folder: Path, tmp_path: Path):
    examples("--top", 5, "--order", "rate", "-o", tmp_path / "worst.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "worst.jsonl").read_text().splitlines()]
    (model,) = fairaudit.read_models(folder / "cohorts.json")
    expected = fairaudit.examples(folder / "log.json", model, top=5, order="rate")
    pd.testing.assert_frame_equal(pd.DataFrame(rows), expected, check_dtype=False)
    assert rows[0]["utterance_id"] == f"{rows[0]['audio']}@{rows[0]['offset']}+1.5"


def test_a_playlist_has_absolute_paths_and_the_segments(examples, folder: Path, tmp_path: Path):
    ran = examples("--top", 2, "-o", tmp_path / "worst.m3u")
    first, *lines = (tmp_path / "worst.m3u").read_text().splitlines()
    assert first == "#EXTM3U"
    assert [line.partition(":")[0] for line in lines[:3]] == ["#EXTINF", "#EXTVLCOPT", "#EXTVLCOPT"]
    start, stop = (float(line.partition("=")[2]) for line in lines[1:3])
    assert (stop - start, Path(lines[3]).parent) == (1.5, folder / "wav")
    assert f"2 of 2 recordings are not in {folder}; --audio-folder names another folder" in ran.err
    Path(lines[3]).touch()
    ran = examples("--top", 2, "--audio-folder", tmp_path, "-o", tmp_path / "worst.m3u")
    assert f"not in {tmp_path}" in ran.err
    assert f"{tmp_path}/wav/" in (tmp_path / "worst.m3u").read_text()


def test_the_listing_has_no_control_characters(examples, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    ran = examples("--top", 2)
    assert ran.code == 0, ran.err
    assert "this listing holds words and ids of people; treat it like the log" in ran.err
    assert "\x1b" not in ran.out
    assert "\\u001b[31m" in ran.out
    assert "1. wav/" in ran.out
    assert "REF:" in ran.out
    assert examples("--top", 2, "-q").err == ""


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["-o", "worst.xlsx"], 2, "unknown ending of the name of a file of examples '.xlsx'"),
        (["--cohort", "nowhere"], 2, "unknown cohort 'nowhere'"),
        (["--top", "0"], 2, "top must be at least 1"),
        (["--order", "wer"], 2, "unknown value of --order 'wer'"),
        (["--audio-column", "wave"], 3, "(--audio-column wave)"),
        (["--normalizer", "basic"], 2, "was scored with --normalizer none"),
        (["--search", "age"], 2, "unknown search 'age'"),
    ],
)
def test_what_is_wrong_is_reported(examples, more: list[str], code: int, message: str):
    ran = examples(*more)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err


def test_no_file_of_a_result_is_replaced(examples, folder: Path, tmp_path: Path):
    write_run(tmp_path, "audit", {"cohorts.csv": "a"})
    ran = examples("-o", tmp_path / "cohorts.csv")
    assert ran.code == 2
    assert "would replace a file of the run" in ran.err
    assert (tmp_path / "cohorts.csv").read_text() == "a"
    ran = examples("-o", folder / "log.json")
    assert ran.code == 2


def test_a_playlist_obeys_no_name_of_a_recording():
    names = ["#EXTVLCOPT:x://y", "https://e.org/a.wav", "a.wav", None]
    rows = pd.DataFrame({"utterance_id": ["a\n#EXTM3U"] * 4, "cohort": "c", "errors": 1, "audio": names})
    assert playlist(rows[:3], Path("/log")).splitlines() == [
        "#EXTM3U",
        *["#EXTINF:-1,a #EXTM3U (c, 1 error)", "/log/#EXTVLCOPT:x:/y"],
        *["#EXTINF:-1,a #EXTM3U (c, 1 error)", "https://e.org/a.wav"],
        *["#EXTINF:-1,a #EXTM3U (c, 1 error)", "/log/a.wav"],
    ]
    with pytest.raises(InputError, match="has no name that a playlist can hold"):
        playlist(rows, Path("/log"))
    with pytest.raises(InputError, match="name the column"):
        playlist(rows.drop(columns="audio"), Path("/log"))


@pytest.mark.exhaustive
def test_a_playlist_needs_recordings_and_names_of_one_line(cli, folder: Path, tmp_path: Path):
    rows = pd.read_json(folder / "log.json", lines=True).rename(columns={"audio_filepath": "where"})
    rows["id"] = [f"u{i}" for i in range(len(rows))]
    rows["lines"] = "a\n#EXTM3U"
    rows.to_json(tmp_path / "log.json", orient="records", lines=True)
    columns = ("--column", "utterance_id=id", "--column", "reference=text", "--column", "hypothesis=pred_text")
    command = ("examples", tmp_path / "log.json", "--cohorts", folder / "cohorts.json", *columns)
    ran = cli(*command, "-o", tmp_path / "a.m3u")
    assert ran.code == 3
    assert "name the column (--audio-column)" in ran.err
    ran = cli(*command, "-o", tmp_path / "a.m3u", "--audio-column", "lines")
    assert ran.code == 3
    assert "has no name that a playlist can hold" in ran.err
    assert not (tmp_path / "a.m3u").exists()
    assert cli(*command, "-o", tmp_path / "a.m3u", "--audio-column", "where", "--top", 1).code == 0


def test_the_choices_are_those_of_the_library(folder: Path):
    (model,) = fairaudit.read_models(folder / "cohorts.json")
    with pytest.raises(UsageError) as refused:
        fairaudit.examples(folder / "log.json", model, order="none")
    assert str([*ORDERS]) in str(refused.value)
