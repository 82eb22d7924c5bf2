"""Sort the numbers in a column of a log into bins, so that they can be summed as histograms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from fairaudit.core.columns import UTTERANCES, bins_of
from fairaudit.core.errors import InputError, setting
from fairaudit.core.quantiles import QUANTILES
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.numbers import Numbers
from fairaudit.stats.histograms import GROWTH, LABEL, SHIFT

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["with_bins"]


def with_bins(log: UtteranceLog, columns: Iterable[str], *, may_lack: bool = False) -> UtteranceLog:
    """Add to a log the bin (:mod:`fairaudit.stats.histograms`) of the number in each of some columns.

    Parameters
    ----------
    log
        A log with a row for each utterance, or a tally that has the bins already.
    columns
        Columns of numbers.
    may_lack
        Whether a column may be missing or hold no number, as in a part of a log.

    Returns
    -------
    UtteranceLog
        The log with one more column for each, which is missing where there is no number.

    Raises
    ------
    InputError
        If a tally lacks the bins, a row sums up several utterances, the log lacks a column, or a column holds no
        numbers.
    """
    for column in columns:
        name = bins_of(column)
        if may_lack and column not in (*log.columns, *log.count_columns):
            continue
        if name in log.columns:
            _require_bins(log, name)
            continue
        if log.is_tally:
            raise InputError(
                f"{log.name}: a tally has no utterances, so that quantiles of {column!r} cannot be found; give the "
                f"log, or make the tally again with its bins ({setting(QUANTILES, column)})"
            )
        numbers = Numbers.of(log, column)
        known, most = log._engine.rows(
            f"SELECT bool_or({numbers.sql} IS NOT NULL), max({identifier(UTTERANCES)}) FROM {identifier(log._relation)}"
        )[0]
        if not known and not may_lack:
            raise InputError(f"{log.name}: column {column!r} holds no numbers, so that it has no quantiles")
        if (most or 0) > 1:
            raise InputError(f"{log.name}: quantiles of {column!r} need rows of one utterance, but some sum up several")
        x = numbers.value
        code = f"CAST(sign({x}) * ({SHIFT} + ceil(ln(abs({x})) / {math.log(GROWTH)!r})) AS BIGINT)"
        code = f"CASE WHEN {x} = 0 THEN 0 WHEN {x} IS NOT NULL THEN {code} END"
        relation = f"{log._relation}, {name}"
        log._engine.view(
            relation,
            f"SELECT *, {literal(LABEL)} || {code} AS {identifier(name)} FROM {identifier(log._relation)}",
        )
        log = replace(log, columns=(*log.columns, name), _relation=relation)
    return log


def _require_bins(log: UtteranceLog, name: str) -> None:
    """Raise if a column with the name of bins is another one."""
    label = f"regexp_full_match({identifier(name)}, {literal(f'{LABEL}-?[0-9]{{1,6}}')})"
    wrong = log._engine.rows(f"SELECT count(*) FROM {identifier(log._relation)} WHERE NOT {label}")[0][0]
    if wrong or not log.is_tally:
        raise InputError(f"{log.name}: fairaudit itself uses the name of column {name!r}; rename the column")
