"""From files to one raw relation in the engine: names arranged, texts scored, nothing judged yet.

Texts are scored batch by batch and not kept. Counts in Parquet files are not even read here: the raw
relation is a view of the files, which the engine reads anew for every sum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from fairaudit.core.columns import COUNT_COLUMNS, HYPOTHESIS, REFERENCE, RESCORED, SPEAKER, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, parquet_scan
from fairaudit.inputs.formats import PARQUET, Format, choose_format
from fairaudit.inputs.formats.base import ROW, numbered
from fairaudit.inputs.formats.frame import frame_table
from fairaudit.inputs.formats.parquet import flat_columns, row_count, verify_checksums
from fairaudit.inputs.naming import Content, arrange, content_of, require, shown
from fairaudit.inputs.opening import OpenedFile, expand, open_file
from fairaudit.inputs.rules import FILE, FLAGS
from fairaudit.inputs.texts import score_texts, texts_of
from fairaudit.scoring import Normalizer, Unit, resolve_unit

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["RAW", "InputFile", "RawLog", "Reading", "ingest"]

RAW: Final = "raw"
_BATCH: Final = 32_768
_INTEGERS: Final = (FILE, ROW, *FLAGS)


@dataclass(frozen=True)
class InputFile:
    """A file that was read: base name, SHA-256 of it as it stands on disk, and its number of rows."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Reading:
    """How a log is read; see :func:`fairaudit.inputs.read_log`, whose options these are."""

    normalizer: Normalizer
    second: Normalizer | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str = "auto"
    unit: Literal["word", "char", "auto"] = "auto"
    strip_tags: bool = False
    missing_hypothesis: Literal["error", "empty", "drop"] = "error"
    missing_speaker: Literal["quarantine", "own"] = "quarantine"
    zip_pad: bool = False
    cluster: str | None = None
    max_quarantine: float = 0.01

    @property
    def rescored(self) -> tuple[str, ...]:
        """Columns that texts are counted in by the second normaliser."""
        return () if self.second is None else RESCORED

    @property
    def unit_column(self) -> str:
        """The column that names the sampling unit."""
        return self.cluster or SPEAKER

    @property
    def required(self) -> str | None:
        """The sampling unit's column, where the log must have it."""
        return None if self.missing_speaker == "own" and self.cluster is None else self.unit_column


@dataclass(frozen=True)
class RawLog:
    """What lies in the engine's relation :data:`RAW`; ``unit`` is None where counts came with the log."""

    inputs: tuple[InputFile, ...]
    unit: Unit | None
    notes: tuple[str, ...] = ()


def ingest(
    source: str | Path | Sequence[str | Path] | pd.DataFrame, reading: Reading, engine: EmbeddedEngine
) -> RawLog:
    """Bring a log into the engine.

    Raises
    ------
    InputError
        If a file cannot be read, has no rows, or lacks columns.
    """
    if isinstance(source, pd.DataFrame):
        return _copy([_frame_source(source)], reading, engine)
    files = [open_file(path, engine.scratch) for path in expand(source)]
    formats = [choose_format(file, reading.format) for file in files]
    if all(one is PARQUET for one in formats) and not _has_texts(files[0], reading):
        return _view(files, reading, engine)
    return _copy([_file_source(file, form, engine) for file, form in zip(files, formats, strict=True)], reading, engine)


@dataclass(frozen=True)
class _Source:
    """One input: its rows as batches, with the names that stand in it."""

    name: str
    sha256: str
    format: Format
    batches: Iterator[pa.RecordBatch]
    notes: tuple[str, ...] = ()


def _file_source(file: OpenedFile, form: Format, engine: EmbeddedEngine) -> _Source:
    notes = () if file.ends_in_newline else (f"{file.name} does not end in a line break; is its last row whole?",)
    return _Source(file.name, file.sha256, form, form.read(file, engine), notes)


def _frame_source(frame: pd.DataFrame) -> _Source:
    table, sha256 = frame_table(frame)
    return _Source("<DataFrame>", sha256, PARQUET, numbered(table.to_batches(max_chunksize=_BATCH), first_row=1))


def _copy(sources: Sequence[_Source], reading: Reading, engine: EmbeddedEngine) -> RawLog:
    copy = _Copy(reading, engine)
    inputs = [copy.add(source, place) for place, source in enumerate(sources)]
    _require_rows(inputs)
    return RawLog(tuple(inputs), copy.unit, tuple(copy.notes))


