"""Read alignments of sclite: ``.pra`` (``-o pralign``) and ``.sgml`` (``-o sgml``), which name the speakers.

The counts of ``.pra`` are in the order hits, substitutions, deletions, insertions, which is not that of Kaldi.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.counted import COLUMNS, counted, note_counted, numbers_in
from fairaudit.inputs.formats.lines import Record, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PRA", "SGML"]

_SPEAKER: Final = re.compile(r"Speaker sentences\s+[0-9]+:\s+(.*?)\s+#utts:\s+([0-9]+)\s*")
_ID: Final = re.compile(r"id:\s+\((.*)\)\s*")
_SCORES: Final = re.compile(r"Scores:\s+(\(.*?\))\s+(.*)")
_ORDER: Final = "(#C #S #D #I)"
_HEADING: Final = "DUMP OF SYSTEM ALIGNMENT STRUCTURE"

_SYSTEM: Final = "<SYSTEM "
_TAG: Final = re.compile(r'<(SPEAKER|PATH)\s+id="([^"]*)"(?:[^>]*?\bword_cnt="([0-9]+)")?[^>]*>')
#: An operation and its two words in quotes. An insertion or deletion has one word.
_PAIR: Final = re.compile(r'([CSDI]),("(?:[^"\\]|\\.)*")?,("(?:[^"\\]|\\.)*")?')


def _read_pra(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    note_counted(file, "sclite")
    yield from batches_of(_pra(file), COLUMNS)


def _pra(file: OpenedFile) -> Iterator[Record]:
    speaker: str | None = None
    name: str | None = None
    left = 0
    for number, line in filled_lines(file):
        if match := _SPEAKER.fullmatch(line):
            _require_all(file, speaker, left)
            speaker, left, name = match[1], int(match[2]), None
        elif match := _ID.fullmatch(line):
            if speaker is None or name is not None:
                raise InputError(
                    f"{file.name}: row {number}: an utterance without a speaker, or without counts before it"
                )
            name = match[1]
        elif match := _SCORES.fullmatch(line):
            if name is None or match[1] != _ORDER:
                raise InputError(f"{file.name}: row {number}: counts must follow an id, in the order {_ORDER}")
            hits, substitutions, deletions, insertions = numbers_in(file, number, match[2], 4)
            yield (
                number,
                counted(
                    name, speaker, hits=hits, substitutions=substitutions, deletions=deletions, insertions=insertions
                ),
            )
            name, left = None, left - 1
    _require_all(file, speaker, left + (name is not None))


def _require_all(file: OpenedFile, speaker: str | None, left: int) -> None:
    """Raise if a speaker has fewer or more utterances than the file says."""
    if left:
        raise InputError(f"{file.name}: {abs(left)} utterances of {speaker!r} are missing or too many; is it cut off?")


def _read_sgml(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    note_counted(file, "sclite")
    yield from batches_of(_sgml(file), COLUMNS)


def _sgml(file: OpenedFile) -> Iterator[Record]:
    """Count the operations of each alignment."""
    speaker: str | None = None
    name, row, expected, pairs = "", 0, -1, list[str]()
    inside = ended = False
    for number, line in filled_lines(file):
        text = line.strip()
        if inside and text != "</PATH>":
            pairs.append(text)
        elif inside:
            inside = False
            yield row, _alignment(file, row, name, speaker, "".join(pairs), expected)
        elif (match := _TAG.fullmatch(text)) and match[1] == "SPEAKER":
            speaker = match[2]
        elif match:
            if speaker is None:
                raise InputError(f"{file.name}: row {number}: an utterance without a speaker")
            name, row, pairs, inside = match[2].removeprefix("(").removesuffix(")"), number, [], True
            expected = int(match[3] or -1)
        elif text.startswith(_SYSTEM) and ended:
            raise InputError(f"{file.name}: row {number}: a second system; give the alignments of one system")
        elif text == "</SYSTEM>":
            ended = True
    if not ended:
        raise InputError(f"{file.name}: the file has no end (</SYSTEM>); it is cut off")


def _alignment(
    file: OpenedFile, row: int, name: str, speaker: str | None, text: str, expected: int
) -> dict[str, str | None]:
    """Count the operations of an alignment. The file says how many there are."""
    ops: Counter[str] = Counter()
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None or text[match.end() : match.end() + 1] not in ("", ":"):
            raise InputError(
                f"{file.name}: row {row}: the alignment of {name!r} cannot be read at {text[at : at + 40]!r}"
            )
        ops[match[1]] += 1
        at = match.end() + 1
    if ops.total() != expected:
        raise InputError(f"{file.name}: row {row}: {name!r} has {ops.total()} operations, not {expected} as it says")
    return counted(name, speaker, hits=ops["C"], substitutions=ops["S"], deletions=ops["D"], insertions=ops["I"])


def _recognises_pra(head: bytes) -> bool:
    lines = first_lines(head, 3)
    return any(_HEADING in line for line in lines) or any(map(_SPEAKER.fullmatch, lines))


def _recognises_sgml(head: bytes) -> bool:
    lines = first_lines(head, 1)
    return bool(lines) and lines[0].startswith(_SYSTEM)


PRA: Final = Format("pra", recognises=_recognises_pra, read=_read_pra, distinguishes_empty=True)
SGML: Final = Format("sgml", recognises=_recognises_sgml, read=_read_sgml, distinguishes_empty=True, has_end=True)
