"""P4 and P11: sums over ten million rows, and the memory that they take."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import fairaudit
from tests.bench.measure import Row, in_new_process, size

_BATCH = 500_000
#: Words of the texts, and the share of them that is misheard.
_VOCABULARY = np.array([f"w{i}" for i in range(5_000)])


def p4(scale: float) -> Iterator[Row]:
    """Sums by speaker of counts in Parquet, checks included, against reading and grouping with pandas."""
    rows, speakers = size(10_000_000, scale, 10_000), size(100_000, scale, 100)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "counts.parquet"
        write_counts(path, rows, speakers)
        (theirs, expected), (ours, found) = (
            in_new_process(one, path) for one in (errors_by_speaker_in_pandas, errors_by_speaker)
        )
        assert found == expected
        spread = Path(name) / "groups.parquet"
        write_counts(spread, rows, rows)
        groups, _ = in_new_process(count_speakers, spread)
    time, memory = ours.cpu / theirs.cpu, ours.peak / theirs.peak
    asked = f"sums of {rows:,} rows in Parquet by {speakers:,} speakers: ≤ .5 × pandas, ≤ .25 × its memory"
    measured = f"{time:.2f} × ({ours.cpu:.1f} s), memory {memory:.2f} × ({ours.peak:.0f} MiB)"
    yield Row("P4", asked, measured, time <= 0.5 and memory <= 0.25)
    asked = f"as many groups as rows ({rows:,}): ≤ 500 MiB"
    yield Row("P4", asked, f"{groups.peak:.0f} MiB, {groups.cpu:.0f} s", groups.peak <= 500)


def p11(scale: float) -> Iterator[Row]:
    """Ten million texts, read, scored, checked and summed."""
    rows, speakers = size(10_000_000, scale, 10_000), size(20_000, scale, 100)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "texts.parquet"
        write_texts(path, rows, speakers)
        cost, _ = in_new_process(errors_by_speaker, path)
    per_million = cost.cpu / rows * 1e6
    measured = f"{cost.peak:.0f} MiB, {cost.cpu:.0f} s ({per_million:.0f} s a million)"
    yield Row("P11", f"{rows:,} texts in Parquet: ≤ 600 MiB", measured, cost.peak <= 600)


def errors_by_speaker(path: Path) -> int:
    """Read and sum a log; return a checksum of the errors of speakers."""
    log = fairaudit.read_log(path, second_normalizer="off")
    return checksum(log.tally("speaker_id")["errors"])


def errors_by_speaker_in_pandas(path: Path) -> int:
    """Return the same checksum as a script would compute it."""
    return checksum(pd.read_parquet(path).groupby("speaker_id")[["errors", "words"]].sum()["errors"])


def count_speakers(path: Path) -> int:
    """Sum a log by speaker, without taking the sums out of the engine."""
    return len(repr(fairaudit.read_log(path)))


def checksum(errors: pd.Series) -> int:
    """Weight the errors of every speaker by the position of the speaker."""
    return int((errors.to_numpy() * np.arange(1, len(errors) + 1)).sum() % (1 << 61))


def write_counts(path: Path, rows: int, speakers: int) -> None:
    """Write counts: ids, errors and words."""
    rng = np.random.default_rng(0)
    schema = pa.schema(
        [("utterance_id", pa.string()), ("speaker_id", pa.string()), ("errors", pa.int64()), ("words", pa.int64())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, _BATCH):
            count = min(_BATCH, rows - start)
            speaker = rng.integers(0, speakers, count) if speakers < rows else np.arange(start, start + count)
            words = rng.integers(1, 20, count)
            columns = [
                pa.array(np.char.add("u", np.arange(start, start + count).astype(str))),
                pa.array(np.char.add("s", speaker.astype(str))),
                pa.array(rng.binomial(words, 0.1)),
                pa.array(words),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def write_texts(path: Path, rows: int, speakers: int) -> None:
    """Write texts of about ten words, with 10 % of the words replaced."""
    rng = np.random.default_rng(0)
    schema = pa.schema([(name, pa.string()) for name in ("utterance_id", "speaker_id", "reference", "hypothesis")])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, _BATCH):
            count = min(_BATCH, rows - start)
            lengths = rng.integers(5, 16, count)
            word = rng.integers(0, len(_VOCABULARY), int(lengths.sum()))
            heard = np.where(rng.random(len(word)) < 0.1, rng.integers(0, len(_VOCABULARY), len(word)), word)
            ends = np.cumsum(lengths)[:-1]
            texts = ([" ".join(part) for part in np.split(_VOCABULARY[which], ends)] for which in (word, heard))
            ids = np.char.add("u", np.arange(start, start + count).astype(str))
            speaker = np.char.add("s", rng.integers(0, speakers, count).astype(str))
            writer.write_table(pa.table([pa.array(ids), pa.array(speaker), *map(pa.array, texts)], schema=schema))
