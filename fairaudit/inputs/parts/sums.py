"""Add up the partial sums of a log. Whole numbers add up to the same in every order, and rows are sorted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.inputs.parts.facts import merge, with_facts
from fairaudit.inputs.parts.ids import count_ids

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["merge_ids", "merge_sums"]


def merge_sums(tables: Sequence[pa.Table]) -> pa.Table:
    """Add up the sums of parts.

    Parameters
    ----------
    tables
        Sums of disjoint sets of parts. Integers are summed over all other columns; those that a part lacks are missing
        in its rows.

    Returns
    -------
    pyarrow.Table
        One row per group, sorted. It is the same for any order of the tables, and can be merged again.

    Examples
    --------
    >>> import pyarrow as pa
    >>> parts = [
    ...     with_facts(pa.table({"speaker_id": ["b", "a"], "words": [2, 1]}), [{"part": 0, "name": "a.csv"}]),
    ...     with_facts(pa.table({"speaker_id": ["a"], "words": [5]}), [{"part": 1, "name": "b.csv"}]),
    ... ]
    >>> merge_sums(parts).to_pylist()
    [{'speaker_id': 'a', 'words': 6}, {'speaker_id': 'b', 'words': 2}]
    """
    import pyarrow as pa

    kept, facts = merge(tables)
    rows = pa.concat_tables([table.replace_schema_metadata() for table in kept], promote_options="default")
    sums = sorted(field.name for field in rows.schema if field.type == pa.int64())
    keys = sorted({*rows.column_names} - {*sums})
    if keys:
        rows = rows.take(pa.array(range(len(rows)), pa.int64()))  # what comes over a network may be poorly aligned
        groups = rows.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in sums])
        rows = groups.select([*keys, *(f"{name}_sum" for name in sums)]).rename_columns([*keys, *sums])
        rows = rows.sort_by([(key, "ascending") for key in keys]).combine_chunks()
    return with_facts(rows, facts)


def merge_ids(tables: Sequence[pa.Table]) -> pa.Table:
    """Count the ids of all parts that are in the same bucket; see :func:`fairaudit.inputs.parts.ids.count_ids`."""
    kept, facts = merge(tables)
    return with_facts(count_ids([table.replace_schema_metadata() for table in kept]), facts)
