"""Binary files are named, and tables whose headers begin like one are read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.binary import binary_kind
from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log
from fairaudit.inputs.census import read_census
from fairaudit.inputs.embeddings import read_embeddings

TEXT = b"speaker_id,errors,words\na,1,9\n"


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("log.csv"), io.BytesIO(b""))
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("log.csv", TEXT)
    return buffer.getvalue()


def _sqlite() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE log (words INTEGER)")
    return database.serialize()


FILES = {
    "bzip2": (bz2.compress(TEXT), "bzip2 data"),
    "empty bzip2": (bz2.compress(b""), "bzip2 data"),
    "xz": (lzma.compress(TEXT), "xz data"),
    "zip": (_zip(), "a zip archive or a spreadsheet"),
    "empty zip": (b"PK\x05\x06" + bytes(18), "a zip archive or a spreadsheet"),
    "tar": (_tar(), "a tar archive"),
    "SQLite": (_sqlite(), "an SQLite database"),
    "pickle": (pickle.dumps(TEXT), "a Python pickle"),
    "gzip twice": (gzip.compress(gzip.compress(TEXT)), "gzip data"),
    "PDF without a NUL byte": (b"%PDF-1.7\n%", "a PDF document"),
    "FLAC": (b"fLaC\0\0\0\x22", "an audio file"),
    "MP3": (b"ID3\x04\0\0", "an audio file"),
    "Feather 1": (b"FEA1\0\0\0\0", "a Feather file of version 1"),
    "ORC": (b"ORC\x08\0", "an ORC file"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0", "a picture"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("read", [read_log, read_census])
def test_other_files_are_named(name: str, read, tmp_path: Path) -> None:
    content, what = FILES[name]
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "x.csv")
    assert str(caught.value).startswith(f"x.csv: this is {what}")


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"zip", "empty zip", "gzip twice"}))
def test_other_files_are_no_vectors(name: str, tmp_path: Path) -> None:
    content, what = FILES[name]
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"save the vectors as \.npz, Parquet or CSV") as caught:
        read_embeddings(tmp_path / "x.csv")
    assert str(caught.value).startswith(f"x.csv: this is {what}")


NAMES = ["BZh_id", "BZh9", "PK_id", "PAR1_x", "PAR1", "ORCID", "ORC", "ID3", "RIFF", "fLaC", "OggS", "FEA1", "ARROW1"]
NAMES += ["RDX", "RDX2", "7z", "Rar!", "Obj", "%PDF", "MATLAB 5.0", "SQLite format 3", "ustar", "MZ", "GIF89a"]


@pytest.mark.parametrize("name", NAMES)
def test_a_header_may_begin_like_a_binary_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{name},speaker_id,errors,words\nx,a,1,9\ny,b,2,9\n")
    log = read_log(path)
    assert name in log.columns
    assert log.tally(["speaker_id"])["errors"].tolist() == [1, 2]
    path.write_text(f"{name},zip,income\nx,02139,1\ny,02140,2\n")
    assert read_census(path).frame.index.tolist() == ["02139", "02140"]
    path.write_text(f"{name},0,1\na,1.0,2.0\nb,2.5,1.0\n")
    assert read_embeddings(path, id_column=name).ids.tolist() == ["a", "b"]


def test_a_parquet_file_is_one_at_any_size(tmp_path: Path) -> None:
    for rows in (0, 1, 200_000):
        frame = pd.DataFrame({"x": np.arange(rows) + 0x01010101, "text": ["abc"] * rows})
        for compression in (None, "zstd"):
            frame.to_parquet(tmp_path / "x.parquet", compression=compression)
            kind = binary_kind((tmp_path / "x.parquet").read_bytes()[:4096])
            assert kind is not None
            assert kind.what == "a Parquet file"
