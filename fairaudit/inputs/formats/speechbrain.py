"""Read ``wer_*.txt`` of SpeechBrain: a summary, and a line of counts and an alignment per utterance."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.counted import COLUMNS, counted, note_counted
from fairaudit.inputs.formats.lines import Record, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SPEECHBRAIN"]

_COUNTS: Final = r"%WER\s+\S+ \[ ([0-9]+) / ([0-9]+), ([0-9]+) ins, ([0-9]+) del, ([0-9]+) sub \](?: \[PARTIAL\])?"
_SUMMARY: Final = re.compile(_COUNTS)
_UTTERANCE: Final = re.compile(rf"(\S.*), {_COUNTS}")
_SCORED: Final = re.compile(r"Scored ([0-9]+) sentences, ([0-9]+) not present in hyp\.")


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    note_counted(file, "SpeechBrain")
    yield from batches_of(_records(file), [name for name in COLUMNS if name != SPEAKER])


def _records(file: OpenedFile) -> Iterator[Record]:
    """Yield utterances, whose number and errors must be those of the summary."""
    expected: int | None = None
    total: int | None = None
    rows = errors = 0
    for number, line in filled_lines(file):
        if (match := _SUMMARY.fullmatch(line)) and total is None:
            total = int(match[1])
        elif match := _SCORED.fullmatch(line):
            expected = int(match[1])
            if int(match[2]):
                file.notes.append(f"{file.name}: {int(match[2]):,} utterances had no hypothesis when they were scored")
        elif match := _UTTERANCE.fullmatch(line):
            wrong, words, insertions, deletions, substitutions = map(int, match.groups()[1:])
            hits = words - substitutions - deletions
            if wrong != insertions + deletions + substitutions or hits < 0:
                raise InputError(f"{file.name}: row {number}: the counts of {match[1]!r} contradict each other")
            rows, errors = rows + 1, errors + wrong
            yield (
                number,
                counted(
                    match[1], None, hits=hits, substitutions=substitutions, deletions=deletions, insertions=insertions
                ),
            )
    if expected is None or total is None:
        raise InputError(f"{file.name}: the summary lacks its line of errors or of scored sentences")
    if rows != expected or errors != total:
        raise InputError(
            f"{file.name}: {rows:,} utterances with {errors:,} errors follow, but the summary has {expected:,} with "
            f"{total:,}; is the file cut off?"
        )


def _recognises(head: bytes) -> bool:
    lines = first_lines(head, 3)
    return bool(lines) and _SUMMARY.fullmatch(lines[0]) is not None


SPEECHBRAIN: Final = Format("speechbrain", recognises=_recognises, read=_read, distinguishes_empty=True)
