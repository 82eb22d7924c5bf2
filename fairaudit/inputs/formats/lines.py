"""Read texts line by line, and turn records into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Record", "batches_of", "filled_lines", "first_lines"]

_BATCH: Final = 32_768
#: The number of a line, and values by column.
Record = tuple[int, Mapping[str, str | None]]


def filled_lines(file: OpenedFile) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file that are not blank, without their ends, and their numbers."""
    with file.path.open(encoding="utf-8-sig", newline="\n") as text:
        for number, line in enumerate(text, start=1):
            if not line.isspace():
                yield number, line.rstrip("\r\n")


def first_lines(head: bytes, n: int = 200) -> list[str]:
    r"""Return the first lines of a file that are whole and not blank.

    Examples
    --------
    >>> first_lines(b"a\n\nb\nc")
    ['a', 'b', 'c']
    """
    lines = head.decode("utf-8-sig", errors="replace").split("\n")
    if len(head) >= 1 << 16:
        lines.pop()
    return [line.rstrip("\r") for line in lines if line.strip()][:n]


def batches_of(records: Iterable[Record], columns: Iterable[str]) -> Iterator[pa.RecordBatch]:
    """Turn records into batches of texts.

    Examples
    --------
    >>> [batch.to_pylist() for batch in batches_of([(7, {"a": "x"})], ["a", "b"])]
    [[{'a': 'x', 'b': None, '__row__': 7}]]
    """
    import pyarrow as pa

    names, source = [*columns], iter(records)
    while batch := [*islice(source, _BATCH)]:
        texts = {name: pa.array([record.get(name) for _, record in batch], pa.string()) for name in names}
        yield pa.record_batch(texts | {ROW: pa.array([number for number, _ in batch], pa.int64())})
