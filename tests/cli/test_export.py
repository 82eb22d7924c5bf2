"""The commands that give cohorts to other tools."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest

import fairaudit


@pytest.fixture(scope="module")
def files(release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A NeMo manifest, its audit and its cohorts."""
    folder = tmp_path_factory.mktemp("handing")
    rows = release.before[["utterance_id", "speaker_id", "accent"]].rename(columns={"utterance_id": "audio_filepath"})
    rows = rows.assign(text="open the door", duration=1.5)
    rows["pred_text"] = ["open the door" if n % 3 else "open a door" for n in range(len(rows))]
    rows.to_json(folder / "log.json", orient="records", lines=True)
    audit = fairaudit.audit(fairaudit.read_log(folder / "log.json"), methods=["named"], by=["accent"], permutations=19)
    fairaudit.save(audit, folder)
    return {name: folder / name for name in ("log.json", "audit.json", "cohorts.json", "cohorts.csv")}


@pytest.fixture
def export(cli, files, tmp_path: Path):
    def run(to: str, name: str, *more: object) -> str:
        cohorts = ("--cohorts", files["cohorts.json"])
        source = files["audit.json" if to in ("csv", "markdown", "model-index", "junit") else "log.json"]
        ran = cli("export", source, "--to", to, "-o", tmp_path / name, *cohorts, *more)
        assert ran.code == 0, ran.err
        data = (tmp_path / name).read_bytes()
        return (gzip.decompress(data) if name.endswith(".gz") else data).decode()

    return run


@pytest.mark.slow
def test_a_nemo_manifest_comes_back_with_cohorts(export, files):
    before = [json.loads(line) for line in files["log.json"].read_text().splitlines()]
    after = [json.loads(line) for line in export("nemo", "out.json").splitlines()]
    labels = [None if row["accent"] == "tiny" else row["accent"] for row in before]
    assert [row.pop("cohort_named_accent") for row in after] == labels
    assert after == before


