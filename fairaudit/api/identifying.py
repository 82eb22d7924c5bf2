"""Columns that identify persons rather than groups, which are searched only if this is requested explicitly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from fairaudit.core.columns import COORDINATES, SPEAKER, UTTERANCE, ZIP_CODE
from fairaudit.core.errors import UsageError, setting
from fairaudit.inputs.log import UtteranceLog

__all__ = ["MOST_LABELS", "label_columns", "require_groups"]

#: Label columns that are audited without being asked for.
MOST_LABELS: Final = 12

#: Columns that identify persons, recordings or homes, whatever they hold.
_BY_NAME: Final = (SPEAKER, UTTERANCE, *COORDINATES, ZIP_CODE)
#: Fewest speakers of a label, on average, for its column to name groups.
_FEWEST: Final = 2
#: Share of e-mail addresses among the labels of a column from which it counts as one of addresses.
_ADDRESSES: Final = 0.5
_E_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def require_groups(log: UtteranceLog, columns: Iterable[str]) -> None:
    """Refuse columns whose labels identify persons.

    Parameters
    ----------
    log
        The log.
    columns
        Columns whose labels are to be searched. Columns that the log lacks are ignored.

    Raises
    ------
    UsageError
        If a column holds ids, coordinates, zip codes or e-mail addresses, or if it is nearly unique.
    """
    for column, reason in _identifying(log, [column for column in columns if column in log.columns]).items():
        raise UsageError(
            f"the labels of column {column!r} would identify persons, because {reason}; labels of at least 11 "
            f"speakers are written to all outputs. If you want that, say so ({setting('identifying', True)})"
        )


def label_columns(log: UtteranceLog) -> tuple[list[str], dict[str, str]]:
    """Return label columns that are searched without being asked for, and why others are not, by column."""
    columns = log.label_columns[:MOST_LABELS]
    persons = _identifying(log, columns)
    return [column for column in columns if column not in persons], persons


def _identifying(log: UtteranceLog, columns: Iterable[str]) -> dict[str, str]:
    """Return why the labels of some columns identify persons, by column; other columns are left out."""
    person = log.cluster or SPEAKER
    ids = (*_BY_NAME, person)
    labels = log.spellings([column for column in columns if column not in ids])
    most = int(log.tally([person])["utterances"].max()) if labels else 0
    reasons = {column: "it holds ids or places" if column in ids else _why(labels[column]) for column in columns}
    for column, spelled in labels.items():
        # No speaker has more than so many utterances, which bounds the speakers of all labels without another query.
        if not reasons[column] and sum(spelled.values()) < _FEWEST * len(spelled) * most:
            reasons[column] = _few_speakers(log, person, column)
    return {column: reason for column, reason in reasons.items() if reason}


def _why(labels: Mapping[str, int]) -> str | None:
    """Return why labels identify persons by what they look like."""
    addresses = sum(bool(_E_MAIL.match(label)) for label in labels)
    return "they look like e-mail addresses" if labels and addresses >= _ADDRESSES * len(labels) else None


def _few_speakers(log: UtteranceLog, person: str, column: str) -> str | None:
    """Return why labels identify persons by the number of speakers who have them."""
    pairs = log.tally([person, column]).index.dropna()
    distinct = pairs.get_level_values(column).nunique()
    return "most of them belong to a single speaker" if len(pairs) < _FEWEST * distinct else None
