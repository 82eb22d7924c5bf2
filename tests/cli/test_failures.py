"""Failures: one sentence, the exit code of its kind, and nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from fairaudit.core import scratch
from fairaudit.core.errors import InputError
from fairaudit.engines.embedded import EmbeddedEngine

TEXT = "utterance_id,speaker_id,reference,hypothesis\n"
COUNTS = "utterance_id,speaker_id,errors,words\n"


def counts(speakers: int, **extra: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ids = [f"{i:03d}" for i in range(speakers)]
    return pd.DataFrame(
        {"utterance_id": ids, "speaker_id": ids, "errors": rng.integers(1, 5, speakers), "words": 30}
    ).assign(**extra)


@pytest.fixture
def audit_of(cli, tmp_path: Path) -> Callable[..., Any]:
    """Audit some content in a file, and see that a failure leaves no folder."""

    def run(content: str | bytes | pd.DataFrame, *options: object, name: str = "log.csv") -> Any:
        if isinstance(content, pd.DataFrame):
            content = content.to_csv(index=False)
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        ran = cli("audit", path, "--permutations", 19, "-o", tmp_path / "out", *options)
        if ran.code not in (0, 4):
            assert ran.out == ""
            assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
        return ran

    return run


def sentence(err: str) -> str:
    """The last line on stderr, which says what went wrong."""
    last = err.strip().splitlines()[-1]
    assert last.startswith("fairaudit: ")
    assert "Traceback" not in err
    return last


# ---- 2: wrong usage


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--method", "geotree"], "did you mean 'geo-tree'?"),
        (["--method", "embedding"], "(--embeddings FILE)"),
        (["--method", "zip-census"], "(--census FILE)"),
        (["--method", "geo-tree"], "geo-tree needs"),
        (["--param", "min_speaker=3"], "did you mean 'min_speakers'?"),
        (["--param", "min_speakers=few"], "not 'few'"),
        (["--param", "min_speakers"], "--param takes NAME=VALUE, not 'min_speakers'"),
        (["--column", "speaker_id"], "--column takes NAME=VALUE, not 'speaker_id'"),
        (["--by", "accent,"], "--by takes COLUMN[,COLUMN], not 'accent,'"),
        (["--rate", "wrr"], "did you mean 'wer'?"),
        (["--normalizer", "wisper-en"], "did you mean 'whisper-en'?"),
        (["--second-normalizer", "wisper-en"], "did you mean 'whisper-en'?"),
        (["--format", "cvs"], "did you mean 'csv'?"),
        (["--unit", "words"], "did you mean 'word'?"),
        (["--holdout", "2"], "holdout"),
        (["--permutations", "3"], "19 permutations"),
        (["--seed", "-1"], "not -1"),
        (["--max-cohorts", "1", "--method", "geo-tree"], "geo-tree needs"),
        (["--max-quarantine", "7"], "--max-quarantine must be"),
    ],
)
def test_wrong_usage(options, told, audit_of):
    ran = audit_of(counts(60, accent=["hill", "coast"] * 30), *options)
    assert ran.code == 2
    assert told in sentence(ran.err)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["audti", "x"], "audit"),
        (["audit", "x", "--sed", "3"], "--seed"),
        (["audit", "x", "--permutations", "many"], "--permutations"),
        (["audit"], "LOG..."),
        (["assign", "x"], "--cohorts"),
    ],
)
def test_what_the_parser_refuses(arguments, told, cli):
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: fairaudit" in ran.err
    assert told in ran.err.splitlines()[-1]


def test_no_command_is_a_question(cli):
    ran = cli()
    assert ran.code == 2
    assert "Audit a log:" in ran.out + ran.err


def test_assign_names_its_choices(cli, tmp_path: Path):
    ran = cli("assign", tmp_path / "log.csv", "--cohorts", tmp_path / "cohorts.json", "--per", "speker")
    assert ran.code == 2
    assert "unknown value of --per 'speker'" in sentence(ran.err)
    assert "did you mean 'speaker'?" in ran.err


# ---- 3: unusable input


BAD = {
    "truncated gz": ("log.csv.gz", gzip.compress((COUNTS + "u,s,1,2\n" * 999).encode())[:-20], "gzip data"),
    "UTF-16 without a BOM": ("log.csv", (TEXT + "u,s,a,b\n").encode("utf-16-le"), "UTF-16 without a BOM?"),
    "NUL": ("log.csv", TEXT + "u,s,a\0b,b\n", "NUL"),
    "duplicate column": ("log.csv", "speaker_id,words,words,errors\ns,1,1,1\n", "'words'"),
    "missing hypothesis": ("log.tsv", TEXT.replace(",", "\t") + "u\ts\ta b\t\n", "--missing-hypothesis"),
    "missing hypothesis in JSON": (
        "log.jsonl",
        '{"speaker_id": "s", "reference": "a", "hypothesis": "a"}\n{"speaker_id": "s", "reference": "a"}\n',
        "missing_hypothesis",
    ),
    "duplicate utterances": ("log.csv", COUNTS + "u1,s1,1,2\nu2,s1,1,2\nu1,s2,1,2\n", "'u1'"),
    "only a rate": ("log.csv", "speaker_id,wer\ns,0.5\n", "'wer'"),
    "lost zeros": ("log.csv", COUNTS[:-1] + ",zip_code\nu1,s1,0,1,2139\nu2,s1,0,1,02139\n", "--zip-pad"),
    "negative counts": ("log.csv", COUNTS + "u1,s1,1,2\nu2,s1,-1,2\n", "negative_count"),
    "latitude": (
        "log.csv",
        COUNTS[:-1] + ",latitude,longitude\nu,s,0,1,95,120\nv,s,0,1,9,9\n",
        "latitude_out_of_range",
    ),
    "empty file": ("log.csv", "", "empty"),
    "no rows": ("log.csv", COUNTS, "no rows"),
    "cut row": ("log.csv", TEXT + "u1,s1,a b,a b\nu2,s1", "cut off"),
    "cut JSON": ("log.jsonl", '{"speaker_id": "s", "errors": 1, "words": 2}\n{"speaker_id"', "JSON"),
    "cut Parquet": ("log.parquet", b"PAR1" + bytes(40), "Parquet file"),
    "missing columns": ("log.csv", "client_id,errors,words\na,1,2\n", "--column speaker_id=client_id"),
}


@pytest.mark.parametrize(("name", "content", "told"), BAD.values(), ids=BAD)
def test_bad_input(name, content, told, audit_of):
    ran = audit_of(content, name=name)
    assert ran.code == 3
    assert told in sentence(ran.err)
    assert sentence(ran.err).startswith(f"fairaudit: {name}: ")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "log"])
def test_content_counts_and_not_the_suffix(name, audit_of):
    content = gzip.compress(counts(60, accent=["hill", "coast"] * 30).to_csv(index=False).encode())
    assert audit_of(content, name=name).code == 0


def test_missing_files(audit_of, cli, tmp_path: Path):
    ran = cli("audit", tmp_path / "log.csv", "-o", tmp_path / "out")
    assert ran.code == 3
    assert "no file" in sentence(ran.err)
    log = counts(60, zip_code=["10001", "10002"] * 30)
    for option in ("--census", "--embeddings"):
        ran = audit_of(log, option, tmp_path / "nothing.csv")
        assert ran.code == 3
        assert "nothing.csv: No such file or directory" in sentence(ran.err)
    for command in (("report",), ("assign", tmp_path / "in" / "log.csv", "--cohorts")):
        ran = cli(*command, tmp_path / "nothing.json")
        assert ran.code == 3
        assert "nothing.json: No such file or directory" in sentence(ran.err)


def test_an_unknown_column_is_reported_with_the_near_one(audit_of):
    log = counts(60, accent=["hill", "coast"] * 30)
    for options in (["--by", "acent"], ["--cluster", "acent"], ["--column", "zip_code=acent"]):
        ran = audit_of(log, *options)
        assert ran.code in (2, 3)
        assert "'accent'" in sentence(ran.err)
        assert "__" not in sentence(ran.err)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"schema_version": 9}'])
def test_report_of_what_is_no_audit(content, cli, tmp_path: Path):
    (tmp_path / "audit.json").write_text(content)
    ran = cli("report", tmp_path / "audit.json", "-o", tmp_path / "audit.html")
    assert ran.code == 3
    assert sentence(ran.err)
    assert not (tmp_path / "audit.html").exists()


def test_boundaries_that_are_none_leave_nothing(audit_of):
    log = counts(200, latitude=np.linspace(-40, -36, 200), longitude=np.linspace(-117, -112, 200))
    ran = audit_of(log, "--boundaries", __file__)
    assert ran.code == 3
    assert "boundaries" in sentence(ran.err)


@pytest.mark.slow
def test_a_place_that_cannot_be_written_to(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = tmp_path / "log.csv"
    counts(60, accent=["hill", "coast"] * 30).to_csv(log, index=False)
    for out in (log, log / "inside"):
        ran = cli("audit", log, "--permutations", 19, "-o", out)
        assert ran.code == 3
        assert str(log) in sentence(ran.err)

    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "out" / ".fairaudit-new-x1y2z3a4"))

    folder, make = tmp_path / "out", scratch.tempfile.mkdtemp
    monkeypatch.setattr(scratch.tempfile, "mkdtemp", lambda **how: refused() if how["dir"] == folder else make(**how))
    ran = cli("audit", log, "--permutations", 19, "-o", folder)
    assert ran.code == 3
    assert sentence(ran.err) == f"fairaudit: {folder}: Permission denied"
    assert not folder.exists()


def test_a_reader_that_leaves_is_no_failed_gate(small_files):
    """Exit code 1 is a failed gate's alone."""
    command = [sys.executable, "-m", "fairaudit", "schema"]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False, timeout=60)
    finally:
        os.close(write)
    assert done.returncode == 3
    assert done.stderr == b""


