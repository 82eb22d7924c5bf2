"""The commands with ``--engine dask`` on workers of their own, and interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd

from tests.inputs.in_parts import write
from tests.inputs.test_artefacts import texts

AUDIT = ["--method", "named", "--permutations", "19", "--unit", "word", "--max-quarantine", "1"]


def folders() -> set[Path]:
    return {*Path(tempfile.gettempdir()).glob("fairaudit-dask-*")}


def living(group: int) -> list[str]:
    """Processes of a group that have not ended; in a container, nobody collects those that have."""
    stats = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            stats.append(stat.read_text("utf-8").rpartition(")")[2].split())
    return [state for state, _, in_group, *_ in stats if int(in_group) == group and state not in "ZX"]


def test_an_audit_on_workers_of_its_own(tmp_path: Path) -> None:
    paths = write(tmp_path, texts())
    documents = []
    for engine in ([], ["--engine", "dask", "--jobs", "2"]):
        command = [
            sys.executable,
            "-m",
            "fairaudit",
            "audit",
            *map(str, paths),
            *AUDIT,
            *engine,
            "-o",
            str(tmp_path / "a"),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode in (0, 4, 6), ran.stderr
        assert "Traceback" not in ran.stderr
        documents.append((tmp_path / "a" / "audit.json").read_bytes())
    assert documents[0] == documents[1]
    assert json.loads(documents[0])["inputs"]


def test_an_interrupt_closes_the_workers(tmp_path: Path) -> None:
    rows = pd.concat([texts()] * 50).drop(columns="utterance_id")
    for i in range(40):
        rows.sample(frac=1, random_state=i).to_csv(tmp_path / f"{i}.csv", index=False)
    before = folders()
    command = [
        "-m",
        "fairaudit",
        "tally",
        str(tmp_path),
        "--engine",
        "dask",
        "--jobs",
        "2",
        "-o",
        str(tmp_path / "t.parquet"),
    ]
    running = subprocess.Popen(
        [sys.executable, *command, "--max-quarantine", "1"], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    while not any(one.glob("*/worker-*") for one in folders() - before):
        assert running.poll() is None, running.stderr and running.stderr.read()
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert folders() <= before
    assert not (tmp_path / "t.parquet").exists()
    until = time.monotonic() + 60
    while living(running.pid):  # those that clean up after the command end a little later
        assert time.monotonic() < until, living(running.pid)
        time.sleep(0.05)
