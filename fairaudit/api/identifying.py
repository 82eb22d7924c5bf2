"""Columns that identify persons rather than groups, which are searched only if this is requested explicitly."""

from __future__ import annotations

from collections.abc import Iterable
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
_E_MAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


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
    for column in columns:
        if column in log.columns and (why := _why_identifying(log, column)):
            raise UsageError(
                f"the labels of column {column!r} would identify persons, because {why}; labels of at least 11 "
                f"speakers are written to all outputs. If you want that, say so ({setting('identifying', True)})"
            )


def _why_identifying(log: UtteranceLog, column: str) -> str | None:
    """Return why the labels of a column identify persons, or None if they do not."""
    if column in (*_BY_NAME, log.cluster):
        return "it holds ids or places"
    pairs = log.tally([log.cluster or SPEAKER, column]).index.dropna()
    labels = pairs.get_level_values(column)
    distinct = labels.unique()
    if len(distinct) and distinct.astype(str).str.match(_E_MAIL).mean() >= _ADDRESSES:
        return "they look like e-mail addresses"
    if len(pairs) < _FEWEST * len(distinct):
        return "most of them belong to a single speaker"
    return None


def label_columns(log: UtteranceLog) -> tuple[list[str], list[str]]:
    """Label columns that are searched without being asked for, and those that name persons rather than groups."""
    groups: list[str] = []
    persons: list[str] = []
    sampling_unit = log.cluster or SPEAKER
    for column in log.label_columns[:MOST_LABELS]:
        pairs = log.tally([sampling_unit, column]).index.dropna()
        labels, speakers = (pairs.get_level_values(level).nunique() for level in (column, sampling_unit))
        (persons if labels > speakers / 2 else groups).append(column)
    return groups, persons