# ---- 4 and 5: nothing can be said, nothing is there


def test_insufficient_evidence(audit_of, tmp_path: Path):
    ran = audit_of(counts(30, accent=["hill", "coast", "plain"] * 10))
    assert ran.code == 4
    assert ran.out.startswith("log.csv\n? Insufficient evidence")
    assert json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))["discoveries"][0]["verdict"] == (
        "insufficient evidence"
    )


NOTHING = {
    "no errors": (counts(60, accent=["hill", "coast"] * 30).assign(errors=0), "no errors"),
    "no words": (counts(60, accent=["hill", "coast"] * 30).assign(words=0), "no words"),
}


@pytest.mark.parametrize(("log", "told"), NOTHING.values(), ids=NOTHING)
def test_nothing_to_audit(log, told, audit_of):
    ran = audit_of(log)
    assert ran.code == 5
    assert told in sentence(ran.err)


# ---- 70: a bug is no verdict


@pytest.mark.slow
@pytest.mark.parametrize("debug", [False, True])
def test_a_bug(debug: bool, shell, small_files, tmp_path: Path):
    program = """
import fairaudit
from fairaudit.cli import main
def bug(*_, **__):
    raise ZeroDivisionError("a bug")
fairaudit.audit = bug
main()
"""
    more = ["--debug"] if debug else []
    ran = shell("audit", small_files["log"], "-o", tmp_path / "out", *more, program=program)
    assert ran.code == 70
    assert ran.err.splitlines()[-1].startswith("fairaudit: internal error: ZeroDivisionError: a bug")
    assert ("Traceback" in ran.err) is debug
    assert not (tmp_path / "out").exists()


