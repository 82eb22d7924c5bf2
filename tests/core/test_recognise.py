"""A file of the wrong kind is named for what it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fairaudit.core.errors import InputError
from fairaudit.core.recognise import not_a_table, read_document

OTHERS: dict[str, tuple[bytes, str]] = {
    "cohorts.json": (b'{"version": 1, "models": []}', "a cohorts.json"),
    "gate.json": (b'{"kind": "gate"}', "a gate.json"),
    "log.csv": (b"speaker_id,errors,words\na,1,9\n", "a table, such as a log"),
    "log.tsv": (b"speaker_id\terrors\twords\na\t1\t9\n", "a table, such as a log"),
    "log.jsonl": (b'{"speaker_id": "a"}\n{"speaker_id": "b"}\n', "one JSON object per line"),
    "audit.html": (b"\xef\xbb\xbf\n<!DOCTYPE HTML>\n<title>x", "an HTML page"),
    "gate.xml": (b'<?xml version="1.0"?>', "an XML file"),
    "fairaudit.toml": (b'by = ["accent"]\n[gate]\nmax-gap = 0.2\n', "a settings file (TOML)"),
    "log.parquet": (b"PAR1\x15\0..", "a Parquet file"),
    "log.csv.gz": (b"\x1f\x8b\x08....", "gzip data"),
    "model.pkl": (b"\x80\x04....", "a Python pickle"),
    "states.geojson": (b'{"type": "FeatureCollection", "features": []}', "outlines"),
    "list.json": (b"[1, 2]", "JSON, but not a document of fairaudit"),
    "tsconfig.json": (b'{"compilerOptions": {}}', "it has ['compilerOptions']"),
    "nothing.json": (b" \n", "the file is empty"),
    "cut.json": (b'{"kind": "audit", "sign', "not JSON"),
    "deep.json": (b'{"a":' + b"[" * 100_000, "not JSON"),
    "latin.json": (b'{"label": "caf\xe9"}', "not JSON"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_the_wrong_kind_is_named_for_what_it_is(name: str, tmp_path: Path):
    content, what = OTHERS[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_document(path, ["audit", "comparison"])
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert what in message
    assert message.endswith("; an audit.json or comparison.json is needed")
    assert len(message) < 250


def test_arrays_and_folders_are_named_too(tmp_path: Path):
    np.savez(tmp_path / "embeddings.npz", ids=["a"])
    with pytest.raises(InputError, match=r"an \.npz file of arrays; a history\.json is needed"):
        read_document(tmp_path / "embeddings.npz", ["history"])
    (tmp_path / "audit.json").write_text("{}")
    with pytest.raises(
        InputError, match=r"this is a folder, but an audit\.json is needed; give the file in it: .*json"
    ):
        read_document(tmp_path, ["audit"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_that_a_shell_of_windows_has_redirected_is_read(encoding: str, tmp_path: Path):
    path = tmp_path / "gate.json"
    path.write_text(json.dumps({"kind": "gate", "signature": "é"}, ensure_ascii=False), encoding=encoding)
    assert read_document(path, ["gate"])["signature"] == "é"


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b'{\n "version": 1,\n "signature": "x",\n "models": [\n  {\n   "method": "named"', "a cohorts.json"),
        (b'{\n "schema_version": 1,\n "signature"', "an audit.json"),
        (b'{"kind": "history", "releases": []}', "a history.json"),
        (b'{"type": "FeatureCollection", "features": []}\n', "outlines"),
        (b"<!doctype html>", "an HTML page"),
        (b"<svg xmlns", "a figure"),
        (b'by = ["accent"]\n', "a settings file"),
    ],
)
def test_what_is_certainly_no_table(head: bytes, what: str):
    assert what in str(not_a_table(head))


@pytest.mark.parametrize(
    "head",
    [
        b"speaker_id,kind\na,gate\n",
        b'{"kind": "dialect", "speaker_id": "a"}\n',
        b'{"version": 1, "speaker_id": "a"}\n',
        b'{"schema_version": 1, "kind": "gate", "speaker_id": "a"}\n',
        b'{\n "speaker_id": "a"\n}\n',
        b"a\tb\n1\t2\n",
        b"words\n",
        b"PAR1",
        b"",
        b'"a","b"\n',
    ],
)
def test_what_may_be_a_table(head: bytes):
    assert not_a_table(head) is None
