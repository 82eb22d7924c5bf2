"""Names of the columns of a log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

__all__ = [
    "CHARACTERS",
    "COORDINATES",
    "COUNT_COLUMNS",
    "DELETIONS",
    "ERRORS",
    "EXPOSURES",
    "HITS",
    "HYPOTHESIS",
    "INSERTIONS",
    "LATITUDE",
    "LONGITUDE",
    "REFERENCE",
    "REFERENCE_KIND",
    "RESCORED",
    "RESERVED",
    "SPEAKER",
    "SUBSTITUTIONS",
    "TEXT_COLUMNS",
    "UTTERANCE",
    "UTTERANCES",
    "WORDS",
    "WORDS_AND_CHARACTERS",
    "ZIP_CODE",
    "bins_of",
    "candidate_column",
    "holds_bins",
    "is_copy",
    "names",
    "rescored",
    "system_column",
]

UTTERANCE: Final = "utterance_id"
SPEAKER: Final = "speaker_id"
REFERENCE: Final = "reference"
HYPOTHESIS: Final = "hypothesis"

#: Whether the reference of a row is of a person (``human``) or of a model (``pseudo``).
REFERENCE_KIND: Final = "reference_kind"

LATITUDE: Final = "latitude"
LONGITUDE: Final = "longitude"
ZIP_CODE: Final = "zip_code"
COORDINATES: Final = (LATITUDE, LONGITUDE)

UTTERANCES: Final = "utterances"
ERRORS: Final = "errors"
WORDS: Final = "words"
CHARACTERS: Final = "characters"
WORDS_AND_CHARACTERS: Final = "words_and_characters"
SUBSTITUTIONS: Final = "substitutions"
DELETIONS: Final = "deletions"
INSERTIONS: Final = "insertions"
HITS: Final = "hits"

TEXT_COLUMNS: Final = (REFERENCE, HYPOTHESIS)
#: What errors are counted in, by the unit: words, characters, or words and characters of the scripts without spaces.
EXPOSURES: Final = {"word": WORDS, "char": CHARACTERS, "mixed": WORDS_AND_CHARACTERS}
#: Additive integer columns that a log may have; one of :data:`EXPOSURES` is the exposure.
COUNT_COLUMNS: Final = (UTTERANCES, ERRORS, *EXPOSURES.values(), SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS)
#: Columns that are never used as named attributes of cohorts.
RESERVED: Final = (UTTERANCE, SPEAKER, *TEXT_COLUMNS, *COORDINATES, ZIP_CODE, *COUNT_COLUMNS)


def names(value: Any) -> tuple[Any, ...]:
    """Return names as a tuple. A single name becomes a tuple of one.

    Parameters
    ----------
    value
        A name, several names, or any other object that is not a sequence.

    Examples
    --------
    >>> names("accent"), names(["accent", "gender"])
    (('accent',), ('accent', 'gender'))
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


_BINS: Final = "bins of "


def bins_of(column: str) -> str:
    """Return the name of the bins of a column (:mod:`fairaudit.stats.histograms`). Logs are not expected to use it.

    Examples
    --------
    >>> bins_of("latency_ms"), holds_bins("bins of latency_ms"), holds_bins("latency_ms")
    ('bins of latency_ms', True, False)
    """
    return f"{_BINS}{column}"


def holds_bins(name: str) -> bool:
    """Whether a name is one of :func:`bins_of`."""
    return name.startswith(_BINS)


def candidate_column(column: str) -> str:
    """Return the name of a candidate's counts beside a column of its baseline. Logs are not expected to use such names.

    Examples
    --------
    >>> candidate_column("errors")
    'errors candidate'
    """
    return f"{column} candidate"


def system_column(column: str, system: int) -> str:
    """Return the name of the counts of one of several systems, numbered from 0, whose first has the log's own column.

    Examples
    --------
    >>> system_column("errors", 0), system_column("errors", 2)
    ('errors', 'errors of system 3')
    """
    return f"{column} of system {system + 1}" if system else column


def is_copy(name: str, column: str) -> bool:
    """Whether a name is that of a column's counts under another recogniser, or under the second normaliser.

    Examples
    --------
    >>> [is_copy(name, "errors") for name in ("errors candidate", "errors of system 3", "errors", "errors in loops")]
    [True, True, False, False]
    """
    others = (
        f"(?:{re.escape(candidate_column(column))}|{re.escape(rescored(column))}|{re.escape(column)} of system [0-9]+)"
    )
    return re.fullmatch(others, name) is not None


def rescored(column: str) -> str:
    """Return the name of a column's counts under the second normaliser. Logs are not expected to use such names.

    Examples
    --------
    >>> rescored("errors")
    'errors rescored'
    """
    return f"{column} rescored"


#: Columns that are also counted under the second normaliser. Every built-in rate can be computed from them.
RESCORED: Final = tuple(map(rescored, (ERRORS, *EXPOSURES.values(), SUBSTITUTIONS, DELETIONS, INSERTIONS)))
