from __future__ import annotations

import os
import pickle
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import EmbeddingTable, read_embeddings, read_log

IDS = ["u1", "u2", "u3"]
MATRIX = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]])


@pytest.fixture
def log():
    return read_log(
        pd.DataFrame({"utterance_id": IDS, "speaker_id": ["s2", "s1", "s2"], "errors": [0, 1, 2], "words": [1, 2, 3]})
    )


def _files(folder):
    np.savez(folder / "a.npz", ids=np.array(IDS), embeddings=MATRIX, language=np.array(["x", "y", "z"]))
    np.savez(folder / "bytes.npz", keys=np.array(IDS, dtype="S"), whatever=MATRIX)
    np.save(folder / "b.npy", MATRIX)
    (folder / "b.ids.txt").write_text("\n".join(IDS) + "\n")
    pq.write_table(pa.table({"utt_id": IDS, "vector": MATRIX.tolist(), "n": [1, 2, 3]}), folder / "c.parquet")
    pd.DataFrame(MATRIX).assign(id=IDS).to_csv(folder / "d.csv", index=False)


@pytest.mark.parametrize("name", ["a.npz", "bytes.npz", "b.npy", "c.parquet", "d.csv"])
def test_every_format_shows_the_same(tmp_path, name):
    _files(tmp_path)
    table = read_embeddings(tmp_path / name)
    assert table.ids.tolist() == IDS
    assert table.matrix.dtype == np.float32
    np.testing.assert_allclose(table.matrix, MATRIX)
    assert table.keys == ("speaker_id",)
    assert table.one_per_speaker


def test_lookup_keeps_order_and_unknown_ids():
    found = EmbeddingTable.of(IDS, MATRIX).lookup(pd.Index(["u3", "x", "u1"]))
    np.testing.assert_array_equal(found.to_numpy(), [[5.0, 6.5], [np.nan, np.nan], [1.0, 2.0]])


def test_utterances_become_means_of_speakers(log):
    table = EmbeddingTable.of([*IDS, "stranger"], np.vstack([MATRIX, [[1, 1]]])).for_log(log)
    assert table.ids.tolist() == ["s1", "s2"]
    np.testing.assert_allclose(table.matrix, [[3.0, 4.0], [3.0, 4.25]])
    assert table.unmatched == 1


def test_speakers_stay_speakers(log):
    table = EmbeddingTable.of(["s1", "s2", "s9"], MATRIX).for_log(log)
    assert table.ids.tolist() == ["s1", "s2", "s9"]
    assert table.unmatched == 1


def test_ids_that_the_log_does_not_know(log):
    with pytest.raises(InputError, match=r"none of the 3 embedding ids \(such as \['a', 'b', 'c'\]\)"):
        EmbeddingTable.of(list("abc"), MATRIX).for_log(log)


def test_unusable_vectors_are_counted_with_ids():
    bad = np.array([[np.nan, 1], [np.inf, 1], [0, 0], [1e30, 1], [1, 1]])
    table = EmbeddingTable.of(list("abcde"), bad)
    assert table.ids.tolist() == ["e"]
    assert table.dropped == {"not_finite": ("a", "b"), "too_large": ("d",), "zero_norm": ("c",)}
    with pytest.raises(InputError, match=r"none of the 4 vectors is usable: \{'not_finite': 2"):
        EmbeddingTable.of(list("abcd"), bad[:4])


def test_means_that_cancel_out_are_dropped():
    table = EmbeddingTable.of(["u1", "u2", "u3"], np.array([[1.0], [-1.0], [2.0]]))
    means = table.to_speakers(pd.Series(["a", "a", "b"], index=["u1", "u2", "u3"]))
    assert means.ids.tolist() == ["b"]
    assert means.dropped == {"zero_norm": ("a",)}


@pytest.mark.parametrize(
    ("ids", "matrix", "sentence"),
    [
        (["a", "a", "b"], MATRIX, r"1 ids occur more than once, such as \['a'\]"),
        (["a", None, "b"], MATRIX, "vector number 2 has no id"),
        (["a", "b"], MATRIX, r"2 ids do not match vectors of shape \(3, 2\)"),
    ],
)
def test_ids_and_vectors_must_fit(ids, matrix, sentence):
    with pytest.raises(InputError, match=sentence):
        EmbeddingTable.of(ids, matrix)


