"""Write the rules for rows in SQL: values, checks and counted changes.

A rule reads the raw relation, in which every cell is the text on disk or the number in a Parquet file. It gives three
things in SQL: the *values* that become columns, the *checks* that quarantine a row, and the *coercions* that are
counted. No row is examined in Python.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fairaudit.core.columns import (
    COUNT_COLUMNS,
    DELETIONS,
    ERRORS,
    HITS,
    HYPOTHESIS,
    INSERTIONS,
    LATITUDE,
    LONGITUDE,
    REFERENCE,
    SUBSTITUTIONS,
    UTTERANCE,
    UTTERANCES,
    ZIP_CODE,
)
from fairaudit.core.errors import setting
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.formats.base import ROW

__all__ = [
    "FILE",
    "FLAGS",
    "NO_HYPOTHESIS",
    "NO_REFERENCE",
    "RowCheck",
    "Rules",
    "cell",
    "count_rules",
    "id_rules",
    "place_rules",
    "text_rules",
    "zip_rules",
]

_WHOLE: Final = (
    "counts must be whole numbers, so that sums are exact; use a smaller unit, such as milliseconds instead of seconds"
)
#: Columns of the raw relation about reading: the number of the file, and whether a text was missing (0 or 1).
FILE: Final = "__file__"
NO_REFERENCE: Final = "__no_reference__"
NO_HYPOTHESIS: Final = "__no_hypothesis__"
FLAGS: Final = (NO_REFERENCE, NO_HYPOTHESIS)

_INTEGERS: Final = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_NUMERIC: Final = {*_INTEGERS, "FLOAT", "DOUBLE"}
#: Larger integers are not exact in floating point.
_EXACT: Final = 2**53


@dataclass(frozen=True)
class RowCheck:
    """A check that finds unusable rows.

    Attributes
    ----------
    code, column
        Name of the problem, and its column, in the quarantine.
    failing
        SQL predicate over the raw relation.
    advice
        How to fix the problem, as the end of a sentence.
    fatal
        If set, the whole log is refused if more than this share of the rows in ``among`` fail.
    among
        SQL predicate for the denominator of ``fatal``; by default, all rows.
    single
        Whether failing rows are quarantined one by one. Otherwise only the whole log can fail.
    asked_for
        Whether the user asked to leave such rows out. They then do not count towards the limit.
    """

    code: str
    column: str
    failing: str
    advice: str = ""
    fatal: float | None = None
    among: str = "true"
    single: bool = True
    asked_for: bool = False


@dataclass(frozen=True)
class Rules:
    """Values, checks and counted changes; rules for several columns can be added."""

    values: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[RowCheck, ...] = ()
    coercions: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Rules) -> Rules:
        return Rules({**self.values, **other.values}, self.checks + other.checks, {**self.coercions, **other.coercions})


def cell(name: str, kind: str = "VARCHAR") -> str:
    """Return SQL for the content of a cell, in which an empty text is missing."""
    return identifier(name) if kind in _NUMERIC else f"nullif(CAST({identifier(name)} AS VARCHAR), '')"


def number(name: str, kind: str = "VARCHAR") -> str:
    """Return SQL for the number in a cell, which is NULL if the cell holds no number."""
    return identifier(name) if kind in _NUMERIC else f"TRY_CAST({cell(name)} AS DOUBLE)"


def id_rules(names: Collection[str], sampling_unit: str, missing: Literal["quarantine", "own"]) -> Rules:
    """Return the rules for speakers, utterance ids and all further columns, which are kept as texts.

    Parameters
    ----------
    names
        Text columns of the raw relation.
    sampling_unit
        Column of the sampling unit.
    missing
        Whether a row without a sampling unit is quarantined or becomes a unit of its own.
    """
    values = {name: cell(name) for name in names}
    checks: tuple[RowCheck, ...] = ()
    coercions: dict[str, str] = {}
    value = values.get(sampling_unit, "NULL")
    if missing == "own":
        row = f"concat('file ', {identifier(FILE)}, ' row ', {identifier(ROW)})"
        own = f"coalesce({values[UTTERANCE]}, {row})" if UTTERANCE in names else row
        values[sampling_unit] = f"coalesce({value}, {own})"
        coercions["own_speakers"] = f"{value} IS NULL"
    else:
        own = setting("missing_speaker", "own")
        advice = f"give every row its {sampling_unit!r}, or use {own} (intervals are then too narrow)"
        checks += (RowCheck("missing_speaker", sampling_unit, f"{value} IS NULL", advice),)
    if UTTERANCE in names:
        checks += (RowCheck("missing_utterance_id", UTTERANCE, f"{values[UTTERANCE]} IS NULL"),)
    return Rules(values, checks, coercions)


def text_rules(missing_hypothesis: Literal["error", "empty", "drop"]) -> Rules:
    """Return the rules for missing texts in scored rows."""
    no_reference = RowCheck("missing_reference", REFERENCE, f"{identifier(NO_REFERENCE)} = 1")
    lacking = f"{identifier(NO_HYPOTHESIS)} = 1"
    if missing_hypothesis == "empty":
        return Rules({}, (no_reference,), {"hypotheses_filled_empty": lacking})
    if missing_hypothesis == "drop":
        return Rules({}, (no_reference, RowCheck("missing_hypothesis", HYPOTHESIS, lacking, asked_for=True)))
    empty, drop = (setting("missing_hypothesis", value) for value in ("empty", "drop"))
    advice = f"choose what a missing hypothesis means: {empty} (all words deleted) or {drop}"
    return Rules({}, (no_reference, RowCheck("missing_hypothesis", HYPOTHESIS, lacking, advice, fatal=0.0)))


def count_rules(types: Mapping[str, str], exposure: str, further: Collection[str] = ()) -> Rules:
    """Return the rules for counts, which must be whole, finite, non-negative and consistent.

    Parameters
    ----------
    types
        SQL type of each column of the raw relation.
    exposure
        ``"words"`` or ``"characters"``, the denominator of the error rate.
    further
        Columns that the user declared to be counts.
    """
    given = [name for name in (*COUNT_COLUMNS, *further) if name in types]
    numbers = {name: number(name, types[name]) for name in given}
    values = {name: f"TRY_CAST({numbers[name]} AS BIGINT)" for name in given}
    checks = [check for name in given for check in _count_checks(name, types[name])]
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
    values.setdefault(UTTERANCES, "CAST(1 AS BIGINT)")
    return Rules(values, tuple(checks), {"empty_references": f"{numbers[exposure]} = 0"})


def _count_checks(name: str, kind: str) -> list[RowCheck]:
    value = number(name, kind)
    checks = [
        RowCheck("missing_count", name, f"{cell(name, kind)} IS NULL"),
        RowCheck("negative_count", name, f"{value} < 0"),
    ]
    if kind in _INTEGERS:
        return [*checks, RowCheck("not_finite", name, f"{value} > {_EXACT}")]
    return [
        *checks,
        *_number_checks(name, kind),
        RowCheck("not_finite", name, f"NOT isfinite({value}) OR abs({value}) > {_EXACT}"),
        RowCheck("not_whole", name, f"isfinite({value}) AND {value} <> floor({value})", _WHOLE),
    ]


def _number_checks(name: str, kind: str) -> list[RowCheck]:
    if kind in _NUMERIC:
        return []
    return [RowCheck("not_a_number", name, f"{cell(name)} IS NOT NULL AND {number(name)} IS NULL")]


def place_rules(types: Mapping[str, str]) -> Rules:
    """Return the rules for coordinates in degrees, which must be in range and not swapped; (0, 0) counts as missing.

    Nobody lives south of 60 degrees south. If most latitudes of a log are there, they are really longitudes.
    """
    lat, lon = (f"CAST({number(name, types[name])} AS DOUBLE)" for name in (LATITUDE, LONGITUDE))
    both = f"{lat} IS NOT NULL AND {lon} IS NOT NULL"
    present = f"{both} AND NOT ({lat} = 0 AND {lon} = 0)"
    swapped = f"abs({lat}) > 90 AND abs({lat}) <= 180 AND abs({lon}) <= 90"
    mapping = setting("columns", {LATITUDE: LONGITUDE, LONGITUDE: LATITUDE})
    fix = f"latitude and longitude look swapped; {mapping} swaps them back"
    checks = [
        check
        for name, value in ((LATITUDE, lat), (LONGITUDE, lon))
        for check in (
            *_number_checks(name, types[name]),
            RowCheck("not_finite", name, f"NOT isfinite({value})"),
        )
    ]
    checks += [
        RowCheck("coordinates_swapped", LATITUDE, swapped, fix),
        RowCheck("latitude_out_of_range", LATITUDE, f"isfinite({lat}) AND abs({lat}) > 90 AND NOT ({swapped})"),
        RowCheck("longitude_out_of_range", LONGITUDE, f"isfinite({lon}) AND abs({lon}) > 180"),
        RowCheck(
            "coordinates_swapped_throughout",
            LATITUDE,
            f"({swapped}) OR ({lat} < -60 AND {lat} >= -180 AND abs({lon}) <= 90)",
            fix,
            fatal=0.5,
            among=present,
            single=False,
        ),
    ]
    return Rules(
        {LATITUDE: f"CASE WHEN {present} THEN {lat} END", LONGITUDE: f"CASE WHEN {present} THEN {lon} END"},
        tuple(checks),
        {
            "coordinates_zero_set_missing": f"{lat} = 0 AND {lon} = 0",
            "coordinates_incomplete_set_missing": f"({lat} IS NULL) <> ({lon} IS NULL)",
        },
    )


def zip_rules(*, pad: bool) -> Rules:
    """Return the rules for zip codes: five digits. ZIP+4 is shortened, and lost leading zeros are an error."""
    text = cell(ZIP_CODE)
    good = f"regexp_full_match({text}, '[0-9]{{5}}')"
    short, plus4 = (  # most zip codes are good and need no further test
        f"(CASE WHEN {good} THEN false ELSE regexp_full_match({text}, {literal(pattern)}) END)"
        for pattern in ("[0-9]{1,4}", "[0-9]{5}-?[0-9]{4}")
    )
    value = f"CASE WHEN {plus4} THEN left({text}, 5) WHEN {short} THEN lpad({text}, 5, '0') ELSE {text} END"
    bad = RowCheck("bad_zip", ZIP_CODE, f"NOT ({good} OR {short} OR {plus4})", "a zip code has five digits")
    coercions = {"zip_plus4_cut": plus4}
    if pad:
        return Rules({ZIP_CODE: value}, (bad,), {**coercions, "zip_padded": short})
    advice = f"zip codes have lost their leading zeros; {setting('zip_pad', True)} restores them"
    return Rules({ZIP_CODE: value}, (bad, RowCheck("zip_too_short", ZIP_CODE, short, advice, fatal=0.0)), coercions)
