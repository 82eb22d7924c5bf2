"""The command ``board``: systems from files or from columns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow  # several logs are read in every test


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("systems")
    rng = np.random.default_rng(0)
    said = ["the quick brown fox jumps over the lazy dog"] * 120
    frame = pd.DataFrame({"utterance_id": range(120), "speaker_id": np.arange(120) // 2, "reference": said})
    frame["region"] = np.where(np.arange(120) < 60, "north", "south")
    for name, rate in (("one", 0.1), ("two", 0.15), ("three", 0.5)):
        frame[name] = [" ".join(w for w in text.split() if rng.random() > rate) for text in said]
    frame.to_csv(place / "all.csv", index=False)
    for name in ("one", "two", "three"):
        own = frame.drop(columns=["one", "two", "three"]).assign(hypothesis=frame[name])
        own.to_csv(place / f"{name}.csv", index=False)
        own[["utterance_id", "hypothesis"]].to_csv(place / f"{name}.hyp", index=False)
    frame.drop(columns=["one", "two", "three"]).to_csv(place / "references.csv", index=False)
    long = frame.melt(["utterance_id", "speaker_id", "reference", "region"], var_name="model", value_name="hypothesis")
    long.assign(split="test").to_csv(place / "long.csv", index=False)
    return place


def test_every_way_gives_the_same_board(cli, folder, tmp_path) -> None:
    options = ["--by", "region", "--permutations", "99"]
    of_files = cli("board", *(folder / f"{n}.csv" for n in ("one", "two", "three")), *options, "-o", tmp_path / "files")
    of_columns = cli("board", folder / "all.csv", "--hypothesis-column", "one,two", "--hypothesis-column", "three",
                     *options, "-o", tmp_path / "columns")  # fmt: skip
    hypotheses = [option for n in ("one", "two", "three") for option in ("--hypotheses", f"{n}={folder / f'{n}.hyp'}")]
    of_hypotheses = cli("board", folder / "references.csv", *hypotheses, *options, "-o", tmp_path / "hypotheses")
    assert of_files.code == of_columns.code == of_hypotheses.code == 0, of_files.err + of_hypotheses.err
    names = ("files", "columns", "hypotheses")
    boards = [json.loads((tmp_path / name / "board.json").read_text()) for name in names]
    assert boards[0]["pairs"] == boards[1]["pairs"] == boards[2]["pairs"]
    assert [system["name"] for system in boards[0]["systems"]] == ["one", "two", "three"]
    assert "Systems differ" in of_files.out
    report = cli("report", tmp_path / "files" / "board.json", "-o", tmp_path / "board.tex")
    assert report.code == 0, report.err
    assert (tmp_path / "board.tex").read_text() == (tmp_path / "files" / "board.tex").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["one.csv"], 2, "at least two systems"),
        (["one.csv", "one.csv"], 2, "given twice"),
        (["all.csv", "--hypothesis-column", "one,one"], 2, "given twice"),
        (["all.csv", "--hypothesis-column", "one,four"], 3, "four"),
        (["references.csv", "--hypotheses", "all.csv"], 2, "--hypotheses takes NAME=FILE, not"),
        (["references.csv", "--hypotheses", "one=one.hyp"], 2, "at least two systems"),
        (["references.csv", "--hypotheses", "one=one.hyp", "--hypotheses", "one=two.hyp"], 2, "gives one twice"),
        (["references.csv", "--hypotheses", "one=nowhere.hyp", "--hypotheses", "two=two.hyp"], 3, "nowhere.hyp"),
        (["one.csv", "--hypotheses", "one=one.hyp", "--hypotheses", "two=two.hyp"], 3, "has hypotheses in column"),
        (["long.csv", "--system-column", "mode"], 3, "(--system-column model)"),
        (
            ["long.csv", "--system-column", "model", "--hypothesis-column", "a"],
            2,
            "--system-column and --hypothesis-col",
        ),
        (["long.csv", "--system-column", "model", "--where", "model=one"], 2, "would leave one system"),
        (["long.csv", "long.csv", "--hypothesis-column", "one,two"], 3, "given"),
        (["one.csv", "two.csv", "--by", "regoin"], 3, "region"),
        (["one.csv", "two.csv", "--by", "speaker_id"], 2, "would identify persons"),
    ],
)
def test_what_is_wrong_is_said(cli, folder, tmp_path, arguments: list[str], code: int, message: str) -> None:
    paths = [one.replace("=", f"={folder}/") if one.endswith(".hyp") else one for one in arguments]
    paths = [folder / one if one.endswith(".csv") else one for one in paths]
    ran = cli("board", *paths, "-o", tmp_path / "board")
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert not (tmp_path / "board").exists()


def test_too_little_evidence_has_its_own_exit_code(cli, folder, tmp_path) -> None:
    few = pd.read_csv(folder / "all.csv").assign(region=lambda frame: "r" + (frame["speaker_id"] // 6).astype(str))
    few.to_csv(tmp_path / "few.csv", index=False)
    ran = cli("board", tmp_path / "few.csv", "--hypothesis-column", "one,two", "--by", "region",
              "--permutations", "99", "-o", tmp_path / "board", "--json")  # fmt: skip
    assert ran.code == 4, ran.err
    assert json.loads(ran.out)["verdict"] == "insufficient evidence"


def test_one_log_of_several_systems(cli, folder, tmp_path) -> None:
    options = ["--by", "region", "--permutations", "99", "--json"]
    of_files = cli("board", *(folder / f"{n}.csv" for n in ("one", "three", "two")), *options, "-o", tmp_path / "files")
    of_column = cli("board", folder / "long.csv", "--system-column", "model", "--where", "split=test",
                    *options, "-o", tmp_path / "column")  # fmt: skip
    assert of_column.code == 0, of_column.err
    assert json.loads(of_column.out)["pairs"] == json.loads(of_files.out)["pairs"]
    assert "two: read 360 rows: 120 used, 0 quarantined, 240 left out" in of_column.err
    assert "where:model=one+split=test|three_where:model=three+split=test" in json.loads(of_column.out)["signature"]


def test_two_systems_of_one_log_are_compared(cli, folder) -> None:
    log, options = folder / "long.csv", ["--permutations", "99", "--json", "-q"]
    of_rows = cli("compare", log, "--where", "model=one", "--where", "split=test", "--candidate-where", "model=Three",
                  *options)  # fmt: skip
    of_files = cli("compare", folder / "one.csv", folder / "three.csv", *options)
    assert of_rows.code == of_files.code == 0, of_rows.err
    numbers = [json.loads(ran.out) for ran in (of_rows, of_files)]
    assert numbers[0]["overall"] == numbers[1]["overall"]
    assert "where:model=one+split=test|candidate_where:model=three+split=test" in numbers[0]["signature"]
    assert cli("compare", log, "--where", "model=one", "--candidate-where", "model=one", *options).code == 3
    assert "compare needs a second log" in cli("compare", log, "--where", "model=one").err
    duplicates = cli("validate", log)
    assert duplicates.code == 3
    assert "--where model=one reads the rows of one value" in duplicates.err
    assert "(--system-column model)" in duplicates.err
