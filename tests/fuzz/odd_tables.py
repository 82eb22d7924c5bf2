"""Tables of odd types: data frames, Parquet files and NumPy archives that are valid, and not what anybody expects."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import struct
import zipfile
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.mutate import NASTY, damage_bytes

__all__ = ["odd_frame", "odd_npy", "odd_npz", "odd_parquet"]

_DAY = datetime.datetime(2020, 1, 1, 12, 30)
_OBJECTS: list[Any] = [
    *(None, float("nan"), float("inf"), True, 0, -1, 10**30, 1.5, 1e300, b"\xff", b"s1", _DAY),
    *(_DAY.date(), pd.NaT, pd.NA, decimal.Decimal("1.10"), decimal.Decimal("NaN"), [1, 2], [], {"a": 1}, (1,), {1}),
    *(np.arange(3), 1j, object, "s1", "\ud800", datetime.timedelta(1), pd.Period("2020-01"), pd.Interval(0, 1)),
    *(np.float16(2), np.datetime64("NaT"), range(2)),
]  # fmt: skip
_DTYPES = (
    *("category", "string", "Int64", "Float32", "boolean", "float16", "float64", "int8", "uint64"),
    *("complex128", "bool", "datetime64[ns]", "datetime64[ns, UTC]", "timedelta64[ns]"),
    *("Sparse[float]", "string[pyarrow]", "bytes", "int64[pyarrow]"),
)  # fmt: skip


def odd_frame(rng: Random, frame: pd.DataFrame) -> pd.DataFrame:
    """Change the types, values, names and index of a frame of texts."""
    frame = frame.copy()
    for name in ("age", "latitude", "longitude", "errors", "words", "substitutions", "deletions", "insertions", "snr"):
        if name in frame and rng.random() < 0.6:
            frame[name] = pd.to_numeric(frame[name])
    for _ in range(rng.choice((1, 1, 2, 3))):
        i = rng.randrange(len(frame.columns))
        column = frame.iloc[:, i].astype(object)
        kind = rng.randrange(9)
        if kind <= 1:
            value = rng.choice((*_OBJECTS, *NASTY))
            rows = range(len(column)) if rng.random() < 0.3 else rng.sample(range(len(column)), min(2, len(column)))
            for row in rows:
                column.iat[row] = value
        elif kind == 2:
            try:
                column = column.astype(rng.choice(_DTYPES))  # type: ignore[call-overload]
            except (ValueError, TypeError, OverflowError, NotImplementedError, pa.ArrowException):
                column = pd.Series([rng.choice(_OBJECTS) for _ in column], index=column.index, dtype=object)
        elif kind == 3:
            names = [*frame.columns]
            names[i] = rng.choice((*_OBJECTS[:9], *NASTY, names[0], ("a", "b"), "Words"))
            frame.columns = pd.Index(names, tupleize_cols=False)
            continue
        elif kind == 4:
            frame = frame.iloc[: rng.choice((0, 1, 2))]
            continue
        elif kind == 5:
            frame = pd.concat([frame, frame.iloc[:, [i]]], axis=1)
            continue
        elif kind == 6:
            frame.index = pd.Index(
                rng.choice(([0] * len(frame), [*"ab" * len(frame)][: len(frame)], [None] * len(frame)))
            )
            frame.index.name = rng.choice((None, "speaker_id", "words"))
            continue
        elif kind == 7:
            frame = frame.drop(columns=frame.columns[i])
            continue
        elif kind == 8 and rng.random() < 0.3:
            frame.columns = pd.MultiIndex.from_tuples([(str(name), "x") for name in frame.columns])
            continue
        frame = pd.concat([frame.iloc[:, :i], column.rename(frame.columns[i]), frame.iloc[:, i + 1 :]], axis=1)
        if not len(frame.columns):
            break
    return frame


def _odd_array(rng: Random, texts: list[str]) -> pa.Array:
    """The values of a column in another Arrow type."""
    n = len(texts)
    numbers = [rng.choice((i, -1, None, 2**40)) for i in range(n)]
    makers = (
        lambda: pa.nulls(n),
        lambda: pa.array(texts).dictionary_encode(),
        lambda: pa.array(texts, pa.large_string()),
        lambda: pa.array([text.encode() + b"\xff" * rng.randrange(2) for text in texts], pa.binary()),
        lambda: pa.array([text[:2].ljust(2).encode()[:2] for text in texts], pa.binary(2)),
        lambda: pa.array([None if x is None else decimal.Decimal(x) for x in numbers], pa.decimal128(38, 2)),
        lambda: pa.array([None if x is None else decimal.Decimal(x) for x in numbers], pa.decimal256(60, 0)),
        lambda: pa.array([None if x is None else x % 1000 for x in numbers], pa.timestamp("us", "Europe/Paris")),
        lambda: pa.array([None if x is None else x % 1000 for x in numbers], pa.date32()),
        lambda: pa.array([None if x is None else x % 1000 for x in numbers], pa.time64("ns")),
        lambda: pa.array([None if x is None else x % 1000 for x in numbers], pa.duration("s")),
        lambda: pa.array(numbers, pa.float64()),
        lambda: pa.array([None if x is None else float(x % 60) for x in numbers], pa.float16()),
        lambda: pa.array([None if x is None else x % 100 for x in numbers], pa.int8()),
        lambda: pa.array([None if x is None else abs(x) + 2**63 for x in numbers], pa.uint64()),
        lambda: pa.array([rng.choice((True, False, None)) for _ in texts]),
        lambda: pa.array([[text] * rng.randrange(3) for text in texts]),
        lambda: pa.array([[1.0, rng.choice((2.0, None, float("nan")))] for _ in texts], pa.list_(pa.float32(), 2)),
        lambda: pa.array([{"a": text, "b": 1} for text in texts]),
        lambda: pa.array([[(text, 1)] for text in texts], pa.map_(pa.string(), pa.int32())),
        lambda: pa.array([[[1.0]], None] * n, pa.list_(pa.list_(pa.float64())))[:n],
        lambda: pa.array([rng.choice((*NASTY, "\ud800")).encode(errors="replace").decode() for _ in texts]),
        lambda: pa.array(
            [float(i) if rng.random() < 0.7 else rng.choice((float("nan"), float("inf"), 1e300)) for i in range(n)]
        ),
    )
    return rng.choice(makers)()


def odd_parquet(rng: Random, frame: pd.DataFrame) -> bytes:
    """A Parquet file with columns of other types and names, layouts of any kind, and at times damaged bytes."""
    arrays = [pa.array(frame[name].tolist()) for name in frame]
    names = [str(name) for name in frame]
    for i, name in enumerate(names):
        if name in ("words", "errors", "age", "latitude", "longitude") and rng.random() < 0.7:
            arrays[i] = pa.array(pd.to_numeric(frame[name]))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        i = rng.randrange(len(names))
        if rng.random() < 0.7:
            arrays[i] = _odd_array(rng, [str(value) for value in frame.iloc[:, i]])
        elif rng.random() < 0.7:
            names[i] = rng.choice((*NASTY[:-1], *names)).encode(errors="replace").decode()
        else:
            del arrays[i], names[i]
        if not names:
            break
    table = pa.Table.from_arrays(arrays, names=names)
    if rng.random() < 0.1:
        table = table.slice(0, rng.choice((0, 1)))
    out = io.BytesIO()
    pq.write_table(
        table,
        out,
        compression=rng.choice(("snappy", "none", "gzip", "zstd", "brotli", "lz4")),
        use_dictionary=rng.random() < 0.5,
        write_page_checksum=rng.random() < 0.5,
        row_group_size=rng.choice((None, 1, 7)),
        data_page_version=rng.choice(("1.0", "2.0")),
        version=rng.choice(("1.0", "2.6")) if not _needs_new(table.schema) else "2.6",
        store_schema=rng.random() < 0.7,
    )
    return damage_bytes(rng, out.getvalue()) if rng.random() < 0.3 else out.getvalue()


def _needs_new(schema: pa.Schema) -> bool:
    return any(field.type == pa.float16() for field in schema)


def _odd_matrix(rng: Random, matrix: np.ndarray) -> np.ndarray:
    kind = rng.randrange(16)
    n = len(matrix)
    if kind == 0:
        with np.errstate(all="ignore"):
            return (matrix * 100).astype(
                rng.choice(("f2", "f4", ">f8", "i1", "u8", "c8", "?", "U8", "S4", "M8[s]", "m8[s]", "g"))
            )
    if kind == 1:
        matrix = matrix.copy()
        matrix[rng.randrange(n)] = rng.choice((np.nan, np.inf, 0, 1e19, 1e30, -1e-45))
        return matrix
    shapes = ((n * matrix.shape[1],), (n, 1, matrix.shape[1]), (1, n, matrix.shape[1]), (matrix.shape[1], n))
    if kind == 2:
        return matrix.reshape(rng.choice(shapes))
    if kind == 3:
        return rng.choice(
            (
                matrix[:0],
                matrix[:, :0],
                matrix[:1],
                matrix[0, 0],
                np.zeros((n, 0)),
                matrix[: n - 1],
                np.zeros_like(matrix),
            )
        )
    if kind == 4:
        return np.rec.fromarrays([matrix[:, 0], np.arange(n)], names="a,b")
    if kind == 5:
        return np.asfortranarray(matrix)
    if kind == 6:
        return matrix.astype(np.float64) * rng.choice((1e300, 1e38, 1e-300))
    return matrix


def _odd_ids(rng: Random, ids: np.ndarray) -> np.ndarray:
    kind = rng.randrange(12)
    n = len(ids)
    if kind == 0:
        return ids.astype("S8")
    if kind == 1:
        return np.arange(n) + rng.choice((0.0, 0.5)) if rng.random() < 0.5 else np.arange(n)
    if kind == 2:
        return rng.choice(
            (
                ids[:0],
                ids[: n - 1],
                ids[:, None],
                np.full(n, np.nan),
                np.full(n, "s1"),
                np.array("s1"),
                np.arange(n) > 3,
            )
        )
    if kind == 3:
        return np.array([rng.choice((*NASTY[:-1],))[:50] for _ in ids])
    if kind == 4:
        return np.array([b"\xff\xfe", *ids.astype("S8")[1:]])
    if kind == 5:
        return ids.astype(object)
    if kind == 6:
        return np.arange(n).astype(rng.choice(("M8[D]", "m8[s]", "c8", "f2")))
    return ids


def odd_npy(rng: Random, array: np.ndarray) -> bytes:
    """A .npy file, at times with a header that says something else than its content."""
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    content = out.getvalue()
    if rng.random() < 0.15:
        shape = rng.choice(
            ("(10000000000, 4)", "(-1, 4)", "(8, 4, 'a')", "(8.0, 4)", "()", "(2**62, 4)", "None", "(0, 4)")
        )
        descr = rng.choice(("'<f4'", "'<f8'", "'|O'", "'<U9999999'", "[('a', '<f4')]", "'|V8'", "'<q9'", "{}"))
        header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
        header += b" " * (-(len(header) + 11) % 64) + b"\n"
        start = 10 + struct.unpack("<H", content[8:10])[0]
        content = content[:8] + struct.pack("<H", len(header)) + header + content[start:]
    return damage_bytes(rng, content) if rng.random() < 0.2 else content


def odd_npz(rng: Random, ids: np.ndarray, matrix: np.ndarray) -> bytes:
    """A .npz archive with other members, shapes and types; at times a forged or damaged one."""
    members = {rng.choice(("ids", "ids", "speaker_id", "keys", "x", "s1")): odd_npy(rng, _odd_ids(rng, ids))}
    members[rng.choice(("embeddings", "embeddings", "x", "vectors", "a", "s2"))] = odd_npy(
        rng, _odd_matrix(rng, matrix)
    )
    if rng.random() < 0.2:
        extra = rng.choice((matrix, ids, np.array(3), np.zeros((2, 2)), np.array([None])))
        members[rng.choice(("meta", "other", "a/b", "../a", "names", " ", "\xe9"))] = odd_npy(rng, extra)
    if rng.random() < 0.1:
        members = {str(one): odd_npy(rng, row) for one, row in zip(ids, matrix, strict=True)}
    if rng.random() < 0.05:
        members["bomb"] = bytes(60_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(
        out, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    ) as archive:
        for name, content in members.items():
            archive.writestr(name + rng.choice((".npy", ".npy", ".npy", ".npy", ".npy", "", ".txt")), content)
        if rng.random() < 0.03:
            archive.writestr("folder/", b"")
    content = bytearray(out.getvalue())
    if rng.random() < 0.05:  # declared sizes, flags and methods
        at = content.rfind(b"PK\x01\x02") + rng.choice((8, 10, 16, 20, 24, 42))
        content[at : at + 2] = rng.randbytes(2)
    return damage_bytes(rng, bytes(content)) if rng.random() < 0.2 else bytes(content)


def jsonable(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame of texts, with numbers where its cells are numbers."""
    return [{name: _number(cell) for name, cell in row.items()} for row in frame.to_dict("records")]


def _number(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return cell
