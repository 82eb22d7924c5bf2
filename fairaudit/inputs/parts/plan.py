"""Plan how a log is read in parts: what they are, and what is decided once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.binary import PARQUET as PARQUET_FILE
from fairaudit.core.binary import binary_kind
from fairaudit.core.columns import UTTERANCE
from fairaudit.core.errors import FairauditError, UsageError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.bands import band_columns, refuse_quantiles
from fairaudit.inputs.choices import reading_of
from fairaudit.inputs.files import expand
from fairaudit.inputs.formats import PARQUET, choose_format
from fairaudit.inputs.formats.ctm import is_ctm
from fairaudit.inputs.header import beginning
from fairaudit.inputs.ingest import types_of_all
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.opening import OpenedFile, for_the_engine
from fairaudit.inputs.parts.partial import CheckedPart, Part, partial_of
from fairaudit.inputs.parts.sums import merge_ids, merge_sums
from fairaudit.inputs.raw import Reading
from fairaudit.inputs.thresholds import refuse_percentiles
from fairaudit.inputs.writing import likely_labels
from fairaudit.scoring import Token

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Plan", "make_plan"]

#: Buckets of ids that are checked side by side.
_BUCKETS: Final = 16
#: Bytes or rows of the first file from which is guessed what a log holds.
_SAMPLE_BYTES: Final = 1 << 20
_SAMPLE_ROWS: Final = 8_192
#: Rows of a part of a Parquet file.
_ROWS: Final = 500_000
#: Bytes by which a Parquet file is recognised.
_MAGIC: Final = 512


@dataclass(frozen=True)
class Plan:
    """How a log is read in parts.

    An engine calls :meth:`partial` for every part, somewhere, and :meth:`merge` for the tables of each bucket. Bucket 0
    can be merged in any number of steps, and every bucket in any order.

    Attributes
    ----------
    parts
        The parts.
    options
        Options of :func:`fairaudit.read_log`.
    token
        Whether texts are counted in words or characters. None if the options do not say it, and no text was seen yet.
    columns
        Columns that the sums have, beside the sampling unit, places and zip codes.
    types
        Types of the columns of Parquet files of counts, in all files together.
    notes
        Sentences about the log.
    """

    parts: tuple[Part, ...]
    options: Mapping[str, Any]
    token: Token | None = None
    columns: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def buckets(self) -> int:
        """Number of tables of a part: sums are bucket 0, and ids are in the others."""
        return 1 + min(len(self.parts), _BUCKETS)

    @property
    def reading(self) -> Reading:
        """The options, for the whole log."""
        return reading_of(**self.options)

    def partial(self, part: Part) -> list[pa.Table]:
        """Read a part and sum it: one table for each bucket, which say which part they come from.

        Raises
        ------
        InputError
            If the part cannot be read.
        """
        reading = replace(self.reading, types=self.types)
        if self.token is not None:
            reading = replace(reading, token=self.token)
        return partial_of(part, reading, self.columns, self.buckets - 1, () if part.number else self.notes)

    def merge(self, bucket: int, tables: Sequence[pa.Table]) -> pa.Table:
        """Merge tables of a bucket.

        Raises
        ------
        InputError
            If a part gave two different results.
        """
        return merge_ids(tables) if bucket else merge_sums(tables)


def make_plan(paths: Sequence[Path], options: Mapping[str, Any], *, rows: int = _ROWS) -> Plan:
    """Plan how files are read in parts.

    The beginning of the first file suggests how texts are counted, and which columns may hold labels. Whether this is
    right for all files is seen when they were read; see :func:`fairaudit.inputs.parts.whole.whole_log`.

    Parameters
    ----------
    paths
        Files that every worker can read under these paths.
    options
        Options of :func:`fairaudit.read_log`.
    rows
        Rows from which a Parquet file is read in several parts, if it has several row groups.

    Raises
    ------
    UsageError
        If the log cannot be summed, because utterances count as speakers, or if hypotheses are in CTM.
    InputError
        If a column would have to be cut into bands with equal numbers of utterances, or a threshold is a percentile.
    """
    reading = reading_of(**options)
    if reading.missing_speaker == "own":
        raise UsageError(
            f"rows without a speaker cannot count as one each ({setting('missing_speaker', 'own')}) if a log is read "
            "in parts, because its sums would name utterances; leave these rows out "
            f"({setting('missing_speaker', 'quarantine')}), or read the log in one process"
        )
    joined = _joined_files(reading)
    needed = reading.grouping
    if UTTERANCE in (*needed, reading.cluster):
        raise UsageError(f"a log that is read in parts has no utterances; {UTTERANCE!r} cannot be one of its columns")
    refuse_percentiles(paths[0].name, reading.thresholds)
    sample = _sample(paths[0], reading)
    refuse_quantiles(paths[0].name, () if sample is None else sample.columns, reading.needed)
    token = None if reading.token == "auto" else reading.token
    if sample is not None and sample._findings.scripts is not None:
        token = token or sample._findings.scripts.token
    bands = () if sample is None else band_columns(sample.columns, reading.needed)
    columns = dict.fromkeys([*needed, *bands, *(() if sample is None else likely_labels(sample))])
    files = [(file, str(path.absolute()), groups) for file, path in enumerate(paths) for groups in _groups(path, rows)]
    parts = tuple(Part(number, *file, joined) for number, file in enumerate(files))
    return Plan(parts, _with_paths(options, reading), token, tuple(columns), _types(paths, reading))


def _with_paths(options: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Name the files that every worker joins with its parts by their whole paths."""
    hypotheses = None if reading.hypotheses is None else Path(reading.hypotheses).absolute()
    return {**options, "hypotheses": hypotheses, "metadata": [Path(path).absolute() for path in reading.metadata]}


