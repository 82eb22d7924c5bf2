"""Damaged files of embeddings, and files of other kinds and layouts that toolkits write."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.inputs.damaged_logs import Make, as_bytes, cell, parquet, same
from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["EMBEDDINGS"]

Frame = pd.DataFrame
Change = Callable[[Frame], Frame]
Write = Callable[[Path, list[str], np.ndarray], None]


def vectors(name: str, write: Write) -> Make:
    """Write ids and vectors as another file."""

    def make(folder: Path) -> Path:
        with np.load(folder / CLEAN["embeddings"]) as clean:
            write(folder / name, clean["ids"].tolist(), clean["embeddings"])
        return folder / name

    return make


def npz(**arrays: Callable[[list[str], np.ndarray], Any]) -> Make:
    return vectors(
        "other.npz",
        lambda path, ids, matrix: np.savez(path, **{name: make(ids, matrix) for name, make in arrays.items()}),
    )


def table(change: Change, name: str = "voices.csv", write: Callable[[Frame], bytes] | None = None) -> Make:
    """Write one column per dimension, with a change."""
    csv = write or (lambda frame: frame.to_csv(index=False).encode())

    def written(path: Path, ids: list[str], matrix: np.ndarray) -> None:
        frame = pd.DataFrame(matrix.astype(float), columns=[f"e{i}" for i in range(matrix.shape[1])]).astype(str)
        frame.insert(0, "speaker_id", ids)
        path.write_bytes(csv(change(frame)))

    return vectors(name, written)


def lists(kind: Callable[[pa.DataType], pa.DataType], shape: Callable[[np.ndarray], np.ndarray] = lambda m: m) -> Make:
    """Write a Parquet file with a column of lists."""
    return vectors(
        "voices.parquet",
        lambda path, ids, matrix: pq.write_table(
            pa.table({"speaker_id": ids, "embedding": pa.array(shape(matrix).tolist(), kind(pa.float32()))}), path
        ),
    )


def records(rows: Callable[[list[str], list[Any]], Any]) -> Make:
    return vectors("voices.json", lambda path, ids, matrix: path.write_text(rows(ids, matrix.astype(float).tolist())))


def binary_ark(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    path.write_bytes(
        b"".join(
            one.encode() + b" \0BFV " + struct.pack("<bi", 4, len(row)) + row.astype("<f4").tobytes()
            for one, row in zip(ids, matrix, strict=True)
        )
    )


def text_ark(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    rows = (f"{one}  [ {' '.join(map(str, row))} ]\n" for one, row in zip(ids, matrix.astype(float), strict=True))
    path.write_text("".join(rows))


def bomb(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    """A file of some kilobytes whose header declares eight terabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (120, 10**10)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("embeddings.npy", header.getvalue())
        ids_file = io.BytesIO()
        np.save(ids_file, np.array(ids))
        archive.writestr("ids.npy", ids_file.getvalue())


