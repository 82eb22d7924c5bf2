"""The names of a log's columns: one word, one meaning, everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

__all__ = [
    "CHARACTERS",
    "COORDINATES",
    "COUNT_COLUMNS",
    "DELETIONS",
    "ERRORS",
    "HITS",
    "HYPOTHESIS",
    "INSERTIONS",
    "LATITUDE",
    "LONGITUDE",
    "REFERENCE",
    "RESCORED",
    "RESERVED",
    "SPEAKER",
    "SUBSTITUTIONS",
    "TEXT_COLUMNS",
    "UTTERANCE",
    "UTTERANCES",
    "WORDS",
    "ZIP_CODE",
    "after",
    "names",
    "rescored",
]

UTTERANCE: Final = "utterance_id"
SPEAKER: Final = "speaker_id"
REFERENCE: Final = "reference"
HYPOTHESIS: Final = "hypothesis"

LATITUDE: Final = "latitude"
LONGITUDE: Final = "longitude"
ZIP_CODE: Final = "zip_code"
COORDINATES: Final = (LATITUDE, LONGITUDE)

UTTERANCES: Final = "utterances"
ERRORS: Final = "errors"
WORDS: Final = "words"
CHARACTERS: Final = "characters"
SUBSTITUTIONS: Final = "substitutions"
DELETIONS: Final = "deletions"
INSERTIONS: Final = "insertions"
HITS: Final = "hits"

TEXT_COLUMNS: Final = (REFERENCE, HYPOTHESIS)
#: Additive integer columns that a log may carry; ``words`` or ``characters`` is the exposure.
COUNT_COLUMNS: Final = (UTTERANCES, ERRORS, WORDS, CHARACTERS, SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS)
#: Names that never are a named attribute of a cohort.
RESERVED: Final = (UTTERANCE, SPEAKER, *TEXT_COLUMNS, *COORDINATES, ZIP_CODE, *COUNT_COLUMNS)


def names(value: Any) -> tuple[Any, ...]:
    """Take one name for a sequence of one; every parameter that holds names calls it.

    Parameters
    ----------
    value
        A name, several names, or anything else that is not a sequence, which counts as one.

    Examples
    --------
    >>> names("accent"), names(["accent", "gender"])
    (('accent',), ('accent', 'gender'))
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


def after(column: str) -> str:
    """Name the counts that a candidate has beside a column of its baseline; no log is expected to have such a name.

    Examples
    --------
    >>> after("errors")
    'errors after'
    """
    return f"{column} after"


def rescored(column: str) -> str:
    """Name the counts that a log has again under its second normaliser; no log is expected to have such a name.

    Examples
    --------
    >>> rescored("errors")
    'errors rescored'
    """
    return f"{column} rescored"


#: What is counted again; every rate can be made of it.
RESCORED: Final = tuple(map(rescored, (ERRORS, WORDS, CHARACTERS, SUBSTITUTIONS, DELETIONS, INSERTIONS)))
