"""What is fuzzed: for every reader and loader, how an input is damaged, what is called, and what must hold after it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import fairaudit
from fairaudit import report
from fairaudit.cli import app, options  # the app registers the options of every command
from fairaudit.cli.config import gate_table, settings_from
from fairaudit.core.errors import UsageError
from fairaudit.core.rate import rate_named
from fairaudit.inputs.log import UtteranceLog
from fairaudit.report.charts.boundaries import Boundaries
from fairaudit.results.gate_rules import RULES, rules_from
from fairaudit.results.history import History
from fairaudit.results.reading import kind_of
from tests.fuzz.mutate import NASTY, damage_bytes, damage_json, damage_text, nested
from tests.fuzz.odd_tables import jsonable, odd_frame, odd_npy, odd_npz, odd_parquet
from tests.fuzz.seeds import Seeds, counts_log, text_log

__all__ = ["TARGETS", "Target"]

_DEEP = 0.05


@dataclass(frozen=True)
class Target:
    """One reader or loader.

    Attributes
    ----------
    make
        The damaged input of a random generator.
    run
        Read the input in a file and use what is read; the generator chooses how.
    suffix
        Ending of the file's name.
    """

    make: Callable[[Random, Seeds], bytes]
    run: Callable[[Path, Random, Seeds], None]
    suffix: str = ".dat"


def _csv(frame: pd.DataFrame, **how: Any) -> str:
    return str(frame.to_csv(index=False, **how))


def _logs(rng: Random) -> tuple[pd.DataFrame, pd.DataFrame]:
    frames = [text_log(), counts_log()]
    rng.shuffle(frames)
    return frames[0], frames[1]


def _delimited(separator: str) -> Callable[[Random, Seeds], bytes]:
    def make(rng: Random, seeds: Seeds) -> bytes:
        log, other = _logs(rng)
        how = {"sep": separator, "quoting": rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL))}
        text = _csv(log, **how)
        if rng.random() < 0.1:
            return damage_bytes(rng, text.encode(), _csv(other, **how).encode())
        return damage_text(rng, text, _csv(other, **how))

    return make


def _jsonl(rng: Random, seeds: Seeds, names: dict[str, str] | None = None) -> bytes:
    log, other = (frame.rename(columns=names or {}) for frame in _logs(rng))
    rows = jsonable(log) if rng.random() < 0.5 else log.to_dict("records")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if rng.random() < 0.3:
        return damage_text(rng, "\n".join([*lines, ""]), _csv(other))
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
    content = _delimited(",")(rng, seeds) if rng.random() < 0.5 else _csv(text_log()).encode()
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
            "unit": rng.choice(("auto", "word", "char")),
            "normalizer": rng.choice(("none", "basic", "whisper-en")),
            "strip_tags": rng.random() < 0.5,
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
    """Check that every line of a text is a row, unless something is said; a header is none."""
    if b'"' in content and not content.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return
    rows = len([line for line in content.decode("utf-8", "replace").split("\n") if line.strip()])
    rows -= not content.lstrip(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    said = log.quality.notes or log.quality.coercions or getattr(log.quality, "caveats", ())
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
    if rng.random() < _DEEP:
        audited(log)


def audited(log: UtteranceLog, **tables: Any) -> None:
    """Audit a log, and show the audit."""
    result = fairaudit.audit(log, permutations=19, min_speakers=2, **tables)
    document = json.loads(result.to_json())
    json.dumps(document, allow_nan=False)
    assert report.render_terminal(document)
    assert report.render_markdown(document)


def _vectors(rng: Random) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([f"s{i}" for i in range(8)])
    return ids, np.random.default_rng(1).standard_normal((8, 4)).astype(np.float32)


def _embeddings_npz(rng: Random, seeds: Seeds) -> bytes:
    ids, matrix = _vectors(rng)
    return odd_npz(rng, ids, matrix) if rng.random() < 0.9 else odd_npy(rng, matrix)


def _embeddings_table(rng: Random, seeds: Seeds) -> bytes:
    ids, matrix = _vectors(rng)
    kind = rng.randrange(4)
    if kind == 0:
        text = _csv(
            pd.DataFrame(matrix.round(3), columns=[f"d{i}" for i in range(4)]).assign(speaker_id=ids)[
                ["speaker_id", "d0", "d1", "d2", "d3"]
            ]
        )
        return damage_text(rng, text, text)
    rows = [
        {"speaker_id": one, "embedding": row.round(3).tolist()}
        for one, row in zip(ids.tolist(), matrix.astype(float), strict=True)
    ]
    if kind == 1:
        i = rng.randrange(len(rows))
        lines = [json.dumps(row).encode() for row in rows]
        lines[i] = damage_json(rng, rows[i], rows[0])
        return (
            b"\n".join([*lines, b""])
            if rng.random() < 0.8
            else damage_text(rng, b"\n".join(lines).decode("utf-8", "replace"))
        )
    if kind == 2:
        text = "".join(
            f"{one}  [ {' '.join(map(str, row.round(3).tolist()))} ]\n" for one, row in zip(ids, matrix, strict=True)
        )
        return damage_text(rng, text, text)
    return (
        odd_parquet(rng, pd.DataFrame({"speaker_id": ids, "embedding": [*map(str, ids)]}))
        if rng.random() < 0.5
        else _list_parquet(rng, rows)
    )


def _list_parquet(rng: Random, rows: list[dict[str, Any]]) -> bytes:
    lists = [row["embedding"] for row in rows]
    i = rng.randrange(len(lists))
    lists[i] = rng.choice(
        (lists[i][:-1], [], None, [*lists[i][:-1], None], [*lists[i][:-1], float("nan")], [[1.0]] * 4, lists[i])
    )
    makers = (
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float16()),
        pa.list_(pa.float32(), 4),
        pa.list_(pa.string()),
    )
    out = io.BytesIO()
    try:
        column = pa.array(lists, rng.choice(makers))
    except (pa.ArrowException, TypeError, ValueError):
        column = pa.array([[[1.0]]] * len(lists))
    keys = rng.choice(
        (
            pa.array([row["speaker_id"] for row in rows]),
            pa.array(range(len(rows))),
            pa.array([b"s1"] * len(rows)),
            column,
        )
    )
    pa.parquet.write_table(
        pa.table({rng.choice(("speaker_id", "id", "x")): keys, rng.choice(("embedding", "v", "id")): column}), out
    )
    return damage_bytes(rng, out.getvalue()) if rng.random() < 0.3 else out.getvalue()


def _read_embeddings(path: Path, rng: Random, seeds: Seeds) -> None:
    if path.read_bytes()[:6] == b"\x93NUMPY":
        path.with_suffix(".ids.txt").write_text("\n".join(f"s{i}" for i in range(8)), "utf-8")
    table = fairaudit.read_embeddings(path)
    assert np.isfinite(table.matrix).all()
    assert len(table.ids) == len(table.matrix)
    assert table.ids.is_unique
    used = table.for_log(seeds.tiny_log)
    assert used.lookup(pd.Index(["s1", "nobody"])).shape == (2, table.matrix.shape[1])
    if rng.random() < _DEEP:
        audited(seeds.tiny_log, embeddings=table, methods="embedding")


def _census(rng: Random, seeds: Seeds) -> bytes:
    zips = [f"{2100 + i:05}" for i in range(8)]
    frame = pd.DataFrame({"zip_code": zips, "median_income": range(30_000, 110_000, 10_000), "median_income_moe": 900})
    frame = frame.assign(majority=["a", "b"] * 4, pct_rural=0.5, latitude=40.5, longitude=-90.25, name="Town").astype(
        str
    )
    if rng.random() < 0.15:
        return odd_parquet(rng, frame)
    text = _csv(frame, sep=rng.choice((",", ",", "\t")))
    return damage_text(rng, text, text) if rng.random() < 0.8 else _jsonl_of(rng, frame)


def _jsonl_of(rng: Random, frame: pd.DataFrame) -> bytes:
    rows = jsonable(frame)
    lines = [json.dumps(row).encode() for row in rows]
    i = rng.randrange(len(rows))
    lines[i] = damage_json(rng, rows[i], rows[0])
    return b"\n".join([*lines, b""])


def _read_census(path: Path, rng: Random, seeds: Seeds) -> None:
    table = fairaudit.read_census(path, zip_pad=rng.random() < 0.5)
    assert table.frame.index.is_unique
    for name in table.attributes:
        column = table.frame[name]
        assert column.dtype != "float64" or not np.isinf(column).any()
    looked = table.lookup(pd.Index(["02101", "99999", None]))
    assert looked.shape == (3, len(table.attributes))
    assert table.unmatched(pd.Index(["02101", "99999"])) <= 2
    places = table.places()
    if places is not None:
        assert places.frame.abs().max(axis=None) <= 180 or places.frame.isna().all(axis=None)
    if rng.random() < _DEEP:
        audited(seeds.tiny_log, census=table, methods="zip-census")


def _crosswalk(rng: Random, seeds: Seeds) -> bytes:
    text = "zip_code,zcta\n" + "".join(f"{2100 + i:05},{2100 + i // 2:05}\n" for i in range(8))
    return damage_text(rng, text, text)


def _read_crosswalk(path: Path, rng: Random, seeds: Seeds) -> None:
    census = path.with_name("census.csv")
    census.write_text("zip_code,pct\n" + "".join(f"{2100 + i:05},{i}\n" for i in range(8)), "utf-8")
    table = fairaudit.read_census(census, crosswalk=path, zip_pad=rng.random() < 0.5)
    assert all(len(zcta) == 5 for zcta in table.crosswalk.values())
    fairaudit.join_rates(seeds.tiny_log, census=table)


def _boundaries(rng: Random, seeds: Seeds) -> bytes:
    document = seeds.json("boundaries.geojson")
    kind = rng.random()
    if kind < 0.6:
        return damage_json(rng, document, document)
    if kind < 0.8:
        return damage_text(rng, json.dumps(document))
    if kind < 0.98:
        ending = rng.choice(("geojson", "gpkg", "fgb", "shp.zip", "parquet"))
        return damage_bytes(rng, (seeds.folder / f"boundaries.{ending}").read_bytes())
    return rng.choice(
        (
            b"SQLite format 3\0" + bytes(200),
            b"\0\0\x27\x0a" + bytes(200),
            b"<kml/>",
            b"<OGRVRTDataSource/>",
            b"WKT,a\nPOINT(1 2),1\n",
        )
    )


def _read_boundaries(path: Path, rng: Random, seeds: Seeds) -> None:
    endings = {b"SQL": ".gpkg", b"fgb": ".fgb", b"PK\x03": ".zip", b"PAR": ".parquet"}
    path = path.rename(path.with_suffix(endings.get(path.read_bytes()[:3], path.suffix)))
    outlines = Boundaries(path, (-10.0, -10.0, 10.0, 10.0) if rng.random() < 0.5 else (-125.0, 24.0, -66.0, 50.0))
    from matplotlib.figure import Figure

    figure = Figure()
    outlines.draw(figure.add_subplot())
    if rng.random() < _DEEP:
        report.render_html(seeds.json("audit.json"), boundaries=path)


def _document(name: str) -> Callable[[Random, Seeds], bytes]:
    others = [other for other in ("audit.json", "comparison.json", "gate.json", "history.json") if other != name]

    def make(rng: Random, seeds: Seeds) -> bytes:
        document = seeds.json(name)
        other = document if rng.random() < 0.7 else seeds.json(rng.choice(others))
        return damage_json(rng, document, other)

    return make


def _read_document(path: Path, rng: Random, seeds: Seeds) -> None:
    document = fairaudit.read_result(path)
    for ending in (".md", ".txt", *([".html"] if rng.random() < 0.1 else [])):
        assert report.render_for(Path("page" + ending), document)
    kind = kind_of(document)
    if kind in ("audit", "comparison"):
        gate = fairaudit.gate(document, {"max-gap": "20%", "max-rate": 0.5, "min-tested": 0.1})
        assert report.gate_junit(gate.to_dict())
        assert report.gate_markdown(gate.to_dict(), document)
        report.render_notebook(document) if kind == "audit" and rng.random() < 0.1 else None
    if kind == "history":
        history = History.from_dict(document)
        fairaudit.record(
            history, "next", seeds.log, census=seeds.folder / "census.csv", embeddings=seeds.folder / "voices.npz"
        ) if rng.random() < 0.2 else None


def _cohorts(rng: Random, seeds: Seeds) -> bytes:
    return damage_json(rng, seeds.json("cohorts.json"), seeds.json("cohorts.json"))


def _read_cohorts(path: Path, rng: Random, seeds: Seeds) -> None:
    models = fairaudit.read_models(path)
    tables = {"census": seeds.folder / "census.csv", "embeddings": seeds.folder / "voices.npz"}
    for model in models:
        try:
            frame = fairaudit.assign(seeds.log, model, **tables)
        except UsageError:  # a column or a table is not there
            continue
        assert len(frame)
    fairaudit.write_models(models, path.with_suffix(".out"), signature="seed:0")
    if rng.random() < 2 * _DEEP:
        rows = seeds.sample.log
        fairaudit.compare(rows, rows.assign(hypothesis=rows["hypothesis"] + " uh"), models, permutations=19, **tables)


_TOML = """
by = ["accent", "gender,device"]
census = "census.csv"
embeddings = "voices.npz"
min-speakers = 25
permutations = 199
alpha = 0.05
column = ["speaker_id=client_id"]
method = ["named"]
param = ["clusters=10"]
quiet = false
zip-pad = true

