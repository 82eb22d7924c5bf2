"""Count the rows of a log whose number in a column is above a threshold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import COUNT_COLUMNS, UTTERANCES
from fairaudit.core.errors import InputError, setting
from fairaudit.core.threshold import Threshold
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.bands import round_number
from fairaudit.inputs.numbers import Numbers
from fairaudit.inputs.rules import DIGITS, RowCheck, Rules, holds, no_number, number

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["add_thresholds", "refuse_percentiles", "threshold_rules", "with_thresholds"]

#: How far a threshold may be from its percentile, as a share of the smaller part of the rows, so that it can be a round
#: number.
_SLACK: Final = 0.02


def threshold_rules(types: Mapping[str, str], thresholds: Sequence[Threshold], counts: Collection[str]) -> Rules:
    """Return the checks for columns that are compared with thresholds: they must hold a finite number in every row.

    Parameters
    ----------
    types
        SQL type of each column of the raw relation.
    thresholds
        The thresholds.
    counts
        Columns that are summed as well, and so are checked as counts.
    """
    checks: list[RowCheck] = []
    for name in dict.fromkeys(one.column for one in thresholds if one.column not in (*COUNT_COLUMNS, *counts)):
        if name not in types:  # in a part of a log whose rows may lack columns
            checks.append(RowCheck("missing_number", name, "true"))
            continue
        value = number(name, types[name])
        checks += [
            RowCheck("missing_number", name, f"{value} IS NULL AND NOT {holds(no_number(name, types[name]))}"),
            RowCheck("not_a_number", name, no_number(name, types[name]), DIGITS),
            RowCheck("not_finite", name, f"NOT isfinite({value})"),
        ]
    return Rules(checks=tuple(checks))


def with_thresholds(log: UtteranceLog, thresholds: Sequence[Threshold]) -> UtteranceLog:
    """Add to a log a derived column for each threshold, which is 1 in the rows above it, and else 0.

    Parameters
    ----------
    log
        A log with a row for each utterance. Rows without a number were quarantined.
    thresholds
        The thresholds. A percentile becomes a round number close to it, which a note of the log names.

    Raises
    ------
    InputError
        If the log has a column with the name of a threshold, or if no row is above a percentile.
    """
    for one in thresholds:
        numbers = Numbers.of(log, one.column)
        exact = _at_percentile(log, one, numbers) if one.is_percentile else one
        name = str(exact)
        if one.is_percentile:
            log = _noting(log, one, exact, numbers)
        if name in log.derived_columns:
            continue
        if taken := [column for column in (*log.columns, *log.count_columns) if column.casefold() == name.casefold()]:
            raise InputError(
                f"{log.name}: the name of column {taken[0]!r} also means the rows with {one.column!r} above "
                f"{exact.value}; read it under another name ({setting('columns', {'NAME': taken[0]})})"
            )
        relation = f"{log._relation}, {name}"
        above = f"CAST({holds(numbers.above(exact.number))} AS BIGINT) AS {identifier(name)}"
        log._engine.view(relation, f"SELECT *, {above} FROM {identifier(log._relation)}")
        log = replace(log, derived_columns=(*log.derived_columns, name), _relation=relation)
    return log


def add_thresholds(log: UtteranceLog, thresholds: Sequence[Threshold]) -> UtteranceLog:
    """Add thresholds to a log that was read from a file of counts, unless the file has them.

    Raises
    ------
    InputError
        If only the sums of the log are there, a row sums up several utterances, or a row has no number in the column of
        a threshold.
    """
    for one in thresholds:
        if str(one) in log.derived_columns:
            continue
        again = f"make it again from the log with such a rate, NAME={one}/utterances"
        if log.is_tally:
            counted = [name for name in log.derived_columns if Threshold.parse(name) is not None]
            raise InputError(
                f"{log.name}: a tally has no utterances to compare with a threshold, so that it cannot count "
                f"{str(one)!r}; it counts {counted or 'no threshold'}; {again}"
            )
        numbers = Numbers.of(log, one.column)
        predicates = (f"{numbers.sql} IS NULL", f"{identifier(UTTERANCES)} > 1")
        counts = ", ".join(f"count(*) FILTER (WHERE {predicate})" for predicate in predicates)
        without, several = log._engine.rows(f"SELECT {counts} FROM {identifier(log._relation)}")[0]
        if several:
            raise InputError(
                f"{log.name}: {one} can only be counted in rows of one utterance; {several:,} sum up several"
            )
        if without:
            raise InputError(f"{log.name}: {without:,} of its rows have no number in {one.column!r}; {again}")
        log = with_thresholds(log, [one])
    return log


def refuse_percentiles(where: str, thresholds: Sequence[Threshold]) -> None:
    """Refuse percentiles of a log that is read in parts, because they depend on every row.

    Raises
    ------
    InputError
        If there is one.
    """
    for one in thresholds:
        if one.is_percentile:
            raise InputError(
                f"{where}: the percentile {one} depends on every row, so that it cannot be found in parts of a log; "
                f"give a number, such as {one.column}>800"
            )


def _at_percentile(log: UtteranceLog, threshold: Threshold, numbers: Numbers) -> Threshold:
    """Return the shortest number that about the right share of the rows is above, and at least one row.

    Every utterance counts once, as in the rate itself.
    """
    share = float(threshold.number / 100)
    slack = _SLACK * min(share, 1 - share)
    source = f"(SELECT {numbers.value} AS x FROM {identifier(log._relation)}) WHERE x IS NOT NULL"
    shares = ", ".join(repr(share + shift * slack) for shift in (-1, 0, 1))
    quantiles = log._engine.rows(f"SELECT quantile_disc(x, [{shares}]) FROM {source}")[0][0]
    if quantiles is None:
        raise InputError(f"{log.name}: column {threshold.column!r} holds no numbers, so {threshold} has none")
    low, middle, high = quantiles
    if low == high:
        high = log._engine.rows(f"SELECT min(x) FROM {source} AND x > {low!r}")[0][0]
    if high is None:
        raise InputError(
            f"{log.name}: no number in {threshold.column!r} is above {threshold.value} % of them, because so many are "
            f"equal to the largest ({low:g}); choose a lower percentile, or a number below it"
        )
    return threshold.at(-round_number(-high, -low, -middle))


def _noting(log: UtteranceLog, threshold: Threshold, exact: Threshold, numbers: Numbers) -> UtteranceLog:
    """Say in a log which number a percentile is, and how many rows are above it."""
    rows, above = log._engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE {numbers.above(exact.number)}) FROM {identifier(log._relation)}"
    )[0]
    note = (
        f"{threshold} is {exact}: {above:,} of {rows:,} utterances ({100 * above / rows:.1f} %) are above. Use {exact} "
        "for other logs that are compared with this one."
    )
    notes = (*log.quality.notes, note)
    return replace(
        log,
        quality=replace(log.quality, notes=notes),
        thresholds={**log.thresholds, str(threshold): str(exact)},
        _findings=replace(log._findings, notes=(*log._findings.notes, note)),
    )