def test_mixed_dimensions(tmp_path):
    pq.write_table(pa.table({"id": ["a", "b"], "vector": [[1.0, 2.0], [1.0]]}), tmp_path / "e.parquet")
    with pytest.raises(InputError, match=r"different numbers of dimensions .*\{2: 1, 1: 1\}"):
        read_embeddings(tmp_path / "e.parquet")


def test_pickles_are_refused(tmp_path):
    np.savez(tmp_path / "o.npz", ids=np.array(IDS, dtype=object), embeddings=MATRIX)
    (tmp_path / "p.pkl").write_bytes(pickle.dumps({"u1": [1.0]}))
    with pytest.raises(InputError, match="it contains pickled objects, which fairaudit never opens"):
        read_embeddings(tmp_path / "o.npz")
    with pytest.raises(InputError, match="this is a Python pickle, which fairaudit never opens"):
        read_embeddings(tmp_path / "p.pkl")


def test_what_cannot_be_found_is_said(tmp_path):
    np.savez(tmp_path / "a.npz", one=MATRIX, two=MATRIX)
    with pytest.raises(InputError, match=r"one matrix of vectors is needed; the file has \{'one': 'float64 \(3, 2\)'"):
        read_embeddings(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", vectors=MATRIX)
    with pytest.raises(InputError, match="an array of 3 ids is needed"):
        read_embeddings(tmp_path / "b.npz")
    np.save(tmp_path / "c.npy", MATRIX)
    with pytest.raises(InputError, match=r"the ids must be in 'c\.ids\.txt' in the same folder"):
        read_embeddings(tmp_path / "c.npy")
    (tmp_path / "d.csv").write_text("id,x,y\na,1,two\n")
    with pytest.raises(InputError, match=r"unclear which columns are dimensions; columns of numbers are \['x'\]"):
        read_embeddings(tmp_path / "d.csv")
    with pytest.raises(InputError, match=r"nowhere\.npz: there is no such file"):
        read_embeddings(tmp_path / "nowhere.npz")
    (tmp_path / "e.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-30])
    with pytest.raises(InputError, match="not a readable NumPy file"):
        read_embeddings(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('id,e0,e1\na,"0,5","1,5"\n', "numbers of column 'e0' have a comma; write 0.5, not 0,5"),
        ("id;e0;e1\na;0,5;1,5\n", "numbers of column 'e0' have a comma"),
        ("id,2019,2020\na,1,2\n", "the first number is 2019"),
        ("id,x0,x1,y0,y1\na,1,2,3,4\n", "unclear which columns are dimensions: x0, x1; y0, y1"),
        ("id,age,year\na,1,2\n", "'age' seems to be none"),
        ("id,a,b,rank\n" + "".join(f"s{i},1,2,{i}\n" for i in range(5)), "'rank' seems to be none"),
        ('{"id": "a", "e": [1, 2]}\n{"id": "b", "e": "x"}\n', "vector number 2 is not a list of numbers"),
        ('{"a": [1, 2], "a": [1, 3]}', "not readable JSON"),
        ("s0  [ 1 x ]\n", "'s0' holds a text that is no number"),
        ("s0  [\n 1 2\n 3 4 ]\n", "'s0' is a matrix of frames"),
    ],
)
def test_unclear_tables(tmp_path, content, sentence):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(InputError, match=re.escape(sentence)):
        read_embeddings(tmp_path / "a.csv")


def test_arrays_without_vectors_and_ids_beside_numbers(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.array([], dtype="U2"), embeddings=np.zeros((0, 4)))
    with pytest.raises(InputError, match="'embeddings' holds no vectors"):
        read_embeddings(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", spk=np.array(IDS), ages=np.arange(3), emb=MATRIX)
    table = read_embeddings(tmp_path / "b.npz")
    assert table.ids.tolist() == IDS
    assert dict(table.tables[0].unused) == {"ages": "an array of int64 (3,)"}


@pytest.mark.parametrize("name", ["fifo", ".", "nowhere"])
def test_what_is_no_file(tmp_path, name):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match=r"this is not a file|there is no such file|has no \.npy files"):
        read_embeddings(tmp_path / name)
