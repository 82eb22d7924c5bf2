"""Read one log as the logs of several systems. Its files are parsed once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import HYPOTHESIS
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.labels import displayed
from fairaudit.core.lazy import is_frame
from fairaudit.core.progress import report
from fairaudit.core.scratch import room_in
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.choices import reading_of
from fairaudit.inputs.composite import composed
from fairaudit.inputs.copying import Source
from fairaudit.inputs.files import expand
from fairaudit.inputs.folders import files_of
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.header import check_header
from fairaudit.inputs.ingest import ingest_sources, sources_of
from fairaudit.inputs.judging import FIRST_ROWS, names_of, row_list
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.naming import arrange
from fairaudit.inputs.opening import OpenedFile, open_file
from fairaudit.inputs.raw import NoRowsError, Reading
from fairaudit.inputs.reading import log_of_raw
from fairaudit.inputs.restoring import is_artefact
from fairaudit.inputs.shards import require_different
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import plain_values
from fairaudit.inputs.where import labels_in

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["read_systems"]

#: Most systems of a log. A column with more values is another one.
_MOST: Final = 200
#: All rows, if they are not divided among systems.
_ALL: Final = ""


def read_systems(
    source: str | Path | Sequence[str | Path] | pd.DataFrame,
    *,
    system_column: str | None = None,
    hypothesis_columns: Sequence[str] = (),
    hypotheses: Mapping[str, str | os.PathLike[str]] | None = None,
    **options: Any,
) -> dict[str, UtteranceLog]:
    """Read the log of every system, as :func:`fairaudit.inputs.read_log` would read it alone.

    Parameters
    ----------
    source
        A log, as in :func:`fairaudit.inputs.read_log`.
    system_column
        Column with the system of each row. A system is read as with ``where={system_column: system}``.
    hypothesis_columns
        Columns with the hypotheses of the systems, which are their names.
    hypotheses
        File with the hypotheses of each system, by its name.
    options
        Further options of :func:`fairaudit.inputs.read_log`.

    Returns
    -------
    dict
        Log of each system by its name: in the order of columns and files, or sorted by the values of the column.

    Raises
    ------
    InputError
        If the log cannot be read, is a file of counts, or has rows without a system.
    UsageError
        If not exactly one of the three ways is given, or a name is given twice.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"model": ["b", "a"], "speaker_id": "s", "errors": [1, 0], "words": [3, 3]})
    >>> logs = read_systems(rows, system_column="model")
    >>> [*logs], logs["b"].totals["errors"], logs["b"].quality.rows_left_out
    (['a', 'b'], 1, 1)
    """
    _require_one_way(system_column, hypothesis_columns, hypotheses)
    report("reading")
    source, in_folder, options["metadata"], notes = files_of(source, None, options.get("metadata", ()))
    columns = dict(options.pop("columns", {}))
    of_system: dict[str, dict[str, Any]] = {
        **{name: {"columns": {**columns, HYPOTHESIS: name}} for name in hypothesis_columns},
        **{name: {"columns": columns, "hypotheses": file} for name, file in (hypotheses or {}).items()},
    }
    general = reading_of(columns=columns, hypotheses=in_folder, **options)
    if system_column is not None and system_column in general.where:
        raise UsageError(
            f"{setting('where', {system_column: general.where[system_column]})} would leave one system; "
            f"{setting('system_column', system_column)} takes all of them"
        )
    readings = {name: reading_of(**options, **changed) for name, changed in of_system.items()}
    engine = EmbeddedEngine(memory=general.memory)
    files: pd.DataFrame | list[OpenedFile] = []
    if is_frame(source):
        files = source
    else:
        paths = expand(source)
        if not (general.metadata or hypotheses):
            for reading in readings.values() or [_needing(general, system_column)]:
                check_header(paths[0], reading, engine.scratch)
        files = opened = [open_file(path, engine.scratch) for path in paths]
        opened[0].notes.extend(notes)
        if counts := next((file.name for file in opened if is_artefact(file)), None):
            raise InputError(f"{counts} holds counts that were scored already; give the log itself")
    read = [*columns.values(), *hypothesis_columns]
    spool = _Spool(engine, replace(general, columns={**columns, **dict(zip(read, read, strict=True))}), system_column)
    spool.read(sources_of(files, spool.reading, engine))
    if not is_frame(files):
        require_different(files, [one.rows for one in spool.sources])
    keys = dict.fromkeys(readings, _ALL)
    if system_column is not None:
        keys = spool.systems()
        readings = {name: replace(general, where={**general.where, system_column: name}) for name in keys}
    log = [] if is_frame(files) else [(file, choose_format(file, general.format)) for file in files]
    logs = {}
    for name, reading in readings.items():
        own = EmbeddedEngine(memory=reading.memory)
        raw = ingest_sources(partial(spool.of_system, keys[name]), log, reading, own)
        logs[name] = log_of_raw(raw, reading, own, options.get("second_normalizer", "auto"))
    return logs


def _require_one_way(
    system_column: str | None, columns: Sequence[str], hypotheses: Mapping[str, str | os.PathLike[str]] | None
) -> None:
    ways = {"system_column": system_column, "hypothesis_columns": columns, "hypotheses": hypotheses}
    given = [name for name, value in ways.items() if value]
    if len(given) != 1:
        what = " and ".join(map(setting, given)) if given else f"none of {', '.join(map(setting, ways))}"
        raise UsageError(f"{what} cannot say what the systems of a log are; give one of them")
    if twice := next((column for column in columns if list(columns).count(column) > 1), None):
        raise UsageError(f"{setting('hypothesis_columns', twice)} is given twice")


def _needing(reading: Reading, system_column: str | None) -> Reading:
    """Return options of reading with which the header must have the column of systems."""
    needed = {} if system_column is None else {"system_column": [system_column]}
    return replace(reading, needed={**reading.needed, **needed})


class _Rows:
    """Rows of a source on disk, divided among systems."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.rows = 0
        self._folder = folder
        #: For each system, its rows and its files: one for each schema, because a batch may have other columns.
        self._counts: Counter[str] = Counter()
        self._files: dict[str, list[Path]] = {}
        self._open: dict[str, tuple[pa.Schema, pa.RecordBatchStreamWriter]] = {}
        self._none: pa.RecordBatch | None = None

    def add(self, system: str, rows: pa.RecordBatch) -> None:
        """Write rows of a system."""
        import pyarrow as pa

        if self._none is None:
            self._none = rows.slice(0, 0)
        schema, writer = self._open.get(system, (None, None))
        with room_in(self._folder):
            if writer is None or not schema.equals(rows.schema, check_metadata=True):
                if writer is not None:
                    writer.close()
                files = self._files.setdefault(system, [])
                files.append(self._folder / f"rows-{id(self)}-{len(self._files)}-{len(files)}")
                writer = pa.ipc.new_stream(str(files[-1]), rows.schema)
                self._open[system] = rows.schema, writer
            writer.write_batch(rows)
        self._counts[system] += len(rows)

    def close(self) -> None:
        """Complete the files."""
        with room_in(self._folder):
            for _, writer in self._open.values():
                writer.close()
        self._open.clear()

    def of_system(self, system: str) -> Source:
        """Return the rows of a system as a source."""
        source, left_out = self.source, self.rows - self._counts[system]
        return replace(source, batches=self._batches(system), notes=[*source.notes], left_out=left_out)

    def _batches(self, system: str) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        if system not in self._files and self._none is not None:
            yield self._none  # shows what the file measures
        for path in self._files.get(system, ()):
            with pa.memory_map(str(path)) as file:
                yield from pa.ipc.open_stream(file)


