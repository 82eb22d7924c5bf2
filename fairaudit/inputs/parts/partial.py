"""Read one part of a log: score it, count its faults without judging them, and sum its usable rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from fairaudit.core.quantiles import QUANTILES
from fairaudit.core.signature import software
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.artefact import TALLY
from fairaudit.inputs.bands import band_columns, with_bands
from fairaudit.inputs.binned import with_bins
from fairaudit.inputs.checked import checked_log
from fairaudit.inputs.checking import count_faults, problems_of, rules_for, separate
from fairaudit.inputs.choices import unit_of_counts
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.ingest import ingest
from fairaudit.inputs.judging import Faults
from fairaudit.inputs.kinds import with_kind
from fairaudit.inputs.labels import LABELS_AT_MOST
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.opening import OpenedFile, open_file, open_groups
from fairaudit.inputs.parts.facts import ColumnDoc, PartDoc, with_facts
from fairaudit.inputs.parts.ids import bucket, hashed_ids, no_ids
from fairaudit.inputs.parts.joined import join_doc
from fairaudit.inputs.parts.sums import merge_sums
from fairaudit.inputs.quality import Findings
from fairaudit.inputs.raw import RAW, InputFile, NoRowsError, RawLog, Reading
from fairaudit.inputs.texts import exposure_name
from fairaudit.inputs.writing import describe, kept, rows_of, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SKETCH", "CheckedPart", "partial_of"]

#: Hashes from which the number of values of a column is estimated, within some per cent.
SKETCH: Final = 256
#: Bytes at the end of a Parquet file by which it is recognised.
_END: Final = 1 << 16
#: Most values of a column that a part lists.
_LISTED: Final = 4 * LABELS_AT_MOST


@dataclass(frozen=True)
class Part:
    """A part of a log: a file, or some row groups of a Parquet file.

    Attributes
    ----------
    number, file
        Its position among all parts, and that of its file among all files.
    path
        The file.
    groups
        Numbers of its row groups; None for the whole file.
    joined
        Files that are joined with it.
    """

    number: int
    file: int
    path: str
    groups: tuple[int, ...] | None = None
    joined: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedPart:
    """A part of a log whose rows were scored and checked, but not judged.

    Attributes
    ----------
    raw, log, faults
        What was read, its usable rows, and the faults of all rows.
    """

    raw: RawLog
    log: UtteranceLog
    faults: Faults

    @classmethod
    def read(cls, file: OpenedFile, reading: Reading, engine: EmbeddedEngine) -> Self:
        """Read a part into the engine."""
        reading = replace(reading, is_part=True)
        raw = ingest([file], reading, engine)
        types = engine.types(RAW)
        counted = raw.token or unit_of_counts(types, reading.token)
        reading = with_kind(reading, raw, engine)
        rules = rules_for(types, reading, exposure=exposure_name(counted), scored=raw.token is not None)
        faults, changed = count_faults(rules, engine)
        if faults.unusable or any(one.rows for one in faults.problems):
            faults = replace(faults, problems=problems_of(rules, engine))
        quality, changes, quarantine, _ = separate(rules, faults, changed, raw, engine)
        findings = Findings(changes, 0, raw.scripts)
        log = checked_log(raw, rules, reading, engine, counted, quality, findings, quarantine)
        log = with_bands(log, band_columns(log.columns, reading.needed), may_lack=True)[0]
        return cls(raw, with_bins(log, reading.needed.get(QUANTILES, ()), may_lack=True), faults)


def partial_of(
    part: Part, reading: Reading, columns: Sequence[str], buckets: int, notes: Sequence[str] = ()
) -> list[pa.Table]:
    """Read a part of a log, and sum its rows.

    Parameters
    ----------
    part
        The part.
    reading
        Options of :func:`fairaudit.inputs.read_log`.
    columns
        Columns that the sums have, beside the sampling unit, places and zip codes.
    buckets
        Number of buckets for ids.
    notes
        Sentences about the log, if this is its first part.

    Returns
    -------
    list of pyarrow.Table
        The sums, and the hashed ids of each bucket. They are the same for the same part.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    import pyarrow as pa

    engine = EmbeddedEngine(memory=reading.memory)
    path = Path(part.path)
    file = open_file(path, engine.scratch) if part.groups is None else open_groups(path, part.groups, engine.scratch)
    file.notes.extend(notes)
    try:
        checked = CheckedPart.read(file, reading, engine)
    except NoRowsError as error:
        rows, ids = pa.table({}), no_ids()
        doc = _doc(part, file, error.inputs[0], file.notes)
        doc["values"] = {column: sorted(values) for column, values in error.values.items()}
    else:
        description = describe(checked.log, TALLY, kept(checked.log, columns))
        batches = [*rows_of(checked.log, description)]
        rows = pa.concat_tables(batches) if batches else schema_of(description).empty_table()
        ids = hashed_ids(engine, part.file, segments=checked.raw.segments)
        doc = _doc(part, file, checked.raw.inputs[0], checked.raw.notes)
        doc["names"] = sorted(checked.raw.names)
        doc["free_fields"] = choose_format(file, reading.format).free_fields
        doc["columns"] = [*checked.log.columns]
        doc["description"] = description.to_json()
        doc["faults"] = checked.faults.of_file(part.file).to_dict()
        doc["protected"] = {name: [*counts] for name, counts in checked.raw.protected.items()}
        doc["segments"] = checked.raw.segments
        doc["joins"] = [*map(join_doc, checked.raw.joins_in_part)]
        doc["others"] = _others(checked.log, [name for name in checked.log.columns if name not in description.columns])
    file.require_unchanged()
    in_buckets = (bucket(ids, i, buckets) for i in range(buckets))
    return [
        merge_sums([with_facts(rows, [doc])]),
        *(with_facts(table, [{"part": part.number, "name": file.name}]) for table in in_buckets),
    ]


