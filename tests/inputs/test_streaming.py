"""Long logs go to files: the same results as in memory, nothing left behind, and no more memory than asked for."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.memory import bytes_of
from fairaudit.engines import EmbeddedEngine, row_files
from fairaudit.inputs import ingest, read_log, repeats
from fairaudit.inputs.formats import jsonlines
from fairaudit.inputs.repeats import Repeats, count_ids, count_repeats

GROUPS = [1, 3_000, row_files._GROUP]


def rows(n: int = 60) -> pd.DataFrame:
    """Texts with what later steps change: odd numbers, protected ids, missing cells, a bad row."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "utterance_id": [f"'={i:03d}" if i % 7 == 0 else f"u{i:03d}" for i in range(n)],
            "speaker_id": [None if i == 11 else f"s{i % 9}" for i in range(n)],
            "accent": rng.choice(["north", "North", "süd", "n/a"], n),
            "snr": rng.normal(10, 3, n).round(2),
            "reference": ["turn the big light off"] * n,
            "hypothesis": rng.choice(["turn the light off", "turn a big light", "turn the big light off"], n),
        }
    )


def all_of(path: Path) -> list[object]:
    """Read a log, and return everything that reading it gives."""
    log = read_log(path, max_quarantine=0.5)
    frames = [log.to_frame(), log.quarantine, log.tally(["speaker_id", "accent"])]
    return [*(frame.reset_index().astype(object).to_dict("list") for frame in frames), log.quality, log.columns]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_files_and_memory_give_the_same_log(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"log.{form}"
    frame = rows()
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path, row_group_size=25)
    monkeypatch.setattr(jsonlines, "_BATCH", 8)
    expected = str(all_of(path))
    stored: list[int] = []
    write = row_files.write_row_groups
    monkeypatch.setattr("fairaudit.engines.embedded.write_row_groups", lambda *given: stored.append(1) or write(*given))
    monkeypatch.setattr(repeats, "_AT_ONCE", 16)
    for size in GROUPS:
        monkeypatch.setattr(row_files, "_GROUP", size)
        assert str(all_of(path)) == expected
    assert bool(stored) == (form == "jsonl")  # the other formats come in one batch of so few rows


@pytest.mark.parametrize("size", GROUPS)
def test_columns_that_appear_later_are_missing_before(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonlines, "_BATCH", 4)
    monkeypatch.setattr(row_files, "_GROUP", size)
    records = [{"speaker_id": f"s{i}", "errors": i, "words": 99} for i in range(20)]
    records[9]["device"] = "phone"
    records[17]["room"] = "large"
    records[18]["device"] = "car"
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    frame = read_log(log).to_frame()
    assert frame["errors"].tolist() == list(range(20))
    assert frame["device"].dropna().to_dict() == {9: "phone", 18: "car"}
    assert frame["room"].dropna().to_dict() == {17: "large"}


def test_a_log_may_have_nothing_but_texts(tmp_path: Path) -> None:
    rows()[["reference", "hypothesis"]].to_csv(tmp_path / "log.csv", index=False)
    assert len(read_log(tmp_path / "log.csv", missing_speaker="own")) == 60