@pytest.mark.slow
def test_supervisions_of_their_own_file(export, files, tmp_path: Path):
    rows = [json.loads(line)["audio_filepath"] for line in files["log.json"].read_text().splitlines()]
    text = "".join(json.dumps({"id": row}) + "\n" for row in rows)
    (tmp_path / "supervisions.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    found = export("lhotse", "out.jsonl.gz", "--manifest", tmp_path / "supervisions.jsonl.gz").splitlines()
    assert json.loads(found[0]) == {"id": rows[0], "custom": {"cohort_named_accent": "east"}}


def test_the_other_formats(export, files, tmp_path: Path):
    assert export("kaldi", "utt2cohort").splitlines()[0] == "u00000 east"
    assert "<O,C0> open the door" in export("stm", "x.stm")
    assert (tmp_path / "x.ctm").read_text().startswith("u00000 A 0.25 0.50 open\n")
    assert export("csv", "c.csv") == files["cohorts.csv"].read_text()
    assert export("markdown", "c.md").startswith("### Cohorts of accent")
    assert '<testsuite name="fairaudit audit" tests="1"' in export("junit", "c.xml")
    assert 'name: "my model"' in export("model-index", "c.yaml", "--model", "my model")


def test_what_is_lacking_is_reported(cli, files, tmp_path: Path):
    ran = cli("export", files["log.json"], "--to", "nemoo", "-o", tmp_path / "x")
    assert ran.code == 2
    assert "did you mean 'nemo'" in ran.err
    ran = cli("export", files["log.json"], "--to", "kaldi", "-o", tmp_path / "x")
    assert ran.code == 2
    assert "add --cohorts" in ran.err
    assert not (tmp_path / "x").exists()


def test_without_a_file_it_is_printed(cli, files):
    ran = cli("export", files["audit.json"], "--to", "csv")
    assert (ran.code, ran.out) == (0, files["cohorts.csv"].read_text())
    ran = cli("export", files["log.json"], "--to", "stm", "--cohorts", files["cohorts.json"])
    assert ran.code == 2
    assert "two files" in ran.err


def test_a_log_that_is_no_manifest_is_reported(cli, files, tmp_path: Path):
    log = tmp_path / "log.parquet"
    names = {"audio_filepath": "utterance_id", "text": "reference", "pred_text": "hypothesis"}
    pd.read_json(files["log.json"], lines=True).rename(columns=names).to_parquet(log, write_page_checksum=True)
    ran = cli("export", log, "--to", "nemo", "--cohorts", files["cohorts.json"])
    assert ran.code == 3
    assert ran.err.splitlines()[-1].startswith("fairaudit: log.parquet: not JSON lines")


@pytest.mark.slow
def test_targets(cli, files, tmp_path: Path):
    ran = cli("targets", files["log.json"], "--cohorts", files["cohorts.json"], "-q", "-o", tmp_path / "all.csv")
    assert ran.code == 0, ran.err
    bottom = pd.read_csv(tmp_path / "all.csv")
    assert bottom["cohort"].nunique() == 1
    ran = cli("targets", files["log.json"], "--cohorts", files["cohorts.json"], "-q", "--share", 0.3)
    weights = pd.read_csv(pd.io.common.StringIO(ran.out))
    assert len(weights) == 2880
    assert weights[weights["in_bottom"]]["weight"].sum() == pytest.approx(0.3)
    assert set(weights[weights["in_bottom"]]["utterance_id"]) == set(bottom["utterance_id"])
    ran = cli("targets", files["log.json"], "--cohorts", files["cohorts.json"], "--share", 0.01, "-o", tmp_path / "x")
    assert ran.code == 0
    assert "note: without weights, the bottom cohort already makes up" in ran.err
    cohorts = json.loads(files["cohorts.json"].read_text())
    cohorts["models"][0]["bottom"] = None
    (tmp_path / "none.json").write_text(json.dumps(cohorts))
    ran = cli("targets", files["log.json"], "--cohorts", tmp_path / "none.json")
    assert ran.code == 5
    assert "named: accent has no bottom cohort" in ran.err


def test_segments_of_a_recording_are_utterances_in_every_export(cli, tmp_path: Path):
    rows = [
        {"audio_filepath": f"{s}.wav", "offset": k * 2.5, "duration": 2.5, "speaker_id": f"s{s}", "accent": "xy"[s % 2]}
        | {"text": "open the door now", "pred_text": "open the door now" if (s + k) % 3 else "open a door now"}
        for s in range(60)
        for k in range(4)
    ]
    (tmp_path / "m.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    log = fairaudit.read_log(tmp_path / "m.json")
    fairaudit.save(fairaudit.audit(log, methods="named", by="accent", permutations=19), tmp_path / "audit")
    export = ("export", tmp_path / "m.json", "--cohorts", tmp_path / "audit" / "cohorts.json", "-o")
    for to in ("nemo", "kaldi", "stm"):
        ran = cli(*export, tmp_path / to, "--to", to)
        assert ran.code == 0, ran.err
    lines = {to: (tmp_path / to).read_text().splitlines() for to in ("nemo", "kaldi", "stm")}
    assert [json.loads(line)["cohort_named_accent"] for line in lines["nemo"]] == [row["accent"] for row in rows]
    assert len(lines["kaldi"]) == sum("open the door" in line for line in lines["stm"]) == len(rows)
    assert any(line.startswith("0.wav@2.5+2.5 A s0 ") for line in lines["stm"])


@pytest.mark.slow
def test_a_plan_is_printed_and_written(cli, files, tmp_path: Path):
    command = ("targets", files["log.json"], "--cohorts", files["cohorts.json"], "-q", "--budget", 60)
    ran = cli(*command, "-o", tmp_path / "plan.csv")
    assert ran.code == 0, ran.err
    assert "With 60 more speakers the widest interval of a gap should shrink from ±" in ran.out
    plan = pd.read_csv(tmp_path / "plan.csv")
    assert plan["new_speakers"].sum() == 60
    assert plan["signature"].nunique() == 1
    ran = cli(*command, "--cost-speaker", 2, "--cost-utterance", 0.1, "--focus", "bottom")
    sentence = r"With \d+ more speakers, which cost \d+ of 60, the interval of the gap of “accent = "
    assert re.search(sentence, " ".join(ran.out.split()))
    for options, words in (
        (("--budget", 0), "--budget must be a number above 0"),
        (("--cost-speaker", 90), "--budget 60 is less than one speaker costs: 90"),
    ):
        ran = cli(*command, *options)
        assert ran.code == 2
        assert words in ran.err
