"""Read the normalised texts of a log, for programs that score them independently."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from fairaudit.core.columns import HYPOTHESIS, REFERENCE, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.progress import report
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.composite import read_from
from fairaudit.inputs.files import expand
from fairaudit.inputs.folders import files_of
from fairaudit.inputs.formats import Format, choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.formats.delimited import CSV, TSV
from fairaudit.inputs.formats.jsonlines import segment_id
from fairaudit.inputs.joined_files import join_files
from fairaudit.inputs.joining import Joins
from fairaudit.inputs.naming import arrange, require
from fairaudit.inputs.opening import open_file
from fairaudit.inputs.spreadsheets import restored
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import plain_values, texts_of
from fairaudit.scoring import get_normalizer, remove_tags

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Transcript", "read_transcripts"]

_Row: TypeAlias = tuple[str | None, str | None, str | None, str | None, str | None]

_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Transcript:
    """One utterance with its normalised reference and hypothesis."""

    utterance: str
    reference: str
    hypothesis: str


def read_transcripts(
    source: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    format: str = "auto",  # noqa: A002 (the command line's word)
    normalizer: str = "basic",
    strip_tags: bool = False,
    hypotheses: str | os.PathLike[str] | None = None,
    metadata: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    utterances: Collection[str] = (),
) -> Iterator[Transcript]:
    """Return the utterances of a log of texts, named and normalised as :func:`fairaudit.read_log` does.

    Parameters
    ----------
    source, columns, format, normalizer, strip_tags, hypotheses, metadata
        See :func:`fairaudit.read_log`. A missing text is treated as empty.
    utterances
        Ids of the utterances as the log was read. A recording that is none of them is named as a segment, by its offset
        and duration. Apostrophes that protect ids in CSV from spreadsheets are removed, as they are from the log.

    Raises
    ------
    InputError
        If the log cannot be read, or lacks ids or texts.
    """
    scorer, engine = get_normalizer(normalizer), EmbeddedEngine()
    source, other, tables, _ = files_of(source, hypotheses, metadata)
    files = [open_file(path, engine.scratch) for path in expand(source)]
    forms = [choose_format(file, format) for file in files]
    hyp, log = None if other is None else Path(other), [*zip(files, forms, strict=True)]
    joins = Joins(join_files(hyp, [*map(Path, tables)], columns, log, engine), columns, engine)
    rows: list[_Row] = []
    is_delimited = any(form in (CSV, TSV) for form in forms)
    for file, form in log:
        for batch in joins.rows(file.name, form, form.read(file, engine, read_from(columns))):
            rows += _rows(file.name, batch, columns, form)
            report("rows read", len(rows))
    ids = [row[0] or "" for row in rows]
    for name, (_, reference, hypothesis, offset, duration) in zip(
        restored(ids) if is_delimited else ids, rows, strict=True
    ):
        wanted = remove_tags(reference or "") if strip_tags else reference or ""
        segment = segment_id(name, offset, duration) if utterances and name not in utterances else name
        yield Transcript(segment, scorer(wanted), scorer(hypothesis or ""))


def _rows(where: str, batch: pa.RecordBatch, columns: Mapping[str, str], form: Format) -> Iterator[_Row]:
    """Return the id, reference, hypothesis, offset and duration of each row; None where one is missing."""
    names = [name for name in batch.schema.names if name != ROW]
    require(where, names, columns)
    layout = arrange(names, columns, form.names)
    if missing := [name for name in (UTTERANCE, *TEXT_COLUMNS) if name not in layout]:
        raise InputError(f"{where}: {lacking('log', missing, layout)}")
    nothing: list[str | None] = [None] * len(batch)
    fields = (layout[UTTERANCE], layout[REFERENCE], layout[HYPOTHESIS], "offset", "duration")
    texts = [
        texts_of(plain_values(batch.column(name), f"{where}: column {name!r}")) if name in names else nothing
        for name in fields
    ]
    return zip(*texts, strict=True)
