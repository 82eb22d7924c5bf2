"""The commands: what they print, where, and with which exit code they leave."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.results.reading import audit_schema

COMMANDS = {
    "compare": ["--cohorts", "--candidate-column", "--markdown", "--output"],
    "history": ["--markdown"],
    "export": ["--to", "--cohorts", "--search", "--manifest", "--output"],
    "targets": ["--cohorts", "--share", "--search", "--budget"],
    "gate": [
        "--max-gap",
        "--max-rate",
        "--max-regression",
        "--non-inferiority",
        "--min-tested",
        "--min-paired",
        "--junit",
    ],
    "audit": ["--method", "--by", "--census", "--permutations", "--unredacted", "--output", "--history"],
    "discover": ["--method", "--param", "--holdout", "--json"],
    "assign": ["--cohorts", "--per", "--output"],
    "report": ["--output", "--boundaries"],
    "validate": ["--quarantine", "--json", "--column"],
    "methods": [],
    "schema": [],
    "demo": ["--permutations", "--json"],
}
FILES = ["audit.html", "audit.json", "cohorts.csv", "cohorts.json"]


@pytest.fixture(scope="module")
def log(small_files) -> Path:
    return small_files["log"]


@pytest.fixture(scope="module")
def small_audit(small_files):
    sides = {"census": small_files["census"], "embeddings": small_files["embeddings"]}
    return fairaudit.audit(fairaudit.read_log(small_files["log"]), permutations=19, **sides)


@pytest.fixture(scope="module")
def saved(small_audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that audit, to be read only."""
    folder = tmp_path_factory.mktemp("saved")
    fairaudit.save(small_audit, folder)
    return folder


def named(log: Path, *more: object) -> tuple[object, ...]:
    return ("audit", log, "--method", "named", "--by", "accent", "--permutations", 99, *more)


