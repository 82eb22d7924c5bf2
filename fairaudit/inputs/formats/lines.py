"""Read texts line by line, and turn records into batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COMMENT", "TIME", "Record", "are_timed", "batches_of", "filled_lines", "first_lines"]

#: How comments begin in the files of NIST, and a pattern of seconds.
COMMENT: Final = ";;"
TIME: Final = r"(?:[0-9]{1,9}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]-[0-9]{1,2})?"
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


def are_timed(lines: Sequence[re.Match[str] | None], time: int) -> bool:
    r"""Whether lines with times are the first one and most others, given the group of a time.

    An id and a text in figures, such as ``utt1 7 4 2 9``, looks like one if the id of each line is another.

    Examples
    --------
    >>> pattern = re.compile(r"(\S+) \S+ (\S+)")
    >>> [are_timed([*map(pattern.fullmatch, texts)], 2) for texts in (["u1 7 4", "u2 8 1"], ["f A 4", "f A 5.0"])]
    [False, True]
    """
    matches = [line for line in lines if line is not None]
    if not lines or lines[0] is None or len(lines) >= 2 * len(matches):
        return False
    return any("." in line[time] for line in matches) or len({line[1] for line in matches}) < len(matches)


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
