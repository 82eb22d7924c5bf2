"""Find utterance ids that occur in several parts of a log, by hashes in buckets that are checked side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairaudit.core.columns import UTTERANCE
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.ingest import segment_in
from fairaudit.inputs.judging import FIRST_ROWS
from fairaudit.inputs.raw import RAW
from fairaudit.inputs.rules import cell, id_key_in

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COUNTED", "bucket", "count_ids", "hashed_ids", "no_ids", "total_of"]

#: Columns of the counts of a bucket: ids, distinct ones, those that look different, those that occur twice; and the
#: rows of the first of them, as pairs of a file and a row.
COUNTED: Final = ("ids", "distinct", "apart", "twice", "examples")
#: Ids as they are, and as names of segments of recordings.
_KINDS: Final = ("plain", "segment")


def no_ids() -> pa.Table:
    """Return hashes of no ids."""
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.int64()) for name in ("file", "row", "plain", "plain alike")})


def hashed_ids(engine: EmbeddedEngine, file: int, *, segments: bool) -> pa.Table:
    """Return two hashes of the id of every row that is in the engine: of the id, and of what it looks like.

    Parameters
    ----------
    engine
        Has the raw relation of a part.
    file
        Number of its file.
    segments
        Whether rows may be segments of recordings. The names of segments are hashed as well.

    Returns
    -------
    pyarrow.Table
        Columns file, row, and for ids and segments: hash and hash of what looks alike. No rows without a column of ids.
    """
    import pyarrow as pa

    types = engine.types(RAW)
    if UTTERANCE not in types:
        return no_ids()
    key = cell(UTTERANCE)
    spelled = {"plain": key} | ({"segment": segment_in(types)} if segments else {})
    hashes = ", ".join(
        f'CAST(hash({text}) >> 1 AS BIGINT) AS "{kind}", CAST(hash({id_key_in(text)}) >> 1 AS BIGINT) AS "{kind} alike"'
        for kind, text in spelled.items()
    )
    query = f"SELECT {ROW} AS row, {hashes} FROM {RAW} WHERE {key} IS NOT NULL ORDER BY row"
    batches = [*engine.batches(query)]
    if not batches:
        return no_ids()
    rows = pa.Table.from_batches(batches).combine_chunks()
    return rows.add_column(0, "file", pa.array([file] * len(rows), pa.int64()))


def bucket(ids: pa.Table, number: int, buckets: int) -> pa.Table:
    """Return the ids of a bucket. Ids that look alike are in the same one."""
    return ids.filter(ids["plain alike"].to_numpy() % buckets == number)


def count_ids(tables: Sequence[pa.Table]) -> pa.Table:
    """Count the ids of a bucket.

    Parameters
    ----------
    tables
        Tables from :func:`bucket`, one for each part.

    Returns
    -------
    pyarrow.Table
        :data:`COUNTED`, for ids and, if there are any, for segments.
    """
    import pyarrow as pa

    whole = pa.concat_tables(tables, promote_options="default").combine_chunks()
    counted = [_count(whole, kind) for kind in _KINDS if kind in whole.column_names]
    return pa.Table.from_pylist(counted, schema=_schema())


def _schema() -> pa.Schema:
    import pyarrow as pa

    rows = pa.list_(pa.list_(pa.list_(pa.int64())))
    return pa.schema([("kind", pa.string()), *((name, pa.int64()) for name in COUNTED[:-1]), (COUNTED[-1], rows)])


def _count(ids: pa.Table, kind: str) -> dict[str, Any]:
    """Count ids; ids of parts without segments are their own names."""
    import pyarrow.compute as pc

    hashes, alike = (
        pc.coalesce(ids[name], ids[name.replace(kind, "plain")]).to_numpy() for name in (kind, f"{kind} alike")
    )
    file, row = ids["file"].to_numpy(), ids["row"].to_numpy()
    order = np.lexsort((row, file, alike, hashes))
    keys = np.stack([hashes[order], alike[order]])
    starts = np.flatnonzero(np.r_[True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)][: len(order)])
    sizes = np.diff(starts, append=len(order))
    twice = np.flatnonzero(sizes > 1)
    at = order[starts[twice]]
    first = twice[np.lexsort((row[at], file[at]))][:FIRST_ROWS]
    groups = [order[starts[i] : starts[i] + min(sizes[i], FIRST_ROWS + 1)] for i in first]
    return {
        "kind": kind,
        "ids": len(order),
        "distinct": len(starts),
        "apart": len(np.unique(alike)),
        "twice": len(twice),
        "examples": [np.stack([file[rows], row[rows]], axis=1).tolist() for rows in groups],
    }


def total_of(buckets: Sequence[pa.Table], kind: str) -> Mapping[str, Any]:
    """Add up what was counted in all buckets for one kind of ids."""
    rows = [one for table in buckets for one in table.to_pylist() if one["kind"] == kind]
    total: dict[str, Any] = {name: sum(one[name] for one in rows) for name in COUNTED[:-1]}
    total["examples"] = sorted(example for one in rows for example in one["examples"])[:FIRST_ROWS]
    return total