# ---- help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_the_options(command, cli):
    ran = cli(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: fairaudit {command}" in ran.out
    assert all(option in ran.out for option in [*COMMANDS[command], "--help"])


def test_help_lists_the_commands(cli):
    ran = cli("--help")
    assert ran.code == 0
    assert all(f"\n  {command} " in ran.out for command in COMMANDS)


def test_version(cli):
    ran = cli("--version")
    assert (ran.code, ran.out) == (0, f"fairaudit {fairaudit.__version__}\n")


def test_methods_lists_needs_and_settings(cli):
    ran = cli("methods")
    assert ran.code == 0
    for name in ("geo-tree", "geo-scan", "zip-census", "embedding", "named"):
        assert f"{name}\n  needs     " in ran.out
    assert "max_leaves=16" in ran.out


def test_schema_is_the_schema(cli):
    ran = cli("schema")
    assert json.loads(ran.out) == audit_schema()


# ---- the main job


@pytest.mark.slow
def test_the_command_that_demo_names_does_what_demo_did(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    first = cli("demo", "there", "--permutations", 19)
    told = next(line for line in first.err.splitlines() if line.startswith("$ fairaudit "))
    before = {name: (tmp_path / "there" / name).read_bytes() for name in FILES}
    again = cli(*shlex.split(told)[2:], "--permutations", 19)
    assert (again.code, again.out) == (first.code, first.out)
    assert {name: (tmp_path / "there" / name).read_bytes() for name in FILES} == before


@pytest.mark.slow
def test_a_setting_given_twice_is_two_searches(cli, log, tmp_path: Path):
    options = ("--param", "max_leaves=3", "--param", "max_leaves=9", "--permutations", 19, "-o", tmp_path)
    ran = cli("audit", log, "--method", "geo-tree", *options)
    assert ran.code in (0, 4), ran.err
    audit = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    assert audit["searches"] == 2
    assert [d["title"] for d in audit["discoveries"]] == ["geo-tree (max_leaves=3)", "geo-tree (max_leaves=9)"]
    assert [d["settings"]["max_leaves"] for d in audit["discoveries"]] == [3, 9]
    models = json.loads((tmp_path / "cohorts.json").read_text("utf-8"))["models"]
    assert [model["title"] for model in models] == [d["title"] for d in audit["discoveries"]]


def test_audit_writes_what_it_says(cli, log, tmp_path: Path):
    ran = cli(*named(log, "-o", tmp_path / "out"))
    assert ran.code == 0
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == [*FILES, "fairaudit-manifest.json"]
    assert all(name in ran.err for name in FILES)
    assert "next: open" in ran.err


@pytest.mark.slow
def test_json_is_alone_on_stdout(shell, log, tmp_path: Path):
    ran = shell(*named(log, "-o", tmp_path / "out", "--json"))
    assert ran.code == 0
    content = json.loads(ran.out)
    jsonschema.Draft202012Validator(audit_schema()).validate(content)
    assert ran.out == (tmp_path / "out" / "audit.json").read_text("utf-8")
    assert "read " in ran.err


@pytest.mark.slow
def test_quiet(shell, log, tmp_path: Path):
    ran = shell(*named(log, "-o", tmp_path, "-q"))
    assert (ran.code, ran.err) == (0, "")
    assert "\n  Gap " in ran.out
    assert "\x1b[" not in ran.out


@pytest.mark.slow
def test_options_reach_the_audit(cli, log, tmp_path: Path):
    ran = cli(
        *("audit", log, "--method", "geo-tree", "--method", "named", "--by", "accent, gender", "--max-cohorts", 5),
        *("--param", "criterion=likelihood", "--min-speakers", 15, "--holdout", 0.4, "--alpha", 0.1, "--seed", 3),
        *("--permutations", 39, "--rate", "wer", "--normalizer", "none", "--second-normalizer", "whisper-en"),
        *("--json", "-q", "-o", tmp_path),
    )
    content = json.loads(ran.out)
    tree, groups = content["discoveries"]
    settings = {"criterion": "likelihood", "max_leaves": 5, "min_speakers": 15}
    assert settings.items() <= tree["settings"].items()
    assert (groups["title"], groups["settings"]["by"]) == ("named: accent × gender", ["accent", "gender"])
    for setting in (
        "normalizer:none",
        "second_normalizer:whisper-en",
        "holdout:0.4",
        "alpha:0.1",
        "seed:3",
        "permutations:39",
    ):
        assert setting in content["signature"]


def test_discover_writes_cohorts_only_where_asked(cli, log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    options = ("discover", log, "--method", "named", "--by", "accent", "--permutations", 19)
    ran = cli(*options)
    assert ran.code == 0
    assert "\n  Gap " in ran.out
    assert list(tmp_path.iterdir()) == []
    cli(*options, "-o", "frozen.json")
    assert [path.name for path in tmp_path.iterdir()] == ["frozen.json"]
    (model,) = fairaudit.read_models("frozen.json")
    assert model.title == "named: accent"


@pytest.mark.slow
def test_several_logs_and_globs(cli, log, tmp_path: Path):
    whole = pd.read_csv(log, dtype=str, keep_default_na=False)
    for place, part in enumerate((whole[: len(whole) // 2], whole[len(whole) // 2 :])):
        part.to_csv(tmp_path / f"shard-{place}.csv", index=False)
    outs = [
        cli("discover", *logs, "--method", "named", "--by", "accent", "--permutations", 19, "--json", "-q").out
        for logs in (
            [log],
            [tmp_path / "shard-0.csv", tmp_path / "shard-1.csv"],
            [tmp_path / "shard-*.csv"],
            [tmp_path],
        )
    ]
    found = [json.loads(out) for out in outs]
    assert all(content["discoveries"] == found[0]["discoveries"] for content in found)
    assert [entry["name"] for entry in found[1]["inputs"]] == ["shard-0.csv", "shard-1.csv"]


# ---- report


@pytest.mark.slow
def test_report_writes_the_page_of_the_audit(cli, saved: Path, tmp_path: Path):
    ran = cli("report", saved / "audit.json", "-o", tmp_path / "page.html")
    assert ran.code == 0
    assert (tmp_path / "page.html").read_bytes() == (saved / "audit.html").read_bytes()


# ---- validate


@pytest.mark.slow
def test_validate(cli, small_files):
    sides = ("--census", small_files["census"], "--embeddings", small_files["embeddings"])
    ran = cli("validate", small_files["log"], *sides, "--json", "-q")
    assert (ran.code, ran.err) == (0, "")
    content = json.loads(ran.out)
    assert content["rows_in"] == content["rows_used"] + content["rows_quarantined"]
    assert content["label_columns"] == ["accent", "gender", "device"]
    assert set(content["join_rates"]) == {"geo-tree", "geo-scan", "zip-census", "embedding"}
    assert all(0.9 < rate <= 1 for rate in content["join_rates"].values())
    told = cli("validate", small_files["log"], *sides)
    assert "join_rates:\n  geo-tree: 0.99" in told.out


def test_validate_writes_the_quarantine(cli, tmp_path: Path):
    (tmp_path / "log.csv").write_text("utterance_id,speaker_id,errors,words\nu1,s1,1,2\n=u2,s1,-1,2\n")
    out = tmp_path / "bad.csv"
    assert cli("validate", tmp_path / "log.csv").code == 3
    ran = cli("validate", tmp_path / "log.csv", "--max-quarantine", 0.5, "--quarantine", out)
    assert ran.code == 0
    (row,) = csv.DictReader(out.read_text("utf-8").splitlines())
    assert (row["row"], row["column"], row["code"], row["value"]) == ("3", "errors", "negative_count", "'-1")


# ---- assign


def assigned(cli, *arguments: object) -> pd.DataFrame:
    ran = cli("assign", *arguments, "-q")
    assert (ran.code, ran.err) == (0, "")
    return pd.read_csv(pd.io.common.StringIO(ran.out), dtype={"cohort": str}, keep_default_na=False)


@pytest.mark.slow
def test_assigning_the_same_log_gives_the_cohorts_of_the_audit(cli, small_audit, small_files, saved: Path):
    sides = ("--census", small_files["census"], "--embeddings", small_files["embeddings"])
    rows = assigned(cli, small_files["log"], "--cohorts", saved / "cohorts.json", *sides)
    for discovery in small_audit.to_dict(unredacted=True)["discoveries"]:
        mine = rows[rows["search"] == discovery["title"]]
        bottom = mine.groupby("cohort_id")["in_bottom"].first()
        assert set(bottom.index[bottom]) == set((discovery["bottom"] or {"cohort_ids": []})["cohort_ids"])
        if discovery["measured_on"] == "all speakers":
            sizes = mine[mine["cohort_id"] >= 0].groupby("cohort_id")["speaker_id"].nunique()
            found = {cohort["id"]: cohort["speakers"] for cohort in discovery["cohorts"]}
            frozen = {key: speakers for key, speakers in found.items() if speakers >= SUPPRESS_BELOW}
            assert sizes.to_dict() == frozen
            lost = mine[mine["cohort_id"] < 0]["speaker_id"].nunique()
            assert lost == discovery["unassigned"]["speakers"] + sum(found.values()) - sum(frozen.values())


@pytest.mark.slow
def test_utterances_stand_where_their_speakers_stand(cli, small_files, saved: Path):
    speakers = assigned(cli, small_files["log"], "--cohorts", saved / "cohorts.json")
    utterances = assigned(cli, small_files["log"], "--cohorts", saved / "cohorts.json", "--per", "utterance")
    log = pd.read_csv(small_files["log"], dtype=str)
    for title in ("geo-tree", "named: accent"):
        rows = utterances[utterances["search"] == title]
        assert len(rows) == len(log)
        home = speakers[speakers["search"] == title].set_index("speaker_id")["cohort_id"]
        assert (rows["speaker_id"].map(home) == rows["cohort_id"]).all()


@pytest.mark.slow
def test_memberships_as_parquet(cli, small_files, saved: Path, tmp_path: Path):
    options = ("--cohorts", saved / "cohorts.json", "--per", "utterance")
    ran = cli("assign", small_files["log"], *options, "-o", tmp_path / "rows.parquet")
    assert ran.code == 0, ran.err
    as_csv = assigned(cli, small_files["log"], *options)
    assert pd.read_parquet(tmp_path / "rows.parquet").astype(str).equals(as_csv.astype(str))


def test_the_next_release_has_new_speakers_labels_and_places(cli, saved: Path, tmp_path: Path):
    new = pd.DataFrame(
        {
            "utterance_id": ["a", "b", "c"],
            "speaker_id": ["new-1", "new-2", "new-3"],
            "errors": [1, 0, 2],
            "words": [5, 5, 5],
            "accent": ["harbour", "unheard", ""],
            "gender": ["male", "female", "male"],
            "device": ["phone", "fridge", "phone"],
            "latitude": [-38.0, 60.0, ""],
            "longitude": [-115.0, 20.0, ""],
        }
    )
    new.to_csv(tmp_path / "new.csv", index=False)
    ran = cli("assign", tmp_path / "new.csv", "--cohorts", saved / "cohorts.json", "-o", tmp_path / "rows.csv")
    assert ran.code == 0
    assert "skipped zip-census: cohorts of 'zip-census' need" in ran.err
    rows = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False).set_index(["search", "speaker_id"])
    assert rows.loc["named: accent", "cohort"].to_dict() == {"new-1": "harbour", "new-2": "", "new-3": ""}
    assert rows.loc["named: accent", "cohort_id"].tolist()[1:] == [-1, -1]
    places = rows.loc["geo-tree", "cohort_id"].to_dict()
    assert places["new-1"] >= 0
    assert places["new-2"] >= 0
    assert places["new-3"] == -1


def test_a_log_without_a_label_column_is_assigned_by_the_rest(cli, saved: Path, tmp_path: Path):
    log = "utterance_id,speaker_id,errors,words,accent\nu,s,1,5,river\n"
    (tmp_path / "log.csv").write_text(log)
    ran = cli("assign", tmp_path / "log.csv", "--cohorts", saved / "cohorts.json")
    assert ran.code == 0, ran.err
    assert "s,named: accent," in ran.out
    assert "skipped named: gender" in ran.err
