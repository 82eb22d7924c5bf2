"""Write the rules for rows in SQL: values, checks and counted changes.

A rule reads the raw relation, in which every cell is the text on disk or the number in a Parquet file. It gives three
things in SQL: the *values* that become columns, the *checks* that quarantine a row, and the *coercions* that are
counted. No row is examined in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from fairaudit.core.columns import (
    HYPOTHESIS,
    REFERENCE,
    UTTERANCE,
)
from fairaudit.core.derived import WITHOUT_SPEAKER
from fairaudit.core.errors import setting
from fairaudit.core.labels import LEADING_ZEROS, WHOLE
from fairaudit.core.missing import BLANKS, MISSING_SPELLINGS
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.formats.base import FILE, NO_HYPOTHESIS, NO_REFERENCE, ROW

__all__ = [
    "ALIGNED",
    "A_FEW",
    "DIGITS",
    "EMPTY",
    "FILE",
    "FLAGS",
    "HASHES",
    "HYPOTHESIS_HASH",
    "INTEGERS",
    "KEPT_TEXTS",
    "MISSING_ID",
    "NO_HYPOTHESIS",
    "NO_REFERENCE",
    "NUMERIC",
    "OF_TEXTS",
    "OWN_SPEAKERS",
    "REFERENCE_HASH",
    "SPELLED_MISSING",
    "RowCheck",
    "Rules",
    "cell",
    "finite_number",
    "holds",
    "id_key_in",
    "id_rules",
    "no_number",
    "number",
    "spelled_missing",
    "text_rules",
]

#: Rows whose speaker is called "NA" or the like without being asked about: too few to matter, whatever they are.
A_FEW: Final = 2
FLAGS: Final = (NO_REFERENCE, NO_HYPOTHESIS)
#: Flag of a reference whose alternatives cannot be read.
WRONG_NOTATION: Final = 2
#: Flags of a hypothesis that is missing, and of one that is there but empty.
_MISSING: Final = 1
EMPTY: Final = 2
#: Hashes of normalised texts, by which two logs are paired. No result holds them.
REFERENCE_HASH: Final = "__reference_hash__"
HYPOTHESIS_HASH: Final = "__hypothesis_hash__"
HASHES: Final = (REFERENCE_HASH, HYPOTHESIS_HASH)
#: Columns of a log that keeps its alignments, by their names in :class:`fairaudit.scoring.AlignedTexts`. They hold what
#: was said, so that they stay in the engine, and no result or file of counts has them.
ALIGNED: Final[Mapping[str, str]] = MappingProxyType(
    {name: f"__{name}__" for name in ("words", "places", "heard", "inserted")}
)
#: Columns of a log that keeps its texts, as they were read; they stay in the engine as well.
KEPT_TEXTS: Final[Mapping[str, str]] = MappingProxyType({name: f"__{name}__" for name in (REFERENCE, HYPOTHESIS)})
#: All columns of scored texts that are neither counts nor columns of a log.
OF_TEXTS: Final = (*HASHES, *ALIGNED.values(), *KEPT_TEXTS.values())
#: Rows that count as a speaker of their own.
OWN_SPEAKERS: Final = "own_speakers"
#: Code of a row without an utterance id.
MISSING_ID: Final = "missing_utterance_id"
#: Rows with an id such as "NA".
SPELLED_MISSING: Final = "speakers_spelled_missing"

#: Advice about cells that hold no number.
DIGITS: Final = "write a number in digits only: 1000, not 1,000 or 1k"

INTEGERS: Final = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_FLOATS: Final = {"FLOAT", "DOUBLE"}
#: SQL types of numbers.
NUMERIC: Final = INTEGERS | _FLOATS


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
    tolerated
        Number of failing rows that are never fatal.
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
    tolerated: int = 0
    among: str = "true"
    single: bool = True
    asked_for: bool = False


@dataclass(frozen=True)
class Rules:
    """Values, checks, counted changes, and counts derived from values; rules for several columns can be added."""

    values: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[RowCheck, ...] = ()
    coercions: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: Rules) -> Rules:
        return Rules(
            {**self.values, **other.values},
            self.checks + other.checks,
            {**self.coercions, **other.coercions},
            {**self.derived, **other.derived},
        )


def cell(name: str, kind: str = "VARCHAR") -> str:
    """Return SQL for the content of a cell as text. An empty text is missing, and so is a number that is NaN."""
    if kind in _FLOATS:
        return f"CAST({number(name, kind)} AS VARCHAR)"
    return f"nullif(CAST({identifier(name)} AS VARCHAR), '')"


def id_key_in(text: str) -> str:
    """Return SQL for :func:`fairaudit.core.labels.id_key`; only full-width and other compatible characters differ."""
    plain = folded = f"lower(nfc_normalize({text}))"
    for needed, pattern, kept in (  # searching for what few ids have is faster than replacing it
        (f"regexp_matches({text}, '\\s')", r"\s+", " "),
        (f"contains({text}, '.0')", f"^ ?{WHOLE} ?$", r"\1"),
        (f"contains({text}, '0')", LEADING_ZEROS, r"\1\2"),
    ):
        replaced = f"regexp_replace({folded}, {literal(pattern)}, {literal(kept)}, 'g')"
        folded = f"CASE WHEN {needed} THEN {replaced} ELSE {folded} END"
    any_needed = literal(rf"\s|[^\x00-\x7f]|\.0|{LEADING_ZEROS}")
    return f"CASE WHEN regexp_matches({text}, {any_needed}) THEN trim({folded}) ELSE {plain} END"


def number(name: str, kind: str = "VARCHAR") -> str:
    """Return SQL for the number in a cell, which is NULL if the cell holds no number or NaN."""
    if kind in INTEGERS:
        return identifier(name)
    value = identifier(name) if kind in _FLOATS else f"TRY_CAST({cell(name, kind)} AS DOUBLE)"
    return f"(CASE WHEN NOT isnan({value}) THEN {value} END)"


def finite_number(name: str) -> str:
    """Return SQL for the number in a text, which is NULL if there is none, or if it is infinite."""
    value = number(name)
    return f"(CASE WHEN isfinite({value}) THEN {value} END)"


def spelled_missing(text: str) -> str:
    """Return a predicate: whether a text is one of :data:`~fairaudit.core.missing.MISSING_SPELLINGS`."""
    longest = max(map(len, MISSING_SPELLINGS))
    spellings = ", ".join(map(literal, sorted(MISSING_SPELLINGS)))
    first = {one for text in (*MISSING_SPELLINGS, *BLANKS) for one in (text[:1].lower(), text[:1].upper())} - {""}
    # Most texts begin otherwise or are longer, and need no further test.
    others = f"unicode({text}) NOT IN (-1, 0, {', '.join(map(str, sorted(map(ord, first))))})"
    trimmed = f"lower(trim({text}, {literal(BLANKS)}))"
    return f"(CASE WHEN {others} OR length({text}) > {longest + 2} THEN false ELSE {trimmed} IN ({spellings}) END)"


def no_number(name: str, kind: str = "VARCHAR") -> str:
    """Return a predicate: whether a cell holds something other than a number or a missing value."""
    if kind in NUMERIC:
        return "false"
    text = cell(name, kind)
    return f"(CASE WHEN {number(name, kind)} IS NOT NULL THEN false ELSE NOT {spelled_missing(text)} END)"


def id_rules(
    types: Mapping[str, str], sampling_unit: str, missing: Literal["auto", "quarantine", "own", "keep"]
) -> Rules:
    """Return the rules for speakers, utterance ids and all further columns, which are kept as texts.

    Parameters
    ----------
    types
        SQL type of each of these columns.
    sampling_unit
        Column of the sampling unit.
    missing
        What happens to rows without a sampling unit, and to ids such as ``"nan"``; see :func:`fairaudit.read_log`.
    """
    values = {name: cell(name, kind) for name, kind in types.items()}
    checks: tuple[RowCheck, ...] = ()
    coercions: dict[str, str] = {}
    value = values.get(sampling_unit, "NULL")
    spelled = f"{spelled_missing(value)}" if sampling_unit in values else "false"
    if missing in ("quarantine", "own"):
        value = f"CASE WHEN NOT {spelled} THEN {value} END"
    elif sampling_unit in values:
        coercions[SPELLED_MISSING] = spelled
    if missing == "own":
        row = f"concat('file ', {identifier(FILE)}, ' row ', {identifier(ROW)})"
        own = f"coalesce({values[UTTERANCE]}, {row})" if UTTERANCE in types else row
        values[sampling_unit] = f"coalesce({value}, {own})"
        coercions[OWN_SPEAKERS] = f"({value}) IS NULL"
        values[WITHOUT_SPEAKER] = f"CAST(({value}) IS NULL AS BIGINT)"
    else:
        own = setting("missing_speaker", "own")
        advice = f"give every row its {sampling_unit!r}, or use {own} (intervals are then too narrow)"
        checks += (RowCheck("missing_speaker", sampling_unit, f"({value}) IS NULL", advice),)
    if missing == "auto":
        keep, quarantine = (setting("missing_speaker", choice) for choice in ("keep", "quarantine"))
        advice = (
            f"ids such as 'nan', 'NA' or 'unknown' may be one speaker or many without an id; {quarantine} leaves these "
            f"rows out, {keep} uses them as ids"
        )
        checks += (
            RowCheck(
                "speaker_spelled_missing", sampling_unit, spelled, advice, fatal=0.0, tolerated=A_FEW, single=False
            ),
        )
    if UTTERANCE in types:
        checks += (RowCheck(MISSING_ID, UTTERANCE, f"{values[UTTERANCE]} IS NULL"),)
    return Rules(values, checks, coercions)


def text_rules(missing_hypothesis: Literal["error", "empty", "drop"]) -> Rules:
    """Return the rules for missing texts in scored rows.

    Formats other than CSV distinguish an empty hypothesis from a missing one. It is then counted as it is, unless the
    user has said what a missing hypothesis means.
    """
    no_reference = (
        RowCheck("missing_reference", REFERENCE, f"{identifier(NO_REFERENCE)} = 1"),
        RowCheck(
            "wrong_alternatives",
            REFERENCE,
            f"{identifier(NO_REFERENCE)} = {WRONG_NOTATION}",
            "alternatives are written '{ um / uh / @ }', with '@' for no word",
        ),
    )
    lacking = f"{identifier(NO_HYPOTHESIS)} {'=' if missing_hypothesis == 'error' else '>='} {_MISSING}"
    if missing_hypothesis == "empty":
        return Rules({}, no_reference, {"hypotheses_filled_empty": lacking})
    if missing_hypothesis == "drop":
        return Rules({}, (*no_reference, RowCheck("missing_hypothesis", HYPOTHESIS, lacking, asked_for=True)))
    empty, drop = (setting("missing_hypothesis", value) for value in ("empty", "drop"))
    advice = f"choose what a missing hypothesis means: {empty} (all words deleted) or {drop}"
    checks = (*no_reference, RowCheck("missing_hypothesis", HYPOTHESIS, lacking, advice, fatal=0.0))
    return Rules({}, checks, {"empty_hypotheses": f"{identifier(NO_HYPOTHESIS)} = {EMPTY}"})


def holds(predicate: str) -> str:
    """Return a predicate that is false, not NULL, for missing values."""
    return f"coalesce({predicate}, false)"
