"""The README's promises: its Python runs as written, its commands and options exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import fairaudit
from fairaudit.cohorts import BUILT_IN
from fairaudit.samples import make_sample, write_sample

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = make_sample(speakers=200)
    files = write_sample(tmp_path, sample)
    sample.log.rename(columns={"speaker_id": "client_id"}).to_csv(tmp_path / "log.csv", index=False)
    files["embeddings"].rename(tmp_path / "voices.npz")
    files["boundaries"].rename(tmp_path / "provinces.geojson")
    monkeypatch.chdir(tmp_path)
    assert len(blocks("python")) == 3
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(block, names)
    assert (tmp_path / "audit" / "audit.html").is_file()
    assert str(names["html"]).startswith("<!doctype html>")


@pytest.mark.parametrize(("harmful", "code", "title"), [(True, 1, "Gate failed"), (False, 0, "Gate passed")])
def test_the_workflow_runs_as_written(harmful: bool, code: int, title: str, release: Any, tmp_path: Path) -> None:
    """Its steps, as GitHub runs them: by ``bash -e``, after a failure only those that always run."""
    release.before.to_parquet(tmp_path / "last.parquet")
    (release.after if harmful else release.before).to_parquet(tmp_path / "candidate.parquet")
    log = fairaudit.read_log(tmp_path / "last.parquet")
    fairaudit.save(fairaudit.audit(log, methods=["named"], by=["accent"], permutations=19), tmp_path)
    (block,) = blocks("yaml")
    workflow = yaml.safe_load(block)
    assert workflow[True] == "pull_request"  # YAML 1.1 reads "on" so
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    assert [step["uses"].partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout", "actions/setup-python", "actions/upload-artifact",
    ]  # fmt: skip
    summary = tmp_path / "summary.md"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(summary)}
    left = 0
    for step in steps:
        if "run" in step and step["run"] != "pip install fairaudit-asr" and (not left or step.get("if") == "always()"):
            ran = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=False)
            left = left or ran.returncode
    assert left == code
    assert title in summary.read_text("utf-8")
    assert (r"accent = north (named: accent): change" in summary.read_text("utf-8")) is harmful
    for name in steps[-1]["with"]["path"].split("\n"):
        assert (tmp_path / name).stat().st_size
    assert f'failures="{code}"' in (tmp_path / "gate.xml").read_text("utf-8")


@pytest.mark.parametrize("which", ["main", "test"])
def test_a_marked_block_is_one_command_line(which: str) -> None:
    found = re.findall(rf"<!-- run: {which} -->\n```sh\n(.*?)```", README, flags=re.DOTALL)
    assert len(found) == 1
    assert found[0].count("\n") == 1


def test_every_option_and_method_it_names_exists() -> None:
    commands = "audit", "discover", "assign", "validate", "compare", "gate", "report", "export", "targets", "history"
    helps = [
        subprocess.run(
            [sys.executable, "-m", "fairaudit", command, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for command in commands
    ]
    known = set(re.findall(r"--[a-z][a-z-]+", " ".join(helps)))
    named = {
        option
        for start in ("`[^`]*?", r"fairaudit [^\n]*?")
        for option in re.findall(rf"{start}(--[a-z][a-z-]+)", README)
    }
    assert named
    assert named <= known
    assert set(re.findall(r"\| `([a-z-]+)` \|", README)) & {*BUILT_IN} == {*BUILT_IN}
