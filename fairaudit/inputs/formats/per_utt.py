"""Read ``wer_details/per_utt`` of Kaldi: four lines per utterance; the line ``#csid`` has its counts.

They are in the order hits, substitutions, insertions, deletions, which is not that of sclite.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.counted import COLUMNS, counted, note_counted, numbers_in
from fairaudit.inputs.formats.lines import Record, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PER_UTT"]

_LINE: Final = re.compile(r"(\S+)\s+(ref|hyp|op|#csid)(?:\s+(.*))?")
_KINDS: Final = ("ref", "hyp", "op", "#csid")


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    note_counted(file, "Kaldi")
    yield from batches_of(_records(file), [name for name in COLUMNS if name != SPEAKER])


def _records(file: OpenedFile) -> Iterator[Record]:
    name, found = "", dict[str, str]()
    number = 0
    for number, line in filled_lines(file):
        match = _LINE.fullmatch(line)
        wanted = _KINDS[len(found)]
        if match is None or match[2] != wanted or (found and match[1] != name):
            whose = f" of {name!r}" if found else ""
            raise InputError(f"{file.name}: row {number} must be the line {wanted!r}{whose}, after an id")
        name = match[1]
        found[wanted] = match[3] or ""
        if len(found) == len(_KINDS):
            yield number, _counts(file, number, name, found)
            found = {}
    if found:
        raise InputError(f"{file.name}: the lines of {name!r} end after row {number}; the file seems to be cut off")


def _counts(file: OpenedFile, number: int, name: str, found: dict[str, str]) -> dict[str, str | None]:
    """Return the counts of an utterance, which its operations must agree with."""
    hits, substitutions, insertions, deletions = numbers_in(file, number, found["#csid"], 4)
    ops = Counter(found["op"].split())
    if [ops[kind] for kind in "CSID"] != [hits, substitutions, insertions, deletions]:
        raise InputError(
            f"{file.name}: row {number}: the counts of {name!r} are not those of its operations in the line 'op'"
        )
    return counted(name, None, hits=hits, substitutions=substitutions, deletions=deletions, insertions=insertions)


def _recognises(head: bytes) -> bool:
    matches = [_LINE.fullmatch(line) for line in first_lines(head, len(_KINDS))]
    return [match and match[2] for match in matches] == [*_KINDS]


PER_UTT: Final = Format("per_utt", recognises=_recognises, read=_read, distinguishes_empty=True)
