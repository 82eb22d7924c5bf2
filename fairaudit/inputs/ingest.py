"""Bring files into one raw relation of the engine: rename columns and score texts, without checking rows yet.

Texts are scored batch by batch and not kept. Counts in Parquet files are not read here. Instead the raw
relation is a view of the files, which the engine reads for every sum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import SPEAKER, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.lazy import is_frame
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, parquet_scan
from fairaudit.inputs.composite import composites, read_from, with_composites
from fairaudit.inputs.copying import OFFSET, Copy, Source, difference, measured_in, note_unused
from fairaudit.inputs.formats import PARQUET, Format, choose_format
from fairaudit.inputs.formats.base import FILE, ROW, numbered, without_headers
from fairaudit.inputs.formats.jsonlines import AUDIO
from fairaudit.inputs.formats.nested import mark_nested, nested_in
from fairaudit.inputs.formats.parquet import flat_columns, has_column, nested_columns, row_range, verify_checksums
from fairaudit.inputs.joined_files import JoinedFile, join_files
from fairaudit.inputs.joining import Joins
from fairaudit.inputs.judging import names_of
from fairaudit.inputs.naming import arrange, content_of, refuse_nested, require, set_aside
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.raw import RAW, InputFile, NoRowsError, RawLog, Reading
from fairaudit.inputs.repeats import count_repeats
from fairaudit.inputs.rules import HASHES
from fairaudit.inputs.rules import number as number_in
from fairaudit.inputs.scripts import require_script, token_for
from fairaudit.inputs.shards import require_different
from fairaudit.inputs.spreadsheets import note_restored, protected_ids, restored_in
from fairaudit.inputs.texts import is_bytes
from fairaudit.inputs.where import note_where, refuse_all_left_out

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["ingest", "ingest_sources", "note_segments", "segment_in", "sources_of", "types_of_all"]

_FRAME: Final = "<DataFrame>"
_BATCH: Final = 32_768
#: Relations that come before :data:`~fairaudit.inputs.raw.RAW`: rows as they were copied, and with the names of
#: segments.
_COPIED: Final = "copied"
_SEGMENTS: Final = "segments"


def ingest(source: Sequence[OpenedFile] | pd.DataFrame, reading: Reading, engine: EmbeddedEngine) -> RawLog:
    """Bring a log into the engine.

    Raises
    ------
    InputError
        If a file cannot be read, has no rows or lacks columns, or if two files are copies of each other.
    """
    log = [] if is_frame(source) else [(file, choose_format(file, reading.format)) for file in source]
    if is_frame(source):
        return ingest_sources(lambda: sources_of(source, reading, engine), log, reading, engine)
    in_place = reading.hypotheses is None and not reading.metadata and all(form is PARQUET for _, form in log)
    if in_place and not any(_must_be_copied(file, reading) for file in source):
        raw = _view(source, reading, engine)
    else:
        raw = ingest_sources(lambda: sources_of(source, reading, engine), log, reading, engine)
    require_different(source, [one.rows for one in raw.inputs])
    return raw


def sources_of(
    source: Sequence[OpenedFile] | pd.DataFrame, reading: Reading, engine: EmbeddedEngine
) -> Sequence[Source]:
    """Return what a log is read from: its files, or a frame."""
    if is_frame(source):
        return [_frame_source(source)]
    return [_file_source(file, choose_format(file, reading.format), reading, engine) for file in source]


def ingest_sources(
    sources: Callable[[], Sequence[Source]],
    log: Sequence[tuple[OpenedFile, Format]],
    reading: Reading,
    engine: EmbeddedEngine,
) -> RawLog:
    """Bring the rows of sources, and of files that are joined with them, into the engine.

    Parameters
    ----------
    sources
        Gives the sources, more than once if their rows must be read again.
    log
        Files of the log, and their formats; none for a frame.
    reading, engine
        The options, and where the rows are stored.
    """
    joined = join_files(reading.hypotheses, reading.metadata, reading.columns, log, engine)
    return _copy(sources, reading, engine, joined)


def _file_source(file: OpenedFile, form: Format, reading: Reading, engine: EmbeddedEngine) -> Source:
    if not file.ends_in_newline and not form.has_end:
        file.notes.append(f"{file.name} does not end in a line break; is its last row complete?")
    return Source(
        file.name, file.sha256, form, _unchanged(file, form, reading, engine), file.notes, changes=file.changes
    )


def _unchanged(file: OpenedFile, form: Format, reading: Reading, engine: EmbeddedEngine) -> Iterator[pa.RecordBatch]:
    """Read a file, and raise if it has changed in the meantime."""
    yield from form.read(file, engine, read_from(reading.columns))
    file.require_unchanged()


def _frame_source(frame: pd.DataFrame) -> Source:
    from fairaudit.inputs.formats.frame import frame_table

    table, sha256 = frame_table(frame)
    notes: list[str] = []
    rows = without_headers(numbered(table.to_batches(max_chunksize=_BATCH), first_row=1), _FRAME, notes)
    return Source(_FRAME, sha256, PARQUET, (mark_nested(batch, nested_in(table)) for batch in rows), notes)


def _copy(
    sources: Callable[[], Sequence[Source]],
    reading: Reading,
    engine: EmbeddedEngine,
    joined: Sequence[JoinedFile],
) -> RawLog:
    """Copy sources into the engine; again, if all references show that the first batch suggested the wrong token."""
    joins = Joins(joined, reading.columns, engine)
    copy = Copy(reading, engine, joins)
    engine.store(_COPIED, copy.tables(sources()), distinct=(UTTERANCE, ROW, *HASHES))
    inputs, relation = copy.inputs, _COPIED
    _require_rows(inputs)
    _require_chosen(copy)
    results = () if reading.is_part else joins.results()
    copy.notes += [] if reading.is_part else note_where(reading.where)
    for file in (file for one in joined for file in one.files if not reading.is_part):
        copy.notes += file.notes
        copy.changes.update(file.changes)
    copy.notes += [join.note for join in results]
    if not reading.is_part and copy.segments and _recurs(engine, sum(one.rows for one in inputs)):
        relation = _SEGMENTS
        name = segment_in(engine.types(_COPIED))
        engine.view(relation, f"SELECT * REPLACE ({name} AS {UTTERANCE}) FROM {_COPIED}")
        copy.notes.append(note_segments(inputs[0].name))
    protected: Mapping[str, tuple[int, int]] = {}
    if copy.is_delimited:
        columns = dict.fromkeys((UTTERANCE, SPEAKER, reading.sampling_unit))
        ids = [name for name in columns if name in copy.columns]
        protected = protected_ids(engine, relation, ids, is_part=reading.is_part)
    replaced = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in restored_in(protected).items())
    engine.view(RAW, f"SELECT *{f' REPLACE ({replaced})' if replaced else ''} FROM {relation}")
    if reading.is_part:
        scripts = None if copy.token is None else copy.scripts
        return RawLog(
            tuple(inputs), copy.token, tuple(copy.notes), scripts, copy.names, copy.segments, protected,
            changes=dict(copy.changes), joins_in_part=joins.in_part(), left_out=copy.chosen.left_out,
            values=copy.values,
        )  # fmt: skip
    copy.notes += note_restored(protected)
    raw = RawLog(
        tuple(inputs), None, tuple(dict.fromkeys(copy.notes)), joins=results, left_out=copy.chosen.left_out,
        changes=dict(copy.changes),
    )  # fmt: skip
    if copy.token is None:
        return raw
    name = names_of(inputs)
    token = token_for(name, copy.scripts, reading.token)
    if token != copy.token:
        return _copy(sources, replace(reading, token=token), engine, joined)
    for normalizer in reading.normalizers:
        require_script(name, copy.scripts, normalizer)
    return replace(raw, token=token, scripts=copy.scripts)


def _recurs(engine: EmbeddedEngine, rows: int) -> bool:
    """Whether recordings recur, so that utterances must be named by more; see ``formats.jsonlines.segment_id``."""
    return any(count_repeats(engine, _COPIED, [UTTERANCE], rows).counts)


def segment_in(types: Collection[str]) -> str:
    """Return SQL for the name of a segment of a recording, given the columns of the relation."""
    offset, duration = (number_in(name) if name in types else "NULL" for name in (OFFSET, "duration"))
    segment = f"concat('@', {offset}, CASE WHEN {duration} IS NOT NULL THEN concat('+', {duration}) END)"
    return f"concat({UTTERANCE}, CASE WHEN {offset} IS NOT NULL THEN {segment} END)"


def note_segments(name: str) -> str:
    """Say that utterances are segments, given the name of the first file."""
    return f"{name}: utterances are segments, identified by {AUDIO!r}, offset and duration"


def _typed(name: str, kind: str | None) -> str:
    """Return SQL for a column, as a type if one is given."""
    return identifier(name) if kind is None else f"CAST({identifier(name)} AS {kind})"


def types_of_all(files: Sequence[OpenedFile], reading: Reading, engine: EmbeddedEngine) -> dict[str, str]:
    """Return the types that the columns of Parquet files of counts have together; none if the files are copied."""
    if any(_must_be_copied(file, reading) for file in files):
        return {}
    selects = []
    for file in files:
        layout = arrange(flat_columns(file), reading.columns, {})
        names = sorted({*layout} - {*TEXT_COLUMNS} - {*set_aside(layout, "counts")})
        columns = ", ".join(f"{identifier(layout[ours])} AS {identifier(ours)}" for ours in names)
        selects.append(f"SELECT {columns} FROM {parquet_scan(file.path)}")
    engine.view(RAW, " UNION ALL ".join(selects))
    return engine.types(RAW)


def _require_chosen(copy: Copy) -> None:
    """Raise if conditions leave out all rows. Whether a value occurs at all is not known of a part."""
    if sum(one.rows for one in copy.inputs) > copy.chosen.left_out:
        return
    if copy.reading.is_part:
        error = NoRowsError(f"{names_of(copy.inputs)}: no rows that satisfy all conditions")
        error.inputs, error.values = tuple(copy.inputs), copy.values
        raise error
    refuse_all_left_out(names_of(copy.inputs), copy.reading.where, copy.columns, copy.values)


def _require_rows(inputs: Sequence[InputFile]) -> None:
    if not sum(one.rows for one in inputs):
        error = NoRowsError(f"{', '.join(one.name for one in inputs)}: no rows")
        error.inputs = tuple(inputs)
        raise error


def _must_be_copied(file: OpenedFile, reading: Reading) -> bool:
    """Whether a Parquet file has texts to score, rows to leave out, or bytes, which the engine would escape."""
    names = flat_columns(file)
    has_texts = set(TEXT_COLUMNS) <= arrange(with_composites(names, reading.columns), reading.columns, {}).keys()
    return (
        has_texts
        or bool(reading.where)
        or has_column(file, is_bytes)
        or any(name not in names for name in composites(reading.columns))
    )


def _view(files: Sequence[OpenedFile], reading: Reading, engine: EmbeddedEngine) -> RawLog:
    """Create a view of counts that stay in their Parquet files."""
    first: frozenset[str] = frozenset()
    selects, inputs, notes = [], [], []
    for number, file in enumerate(files):
        names = flat_columns(file)
        refuse_nested(file.name, names, nested_columns(file), reading.columns, {}, reading.further)
        require(file.name, names, reading.columns)
        layout = arrange(names, reading.columns, {})
        notes += note_unused(file.name, layout, content_of(file.name, layout, reading.required, reading.own))
        layout = {name: layout[name] for name in layout if name not in set_aside(layout, "counts")}
        first = first or frozenset(layout)
        if layout.keys() != first:
            raise InputError(difference(file.name, layout.keys(), first))
        verify_checksums(file)
        engine.watch(file.require_unchanged)
        kept = [
            f"{_typed(layout[ours], reading.types.get(ours))} AS {identifier(ours)}"
            for ours in sorted(first - set(TEXT_COLUMNS))
        ]
        numbers = [f"{number} AS {identifier(FILE)}", f"file_row_number + 1 AS {identifier(ROW)}"]
        rows = row_range(file)
        part = f" WHERE file_row_number BETWEEN {rows.start} AND {rows.stop - 1}" if file.groups is not None else ""
        selects.append(f"SELECT {', '.join(kept + numbers)} FROM {parquet_scan(file.path)}{part}")
        inputs.append(InputFile(file.name, file.sha256, len(rows), measured_in(layout, reading, texts=False)))
        notes += file.notes
    _require_rows(inputs)
    engine.view(RAW, " UNION ALL ".join(selects))
    return RawLog(tuple(inputs), token=None, notes=tuple(notes), names=first)
