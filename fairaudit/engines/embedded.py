"""The embedded engine: DuckDB in this process. No other module uses DuckDB."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.memory import DEFAULT_MEMORY, bytes_of
from fairaudit.core.progress import report
from fairaudit.core.scratch import PrivateFolder
from fairaudit.engines.row_files import row_groups, write_row_groups

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["EmbeddedEngine", "identifier", "literal"]

_INCOMING = "fairaudit_incoming"
#: Most bytes that batches of rows take while they are read, scored and written, outside of the engine.
_OF_BATCHES = 1 << 28
#: Bytes of the engine without which a further thread would rather be in its way.
_OF_A_THREAD = 1 << 26
#: How the engine's messages begin, as in "Invalid Input Error: ".
_KIND_OF_ERROR = re.compile(r"^(?:[A-Z][A-Za-z ]* Error: )+")


def identifier(name: str) -> str:
    """Quote a column or relation name for SQL.

    Examples
    --------
    >>> print(identifier('my "accent"s'))
    "my ""accent""s"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL.

    Examples
    --------
    >>> literal("O'Neill")
    "'O''Neill'"
    """
    return "'" + text.replace("'", "''") + "'"


class EmbeddedEngine:
    """An in-memory database that spills to a temporary folder beyond its memory limit.

    Results do not depend on the number of threads, because rows keep their order and only integers are summed.

    Parameters
    ----------
    memory
        Bytes that the engine, and what passes through it, may take before rows go to files. Returned results are not
        included.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"speaker_id": ["a", "b", "a"], "words": [3, 4, 5]})])
    >>> engine.tally("log", ["speaker_id"], ["words"])["words"].to_dict()
    {'a': 8, 'b': 4}
    """

    def __init__(self, *, memory: int = bytes_of(DEFAULT_MEMORY)) -> None:
        import duckdb

        limit = max(memory // 2, memory - _OF_BATCHES)
        self._folder = PrivateFolder(Path(tempfile.gettempdir()), "fairaudit-scratch-")
        self.scratch = self._folder.path
        self._connection: Any = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{limit}B",
                "temp_directory": str(self.scratch / "spill"),
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        # Parquet files state the smallest and largest value of a column without regard to NaN. The engine would take a
        # column of NaN and 41.3 for one of 41.3 only.
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        with suppress(duckdb.InvalidInputException):  # where it cannot be drawn, it cannot be switched off either
            self._connection.execute("SET enable_progress_bar = false")  # it would be among the results in notebooks
        #: Files of the relations that were stored; those without files are in memory.
        self._stored: dict[str, list[Path]] = {}
        self._checks: list[Callable[[], None]] = []
        ((threads,),) = self.rows("SELECT current_setting('threads')")
        self._connection.execute(f"SET threads = {max(1, min(threads, limit // _OF_A_THREAD))}")

    def texts(self, rows: pa.Table) -> pa.Table:
        """Return rows with all values as text, as the engine spells them."""
        import pyarrow as pa

        if all(field.type == pa.string() for field in rows.schema):
            return rows
        casts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in map(identifier, rows.column_names))
        return self.computed(rows, casts)

    def computed(self, rows: pa.Table, columns: str) -> pa.Table:
        """Return columns that are computed in SQL from rows that are not in the engine."""
        with self._incoming(rows):
            return self._connection.sql(f"SELECT {columns} FROM {_INCOMING}").to_arrow_table()

    def store(
        self, relation: str, batches: Iterable[pa.RecordBatch | pa.Table], *, distinct: Collection[str] = ()
    ) -> None:
        """Store rows, in their order: few in memory, more in files of the scratch folder.

        Parameters
        ----------
        relation
            Name of the relation. It replaces one of that name. Without any batch, there is none.
        batches
            The rows. A column has one type in all batches; it is missing in the rows of a batch that lacks it.
        distinct
            Columns whose values rarely repeat.

        Raises
        ------
        OSError
            If the disk is too full for the files.
        """
        self._drop(relation)
        groups = row_groups(batches)
        first = [*islice(groups, 2)]
        if len(first) > 1:
            self._stored[relation] = write_row_groups(self.scratch, chain(first, groups), distinct)
            self.view(relation, f"SELECT * FROM {_files_scan(self._stored[relation])}")
        elif first:
            self._stored[relation] = []
            with self._incoming(first[0]):
                self._connection.execute(f"CREATE TABLE {identifier(relation)} AS SELECT * FROM {_INCOMING}")

    def _drop(self, relation: str) -> None:
        """Remove a stored relation, if there is one of that name."""
        paths = self._stored.pop(relation, None)
        if paths is not None:
            self._connection.execute(f"DROP {'VIEW' if paths else 'TABLE'} {identifier(relation)}")
            for path in paths:
                path.unlink()

    @contextmanager
    def _incoming(self, rows: pa.Table) -> Iterator[None]:
        """Make rows a relation for one query."""
        with self._engine_errors():
            self._connection.register(_INCOMING, rows)
            try:
                yield
            finally:
                self._connection.unregister(_INCOMING)

    def watch(self, check: Callable[[], None]) -> None:
        """Run a check after every query, such as whether a file from which a view reads has changed."""
        self._checks.append(check)

    def has(self, relation: str) -> bool:
        """Whether a relation of that name was stored."""
        return relation in self._stored

    def view(self, name: str, sql: str) -> None:
        """Create a view, from which later queries can read. Nothing is computed yet."""
        with self._engine_errors():
            self._connection.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {sql}")

    def keep(self, name: str, sql: str) -> None:
        """Run a query and keep its rows as a table, which replaces a table of that name."""
        with self._engine_errors():
            self._connection.execute(f"CREATE OR REPLACE TABLE {identifier(name)} AS {sql}")
        self._check()

    def types(self, relation: str) -> dict[str, str]:
        """Return the SQL type of each column of a relation, in order."""
        return {str(row[0]): str(row[1]) for row in self.rows(f"DESCRIBE SELECT * FROM {identifier(relation)}")}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows; meant for small results."""
        with self._engine_errors():
            rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        self._check()
        return rows

    def table(self, sql: str) -> pa.Table:
        """Run a query and return an Arrow table."""
        with self._engine_errors():
            table = self._connection.sql(sql).to_arrow_table()
        self._check()
        return table

    def frame(self, sql: str) -> pd.DataFrame:
        """Run a query and return a frame. Texts are strings; missing cells are missing."""
        frame: pd.DataFrame = self.table(sql).to_pandas()
        return frame

    def batches(self, sql: str, *, size: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Stream the result of a query in order, at most ``size`` rows at a time."""
        with self._engine_errors():
            yield from self._connection.cursor().sql(sql).to_arrow_reader(size)

    def tally(
        self, relation: str, by: Sequence[str], counts: Sequence[str], *, zero: Collection[str] = ()
    ) -> pd.DataFrame:
        """Sum integer columns over groups. Rows with a missing key form a group of their own.

        Parameters
        ----------
        relation
            Table or view.
        by
            One or more key columns.
        counts
            Integer columns to sum.
        zero
            Those of them that are known to be 0 in every row.

        Returns
        -------
        pandas.DataFrame
            One row per group, with int64 sums. The index has the levels ``by`` and is sorted, missing keys last.
        """
        report("summing rows")
        keys = ", ".join(identifier(name) for name in by)
        order = ", ".join(f"{identifier(name)} NULLS LAST" for name in by)
        sums = ", ".join(
            f"CAST({0 if name in zero else f'sum({identifier(name)})'} AS BIGINT) AS {identifier(name)}"
            for name in counts
        )
        frame = self.frame(f"SELECT {keys}, {sums} FROM {identifier(relation)} GROUP BY {keys} ORDER BY {order}")
        return frame.set_index(list(by)).astype("int64")

    def _check(self) -> None:
        for check in self._checks:
            check()

    @contextmanager
    def _engine_errors(self) -> Iterator[None]:
        """Convert exceptions of the engine into an :class:`InputError` with one line, and its interrupts into ours."""
        import duckdb
        import pyarrow as pa

        try:
            yield
        except (duckdb.InterruptException, pa.lib.ArrowCancelled) as error:
            raise KeyboardInterrupt from error
        except RuntimeError as error:
            if "interrupted" in str(error):
                raise KeyboardInterrupt from error
            raise
        except duckdb.OutOfMemoryException as error:
            first_line = _KIND_OF_ERROR.sub("", str(error).splitlines()[0])
            raise UsageError(f"more memory is needed than {setting('memory')} allows ({first_line})") from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            first_line = next(iter(str(error).splitlines()), type(error).__name__)
            raise InputError(_KIND_OF_ERROR.sub("", first_line)) from error


def csv_scan(path: Path, columns: Sequence[str], delimiter: str, *, skip: int = 0, quoted: bool = True) -> str:
    """Return a query that reads a UTF-8 file of separated values strictly, with every cell as text.

    Parameters
    ----------
    path
        The file. Its first record is the header, which is skipped. Names of folders are never read as columns.
    columns
        Names of the columns, as many as the header has.
    delimiter
        The character between two cells.
    skip
        Number of lines before the header.
    quoted
        Whether quotes enclose cells. Otherwise, they are characters of the text.
    """
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    quote = '"' if quoted else ""
    return (
        f"SELECT * FROM read_csv({literal(str(path))}, columns = {{{types}}}, delim = {literal(delimiter)}, "
        f"header = true, skip = {skip}, quote = {literal(quote)}, escape = {literal(quote)}, auto_detect = false, "
        "strict_mode = true, max_line_size = 67108864, hive_partitioning = false)"
    )


def parquet_scan(path: Path) -> str:
    """Return a table expression that reads a Parquet file with row numbers (``file_row_number``, from 0)."""
    return f"read_parquet({literal(str(path))}, file_row_number = true, hive_partitioning = false)"


def _files_scan(paths: Sequence[Path]) -> str:
    """Return a table expression that reads Parquet files one after the other; a later one may have more columns."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