def real_bomb(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    """A small file of zeros that unpacks to 128 MB."""
    np.savez_compressed(path, ids=np.array(ids), embeddings=np.zeros((len(ids), 2**20 // 8), dtype=np.float64))


def broken(row: int, value: float) -> Callable[[list[str], np.ndarray], np.ndarray]:
    def make(_: list[str], matrix: np.ndarray) -> np.ndarray:
        matrix = matrix.astype(float)
        matrix[row] = value
        return matrix

    return make


def ids_of(ids: list[str], _: np.ndarray) -> np.ndarray:
    return np.array(ids)


def matrix_of(_: list[str], matrix: np.ndarray) -> np.ndarray:
    return matrix


_EMBEDDINGS: list[tuple[str, Make, Read | Refused]] = [
    ("NumPy archive with an axis of length 1", npz(ids=ids_of, embeddings=lambda _, m: m[:, None]), Read()),
    (
        "NumPy archive with one array per id",
        vectors("other.npz", lambda path, ids, m: np.savez(path, **dict(zip(ids, m, strict=True)))),
        Read(),
    ),
    ("NumPy archive with bytes as ids", npz(ids=lambda ids, _: np.array(ids, dtype="S"), embeddings=matrix_of), Read()),
    (
        "NumPy archive with further arrays",
        npz(ids=ids_of, embeddings=matrix_of, language=ids_of),
        Read("language: not used"),
    ),
    (
        "Big-endian numbers in Fortran order",
        npz(ids=ids_of, embeddings=lambda _, m: np.asfortranarray(m.astype(">f8"))),
        Read(),
    ),
    (
        "NumPy array without ids",
        vectors("other.npy", lambda path, _, m: np.save(path, m)),
        Refused("ids must be in 'other.ids.txt'"),
    ),
    ("NumPy archive without ids", npz(embeddings=matrix_of), Refused("an array of 120 ids is needed")),
    (
        "A matrix with one column per id",
        npz(ids=ids_of, embeddings=lambda _, m: m.T),
        Refused("an array of 4 ids is needed"),
    ),
    (
        "A matrix of frames per id",
        npz(ids=ids_of, embeddings=lambda _, m: np.stack([m, m], axis=1)),
        Refused("one matrix of vectors is needed"),
    ),
    (
        "Ids as objects",
        npz(ids=lambda ids, _: np.array(ids, dtype=object), embeddings=matrix_of),
        Refused("pickled objects, which fairaudit never opens"),
    ),
    (
        "Complex numbers",
        npz(ids=ids_of, embeddings=lambda _, m: m.astype(complex)),
        Refused("one matrix of vectors is needed"),
    ),
    ("A header that declares terabytes", vectors("other.npz", bomb), Refused("declares")),
    ("Zeros that unpack to more than 100 times the file", vectors("other.npz", real_bomb), Refused("declares")),
    (
        "NumPy archive cut off",
        as_bytes(lambda content: content[:-100], CLEAN["embeddings"]),
        Refused("damaged or cut off"),
    ),
    (
        "NumPy archive with a flipped byte",
        as_bytes(lambda content: content[:1000] + b"\xff" + content[1001:], CLEAN["embeddings"]),
        Refused("damaged or cut off"),
    ),
    ("A vector that is not finite", npz(ids=ids_of, embeddings=broken(3, np.nan)), Read("not finite: 1", same=False)),
    ("A vector of zeros", npz(ids=ids_of, embeddings=broken(3, 0)), Read("zero norm: 1", same=False)),
    (
        "All vectors are zeros",
        npz(ids=ids_of, embeddings=lambda _, m: m * 0),
        Refused("none of the 120 vectors is usable"),
    ),
    (
        "An id twice",
        npz(ids=lambda ids, _: np.array([*ids[:-1], ids[0]]), embeddings=matrix_of),
        Refused("1 ids occur more than once"),
    ),
    (
        "Ids of nobody in the log",
        npz(ids=lambda ids, _: np.array([f"x{one}" for one in ids]), embeddings=matrix_of),
        Refused("none of the 120 embedding ids"),
    ),
    (
        "Ids in capitals",
        npz(ids=lambda ids, _: np.array([one.upper() for one in ids]), embeddings=matrix_of),
        Refused("differ only in case, blanks, leading zeros"),
    ),
    (
        "Some ids in capitals",
        npz(ids=lambda ids, _: np.array([ids[0].upper(), *ids[1:]]), embeddings=matrix_of),
        Read("number format are not joined .1.", same=False),
    ),
    ("Parquet lists", lists(pa.list_), Read()),
    ("Parquet lists as Polars writes them", lists(pa.large_list), Read()),
    ("Parquet lists of fixed length", lists(lambda one: pa.list_(one, 4)), Read()),
    ("Parquet lists in lists", lists(lambda one: pa.list_(pa.list_(one)), lambda m: m[:, None]), Read()),
    (
        "Parquet lists of several vectors",
        lists(lambda one: pa.list_(pa.list_(one)), lambda m: np.stack([m, m], axis=1)),
        Refused("several vectors"),
    ),
    ("Parquet with one column per dimension", table(same, "voices.parquet", parquet), Read()),
    (
        "JSON lines",
        records(
            lambda ids, rows: "".join(
                json.dumps({"speaker_id": one, "embedding": row}) + "\n" for one, row in zip(ids, rows, strict=True)
            )
        ),
        Read(),
    ),
    (
        "JSON array of objects",
        records(lambda ids, rows: json.dumps([{"id": one, "x": row} for one, row in zip(ids, rows, strict=True)])),
        Read(),
    ),
    ("JSON object of lists by id", records(lambda ids, rows: json.dumps(dict(zip(ids, rows, strict=True)))), Read()),
    (
        "JSON lists of different lengths",
        records(
            lambda ids, rows: json.dumps({one: row[: 4 - (one == "s007")] for one, row in zip(ids, rows, strict=True)})
        ),
        Refused("different numbers of dimensions"),
    ),
    ("JSON that is nested too deeply", records(lambda *_: "[" * 100_000), Refused("not readable JSON")),
    ("Kaldi archive, text", vectors("voices.ark", text_ark), Read()),
    ("Kaldi archive, binary", vectors("voices.ark", binary_ark), Read()),
    (
        "Kaldi archive cut off",
        vectors(
            "voices.ark", lambda path, ids, m: (binary_ark(path, ids, m), path.write_bytes(path.read_bytes()[:-3]))[0]
        ),
        Refused("cut off within 's119'"),
    ),
    (
        "Kaldi index without its archive",
        vectors(
            "voices.scp",
            lambda path, ids, _: (
                path.write_text("".join(f"{one} voices.ark:{i}\n" for i, one in enumerate(ids))) and None
            ),
        ),
        Refused("names the archive"),
    ),
    ("CSV with one column per dimension", table(same), Read()),
    (
        "Columns of dimensions in another order",
        table(lambda frame: frame[["e3", "speaker_id", "e1", "e0", "e2"]]),
        Read(),
    ),
    (
        "Row numbers without a name",
        table(same, write=lambda frame: frame.to_csv().encode()),
        Read("unnamed_1: not used"),
    ),
    ("Ids without a name", table(lambda frame: frame.rename(columns={"speaker_id": ""})), Read()),
    ("Ages beside the dimensions", table(lambda frame: frame.assign(age="41")), Read("age: not used")),
    ("A dimension is missing", table(lambda frame: frame.drop(columns="e2")), Refused("there is no number 2")),
    ("A dimension with a text", table(cell(6, "e2", "n/d")), Refused("column 'e2' holds no number: 'n/d' in row 8")),
    ("A dimension with an empty cell", table(cell(6, "e2", "")), Read("not finite: 1", same=False)),
    (
        "Columns of dimensions without numbers in their names",
        table(lambda frame: frame.set_axis(["speaker_id", *"abcd"], axis=1)),
        Read(),
    ),
    (
        "The same, with ages",
        table(lambda frame: frame.set_axis(["speaker_id", *"abcd"], axis=1).assign(age="41")),
        Refused("'age' seems to be none"),
    ),
    (
        "Lists as text in CSV",
        table(
            lambda frame: pd.DataFrame(
                {
                    "id": frame["speaker_id"],
                    "embedding": "[" + frame["e0"] + ", " + frame["e1"] + ", " + frame["e2"] + ", " + frame["e3"] + "]",
                }
            )
        ),
        Read(),
    ),
    (
        "Lists that were shortened when printed",
        table(
            lambda frame: pd.DataFrame(
                {"id": frame["speaker_id"], "embedding": "[" + frame["e0"] + " ... " + frame["e3"] + "]"}
            )
        ),
        Refused("shortened with"),
    ),
    (
        "A pickle",
        vectors(
            "voices.pkl", lambda path, ids, m: path.write_bytes(pickle.dumps(dict(zip(ids, m, strict=True)))) and None
        ),
        Refused("a Python pickle, which fairaudit never opens"),
    ),
    (
        "A PyTorch file",
        vectors("voices.pt", lambda path, *_: zipfile.ZipFile(path, "w").writestr("archive/data.pkl", b"\x80\x02}q.")),
        Refused("a PyTorch file"),
    ),
    (
        "An HDF5 file",
        as_bytes(lambda _: b"\x89HDF\r\n\x1a\n" + bytes(99), CLEAN["embeddings"]),
        Refused("an HDF5 file"),
    ),
    (
        "A safetensors file",
        as_bytes(lambda _: struct.pack("<Q", 60) + b'{"embeddings": {}}' + bytes(99), CLEAN["embeddings"]),
        Refused("a safetensors file"),
    ),
    (
        "A NumPy archive compressed with gzip",
        as_bytes(gzip.compress, CLEAN["embeddings"]),
        Refused("another format compressed with gzip"),
    ),
    ("Empty", as_bytes(lambda _: b"", CLEAN["embeddings"]), Refused("the file is empty")),
]

EMBEDDINGS = [Damage(*one, "embeddings") for one in _EMBEDDINGS]
