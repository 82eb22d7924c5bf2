"""Read Kaldi's files of one line per id: ``text``, and maps such as ``utt2spk`` and ``spk2gender``.

They have no header. An id and a blank or tab are followed by the text, which may be empty. A map is known by its name,
which says what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import REFERENCE, SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format, check_names
from fairaudit.inputs.formats.lines import Record, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KALDI", "TEXT", "is_map"]

#: Column with the text of a file that holds one text per utterance.
TEXT: Final = "text"
_MAP: Final = re.compile(r"(utt|spk)2(\w+?)(?:\.(?:txt|gz|zst))*")
_IDS: Final = {"utt": UTTERANCE, "spk": SPEAKER}
#: Characters that separate the cells of tables, and do not occur in ids of Kaldi.
_SEPARATORS: Final = re.compile(r'[,;|"{}\[\]<>]')


def is_map(name: str) -> bool:
    """Whether a file is one of Kaldi's maps, by its name.

    Examples
    --------
    >>> is_map("utt2spk"), is_map("spk2gender"), is_map("text")
    (True, True, False)
    """
    return _MAP.fullmatch(name) is not None


def _columns(name: str) -> tuple[str, str]:
    """Return the names of the ids and of the values in a file."""
    match = _MAP.fullmatch(name)
    if match is None:
        return UTTERANCE, TEXT
    key, value = match.groups()
    if value in ("utt", "spk") and (key, value) != ("utt", "spk"):
        raise InputError(f"{name}: this file lists several ids in a line; give utt2spk, which has a line per utterance")
    return _IDS[key], _IDS.get(value, value)


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    key, value = _columns(file.name)
    check_names(file.name, [key, value])
    if is_map(file.name):
        file.notes.append(f"{file.name}: read as {key} and {value}, by its name")
    yield from batches_of(_records(file, key, value), [key, value])


def _records(file: OpenedFile, key: str, value: str) -> Iterator[Record]:
    for number, line in filled_lines(file):
        if line[0].isspace():
            raise InputError(f"{file.name}: row {number} begins with a blank, where an id is needed")
        name, *rest = line.split(None, 1)
        text = rest[0].strip() if rest else ""
        if not text and value != TEXT:
            raise InputError(f"{file.name}: row {number} has an id, but nothing after it")
        if value in (SPEAKER, UTTERANCE) and len(text.split()) > 1:
            raise InputError(f"{file.name}: row {number} has {len(text.split()) + 1} words, but an id has no blanks")
        yield number, {key: name, value: text}


def _recognises(head: bytes) -> bool:
    """Whether each line is an id and a text: ids are different, and no table has such a first line."""
    lines = [line.split(None, 1) for line in first_lines(head) if not line[0].isspace()]
    if len(lines) < len(first_lines(head)) or not lines:
        return False
    ids = [line[0] for line in lines]
    if len({*ids}) < len(ids) or any(map(_SEPARATORS.search, ids)) or max(map(len, lines)) < 2:
        return False
    tabs = [line for line in first_lines(head) if "\t" in line]
    if len(tabs) < len(lines):
        return not tabs
    return all(line.count("\t") == 1 for line in tabs) and len(tabs[0].split("\t")[1].split()) > 1


KALDI: Final = Format("kaldi", recognises=_recognises, read=_read, distinguishes_empty=True, names={REFERENCE: (TEXT,)})