def _doc(part: Part, file: OpenedFile, read: InputFile, notes: Sequence[str]) -> PartDoc:
    """Describe a part without rows."""
    is_copy = file.original is not None and file.path != file.original and not file.path.is_symlink()
    return {
        "part": part.number,
        "file": part.file,
        "footer": "" if part.groups is None else _footer(file.path),
        "name": file.name,
        "sha256": file.sha256,
        "content": _sha256(file.path) if is_copy else file.sha256,
        "rows": read.rows,
        "measured": [*read.measured],
        "names": [],
        "free_fields": False,
        "columns": [],
        "description": None,
        "faults": None,
        "notes": [*notes],
        "protected": {},
        "segments": False,
        "joins": [],
        "others": {},
        "values": {},
        "software": dict(software()),
    }


def _footer(path: Path) -> str:
    """Hash the end of a Parquet file, which says where all values are and what they lie between."""
    with path.open("rb") as content:
        content.seek(-min(_END, path.stat().st_size), os.SEEK_END)
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _others(log: UtteranceLog, columns: Sequence[str]) -> dict[str, ColumnDoc]:
    """Say what is in columns that the sums do not have, so that it can be seen whether they should."""
    columns = [column for column in columns if log._holds_labels(column)]
    values = log._labels.values(columns)
    few = [column for column in columns if values[column].distinct <= _LISTED]
    labels = log.spellings(few)
    return {
        column: {
            "labels": sorted(labels[column]) if column in labels else None,
            "has_texts": values[column].has_texts,
            "smallest": [] if column in labels else _smallest(log, column),
        }
        for column in columns
    }


def _smallest(log: UtteranceLog, column: str) -> list[int]:
    """Return the smallest hashes of the values of a column."""
    name = identifier(column)
    known = f"{identifier(log._relation)} WHERE {name} IS NOT NULL"
    query = f"SELECT DISTINCT hash({name}) AS h FROM {known} ORDER BY h LIMIT {SKETCH}"
    return [int(one) for (one,) in log._engine.rows(query)]
