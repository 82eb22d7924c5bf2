"""Read one JSON document that holds an array of objects: ``[{...}, ...]`` or ``{"results": {"samples": [...]}}``.

The document is scanned piece by piece. Only one object of the array is parsed at a time, so that memory does not grow
with the array.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, Final

from fairaudit.core.columns import RESERVED
from fairaudit.core.errors import InputError, setting
from fairaudit.core.text import RepeatedNameError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.jsonlines import DECODER, NEMO_FIELDS, batches_of_objects
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["JSON"]

_CHUNK: Final = 1 << 18
#: Characters of one object, or of one value beside the array.
_LONGEST: Final = 1 << 26
_DEEPEST: Final = 50
#: What follows a number that goes on beyond what was read so far.
_OF_A_NUMBER: Final = re.compile(r"[-+.eE0-9]*")
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
#: Columns that a single object of JSON lines has, but not an object that holds a log.
_OF_A_ROW: Final = {*RESERVED, *NEMO_FIELDS}


class _Scanner:
    """Goes through a JSON document and yields the entries of arrays that begin with an object."""

    def __init__(self, name: str, text: IO[str]) -> None:
        self.name = name
        self.text = text
        self.buffer = ""
        self.at = 0
        self.ended = False

    def objects(self) -> Iterator[tuple[str, int, Any]]:
        """Yield the path of an array, the number of an entry in it from 1, and the entry."""
        yield from self._value("", 0)
        if self._next():
            raise InputError(f"{self.name}: something follows the end of the JSON document; it must be one document")

    def _value(self, path: str, depth: int) -> Iterator[tuple[str, int, Any]]:
        first = self._next()
        if depth > _DEEPEST:
            raise InputError(f"{self.name}: objects or lists are nested too deeply")
        if first == "{":
            yield from self._object(path, depth)
        elif first == "[":
            yield from self._array(path)
        else:
            self._parsed(path)

    def _object(self, path: str, depth: int) -> Iterator[tuple[str, int, Any]]:
        self.at += 1
        names: set[str] = set()
        closing = self._next() == "}"
        while not closing:
            name = self._parsed(path)
            if not isinstance(name, str) or self._next() != ":":
                raise self._wrong(path, "a name and a colon are needed in an object")
            if name in names:
                raise InputError(
                    f"{self.name}: name {name!r} occurs twice in an object ({path or 'the outermost one'})"
                )
            names.add(name)
            self.at += 1
            yield from self._value(f"{path}.{name}" if path else name, depth + 1)
            closing = self._closes("}", path)
        self.at += 1

    def _array(self, path: str) -> Iterator[tuple[str, int, Any]]:
        self.at += 1
        number = 0
        closing = self._next() == "]"
        is_table = not closing and self._next() == "{"
        while not closing:
            number += 1
            value = self._parsed(path, number)
            if is_table:
                yield path, number, value
            closing = self._closes("]", path, number)
        self.at += 1

    def _closes(self, bracket: str, path: str, number: int = 0) -> bool:
        """Whether an object or array ends here; otherwise, go beyond the comma."""
        found = self._next()
        if found == bracket:
            return True
        if found != ",":
            raise self._wrong(path, f"',' or {bracket!r} is needed", number)
        self.at += 1
        if self._next() == bracket:
            raise self._wrong(path, "nothing follows a comma", number)
        return False

    def _parsed(self, path: str, number: int = 0) -> Any:
        """Parse the value that begins here."""
        self._next()
        size = _CHUNK
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
            except RepeatedNameError as error:
                raise InputError(f"{self.name}: entry {number} of {path or 'the array'}: {error}") from None
            except RecursionError:
                raise InputError(f"{self.name}: objects or lists are nested too deeply") from None
            except ValueError as error:
                if not self._more(size):
                    raise self._wrong(path, str(error).partition(":")[0], number) from None
            else:
                if not _OF_A_NUMBER.fullmatch(self.buffer, end) or not self._more(size):
                    self.at = end
                    return value
            if len(self.buffer) - self.at > _LONGEST:
                raise self._wrong(path, f"a value is not JSON, or is longer than {_LONGEST >> 20} MiB", number)
            size = len(self.buffer) - self.at

    def _next(self) -> str:
        """Skip blanks and return the next character, or an empty text at the end."""
        while True:
            match = _BLANKS.match(self.buffer, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self._more(_CHUNK):
                return ""

    def _more(self, size: int) -> bool:
        """Read more of the file, and forget what was read; False at the end."""
        piece = "" if self.ended else self.text.read(size)
        self.ended = not piece
        self.buffer, self.at = self.buffer[self.at :] + piece, 0
        return not self.ended

    def _wrong(self, path: str, what: str, number: int = 0) -> InputError:
        place = f"entry {number} of {path or 'the array'}" if number else path or "the outermost value"
        guess = "; the file seems to be cut off" if self.ended else ""
        return InputError(f"{self.name}: not JSON in {place} ({what}){guess}")


def _read(file: OpenedFile, _engine: EmbeddedEngine, wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    """Read the array that the user's columns name, or the only one."""
    path = _chosen(file, wanted)
    inside = f"{path}[]." if path else "[]."
    fields = {name: name.removeprefix(inside) for name in wanted if name.startswith(inside)}
    if path:
        file.notes.append(f"{file.name}: the rows are the objects in {path}[]")
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        found = _Scanner(file.name, text).objects()
        records = ((number, _record(file, path, number, entry)) for where, number, entry in found if where == path)
        yield from batches_of_objects(file, records, wanted, fields)


