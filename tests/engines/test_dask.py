"""The Dask engine, on a cluster of two processes that is started once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.engines.dask import on_dask
from fairaudit.engines.work import Gather
from fairaudit.inputs.parts import Part, make_plan, whole_log
from tests.engines.watched import Watched
from tests.inputs.in_parts import WORDS, write
from tests.inputs.test_artefacts import NAMED, texts

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'fairaudit-asr[dask]'")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def gather() -> Iterator[Gather]:
    with on_dask(jobs=2) as gather:
        yield gather


@pytest.fixture(scope="module")
def client(gather: Any) -> Any:
    return gather.args[0]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("logs"), texts())


@pytest.fixture(scope="module")
def expected(logs: list[Path]) -> tuple[bytes, str]:
    """The tally and the audit of one process."""
    log = fairaudit.read_log(logs, **WORDS)
    return fairaudit.tally(log, logs[0].parent / "whole.parquet").read_bytes(), fairaudit.audit(log, **NAMED).to_json()


def test_an_active_client_gives_the_tally_and_the_audit_of_one_process(
    client: Any, logs: list[Path], expected: tuple[bytes, str], tmp_path: Path
) -> None:
    with client.as_current():
        log = fairaudit.read_log(logs, engine="dask", **WORDS)
    assert fairaudit.tally(log, tmp_path / "t.parquet").read_bytes() == expected[0]
    assert fairaudit.audit(log, **NAMED).to_json() == expected[1]


def test_the_command_takes_the_address_of_a_scheduler(
    client: Any, cli: Any, logs: list[Path], expected: tuple[bytes, str], tmp_path: Path
) -> None:
    options = ["--unit", "word", "--max-quarantine", 1, "--engine", "dask", "--scheduler", client.scheduler.address]
    ran = cli("tally", *logs, *options, "-o", tmp_path / "t.parquet")
    assert ran.code == 0, ran.err
    assert (tmp_path / "t.parquet").read_bytes() == expected[0]
    ran = cli("tally", *logs, "--engine", "dask", "--scheduler", "nonsense://here", "-o", tmp_path / "u.parquet")
    assert ran.code == 2
    assert "no Dask scheduler answers at 'nonsense://here'" in ran.err


def test_a_worker_that_is_killed_loses_nothing(
    gather: Gather, logs: list[Path], expected: tuple[bytes, str], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "process")
    (tmp_path / "first").touch()
    work = Watched(make_plan(logs, WORDS), tmp_path)
    with ThreadPoolExecutor(1) as thread:
        tables = thread.submit(gather, work)
        os.kill(int((tmp_path / "process").read_text("utf-8")), signal.SIGKILL)
        log = whole_log(work.plan, tables.result())
    assert isinstance(log, fairaudit.UtteranceLog)
    assert fairaudit.tally(log, tmp_path / "t.parquet").read_bytes() == expected[0]


def test_messages_of_workers_name_the_file(gather: Gather, logs: list[Path], tmp_path: Path) -> None:
    plan = make_plan(logs, WORDS)
    with pytest.raises(
        InputError, match=r"'/nowhere/log\.csv' cannot be read by the worker tcp://127\.0\.0\.1:\d+ \(.*No such"
    ):
        gather(replace(plan, parts=(*plan.parts, Part(3, 3, "/nowhere/log.csv"))))
    (damaged := tmp_path / "damaged.csv").write_bytes(logs[0].read_bytes().replace(b"one", b"\xff", 1))
    with pytest.raises(InputError, match=r"^damaged\.csv: row \d+ is not UTF-8"):
        fairaudit.read_log([*logs, damaged], engine=gather, **WORDS)


def test_workers_join_files(gather: Gather, logs: list[Path], tmp_path: Path) -> None:
    speakers = sorted({*map(str, texts()["speaker_id"])})
    groups = tmp_path / "groups.csv"
    groups.write_text("speaker_id,group\n" + "".join(f"{name},{i % 2}\n" for i, name in enumerate(speakers[5:])))
    options: dict[str, Any] = {**WORDS, "metadata": [groups], "needed": {"by": ["group"]}}
    whole, log = fairaudit.read_log(logs, **options), fairaudit.read_log(logs, engine=gather, **options)
    assert log.quality == whole.quality
    assert log.quality.joins[0].unmatched
    tallies = [fairaudit.tally(one, tmp_path / f"{i}.parquet", by="group") for i, one in enumerate((whole, log))]
    assert tallies[0].read_bytes() == tallies[1].read_bytes()
    plan = make_plan(logs, options)
    elsewhere = replace(plan.parts[0], joined=("/nowhere/groups.csv",))
    plan = replace(plan, parts=(elsewhere,), options={**plan.options, "metadata": ["/nowhere/groups.csv"]})
    with pytest.raises(InputError, match=r"'/nowhere/groups\.csv' cannot be read by the worker"):
        gather(plan)


def test_what_is_missing_is_said(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="jobs must be at least 1, not 0"):
        fairaudit.read_log(logs, engine="dask", jobs=0)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"engine='dask' needs Dask, .*: pip install 'fairaudit-asr\[dask\]'"):
        fairaudit.read_log(logs, engine="dask")
