"""Bring files into one raw relation of the engine: rename columns and score texts, without checking rows yet.

Texts are scored batch by batch and not kept. Counts in Parquet files are not read here. Instead the raw
relation is a view of the files, which the engine reads for every sum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from fairaudit.core.columns import COUNT_COLUMNS, HYPOTHESIS, REFERENCE, RESCORED, SPEAKER, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.memory import DEFAULT_MEMORY, bytes_of
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, parquet_scan
from fairaudit.inputs.composite import composites, read_from, with_composites
from fairaudit.inputs.formats import PARQUET, Format, choose_format
from fairaudit.inputs.formats.base import ROW, check_names, numbered, without_headers
from fairaudit.inputs.formats.delimited import CSV, TSV
from fairaudit.inputs.formats.frame import frame_table
from fairaudit.inputs.formats.jsonlines import AUDIO
from fairaudit.inputs.formats.nested import mark_nested, nested_in
from fairaudit.inputs.formats.parquet import flat_columns, has_column, nested_columns, row_range, verify_checksums
from fairaudit.inputs.joined_files import JoinedFile, join_files
from fairaudit.inputs.joining import Joins
from fairaudit.inputs.naming import Content, arrange, content_of, refuse_nested, require, set_aside
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.quality import Join
from fairaudit.inputs.repeats import count_repeats
from fairaudit.inputs.rules import FILE, HASHES
from fairaudit.inputs.rules import number as number_in
from fairaudit.inputs.scripts import require_script, token_for
from fairaudit.inputs.shards import require_different
from fairaudit.inputs.spreadsheets import note_restored, protected_ids, restored_in
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.texts import is_bytes, plain_values, refuse_alternatives, score_texts, texts_of
from fairaudit.scoring import Normalizer, Scripts, Token, resolve_token

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "RAW",
    "InputFile",
    "NoRowsError",
    "RawLog",
    "Reading",
    "difference",
    "ingest",
    "note_segments",
    "segment_in",
    "types_of_all",
]

RAW: Final = "raw"
_FRAME: Final = "<DataFrame>"
_BATCH: Final = 32_768
#: Relations that come before :data:`RAW`: rows as they were copied, and with the names of segments.
_COPIED: Final = "copied"
_SEGMENTS: Final = "segments"
#: Field of a NeMo manifest with the second of a recording at which a segment begins.
_OFFSET: Final = "offset"


@dataclass(frozen=True)
class InputFile:
    """A file that was read.

    Attributes
    ----------
    name
        Its base name.
    sha256
        SHA-256 of the file on disk.
    rows
        Its number of rows.
    measured
        Columns of the file that hold the hypotheses or the counts. A file can hold those of several recognisers.
    """

    name: str
    sha256: str
    rows: int
    measured: tuple[str, ...] = ()


class NoRowsError(InputError):
    """A log, or a part of one, has no rows; ``inputs`` are its files."""

    inputs: tuple[InputFile, ...] = ()


@dataclass(frozen=True)
class Reading:
    """Options of :func:`fairaudit.inputs.read_log`, which documents them.

    ``is_part`` says that this is a part of a log, so that nothing is decided that depends on all of its rows. ``types``
    are then those that columns of Parquet files of counts have in all files together.
    """

    normalizer: Normalizer
    second: Normalizer | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str = "auto"
    token: Literal["word", "char", "auto"] = "auto"
    strip_tags: bool = False
    missing_hypothesis: Literal["error", "empty", "drop"] = "error"
    missing_speaker: Literal["auto", "quarantine", "own", "keep"] = "auto"
    zip_pad: bool = False
    cluster: str | None = None
    max_quarantine: float = 0.01
    counts: tuple[str, ...] = ()
    rate_columns: tuple[str, ...] = ()
    needed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    memory: int = bytes_of(DEFAULT_MEMORY)
    hypotheses: str | Path | None = None
    metadata: tuple[str | Path, ...] = ()
    is_part: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def normalizers(self) -> tuple[Normalizer, ...]:
        """All normalisers with which texts are scored."""
        return (self.normalizer,) if self.second is None else (self.normalizer, self.second)

    @property
    def rescored(self) -> tuple[str, ...]:
        """Columns for the counts of the second normaliser."""
        return () if self.second is None else RESCORED

    @property
    def sampling_unit(self) -> str:
        """Column of the sampling unit."""
        return self.cluster or SPEAKER

    @property
    def further(self) -> tuple[str, ...]:
        """Columns besides those with a fixed meaning that must hold single values."""
        return (self.sampling_unit, *self.counts)

    @property
    def required(self) -> str | None:
        """Column of the sampling unit, or None if the log need not have one."""
        return None if self.missing_speaker == "own" and self.cluster is None else self.sampling_unit


@dataclass(frozen=True)
class RawLog:
    """Content of the engine's relation :data:`RAW`; ``token`` is None if the log came with counts.

    ``names`` are the columns of the first file, ``segments`` says whether rows may be segments of recordings,
    ``protected`` counts the ids of a part that are protected from spreadsheets, and those that are not, and ``joins``
    is what became of the files that were joined.
    """

    inputs: tuple[InputFile, ...]
    token: Token | None
    notes: tuple[str, ...] = ()
    scripts: Scripts | None = None
    names: frozenset[str] = frozenset()
    segments: bool = False
    protected: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()


def ingest(source: Sequence[OpenedFile] | pd.DataFrame, reading: Reading, engine: EmbeddedEngine) -> RawLog:
    """Bring a log into the engine.

    Raises
    ------
    InputError
        If a file cannot be read, has no rows or lacks columns, or if two files are copies of each other.
    """
    formats = [] if isinstance(source, pd.DataFrame) else [choose_format(file, reading.format) for file in source]
    convention = formats[0].names if formats else {}
    joined = join_files(reading.hypotheses, reading.metadata, reading.columns, convention, engine)
    if isinstance(source, pd.DataFrame):
        return _copy(lambda: [_frame_source(source)], reading, engine, joined)
    in_place = not joined and all(one is PARQUET for one in formats)
    if in_place and not any(_must_be_copied(file, reading) for file in source):
        raw = _view(source, reading, engine)
    else:
        raw = _copy(
            lambda: [_file_source(file, form, reading, engine) for file, form in zip(source, formats, strict=True)],
            reading,
            engine,
            joined,
        )
    require_different(source, [one.rows for one in raw.inputs])
    return raw


@dataclass(frozen=True)
class _Source:
    """One input: batches of rows with the column names of the file."""

    name: str
    sha256: str
    format: Format
    batches: Iterator[pa.RecordBatch]
    notes: list[str] = field(default_factory=list)


def _file_source(file: OpenedFile, form: Format, reading: Reading, engine: EmbeddedEngine) -> _Source:
    if not file.ends_in_newline and not form.has_end:
        file.notes.append(f"{file.name} does not end in a line break; is its last row complete?")
    return _Source(file.name, file.sha256, form, _unchanged(file, form, reading, engine), file.notes)


def _unchanged(file: OpenedFile, form: Format, reading: Reading, engine: EmbeddedEngine) -> Iterator[pa.RecordBatch]:
    """Read a file, and raise if it has changed in the meantime."""
    yield from form.read(file, engine, read_from(reading.columns))
    file.require_unchanged()


def _frame_source(frame: pd.DataFrame) -> _Source:
    table, sha256 = frame_table(frame)
    notes: list[str] = []
    rows = without_headers(numbered(table.to_batches(max_chunksize=_BATCH), first_row=1), _FRAME, notes)
    return _Source(_FRAME, sha256, PARQUET, (mark_nested(batch, nested_in(table)) for batch in rows), notes)


def _copy(
    sources: Callable[[], Sequence[_Source]],
    reading: Reading,
    engine: EmbeddedEngine,
    joined: Sequence[JoinedFile] = (),
) -> RawLog:
    """Copy sources into the engine; again, if all references show that the first batch suggested the wrong token."""
    joins = Joins(joined, reading.columns, engine)
    copy = _Copy(reading, engine, joins)
    engine.store(_COPIED, copy.tables(sources()), distinct=(UTTERANCE, ROW, *HASHES))
    inputs, relation = copy.inputs, _COPIED
    _require_rows(inputs)
    results = joins.results()
    copy.notes += [note for one in joined for file in one.files for note in file.notes]
    copy.notes += [join.sentence for join in results]
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
        return RawLog(tuple(inputs), copy.token, tuple(copy.notes), scripts, copy.names, copy.segments, protected)
    copy.notes += note_restored(protected)
    if copy.token is None:
        return RawLog(tuple(inputs), None, tuple(dict.fromkeys(copy.notes)), joins=results)
    name = inputs[0].name if len(inputs) == 1 else f"{inputs[0].name} and {len(inputs) - 1} more"
    token = token_for(name, copy.scripts, reading.token)
    if token != copy.token:
        return _copy(sources, replace(reading, token=token), engine, joined)
    for normalizer in reading.normalizers:
        require_script(name, copy.scripts, normalizer)
    return RawLog(tuple(inputs), token, tuple(dict.fromkeys(copy.notes)), copy.scripts, joins=results)


class _Copy:
    """Copies sources into the engine in turn. The first batch decides whether the log holds texts or counts.

    It also suggests how texts are counted.
    """

    def __init__(self, reading: Reading, engine: EmbeddedEngine, joins: Joins) -> None:
        self.reading = reading
        self.joins = joins
        self.engine = engine
        self.inputs: list[InputFile] = []
        self.content: Content | None = None
        self.token: Token | None = None
        self.names: frozenset[str] = frozenset()
        self.columns: dict[str, None] = {}
        self.notes: list[str] = []
        self.segments = False
        self.scripts = Scripts()
        self.is_delimited = False

    def tables(self, sources: Sequence[_Source]) -> Iterator[pa.Table]:
        """Return the rows of all sources; whatever else is known of them is complete when there are no more."""
        for number, source in enumerate(sources):
            yield from self._tables(source, number)

    def _tables(self, source: _Source, number: int) -> Iterator[pa.Table]:
        import pyarrow as pa

        rows = 0
        self.is_delimited |= source.format in (CSV, TSV)
        measured: tuple[str, ...] = ()
        for batch in self.joins.rows(source.name, source.format, source.batches):
            names = [name for name in batch.schema.names if name != ROW]
            refuse_nested(
                source.name, names, nested_in(batch), self.reading.columns, source.format.names, self.reading.further
            )
            layout = arrange(names, self.reading.columns, source.format.names)
            self.columns |= dict.fromkeys(layout)
            check_names(source.name, [*self.columns])
            if rows == 0:
                require(source.name, names, self.reading.columns)
                self._settle(source, batch, layout)
                measured = _measured(layout, self.reading, self.joins, texts=self.token is not None)
            self.segments |= layout.get(UTTERANCE) == AUDIO and _OFFSET in layout
            assert self.content is not None
            unused = set_aside(layout, self.content)
            columns = {
                ours: plain_values(batch.column(theirs), f"{source.name}: column {theirs!r}")
                for ours, theirs in layout.items()
                if ours not in unused
            }
            integers = {FILE: pa.repeat(pa.scalar(number, pa.int64()), len(batch)), ROW: batch.column(ROW)}
            if self.token is not None:
                integers |= self._score(columns, source.name, batch.column(ROW), source.format)
            texts = {name: column for name, column in columns.items() if name not in {*TEXT_COLUMNS, *integers}}
            spelled = self.engine.texts(pa.table(texts))
            yield pa.table(dict(zip(texts, spelled.columns, strict=True)) | integers)
            rows += len(batch)
        self.notes += source.notes
        self.inputs.append(InputFile(source.name, source.sha256, rows, measured))

    def _settle(self, source: _Source, batch: pa.RecordBatch, layout: Mapping[str, str]) -> None:
        """Determine the content of a source from its first batch, and compare it with earlier sources."""
        reading = self.reading
        content = content_of(source.name, layout, reading.required)
        if self.content is None:
            self.content, self.names = content, frozenset(layout)
            if content == "text":
                name = layout[REFERENCE]
                references = texts_of(plain_values(batch.column(name), f"{source.name}: column {name!r}"))
                self.token = reading.token if reading.token != "auto" else resolve_token([t for t in references if t])
        elif content != self.content or not (source.format.free_fields or layout.keys() == self.names):
            raise InputError(difference(source.name, layout.keys(), self.names))
        self.notes += _notes(source, layout, content, reading)

    def _score(
        self, columns: Mapping[str, pa.Array], name: str, numbers: pa.Array, form: Format
    ) -> dict[str, pa.Array]:
        import pyarrow as pa

        rows = len(numbers)
        assert self.token is not None
        references = columns.get(REFERENCE, pa.nulls(rows))
        refuse_alternatives(f"{name}: column {REFERENCE!r}", references, numbers)
        return score_texts(
            references,
            columns.get(HYPOTHESIS, pa.nulls(rows)),
            normalizer=self.reading.normalizer,
            second=self.reading.second,
            token=self.token,
            strip_tags=self.reading.strip_tags,
            empty_means_missing=not form.distinguishes_empty,
            empty_hypothesis_means_missing=not (self.joins.hypotheses or form).distinguishes_empty,
            scripts=self.scripts,
        )


def _recurs(engine: EmbeddedEngine, rows: int) -> bool:
    """Whether recordings recur, so that utterances must be named by more; see ``formats.jsonlines.segment_id``."""
    return any(count_repeats(engine, _COPIED, [UTTERANCE], rows))


def segment_in(types: Collection[str]) -> str:
    """Return SQL for the name of a segment of a recording, given the columns of the relation."""
    offset, duration = (number_in(name) if name in types else "NULL" for name in (_OFFSET, "duration"))
    segment = f"concat('@', {offset}, CASE WHEN {duration} IS NOT NULL THEN concat('+', {duration}) END)"
    return f"concat({UTTERANCE}, CASE WHEN {offset} IS NOT NULL THEN {segment} END)"


def note_segments(name: str) -> str:
    """Say that utterances are segments, given the name of the first file."""
    return f"{name}: utterances are segments, identified by {AUDIO!r}, offset and duration"


def _measured(
    layout: Mapping[str, str], reading: Reading, joins: Joins | None = None, *, texts: bool
) -> tuple[str, ...]:
    """Return the columns of a file from which rates are counted. Hypotheses of another file are named by its hash."""
    other = joins.hypotheses if joins is not None else None
    hypotheses = {} if other is None else {HYPOTHESIS: f"{other.name} (SHA-256 {other.sha256[:12]})"}
    wanted = (*((HYPOTHESIS,) if texts else COUNT_COLUMNS), *reading.counts)
    return tuple(hypotheses.get(name, layout[name]) for name in wanted if name in layout)


def _notes(source: _Source, layout: Mapping[str, str], content: Content, reading: Reading) -> list[str]:
    """Report decisions about a source that the user did not make."""
    notes = []
    by_convention = {
        ours: layout[ours] for ours in source.format.names if ours in layout and ours not in reading.columns
    }
    if UTTERANCE in by_convention:
        notes.append(f"{source.name}: utterances are identified by {by_convention.pop(UTTERANCE)!r}")
    renamed = [f"{theirs!r} is read as {ours!r}" for ours, theirs in by_convention.items() if ours != theirs]
    if renamed:
        notes.append(f"{source.name}: {', '.join(renamed)}")
    return notes + _note_unused(source.name, layout, content)


def _note_unused(name: str, layout: Mapping[str, str], content: Content) -> list[str]:
    """Report columns whose names are needed for counts."""
    if not (unused := set_aside(layout, content)):
        return []
    why = "errors are counted in the texts" if content == "text" else "fairaudit uses their names for counts"
    return [f"{name}: the columns {unused} are not used, because {why}"]


def difference(name: str, names: Collection[str], first: Collection[str]) -> str:
    """Describe how the columns of one shard differ from those of the first shard."""
    lacks, adds = sorted(set(first) - set(names)), sorted(set(names) - set(first))
    parts = [f"lacks {shown(lacks)}" if lacks else "", f"also has {shown(adds)}" if adds else ""]
    what = " and ".join(part for part in parts if part) or "holds texts where the others hold counts, or vice versa"
    return f"{name}: its columns differ from those of the earlier files; it {what}"


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


def _require_rows(inputs: Sequence[InputFile]) -> None:
    if not sum(one.rows for one in inputs):
        error = NoRowsError(f"{', '.join(one.name for one in inputs)}: no rows")
        error.inputs = tuple(inputs)
        raise error


def _must_be_copied(file: OpenedFile, reading: Reading) -> bool:
    """Whether a Parquet file has texts to score, or columns of bytes, which the engine would escape."""
    names = flat_columns(file)
    has_texts = set(TEXT_COLUMNS) <= arrange(with_composites(names, reading.columns), reading.columns, {}).keys()
    return has_texts or has_column(file, is_bytes) or any(name not in names for name in composites(reading.columns))


def _view(files: Sequence[OpenedFile], reading: Reading, engine: EmbeddedEngine) -> RawLog:
    """Create a view of counts that stay in their Parquet files."""
    first: frozenset[str] = frozenset()
    selects, inputs, notes = [], [], []
    for number, file in enumerate(files):
        names = flat_columns(file)
        refuse_nested(file.name, names, nested_columns(file), reading.columns, {}, reading.further)
        require(file.name, names, reading.columns)
        layout = arrange(names, reading.columns, {})
        notes += _note_unused(file.name, layout, content_of(file.name, layout, reading.required))
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
        inputs.append(InputFile(file.name, file.sha256, len(rows), _measured(layout, reading, texts=False)))
        notes += file.notes
    _require_rows(inputs)
    engine.view(RAW, " UNION ALL ".join(selects))
    return RawLog(tuple(inputs), token=None, notes=tuple(notes), names=first)
