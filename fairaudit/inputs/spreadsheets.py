"""Remove the apostrophes that protect ids in CSV from spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from fairaudit.core.text import FORMULA, PROTECTED
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal

__all__ = ["note_restored", "protected_ids", "restored", "restored_in"]

_APOSTROPHE: Final = "'"


def protected_ids(
    engine: EmbeddedEngine, relation: str, columns: Iterable[str], *, is_part: bool = False
) -> dict[str, tuple[int, int]]:
    """Count the ids that are protected, as by :func:`fairaudit.core.text.csv_text`, and those that would be formulas.

    Parameters
    ----------
    engine, relation
        Where the rows are.
    columns
        Columns of ids in the relation.
    is_part
        Whether the rows are a part of a log. Otherwise, columns without an apostrophe are left out.
    """
    counts = {}
    for name in columns:
        column = identifier(name)
        apostrophes = f"SELECT count(*) FROM {relation} WHERE starts_with({column}, {literal(_APOSTROPHE)})"
        if is_part or engine.rows(apostrophes)[0][0]:
            is_protected, is_bare = (f"regexp_matches({column}, {literal(one)})" for one in (PROTECTED, FORMULA))
            ((protected, bare),) = engine.rows(
                f"SELECT count(*) FILTER (WHERE {is_protected}), count(*) FILTER (WHERE {is_bare}) FROM {relation}"
            )
            counts[name] = (protected, bare)
    return counts


def restored_in(counts: Mapping[str, tuple[int, int]]) -> dict[str, str]:
    """Return SQL that gives protected ids back, for each column that has some.

    A column in which other cells would be run as formulas was not written by us, and stays as it is.

    Parameters
    ----------
    counts
        What :func:`protected_ids` gave.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"speaker_id": ["'=1", "'tis"]})])
    >>> counts = protected_ids(engine, "log", ["speaker_id"])
    >>> note_restored(counts)
    ["'speaker_id': 1 value lost the apostrophe that protected it from spreadsheets"]
    >>> engine.rows(f"SELECT {restored_in(counts)['speaker_id']} FROM log")
    [('=1',), ("'tis",)]
    """
    values = {}
    for name, (protected, bare) in counts.items():
        if protected and not bare:
            column = identifier(name)
            is_protected = f"regexp_matches({column}, {literal(PROTECTED)})"
            values[name] = f"CASE WHEN {is_protected} THEN substr({column}, 2) ELSE {column} END"
    return values


def note_restored(counts: Mapping[str, tuple[int, int]]) -> list[str]:
    """Say what became of protected cells, given their number and that of cells that would be run as formulas."""
    notes = []
    for name, (protected, bare) in counts.items():
        values = f"{name!r}: {protected:,} value{'s' * (protected != 1)}"
        if protected and bare:
            notes.append(f"{values} may be protected from spreadsheets by an apostrophe; others are not, so it is kept")
        elif protected:
            notes.append(
                f"{values} lost the apostrophe that protected {'them' if protected > 1 else 'it'} from spreadsheets"
            )
    return notes


def restored(ids: Sequence[str]) -> list[str]:
    """Return the ids of a column as :func:`restored_in` leaves them.

    Examples
    --------
    >>> restored(["'=1", "'tis"]), restored(["'=1", "=2"])
    (['=1', "'tis"], ["'=1", '=2'])
    """
    if any(re.match(FORMULA, one) for one in ids):
        return [*ids]
    return [one[1:] if re.match(PROTECTED, one) else one for one in ids]
