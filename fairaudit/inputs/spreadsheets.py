"""Remove the apostrophes that protect ids in CSV from spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from fairaudit.core.text import FORMULA, PROTECTED
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal

__all__ = ["restore_ids", "restored"]

_APOSTROPHE: Final = "'"


def restore_ids(engine: EmbeddedEngine, table: str, columns: Iterable[str]) -> list[str]:
    """Give ids back that :func:`fairaudit.core.text.csv_text` protected, and say so.

    A column in which other cells would be run as formulas was not written by it, and stays as it is.

    Parameters
    ----------
    engine, table
        Where the rows are.
    columns
        Columns of ids in the table.

    Returns
    -------
    list of str
        A note for each column that has such cells.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.append("log", pa.table({"speaker_id": ["'=1", "'tis"]}))
    >>> restore_ids(engine, "log", ["speaker_id"])
    ["'speaker_id': 1 value lost the apostrophe that protected it from spreadsheets"]
    >>> engine.rows("SELECT speaker_id FROM log")
    [('=1',), ("'tis",)]
    """
    notes = []
    for name in columns:
        column = identifier(name)
        if not engine.rows(f"SELECT count(*) FROM {table} WHERE starts_with({column}, {literal(_APOSTROPHE)})")[0][0]:
            continue
        is_protected, is_bare = (f"regexp_matches({column}, {literal(pattern)})" for pattern in (PROTECTED, FORMULA))
        ((protected, bare),) = engine.rows(
            f"SELECT count(*) FILTER (WHERE {is_protected}), count(*) FILTER (WHERE {is_bare}) FROM {table}"
        )
        values = f"{name!r}: {protected:,} value{'s' * (protected != 1)}"
        if protected and bare:
            notes.append(f"{values} may be protected from spreadsheets by an apostrophe; others are not, so it is kept")
        elif protected:
            engine.rows(f"UPDATE {table} SET {column} = substr({column}, 2) WHERE {is_protected}")
            notes.append(
                f"{values} lost the apostrophe that protected {'them' if protected > 1 else 'it'} from spreadsheets"
            )
    return notes


def restored(ids: Sequence[str]) -> list[str]:
    """Return the ids of a column as :func:`restore_ids` leaves them.

    Examples
    --------
    >>> restored(["'=1", "'tis"]), restored(["'=1", "=2"])
    (['=1', "'tis"], ["'=1", '=2'])
    """
    if any(re.match(FORMULA, one) for one in ids):
        return [*ids]
    return [one[1:] if re.match(PROTECTED, one) else one for one in ids]
