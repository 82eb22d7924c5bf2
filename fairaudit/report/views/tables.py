"""A printed table: captions, columns and cells that are strings already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from fairaudit.core.privacy import BECAUSE_SMALL
from fairaudit.report.words.wording import DASH, count, plain

if TYPE_CHECKING:
    from fairaudit.results.documents import FileDoc, SideTableDoc

__all__ = ["WITHHELD", "Column", "Field", "Row", "Table", "compared_files", "file_name", "tabulate", "withheld_text"]

Item = TypeVar("Item")

#: How the text begins that is printed in place of the figures of a cohort.
WITHHELD: Final = "withheld ("


def withheld_text(because: str | None) -> str:
    """Say why the figures of a cohort are withheld; files of earlier versions do so for small cohorts only.

    Examples
    --------
    >>> withheld_text(None)
    'withheld (fewer than 11 speakers)'
    """
    return f"{WITHHELD}{because or BECAUSE_SMALL})"


@dataclass(frozen=True)
class Column:
    """A column: the name that code selects it by, its title, and whether it holds numbers."""

    key: str
    title: str
    numeric: bool = True


@dataclass(frozen=True)
class Row:
    """One line of printed cells.

    Attributes
    ----------
    tone
        ``"flagged"``, ``"muted"`` or nothing.
    kept
        Whether the row stays in a table that is shortened.
    """

    cells: tuple[str, ...]
    tone: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Table:
    """A caption, columns, and rows whose first cell names the row.

    Examples
    --------
    >>> table = Table("Sizes", (Column("what", "What", False), Column("n", "n")), (Row(("rows", "12")),))
    >>> table.only(["n"]).rows[0].cells
    ('12',)
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def only(self, keys: Sequence[str]) -> Table:
        """Keep the named columns, in the given order."""
        places = [next(i for i, column in enumerate(self.columns) if column.key == key) for key in keys]
        rows = tuple(replace(row, cells=tuple(row.cells[i] for i in places)) for row in self.rows)
        return Table(self.caption, tuple(self.columns[i] for i in places), rows)

    def head(self, rows: int) -> Table:
        """Keep the first rows, and those that are always kept."""
        kept = tuple(row for row in self.rows[rows:] if row.kept)
        return Table(self.caption, self.columns, self.rows[:rows] + kept)


@dataclass(frozen=True)
class Field(Generic[Item]):
    """A column of a table with one row for each item: its key and title, and how it writes the cell of an item."""

    key: str
    title: str
    write: Callable[[Item], str]
    numeric: bool = True


def tabulate(
    caption: str,
    fields: Sequence[Field[Item]],
    items: Iterable[Item],
    tone: Callable[[Item], str] = lambda _: "",
    kept: Callable[[Item], bool] = lambda _: False,
) -> Table:
    """Make a table with one row for each item.

    Parameters
    ----------
    caption
        Of the table.
    fields
        Its columns.
    items
        What the rows are about, in their order.
    tone, kept
        Give the tone of a row, and whether it is always kept; see :class:`Row`.

    Examples
    --------
    >>> fields = [Field("name", "Name", str, numeric=False), Field("length", "Length", lambda name: str(len(name)))]
    >>> tabulate("Names", fields, ["north", "east"]).rows[1].cells
    ('east', '4')
    """
    columns = tuple(Column(field.key, field.title, field.numeric) for field in fields)
    rows = (Row(tuple(field.write(item) for field in fields), tone(item), kept(item)) for item in items)
    return Table(caption, columns, tuple(rows))


def compared_files(
    of: str, logs: Sequence[tuple[str, Sequence[FileDoc]]], every: str, side_tables: Sequence[SideTableDoc]
) -> Table:
    """List the files of several logs, then the side tables.

    A file that is in several logs is named with what was read of it: its columns, and conditions on its rows.

    Parameters
    ----------
    of
        Title of the column that says whose a file is.
    logs
        Name and files of each log.
    every
        Whose a side table is.
    side_tables
        The side tables.
    """
    columns = (
        Column("of", of, numeric=False),
        Column("name", "File", numeric=False),
        Column("rows", "Rows"),
        Column("sha", "SHA-256", numeric=False),
    )
    times = Counter(file["sha256"] for _, files in logs for file in files)
    rows = [
        Row(
            (
                plain(log),
                file_name(file, measured=times[file["sha256"]] > 1),
                count(file["rows"]),
                plain(file["sha256"]),
            )
        )
        for log, files in logs
        for file in files
    ]
    rows += [Row((every, plain(table["name"]), DASH, plain(table["sha256"]))) for table in side_tables]
    return Table("Files that were compared", columns, tuple(rows))


def file_name(file: FileDoc, *, measured: bool = True) -> str:
    """Name a file, with what is measured in it if it may hold several recognisers.

    Examples
    --------
    >>> file_name({"name": "log.csv", "sha256": "ab", "rows": 9, "measured": ["hypothesis", "model=whisper"]})
    'log.csv (hypothesis, model=whisper)'
    """
    columns = file.get("measured") if measured else None
    return plain(f"{file['name']} ({', '.join(columns)})" if columns else file["name"])
