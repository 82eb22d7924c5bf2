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
    return place


def test_files_and_columns_give_the_same_board(cli, folder, tmp_path) -> None:
    options = ["--by", "region", "--permutations", "99"]
    of_files = cli("board", *(folder / f"{n}.csv" for n in ("one", "two", "three")), *options, "-o", tmp_path / "files")
    of_columns = cli("board", folder / "all.csv", "--hypothesis-column", "one,two", "--hypothesis-column", "three",
                     *options, "-o", tmp_path / "columns")  # fmt: skip
    assert of_files.code == of_columns.code == 0, of_files.err
    boards = [json.loads((tmp_path / name / "board.json").read_text()) for name in ("files", "columns")]
    assert boards[0]["pairs"] == boards[1]["pairs"]
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
        (["one.csv", "two.csv", "--hypotheses", "all.csv"], 2, "the same hypotheses to every system"),
        (["one.csv", "two.csv", "--by", "regoin"], 3, "region"),
        (["one.csv", "two.csv", "--by", "speaker_id"], 2, "would identify persons"),
    ],
)
def test_what_is_wrong_is_said(cli, folder, tmp_path, arguments: list[str], code: int, message: str) -> None:
    paths = [folder / one if one.endswith(".csv") else one for one in arguments]
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
