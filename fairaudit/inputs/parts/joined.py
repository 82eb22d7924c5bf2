"""Add up what joined files did with the parts of a log."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.header import beginning
from fairaudit.inputs.join_accounts import KEY, ids_in_file, join_of, only_in_file, only_in_log
from fairaudit.inputs.joined_files import JoinedFile, join_files
from fairaudit.inputs.quality import Join, PartJoin

if TYPE_CHECKING:
    from pathlib import Path

    from fairaudit.inputs.parts.facts import PartDoc
    from fairaudit.inputs.raw import Reading

__all__ = ["JoinDoc", "join_doc", "whole_joins"]


class JoinDoc(TypedDict):
    """A :class:`fairaudit.inputs.quality.PartJoin` as JSON; ``used`` is a compressed bitmap."""

    sha256: str
    key: str
    columns: list[str]
    rows: int
    matched: int
    lacking: list[str]
    used: str


def join_doc(join: PartJoin) -> JoinDoc:
    """Write what a joined file did with a part."""
    return {
        "sha256": join.sha256,
        "key": join.key,
        "columns": [*join.columns],
        "rows": join.rows,
        "matched": join.matched,
        "lacking": [*join.lacking],
        "used": base64.b64encode(zlib.compress(np.packbits(np.array(join.used, bool)).tobytes())).decode(),
    }


def whole_joins(first: Path, reading: Reading, docs: Sequence[PartDoc]) -> tuple[tuple[Join, ...], list[str]]:
    """Read the joined files here as well, and describe their joins with the whole log.

    Parameters
    ----------
    first
        The first file of the log.
    reading
        Options of :func:`fairaudit.inputs.read_log`.
    docs
        Parts with rows, in their order.

    Returns
    -------
    joins, notes
        The joins, and notes on the joined files.

    Raises
    ------
    InputError
        If a file was not the same for all parts, if parts were joined by different columns, or if no id of a file
        occurs in the log.
    """
    if not reading.hypotheses and not reading.metadata:
        return (), []
    engine = EmbeddedEngine(memory=reading.memory)
    head = beginning(first, engine.scratch)
    files = join_files(
        reading.hypotheses, reading.metadata, reading.columns, [(head, choose_format(head, reading.format))], engine
    )
    joins = tuple(_whole(i, right, docs, engine) for i, right in enumerate(files))
    notes = [note for right in files for file in right.files for note in file.notes]
    return joins, notes


def _whole(i: int, right: JoinedFile, docs: Sequence[PartDoc], engine: EmbeddedEngine) -> Join:
    import pyarrow as pa

    parts = [doc["joins"][i] for doc in docs]
    for doc, part in zip(docs, parts, strict=True):
        if part["sha256"] != right.sha256:
            raise InputError(
                f"{right.name}: the file was changed while the log was read, or is not the same on all workers"
            )
        if part["key"] != parts[0]["key"]:
            raise InputError(
                f"{doc['name']}: {right.name} is joined by {part['key']!r} here, but by {parts[0]['key']!r} before"
            )
    key = parts[0]["key"]
    ids = [str(one) for (one,) in engine.rows(f"{ids_in_file(right, key)} ORDER BY {KEY}")]
    bitmaps = (zlib.decompress(base64.b64decode(part["used"])) for part in parts)
    used = np.zeros(len(ids), bool)
    for bitmap in bitmaps:
        used |= np.unpackbits(np.frombuffer(bitmap, np.uint8), count=len(ids)).astype(bool)
    lacking = sorted({one for part in parts for one in part["lacking"]})
    unused = [ids[k] for k in np.flatnonzero(~used)]
    for relation, names in ((only_in_log(i), lacking), (only_in_file(i), unused)):
        engine.store(relation, [pa.table({KEY: pa.array(names, pa.string())})])
    columns = tuple(dict.fromkeys(name for part in parts for name in part["columns"]))
    rows, matched = (sum(part[name] for part in parts) for name in ("rows", "matched"))
    return join_of(i, right, key, columns, rows, matched, engine)
