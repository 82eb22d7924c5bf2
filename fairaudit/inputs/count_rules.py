"""The rules for counts, and for further columns of numbers, in SQL (:mod:`fairaudit.inputs.rules`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from fairaudit.core.columns import (
    COUNT_COLUMNS,
    DELETIONS,
    ERRORS,
    HITS,
    INSERTIONS,
    SUBSTITUTIONS,
    UTTERANCES,
)
from fairaudit.core.derived import (
    EMPTY_REFERENCES,
    ERRORS_IN_EMPTY,
    HALLUCINATED,
    IN_ROWS_OF_SEVERAL,
    LOOP_ERRORS,
    LOOP_FACTOR,
    MILLION,
    MOSTLY_WRONG,
    WITH_ERRORS,
    in_loops,
    millionths,
)
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import DIGITS, INTEGERS, RowCheck, Rules, holds, no_number, number

__all__ = ["ROUNDED", "count_rules"]

_WHOLE: Final = "errors and what they are counted in must be whole numbers"
_SMALLER: Final = "numbers with decimals are kept to the sixth, which is exact below 2 ** 32; use a larger unit"
#: Larger integers are not exact in floating point, and millionths of larger numbers are not.
_EXACT: Final = 2**53
_EXACT_DECIMALS: Final = 2**32
#: Values with more decimals than are kept.
ROUNDED: Final = "decimals_rounded"


def count_rules(
    types: Mapping[str, str], exposure: str | None, further: Collection[str] = (), asked: Collection[str] = ()
) -> Rules:
    """Return the rules for counts, which must be finite, non-negative and consistent.

    Only the further columns may have decimals. The whole part of a number and its decimals, in millionths, are two
    columns of whole numbers, so that their sums are exact.

    Parameters
    ----------
    types
        SQL type of each column of the raw relation.
    exposure
        One of :data:`~fairaudit.core.columns.EXPOSURES`, what errors are counted in; None if there are none.
    further
        Columns that the user declared to be counts.
    asked
        Names of counts that a rate needs (:func:`fairaudit.core.derived.is_on_demand`).
    """
    decimal = [name for name in further if name in types]
    given = [*(name for name in COUNT_COLUMNS if name in types), *decimal]
    numbers = {name: number(name, types[name]) for name in given}
    values = {name: f"TRY_CAST({numbers[name]} AS BIGINT)" for name in given}
    values |= {name: f"TRY_CAST(floor({numbers[name]}) AS BIGINT)" for name in decimal}
    values |= {millionths(name): _decimals(numbers[name]) for name in decimal}
    values.setdefault(UTTERANCES, "CAST(1 AS BIGINT)")
    rules = Rules(
        values, tuple(check for name in given for check in _count_checks(name, types[name], whole=name not in decimal))
    )
    if exposure is not None:
        rules += _error_rules(numbers, values, exposure, asked)
    if asked and UTTERANCES in numbers:
        several = RowCheck(
            "several_utterances", UTTERANCES, f"{numbers[UTTERANCES]} > 1",
            f"{' and '.join(asked)} can only be counted in rows of one utterance", fatal=0.0, single=False,
        )  # fmt: skip
        rules += Rules(checks=(several,))
    if decimal:
        rules += Rules(coercions={ROUNDED: " OR ".join(_has_more_decimals(numbers[name]) for name in decimal)})
    return rules


def _error_rules(numbers: Mapping[str, str], given: Mapping[str, str], exposure: str, asked: Collection[str]) -> Rules:
    """Return the rules for errors and what they are counted in, given SQL for the numbers and values of columns."""
    values, checks = {**given}, []
    s, d, i, h, w, e = (  # in floating point, so that sums cannot overflow
        f"CAST({numbers.get(name, 'NULL')} AS DOUBLE)"
        for name in (SUBSTITUTIONS, DELETIONS, INSERTIONS, HITS, exposure, ERRORS)
    )
    if numbers.keys() >= {SUBSTITUTIONS, DELETIONS, INSERTIONS}:
        checks.append(RowCheck("counts_disagree", ERRORS, f"{s} + {d} + {i} <> {e}", "S + D + I must be the errors"))
        values.setdefault(ERRORS, f"{values[SUBSTITUTIONS]} + {values[DELETIONS]} + {values[INSERTIONS]}")
    if numbers.keys() >= {SUBSTITUTIONS, DELETIONS}:
        disagree = f"{s} + {d} + {h} <> {w}" if HITS in numbers else f"{s} + {d} > {w}"
        checks.append(RowCheck("counts_disagree", exposure, disagree, f"S + D + H must be the {exposure}"))
        values.setdefault(HITS, f"{values[exposure]} - {values[SUBSTITUTIONS]} - {values[DELETIONS]}")
    derived = _derived(exposure, several=UTTERANCES in numbers)
    wanted = _on_demand(exposure, insertions=INSERTIONS in values)
    derived |= {name: wanted[name] for name in asked if name in wanted}
    return Rules(values, tuple(checks), {"empty_references": f"{numbers[exposure]} = 0"}, derived)


def _derived(exposure: str, *, several: bool) -> dict[str, str]:
    """Return SQL for :mod:`fairaudit.core.derived` over the values of a row, which may sum up several utterances."""
    n, e, w = map(identifier, (UTTERANCES, ERRORS, exposure))
    loop = _is_loop(exposure) + (f" AND {n} = 1" if several else "")
    sums = {in_loops(name): (loop, identifier(name)) for name in (UTTERANCES, ERRORS, exposure)}
    sums |= {EMPTY_REFERENCES: (f"{w} = 0", n), ERRORS_IN_EMPTY: (f"{w} = 0", e)}
    sums |= {IN_ROWS_OF_SEVERAL: (f"{n} > 1", n)} if several else {}
    return {name: f"CASE WHEN {condition} THEN {value} ELSE 0 END" for name, (condition, value) in sums.items()}


def _on_demand(exposure: str, *, insertions: bool) -> dict[str, str]:
    """Return SQL for the counts of :data:`fairaudit.core.derived.ON_DEMAND` over rows of one utterance."""
    e, w = map(identifier, (ERRORS, exposure))
    sums = {WITH_ERRORS: (f"{e} > 0", "1"), MOSTLY_WRONG: (f"2 * {e} > {w}", "1")}
    if insertions:
        sums[HALLUCINATED] = (f"{w} = 0 OR {_is_loop(exposure)}", identifier(INSERTIONS))
    return {name: f"CASE WHEN {condition} THEN {value} ELSE 0 END" for name, (condition, value) in sums.items()}


def _is_loop(exposure: str) -> str:
    """Return a predicate over the values of a row of one utterance: whether it is a repetition loop."""
    e, w = map(identifier, (ERRORS, exposure))
    return f"{w} > 0 AND {e} > {LOOP_ERRORS} AND {e} > {LOOP_FACTOR} * {w}"


def _decimals(value: str) -> str:
    """Return SQL for what is left of a number without its whole part, in millionths."""
    return f"TRY_CAST(round(({value} - floor({value})) * {MILLION}) AS BIGINT)"


def _has_more_decimals(value: str) -> str:
    """Return a predicate: whether a number has more decimals than millionths."""
    return holds(f"{value} <> round({value} * {MILLION}) / {MILLION}")


def _count_checks(name: str, kind: str, *, whole: bool) -> list[RowCheck]:
    value = number(name, kind)
    checks = [
        RowCheck("missing_count", name, f"{value} IS NULL AND NOT {holds(no_number(name, kind))}"),
        RowCheck("negative_count", name, f"{value} < 0"),
    ]
    if kind in INTEGERS:
        return [*checks, RowCheck("not_finite", name, f"{value} > {_EXACT}")]
    return [
        *checks,
        RowCheck("not_a_number", name, no_number(name, kind), DIGITS),
        RowCheck("not_finite", name, f"NOT isfinite({value}) OR abs({value}) > {_EXACT}"),
        RowCheck("not_whole", name, f"isfinite({value}) AND {value} <> floor({value})", _WHOLE)
        if whole
        else RowCheck(
            "too_large", name, f"isfinite({value}) AND {value} > {_EXACT_DECIMALS} AND {value} <> floor({value})",
            _SMALLER,
        ),
    ]  # fmt: skip
