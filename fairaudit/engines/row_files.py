"""Rows in Parquet files of a private folder, written as they come, so that memory does not grow with their number."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.interrupts import interrupts_deferred
from fairaudit.core.scratch import room_in

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["row_groups", "write_row_groups"]

#: Bytes of a row group. So much is held in memory until it is written.
_GROUP: Final = 1 << 24


def row_groups(batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.Table]:
    """Gather batches of rows into tables of some megabytes, in the same order.

    Parameters
    ----------
    batches
        The rows. A column has one type in all batches; it is missing in the rows of a batch that lacks it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [table.to_pydict() for table in row_groups([pa.table({"a": ["x"]}), pa.table({"b": ["y"]})])]
    [{'a': ['x', None], 'b': [None, 'y']}]
    """
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch)
        if sum(table.nbytes for table in waiting) >= _GROUP:
            yield pa.concat_tables(waiting, promote_options="default")
            waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting, promote_options="default")


def write_row_groups(folder: Path, groups: Iterable[pa.Table], distinct: Collection[str] = ()) -> list[Path]:
    """Write tables as row groups. A further file begins where a table has columns that earlier ones lack.

    Parameters
    ----------
    folder
        Private folder for the files, which only their owner can read.
    groups
        The tables.
    distinct
        Columns whose values rarely repeat. A dictionary of them would cost more than it saves.

    Returns
    -------
    list of Path
        The files, in the order of their rows.

    Raises
    ------
    OSError
        If the disk is too full for them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(write_row_groups(Path(folder), [pa.table({"a": ["x"]}), pa.table({"b": ["y"]})]))
    2
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths: list[Path] = []
    out: Any = None
    with ThreadPoolExecutor(1) as writer:
        written: Future[None] | None = None  # a group is written while the next one is read and scored
        try:
            for group in groups:
                table = (
                    group
                    if out is None
                    else pa.concat_tables([out.schema.empty_table(), group], promote_options="default")
                )
                with room_in(folder):
                    if written is not None:
                        written.result()
                    if out is None or table.schema != out.schema:
                        if out is not None:
                            out.close()
                        paths.append(_new_file(folder))
                        repeating = [name for name in table.column_names if name not in distinct]
                        out = pq.ParquetWriter(paths[-1], table.schema, compression="lz4", use_dictionary=repeating)
                    with interrupts_deferred():  # or a group is written that nobody waits for
                        written = writer.submit(out.write_table, table, row_group_size=max(1, len(table)))
            with room_in(folder):
                if written is not None:
                    written.result()
                out.close()
        finally:
            with interrupts_deferred():  # a file that is closed while a group is written ends the process
                if written is not None:
                    wait([written])
                if out is not None and out.is_open:
                    with suppress(OSError):
                        out.close()
                    out.is_open = False  # or it would try again when it is collected
    return paths


def _new_file(folder: Path) -> Path:
    handle, name = tempfile.mkstemp(".parquet", "rows-", folder)
    os.close(handle)
    return Path(name)
