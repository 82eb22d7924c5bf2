"""Read Arrow files and streams, such as those of datasets of Hugging Face."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.binary import ARROW_FILE, ARROW_STREAM, binary_kind
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format, check_names, numbered
from fairaudit.inputs.formats.nested import mark_nested
from fairaudit.inputs.formats.parquet import first_line
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ARROW"]

_BATCH: Final = 32_768
#: How a complete stream ends.
_END: Final = b"\xff\xff\xff\xff\0\0\0\0"


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    first = 1
    for rows, nested in _batches(file):
        for batch in numbered([rows], first_row=first):
            yield mark_nested(batch, nested)
        first += len(rows)


def _batches(file: OpenedFile) -> Iterator[tuple[pa.RecordBatch, dict[str, dict[str, Any]]]]:
    """Yield the columns with single values, and describe the others."""
    import pyarrow as pa
    from pyarrow import types

    try:
        with pa.memory_map(str(file.path)) as source:
            reader = _opened(file, source)
            nested: dict[str, dict[str, Any]] = {
                field.name: {"what": "an object" if types.is_struct(field.type) else "a list", "fields": []}
                for field in reader.schema
                if types.is_nested(field.type)
            }
            names = [name for name in reader.schema.names if name not in nested]
            check_names(file.name, names)
            for batch in _whole(reader):
                batch.validate(full=True)  # or damaged offsets would be followed
                columns = {name: _decoded(batch.column(name)) for name in names}
                rows = pa.RecordBatch.from_pydict(columns) if columns else pa.record_batch({})
                for start in range(0, len(rows), _BATCH):
                    yield rows.slice(start, _BATCH), nested
    except UnicodeDecodeError:
        raise InputError(f"{file.name}: damaged Arrow data (the name of a column is not UTF-8)") from None
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.name}: damaged Arrow data ({first_line(error)}); is it cut off?") from error


def _opened(file: OpenedFile, source: Any) -> Any:
    import pyarrow as pa

    if binary_kind(file.head) is ARROW_FILE:
        return pa.ipc.open_file(source)
    source.seek(max(source.size() - len(_END), 0))
    if source.read() != _END:
        raise InputError(f"{file.name}: the Arrow stream has no end; it is cut off, or was not closed when written")
    source.seek(0)
    return pa.ipc.open_stream(source)


def _whole(reader: Any) -> Iterator[pa.RecordBatch]:
    n = getattr(reader, "num_record_batches", None)
    yield from reader if n is None else (reader.get_batch(i) for i in range(n))


def _decoded(column: Any) -> Any:
    from pyarrow import types

    return column.dictionary_decode() if types.is_dictionary(column.type) else column


ARROW: Final = Format(
    "arrow",
    recognises=lambda head: binary_kind(head) in (ARROW_FILE, ARROW_STREAM),
    read=_read,
    distinguishes_empty=True,
    has_end=True,
)