# ---- 130: interrupted


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Heed interrupts, also where the tests run in the background of a shell, which has them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("kind", [SystemError, InputError, RuntimeError, OSError])
def test_an_interrupt_that_a_library_turns_into_an_error(kind, monkeypatch, cli, interruptible):
    def methods() -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise kind("<built-in function> returned a result with an exception set")

    monkeypatch.setattr("fairaudit.api.methods.methods", methods)
    ran = cli("methods")
    assert (ran.code, ran.err) == (130, "fairaudit: interrupted\n")


def test_interrupts_are_watched_during_a_command_only(cli, interruptible):
    cli("methods")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    "said", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error: Interrupted!")]
)
def test_an_interrupted_query_is_no_unusable_input(said):
    with pytest.raises(KeyboardInterrupt), EmbeddedEngine()._engine_errors():
        raise said


INTERRUPTED_IMPORT = """
import signal, sys
from fairaudit.cli import main

class Interrupter:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupter())
sys.argv = ["fairaudit", "validate", "log.csv"]
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("module", ["fairaudit.cli.running", "typer", "fairaudit.cli.app", "fairaudit.api.checks"])
def test_an_interrupted_import(module, shell):
    ran = shell(program=INTERRUPTED_IMPORT.format(module=module))
    assert (ran.code, ran.out, ran.err) == (130, "", "fairaudit: interrupted\n")


INTERRUPTED_EXTENSION = """
import signal, sys
from importlib.machinery import ExtensionFileLoader
from fairaudit.cli import main

class Interrupter:
    def find_spec(self, name, path=None, target=None):
        frame = sys._getframe()
        while frame and frame.f_code is not ExtensionFileLoader.exec_module.__code__:
            frame = frame.f_back
        if frame:
            sys.meta_path.remove(self)
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                print("while", name, "was imported", file=sys.stderr)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupter())
main()
"""


@pytest.mark.slow
def test_the_import_of_a_compiled_module_is_not_interrupted(shell, small_files, tmp_path):
    """pybind and nanobind end the process if it is; what swallows the interrupt goes on."""
    out = tmp_path / "out.json"
    ran = shell("discover", small_files["log"], "--permutations", "9999", "-o", out, program=INTERRUPTED_EXTENSION)
    assert ran.code == 130
    assert ran.err.endswith("fairaudit: interrupted\n")
    assert "was imported" not in ran.err
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted(jobs, small_files, tmp_path: Path):
    def heed_interrupts() -> None:  # also where the tests run in the background of a shell, which has them ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [sys.executable, "-m", "fairaudit", "audit", small_files["log"], "--permutations", "1000000"]
    command += ["-o", tmp_path / "out", "--jobs", jobs]
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts, start_new_session=True
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("read ")
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: also to the processes of the command
    try:
        _, err = running.communicate(timeout=60)
    finally:
        running.kill()
    # a shell reports both as 130; Python dies of the signal where it was caught inside exec(), as in an import
    assert running.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
