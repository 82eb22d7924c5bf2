"""Vectors in several files: a folder of NumPy files, and Kaldi's indices."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs.embeddings import read_embeddings

IDS = ["007", "s1", "s2.x"]
MATRIX = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


def folder_of_arrays(folder: Path) -> Path:
    folder.mkdir()
    for name, vector in zip(IDS, MATRIX, strict=True):
        np.save(folder / f"{name}.npy", vector[None] if name == "s1" else vector)
    return folder


def index(folder: Path) -> Path:
    """An index of two binary archives, the first of which has two vectors."""
    lines = []
    for archive, rows in (("a.1.ark", (0, 1)), ("a.2.ark", (2,))):
        content = b""
        for i in rows:
            content += IDS[i].encode() + b" "
            lines.append(f"{IDS[i]} {archive}:{len(content)}\n")
            content += b"\0BFV " + struct.pack("<bi", 4, 4) + MATRIX[i].tobytes()
        (folder / archive).write_bytes(content)
    path = folder / "xvector.scp"
    path.write_text("".join(lines))
    return path


@pytest.mark.parametrize("make", [lambda folder: folder_of_arrays(folder / "voices"), index])
def test_vectors_of_several_files(tmp_path: Path, make) -> None:
    path = make(tmp_path)
    table = read_embeddings(path)
    assert [*table.ids] == IDS
    np.testing.assert_array_equal(table.matrix, MATRIX)
    before = table.tables[0].sha256
    changed = next(one for one in tmp_path.rglob("*") if one.suffix in (".npy", ".ark"))
    changed.write_bytes(changed.read_bytes()[:-4] + struct.pack("<f", 9.0))
    assert read_embeddings(path).tables[0].sha256 != before


WRONG = {
    "a command": ("s1 copy-vector x |:3\n", "is not an id and a place in a file"),
    "no place": ("s1 a.1.ark:5\nx\n", "row 2 is not an id and a place in a file|there is no binary object"),
    "another place": ("s1 a.1.ark:5\n", "row 1: there is no binary object of Kaldi at byte 5 for 's1'"),
    "no archive": ("s1 b.ark:3\n", "row 1 names the archive 'b.ark', but there is no such file"),
    "a range": ("s1 a.1.ark:4[0:3]\n", "is not an id and a place|has no|columns"),
}


@pytest.mark.parametrize("name", WRONG)
def test_indices_that_cannot_be_followed(tmp_path: Path, name: str) -> None:
    content, message = WRONG[name]
    path = index(tmp_path)
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_embeddings(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text", "this is not a NumPy array of one vector"),
        (None, r"an array of float32 \(3, 4\); one vector of numbers is needed"),
    ],
)
def test_folders_with_other_files(tmp_path: Path, content: bytes | None, message: str) -> None:
    folder = folder_of_arrays(tmp_path / "voices")
    if content is None:
        np.save(folder / "x.npy", MATRIX)
    else:
        (folder / "x.npy").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_embeddings(folder)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"folder 'voices' has no \.npy files"):
        read_embeddings(folder)
