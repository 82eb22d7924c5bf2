"""Read transcripts of sclite (``.trn``): a text and the id of its utterance in parentheses per line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import REFERENCE, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.kaldi import TEXT
from fairaudit.inputs.formats.lines import COMMENT, Record, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TRN", "speaker_in"]

_LINE: Final = re.compile(r"(.*?)\s*\(([^()\s]+)\)\s*")
#: What the user writes to read the speaker from an id (``--column speaker_id=id.speaker``).
_SPEAKER: Final = "id.speaker"


def speaker_in(name: str) -> str | None:
    """Return the speaker in an id as sclite reads it (``-i spu_id``): what is before the first hyphen, or underscore.

    Examples
    --------
    >>> speaker_in("spk_2-utt-3"), speaker_in("spk_utt"), speaker_in("utt")
    ('spk_2', 'spk', None)
    """
    before, separator, _ = name.partition("-" if "-" in name else "_")
    return before if separator and before else None


def _read(file: OpenedFile, _engine: EmbeddedEngine, wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    speaker = [_SPEAKER] if _SPEAKER in wanted else []
    yield from batches_of(_records(file, speaker), [UTTERANCE, TEXT, *speaker])


def _records(file: OpenedFile, speaker: Collection[str]) -> Iterator[Record]:
    for number, line in filled_lines(file):
        if line.startswith(COMMENT):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            cut = "" if file.ends_in_newline else " (is the file cut off?)"
            raise InputError(f"{file.name}: row {number} does not end with an id in parentheses{cut}")
        text, name = match.groups()
        yield number, {UTTERANCE: name, TEXT: text.strip(), **{column: speaker_in(name) for column in speaker}}


def _recognises(head: bytes) -> bool:
    """Whether the first line and most others end with an id; a table has a header, which does not."""
    lines = [_LINE.fullmatch(line) for line in first_lines(head) if not line.startswith(COMMENT)]
    return bool(lines) and lines[0] is not None and lines.count(None) < 0.1 * len(lines)


TRN: Final = Format("trn", recognises=_recognises, read=_read, distinguishes_empty=True, names={REFERENCE: (TEXT,)})
