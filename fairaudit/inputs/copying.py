"""Copy the rows of files and frames into the engine, with renamed columns and scored texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import COUNT_COLUMNS, EXPOSURES, HYPOTHESIS, REFERENCE, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.progress import report
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats import Format
from fairaudit.inputs.formats.base import FILE, ROW, check_names
from fairaudit.inputs.formats.delimited import CSV, TSV
from fairaudit.inputs.formats.jsonlines import AUDIO
from fairaudit.inputs.formats.nested import nested_in
from fairaudit.inputs.joining import Joins
from fairaudit.inputs.naming import Content, arrange, content_of, refuse_nested, require, set_aside
from fairaudit.inputs.raw import InputFile, Reading
from fairaudit.inputs.rules import KEPT_TEXTS
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.texts import plain_values, refuse_alternatives, score_texts, texts_of
from fairaudit.inputs.where import Chosen, spelled
from fairaudit.scoring import Scripts, Token, resolve_token

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OFFSET", "Copy", "Source", "difference", "measured_in", "note_unused"]

#: Field of a NeMo manifest with the second of a recording at which a segment begins.
OFFSET: Final = "offset"


@dataclass(frozen=True)
class Source:
    """One input: batches of rows with the column names of the file; ``left_out`` rows were left out of them."""

    name: str
    sha256: str
    format: Format
    batches: Iterator[pa.RecordBatch]
    notes: list[str] = field(default_factory=list)
    left_out: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)


class Copy:
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
        self.changes: Counter[str] = Counter()
        self.segments = False
        self.copied = 0
        self.scripts = Scripts()
        self.is_delimited = False
        self.chosen = Chosen(reading.where, engine)

    @property
    def values(self) -> dict[str, list[str]]:
        """Values that occur in each column by which rows are chosen."""
        return {column: [*spellings.values()] for column, spellings in self.chosen.values.items()}

    def tables(self, sources: Sequence[Source]) -> Iterator[pa.Table]:
        """Return the rows of all sources; whatever else is known of them is complete when there are no more."""
        for number, source in enumerate(sources):
            yield from self._tables(source, number)

    def _tables(self, source: Source, number: int) -> Iterator[pa.Table]:
        import pyarrow as pa

        rows, left_out, first = 0, self.chosen.left_out, True
        self.chosen.left_out += source.left_out
        self.is_delimited |= source.format in (CSV, TSV)
        measured: tuple[str, ...] = ()
        for batch in self.joins.rows(source.name, source.format, self._to_join(source)):
            names = [name for name in batch.schema.names if name != ROW]
            refuse_nested(
                source.name, names, nested_in(batch), self.reading.columns, source.format.names, self.reading.further
            )
            layout = arrange(names, self.reading.columns, source.format.names)
            self.columns |= dict.fromkeys(layout)
            check_names(source.name, [*self.columns])
            batch = self.chosen.among(batch, layout, source.name)
            if first:
                first = False
                require(source.name, names, self.reading.columns)
                self._settle(source, batch, layout)
                measured = measured_in(layout, self.reading, self.joins, texts=self.token is not None)
            if self.reading.where and not len(batch):
                continue
            self.segments |= layout.get(UTTERANCE) == AUDIO and OFFSET in layout
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
            in_texts = self.engine.texts(pa.table(texts))
            yield pa.table(dict(zip(texts, in_texts.columns, strict=True)) | integers)
            rows += len(batch)
            self.copied += len(batch)
            report("rows read", self.copied)
        self.notes += source.notes
        self.changes.update(source.changes)
        rows += self.chosen.left_out - left_out
        self.inputs.append(InputFile(source.name, source.sha256, rows, measured))

    def _to_join(self, source: Source) -> Iterator[pa.RecordBatch]:
        """Return the rows of a source with which files are joined: those chosen by columns that the source has."""
        if not self.joins.joined:
            return source.batches
        columns, usual = self.reading.columns, source.format.names
        return self.chosen.before(
            source.batches, lambda names: arrange([name for name in names if name != ROW], columns, usual), source.name
        )

    def _settle(self, source: Source, batch: pa.RecordBatch, layout: Mapping[str, str]) -> None:
        """Determine the content of a source from its first batch, and compare it with earlier sources."""
        reading = self.reading
        content = content_of(source.name, layout, reading.required, reading.own)
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

        assert self.token is not None
        references = columns.get(REFERENCE, pa.nulls(len(numbers)))
        if self.reading.alternatives == "auto":
            refuse_alternatives(f"{name}: column {REFERENCE!r}", references, numbers)
        hypotheses = columns.get(HYPOTHESIS, pa.nulls(len(numbers)))
        scored = score_texts(
            references,
            hypotheses,
            normalizer=self.reading.normalizer,
            second=self.reading.second,
            token=self.token,
            strip_tags=self.reading.strip_tags,
            alternatives=self.reading.alternatives == "sclite",
            empty_means_missing=not form.distinguishes_empty,
            empty_hypothesis_means_missing=not (self.joins.hypotheses or form).distinguishes_empty,
            scripts=self.scripts,
            aligned=self.reading.wrong_words and not self.reading.is_part,
        )
        if self.reading.keep_texts:
            texts = {REFERENCE: references, HYPOTHESIS: hypotheses}
            scored |= {KEPT_TEXTS[name]: column.cast(pa.string()) for name, column in texts.items()}
        return scored


def measured_in(
    layout: Mapping[str, str], reading: Reading, joins: Joins | None = None, *, texts: bool
) -> tuple[str, ...]:
    """Return the columns of a file from which rates are counted, and conditions on its rows.

    Hypotheses of another file are named by its hash.
    """
    other = joins.hypotheses if joins is not None else None
    hypotheses = {} if other is None else {HYPOTHESIS: f"{other.name} (SHA-256 {other.sha256[:12]})"}
    wanted = (*((HYPOTHESIS,) if texts else COUNT_COLUMNS), *reading.measured)
    chosen = spelled(reading.where)
    return (*(hypotheses.get(name, layout[name]) for name in wanted if name in layout), *((chosen,) if chosen else ()))


def _notes(source: Source, layout: Mapping[str, str], content: Content, reading: Reading) -> list[str]:
    """Report decisions about a source that the user did not make."""
    notes = []
    usual = {ours: layout[ours] for ours in source.format.names if ours in layout and ours not in reading.columns}
    if UTTERANCE in usual:
        notes.append(f"{source.name}: utterances are identified by {usual.pop(UTTERANCE)!r}")
    renamed = [f"{theirs!r} is read as {ours!r}" for ours, theirs in usual.items() if ours != theirs]
    if renamed:
        notes.append(f"{source.name}: {', '.join(renamed)}")
    return notes + note_unused(source.name, layout, content)


def note_unused(name: str, layout: Mapping[str, str], content: Content) -> list[str]:
    """Report columns whose names are needed for counts, and a log without errors."""
    notes = []
    if unused := set_aside(layout, content):
        why = "errors are counted in the texts" if content == "text" else "fairaudit uses their names for counts"
        notes.append(f"{name}: the columns {unused} are not used, because {why}")
    if content == "counts" and not {*EXPOSURES.values()} & layout.keys():
        notes.append(f"{name}: there are no texts and no errors, so only the rates that are asked for can be measured")
    return notes


def difference(name: str, names: Collection[str], first: Collection[str]) -> str:
    """Describe how the columns of one shard differ from those of the first shard."""
    lacks, adds = sorted(set(first) - set(names)), sorted(set(names) - set(first))
    parts = [f"lacks {shown(lacks)}" if lacks else "", f"also has {shown(adds)}" if adds else ""]
    what = " and ".join(part for part in parts if part) or "holds texts where the others hold counts, or vice versa"
    return f"{name}: its columns differ from those of the earlier files; it {what}"