def _joined_files(reading: Reading) -> tuple[str, ...]:
    """List the joined files; refuse hypotheses in CTM, whose words may belong to segments of several files."""
    engine = EmbeddedEngine(memory=reading.memory)
    hypotheses = [] if reading.hypotheses is None else expand(reading.hypotheses)
    for path in hypotheses:
        if is_ctm(beginning(path, engine.scratch).head):
            raise UsageError(
                f"{path.name}: words of CTM are joined with segments in one process; leave out {setting('engine')}"
            )
    metadata = [path for one in reading.metadata for path in expand(one)]
    return tuple(str(path.absolute()) for path in (*hypotheses, *metadata))


def _types(paths: Sequence[Path], reading: Reading) -> dict[str, str]:
    """Return the types that columns have in all files, if these are Parquet files of counts."""
    engine = EmbeddedEngine(memory=reading.memory)
    try:
        files = [
            OpenedFile(path.name, for_the_engine(path, engine.scratch), "", _head(path), ends_in_newline=True)
            for path in paths
        ]
        if not all(choose_format(file, reading.format) is PARQUET for file in files):
            return {}
        return types_of_all(files, reading, engine)
    except (FairauditError, OSError):  # reading will say what is wrong
        return {}


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAGIC)


def _groups(path: Path, most: int) -> list[tuple[int, ...] | None]:
    """Divide the row groups of a large Parquet file among parts of so many rows; other files are a part each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if binary_kind(_head(path)) is not PARQUET_FILE:
            return [None]
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError):  # reading will say what is wrong
        return [None]
    if metadata.num_rows <= most or metadata.num_row_groups < 2:
        return [None]
    parts: list[tuple[int, ...]] = [()]
    rows = 0
    for group in range(metadata.num_row_groups):
        if parts[-1] and rows + metadata.row_group(group).num_rows > most:
            parts.append(())
            rows = 0
        parts[-1] += (group,)
        rows += metadata.row_group(group).num_rows
    return [*parts]


def _sample(path: Path, reading: Reading) -> UtteranceLog | None:
    """Read the beginning of a file, or return None if this is not possible; reading all of it will say why."""
    engine = EmbeddedEngine(memory=reading.memory)
    try:
        return CheckedPart.read(_first_rows(path, engine.scratch), reading, engine).log
    except (FairauditError, OSError, ValueError):
        return None


def _first_rows(path: Path, scratch: Path) -> OpenedFile:
    """Copy the beginning of a file, up to the end of a line, or its first rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    head = beginning(path, scratch, _SAMPLE_BYTES)
    target = scratch / "sample"
    if binary_kind(head.head) is PARQUET_FILE:
        first = next(pq.ParquetFile(path).iter_batches(batch_size=_SAMPLE_ROWS))
        pq.write_table(pa.Table.from_batches([first]), target, write_page_checksum=True)
    else:
        lines = head.head[: head.head.rfind(b"\n") + 1] if len(head.head) >= _SAMPLE_BYTES else head.head
        target.write_bytes(lines)
    return OpenedFile(path.name, target, "", target.read_bytes(), ends_in_newline=True)
