"""Read NIST's STM (segment time marks): who said what in a waveform, from when to when.

Source: NIST, SCTK, ``doc/infmts.htm``, format stm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import REFERENCE, SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.kaldi import TEXT
from fairaudit.inputs.formats.lines import COMMENT, TIME, Record, are_timed, batches_of, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["STM", "Segment", "segments_of"]

_LINE: Final = re.compile(rf"\s*(\S+)\s+(\S+)\s+(\S+)\s+({TIME})\s+({TIME})(?:\s+(.*?))?\s*")
_LABELS: Final = re.compile(r"(<[^<>\s]*>)(?:\s+(.*))?", re.DOTALL)
_HEADER: Final = re.compile(r';;\s*(CATEGORY|LABEL)\s+"([^"]*)"\s+"([^"]*)"', re.IGNORECASE)
#: Line breaks in headings of reports.
_BREAKS: Final = re.compile(r"//|\\\\")
#: What is written instead of a transcript that is not scored; sclite does not distinguish case.
_IGNORED: Final = re.compile("IGNORE_?TIME_?SEGMENT_?IN_?SCORING", re.IGNORECASE)
#: What NIST writes in place of a speaker where nobody speaks.
_NOBODY: Final = ("inter_segment_gap", "excluded_region")
_WAVEFORM: Final = "waveform"
_CHANNEL: Final = "channel"
_DURATION: Final = "duration"


@dataclass(frozen=True)
class Segment:
    """A segment of a waveform.

    Attributes
    ----------
    row
        Number of its line.
    waveform, channel
        Where it is.
    speaker
        Who speaks; None where nobody does.
    start, end
        Seconds, as they are written.
    labels
        Labels by position.
    text
        What is said.
    """

    row: int
    waveform: str
    channel: str
    speaker: str | None
    start: str
    end: str
    labels: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """Its id, as an utterance."""
        return f"{self.waveform}-{self.channel}-{self.start}"

    @property
    def is_ignored(self) -> bool:
        """Whether the file says that nothing in this segment is scored."""
        return _IGNORED.search(self.text) is not None

    @property
    def is_scored(self) -> bool:
        """Whether it is an utterance. A gap, in which nobody says anything, is none."""
        return not self.is_ignored and (self.speaker is not None or bool(self.text))


def segments_of(file: OpenedFile) -> list[Segment]:
    """Read all segments of a file, in the order of its lines.

    Raises
    ------
    InputError
        If a line is no segment, or if it is not clear whether it has labels.
    """
    known = {name.casefold() for kind, name, _ in _header(file) if kind == "LABEL"}
    found = []
    doubtful = bare = None
    for number, line in filled_lines(file):
        if line.startswith(COMMENT):
            continue
        match = _LINE.fullmatch(line)
        if match is None or float(match[5]) < float(match[4]):
            raise InputError(
                f"{file.name}: row {number} is no segment; waveform, channel, speaker, start and end in seconds are "
                "needed, and the end is not before the start"
            )
        waveform, channel, speaker, start, end, rest = match.groups()
        labels, text = _labels(file, number, rest or "")
        if labels and len(labels) == 1 and labels[0].casefold() not in known:
            doubtful = doubtful or (number, labels[0])
        elif text and not labels:
            bare = bare or number
        person = None if speaker.casefold() in _NOBODY else speaker
        found.append(Segment(number, waveform, channel, person, start, end, labels, text))
    if doubtful and bare:
        raise InputError(
            f"{file.name}: <{doubtful[1]}> in row {doubtful[0]} may be a label or a word, because row {bare} has no "
            'labels; give every segment labels, or name the label in a line such as ;; LABEL "M" "Male" ""'
        )
    return found


def _labels(file: OpenedFile, number: int, rest: str) -> tuple[tuple[str, ...], str]:
    """Divide what follows the times into labels and text."""
    if not rest.startswith("<"):
        return (), rest
    match = _LABELS.fullmatch(rest)
    if match is None:
        raise InputError(f"{file.name}: row {number}: the labels {rest.split()[0]!r} do not end with '>'")
    return tuple(match[1][1:-1].split(",")), match[2] or ""


def _header(file: OpenedFile) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the id and the heading of the lines that name labels and their categories."""
    for _, line in filled_lines(file):
        if line.startswith(COMMENT) and (match := _HEADER.match(line)):
            yield match[1].upper(), match[2], " ".join(_BREAKS.sub(" ", match[3]).split())


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    segments = segments_of(file)
    header = [*_header(file)]
    columns = _categories(header, max((len(one.labels) for one in segments), default=0))
    headings = _unique({name.casefold(): heading for kind, name, heading in header if kind == "LABEL"})
    ignored = sum(one.is_ignored for one in segments)
    gaps = sum(not one.is_scored for one in segments) - ignored
    for n, why in ((ignored, "the file excludes from scoring"), (gaps, "have no speaker and no words")):
        if n:
            file.notes.append(f"{file.name}: segments that {why} are left out: {n:,} of {len(segments):,}")
    records = (_record(one, columns, headings) for one in segments if one.is_scored)
    yield from batches_of(records, [UTTERANCE, SPEAKER, TEXT, _WAVEFORM, _CHANNEL, _DURATION, *columns])


def _record(segment: Segment, columns: Sequence[str], headings: Mapping[str, str]) -> Record:
    labels = (headings.get(label.casefold(), label) or None for label in segment.labels)
    return segment.row, {
        UTTERANCE: segment.name,
        SPEAKER: segment.speaker,
        TEXT: segment.text,
        _WAVEFORM: segment.waveform,
        _CHANNEL: segment.channel,
        _DURATION: str(Decimal(segment.end) - Decimal(segment.start)),
        **dict(zip(columns, labels, strict=False)),
    }


def _categories(header: Sequence[tuple[str, str, str]], n: int) -> list[str]:
    """Name each position of the labels by its category, or else by its number, which begins at 0."""
    titles = _unique({number: heading for kind, number, heading in header if kind == "CATEGORY"})
    taken = (UTTERANCE, SPEAKER, TEXT, _WAVEFORM, _CHANNEL, _DURATION)
    named = (titles.get(str(i), "") for i in range(n))
    return [f"label_{i}" if not title or title.casefold() in taken else title for i, title in enumerate(named)]


def _unique(headings: Mapping[str, str]) -> dict[str, str]:
    """Leave out headings that are blank, or that several ids share."""
    counts = Counter(heading.casefold() for heading in headings.values())
    return {name: heading for name, heading in headings.items() if heading and counts[heading.casefold()] == 1}


def _recognises(head: bytes) -> bool:
    return are_timed([_LINE.fullmatch(line) for line in first_lines(head) if not line.startswith(COMMENT)], 4)


STM: Final = Format(
    "stm",
    recognises=_recognises,
    read=_read,
    distinguishes_empty=True,
    free_fields=True,
    names={REFERENCE: (TEXT,)},
)
