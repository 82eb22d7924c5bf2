"""The commands that keep counts instead of texts, and commands that take their files in place of a log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.samples import make_sample

AUDIT = ("--method", "named", "--by", "accent", "--permutations", 19, "-q")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log and its halves."""
    folder = tmp_path_factory.mktemp("logs")
    rows = make_sample(speakers=200).log
    for name, part in (("log", rows), ("first", rows[::2]), ("second", rows[1::2])):
        part.to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, Path]:
    """Files of counts, as the commands write them."""
    scored = fairaudit.score(folder / "log.csv", folder / "scored.parquet")
    tally = fairaudit.tally(folder / "log.csv", folder / "tally.parquet")
    return {"scored": scored, "tally": tally}


def test_commands_write_what_the_functions_write(
    cli: Any, folder: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    for command, name in (("score", "scored"), ("tally", "tally")):
        ran = cli(command, folder / "log.csv", "-o", tmp_path / "out.parquet")
        assert (ran.code, ran.out) == (0, "")
        assert "3,656 utterances; only you can read the file, because it holds ids of speakers" in ran.err
        assert (tmp_path / "out.parquet").read_bytes() == files[name].read_bytes()


def test_weekly_tallies_are_added(cli: Any, folder: Path, tmp_path: Path) -> None:
    for part in ("first", "second"):
        assert cli("tally", folder / f"{part}.csv", "--by", "accent", "-o", tmp_path / f"{part}.parquet").code == 0
    parts = [tmp_path / "first.parquet", tmp_path / "second.parquet"]
    assert cli("tally", *parts, "-o", tmp_path / "both.parquet").code == 0
    merged = json.loads(cli("discover", tmp_path / "both.parquet", *AUDIT, "--json").out)
    whole = json.loads(cli("discover", folder / "log.csv", *AUDIT, "--json").out)
    assert [one["name"] for one in merged.pop("inputs")] == ["first.csv", "second.csv"]
    assert [one["name"] for one in whole.pop("inputs")] == ["log.csv"]
    assert "tally by fairaudit" in merged["quality"].pop("notes")[0]
    del whole["quality"]["notes"]
    assert merged == whole
    again = cli("tally", tmp_path / "both.parquet", parts[0], "-o", tmp_path / "x.parquet")
    assert again.code == 3
    assert "both come from first.csv" in again.err


@pytest.mark.parametrize("name", ["scored", "tally"])
def test_commands_take_a_file_of_counts(
    name: str, cli: Any, folder: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    for source, out in ((folder / "log.csv", tmp_path / "log"), (files[name], tmp_path / name)):
        history = ("--history", out / "history.json", "--release", "1.0")
        assert cli("audit", source, *AUDIT, "-o", out, *history).code == 0
        assert cli("assign", source, "--cohorts", out / "cohorts.json", "-o", out / "who.csv", "-q").code == 0
        assert cli("gate", out / "audit.json", "--max-gap", "20%", "--json", "-q").code in (0, 1, 4)
    for file in ("cohorts.csv", "cohorts.json", "who.csv"):
        assert (tmp_path / "log" / file).read_bytes() == (tmp_path / name / file).read_bytes()
    ours, theirs = (json.loads((tmp_path / one / "history.json").read_text("utf-8")) for one in ("log", name))
    assert ours == theirs
    ran = cli("validate", files[name], "--json", "-q")
    assert json.loads(ran.out)["rows_used"] == 3656


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "TALLY", "LOG"),
        ("assign", "TALLY", "--per", "utterance", "--cohorts", "COHORTS"),
        ("targets", "TALLY", "--cohorts", "COHORTS"),
        ("export", "TALLY", "--to", "kaldi", "--cohorts", "COHORTS"),
        ("score", "TALLY", "-o", "OUT"),
    ],
)
def test_commands_that_need_utterances_say_so(
    command: tuple[str, ...], cli: Any, folder: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    models = fairaudit.audit(files["tally"], methods="named", by="accent", permutations=19).models
    cohorts = fairaudit.write_models(models, tmp_path / "cohorts.json")
    places = {"TALLY": files["tally"], "LOG": folder / "log.csv", "COHORTS": cohorts, "OUT": tmp_path / "out.parquet"}
    ran = cli(*(places.get(word, word) for word in command), "-q")
    assert ran.code in (2, 3)
    assert ran.err.count("\n") == 1
    assert "utterances" in ran.err
    assert not places["OUT"].exists()


@pytest.mark.parametrize("command", ["audit", "validate", "tally"])
@pytest.mark.parametrize("configured", [True, False])
def test_an_option_that_is_a_default_is_refused_as_well(
    command: str, configured: bool, cli: Any, folder: Path, tmp_path: Path
) -> None:
    assert cli("score", folder / "log.csv", "--normalizer", "none", "-o", tmp_path / "none.parquet", "-q").code == 0
    output = {"audit": ("-o", tmp_path / "audit"), "validate": (), "tally": ("-o", tmp_path / "t.parquet")}[command]
    given: tuple[object, ...] = ("--normalizer", "basic")
    if configured:
        (tmp_path / "fairaudit.toml").write_text('normalizer = "basic"\n', "utf-8")
        given = ("--config", tmp_path / "fairaudit.toml")
    ran = cli(command, tmp_path / "none.parquet", *given, *output, "-q")
    assert ran.code == 2
    assert "none.parquet was scored with --normalizer none, so --normalizer basic is not possible" in ran.err
    assert cli("validate", tmp_path / "none.parquet", "--normalizer", "none", "-q").code == 0


def test_outputs_replace_no_input(cli: Callable[..., Any], files: dict[str, Path]) -> None:
    before = files["tally"].read_bytes()
    ran = cli("tally", files["tally"], "-o", files["tally"])
    assert ran.code == 2
    assert "which is read" in ran.err
    assert files["tally"].read_bytes() == before


def test_wrong_columns_are_named_before_the_log_is_read(cli: Callable[..., Any], folder: Path, tmp_path: Path) -> None:
    ran = cli("tally", folder / "log.csv", "--by", "acent", "-o", tmp_path / "t.parquet")
    assert ran.code == 3
    assert "did you mean 'accent'? (--by accent)" in ran.err
    assert "read " not in ran.err
