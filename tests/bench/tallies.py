"""P4 and P11: sums over ten million rows, and the memory that they take."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import fairaudit
from tests.bench.measure import Row, command_cost, in_new_process, size

_BATCH = 500_000
#: Words of the texts, and the share of them that is misheard.
_VOCABULARY = np.array([f"w{i}" for i in range(5_000)])


def p4(scale: float) -> Iterator[Row]:
    """Sums by speaker of counts in Parquet, checks included, against reading and grouping with pandas."""
    rows, speakers = size(10_000_000, scale, 10_000), size(100_000, scale, 100)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "counts.parquet"
        in_new_process(write_counts, path, rows, speakers)
        (theirs, expected), (ours, found) = (
            in_new_process(one, path) for one in (errors_by_speaker_in_pandas, errors_by_speaker)
        )
        assert found == expected
        spread = Path(name) / "groups.parquet"
        in_new_process(write_counts, spread, rows, rows)
        groups, _ = in_new_process(count_speakers, spread)
    time, memory = ours.cpu / theirs.cpu, ours.peak / theirs.peak
    asked = f"sums of {rows:,} rows in Parquet by {speakers:,} speakers: ≤ .5 × pandas, ≤ .25 × its memory"
    measured = f"{time:.2f} × ({ours.cpu:.1f} s), memory {memory:.2f} × ({ours.peak:.0f} MiB)"
    yield Row("P4", asked, measured, time <= 0.5 and memory <= 0.25)
    asked = f"as many groups as rows ({rows:,}): ≤ 500 MiB"
    yield Row("P4", asked, f"{groups.peak:.0f} MiB, {groups.cpu:.0f} s", groups.peak <= 500)


def p11(scale: float) -> Iterator[Row]:
    """Ten million texts, read, scored, checked and summed; and audited by the command."""
    rows, speakers = size(10_000_000, scale, 10_000), size(4_000, scale, 200)
    with tempfile.TemporaryDirectory() as name:
        path, out = Path(name) / "texts.parquet", Path(name) / "out"
        in_new_process(write_texts, path, rows, speakers)
        cost, _ = in_new_process(errors_by_speaker, path, memory="512MiB")
        options = ("--by", "accent", "--method", "named", "--method", "geo-tree", "--memory", "1GiB", "-q", "-o", out)
        audit = command_cost("-m", "fairaudit", "audit", path, *options)
        summary = json.loads((out / "audit.json").read_text("utf-8"))
    assert summary["overall"]["utterances"] == rows
    assert len(summary["discoveries"]) == 2
    per_million = cost.cpu / rows * 1e6
    measured = f"{cost.peak:.0f} MiB, {cost.cpu:.0f} s ({per_million:.0f} s a million)"
    yield Row("P11", f"{rows:,} texts in Parquet: ≤ 600 MiB", measured, cost.peak <= 600)
    asked = f"audit of {rows:,} texts by {speakers:,} speakers, two searches and page: ≤ 1 GiB, all of the process"
    measured = f"{audit.peak:.0f} MiB, {audit.cpu:.0f} s ({audit.wall:.0f} s of wall time)"
    yield Row("P11", asked, measured, audit.peak <= 1024)


def errors_by_speaker(path: Path, memory: str = "1GiB") -> int:
    """Read and sum a log; return a checksum of the errors of speakers."""
    log = fairaudit.read_log(path, second_normalizer="off", memory=memory)
    return checksum(log.tally("speaker_id")["errors"])


def errors_by_speaker_in_pandas(path: Path) -> int:
    """Return the same checksum as a script would compute it."""
    return checksum(pd.read_parquet(path).groupby("speaker_id")[["errors", "words"]].sum()["errors"])


def count_speakers(path: Path) -> int:
    """Sum a log by speaker, without taking the sums out of the engine."""
    return len(repr(fairaudit.read_log(path, memory="500MB")))


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
    """Write texts of about ten words, with 10 % of the words replaced, by speakers with accents and places."""
    rng = np.random.default_rng(0)
    accents = np.array(["scottish", "welsh", "irish"])[rng.integers(0, 3, speakers)]
    places = rng.uniform((25, -120), (48, -70), (speakers, 2)).round(3)
    names = ("utterance_id", "speaker_id", "accent", "reference", "hypothesis")
    schema = pa.schema(
        [(name, pa.string()) for name in names] + [("latitude", pa.float64()), ("longitude", pa.float64())]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, _BATCH):
            count = min(_BATCH, rows - start)
            lengths = rng.integers(5, 16, count)
            word = rng.integers(0, len(_VOCABULARY), int(lengths.sum()))
            heard = np.where(rng.random(len(word)) < 0.1, rng.integers(0, len(_VOCABULARY), len(word)), word)
            ends = np.cumsum(lengths)[:-1]
            texts = ([" ".join(part) for part in np.split(_VOCABULARY[which], ends)] for which in (word, heard))
            ids = np.char.add("u", np.arange(start, start + count).astype(str))
            speaker = rng.integers(0, speakers, count)
            columns = [ids, np.char.add("s", speaker.astype(str)), accents[speaker], *texts, *places[speaker].T]
            writer.write_table(pa.table([*map(pa.array, columns)], schema=schema))