[gate]
max-gap = "20%,upper,warn"
max-regression = {limit = 0.01, end = "point", insufficient = "warn"}
min-tested = 0.5
"""


def _toml(rng: Random, seeds: Seeds) -> bytes:
    text = _TOML
    if rng.random() < 0.3:
        values = (
            "[" * 2000,
            "1e400",
            "nan",
            "inf",
            "9" * 400,
            "1979-05-27",
            "{a = {b = 1}}",
            "[[1]]",
            "true",
            '""',
            "-1",
            "'x'",
            "0x7fffffffffffffffff",
        )
        lines = text.splitlines()
        i = rng.randrange(len(lines))
        lines[i] = f"{lines[i].partition('=')[0].strip() or 'by'} = {rng.choice(values)}"
        text = "\n".join(lines)
        if rng.random() < 0.5:
            return text.encode()
    if rng.random() < 0.3:
        text = "[tool.fairaudit]\n" + text.replace("[gate]", "[tool.fairaudit.gate]")
    return damage_text(rng, text, text) if rng.random() < 0.9 else damage_bytes(rng, text.encode())


def _read_toml(path: Path, rng: Random, seeds: Seeds) -> None:
    if rng.random() < 0.3:
        path = path.rename(path.with_name("pyproject.toml"))
    settings_from(path, app.setting_kinds(), "audit")
    rules = rules_from(gate_table(path), path.name)
    assert all(math.isfinite(rule.limit) for rule in rules)


def _spelled(rng: Random, text: str) -> str:
    kind = rng.random()
    if kind < 0.2:
        return text
    if kind < 0.5:
        return damage_text(rng, text).decode("utf-8", "replace")[:3000]
    parts = (*text.replace(",", "=").split("="), *NASTY, "accent", "speaker_id", "words")
    return "".join(rng.choice((rng.choice(parts), rng.choice("=,/[]%"))) for _ in range(rng.randrange(1, 6)))


_STRINGS = {
    "column": ("speaker_id=client_id", "accent=age", "hypothesis=hypothesis_b"),
    "by": ("accent", "accent,age", "age[3]"),
    "param": ("clusters=10", "n_init=3", "pairs=false", "grid=20", "max_leaves=4", "min_speakers=5"),
    "rate": ("wer", "delay=delay_ms/audio_ms", "substitution_rate", "x=errors/words"),
    "rule": ("20%,upper,warn", "0.2", "1%", "0.5,fail", "point,5%"),
    "adjust": ("accent,age[3]", "age"),
    "method": ("named", "all", "geo-tree"),
    "number": ("0", "19", "-1", "1e9", "0.5", "0.05", "2", "nan", "inf", "1e400", str(10**30)),
}


def _options(rng: Random, seeds: Seeds) -> bytes:
    chosen = {kind: _spelled(rng, rng.choice(texts)) for kind, texts in _STRINGS.items()}
    return json.dumps(chosen).encode()


def _attempts(given: dict[str, str], rng: Random, seeds: Seeds) -> Iterator[Callable[[], Any]]:
    """Every option that takes a string of our own syntax, with what it is used for."""
    number: Any = given["number"]
    try:
        number = float(number) if "." in number or "e" in number or "n" in number else int(number)
    except (ValueError, OverflowError):
        number = 3
    by = given["by"]
    yield lambda: fairaudit.read_log(text_log(), columns=options.pairs("--column", [given["column"]]), max_quarantine=1)
    yield lambda: fairaudit.read_log(text_log(), max_quarantine=number)
    yield lambda: rate_named(given["rate"])
    yield lambda: fairaudit.audit(seeds.tiny_log, rate=given["rate"], methods="named", by="accent", permutations=19)
    yield lambda: [rules_from({name: given["rule"]}, "rules") for name in (*RULES, given["by"])]
    yield lambda: fairaudit.gate(seeds.json("comparison.json"), {"max-gap": given["rule"], "max-rate": number})
    yield lambda: fairaudit.audit(
        seeds.tiny_log, by=[tuple(options.columns_of("--by", by))], methods="named", permutations=19
    )
    yield lambda: fairaudit.audit(
        seeds.tiny_log, adjust=options.columns_of("--adjust", given["adjust"]), methods="named", permutations=19
    )
    yield lambda: fairaudit.audit(
        seeds.tiny_log, params=options.alternatives("--param", [given["param"]]), permutations=19
    )
    yield lambda: fairaudit.audit(seeds.tiny_log, methods=given["method"], permutations=19)
    for name in ("min_speakers", "max_cohorts", "holdout", "permutations", "alpha", "seed", "cross_fit"):
        yield lambda name=name: fairaudit.audit(
            seeds.tiny_log, methods="named", by="accent", **({"permutations": 19} | {name: number})
        )


def _read_options(path: Path, rng: Random, seeds: Seeds) -> None:
    given = json.loads(path.read_bytes())
    attempts = [*_attempts(given, rng, seeds)]
    rng.choice(attempts)()


#: The readers and loaders by name.
TARGETS: dict[str, Target] = {
    "csv": Target(_delimited(","), _read_log, ".csv"),
    "tsv": Target(_delimited("\t"), _read_log, ".tsv"),
    "jsonl": Target(_jsonl, _read_log, ".jsonl"),
    "nemo": Target(_nemo, _read_log, ".json"),
    "parquet": Target(lambda rng, _: odd_parquet(rng, _logs(rng)[0]), _read_parquet, ".parquet"),
    "compressed": Target(_compressed, _read_log, ".csv.gz"),
    "frame": Target(_frame_seed, _read_frame, ".seed"),
    "embeddings-npz": Target(_embeddings_npz, _read_embeddings, ".npz"),
    "embeddings-table": Target(_embeddings_table, _read_embeddings, ".csv"),
    "census": Target(_census, _read_census, ".csv"),
    "crosswalk": Target(_crosswalk, _read_crosswalk, ".csv"),
    "boundaries": Target(_boundaries, _read_boundaries, ".geojson"),
    "cohorts": Target(_cohorts, _read_cohorts, ".json"),
    "audit": Target(_document("audit.json"), _read_document, ".json"),
    "comparison": Target(_document("comparison.json"), _read_document, ".json"),
    "gate": Target(_document("gate.json"), _read_document, ".json"),
    "history": Target(_document("history.json"), _read_document, ".json"),
    "config": Target(_toml, _read_toml, ".toml"),
    "options": Target(_options, _read_options, ".json"),
}