class _Spool:
    """Rows of a log as they were parsed, divided among systems by the values of a column, or not divided."""

    def __init__(self, engine: EmbeddedEngine, reading: Reading, column: str | None) -> None:
        self.engine = engine
        self.reading = reading
        self.column = column
        self.sources: list[_Rows] = []
        self._spellings: dict[str, Counter[str]] = {}
        self._columns: dict[str, None] = {}
        self._without: list[tuple[int, int]] = []

    def read(self, sources: Sequence[Source]) -> None:
        """Parse all sources.

        Raises
        ------
        InputError
            If there are no rows, or if they do not say which system they are of.
        """
        for source in sources:
            into = _Rows(source, self.engine.scratch)
            self.sources.append(into)
            batches = source.batches if self.column is None else composed(source.batches, self.reading.columns)
            try:
                for batch in batches:
                    into.rows += len(batch)
                    for system, rows in self._divided(batch, source):
                        into.add(system, rows)
            finally:
                into.close()
        if not any(one.rows for one in self.sources):
            raise NoRowsError(f"{', '.join(one.source.name for one in self.sources)}: no rows")
        if self.column is not None:
            self._require_systems(self.column)

    def of_system(self, system: str) -> list[Source]:
        """Return the rows of a system, or all rows if they are not divided."""
        return [one.of_system(system) for one in self.sources]

    def systems(self) -> dict[str, str]:
        """Return the name of each system, by which names are sorted, and its label by meaning."""
        shown = {
            key: displayed(spellings).get(first := next(iter(spellings)), first)
            for key, spellings in self._spellings.items()
        }
        return {name: key for key, name in sorted(shown.items(), key=lambda one: (one[1].casefold(), one[1]))}

    def _divided(self, batch: pa.RecordBatch, source: Source) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Divide rows among the systems."""
        import numpy as np
        import pyarrow as pa

        if self.column is None:
            yield _ALL, batch
            return
        layout = arrange(
            [name for name in batch.schema.names if name != ROW], self.reading.columns, source.format.names
        )
        self._columns |= dict.fromkeys(layout)
        cells: Any = pa.nulls(len(batch), pa.string())
        if self.column in layout:
            name = layout[self.column]
            cells = plain_values(batch.column(name), f"{source.name}: column {name!r}")
        spellings, keys, codes = labels_in(cells, self.engine)
        for i in np.unique(codes).tolist():
            rows = batch if len(keys) == 1 else batch.filter(pa.array(codes == i))
            if not keys[i]:
                self._without += [(len(self.sources) - 1, row) for row in rows.column(ROW).to_pylist()]
                continue
            self._spellings.setdefault(keys[i], Counter())[spellings[i]] += len(rows)
            if len(self._spellings) > _MOST:
                raise InputError(
                    f"{source.name}: column {self.column!r} has more than {_MOST} values; name the column of systems "
                    f"({setting('system_column')})"
                )
            yield keys[i], rows

    def _require_systems(self, column: str) -> None:
        sources = [one.source for one in self.sources]
        if column not in self._columns:
            named = {column: "system_column"}
            raise InputError(f"{names_of(sources)}: {lacking('log', [column], self._columns, named)}")
        if self._without:
            n = len(self._without)
            listed = row_list(sorted(self._without)[:FIRST_ROWS], n, sources)
            raise InputError(
                f"{names_of(sources)}: {n:,} {'row has' if n == 1 else 'rows have'} no value of {column!r}, so that "
                f"their system is unknown: {listed}"
            )
