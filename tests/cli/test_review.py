"""The commands that review a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fairaudit
from fairaudit.report import shipped_schema, validate_comparison


@pytest.fixture(scope="module")
def files(release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both logs, and the accents frozen on the first."""
    folder = tmp_path_factory.mktemp("release")
    release.before.to_csv(folder / "before.csv", index=False)
    release.after.to_csv(folder / "after.csv", index=False)
    audit = fairaudit.audit(
        fairaudit.read_log(folder / "before.csv"), methods=["named"], by=["accent"], permutations=19
    )
    fairaudit.save(audit, folder)
    return {name: folder / name for name in ("before.csv", "after.csv", "cohorts.json", "audit.json")}


@pytest.fixture
def compare(cli, files):
    return lambda *more: cli(
        "compare", files["before.csv"], files["after.csv"], "--cohorts", files["cohorts.json"], *more
    )


def test_compare_prints_and_writes(compare, tmp_path: Path):
    ran = compare("-o", tmp_path / "comparison.json", "--markdown", tmp_path / "comparison.md")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("▲ Regression\nOverall WER improved")
    content = json.loads((tmp_path / "comparison.json").read_text("utf-8"))
    validate_comparison(content)
    assert content["verdict"] == "regression"
    assert (tmp_path / "comparison.md").read_text("utf-8").startswith("## ▲ Regression")
    assert compare("--json", "-q").out == (tmp_path / "comparison.json").read_text("utf-8")


def test_one_log_with_two_hypotheses(cli, tmp_path: Path):
    rows = ["utterance_id,speaker_id,reference,hypothesis,other"]
    rows += [f"u{n},s{n % 30},a b c d,a b c {'d' if n % 2 else 'x'},a b x x" for n in range(120)]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    ran = cli("compare", tmp_path / "log.csv", "--candidate-column", "other", "--json", "-q")
    assert ran.code == 0, ran.err
    content = json.loads(ran.out)
    assert content["pairing"]["paired"] == 120
    assert (content["overall"]["before"], content["overall"]["after"]) == (0.125, 0.5)
    assert content["verdict"] == "regression"


def test_compare_takes_one_candidate(cli, files):
    for arguments in ((), (files["after.csv"], "--candidate-column", "other")):
        ran = cli("compare", files["before.csv"], *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "one of the two" in ran.err


def test_too_little_evidence_leaves_with_4(cli, files, release, tmp_path: Path):
    few = release.before.groupby("accent").head(60)
    few.to_csv(tmp_path / "few.csv", index=False)
    ran = cli("compare", tmp_path / "few.csv", tmp_path / "few.csv", "--cohorts", files["cohorts.json"])
    assert ran.code == 4
    assert "No cohort holds enough speakers" in " ".join(ran.out.split())


def test_schemas(cli):
    assert json.loads(cli("schema", "comparison").out) == shipped_schema("comparison")
    assert cli("schema", "comparisn").code == 2
