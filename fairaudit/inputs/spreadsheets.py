"""Remove the apostrophes that protect ids in CSV from spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from fairaudit.core.text import FORMULA, PROTECTED
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal

__all__ = ["restored", "restored_ids"]

_APOSTROPHE: Final = "'"


def restored_ids(engine: EmbeddedEngine, relation: str, columns: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Give ids back that :func:`fairaudit.core.text.csv_text` protected, and say so.

    A column in which other cells would be run as formulas was not written by it, and stays as it is.

    Parameters
    ----------
    engine, relation
        Where the rows are.
    columns
        Columns of ids in the relation.

    Returns
    -------
    values, notes
        SQL for each column that changes, and a note for each that has such cells.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"speaker_id": ["'=1", "'tis"]})])
    >>> values, notes = restored_ids(engine, "log", ["speaker_id"])
    >>> notes
    ["'speaker_id': 1 value lost the apostrophe that protected it from spreadsheets"]
    >>> engine.rows(f"SELECT {values['speaker_id']} FROM log")
    [('=1',), ("'tis",)]
    """
    values, notes = {}, []
    for name in columns:
        column = identifier(name)
        has_any = f"SELECT count(*) FROM {relation} WHERE starts_with({column}, {literal(_APOSTROPHE)})"
        if not engine.rows(has_any)[0][0]:
            continue
        is_protected, is_bare = (f"regexp_matches({column}, {literal(pattern)})" for pattern in (PROTECTED, FORMULA))
        ((protected, bare),) = engine.rows(
            f"SELECT count(*) FILTER (WHERE {is_protected}), count(*) FILTER (WHERE {is_bare}) FROM {relation}"
        )
        cells = f"{name!r}: {protected:,} value{'s' * (protected != 1)}"
        if protected and bare:
            notes.append(f"{cells} may be protected from spreadsheets by an apostrophe; others are not, so it is kept")
        elif protected:
            values[name] = f"CASE WHEN {is_protected} THEN substr({column}, 2) ELSE {column} END"
            notes.append(
                f"{cells} lost the apostrophe that protected {'them' if protected > 1 else 'it'} from spreadsheets"
            )
    return values, notes


def restored(ids: Sequence[str]) -> list[str]:
    """Return the ids of a column as :func:`restored_ids` leaves them.

    Examples
    --------
    >>> restored(["'=1", "'tis"]), restored(["'=1", "=2"])
    (['=1', "'tis"], ["'=1", '=2'])
    """
    if any(re.match(FORMULA, one) for one in ids):
        return [*ids]
    return [one[1:] if re.match(PROTECTED, one) else one for one in ids]
