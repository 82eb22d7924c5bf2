"""Read NIST's CTM (time-marked words), the hypotheses for the segments of an STM. It is no log of its own.

Source: NIST, SCTK, ``doc/infmts.htm``, format ctm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from fairaudit.core.errors import InputError
from fairaudit.inputs.formats.lines import COMMENT, TIME, are_timed, filled_lines, first_lines
from fairaudit.inputs.opening import OpenedFile

__all__ = ["Word", "is_ctm", "words_of"]

_LINE: Final = re.compile(rf"\s*(\S+)\s+(\S+)\s+({TIME})\s+({TIME})\s+(\S+)(?:\s+(\S+))?\s*")
_CONFIDENCE: Final = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|NA|nan|-?inf", re.IGNORECASE)
_ALTERNATIVE: Final = re.compile("<ALT(?:_BEGIN|_END)?>", re.IGNORECASE)


class Word(NamedTuple):
    """A word, where it is, and when it begins and how long it lasts, in seconds."""

    row: int
    waveform: str
    channel: str
    start: float
    duration: float
    text: str


def words_of(file: OpenedFile) -> Iterator[Word]:
    """Read the words of a file, in the order of its lines.

    Raises
    ------
    InputError
        If a line is no word, or if words list alternatives or have tags.
    """
    for number, line in filled_lines(file):
        if line.startswith(COMMENT):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            if mark := _mark_in(line):
                raise InputError(f"{file.name}: row {number} lists alternatives ({mark}); a hypothesis has one text")
            raise InputError(
                f"{file.name}: row {number} is no word; waveform, channel, start and duration in seconds and the word "
                "are needed, and a confidence may follow"
            )
        waveform, channel, start, duration, text, _ = match.groups()
        if ";" in text:
            raise InputError(f"{file.name}: row {number}: the word {text!r} has tags; give the words alone")
        yield Word(number, waveform, channel, float(start), float(duration), text)


def is_ctm(head: bytes) -> bool:
    r"""Whether the first line is a word with its time, and so are most others.

    Examples
    --------
    >>> is_ctm(b"sw1 A 11.34 0.2 yes -6.76\n"), is_ctm(b"sw1 A ann 1.0 2.0 yes\n")
    (True, False)
    """
    lines = [line for line in first_lines(head) if not line.startswith(COMMENT) and not _mark_in(line)]
    return are_timed([*map(_word_in, lines)], 3)


def _mark_in(line: str) -> str | None:
    """Return the mark with which a line begins, divides or ends alternatives."""
    cells = line.split()
    return cells[4] if len(cells) > 4 and _ALTERNATIVE.fullmatch(cells[4]) else None


def _word_in(line: str) -> re.Match[str] | None:
    """Return the match of a line that is a word; what may follow it is a confidence."""
    match = _LINE.fullmatch(line)
    return match if match and (match[6] is None or _CONFIDENCE.fullmatch(match[6])) else None
