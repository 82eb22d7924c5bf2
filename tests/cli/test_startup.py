"""The command answers at once: what is heavy is imported where it is used."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

import fairaudit
from fairaudit.cli.app import app
from fairaudit.cli.choices import OF_AUDITS
from fairaudit.samples import make_sample, write_sample

HEAVY = ("duckdb", "geopandas", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "sklearn")
RATIO = 2.5
#: The command, which prints at its end what it has imported of these.
WATCHED = f"""
import atexit, sys
from fairaudit.cli import main
atexit.register(lambda: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr))
main()
"""


def seconds(*command: str) -> float:
    """Of the processor, which do not depend on what else runs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_commands_import_nothing_heavy(shell):
    program = f"import fairaudit.cli.app, sys; print([m for m in {HEAVY} if m in sys.modules])"
    ran = shell(program=program)
    assert (ran.code, ran.out) == (0, "[]\n")


@pytest.mark.parametrize("words", [["audit", "--help"], ["--help"], ["--version"], ["schema", "gate"], ["config"]])
def test_help_imports_nothing_heavy(words, shell):
    ran = shell(*words, program=WATCHED)
    assert (ran.code, ran.err) == (0, "[]\n")


def test_the_discoverers_are_listed_without_what_they_compute_with(shell):
    assert shell("methods", program=WATCHED).err == "['numpy']\n"


@pytest.mark.parametrize("texts", [False, True])
@pytest.mark.parametrize("command", ["validate", "score", "tally"])
def test_a_log_is_checked_and_counted_without_pandas(command, texts, tmp_path, shell):
    columns = "reference,hypothesis" if texts else "words,errors"
    rows = [f"{speaker},a{i % 2},f," + ("a b,a c" if texts else "9,1") for i, speaker in enumerate(["", *"xyz" * 40])]
    (tmp_path / "log.csv").write_text("\n".join([f"speaker_id,accent,Sex,{columns}", *rows]) + "\n")
    output = ("--quarantine", tmp_path / "bad.csv") if command == "validate" else ("-o", tmp_path / "out.parquet")
    imported = imported_by(command, tmp_path / "log.csv", *output, shell=shell)
    assert imported == "['duckdb', 'numpy', 'pyarrow']\n"


@pytest.mark.slow
def test_where_pandas_is_imported_late_the_result_is_the_same(cli, shell, tmp_path):
    sample = make_sample(speakers=100)
    sample.log.loc[::7, ["latitude", "accent"]] = None
    log, census, vectors = (write_sample(tmp_path, sample)[name] for name in ("log", "census", "embeddings"))
    words = ("validate", log, "--census", census, "--embeddings", vectors, "--json", "--quiet")
    assert shell(*words).out == cli(*words).out


def imported_by(*arguments: str, shell: Any) -> str:
    return str(shell(*arguments, "--quiet", program=WATCHED).err)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """An audit and a comparison, on disk."""
    folder: Path = tmp_path_factory.mktemp("results")
    rows = make_sample(speakers=200).log
    audit = fairaudit.audit(rows, methods="named", by="accent", permutations=19)
    fairaudit.save(audit, folder)
    other = rows.assign(hypothesis=rows["reference"])
    fairaudit.save(fairaudit.compare(rows, other, audit.models), folder)
    releases = fairaudit.record(fairaudit.record(audit.models, "1.0", rows), "1.1", other)
    fairaudit.save(releases, folder)
    return folder


@pytest.mark.parametrize("name", ["audit.json", "comparison.json", "history.json"])
def test_a_gate_compares_numbers_without_importing_anything_heavy(results, name, tmp_path, shell):
    files = [word for kind in ("output", "junit", "markdown") for word in (f"--{kind}", str(tmp_path / kind))]
    assert imported_by("gate", str(results / name), "--max-rate", "99%", *files, shell=shell) == "[]\n"


@pytest.mark.parametrize("to", OF_AUDITS)
def test_an_audit_is_exported_without_importing_what_computed_it(results, to, tmp_path, shell):
    exported = ("export", str(results / "audit.json"), "--to", to, "-o", str(tmp_path / "out"))
    assert imported_by(*exported, shell=shell) == "[]\n"


def test_only_the_command_that_is_asked_for_is_built():
    root = typer.main.get_command(app)
    assert root.commands["gate"].name == "gate"
    assert [*root.commands._built] == ["gate"]
    assert root.commands.get("gaet") is None


def test_a_page_is_made_from_its_document_without_importing_what_computed_it(results, tmp_path, shell):
    assert imported_by("report", str(results / "audit.json"), "-o", str(tmp_path / "a.md"), shell=shell) == "[]\n"


@pytest.mark.slow
def test_help_is_about_as_quick_as_its_parser():
    rounds = [(seconds("-m", "fairaudit", "--help"), seconds("-c", "import typer")) for _ in range(5)]
    helped, parser = map(min, zip(*rounds, strict=True))  # the quickest is the least disturbed
    assert helped <= RATIO * parser