def _record(file: OpenedFile, path: str, number: int, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise InputError(f"{file.name}: entry {number} of {path or 'the array'} is not an object, as others are")
    return entry


def _chosen(file: OpenedFile, wanted: Collection[str]) -> str:
    """Return the path of the array with the rows."""
    counts: dict[str, int] = {}
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        for path, number, _ in _Scanner(file.name, text).objects():
            if not path:  # the document is an array, so that there is no other
                return path
            counts[path] = number
    named = {name.partition("[].")[0] for name in wanted if "[]." in name}
    if not counts:
        raise InputError(f"{file.name}: the JSON document has no array of objects, whose objects would be the rows")
    candidates = [path for path in counts if path in named] or [*counts]
    if len(candidates) > 1:
        listed = ", ".join(f"{path}[] ({n:,})" for path, n in [*counts.items()][:10])
        first = candidates[0]
        raise InputError(
            f"{file.name}: several arrays of objects may be the log: {listed}; name the fields of one of them "
            f"({setting('columns', {'speaker_id': f'{first}[].speaker'})})"
        )
    return candidates[0]


def _recognises(head: bytes) -> bool:
    """Whether a file is one array, or one object that is no line of JSON lines."""
    text = head.decode("utf-8-sig", errors="ignore").lstrip()
    if text.startswith("["):
        return True
    if not text.startswith("{"):
        return False
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        first = text.partition("\n")[0]
        return _is_open(first)
    return not text[end:].strip() and not _OF_A_ROW & value.keys() and _has_table(value)


def _is_open(line: str) -> bool:
    """Whether an object that begins in a line goes on after it, and may hold an array."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        names = re.findall(r'"([^"\\]*)"\s*:', line)
        return line.count("{") > line.count("}") and not _OF_A_ROW & {*names[:1]}
    return False


def _has_table(value: Any) -> bool:
    """Whether an object holds an array of objects."""
    values: Sequence[Any] = [*value.values()] if isinstance(value, dict) else []
    return any(_has_table(one) or (isinstance(one, list) and one and isinstance(one[0], dict)) for one in values)


JSON: Final = Format(
    "json", recognises=_recognises, read=_read, distinguishes_empty=True, free_fields=True, has_end=True
)
