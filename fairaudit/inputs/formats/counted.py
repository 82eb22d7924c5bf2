"""What readers of results that other tools counted have in common: counts by utterance, which are not counted again."""

from __future__ import annotations

import re
from typing import Final

from fairaudit.core.columns import DELETIONS, ERRORS, HITS, INSERTIONS, SPEAKER, SUBSTITUTIONS, UTTERANCE, WORDS
from fairaudit.core.errors import InputError
from fairaudit.inputs.opening import OpenedFile

__all__ = ["COLUMNS", "counted", "note_counted", "numbers_in"]

#: Columns of such a file.
COLUMNS: Final = (UTTERANCE, SPEAKER, ERRORS, WORDS, SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS)
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


def note_counted(file: OpenedFile, tool: str) -> None:
    """Say who counted the errors."""
    file.notes.append(f"{file.name}: the errors are those that {tool} counted, not counted again")


def numbers_in(file: OpenedFile, row: int, text: str, n: int) -> list[int]:
    """Read ``n`` counts that are separated by blanks.

    Raises
    ------
    InputError
        If there are not exactly so many.
    """
    cells = text.split()
    if len(cells) != n or not all(map(_NUMBER.fullmatch, cells)):
        raise InputError(f"{file.name}: row {row} must have {n} counts, not {text.strip()!r}")
    return [int(cell) for cell in cells]


def counted(
    name: str, speaker: str | None, *, hits: int, substitutions: int, deletions: int, insertions: int
) -> dict[str, str | None]:
    """Return the cells of an utterance, whose words are hits, substitutions and deletions.

    Examples
    --------
    >>> row = counted("u1", None, hits=2, substitutions=1, deletions=0, insertions=3)
    >>> row["errors"], row["words"], row["speaker_id"]
    ('4', '3', None)
    """
    return {
        UTTERANCE: name,
        SPEAKER: speaker,
        ERRORS: str(substitutions + deletions + insertions),
        WORDS: str(hits + substitutions + deletions),
        SUBSTITUTIONS: str(substitutions),
        DELETIONS: str(deletions),
        INSERTIONS: str(insertions),
        HITS: str(hits),
    }
