"""Counts that are derived from the counts of each row when a log is read, because a few rows can make much of a rate.

They are additive like all counts. Logs are not expected to use their names; a column of such a name is not used. The
number of rows above a threshold (:mod:`fairaudit.core.threshold`) is such a count as well, named by the threshold.
"""

from __future__ import annotations

from typing import Final

from fairaudit.core.columns import ERRORS, EXPOSURES, UTTERANCES, candidate_column
from fairaudit.core.threshold import Threshold

__all__ = [
    "DERIVED",
    "EMPTY_REFERENCES",
    "ERRORS_IN_EMPTY",
    "HALLUCINATED",
    "IN_ROWS_OF_SEVERAL",
    "LOOP_ERRORS",
    "LOOP_FACTOR",
    "LOOP_NAMES",
    "MILLION",
    "MOSTLY_WRONG",
    "ON_DEMAND",
    "WITHOUT_SPEAKER",
    "WITH_ERRORS",
    "in_loops",
    "is_derived",
    "is_on_demand",
    "millionths",
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

#: Utterances with any error, and those with more errors than half of their reference words.
WITH_ERRORS: Final = "utterances with errors"
MOSTLY_WRONG: Final = "utterances mostly wrong"
#: Insertions in utterances whose reference is empty, and in repetition loops.
HALLUCINATED: Final = "hallucinated words"
#: Counts that are only derived for a rate that needs them.
ON_DEMAND: Final = (WITH_ERRORS, MOSTLY_WRONG, HALLUCINATED)
#: Parts of 1 in which the decimals of further columns are counted, so that their sums are exact.
MILLION: Final = 1_000_000


def millionths(column: str) -> str:
    """Return the name of the decimals of a column of numbers, in millionths; the column itself has the whole part.

    Examples
    --------
    >>> millionths("seconds")
    'millionths of seconds'
    """
    return f"millionths of {column}"


_NAMES: Final = (*LOOP_NAMES, EMPTY_REFERENCES, ERRORS_IN_EMPTY, IN_ROWS_OF_SEVERAL, WITHOUT_SPEAKER, *ON_DEMAND)
#: All derived counts, also those of the candidate in a log of pairs.
DERIVED: Final = (*_NAMES, *map(candidate_column, _NAMES))


def is_on_demand(name: str) -> bool:
    """Whether a name is that of a count that is only derived for a rate that needs it.

    Examples
    --------
    >>> [is_on_demand(name) for name in ("utterances mostly wrong", "latency_ms>800", "errors")]
    [True, True, False]
    """
    return name in ON_DEMAND or Threshold.parse(name) is not None


def is_derived(name: str) -> bool:
    """Whether a name is that of a derived count, also of a candidate in a log of pairs.

    Examples
    --------
    >>> [is_derived(name) for name in ("errors in loops", "latency_ms>800 candidate", "errors")]
    [True, True, False]
    """
    return name in DERIVED or Threshold.parse(name.removesuffix(candidate_column(""))) is not None