@pytest.mark.parametrize("at_once", [9, 64, repeats._AT_ONCE])
@pytest.mark.parametrize("n", [0, 1, 64, 300])
def test_repeats_are_counted_for_any_memory(n: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_AT_ONCE", at_once)
    rng = np.random.default_rng(n)
    ids = pd.Series([f"{'uU'[i]}{j}" for i, j in zip(rng.integers(0, 2, n), rng.integers(0, n or 1, n), strict=True)])
    ids[: n // 2] = ids[: n // 2].str.lower()  # so that some batches are equal to what is compared, and some are not
    engine = EmbeddedEngine()
    engine.store("log", [pa.table({"id": pa.array([*ids, None], pa.string())})])
    batches = engine.batches
    monkeypatch.setattr(engine, "batches", lambda sql: batches(sql, size=40))
    found = count_repeats(engine, "log", ["id", "lower(id)", "id"], n)
    same = int(ids.duplicated().sum())
    assert found == ((same, int(ids.str.lower().duplicated().sum()), same), n)
    assert not [path for path in engine.scratch.iterdir() if path.name.startswith("hashes")]


@pytest.mark.parametrize("kernel", [True, False])
def test_ids_are_counted_alike_with_and_without_the_kernel(kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernel:
        monkeypatch.setattr(repeats.compiled, "KERNEL", None)
    engine = EmbeddedEngine()
    ids = ["a7", "A007", "a7", "", None, "\u00c9", "e\u0301", " \u00e9", "7", "7.0", "007", "0.7", "b 1", "B\t1 "]
    engine.store("log", [pa.table({"id": ids[i::2]}) for i in range(2)])
    assert count_ids(engine, "log", "nullif(id, '')", len(ids)) == ((1, 7), 12)


@pytest.mark.parametrize("at_once", [4, repeats._AT_ONCE])
def test_repeated_ids_are_listed_across_files(at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_AT_ONCE", at_once)
    monkeypatch.setattr(row_files, "_GROUP", 1)
    for name, ids in (("a", range(30)), ("b", range(29, 59))):
        frame = pd.DataFrame({"utterance_id": [f"u{i}" for i in ids], "speaker_id": name, "errors": 1, "words": 9})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(InputError, match=r"1 utterance ids occur .*: 'u29' in rows 31 of a\.csv, 2 of b\.csv$"):
        read_log([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_equal_hashes_of_different_ids_are_no_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ids themselves decide, should two hashes be equal by chance."""
    monkeypatch.setattr("fairaudit.inputs.checking.count_ids", lambda *given: Repeats((1, 3), 19))
    assert len(read_log(rows(20), max_quarantine=0.5)) == 19


def test_files_are_private_and_go_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "_GROUP", 1)
    monkeypatch.setattr(ingest, "_BATCH", 10)
    log = read_log(rows(), max_quarantine=0.5)
    folder = log._engine.scratch
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {".parquet": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    del log
    gc.collect()
    assert not folder.exists()


def test_a_relation_is_replaced_with_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "_GROUP", 1)
    engine = EmbeddedEngine()
    for batches in (2, 1, 3, 0):
        engine.store("log", [pa.table({"n": [batches]})] * batches)
        assert engine.has("log") == bool(batches)
        assert not batches or engine.rows("SELECT * FROM log") == [(batches,)] * batches
        assert len([*engine.scratch.glob("*.parquet")]) == (batches > 1)


def test_only_a_few_groups_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "_GROUP", 1 << 20)
    before, most = pa.total_allocated_bytes(), 0

    def batches():
        nonlocal most
        for i in range(64):
            most = max(most, pa.total_allocated_bytes() - before)
            yield pa.table({"n": np.arange(i, i + 65_536)})

    engine = EmbeddedEngine()
    engine.store("log", batches())
    assert most < 8 << 20
    assert engine.rows("SELECT count(*), sum(n) FROM log") == [(64 * 65_536, sum(range(65_536)) * 64 + 65_536 * 2_016)]


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    """Files may not grow beyond 20 KB, which is less than the rows."""
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"speaker_id": rng.random(4_000).astype(str), "errors": 1, "words": 9})
    log.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    program = (
        "import resource, fairaudit.engines.row_files as files; files._GROUP = 100_000; "
        "from fairaudit.inputs.formats import jsonlines; jsonlines._BATCH = 1_000; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); from fairaudit.cli import main; main()"
    )
    (tmp_path / "scratch").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", program, "validate", "log.jsonl"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr == (
        f"fairaudit: {tmp_path / 'scratch'}: File too large (counts of a log are kept there while it is used; "
        "TMPDIR names another folder)\n"
    )
    assert not [*(tmp_path / "scratch").iterdir()]


def test_no_bar_among_the_results() -> None:
    """The engine shows its progress on stdout if it takes the program for a notebook, such as one given by ``-c``."""
    program = (
        "from fairaudit.engines import EmbeddedEngine; "
        "print(EmbeddedEngine().rows(\"SELECT current_setting('enable_progress_bar')\"))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[(False,)]\n"


@pytest.mark.parametrize(
    ("size", "expected"), [("500MB", 500 * 10**6), ("1GiB", 2**30), (" 1.5 gib ", 3 * 2**29), ("2tb", 2 * 10**12)]
)
def test_sizes(size: str, expected: int) -> None:
    assert bytes_of(size) == expected


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ("4G", "memory must be a size such as 500MB or 1GiB, not '4G'; did you mean '4GiB'"),
        ("1000", "not '1000'$"),
        ("-1GB", "not '-1GB'$"),
        ("nan", "not 'nan'$"),
        ("1e3GB", "not '1e3GB'$"),
        ("9999999TB", "not '9999999TB'$"),
        (512, "not 512$"),
        ("10MB", "memory must be at least 500MB, not 10MB"),
    ],
)
def test_what_is_no_size_is_refused_before_the_log_is_read(size: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_log(tmp_path / "missing.csv", memory=size)


def test_memory_is_an_option_and_a_setting_that_changes_no_number(cli, tmp_path: Path) -> None:
    rows().drop(11).to_csv(tmp_path / "log.csv", index=False)
    log, results = tmp_path / "log.csv", []
    settings = tmp_path / "settings.toml"
    settings.write_text('memory = "600MB"')
    for options in ([], ["--memory", "500MB"], ["--config", settings], ["--memory", "2 TiB"]):
        ran = cli("audit", log, "--by", "accent", "--permutations", 19, "-q", "-o", tmp_path / "out", *options)
        assert ran.code in (0, 4, 6)
        results.append((tmp_path / "out" / "audit.json").read_bytes())
    assert len({*results}) == 1
    settings.write_text('memory = "much"')
    ran = cli("validate", log, "--config", settings)
    assert (ran.code, "--memory must be a size such as 500MB or 1GiB, not 'much'" in ran.err) == (2, True)


def test_an_interrupt_while_a_group_is_given_to_the_writer_closes_no_file_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was closed in the middle of a group ended the process with a segmentation fault."""
    steps: list[str] = []
    closed = threading.Event()

    class Watched(pq.ParquetWriter):
        def write_table(self, *table: Any, **options: Any) -> None:
            closed.wait(0.2)  # time enough for a file to be closed that nobody waits for
            super().write_table(*table, **options)
            steps.append("written")

        def close(self) -> None:
            steps.append("closed")
            closed.set()
            super().close()

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is ThreadPoolExecutor.submit.__code__:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(pq, "ParquetWriter", Watched)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.setprofile(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            row_files.write_row_groups(tmp_path, [pa.table({"a": ["x"]})])
    finally:
        sys.setprofile(None)
        signal.signal(signal.SIGINT, before)
    assert steps[:2] == ["written", "closed"]
