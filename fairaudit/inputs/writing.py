"""Write the counts of a log: one row per utterance, or sums over speakers and groups. Texts are never among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fairaudit
from fairaudit.core.bands import Bands
from fairaudit.core.columns import COORDINATES, SPEAKER, UTTERANCE, ZIP_CODE, holds_bins
from fairaudit.core.errors import UsageError, setting
from fairaudit.core.files import replacing
from fairaudit.core.labels import label_key
from fairaudit.core.progress import report
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.artefact import KEY, SCORED, TALLY, Artefact
from fairaudit.inputs.bands import with_bands
from fairaudit.inputs.binned import with_bins
from fairaudit.inputs.checking import USED
from fairaudit.inputs.formats.base import ROWS
from fairaudit.inputs.households import may_be_shared
from fairaudit.inputs.labels import LABELS_AT_MOST
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.rules import OWN_SPEAKERS

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["describe", "kept", "likely_labels", "rows_of", "schema_of", "write_scored", "write_tally"]

#: Columns of every tally whose log has them, beside that of the sampling unit.
_ALWAYS: Final = (SPEAKER, *COORDINATES, ZIP_CODE)


def write_scored(log: UtteranceLog, path: Path) -> None:
    """Write one row per used utterance: its columns and its counts, without its texts.

    Parameters
    ----------
    log
        A log as it was read.
    path
        Parquet file, which only its owner can read.

    Raises
    ------
    UsageError
        If the log is a tally, was paired, or was cut into bands whose edges are not in their name.
    """
    if log.is_tally:
        raise UsageError(f"{log.name}: a tally has no utterances, so that it cannot be scored again")
    _write(log, SCORED, log.columns, path)


def write_tally(log: UtteranceLog, path: Path, by: Sequence[str] = (), quantiles: Sequence[str] = ()) -> None:
    """Write the sums of a log over its speakers, their places and zip codes, and columns of labels.

    Parameters
    ----------
    log
        A log as it was read, or tallies, which are added.
    path
        Parquet file, which only its owner can read.
    by
        Columns of labels, or bands such as ``age[20,40,60]``; by default the columns that an audit may search without
        being asked for.
    quantiles
        Columns of numbers whose bins are kept.

    Raises
    ------
    InputError
        If the log lacks a column.
    UsageError
        If a column or the sampling unit is that of the utterances, if speakers are unknown, or if the log was
        paired, or cut into bands whose edges are not in their name.
    """
    if UTTERANCE in (*by, log.cluster):
        raise UsageError(f"a tally has no utterances; {UTTERANCE!r} cannot be one of its columns")
    log, exact = with_bands(log, by)
    by = [exact.get(name, name) for name in by]
    log = with_bins(log, quantiles)
    log.require(by)
    if unknown := log.quality.coercions.get(OWN_SPEAKERS):
        raise UsageError(
            f"{log.name}: {unknown:,} rows have no speaker and count as one each "
            f"({setting('missing_speaker', 'own')}), so that a tally would name utterances; leave these rows out, or "
            "keep the file of fairaudit score instead"
        )
    _write(log, TALLY, kept(log, by or (log.columns if log.is_tally else likely_labels(log))), path)


def kept(log: UtteranceLog, labels: Sequence[str]) -> tuple[str, ...]:
    """List the columns of a tally with some columns of labels, in the order of the log."""
    wanted = {log.cluster or SPEAKER, *_ALWAYS, *labels}
    return tuple(column for column in log.columns if column in wanted or holds_bins(column))


def likely_labels(log: UtteranceLog) -> list[str]:
    """List the columns that an audit may search, or look for households in, also if this is only a part of a log.

    A column with a single label, or without any, may have several in the whole log.
    """
    columns = [column for column in log.columns if log._holds_labels(column)]
    values = log._count_values()
    likely = [
        column
        for column in columns
        if values[column].distinct <= 2 * LABELS_AT_MOST and (values[column].has_texts or not values[column].distinct)
    ]
    spellings = log.spellings(likely)
    few = [column for column in likely if len({*map(label_key, spellings[column])} - {""}) <= LABELS_AT_MOST]
    return [*few, *may_be_shared(log.cluster or SPEAKER, values, columns)]


def _write(log: UtteranceLog, kind: str, columns: tuple[str, ...], path: Path) -> None:
    """Write a file of counts."""
    import pyarrow.parquet as pq

    new = {*log.columns, *log.count_columns} - log._engine.types(USED).keys()
    made = filterfalse(holds_bins, new)
    if not all(bands is not None and bands.edges for bands in map(Bands.parse, made)):
        raise UsageError(f"{log.name}: only a log as it was read can be written, without bands of a column or pairs")
    description = describe(log, kind, columns, log.shared_units if kind == TALLY else ())
    schema = schema_of(description).with_metadata({KEY: description.to_json()})
    with replacing(path, private=True) as file, pq.ParquetWriter(file, schema, write_page_checksum=True) as out:
        written = 0
        report("writing rows")
        for table in rows_of(log, description):
            out.write_table(table.cast(schema))
            written += len(table)
            report("rows written", written)


def schema_of(description: Artefact) -> pa.Schema:
    """Return the names and types of the columns of a file."""
    import pyarrow as pa

    types = {name: pa.float64() if name in COORDINATES else pa.string() for name in description.columns}
    return pa.schema([*(types | dict.fromkeys(description.sums, pa.int64())).items()])


def rows_of(log: UtteranceLog, description: Artefact) -> Iterator[pa.Table]:
    """Stream the rows of a file of counts; those of a tally are sorted by their columns."""
    import pyarrow as pa

    keys, counts = ", ".join(map(identifier, description.columns)), _counts(log, description)
    relation = identifier(log._relation)
    rows = f"SELECT {keys}, {', '.join(counts)} FROM {relation}"
    if description.kind == TALLY:
        order = ", ".join(f"{identifier(name)} NULLS LAST" for name in description.columns)
        rows = f"SELECT {keys}, {', '.join(map(_sum, counts))} FROM {relation} GROUP BY {keys} ORDER BY {order}"
    schema = schema_of(description)
    for batch in log._engine.batches(rows):
        yield pa.Table.from_batches([batch]).rename_columns(schema.names).cast(schema)


def describe(log: UtteranceLog, kind: str, columns: tuple[str, ...], shared_units: tuple[str, ...] = ()) -> Artefact:
    """Describe a file, whose sums are those of the log.

    Parameters
    ----------
    log
        The log.
    kind, columns, shared_units
        As in :class:`fairaudit.inputs.artefact.Artefact`.
    """
    is_tally = kind == TALLY
    left_out = {*(() if log._summed is None else log._summed.left_out)}
    left_out |= {name for name in log.columns if is_tally and name not in (*columns, UTTERANCE)}
    description = Artefact(
        kind=kind,
        fairaudit=fairaudit.__version__,
        inputs=log.inputs,
        unit=log.unit,
        normalizer=log.normalizer,
        second_normalizer=log.second_normalizer,
        settings=log.settings,
        cluster=log.cluster,
        zip_pad=log.zip_pad,
        columns=columns,
        count_columns=log.count_columns,
        derived_columns=log.derived_columns,
        totals={},
        quality=log.quality,
        findings=log._findings,
        left_out=tuple(sorted(left_out)),
        shared_units=shared_units,
    )
    counts = ", ".join(f"coalesce({_sum(count)}, 0)" for count in _counts(log, description))
    sums = log._engine.rows(f"SELECT {counts} FROM {identifier(log._relation)}")[0]
    return replace(description, totals=dict(zip(description.sums, sums, strict=True)))


def _counts(log: UtteranceLog, description: Artefact) -> list[str]:
    """Return SQL for every additive column of a row of the log."""
    return [log._rows_in_row if name == ROWS else identifier(name) for name in description.sums]


def _sum(column: str) -> str:
    return f"CAST(sum({column}) AS BIGINT)"
