"""Read error counts of MeetEval in JSON: an object of sessions, each with its counts or with those of its speakers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import DELETIONS, ERRORS, INSERTIONS, SPEAKER, SUBSTITUTIONS, WORDS
from fairaudit.core.errors import InputError
from fairaudit.core.text import RepeatedNameError, json_fault
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.jsonlines import DECODER
from fairaudit.inputs.formats.lines import Record, batches_of
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.unplaced import UNASSIGNED

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MEETEVAL"]

#: Bytes of a file, which is read as a whole.
_LARGEST: Final = 1 << 26
_LENGTH: Final = "length"
_COUNTS: Final = (ERRORS, _LENGTH, SUBSTITUTIONS, DELETIONS, INSERTIONS)
_SESSION: Final = "session"
_SPEAKER: Final = "speaker"
#: Names of no speaker, as Python and JSON write them.
_NOBODY: Final = ("None", "null")
#: How such a file begins: the first name is that of a session, whose value is an object.
_START: Final = re.compile(r'\s*\{\s*"[^"]*"\s*:\s*\{')
#: An array of objects, which is a log of its own.
_ARRAY: Final = re.compile(r"\[\s*\{")
_NAMES: Final = tuple(re.compile(rf'"{name}"\s*:') for name in ("error_rate", *_COUNTS))


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    if file.path.stat().st_size > _LARGEST:
        raise InputError(f"{file.name}: a file of MeetEval has at most {_LARGEST >> 20} MiB")
    try:
        content = DECODER.decode(file.path.read_text("utf-8-sig"))
    except RepeatedNameError as error:
        raise InputError(f"{file.name}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file.name}: not JSON ({json_fault(error)}); is the file cut off?") from None
    records, unassigned = _assigned([*_records(file.name, content)])
    if unassigned:
        file.changes[UNASSIGNED] = unassigned
    speakers = [_SPEAKER] if any(_SPEAKER in record for _, record in records) else []
    file.notes.append(f"{file.name}: the errors are those that MeetEval counted, not counted again")
    yield from batches_of(records, [_SESSION, *speakers, *_COUNTS])


def _records(where: str, content: Any) -> Iterator[Record]:
    number = 0
    for session, value in content.items():
        if not isinstance(value, Mapping):
            raise InputError(f"{where}: session {session!r} holds no counts")
        parts = [({}, value)] if ERRORS in value else [({_SPEAKER: name}, one) for name, one in value.items()]
        for speaker, counts in parts:
            number += 1
            if not isinstance(counts, Mapping) or not {ERRORS, _LENGTH} <= counts.keys():
                raise InputError(f"{where}: entry {number} (session {session!r}) lacks {ERRORS!r} or {_LENGTH!r}")
            yield number, {_SESSION: session, **speaker, **{name: _cell(counts.get(name)) for name in _COUNTS}}


def _assigned(records: Sequence[Record]) -> tuple[list[Record], int]:
    """Leave out hypotheses that are assigned to no speaker, and count their insertions.

    They are written under the name of a speaker who says nothing in any session, or under the name of none.
    """
    spoken = {cells.get(_SPEAKER) for _, cells in records if cells[_LENGTH] != "0"} - {*_NOBODY}
    insertions = [0 if cells.get(_SPEAKER) in {None, *spoken} else _insertions_alone(cells) for _, cells in records]
    return [record for record, n in zip(records, insertions, strict=True) if not n], sum(insertions)


def _insertions_alone(cells: Mapping[str, str | None]) -> int:
    """Return the number of errors if all of them are insertions without a reference, or 0."""
    errors = cells[ERRORS] or ""
    are_insertions = cells[_LENGTH] == "0" and cells[INSERTIONS] in (None, errors)
    return int(errors) if are_insertions and re.fullmatch("[0-9]{1,15}", errors) else 0


def _cell(value: Any) -> str | None:
    return value if isinstance(value, str) else None if value is None else str(value)


def _recognises(head: bytes) -> bool:
    text = head.decode("utf-8-sig", errors="ignore")
    return bool(_START.match(text)) and all(name.search(text) for name in _NAMES) and not _ARRAY.search(text)


MEETEVAL: Final = Format(
    "meeteval",
    recognises=_recognises,
    read=_read,
    distinguishes_empty=True,
    has_end=True,
    names={SPEAKER: (SPEAKER, _SPEAKER), WORDS: (WORDS, _LENGTH)},
)
