"""Read Parquet: texts are streamed, whereas counts stay in the file, where the engine sums them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.binary import PARQUET as PARQUET_FILE
from fairaudit.core.binary import binary_kind
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format, check_names, numbered
from fairaudit.inputs.formats.nested import mark_nested
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "PARQUET",
    "first_line",
    "flat_columns",
    "has_column",
    "metadata_entry",
    "nested_columns",
    "note_checksums",
    "row_count",
    "row_range",
    "types_of",
    "verify_checksums",
]

_BATCH: Final = 32_768
#: How files are read: a row group may be larger than memory, and pages that have checksums must match them.
_PIECEMEAL: Final[dict[str, Any]] = {"page_checksum_verification": True, "pre_buffer": False, "buffer_size": 1 << 20}
_OF_LIBRARIES: Final = re.compile(r"Couldn't deserialize thrift: |\w+(?:Exception|Error): ")


def _open(file: OpenedFile) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file.path, **_PIECEMEAL)
    except UnicodeDecodeError:
        raise InputError(f"{file.name}: damaged Parquet data (the name of a column is not UTF-8)") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name}: not a readable Parquet file ({first_line(error)}); is it cut off?") from error


def nested_columns(file: OpenedFile) -> dict[str, dict[str, Any]]:
    """Describe the columns of a Parquet file that hold lists or structs; see :mod:`fairaudit.inputs.formats.nested`."""
    import pyarrow.types as types

    return {
        field.name: {"what": "an object" if types.is_struct(field.type) else "a list", "fields": []}
        for field in _open(file).schema_arrow
        if types.is_nested(field.type)
    }


def flat_columns(file: OpenedFile) -> list[str]:
    """List the columns of a Parquet file with one value per row; lists and structs are left out."""
    import pyarrow.types as types

    names = [field.name for field in _open(file).schema_arrow if not types.is_nested(field.type)]
    check_names(file.name, names)
    return names


def has_column(file: OpenedFile, of_type: Callable[[Any], bool]) -> bool:
    """Whether a Parquet file has a column of a type."""
    return any(of_type(field.type) for field in _open(file).schema_arrow)


def metadata_entry(file: OpenedFile, key: str) -> bytes | None:
    """Return an entry of the metadata that a program wrote into a Parquet file, or None."""
    entries: dict[bytes, bytes] = _open(file).metadata.metadata or {}
    return entries.get(key.encode())


def types_of(file: OpenedFile) -> dict[str, str]:
    """Return the type of every column of a Parquet file, as Arrow names it."""
    return {field.name: str(field.type) for field in _open(file).schema_arrow}


def row_count(file: OpenedFile) -> int:
    """Return the number of rows given in the footer, in all row groups that are read."""
    return len(row_range(file))


def row_range(file: OpenedFile) -> range:
    """Return the numbers of the rows that are read, from 0."""
    metadata = _open(file).metadata
    if file.groups is None:
        return range(metadata.num_rows)
    until = [0, *accumulate(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))]
    return range(until[file.groups[0]], until[file.groups[-1] + 1])


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    names, nested = flat_columns(file), nested_columns(file)
    parquet = _open(file)
    note_checksums(file, parquet.metadata)
    try:
        batches = parquet.iter_batches(batch_size=_BATCH, columns=names, row_groups=file.groups)
        for batch in numbered(batches, first_row=1 + row_range(file).start):
            yield mark_nested(batch, nested)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name}: damaged Parquet data ({first_line(error)})") from error


def verify_checksums(file: OpenedFile) -> None:
    """Read every page of a Parquet file that has page checksums, so that a flipped bit is not summed.

    Raises
    ------
    InputError
        If a page does not match its checksum.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parquet = _open(file)
    if not note_checksums(file, parquet.metadata):
        return
    texts = [field.name for field in parquet.schema_arrow if field.type in (pa.string(), pa.large_string())]
    try:
        checked = pq.ParquetFile(file.path, **_PIECEMEAL, read_dictionary=texts)
        for _ in checked.iter_batches(batch_size=_BATCH, row_groups=file.groups):
            pass
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name}: damaged Parquet data ({first_line(error)})") from error


def note_checksums(file: OpenedFile, metadata: Any) -> bool:
    """Whether a Parquet file has page checksums; if not, add a note."""
    checked = _has_checksums(file.path, metadata)
    if not checked:
        file.notes.append(f"{file.name} has no page checksums, so that a damaged byte in it may go unnoticed")
    return checked


def _has_checksums(path: Path, metadata: Any) -> bool:
    """Whether the header of the first page contains the optional field 4, ``crc``.

    A page header is a Thrift struct in compact encoding (parquet.thrift, ``PageHeader``). Fields 1 to 3
    are required int32 values (header byte 0x15, then a varint), so field 4 shows as one more 0x15.
    """
    if metadata.num_row_groups == 0 or metadata.num_columns == 0:
        return False
    chunk = metadata.row_group(0).column(0)
    with path.open("rb") as file:
        file.seek(chunk.dictionary_page_offset or chunk.data_page_offset)
        head = file.read(64)
    at = 0
    for _ in range(3):
        at += 1
        while head[at] & 0x80:
            at += 1
        at += 1
    return head[at] == 0x15


def first_line(error: BaseException) -> str:
    """Return the first line of a message of Arrow, without the names of its exceptions."""
    line = next(iter(str(error).splitlines()), type(error).__name__)
    return _OF_LIBRARIES.sub("", line)


PARQUET: Final = Format(
    "parquet", recognises=lambda head: binary_kind(head) is PARQUET_FILE, read=_read, distinguishes_empty=True
)
