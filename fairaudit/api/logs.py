"""What the public functions take for a log, and for its rate."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from fairaudit.core.columns import CHARACTERS, WORDS, WORDS_AND_CHARACTERS
from fairaudit.core.derived import MILLION, is_on_demand
from fairaudit.core.errors import InputError, UsageError, setting, suggests
from fairaudit.core.lazy import is_frame
from fairaudit.core.rate import RATES, Rate, columns_of, rate_named
from fairaudit.core.settings import PSEUDO, ScoringDoc, kind_of, options_of, rate_to_read
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.reading import read_log

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LogLike", "log_of", "other_denominator", "rate_of"]

#: The usual rate, by what a log counts.
_USUAL: Final = {WORDS: "wer", CHARACTERS: "cer", WORDS_AND_CHARACTERS: "mer"}

_NO_NEEDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})
#: A log, or what :func:`fairaudit.read_log` reads one from.
LogLike: TypeAlias = "UtteranceLog | pd.DataFrame | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]"


def log_of(
    value: LogLike,
    parameter: str = "log",
    rate: str | Rate | None = None,
    needed: Mapping[str, Sequence[str]] = _NO_NEEDS,
    *,
    scoring: ScoringDoc | None = None,
    wrong_words: bool = False,
    keep_texts: bool = False,
) -> UtteranceLog:
    """Give a log as it is, and read anything else with the default options of :func:`fairaudit.read_log`.

    Parameters
    ----------
    value
        A log, a data frame, a path, or several paths.
    parameter
        Name of the parameter, for the message.
    rate
        The rate whose columns are counted where a log is read.
    needed
        Columns that are needed later, as in :func:`fairaudit.read_log`.
    scoring
        Settings of frozen cohorts, which take the place of the default options.
    wrong_words, keep_texts
        As in :func:`fairaudit.read_log`.

    Raises
    ------
    UsageError
        If it is none of these.

    Examples
    --------
    >>> import pandas as pd
    >>> log_of(pd.DataFrame({"speaker_id": ["a", "b"], "errors": [2, 0], "words": [9, 8]}))
    <UtteranceLog of 2 utterances by 2 speakers: 2 errors in 17 words>
    >>> log_of(3)
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.UsageError: log is a log from fairaudit.read_log, a DataFrame or a path, not int
    """
    if isinstance(value, UtteranceLog):
        return value
    source: pd.DataFrame | str | Path | list[str | Path] | None = None
    if is_frame(value) or isinstance(value, str):
        source = value
    elif isinstance(value, os.PathLike):
        source = Path(value)
    elif isinstance(value, Sequence) and value and all(isinstance(path, str | os.PathLike) for path in value):
        source = [path if isinstance(path, str) else Path(path) for path in value]
    if source is None:
        kind = type(value).__name__
        raise UsageError(f"{parameter} is a log from fairaudit.read_log, a DataFrame or a path, not {kind}")
    try:
        frozen = scoring or {}
        options = {"wrong_words": wrong_words, "keep_texts": keep_texts, **options_of(frozen)}
        return read_log(source, counts=columns_of(rate or rate_to_read(frozen)), needed=needed, **options)
    except InputError as error:
        message = str(error.args[0])
        if not suggests(message, other_than=needed):
            raise
        raise InputError(f"{message}; this is a parameter of fairaudit.read_log") from None


def rate_of(log: UtteranceLog, rate: str | Rate | None) -> Rate:
    """The rate itself, or of that name or formula; by default ``wer``, ``cer`` or ``mer``, by what the log counts.

    If the references are those of a teacher model, its words say so. It is counted in millionths if a column that it
    needs has decimals. A percentile is the number that it is in the log.

    Raises
    ------
    UsageError
        If the log does not count what the rate needs.
    """
    if rate is None and log.exposure is None:
        raise UsageError("this log has no errors, and so no word error rate; it can only give rates of other columns")
    rate = rate_named(rate or _USUAL[log.exposure or WORDS]).at_numbers(log.thresholds)
    counted = {*log.count_columns, *log.derived_columns}
    lacking = [column for column in rate.columns if column not in counted]
    if lacking:
        possible = [r.name for r in RATES.values() if {*r.columns} <= counted]
        hint = (
            f"; read it with counts={lacking}" if {*lacking} <= {*log.columns}
            else f"; read or score the log with {setting('rate', rate.signature)}" if any(map(is_on_demand, lacking))
            else ""
        )  # fmt: skip
        raise UsageError(
            f"rate {rate.name!r} needs {lacking}, which this log does not count; it can give {possible}{hint}"
        )
    rate = rate.against_teacher() if kind_of(log.scoring) == PSEUDO else rate
    return replace(rate, parts=MILLION if any(map(log.has_decimals, rate.columns)) else 1)


def other_denominator(log: UtteranceLog, rate: Rate, where: str, what: str) -> str:
    """Say that the denominator of a rate differs between logs of the same utterances."""
    differs = f"rate {rate.formula} has another denominator in {where}"
    if log.settings.get("alternatives"):
        return (
            f"{differs}; the references list alternatives of different lengths, and {what} that heard different ones "
            "cannot be compared"
        )
    return f"{differs}; {what} are compared on rates over something that they share, such as words"
