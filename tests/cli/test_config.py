"""Settings from a file: TOML, then flags."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
import fairaudit.cli.app  # registers the options of every command
from fairaudit.cli.config import find_config, gate_table, settings_from
from fairaudit.cli.groups import setting_kinds
from fairaudit.core.errors import InputError, UsageError

KINDS = setting_kinds()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    people = [f"s{i}" for i in range(80)]
    frame = pd.DataFrame({"who": people, "errors": rng.poisson(3, 80), "words": 30, "accent": ["hill", "coast"] * 40})
    frame.to_csv(tmp_path / "log.csv", index=False)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_replace_options_that_were_not_given(folder: Path, cli) -> None:
    (folder / "fairaudit.toml").write_text('column = ["speaker_id=who"]\npermutations = 29\nby = "accent"\nseed = 3\n')
    ran = cli("discover", "log.csv", "--seed", "4", "--json")
    assert ran.code in (0, 4)
    told = json.loads(ran.out)
    assert "permutations:29|" in told["signature"]
    assert "|seed:4|" in told["signature"]
    assert "using settings of fairaudit.toml: by, column, permutations" in ran.err


def test_a_pyproject_that_does_not_speak_of_us_is_not_read(folder: Path, cli) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert cli("discover", "log.csv").code == 3
    (folder / "pyproject.toml").write_text('[tool.fairaudit]\ncolumn = ["speaker_id=who"]\npermutations = 19\n')
    assert cli("discover", "log.csv").code in (0, 4)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("permutatons = 9", UsageError, r"fairaudit\.toml: unknown setting 'permutatons'.*did you mean 'permutations'"),
        ('permutations = "many"', UsageError, r"fairaudit\.toml: permutations must be a whole number, not 'many'"),
        ("permutations = true", UsageError, "must be a whole number, not True"),
        ("permutations = 19.0", UsageError, r"must be a whole number, not 19\.0"),
        ("permutations = [19]", UsageError, r"must be a whole number, not \[19\]"),
        ("permutations = 2026-11-28", UsageError, "must be a whole number, not 2026-11-28"),
        ("release = 07:32:00", UsageError, "release must be a string, not 07:32:00"),
        ("alpha = 1" + "0" * 400, UsageError, r"alpha must be a number, not 10{59}\.\.\."),
        ("seed = 1" + "0" * 5000, InputError, "not valid TOML"),
        ("strip-tags = 1", UsageError, "strip-tags must be true or false, not 1"),
        ("by = [1]", UsageError, "must be a list of strings"),
        ("by = [['a']]", UsageError, "must be a list of strings"),
        ("by = ''", UsageError, "must be a list of strings"),
        ("census = 3", UsageError, "must be a file name"),
        ("census = ''", UsageError, "must be a file name"),
        ("census = ['a', 'b']", UsageError, r"must be a file name, not \['a', 'b'\]"),
        ("[census]\nfile = 'a'", UsageError, "census must be a file name, not a table"),
        ("[[by]]\nx = 1", UsageError, "by must be a list of strings"),
        ("[audti]\nby = 'x'", UsageError, "unknown setting 'audti'.*did you mean 'audit'"),
        ("[compare]\nmarkdwon = 'x'", UsageError, r"\[compare\]: unknown setting 'markdwon'.*did you mean 'markdown'"),
        (
            "markdown = 'x'",
            UsageError,
            r"'markdown' is set in a table of its command, \[compare\] or \[gate\] or \[hist",
        ),
        ("config = 'x'", UsageError, "unknown setting 'config'"),
        ("histroy = 'x'", UsageError, r"^(?!.*'history'.*'history', ).*did you mean 'history'"),
        ("max-gap = '20%'", UsageError, "unknown setting 'max-gap'"),
        ("min-speakers = 1\nmin_speakers = 2", UsageError, "'min_speakers' is set twice, with - and with _"),
        ("seed = ", InputError, "not valid TOML"),
        ("seed = 1\nseed = 2", InputError, "not valid TOML"),
        ("x = " + "[" * 5000, InputError, "not valid TOML"),
    ],
)
def test_what_cannot_be_a_setting(tmp_path: Path, text: str, error: type[Exception], sentence: str) -> None:
    path = tmp_path / "fairaudit.toml"
    path.write_text(text)
    for command in KINDS:
        with pytest.raises(error, match=sentence):
            settings_from(path, KINDS, command)


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nfairaudit = 3", "[tool]\nfairaudit = []", "tool = []"])
def test_pyprojects_without_our_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    try:
        assert settings_from(tmp_path / "pyproject.toml", KINDS, "audit") == {}
    except UsageError as error:
        assert "tool.fairaudit must be a table of settings" in str(error)  # noqa: PT017 (either is right)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "fairaudit.toml").write_bytes(b"\xef\xbb\xbfseed = 3\r\n")
    assert settings_from(tmp_path / "fairaudit.toml", KINDS, "audit") == {"seed": 3}
    (tmp_path / "fairaudit.toml").write_bytes("seed = 3".encode("utf-16"))
    with pytest.raises(InputError, match="not UTF-8 text"):
        settings_from(tmp_path / "fairaudit.toml", KINDS, "audit")


def test_files_are_looked_for_beside_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "fairaudit.toml"
    path.write_text('census = "census.csv"\nholdout = 1\n[report]\ngate = ["a.json", "b.json"]\n')
    assert settings_from(path, KINDS, "audit") == {"census": tmp_path / "census.csv", "holdout": 1.0}
    assert settings_from(path, KINDS, "report") == {"gate": [str(tmp_path / "a.json"), str(tmp_path / "b.json")]}


def test_every_option_can_be_set(tmp_path: Path) -> None:
    """In the table of its command, except those that are about one call."""
    samples = {"bool": "true", "int": "3", "float": "0.5", "Path": '"x"', "str": '"x"'}
    path = tmp_path / "fairaudit.toml"
    for command, options in KINDS.items():
        assert not {"config", "debug", "help"} & {*options}
        for name, kind in options.items():
            value = next(value for of, value in samples.items() if of in str(kind))
            path.write_text(f"[{command}]\n{name.replace('_', '-')} = {value}\n")
            reach = {other: [*settings_from(path, KINDS, other)] for other in KINDS}
            assert reach == {other: [name] if other == command else [] for other in KINDS}


def test_general_settings_reach_the_commands_that_have_them(tmp_path: Path) -> None:
    path = tmp_path / "fairaudit.toml"
    settings = ['boundaries = "b"', 'output = "o"', 'history = "h"', 'release = "r"', 'cohorts = "c"', 'by = ["a"]']
    path.write_text("\n".join([*settings, "quiet = true", "seed = 1"]))
    reach = {command: {*settings_from(path, KINDS, command)} for command in KINDS}
    assert reach["audit"] == {"boundaries", "output", "history", "release", "by", "quiet", "seed"}
    assert reach["compare"] == {"cohorts", "quiet", "seed"}
    assert reach["report"] == {"boundaries", "quiet"}  # output and history are those of an audit
    assert reach["assign"] == {"cohorts", "quiet"}
    assert reach["gate"] == {"quiet"}


@pytest.mark.slow
def test_a_whole_review_from_settings(folder: Path, cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "fairaudit.toml").write_text(
        'column = "speaker_id=who"\npermutations = 19\nby = "accent"\noutput = "out"\n'
        'history = "out/history.json"\nrelease = "1.0"\ncohorts = "out/cohorts.json"\n'
        '[compare]\noutput = "comparison.json"\n[gate]\nmax-gap = "20%"\n'
        'markdown = "gate.md"\n[report]\ngate = "gate.json"\n'
    )
    log = pd.read_csv("log.csv").assign(errors=lambda rows: rows["errors"] + 1, utterance_id=lambda rows: rows["who"])
    log.to_csv("new.csv", index=False)
    log.assign(errors=log["errors"] - 1).to_csv("old.csv", index=False)
    (folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "er")
    ran = cli("audit", "../../old.csv")
    assert ran.code in (0, 4)
    assert "using settings of ../../fairaudit.toml: by, column, history, output, permutations, release" in ran.err
    (release,) = fairaudit.read_result(folder / "out" / "history.json")["releases"]
    assert release["name"] == "1.0"
    assert cli("assign", "../../new.csv").out.startswith("speaker_id,")
    assert cli("compare", "../../old.csv", "../../new.csv").code in (0, 4)
    ran = cli("gate", "../../comparison.json", "-o", "../../gate.json")
    assert "using rules of ../../fairaudit.toml: max-gap" in ran.err
    assert (folder / "gate.md").exists()
    assert cli("report", "../../comparison.json", "-o", "page.html").code == 0
    assert "Gate" in (folder / "deep" / "er" / "page.html").read_text("utf-8")
    assert gate_table(folder / "fairaudit.toml", KINDS["gate"]) == {"max-gap": "20%"}
    assert "no effect" not in cli("export", "../../out/audit.json", "--to", "csv").err


def test_the_root_of_the_repository_is_the_last_folder_looked_in(
    folder: Path, cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = folder / "repository"
    inside = repository / "a" / "b"
    inside.mkdir(parents=True)
    (folder / ".git").rmdir()
    (folder / "fairaudit.toml").write_text("seed = 1\n")
    monkeypatch.chdir(inside)
    monkeypatch.setenv("HOME", str(folder))
    assert find_config() == folder / "fairaudit.toml"  # the home folder
    (repository / ".git").touch()  # a file in a worktree
    assert find_config() is None
    (repository / "pyproject.toml").write_text("[tool.fairaudit]\nseed = 2\n")
    assert find_config() == repository / "pyproject.toml"
    (repository / "a" / "pyproject.toml").write_text("[project]\n")
    (repository / "fairaudit.toml").write_text("seed = 3\n[gate]\nmax-gap = 0.2\n")
    ran = cli("config", "--show")
    assert ran.code == 0
    assert f"settings file: {repository / 'fairaudit.toml'}" in ran.out
    assert "  audit     seed = 3" in ran.out
    assert "  gate      max-gap = 0.2" in ran.out
    monkeypatch.setenv("HOME", str(repository / "a"))
    assert find_config() is None
    assert "no settings file here or above" in cli("config").out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("permutations = 1000000000000000000", "at most 1,000,000 permutations"),
        ("permutations = -5", "at least 19 permutations"),
        ("seed = -1", "a seed must be a whole number of at least 0"),
        ("seed = 4294967296", "below 2**32"),
        ("alpha = nan", "alpha must be between 0 and 1"),
        ("holdout = inf", "holdout must be a share"),
        ("max-quarantine = nan", "max_quarantine must be a share"),
        ("max-cohorts = 1000000000", "must be at most 1,000,000"),
        ("min-speakers = 9223372036854775808", "must be at most 1,000,000"),
        ('param = ["clusters=1000000000"]', "must be at most 1,000,000"),
        ('param = ["random_state=4294967296"]', "must be at most 4,294,967,295"),
        (f"param = {[f'clusters={k}' for k in range(2, 1100)]}", "1,098 searches; at most 1,000"),
    ],
)
def test_huge_values_are_refused_before_any_work(
    text: str, sentence: str, folder: Path, cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "fairaudit.toml").write_text(text)
    if "quarantine" not in text:
        monkeypatch.setattr(fairaudit, "read_log", None)
    ran = cli("audit", "log.csv")
    assert (ran.code, ran.out) == (2, "")
    assert sentence.replace("max_quarantine", "--max-quarantine").replace("holdout", "--holdout") in ran.err
    assert sorted(path.name for path in folder.iterdir()) == [".git", "fairaudit.toml", "log.csv"]
