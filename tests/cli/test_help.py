"""Help that can be scanned: whole summaries, groups, choices and an example, at any width of the terminal."""

from __future__ import annotations

import shlex

import pytest
import typer

from fairaudit.cli import choices, formatting, steps
from fairaudit.cli.app import _COMMANDS, app
from fairaudit.cohorts import discoverers
from fairaudit.core.rate import RATES
from fairaudit.core.verdicts import End, Treatment
from fairaudit.inputs.formats import FORMATS
from fairaudit.results.schema import SCHEMAS
from fairaudit.scoring import NORMALIZERS

ROOT = typer.main.get_command(app)
EXAMPLES = {command.__name__: example for group in _COMMANDS.values() for command, example in group.items()}
READING = [formatting.LOG, formatting.TABLES]
GROUPS = {
    "demo": [formatting.EVIDENCE, formatting.OUTPUT],
    "validate": [*READING, formatting.EVIDENCE, formatting.OUTPUT],
    "audit": [*READING, formatting.SEARCHES, formatting.EVIDENCE, formatting.OUTPUT],
    "discover": [*READING, formatting.SEARCHES, formatting.EVIDENCE, formatting.OUTPUT],
    "report": [formatting.OUTPUT],
    "score": [formatting.LOG, formatting.EVIDENCE, formatting.OUTPUT],
    "tally": [formatting.LOG, formatting.SEARCHES, formatting.EVIDENCE, formatting.OUTPUT],
    "compare": [*READING, formatting.EVIDENCE, formatting.OUTPUT],
    "gate": [formatting.RULES, formatting.OUTPUT],
    "history": [formatting.OUTPUT],
    "assign": [*READING, formatting.OUTPUT],
    "targets": [*READING, formatting.PLAN, formatting.OUTPUT],
    "examples": [*READING, formatting.OUTPUT],
    "export": [*READING, formatting.OUTPUT],
    "methods": [],
    "schema": [],
}
OF_A_LOG = [choices.FORMATS, choices.UNITS, choices.NORMALIZERS, choices.MISSING_HYPOTHESIS, choices.MISSING_SPEAKER]
OF_A_SEARCH = [*OF_A_LOG, choices.SECOND_NORMALIZERS, choices.METHODS, choices.RATES, choices.INTERVALS]
CHOICES = {
    "demo": [choices.RATES, choices.INTERVALS],
    "validate": OF_A_LOG,
    "audit": OF_A_SEARCH,
    "discover": OF_A_SEARCH,
    "compare": [*OF_A_LOG, choices.RATES],
    "score": [*OF_A_LOG, choices.SECOND_NORMALIZERS, choices.RATES],
    "tally": [*OF_A_LOG, choices.SECOND_NORMALIZERS, choices.RATES],
    "gate": [tuple(End), tuple(Treatment)],
    "assign": [*OF_A_LOG, choices.ROWS],
    "targets": [*OF_A_LOG, choices.MIXTURES, choices.FOCUSES],
    "examples": [*OF_A_LOG, choices.ORDERS],
    "export": [*OF_A_LOG, choices.EXPORTS],
    "schema": [choices.SCHEMAS],
}


@pytest.fixture(params=[80, 100])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def test_the_root_help_shows_whole_summaries_in_groups(cli, width: int):
    out = cli("--help").out
    assert "..." not in out.replace("[ARGS]...", "")
    assert "…" not in out
    assert max(map(len, out.splitlines())) < width
    lines = [line.strip() for line in out.splitlines()]
    for group, commands in _COMMANDS.items():
        first = lines.index(f"{group}:")
        assert [line.split()[0] for line in lines[first + 1 : first + 1 + len(commands)]] == [
            command.__name__ for command in commands
        ]
    for name, command in ROOT.commands.items():
        assert f"{name:<8}  {formatting._summary(command.help)}" in lines


