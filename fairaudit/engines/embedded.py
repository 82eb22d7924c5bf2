"""The embedded engine: DuckDB in this process. No other module uses DuckDB."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from fairaudit.core.errors import InputError
from fairaudit.core.scratch import PrivateFolder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EmbeddedEngine", "identifier", "literal"]

_INCOMING = "fairaudit_incoming"
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
    memory_limit
        Memory that the engine may use before it spills, such as ``"500MB"``. Returned results are not included.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.append("log", pa.table({"speaker_id": ["a", "b", "a"], "words": [3, 4, 5]}), integers=["words"])
    >>> engine.tally("log", ["speaker_id"], ["words"])["words"].to_dict()
    {'a': 8, 'b': 4}
    """

    def __init__(self, *, memory_limit: str = "1GiB") -> None:
        import duckdb

        self._folder = PrivateFolder(Path(tempfile.gettempdir()), "fairaudit-scratch-")
        self.scratch = self._folder.path
        self._connection: Any = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(self.scratch / "spill"),
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        # Parquet files state the smallest and largest value of a column without regard to NaN. The engine would take a
        # column of NaN and 41.3 for one of 41.3 only.
        self._connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        self._columns: dict[str, list[str]] = {}
        self._checks: list[Callable[[], None]] = []

    def append(self, table: str, batch: pa.RecordBatch | pa.Table, *, integers: Sequence[str] = ()) -> None:
        """Append rows to a table. The table is created, or gains columns, as needed.

        Parameters
        ----------
        table
            Name of the table.
        batch
            The rows. Columns of the table that the batch lacks are missing in these rows.
        integers
            Columns stored as 64-bit integers; all others are stored as text.

        Raises
        ------
        InputError
            If a value does not fit the type of its column.
        """
        import pyarrow as pa

        rows = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        types = {name: "BIGINT" if name in integers else "VARCHAR" for name in rows.column_names}
        known = self._columns.get(table)
        with self._engine_errors():
            if known is None:
                spelled = ", ".join(f"{identifier(name)} {kind}" for name, kind in types.items())
                self._connection.execute(f"CREATE TABLE {identifier(table)} ({spelled})")
                known = self._columns[table] = list(types)
            for name in [name for name in types if name not in known]:
                self._connection.execute(f"ALTER TABLE {identifier(table)} ADD COLUMN {identifier(name)} {types[name]}")
                known.append(name)
            casts = ", ".join(f"CAST({identifier(n)} AS {kind}) AS {identifier(n)}" for n, kind in types.items())
            self._connection.register(_INCOMING, rows)
            try:
                self._connection.execute(f"INSERT INTO {identifier(table)} BY NAME SELECT {casts} FROM {_INCOMING}")
            finally:
                self._connection.unregister(_INCOMING)

    def drop(self, table: str) -> None:
        """Remove a table that was filled by :meth:`append`, if it exists."""
        self._columns.pop(table, None)
        with self._engine_errors():
            self._connection.execute(f"DROP TABLE IF EXISTS {identifier(table)}")

    def watch(self, check: Callable[[], None]) -> None:
        """Run a check after every query, such as whether a file from which a view reads has changed."""
        self._checks.append(check)

    def has(self, table: str) -> bool:
        """Whether a table of that name exists."""
        return table in self._columns

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

    def frame(self, sql: str) -> pd.DataFrame:
        """Run a query and return a frame. Texts are strings; missing cells are missing."""
        with self._engine_errors():
            frame: pd.DataFrame = self._connection.sql(sql).to_arrow_table().to_pandas()
        self._check()
        return frame

    def batches(self, sql: str, *, size: int = 65_536) -> Iterator[pa.RecordBatch]:
        """Stream the result of a query in order, at most ``size`` rows at a time."""
        with self._engine_errors():
            yield from self._connection.cursor().sql(sql).to_arrow_reader(size)

    def tally(self, relation: str, by: Sequence[str], counts: Sequence[str]) -> pd.DataFrame:
        """Sum integer columns over groups. Rows with a missing key form a group of their own.

        Parameters
        ----------
        relation
            Table or view.
        by
            One or more key columns.
        counts
            Integer columns to sum.

        Returns
        -------
        pandas.DataFrame
            One row per group, with int64 sums. The index has the levels ``by`` and is sorted, missing keys last.
        """
        keys = ", ".join(identifier(name) for name in by)
        order = ", ".join(f"{identifier(name)} NULLS LAST" for name in by)
        sums = ", ".join(f"CAST(sum({identifier(name)}) AS BIGINT) AS {identifier(name)}" for name in counts)
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
