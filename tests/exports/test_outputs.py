"""Files are whole or not there, and nothing in them is run by a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.api import results as saving
from fairaudit.core import files, runs
from fairaudit.core.errors import InputError, UsageError
from fairaudit.exports import outputs
from fairaudit.results.audit import Audit

NAMES = ["audit.html", "audit.json", "cohorts.csv", "cohorts.json", "fairaudit-manifest.json"]
EVIL = ['=cmd|"/C calc"!A0', "+1+1", "-2+3", "@SUM(A1)", "\tx", "<script>alert(1)</script>", "a,b\nc", "مرحبا 🎙"]


@pytest.fixture(scope="module")
def found(sample_log) -> Audit:
    return fairaudit.audit(sample_log, methods=["named"], by=["accent"], permutations=19)


@pytest.fixture(scope="module")
def evil() -> Audit:
    rng = np.random.default_rng(0)
    label = np.repeat(EVIL, 30)
    errors = rng.integers(1, 9, len(label))
    log = pd.DataFrame(
        {"speaker_id": [f"s{i}" for i in range(len(label))], "errors": errors, "words": 50, "who": label}
    )
    return fairaudit.audit(fairaudit.read_log(log), methods=["named"], by=["who"], permutations=19)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_save_writes_the_files_and_makes_the_folder(found: Audit, tmp_path: Path):
    folder = tmp_path / "a" / "b"
    written = fairaudit.save(found, folder)
    assert written[-1] == folder / "audit.json"
    assert listed(folder) == sorted([*(path.name for path in written), "fairaudit-manifest.json"]) == NAMES
    assert json.loads((folder / "audit.json").read_text("utf-8")) == json.loads(found.to_json())


def test_nothing_is_written_when_rendering_fails(found: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr(saving, "render_page", fail)
    with pytest.raises(RuntimeError, match="no page"):
        fairaudit.save(found, tmp_path / "new")
    assert listed(tmp_path) == []


def test_a_full_disk_keeps_the_old_files(found: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fairaudit.save(found, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in NAMES}

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        fairaudit.save(found, tmp_path, unredacted=True)
    assert {name: (tmp_path / name).read_bytes() for name in listed(tmp_path)} == before
    with pytest.raises(OSError, match="No space left"):
        fairaudit.save(found, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_run_removes_what_the_run_before_it_wrote(found: Audit, tmp_path: Path):
    """No file but those of the manifest, however much another looks like one of ours."""
    runs.write_run(tmp_path, "audit", {"audit.json": "{}", "zip-census.partitions.csv": "secret"})
    (tmp_path / "mine.partitions.csv").write_text("score,p_value,signature\n1,2,x\n")
    with pytest.warns(UserWarning, match=r"wrote it: zip-census\.partitions\.csv$"):
        fairaudit.save(found, tmp_path)
    assert listed(tmp_path) == sorted([*NAMES, "mine.partitions.csv"])


@pytest.mark.filterwarnings("error")
def test_a_folder_without_a_manifest_loses_no_file(found: Audit, tmp_path: Path):
    for name in ("mine.partitions.csv", "zip-census.partitions.csv"):
        (tmp_path / name).write_text("score,p_value,signature\n1,2,x\n")
    fairaudit.save(found, tmp_path)
    assert listed(tmp_path) == sorted([*NAMES, "mine.partitions.csv", "zip-census.partitions.csv"])


def test_a_file_of_another_run_is_refused(found: Audit, tmp_path: Path):
    fairaudit.save(found, tmp_path / "run")
    (tmp_path / "copy.json").write_bytes((tmp_path / "run" / "cohorts.json").read_bytes() + b"\n")
    (tmp_path / "copy.json").replace(tmp_path / "run" / "cohorts.json")
    with pytest.raises(InputError, match=r"cohorts\.json: this file is not the one that its run wrote"):
        fairaudit.read_models(tmp_path / "run" / "cohorts.json")
    (tmp_path / "run" / "cohorts.json").replace(tmp_path / "alone.json")
    assert fairaudit.read_models(tmp_path / "alone.json") == [model.redacted() for model in found.models]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(found: Audit, tmp_path: Path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(PermissionError):
            fairaudit.save(found, tmp_path)
    finally:
        tmp_path.chmod(0o755)
    assert listed(tmp_path) == []


def test_new_files_can_be_read_by_others(found: Audit, tmp_path: Path):
    old = os.umask(0o022)
    try:
        fairaudit.save(found, tmp_path)
    finally:
        os.umask(old)
    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in NAMES} == {"0o644"}


@pytest.mark.slow
def test_formulas_are_defused(evil: Audit, tmp_path: Path):
    fairaudit.save(evil, tmp_path)
    with (tmp_path / "cohorts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(EVIL)
    texts = [row[name] for row in rows for name in ("search", "label", "description", "signature")]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {row["label"].removeprefix("'") for row in rows} == set(EVIL)
    assert all(float(row["rate"]) > 0 for row in rows)


def test_labels_are_text_on_the_page_and_whole_in_json(evil: Audit, tmp_path: Path):
    fairaudit.save(evil, tmp_path)
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    content = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    assert {cohort["label"] for cohort in content["discoveries"][0]["cohorts"]} == set(EVIL)
    (model,) = fairaudit.read_models(tmp_path / "cohorts.json")
    assert {label for (label,) in model.rule.labels} == set(EVIL)


def test_every_cohort_is_a_row(sample_audit: Audit):
    content = sample_audit.to_dict()
    rows = list(csv.DictReader(outputs.cohorts_csv(content).splitlines()))
    cohorts = [(d["title"], cohort) for d in content["discoveries"] for cohort in d["cohorts"]]
    assert [(row["search"], row["id"]) for row in rows] == [(title, str(cohort["id"])) for title, cohort in cohorts]
    for row, (_, cohort) in zip(rows, cohorts, strict=True):
        for name in ("errors", "exposure", "rate", "speakers"):
            assert row[name] == ("" if cohort[name] is None else str(cohort[name]))
        assert row["interval_low"] == ("" if cohort["interval"] is None else str(cohort["interval"][0]))
        assert row["suppressed"] == str(cohort["suppressed"])


def test_frozen_cohorts_come_back(sample_audit: Audit, saved_sample: Path):
    assert fairaudit.read_models(saved_sample / "cohorts.json") == [model.redacted() for model in sample_audit.models]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 7}', '{"version": 1, "models": [{}]}', '{"version": 1}'])
def test_files_that_are_no_cohorts(text: str, tmp_path: Path):
    (tmp_path / "cohorts.json").write_text(text)
    with pytest.raises(InputError, match=r"^cohorts(\.json)?: "):
        fairaudit.read_models(tmp_path / "cohorts.json")


def test_nothing_to_assign():
    with pytest.raises(UsageError, match="no frozen cohort could be assigned"):
        outputs.memberships_csv([])