@pytest.mark.parametrize("command", GROUPS)
def test_the_help_of_a_command(command: str, cli, width: int):
    ran = cli(command, "--help")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, lines)) < width
    shown = [line[:-1] for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert {*shown} - {"Arguments", "Options"} == {*GROUPS[command], formatting.GENERAL, "Example"}
    assert shown[-1] == "Example"
    assert lines[-1].strip() == EXAMPLES[command]
    text = " ".join(ran.out.split())
    for names in CHOICES.get(command, []):
        assert all(name in text for name in names)
    for names in (choices.FORMATS, choices.INTERVALS, choices.EXPORTS):
        listed = "|".join(names) in text or ", ".join(names[1:]) in text  # many values are in the text of the option
        assert listed == (names in CHOICES.get(command, []))
    assert cli(command, "-h").out == ran.out


@pytest.mark.parametrize("command", ["audit", "board", "compare"])
def test_names_of_options_do_not_touch_their_help(command: str, cli):
    lines = cli(command, "--help").out.splitlines()
    context = typer.Context(ROOT.commands[command], help_option_names=["--help", "-h"])
    options = (one for one in ROOT.commands[command].get_params(context) if one.param_type_name == "option")
    names = [option.get_help_record(context)[0] for option in options]
    for name in names:
        (line,) = (line for line in lines if line.startswith(f"  {name}"))
        assert line[2 + len(name) :][:2].strip() == ""


@pytest.mark.parametrize("command", EXAMPLES)
def test_the_example_is_a_command_that_parses(command: str):
    name, *arguments = shlex.split(EXAMPLES[command])[1:]
    assert name == command
    assert ROOT.commands[name].make_context(name, arguments).params is not None


@pytest.mark.parametrize("command", EXAMPLES)
@pytest.mark.parametrize("more", [[], ["--search", "é"], ["-o", "\udcff"], ["--jobs", "two"], ["--census", ""]])
def test_plain_values_are_what_typer_makes_of_them(command: str, more: list[str], monkeypatch: pytest.MonkeyPatch):
    def parsed() -> object:
        built = formatting._Built(ROOT)[command]
        try:
            return built.make_context(command, [*shlex.split(EXAMPLES[command])[2:], *more]).params
        except Exception as error:  # whatever typer raises
            return type(error), str(error)

    ours = parsed()
    monkeypatch.setattr(formatting, "take_plain_values", lambda params: None)
    assert ours == parsed()


def test_every_command_and_option_is_explained():
    for command in ROOT.commands.values():
        assert command.help
        for param in command.params:
            assert param.help
            assert param.help.endswith((".", ")"))


def test_the_choices_are_those_of_the_library():
    assert {*choices.FORMATS} == {"auto", *FORMATS}
    assert tuple(NORMALIZERS) == choices.NORMALIZERS
    assert tuple(RATES) == choices.RATES
    assert tuple(SCHEMAS) == choices.SCHEMAS
    assert {*choices.METHODS} == {"all", *discoverers()}


def test_words_of_the_shell_are_completed(shell):
    def completed(words: str) -> list[str]:
        typed = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return shell(_FAIRAUDIT_COMPLETE="complete_bash", **typed).out.split()

    assert completed("fairaudit a") == ["audit", "assign"]
    assert completed("fairaudit export log.json --to m") == ["markdown", "model-index"]


# ---- options are checked before the log is read

WRONG = {
    "format": (["--format", "cvs"], "did you mean 'csv'?"),
    "unit": (["--unit", "words"], "did you mean 'word'?"),
    "normalizer": (["--normalizer", "basc"], "did you mean 'basic'?"),
    "second normalizer": (["--second-normalizer", "basc"], "did you mean 'basic'?"),
    "missing hypothesis": (["--missing-hypothesis", "emty"], "did you mean 'empty'?"),
    "missing speaker": (["--missing-speaker", "quarantin"], "did you mean 'quarantine'?"),
    "intervals": (["--intervals", "boostrap"], "did you mean 'bootstrap'?"),
    "method": (["--method", "geo-tre"], "did you mean 'geo-tree'?"),
    "parameter": (["--param", "min_speaker=3"], "did you mean 'min_speakers'?"),
    "value of a parameter": (["--param", "min_speakers=few"], "not 'few'"),
    "criterion": (["--param", "criterion=gni"], "criterion 'gni'"),
    "rate": (["--rate", "wrr"], "did you mean 'wer'?"),
    "columns": (["--by", "accent,"], "--by takes COLUMN[,COLUMN]"),
    "mapping": (["--column", "speaker_id"], "--column takes NAME=VALUE"),
    "holdout": (["--holdout", "2"], "holdout"),
    "permutations": (["--permutations", "3"], "19 permutations"),
    "alpha": (["--alpha", "2"], "alpha"),
    "seed": (["--seed", "-1"], "seed"),
    "folds": (["--cross-fit", "99"], "folds"),
    "quarantine": (["--max-quarantine", "7"], "--max-quarantine"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("command", ["audit", "discover"])
def test_a_wrong_option_is_refused_before_the_log_is_read(command, options, said, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = cli(command, "no-such-log.csv", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "no file" not in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "a.csv", "b.csv", "--rate", "wrr"], "did you mean 'wer'?"),
        (["compare", "a.csv", "b.csv", "--alpha", "2"], "alpha"),
        (["compare", "a.csv", "b.csv", "--permutations", "3"], "19 permutations"),
        (["export", "a.csv", "--to", "nmo"], "did you mean 'nemo'?"),
        (["export", "a.csv", "--to", "kaldi"], "add --cohorts"),
        (["targets", "a.csv", "--cohorts", "cohorts.json", "--share", "2"], "--share must be between 0 and 1"),
        (["assign", "a.csv", "--cohorts", "cohorts.json", "--per", "speker"], "did you mean 'speaker'?"),
        (["demo", "--intervals", "boostrap"], "did you mean 'bootstrap'?"),
        (["gate", "audit.json", "--max-gapp", "1%"], "--max-gap"),
    ],
)
def test_other_commands_refuse_wrong_options_first_as_well(arguments, said, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--census", "--crosswalk", "--embeddings", "--boundaries"])
def test_a_missing_side_table_is_named_before_the_log_is_read(option, cli):
    ran = cli("audit", "no-such-log.csv", option, "no-such-table.csv")
    assert ran.code == 3
    assert ran.err == "fairaudit: no-such-table.csv: No such file or directory\n"


def test_a_wrong_choice_in_the_settings_file_is_refused_as_well(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fairaudit.toml").write_text('normalizer = "basc"\n')
    ran = cli("audit", "no-such-log.csv")
    assert ran.code == 2
    assert "did you mean 'basic'?" in ran.err


# ---- colours


@pytest.mark.parametrize(("value", "coloured"), [(None, True), ("", True), ("1", False)])
def test_no_color_is_respected(value, coloured, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(steps.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    assert steps.screen(no_color=False)["color"] is coloured
    assert steps.screen(no_color=True)["color"] is False
