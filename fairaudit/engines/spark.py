"""Functions for Spark, with which its executors do the parts of some work and merge their tables.

They are given to Spark's own methods, such as ``DataFrame.mapInArrow``, so that this module does not import Spark. The
page "Logs on many machines" shows the few lines that use them.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.engines.work import Work, do

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SCHEMA", "merge", "partial", "tables"]

#: Columns of the data frames that :func:`partial` and :func:`merge` give.
SCHEMA: Final = "bucket int, content binary"


def partial(work: Work) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return a function for ``DataFrame.mapInArrow`` that does parts of some work.

    Parameters
    ----------
    work
        The work. The first column of the data frame holds numbers of parts, as ``spark.range(len(work.parts))`` does.

    Returns
    -------
    callable
        Gives rows of :data:`SCHEMA`.
    """

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from _rows(enumerate(do(work, work.parts[number], f"an executor on {platform.node()}")))

    return run


def merge(work: Work) -> Callable[[pa.Table], pa.Table]:
    """Return a function for ``GroupedData.applyInArrow`` that merges the tables of a bucket.

    Parameters
    ----------
    work
        The work. The data frame is grouped by ``bucket``.

    Returns
    -------
    callable
        Gives a row of :data:`SCHEMA`.
    """

    def run(group: pa.Table) -> pa.Table:
        import pyarrow as pa

        bucket = group["bucket"][0].as_py()
        return pa.Table.from_batches(_rows([(bucket, work.merge(bucket, _contents(group)))]))

    return run


def tables(merged: pa.Table) -> dict[int, pa.Table]:
    """Return the table of each bucket, given the rows of :data:`SCHEMA` that :func:`merge` gave.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.Table.from_batches(_rows([(0, pa.table({"words": [3]}))]))
    >>> tables(rows)[0].to_pylist()
    [{'words': 3}]
    """
    return dict(zip(merged["bucket"].to_pylist(), _contents(merged), strict=True))


def _rows(contents: Iterable[tuple[int, pa.Table]]) -> Iterator[pa.RecordBatch]:
    """Write each table as a row: its bucket, and an Arrow stream."""
    import pyarrow as pa

    for bucket, table in contents:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        content = pa.array([sink.getvalue().to_pybytes()], pa.binary())
        yield pa.RecordBatch.from_arrays([pa.array([bucket], pa.int32()), content], names=["bucket", "content"])


def _contents(rows: pa.Table) -> list[pa.Table]:
    import pyarrow as pa

    return [pa.ipc.open_stream(content.as_buffer()).read_all() for content in rows["content"]]
