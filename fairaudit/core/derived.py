"""Counts that are derived from the counts of each row when a log is read, because a few rows can make much of a rate.

They are additive like all counts. Logs are not expected to use their names; a column of such a name is not used.
"""

from __future__ import annotations

from typing import Final

from fairaudit.core.columns import ERRORS, EXPOSURES, UTTERANCES, candidate_column

__all__ = [
    "DERIVED",
    "EMPTY_REFERENCES",
    "ERRORS_IN_EMPTY",
    "IN_ROWS_OF_SEVERAL",
    "LOOP_ERRORS",
    "LOOP_FACTOR",
    "LOOP_NAMES",
    "WITHOUT_SPEAKER",
    "in_loops",
]

#: A repetition loop is an utterance with more than this many times as many errors as reference words ...
LOOP_FACTOR: Final = 2
#: ... and more than this many errors, so that short utterances are none.
LOOP_ERRORS: Final = 20


def in_loops(column: str) -> str:
    """Return the name of a count over repetition loops only.

    Examples
    --------
    >>> in_loops("errors")
    'errors in loops'
    """
    return f"{column} in loops"


#: Names of :func:`in_loops`.
LOOP_NAMES: Final = tuple(map(in_loops, (UTTERANCES, ERRORS, *EXPOSURES.values())))
#: Utterances whose reference is empty, and their errors, which are insertions.
EMPTY_REFERENCES: Final = "empty references"
ERRORS_IN_EMPTY: Final = "errors in empty references"
#: Utterances in rows that sum up several, so that none can be called a loop.
IN_ROWS_OF_SEVERAL: Final = "utterances in rows of several"
#: Rows that count as a speaker of their own, because their speaker is unknown.
WITHOUT_SPEAKER: Final = "rows without a speaker"

_NAMES: Final = (*LOOP_NAMES, EMPTY_REFERENCES, ERRORS_IN_EMPTY, IN_ROWS_OF_SEVERAL, WITHOUT_SPEAKER)
#: All derived counts, also those of the candidate in a log of pairs.
DERIVED: Final = (*_NAMES, *map(candidate_column, _NAMES))
