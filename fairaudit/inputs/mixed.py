"""Recognise a log that holds several systems: its rows repeat the same utterances for each value of a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.columns import COUNT_COLUMNS, EXPOSURES, RESCORED, RESERVED, UTTERANCE, UTTERANCES
from fairaudit.core.errors import InputError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.formats.base import FILE, ROW
from fairaudit.inputs.judging import names_of
from fairaudit.inputs.raw import RAW, RawLog, Reading
from fairaudit.inputs.rules import FLAGS, HASHES, INTEGERS, REFERENCE_HASH, cell

__all__ = ["mixed_systems", "repeats_caveats", "require_one_system", "systems_of_duplicates"]

#: Names of columns that hold the system, such as ``model``, ``asr_system`` or ``ModelName``.
_NAMED: Final = re.compile(
    r"((asr|stt)[_ -]?)?(asr|stt|checkpoint|decoder|engine|hypothesis[_ -]source|model|recogni[sz]er|system)"
    r"([_ -]?(id|name|version))?"
)
#: SQL types of columns that may hold the system.
_OF_LABELS: Final = {"VARCHAR", *INTEGERS}
#: Most systems of a log.
_MOST: Final = 50
#: How much of the rows that all systems would have for all utterances is there. A system may lack some.
_COMPLETE: Final = 0.8
#: The same of sums and counts, which are equal by chance as well; how far estimates of distinct values may be off.
_EQUAL: Final = 0.9
_MARGIN: Final = 0.7
#: Kind of change of rows that are repeated for each value of a column, whose name follows.
_REPEATED: Final = "repeated_for_each "
#: Systems that a message shows.
_SHOWN: Final = 5


@dataclass(frozen=True)
class _Repetition:
    """Rows that repeat the same utterances for each value of a column."""

    column: str
    values: tuple[str, ...]
    rows: int
    single: float
    most: int

    @property
    def listed(self) -> str:
        """The values, for messages."""
        more = f", ... {len(self.values) - _SHOWN} more" if len(self.values) > _SHOWN else ""
        return f"{', '.join(map(repr, self.values[:_SHOWN]))}{more}"

    @property
    def remedies(self) -> str:
        """How to read one of the systems, and how to compare them."""
        one, column = setting("where", {self.column: self.values[0]}), setting("system_column", self.column)
        return f"{one} reads the rows of one value, and a board compares all of them ({column})"


def mixed_systems(engine: EmbeddedEngine, raw: RawLog, reading: Reading) -> dict[str, int]:
    """Count the rows that repeat the same references of the same speakers for each value of a column.

    Parameters
    ----------
    engine
        Has the raw relation.
    raw, reading
        What was read, with which options.

    Returns
    -------
    dict
        A kind of change and its number of rows, if there is such a column; see :func:`repeats_caveats`.

    Raises
    ------
    InputError
        If the name of the column says that it holds the system, because a number would be of several systems.
    """
    types = engine.types(RAW)
    columns = _candidates(types, reading)
    if raw.token is None or UTTERANCE in types:  # of counts, and of recordings on several devices, more is repeated
        columns = [*filter(_is_named, columns)]
    same = [cell(reading.sampling_unit, types[reading.sampling_unit])] if reading.sampling_unit in types else []
    same += [REFERENCE_HASH] if raw.token else [identifier(name) for name in EXPOSURES.values() if name in types]
    for found in _repetitions(engine, f"hash({', '.join(same)})", columns, exact=raw.token is None):
        if _is_named(found.column):
            raise InputError(_mixed(names_of(raw.inputs), found))
        if found.single >= 1 / 2:
            return {f"{_REPEATED}{found.column}": found.rows}
    return {}


def require_one_system(
    name: str, engine: EmbeddedEngine, relation: str, columns: Sequence[str], sampling_unit: str, exposure: str | None
) -> None:
    """Refuse the sums of a log that holds several systems: those of every speaker are equal for each of them.

    Parameters
    ----------
    name
        Name of the log.
    engine, relation
        Where the sums are.
    columns
        Columns of the relation by which rows were summed.
    sampling_unit, exposure
        Column of the sampling unit, and of the exposure, if errors are counted.

    Raises
    ------
    InputError
        If the sums of most speakers are equal for each value of a column whose name says that it holds the system.
    """
    spoken = "0" if exposure is None else f"sum({identifier(exposure)})"
    unit, sums = identifier(sampling_unit), f"{spoken} AS exposure, sum({UTTERANCES}) AS n"
    for column in filter(_is_named, columns):
        value = identifier(column)
        values = [str(one) for (one,) in engine.rows(f"SELECT DISTINCT {value} FROM {relation} ORDER BY 1") if one]
        if not 2 <= len(values) <= _MOST:
            continue
        cells = f"SELECT {unit}, {sums} FROM {relation} WHERE {value} IS NOT NULL GROUP BY {unit}, {value}"
        speakers = (
            f"SELECT sum(n) AS n, count(*) = {len(values)} AND min(n) = max(n) AND min(exposure) = max(exposure) AS "
            f"equal FROM ({cells}) GROUP BY {unit}"
        )
        equal, rows = engine.rows(f"SELECT coalesce(sum(n) FILTER (WHERE equal), 0), sum(n) FROM ({speakers})")[0]
        if equal >= _EQUAL * rows:
            raise InputError(_mixed(name, _Repetition(column, tuple(values), int(equal), 0, 0)))


def repeats_caveats(changes: Mapping[str, int]) -> Iterator[str]:
    """Yield what is doubtful about rows that repeat others, given the numbers of rows by kind of change.

    Examples
    --------
    >>> list(repeats_caveats({"repeated_for_each run": 600}))
    ['run: 600 rows have the same references for each of its values. If the values are recognisers, every rate is of \
several together, and each should be read alone']
    """
    for kind, n in changes.items():
        if n and kind.startswith(_REPEATED):
            yield (
                f"{kind.removeprefix(_REPEATED)}: {n:,} rows have the same references for each of its values. If the "
                "values are recognisers, every rate is of several together, and each should be read alone"
            )


def _mixed(name: str, found: _Repetition) -> str:
    """Say that a log holds several systems."""
    return (
        f"{name}: the same references are there for each value of {found.column!r} ({found.listed}), so that a "
        f"rate would be of several systems together; {found.remedies}; if these are no systems, read the column under "
        f"another name ({setting('columns', {'NAME': found.column})})"
    )


def _is_named(column: str) -> bool:
    """Whether the name of a column says that it holds the system.

    Examples
    --------
    >>> [_is_named(name) for name in ("model", "ASR_System", "model name", "phone_model", "accent")]
    [True, True, True, False, False]
    """
    return _NAMED.fullmatch(column.casefold()) is not None


def systems_of_duplicates(engine: EmbeddedEngine, reading: Reading) -> str:
    """Say how to read a log in which each utterance id occurs once for each value of a column, if it is one."""
    columns = _candidates(engine.types(RAW), reading)
    found = next((one for one in _repetitions(engine, cell(UTTERANCE), columns) if one.most == 1), None)
    if found is None:
        return ""
    return f"; each id occurs once for each value of {found.column!r} ({found.listed}): {found.remedies}"


def _candidates(types: Mapping[str, str], reading: Reading) -> list[str]:
    """List the columns that may hold the system, those with such a name first."""
    known = {*RESERVED, *COUNT_COLUMNS, *RESCORED, *HASHES, *FLAGS, FILE, ROW, *reading.counts, reading.sampling_unit}
    columns = [name for name, kind in types.items() if name not in known and kind in _OF_LABELS]
    return sorted(columns, key=lambda name: (not _is_named(name), name))


def _repetitions(
    engine: EmbeddedEngine, key: str, columns: Sequence[str], *, exact: bool = False
) -> Iterator[_Repetition]:
    """Yield the columns for each of whose values there are the same keys, as often.

    Parameters
    ----------
    engine
        Has the raw relation.
    key
        SQL of what is the same in all systems.
    columns
        Columns to look at, in order.
    exact
        Whether a key has to be there as often for every value, because different utterances may have the same key.
    """
    if not columns:
        return
    rows, keys = engine.rows(f"SELECT count(*), approx_count_distinct({key}) FROM {RAW}")[0]
    if rows < _MARGIN * 2 * keys:  # as in most logs
        return
    (distinct,) = engine.rows(
        f"SELECT {', '.join(f'approx_count_distinct({cell(one)})' for one in columns)} FROM {RAW}"
    )
    for column, n_values in zip(columns, distinct, strict=True):
        if not (2 <= n_values <= _MOST / _MARGIN and rows >= _MARGIN * n_values * keys):
            continue
        known = f"{RAW} WHERE {cell(column)} IS NOT NULL"
        values = [value for (value,) in engine.rows(f"SELECT DISTINCT {cell(column)} FROM {known} ORDER BY 1")]
        cells = f"SELECT {key} AS key, count(*) AS n FROM {known} GROUP BY key, {cell(column)}"
        per_key = f"SELECT count(*) AS k, min(n) AS low, max(n) AS high, sum(n) AS n FROM ({cells}) GROUP BY key"
        repeated, equal, single, all_high, high = engine.rows(
            f"SELECT coalesce(sum(n) FILTER (WHERE k > 1), 0), coalesce(sum(n) FILTER (WHERE k = {len(values)} AND "
            f"low = high), 0), coalesce(sum(n) FILTER (WHERE k > 1 AND high = 1), 0), sum(high), max(high) "
            f"FROM ({per_key})"
        )[0]
        is_complete = equal >= _EQUAL * rows if exact else rows >= _COMPLETE * len(values) * all_high
        if 2 <= len(values) <= _MOST and is_complete:
            yield _Repetition(column, tuple(values), int(repeated), float(single) / float(repeated), int(high))
