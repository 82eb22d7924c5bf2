"""README, guides and project files: their code runs as written, what they name exists, and the site builds."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

import fairaudit
from fairaudit.cli.config import gate_table
from fairaudit.cohorts import BUILT_IN
from fairaudit.results.gate_rules import rules_from
from fairaudit.samples import make_sample, write_sample

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
GUIDES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Guides whose commands take several seconds each.
LONG_GUIDES = {"log-format", "rates", "outputs", "board", "release-review"}
#: Packages that code of a guide needs and the tests do not install.
NEEDED = {"training": ("torch", "safetensors", "transformers", "accelerate")}
COMMANDS = (
    "audit",
    "discover",
    "assign",
    "validate",
    "board",
    "compare",
    "gate",
    "report",
    "export",
    "targets",
    "examples",
    "history",
    "score",
    "tally",
    "trials",
)
#: Commands that end with one of these did what they say: done, gate failed, insufficient evidence.
DONE = {0, 1, 4}

every_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)


def blocks(guide: Path, *languages: str) -> list[tuple[str, str]]:
    """The fenced blocks of these languages, in order: language and content."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", guide.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return [(language, content) for language, content in found if language in languages]


def code_spans(guide: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", guide.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text))


def write_as_other_tools_do(folder: Path, log: pd.DataFrame) -> None:
    """Write references, hypotheses, speakers and labels as Kaldi and NIST do, and all of them as nested JSON."""
    ids = log["utterance_id"]
    (folder / "text").write_text("".join(ids + " " + log["reference"] + "\n"), "utf-8")
    (folder / "hyp.trn").write_text("".join(log["hypothesis"] + " (" + ids + ")\n"), "utf-8")
    (folder / "new.trn").write_text("".join(log["hypothesis_candidate"] + " (" + ids + ")\n"), "utf-8")
    (folder / "utt2spk").write_text("".join(ids + " " + log["speaker_id"] + "\n"), "utf-8")
    (folder / "ref.stm").write_text(
        "".join(ids + " A " + log["speaker_id"] + " 0.00 99.00 " + log["reference"] + "\n"), "utf-8"
    )
    words = ((name, word) for name, text in zip(ids, log["hypothesis"], strict=True) for word in text.split())
    (folder / "hyp.ctm").write_text("".join(f"{name} A 1.00 0.50 {word}\n" for name, word in words), "utf-8")
    log[["speaker_id", "accent"]].drop_duplicates("speaker_id").to_csv(folder / "speakers.csv", index=False)
    rows = log[["utterance_id", "reference", "hypothesis"]].to_dict("records")
    samples = [row | {"speaker": {"id": speaker}} for row, speaker in zip(rows, log["speaker_id"], strict=True)]
    (folder / "results.json").write_text(json.dumps({"results": {"samples": samples, "runs": [{"n": 1}]}}), "utf-8")


@pytest.fixture(scope="module")
def user_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the guides' commands expect of a user."""
    folder = tmp_path_factory.mktemp("user")
    sample = make_sample(speakers=200)
    files = write_sample(folder, sample)
    files["embeddings"].rename(folder / "voices.npz")
    files["boundaries"].rename(folder / "provinces.geojson")
    log = sample.log.assign(snr=np.random.default_rng(0).normal(20, 5, len(sample.log)).round(1))
    better = log["hypothesis"].where(log.index % 20 > 0, log["reference"])
    log = log.assign(hypothesis_candidate=better)
    log = log.assign(audio_ms=400 * log["reference"].str.split().str.len(), delay_ms=range(len(log)))
    for name in ("log", "earlier", "last", "candidate", "next"):
        rows = log.assign(hypothesis=better) if name in ("candidate", "next") else log
        rows.to_csv(folder / f"{name}.csv", index=False)
    log.rename(columns={"speaker_id": "client_id"}).to_csv(folder / "theirs.csv", index=False)
    systems = [log.assign(model=name, hypothesis=log[of]) for name, of in
               (("last", "hypothesis"), ("candidate", "hypothesis_candidate"))]  # fmt: skip
    pd.concat(systems).to_csv(folder / "leaderboard.csv", index=False)
    manifest = log.rename(columns={"utterance_id": "audio_filepath", "reference": "text", "hypothesis": "pred_text"})
    manifest.to_json(folder / "manifest.json", orient="records", lines=True)
    write_as_other_tools_do(folder, log)
    (folder / "fairaudit.toml").write_text("permutations = 19\n", "utf-8")  # the guides are about more, tests are not
    return folder


@pytest.mark.filterwarnings("always")  # the command prints warnings
@pytest.mark.slow
@pytest.mark.parametrize(
    "guide",
    [
        pytest.param(guide, id=guide.stem, marks=[pytest.mark.exhaustive] if guide.stem in LONG_GUIDES else [])
        for guide in GUIDES
        if blocks(guide, "python", "sh")
    ],
)
def test_the_code_runs_as_written(
    guide: Path, user_files: Path, tmp_path: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of Python share their names; of the shell, lines that call fairaudit are run, set-up is left out."""
    lacking = [name for name in NEEDED.get(guide.stem, ()) if not find_spec(name)]
    if lacking and not os.environ.get("FAIRAUDIT_REQUIRE_TORCH"):
        pytest.skip(f"no {', no '.join(lacking)}")
    folder = shutil.copytree(user_files, tmp_path / "user")
    monkeypatch.chdir(folder)
    monkeypatch.setitem(fairaudit.audit.__kwdefaults__, "permutations", 19)
    names: dict[str, object] = {}
    for language, content in blocks(guide, "python", "sh"):
        if language == "python":
            exec(compile(content, f"{guide.name}", "exec"), names)
            continue
        for line in content.replace("\\\n", " ").splitlines():
            program, *arguments = shlex.split(line)
            if program == "fairaudit":
                ran = cli(*arguments)
                assert ran.code in DONE, f"{line}\n{ran.err}"
            else:
                assert program in ("python", "python3"), line
    if "html" in names:
        assert str(names["html"]).startswith("<!doctype html>")


@pytest.mark.parametrize("guide", [guide for guide in GUIDES if blocks(guide, "toml")], ids=lambda guide: guide.stem)
def test_settings_are_those_of_the_program(guide: Path, user_files: Path, cli: Callable[..., Any]) -> None:
    for place, (_, content) in enumerate(blocks(guide, "toml")):
        file = user_files / f"{guide.stem}-{place}.toml"
        file.write_text(content, "utf-8")
        ran = cli("validate", user_files / "log.csv", "--config", file)
        assert ran.code == 0, ran.err
        assert len(rules_from(gate_table(file), file.name)) == len(tomllib.loads(content).get("gate", {}))


@pytest.mark.slow
@pytest.mark.parametrize(("harmful", "code", "title"), [(True, 1, "Gate failed"), (False, 0, "Gate passed")])
def test_the_workflow_runs_as_written(harmful: bool, code: int, title: str, release: Any, tmp_path: Path) -> None:
    """Its steps, as GitHub runs them: by ``bash -e``, after a failure only those that always run."""
    release.before.to_parquet(tmp_path / "last.parquet")
    better = release.before.assign(errors=release.before["errors"].where(release.before.index % 20 > 0, 0))
    (release.after if harmful else better).to_parquet(tmp_path / "candidate.parquet")
    log = fairaudit.read_log(tmp_path / "last.parquet")
    fairaudit.save(fairaudit.audit(log, methods=["named"], by=["accent"], permutations=19), tmp_path)
    ((_, block),) = blocks(ROOT / "docs" / "release-review.md", "yaml")
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
    assert (r"accent = north (accent): change" in summary.read_text("utf-8")) is harmful
    for name in steps[-1]["with"]["path"].split("\n"):
        assert (tmp_path / name).stat().st_size
    assert f'failures="{code}"' in (tmp_path / "gate.xml").read_text("utf-8")


@pytest.mark.parametrize("which", ["main", "test"])
def test_a_marked_block_is_one_command_line(which: str) -> None:
    found = re.findall(rf"<!-- run: {which} -->\n```sh\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    assert len(found) == 1
    assert found[0].count("\n") == 1


def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 150


@pytest.fixture
def options(cli: Callable[..., Any]) -> set[str]:
    """Every option of the program and of its commands."""
    helps = [cli(*command, "--help").out for command in [(), *((command,) for command in COMMANDS)]]
    return set(re.findall(r"--[a-z][a-z-]+", " ".join(helps)))


def test_every_option_that_the_guides_name_exists(options: set[str]) -> None:
    ours = re.compile(rf"(?:--|fairaudit |(?:{'|'.join(COMMANDS)}) )")
    spans = [span for guide in GUIDES for span in code_spans(guide) if ours.match(span)]
    named = {option for span in spans for option in re.findall(r"--[a-z][a-z-]+", span)}
    assert len(named) > 30
    assert named <= options


@pytest.mark.parametrize("name", ["README.md", "docs/discoverers.md"])
def test_every_discoverer_is_listed(name: str) -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    assert {*listed} & {*BUILT_IN} == {*BUILT_IN}


def test_the_architecture_page_lists_the_layers_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = [layer.replace(" ", "").split("|") for layer in settings["contracts"][0]["layers"]]
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[a-z`, ]+`) \|", page, flags=re.MULTILINE)
    assert [sorted(row.replace("`", "").split(", ")) for row in rows] == [sorted(layer) for layer in layers]


def test_the_changelog_and_the_citation_are_of_this_version() -> None:
    """A release starts with a dated section of the changelog."""
    section = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert section is not None
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert section.groups() == (citation["version"], str(citation["date-released"]))
    assert section[1] == fairaudit.__version__


def test_links_between_files_lead_somewhere() -> None:
    """Those of the guides; :func:`test_the_site_builds_without_a_warning` looks at anchors as well."""
    for guide in [*GUIDES, ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"]:
        for token in MarkdownIt().parse(guide.read_text("utf-8")):
            for part in token.children or ():
                target = str(part.attrs.get("href") or part.attrs.get("src") or "")
                if target and "://" not in target and not target.startswith("#"):
                    assert (guide.parent / target.partition("#")[0]).exists(), f"{guide.name}: {target}"


def test_the_build_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Strictly, and into pages that ask nothing of the network."""
    for package in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(package, reason="the extra 'docs' is not installed")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "docs", tmp_path]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    pages = {page.stem: page.read_text("utf-8") for page in tmp_path.glob("*.html")}
    assert {guide.stem for guide in (ROOT / "docs").glob("*.md")} <= pages.keys()
    for name in fairaudit.__all__:
        assert name.startswith("__") or f'id="fairaudit.{name}"' in pages["api"], name
    loaded = re.compile(r"""<(?:(?:script|img|iframe)\b[^>]*\bsrc|link\b[^>]*\bhref)=["'](?:https?:)?//""")
    assert [name for name, page in pages.items() if loaded.search(page)] == []
    styles = " ".join(sheet.read_text("utf-8") for sheet in tmp_path.rglob("*.css"))
    assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", styles)
