"""What tests of logs in parts share: files of a log, an engine that does one part after the other, and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import fairaudit
from fairaudit.core.errors import FairauditError
from fairaudit.engines.work import Work

WORDS = {"unit": "word", "max_quarantine": 1}


def in_turn(work: Work) -> dict[int, pa.Table]:
    """Do the parts of some work one after the other."""
    return merged(work, [work.partial(part) for part in work.parts])


def merged(work: Work, partials: list[list[pa.Table]]) -> dict[int, pa.Table]:
    return {bucket: work.merge(bucket, [tables[bucket] for tables in partials]) for bucket in range(work.buckets)}


def write(folder: Path, rows: pd.DataFrame, n: int = 3) -> list[Path]:
    """Write every n-th row of a log to a file of its own."""
    paths = [folder / f"{i}.csv" for i in range(n)]
    for i, path in enumerate(paths):
        rows[i::n].to_csv(path, index=False)
    return paths


def bytes_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def message(read: Callable[[], object]) -> str | None:
    """Return the type and message of what reading raises, or None."""
    try:
        read()
    except FairauditError as error:
        return f"{type(error).__name__}: {error}"
    return None


def assert_same(paths: list[Path], folder: Path, **options: Any) -> fairaudit.UtteranceLog:
    """Read files at once and in parts, and compare what becomes of them."""
    whole, parts = fairaudit.read_log(paths, **options), fairaudit.read_log(paths, engine=in_turn, **options)
    assert parts.is_tally
    assert (parts.quality, parts.inputs, parts.scoring) == (whole.quality, whole.inputs, whole.scoring)
    by = options.get("needed", {}).get("by", ())
    first, second = (fairaudit.tally(log, folder / f"tally-{i}.parquet", by=by) for i, log in enumerate((whole, parts)))
    assert first.read_bytes() == second.read_bytes()
    return parts


def assert_alike(paths: list[Path], folder: Path, **options: Any) -> str | None:
    """Compare what becomes of files that may be refused, and return the message."""
    refused = message(lambda: fairaudit.read_log(paths, **options))
    if refused is None:
        assert_same(paths, folder, **options)
    else:
        assert message(lambda: fairaudit.read_log(paths, engine=in_turn, **options)) == refused
    return refused


def clean(n: int = 3_000) -> pd.DataFrame:
    """A log of counts without a fault."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 60}" for i in range(n)]})
    frame["accent"] = np.array(["Welsh", "Scots", "Irish"])[np.arange(n) % 60 % 3]
    frame["latitude"], frame["longitude"] = 40 + np.arange(n) % 60 / 7, -90 + np.arange(n) % 60 / 9
    frame["zip_code"] = [f"{2100 + i % 9:05}" for i in range(n)]
    frame["words"] = rng.integers(1, 30, n)
    frame["errors"] = rng.binomial(frame["words"], 0.2).astype(object)
    return frame


def negative(rows: pd.DataFrame, n: int) -> pd.DataFrame:
    """The last rows have negative counts, all in the last part if the log is cut into three."""
    return rows.assign(errors=rows["errors"].where(rows.index < len(rows) - n, -1))