class _Copy:
    """Copies sources into the engine, one after the other; the first batch decides what the log is."""

    def __init__(self, reading: Reading, engine: EmbeddedEngine) -> None:
        self.reading = reading
        self.engine = engine
        self.content: Content | None = None
        self.unit: Unit | None = None
        self.names: frozenset[str] = frozenset()
        self.notes: list[str] = []

    def add(self, source: _Source, place: int) -> InputFile:
        """Copy one source; ``place`` is its number among all."""
        import pyarrow as pa

        rows = 0
        for batch in source.batches:
            names = [name for name in batch.schema.names if name != ROW]
            layout = arrange(names, self.reading.columns, source.format.names)
            if rows == 0:
                require(source.name, names, self.reading.columns)
                self._settle(source, batch, layout)
            columns = {ours: batch.column(theirs) for ours, theirs in layout.items()}
            integers: tuple[str, ...] = _INTEGERS
            if self.unit is not None:
                columns |= self._score(columns, len(batch), source.format)
                integers += COUNT_COLUMNS + self.reading.rescored
            for name in TEXT_COLUMNS:
                columns.pop(name, None)
            columns |= {FILE: pa.array([place] * len(batch), pa.int64()), ROW: batch.column(ROW)}
            self.engine.append(RAW, pa.table(columns), integers=integers)
            rows += len(batch)
        self.notes += source.notes
        return InputFile(source.name, source.sha256, rows)

    def _settle(self, source: _Source, batch: pa.RecordBatch, layout: Mapping[str, str]) -> None:
        """Decide at the first batch of a source what it holds, and hold it against the sources before."""
        reading = self.reading
        content = content_of(source.name, layout, reading.required)
        if self.content is None:
            self.content, self.names = content, frozenset(layout)
            if content == "text":
                references = texts_of(batch.column(layout[REFERENCE]))
                self.unit = reading.unit if reading.unit != "auto" else resolve_unit([t for t in references if t])
        elif content != self.content or not (source.format.free_fields or layout.keys() == self.names):
            raise InputError(_difference(source.name, layout.keys(), self.names))
        self.notes += _notes(source, layout, content, reading)

    def _score(self, columns: Mapping[str, pa.Array], rows: int, form: Format) -> dict[str, pa.Array]:
        assert self.unit is not None
        return score_texts(
            texts_of(columns[REFERENCE]) if REFERENCE in columns else [None] * rows,
            texts_of(columns[HYPOTHESIS]) if HYPOTHESIS in columns else [None] * rows,
            normalizer=self.reading.normalizer,
            second=self.reading.second,
            unit=self.unit,
            strip_tags=self.reading.strip_tags,
            empty_means_missing=not form.tells_empty_from_missing,
        )


def _notes(source: _Source, layout: Mapping[str, str], content: Content, reading: Reading) -> list[str]:
    """Say what was decided about a source without having been asked."""
    notes = []
    if UTTERANCE in source.format.names and UTTERANCE in layout and UTTERANCE not in reading.columns:
        notes.append(f"{source.name}: utterances are named by {layout[UTTERANCE]!r}")
    unused = [name for name in COUNT_COLUMNS if name in layout]
    if content == "text" and unused:
        notes.append(f"{source.name}: its columns {unused} are not used, the texts were scored")
    return notes


def _difference(name: str, names: Collection[str], first: Collection[str]) -> str:
    """Say how the columns of one shard differ from those of the first."""
    lacks, adds = sorted(set(first) - set(names)), sorted(set(names) - set(first))
    parts = [f"lacks {shown(lacks)}" if lacks else "", f"has {shown(adds)} beyond them" if adds else ""]
    what = " and ".join(part for part in parts if part) or "holds texts where they hold counts, or the reverse"
    return f"{name}: its columns are not those of the files before; it {what}"


def _require_rows(inputs: Sequence[InputFile]) -> None:
    if not sum(one.rows for one in inputs):
        raise InputError(f"{', '.join(one.name for one in inputs)}: no rows")


def _has_texts(file: OpenedFile, reading: Reading) -> bool:
    return set(TEXT_COLUMNS) <= arrange(flat_columns(file), reading.columns, {}).keys()


def _view(files: Sequence[OpenedFile], reading: Reading, engine: EmbeddedEngine) -> RawLog:
    """Leave counts in their Parquet files, and let the engine look through to them."""
    first: frozenset[str] = frozenset()
    selects, inputs = [], []
    for place, file in enumerate(files):
        names = flat_columns(file)
        require(file.name, names, reading.columns)
        layout = arrange(names, reading.columns, {})
        content_of(file.name, layout, reading.required)
        first = first or frozenset(layout)
        if layout.keys() != first:
            raise InputError(_difference(file.name, layout.keys(), first))
        verify_checksums(file)
        kept = [f"{identifier(layout[ours])} AS {identifier(ours)}" for ours in sorted(first - set(TEXT_COLUMNS))]
        numbers = [f"{place} AS {identifier(FILE)}", f"file_row_number + 1 AS {identifier(ROW)}"]
        selects.append(f"SELECT {', '.join(kept + numbers)} FROM {parquet_scan(file.path)}")
        inputs.append(InputFile(file.name, file.sha256, row_count(file)))
    _require_rows(inputs)
    engine.view(RAW, " UNION ALL ".join(selects))
    return RawLog(tuple(inputs), unit=None)
