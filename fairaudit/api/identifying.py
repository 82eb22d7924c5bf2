"""Columns that identify persons rather than groups, which are searched only if this is requested explicitly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Final

from fairaudit.core.columns import COORDINATES, SPEAKER, UTTERANCE, ZIP_CODE
from fairaudit.core.errors import UsageError, setting
from fairaudit.inputs.log import UtteranceLog

__all__ = ["MOST_LABELS", "WhyIdentifying", "label_columns", "require_groups", "why_identifying"]

#: Label columns that are audited without being asked for.
MOST_LABELS: Final = 12

#: Columns that identify persons, recordings or homes, whatever they hold.
_BY_NAME: Final = (SPEAKER, UTTERANCE, *COORDINATES, ZIP_CODE)
#: Fewest speakers of a label, on average, for its column to name groups.
_FEWEST: Final = 2
#: Share of e-mail addresses among the labels of a column from which it counts as one of addresses.
_ADDRESSES: Final = 0.5
_E_MAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

#: Why the labels of a column identify persons; None if they do not.
WhyIdentifying = Callable[[str], str | None]


def why_identifying(log: UtteranceLog) -> WhyIdentifying:
    """Return the rule that decides which columns of a log identify persons; it counts the labels of a column once."""
    return cache(partial(_why, log))


def require_groups(log: UtteranceLog, columns: Iterable[str], why: WhyIdentifying) -> None:
    """Refuse columns whose labels identify persons.

    Parameters
    ----------
    log
        The log.
    columns
        Columns whose labels are to be searched. Columns that the log lacks are ignored.
    why
        The rule of :func:`why_identifying`.

    Raises
    ------
    UsageError
        If a column holds ids, coordinates, zip codes or e-mail addresses, or if it is nearly unique.
    """
    for column in columns:
        if column in log.columns and (reason := why(column)):
            raise UsageError(
                f"the labels of column {column!r} would identify persons, because {reason}; labels of at least 11 "
                f"speakers are written to all outputs. If you want that, say so ({setting('identifying', True)})"
            )


def _why(log: UtteranceLog, column: str) -> str | None:
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


def label_columns(log: UtteranceLog, why: WhyIdentifying) -> tuple[list[str], dict[str, str]]:
    """Return label columns that are searched without being asked for, and why others are not, by column."""
    columns = log.label_columns[:MOST_LABELS]
    persons = {column: reason for column in columns if (reason := why(column))}
    return [column for column in columns if column not in persons], persons
