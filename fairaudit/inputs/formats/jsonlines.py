"""Read JSON lines, including NeMo manifests."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import HYPOTHESIS, REFERENCE, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.text import RepeatedNameError, unique_keys
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import ROW, Format, check_names
from fairaudit.inputs.formats.nested import at_path, describe, mark_nested
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "AUDIO",
    "DECODER",
    "JSONL",
    "NEMO",
    "NEMO_FIELDS",
    "batches_of_objects",
    "first_object",
    "objects_in",
    "segment_id",
]

_BATCH: Final = 32_768
#: Numbers are kept as text, so that ids such as 1e5 or 1.50 do not change. NaN is missing, as in other formats.
DECODER: Final = json.JSONDecoder(
    object_pairs_hook=unique_keys,
    parse_int=str,
    parse_float=str,
    parse_constant=lambda text: None if text == "NaN" else text,
)
_HALF: Final = re.compile("[\ud800-\udfff]")
#: Field with the recording in a NeMo manifest, which may list several segments of it.
AUDIO: Final = "audio_filepath"
NEMO_FIELDS: Final = (AUDIO, "text", "pred_text")


def segment_id(audio: str, offset: Any, duration: Any) -> str:
    """Name a segment of a recording by its offset and duration in seconds, as in a log with several segments.

    Examples
    --------
    >>> segment_id("a.wav", 5, "2.50"), segment_id("a.wav", 5, None), segment_id("a.wav", None, 2.5)
    ('a.wav@5.0+2.5', 'a.wav@5.0', 'a.wav')
    """
    if offset is None:
        return audio
    return f"{audio}@{float(offset)}" + ("" if duration is None else f"+{float(duration)}")


def _read(file: OpenedFile, _engine: EmbeddedEngine, wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    yield from batches_of_objects(file, objects_in(file), wanted)


def objects_in(file: OpenedFile) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the numbers of the lines of a file that are not blank, and the objects in them."""
    with file.path.open(encoding="utf-8-sig", newline="\n") as text:
        for number, line in enumerate(text, start=1):
            if not line.isspace():
                yield number, _object(file, number, line)


def batches_of_objects(
    file: OpenedFile,
    objects: Iterable[tuple[int, dict[str, Any]]],
    wanted: Collection[str] = (),
    aliases: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[pa.RecordBatch]:
    """Turn objects into batches, with the values of their fields as texts.

    Parameters
    ----------
    file
        The file, for messages.
    objects
        Number of a row, and its object.
    wanted
        Columns that the user named; those with a point may be paths into objects.
    aliases
        Fields or paths by the other names that the user gave them. They have no column under their own name.
    """
    import pyarrow as pa

    hidden = {*aliases.values()}
    paths = {name: aliases.get(name, name) for name in wanted if "." in name}
    source = iter(objects)
    while records := [*islice(source, _BATCH)]:
        known = dict.fromkeys(name for _, record in records for name in record)
        names = [name for name in known if name not in hidden]
        check_names(file.name, names)
        rows = [number for number, _ in records]
        columns, nested = {}, {}
        inside = {name: path for name, path in paths.items() if name not in names}
        for name in [*names, *inside]:
            path = inside.get(name, name)
            get = dict.get if path in known else at_path
            values = [get(record, path) for _, record in records]
            column = _column(file, name, rows, values)
            value = _nested(column, values)
            if value is not None:
                nested[name] = describe(value)
            if column.null_count < len(rows) or (value is None and name not in inside):
                columns[name] = column
        yield mark_nested(pa.record_batch(columns | {ROW: pa.array(rows, pa.int64())}), nested)


def _nested(column: pa.Array, values: list[Any]) -> Any:
    """Return the first object or list among the values of a column."""
    if not column.null_count:
        return None
    return next((value for value in values if isinstance(value, dict | list)), None)


def _column(file: OpenedFile, name: str, rows: list[int], values: list[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(map(_cell, values), pa.string())
    except UnicodeEncodeError as error:
        texts = ((row, value) for row, value in zip(rows, values, strict=True) if isinstance(value, str))
        row = next((row for row, text in texts if _HALF.search(text)), rows[0])
        raise InputError(f"{file.name}: row {row}, field {name!r} holds half of a character ({error.reason})") from None


def _object(file: OpenedFile, number: int, line: str) -> dict[str, Any]:
    try:
        record = DECODER.decode(line)
    except RepeatedNameError as error:
        raise InputError(f"{file.name}: row {number}: {error}") from None
    except RecursionError:
        raise InputError(f"{file.name}: row {number} holds objects or lists that are nested too deeply") from None
    except ValueError as error:
        cut = not line.endswith("\n")
        guess = "the file seems to be cut off" if cut else "one whole object per line is needed"
        raise InputError(f"{file.name}: row {number} is not JSON ({error}); {guess}") from error
    if not isinstance(record, dict):
        raise InputError(f"{file.name}: row {number} is not a JSON object; one object per line is needed")
    return record


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None  # objects and lists are not values of a log, as in Parquet


def first_object(head: bytes) -> dict[str, Any]:
    """Return the object in the first line, or an empty one."""
    line = next(iter(head.decode("utf-8-sig", errors="ignore").lstrip().split("\n")), "")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


JSONL: Final = Format(
    "jsonl",
    recognises=lambda head: head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"),
    read=_read,
    distinguishes_empty=True,
    free_fields=True,
)
NEMO: Final = Format(
    "nemo",
    recognises=lambda head: all(name in first_object(head) for name in NEMO_FIELDS),
    read=_read,
    distinguishes_empty=True,
    free_fields=True,
    names={
        UTTERANCE: (UTTERANCE, "utt_id", "id", AUDIO),
        REFERENCE: (REFERENCE, "text"),
        HYPOTHESIS: (HYPOTHESIS, "pred_text"),
    },
)
