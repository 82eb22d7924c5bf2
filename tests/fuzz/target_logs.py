"""Logs: delimited text, JSON lines, manifests, Parquet, compressed files and data frames."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable
from itertools import dropwhile
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa

import fairaudit
from fairaudit import report
from fairaudit.inputs.log import UtteranceLog
from tests.fuzz.mutate import damage_bytes, damage_json, damage_text, nested
from tests.fuzz.odd_tables import jsonable, odd_frame, odd_parquet
from tests.fuzz.seeds import Seeds, counts_log, text_log
from tests.fuzz.target_base import DEEP, Target, csv_text
from tests.inputs.format_examples import EXAMPLES, ROWS

__all__ = ["LOGS", "audited"]

#: Formats with targets of their own.
_OLD = ("csv", "tsv", "jsonl", "nemo", "parquet")


def _logs(rng: Random) -> tuple[pd.DataFrame, pd.DataFrame]:
    frames = [text_log(), counts_log()]
    rng.shuffle(frames)
    return frames[0], frames[1]


def _delimited(separator: str) -> Callable[[Random, Seeds], bytes]:
    def make(rng: Random, seeds: Seeds) -> bytes:
        log, other = _logs(rng)
        how = {"sep": separator, "quoting": rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))}
        text = csv_text(log, **how)
        if rng.random() < 0.1:
            return damage_bytes(rng, text.encode(), csv_text(other, **how).encode())
        return damage_text(rng, text, csv_text(other, **how))

    return make


def _jsonl(rng: Random, seeds: Seeds, names: dict[str, str] | None = None) -> bytes:
    log, other = (frame.rename(columns=names or {}) for frame in _logs(rng))
    rows = jsonable(log) if rng.random() < 0.5 else log.to_dict("records")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if rng.random() < 0.3:
        return damage_text(rng, "\n".join([*lines, ""]), csv_text(other))
    for _ in range(rng.choice((1, 1, 2, 5))):
        i = rng.randrange(len(lines))
        damaged = damage_json(rng, rows[i], rows[0]).decode("utf-8", errors="surrogateescape")
        lines[i] = damaged if rng.random() < 0.97 else nested(rng)
    return "\n".join([*lines, ""]).encode("utf-8", errors="surrogateescape")


def _nemo(rng: Random, seeds: Seeds) -> bytes:
    return _jsonl(
        rng,
        seeds,
        {"utterance_id": "audio_filepath", "reference": "text", "hypothesis": "pred_text", "age": "duration"},
    )


def _compressed(rng: Random, seeds: Seeds) -> bytes:
    content = _delimited(",")(rng, seeds) if rng.random() < 0.5 else csv_text(text_log()).encode()
    packed = b"".join(map(_pack(rng), [content[:200], content[200:]] if rng.random() < 0.2 else [content]))
    if rng.random() < 0.02:
        packed = gzip.compress(b"a" * 200_000_000, 1)
    return damage_bytes(rng, packed) if rng.random() < 0.4 else packed + rng.choice((b"", b"\0", b"junk", packed))


def _pack(rng: Random) -> Callable[[bytes], bytes]:
    kind = rng.choice(("gzip", "gzip", "gzip", "zstd", "zstd", "zstd", "bz2", "lz4"))

    def pack(content: bytes) -> bytes:
        out = pa.BufferOutputStream()
        with pa.CompressedOutputStream(out, kind) as stream:
            stream.write(content)
        return bytes(out.getvalue().to_pybytes())

    return pack


def _frame_seed(rng: Random, seeds: Seeds) -> bytes:
    return str(rng.getrandbits(60)).encode()


def _reading(rng: Random) -> dict[str, Any]:
    """Options of read_log, most often none."""
    chosen: dict[str, Any] = {"max_quarantine": rng.choice((0.01, 1.0))}
    if rng.random() < 0.3:
        chosen |= {
            "unit": rng.choice(("auto", "word", "char", "mixed")),
            "normalizer": rng.choice(("none", "basic", "ascii-punct", "whisper-en")),
            "strip_tags": rng.random() < 0.5,
            "alternatives": rng.choice(("auto", "none", "sclite")),
            "missing_hypothesis": rng.choice(("error", "empty", "drop")),
            "missing_speaker": rng.choice(("quarantine", "own")),
            "zip_pad": rng.random() < 0.5,
            "cluster": rng.choice((None, "accent", "age", "zz")),
        }
    if rng.random() < 0.05:
        chosen["columns"] = {
            rng.choice(("speaker_id", "accent", "reference", "zz")): rng.choice(("accent", "age", "zz"))
        }
    if rng.random() < 0.05:
        chosen["counts"] = [rng.choice(("age", "snr", "accent", "zz"))]
    return chosen


def _read_log(path: Path, rng: Random, seeds: Seeds) -> None:
    log = fairaudit.read_log(path, **_reading(rng))
    use_log(log, rng)
    head = path.read_bytes()[:2]
    if head in (b"\x1f\x8b", b"\x28\xb5", b"PA"):
        return
    _account_for_lines(path.read_bytes(), log)


def _account_for_lines(content: bytes, log: UtteranceLog) -> None:
    """Check that every line of a text is a row, unless something is said; the header and what is before it are none."""
    text = content.decode("utf-8-sig", "replace")
    is_json = text.lstrip().startswith("{")
    # A carriage return is a blank between the tokens of JSON, unless all lines end in one.
    ends = "\n" if is_json and "\n" in text else r"\r\n|\r|\n"
    filled = [line for line in re.split(ends, text) if line.strip()]
    lines = [*dropwhile(lambda line: not line.strip(" \t\r,;|"), filled)]
    if b'"' in content and not is_json:
        return
    rows = len(lines) - (0 if is_json else 1 + lines[0].lower().startswith("sep="))
    said = log.quality.notes or log.quality.coercions or log.quality.caveats
    assert log.quality.rows_in == rows or said, f"{rows} lines, but {log.quality.rows_in} rows, and nothing is said"


def _read_parquet(path: Path, rng: Random, seeds: Seeds) -> None:
    log = fairaudit.read_log(path, **_reading(rng))
    use_log(log, rng)
    assert log.quality.rows_in == pa.parquet.ParquetFile(path).metadata.num_rows


def _read_frame(path: Path, rng: Random, seeds: Seeds) -> None:
    made = Random(path.read_bytes())
    frame = odd_frame(made, _logs(made)[0])
    log = fairaudit.read_log(frame, **_reading(rng))
    assert log.quality.rows_in == len(frame)
    use_log(log, rng)


def use_log(log: UtteranceLog, rng: Random) -> None:
    """Sum, cut and show a log that was read; now and then audit it."""
    quality = log.quality
    assert quality.rows_in == quality.rows_used + quality.rows_quarantined
    assert len(log.quarantine) >= quality.rows_quarantined > -1
    frame = log.to_frame()
    assert len(frame) == quality.rows_used
    utterances = frame["utterances"].sum() if "utterances" in frame else quality.rows_used
    for columns in ([log.columns[0]], *[[name] for name in log.label_columns[:2]], [*log.columns[-2:]]):
        sums = log.tally(columns)
        assert (sums >= 0).all(axis=None)
        assert int(sums["utterances"].sum()) == utterances
    assert repr(log)
    assert log._repr_html_()
    if rng.random() < DEEP:
        audited(log)


def audited(log: UtteranceLog, **tables: Any) -> None:
    """Audit a log, and show the audit."""
    result = fairaudit.audit(log, permutations=19, min_speakers=2, **tables)
    document = json.loads(result.to_json())
    json.dumps(document, allow_nan=False)
    assert report.render_terminal(document)
    assert report.render_markdown(document)


def _example(name: str) -> Callable[[Random, Seeds], bytes]:
    """Damage the example of a format: texts by lines and cells, other files by bytes."""
    content = EXAMPLES[name].content
    others = [one.content for one in EXAMPLES.values()]

    def make(rng: Random, seeds: Seeds) -> bytes:
        if b"\0" in content or rng.random() < 0.3:
            return damage_bytes(rng, content, rng.choice(others))
        return damage_text(rng, content.decode(), rng.choice(others).decode("utf-8", "replace"))

    return make


def _read_example(name: str) -> Callable[[Path, Random, Seeds], None]:
    """Read a damaged example with the files that are joined with it; now and then, it is such a file itself."""
    example = EXAMPLES[name]

    def run(path: Path, rng: Random, seeds: Seeds) -> None:
        beside = path.parent / f"{path.name}.beside"
        beside.mkdir(exist_ok=True)
        options = {**_reading(rng), **example.files(beside)}
        source: Path | pd.DataFrame = path
        if rng.random() < 0.1:
            source = pd.DataFrame({"utterance_id": [row[0] for row in ROWS], "speaker_id": "s", "reference": "a b"})
            options = {**_reading(rng), rng.choice(("hypotheses", "metadata")): path}
        use_log(fairaudit.read_log(source, **options), rng)

    return run


def _ctm(rng: Random, seeds: Seeds) -> bytes:
    content = EXAMPLES["stm"].hypotheses
    assert isinstance(content, bytes)
    return damage_text(rng, content.decode(), EXAMPLES["stm"].content.decode())


def _read_ctm(path: Path, rng: Random, seeds: Seeds) -> None:
    """Join damaged words with segments; each of them belongs to a segment, or is counted."""
    segments = path.parent / f"{path.name}.stm"
    segments.write_bytes(EXAMPLES["stm"].content)
    use_log(fairaudit.read_log(segments, hypotheses=path, **_reading(rng)), rng)


def _word(name: str) -> str:
    """The name of an example as one word, for the command line."""
    return re.sub(r"\W+", "-", name).strip("-")


#: Readers of logs.
LOGS = {
    **{_word(name): Target(_example(name), _read_example(name), ".log") for name in EXAMPLES if name not in _OLD},
    "csv": Target(_delimited(","), _read_log, ".csv"),
    "tsv": Target(_delimited("\t"), _read_log, ".tsv"),
    "jsonl": Target(_jsonl, _read_log, ".jsonl"),
    "nemo": Target(_nemo, _read_log, ".json"),
    "ctm": Target(_ctm, _read_ctm, ".ctm"),
    "parquet": Target(lambda rng, _: odd_parquet(rng, _logs(rng)[0]), _read_parquet, ".parquet"),
    "compressed": Target(_compressed, _read_log, ".csv.gz"),
    "frame": Target(_frame_seed, _read_frame, ".seed"),
}
