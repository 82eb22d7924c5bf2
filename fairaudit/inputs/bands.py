"""Cut a numeric column of a log into bands."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fairaudit.core.bands import Bands
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.privacy import at_most
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.rules import cell, finite_number, spelled_missing

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = [
    "add_bands",
    "band_caveats",
    "band_columns",
    "quantile_bands",
    "refuse_quantiles",
    "require_numbers",
    "round_number",
    "with_bands",
]

#: How far an edge may be from its quantile, as a share of a band, so that it can be a round number.
_SLACK: Final = 0.1
#: Most bands of equal size that can be groups.
_MOST: Final = 10
#: What is counted in bands: cells that are no numbers, and numbers that are not whole although the edges are.
_NO_NUMBER: Final = "no_number_for "
_NOT_WHOLE: Final = "not_whole_in "


def with_bands(
    log: UtteranceLog, columns: Iterable[str], *, may_lack: bool = False
) -> tuple[UtteranceLog, dict[str, str]]:
    """Add to a log those columns that are bands of its columns.

    Parameters
    ----------
    log
        The log.
    columns
        Names of columns, and bands such as ``age[20,40,60]`` or ``snr[3]``.
    may_lack
        Whether a column may hold no number, as in a part of a log, so that nothing is in any of its bands.

    Returns
    -------
    UtteranceLog, dict of str to str
        The log, and the name of each added column by the name that was asked for. It always gives the edges, so that
        whoever has the name can cut another log alike.

    Raises
    ------
    InputError
        If the log lacks a column, if it holds no numbers, or if only its sums are there and edges are not given.
    UsageError
        If more than 10 bands of equal size are asked for, which is probably meant to be an edge.
    """
    exact: dict[str, str] = {}
    for name in dict.fromkeys(columns):
        bands = None if name in log.columns else Bands.parse(name)
        if bands is None:
            continue
        if bands.number is not None:
            _require_few(bands)
            bands = quantile_bands(log, bands.column, bands.number)
        exact[name] = str(bands)
        if exact[name] not in log.columns:
            log = add_bands(log, bands, str(bands)) if may_lack else log.cut(bands.column, bands.edges)
    return log, exact


def _require_few(bands: Bands) -> None:
    """Refuse so many bands of equal size that their number is probably an edge."""
    if bands.number is not None and bands.number > _MOST:
        raise UsageError(
            f"{bands} means {bands.number} bands of equal size, but at most {_MOST} can be groups; a single edge is "
            f"written with a comma ({setting('by', f'{bands.column}[{bands.number},]')})"
        )


def quantile_bands(log: UtteranceLog, column: str, number: int) -> Bands:
    """Return bands of a numeric column of a log that hold about equal numbers of utterances, with round edges.

    Each edge is the shortest decimal that is no further from its quantile than a tenth of a band. There are fewer
    edges if many utterances have the same number. They have a decimal point if not all numbers are whole.

    Parameters
    ----------
    log, column
        A log, and its column.
    number
        Number of bands, at least 2.

    Raises
    ------
    InputError
        If the log lacks the column, if the column does not hold at least two different numbers, or if only the sums of
        the log are there.
    UsageError
        If there are fewer than 2 bands.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"speaker_id": ["a"] * 4, "snr": ["1", "2", "30", "40"], "errors": 1, "words": 9})
    >>> from fairaudit.inputs.reading import read_log
    >>> quantile_bands(read_log(frame), "snr", 2).labels
    ('under 20', '20 and over')
    """
    if log.is_tally:
        refuse_quantiles(log.name, log.columns, {"by": [f"{column}[{number}]"]})
    log.require([column])
    if number < 2:
        raise UsageError(f"{column!r} must be cut into at least 2 bands, not {number}")
    require_numbers(log, column, f"{number} bands")
    value, shares = finite_number(column), [band / number for band in range(1, number)]
    source = f"(SELECT {value} AS x FROM {identifier(log._relation)}) WHERE x IS NOT NULL"
    lower, middle, upper = (
        f"quantile_{kind}(x, [{', '.join(repr(share + shift * _SLACK / number) for share in shares)}])"
        for kind, shift in (("disc", -1), ("cont", 0), ("disc", 1))
    )
    lows, middles, highs, fractions = log._engine.rows(
        f"SELECT {lower}, {middle}, {upper}, coalesce(bool_or(x <> floor(x)), false) FROM {source}"
    )[0]
    near = ", ".join(f"max(x) FILTER (WHERE x < {low!r}), min(x) FILTER (WHERE x > {low!r})" for low in lows)
    others = log._engine.rows(f"SELECT {near} FROM {source}")[0]
    made = []
    for low, middle, high, before, beyond in zip(lows, middles, highs, others[::2], others[1::2], strict=True):
        if high > low or beyond is not None:
            made.append(round_number(low, high if high > low else beyond, middle))
        elif before is not None:
            made.append(round_number(before, low, middle))
    edges = _with_members(log._engine, source, sorted({*made}))
    if not edges:
        raise InputError(f"column {column!r} holds a single number, so it cannot be cut into {number} bands")
    in_order = (f"{edge:f}" for edge in edges)
    return Bands(column).at(f"{edge}.0" if fractions and "." not in edge else edge for edge in in_order)


def _with_members(engine: EmbeddedEngine, source: str, edges: list[Decimal]) -> list[Decimal]:
    """Leave out edges between which there is no number."""
    if not edges:
        return []
    below = ", ".join(f"max(x) FILTER (WHERE x < CAST('{edge:f}' AS DOUBLE))" for edge in edges)
    largest = engine.rows(f"SELECT {below} FROM {source}")[0]
    return [*{number: edge for number, edge in zip(largest, edges, strict=True) if number is not None}.values()]


def round_number(low: float, high: float, middle: float) -> Decimal:
    """Return the shortest decimal above ``low`` and up to ``high``, as close to ``middle`` as its digits allow.

    Examples
    --------
    >>> print(round_number(15.2, 16.9, 16.1), round_number(2.0, 30.0, 16.0), round_number(0.12, 0.13, 0.125))
    16 20 0.13
    """
    largest = max(abs(low), abs(high))
    for exponent in range(math.floor(math.log10(largest)) if largest else 0, -400, -1):
        unit = Decimal(1).scaleb(exponent)
        nearest = (Decimal(middle) / unit).to_integral_value()
        for steps in (nearest, nearest + 1, nearest - 1):
            if low < float(steps * unit) <= high:
                edge = steps * unit
                return edge.quantize(Decimal(1)) if edge == edge.to_integral_value() else edge.normalize()
    return Decimal(repr(high))


def require_numbers(log: UtteranceLog, column: str, bands: str) -> None:
    """Raise if no cell of a column holds a number; ``bands`` says what the column cannot be cut into."""
    query = f"SELECT bool_or({finite_number(column)} IS NOT NULL) FROM {identifier(log._relation)}"
    if not log._engine.rows(query)[0][0]:
        raise InputError(f"column {column!r} holds no numbers, so it cannot be cut into {bands}")


def add_bands(log: UtteranceLog, bands: Bands, name: str) -> UtteranceLog:
    """Add a column of bands to a log, under some name."""
    relation = f"{log._relation}, {name}"
    changes = _cut(log, bands, name=name, relation=relation)
    caveats = tuple(dict.fromkeys([*log.quality.caveats, *band_caveats(changes)]))
    coercions = {**log.quality.coercions, **{kind: n for kind, n in changes.items() if n}}
    return replace(
        log,
        quality=replace(log.quality, caveats=caveats, coercions=coercions),
        columns=(*log.columns, name),
        _relation=relation,
        _findings=replace(log._findings, changes={**log._findings.changes, **changes}),
    )


def _cut(log: UtteranceLog, bands: Bands, *, name: str, relation: str) -> dict[str, int]:
    """Create a view of the rows of a log with one more column, whose values are labels of bands.

    Parameters
    ----------
    log, bands
        A log, and the bands of one of its columns.
    name, relation
        Names of the new column and of the view.

    Returns
    -------
    dict of str to int
        Numbers of rows of the log for :func:`band_caveats`: those whose value is neither a number nor missing, which
        are in none of the bands, and those whose number is not whole although the edges are.
    """
    number = finite_number(bands.column)
    *inner, last = bands.labels
    cases = " ".join(
        f"WHEN {number} < CAST({literal(edge)} AS DOUBLE) THEN {literal(label)}"
        for edge, label in zip(bands.edges, inner, strict=True)
    )
    source = identifier(log._relation)
    log._engine.view(
        relation,
        f"SELECT *, CASE WHEN {number} IS NULL THEN NULL {cases} ELSE {literal(last)} END AS {identifier(name)} "
        f"FROM {source}",
    )
    strange = f"{number} IS NULL AND NOT {spelled_missing(cell(bands.column))}"
    counts = ", ".join(
        f"CAST(coalesce(sum({log._rows_in_row}) FILTER (WHERE {predicate}), 0) AS BIGINT)"
        for predicate in (strange, f"{number} <> floor({number})")
    )
    no_number, not_whole = log._engine.rows(f"SELECT {counts} FROM {source}")[0]
    return {f"{_NO_NUMBER}{bands}": no_number, f"{_NOT_WHOLE}{bands}": not_whole if bands.is_whole else 0}


def band_caveats(changes: Mapping[str, int]) -> Iterator[str]:
    """Yield what is doubtful in bands, given the numbers of rows by kind of change.

    Examples
    --------
    >>> list(band_caveats({"no_number_for age[20,40]": 4}))
    ['age: up to 9 rows are in none of the bands, because the value is no number']
    """
    for kind, n in changes.items():
        if n and kind.startswith(_NO_NUMBER):
            bands = Bands.parse(kind.removeprefix(_NO_NUMBER))
            rows = f"up to {at_most(n):,} rows are"
            yield f"{bands and bands.column}: {rows} in none of the bands, because the value is no number"
        if n and kind.startswith(_NOT_WHOLE):
            rows = "1 row" if n == 1 else f"{n:,} rows"
            have, bands = "has" if n == 1 else "have", Bands.parse(kind.removeprefix(_NOT_WHOLE))
            label = next(iter(bands.labels[1:-1] or bands.labels)) if bands else ""
            yield (
                f"{bands and bands.column}: {rows} {have} a number with decimals. A band such as “{label}” holds all "
                "numbers from its first whole number to the next band"
            )


def refuse_quantiles(where: str, columns: Collection[str], needed: Mapping[str, Iterable[str]]) -> None:
    """Refuse bands of equal numbers of utterances if only sums are there.

    Parameters
    ----------
    where
        Name of the log.
    columns
        Its columns.
    needed
        Columns and bands by the setting that names them.

    Raises
    ------
    InputError
        If bands are asked for by their number.
    """
    for option, names in needed.items():
        for bands in (Bands.parse(name) for name in names if name not in columns):
            if bands is not None and bands.number is not None:
                example = f"{bands.column}[20,40,60]"
                raise InputError(
                    f"{where}: bands with equal numbers of utterances, such as {bands}, cannot be cut in a tally, "
                    f"because their edges depend on every row; give edges, such as {setting(option or 'by', example)}"
                )


def band_columns(columns: Iterable[str], needed: Mapping[str, Iterable[str]]) -> list[str]:
    """List the bands with given edges that are needed, and that some columns can be cut into."""
    columns = {*columns}
    asked = (Bands.parse(name) for names in needed.values() for name in names if name not in columns)
    return [str(bands) for bands in asked if bands is not None and bands.edges and bands.column in columns]
