"""Logs that are scored with normalisers of users, and by the convention of many papers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.pairing import pair
from tests.inputs.in_parts import assert_same, in_turn, write

RULES = {"name": "swiss", "lower": True, "rules": [{"pattern": "ß", "replacement": "ss"}]}


def rows() -> pd.DataFrame:
    n = 120
    ids = {"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 30}" for i in range(n)]}
    accents = {"accent": ["north" if i % 30 < 15 else "south" for i in range(n)]}
    return pd.DataFrame({**ids, **accents, "reference": "Die Straße ist nass", "hypothesis": "die strasse ist blau"})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "swiss.json"
    path.write_text(json.dumps(RULES))
    return path


def errors(log: fairaudit.UtteranceLog) -> int:
    return int(log.tally("speaker_id")["errors"].sum())


@pytest.mark.parametrize(
    ("file", "expected"),
    [("asgdts.csv.gz", [24.98, 20.77, 20.49]), ("common_voice_german.csv.gz", [6.12, 9.01, 7.33])],
)
def test_ascii_punct_gives_the_published_rates(file: str, expected: list[float], shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "swiss_german" / file, dtype=str, keep_default_na=False)
    rates = []
    for _, part in frame.assign(speaker_id="s").groupby("model", sort=False):
        log = read_log(part, normalizer="ascii-punct", second_normalizer="off", missing_hypothesis="empty")
        sums = log.tally("speaker_id").iloc[0]
        rates.append(round(100 * sums["errors"] / sums["words"], 2))
    assert rates == expected


def test_rules_decide_what_an_error_is(rules: Path) -> None:
    assert errors(read_log(rows())) == 120  # casefold makes ß into ss
    assert errors(read_log(rows(), normalizer="ascii-punct")) == 240
    log = read_log(rows(), normalizer=rules)
    assert errors(log) == 120
    assert log.scoring["normalizer"] == log.normalizer
    assert log.normalizer is not None
    assert log.normalizer.startswith("rules/swiss-")
    shouted = read_log(rows(), normalizer=fairaudit.Normalizer("shout", "1", str.upper), second_normalizer=rules)
    assert (shouted.normalizer, shouted.second_normalizer) == ("python/shout-1", log.normalizer)
    with pytest.raises(UsageError, match="has no name and version"):
        read_log(rows(), normalizer=str.upper)  # type: ignore[arg-type]


@pytest.mark.slow
def test_results_with_other_rules_are_not_compared(rules: Path) -> None:
    log = read_log(rows(), normalizer=rules)
    rules.write_text(json.dumps(RULES | {"lower": False}))
    other = read_log(rows(), normalizer=rules)
    with pytest.raises(InputError, match=r"normalizer rules/swiss-\w+, but .* with normalizer rules/swiss-\w+"):
        pair(log, other)
    models = fairaudit.audit(log, methods="named", by="accent", permutations=19).models
    with pytest.raises(InputError, match=r"normalizer rules/swiss-\w+, but .* with normalizer rules/swiss-\w+"):
        fairaudit.assign(other, models[0])
    assert len(fairaudit.assign(log, models[0])) == 30
    with pytest.raises(InputError, match=r"normalizer rules/swiss-\w+, but .* with normalizer basic-2"):
        fairaudit.assign(read_log(rows()), models[0])


def test_scored_logs_remember_rules(rules: Path, tmp_path: Path) -> None:
    log = read_log(rows(), normalizer=rules)
    path = fairaudit.score(log, tmp_path / "counts.parquet")
    for options in ({}, {"normalizer": rules}, {"normalizer": rules, "second_normalizer": "off"}):
        again = read_log(path, **options)
        assert (again.scoring, errors(again)) == (log.scoring, errors(log))
    rules.write_text(json.dumps(RULES | {"lower": False}))
    for wrong in (rules, "none"):
        with pytest.raises(UsageError, match=r"scored with normalizer='rules/swiss-\w+', so normalizer="):
            read_log(path, normalizer=wrong)


@pytest.mark.slow
def test_parts_are_normalised_like_the_whole(rules: Path, tmp_path: Path) -> None:
    """Workers do not need the file."""
    paths = write(tmp_path, rows())
    assert_same(paths, tmp_path, normalizer=rules, max_quarantine=1)

    def without_file(work: Any) -> Any:
        rules.unlink()
        return in_turn(work)

    log = read_log(paths, normalizer=str(rules), second_normalizer="none", engine=without_file)
    assert log.normalizer is not None
    assert log.normalizer.startswith("rules/swiss-")


@pytest.mark.slow
def test_the_command_takes_files_of_rules(
    rules: Path, tmp_path: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows().to_csv(tmp_path / "log.csv", index=False)
    out = tmp_path / "out"
    audit = (
        "audit",
        tmp_path / "log.csv",
        "--method",
        "named",
        "--by",
        "accent",
        "--permutations",
        19,
        "-q",
        "-o",
        out,
    )
    assert cli(*audit, "--normalizer", rules).code in (0, 4, 5)
    label = json.loads((out / "cohorts.json").read_text("utf-8"))["models"][0]["scoring"]["normalizer"]
    assert label.startswith("rules/swiss-")
    assert f"normalizer:{label}" in json.loads((out / "audit.json").read_text("utf-8"))["signature"]
    assign = ("assign", tmp_path / "log.csv", "--cohorts", out / "cohorts.json", "-q")
    assert cli(*assign, "--normalizer", rules).code == 0
    ran = cli(*assign)
    assert (ran.code, ran.out) == (3, "")
    assert f"normalizer {label}, but log.csv with --normalizer basic" in ran.err
    ran = cli("validate", tmp_path / "log.csv", "--normalizer", "basics")
    assert ran.code == 2
    assert "'FILE.toml', 'FILE.json']; did you mean 'basic'?" in ran.err
    # in settings, a file is relative to their folder
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "fairaudit.toml").write_text('normalizer = "../swiss.json"\n')
    monkeypatch.chdir(out)
    config = ("--config", tmp_path / "settings" / "fairaudit.toml")
    assert cli(*assign, *config).code == 0
