"""What the partial sums of a log say about the parts that they come from: JSON in the metadata of an Arrow table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from fairaudit.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from fairaudit.inputs.parts.joined import JoinDoc

__all__ = ["ColumnDoc", "PartDoc", "PartName", "facts_of", "merge", "with_facts"]

_KEY: Final = b"fairaudit parts"


class ColumnDoc(TypedDict):
    """What a part says about a column that its sums do not have.

    ``labels`` are its values if they are few, and ``smallest`` are hashes from which the number of values is estimated.
    """

    labels: list[str] | None
    has_texts: bool
    smallest: list[int]


class PartName(TypedDict):
    """Number of a part, and name of its file."""

    part: int
    name: str


class PartDoc(PartName):
    """What is known about a part of a log.

    ``file`` is the number of its file, and ``footer`` a hash of its end if only row groups are read. ``sha256``, and
    ``content`` for the uncompressed file, are empty for row groups that are not the first ones of their file. ``names``
    are the columns of the file, and ``free_fields`` says whether they may differ from those of other files.
    ``description`` is an :class:`fairaudit.inputs.artefact.Artefact` as JSON, and ``faults`` are those of its rows;
    both are None if no row of the part is read. ``values`` are then those of the columns by which rows are chosen.
    """

    file: int
    footer: str
    sha256: str
    content: str
    rows: int
    measured: list[str]
    names: list[str]
    free_fields: bool
    columns: list[str]
    description: str | None
    faults: dict[str, Any] | None
    notes: list[str]
    protected: dict[str, list[int]]
    segments: bool
    joins: list[JoinDoc]
    others: dict[str, ColumnDoc]
    values: dict[str, list[str]]
    software: dict[str, str]


def with_facts(table: pa.Table, facts: Sequence[PartName]) -> pa.Table:
    """Return a table that says which parts it comes from, in their order."""
    in_order = sorted(facts, key=lambda one: one["part"])
    return table.replace_schema_metadata({_KEY: json.dumps(in_order, sort_keys=True)})


def facts_of(table: pa.Table) -> list[Any]:
    """Return what a table says about the parts that it comes from."""
    facts: list[Any] = json.loads(table.schema.metadata[_KEY])
    return facts


def merge(tables: Sequence[pa.Table]) -> tuple[list[pa.Table], list[Any]]:
    """Return tables without those that came twice, and what they say about their parts.

    Parameters
    ----------
    tables
        Tables of disjoint sets of parts. A part that is repeated, because a worker died or was slow, gives the same
        table, which counts once.

    Raises
    ------
    InputError
        If a part gave two different results, or is in two tables with other parts.
    """
    seen: dict[int, pa.Table] = {}
    kept: list[pa.Table] = []
    facts: list[Any] = []
    for table in tables:
        ours = facts_of(table)
        others = {id(seen[one["part"]]): seen[one["part"]] for one in ours if one["part"] in seen}
        if not others:
            kept.append(table)
            facts += ours
            seen |= {one["part"]: table for one in ours}
        elif not all(table.equals(other, check_metadata=True) for other in others.values()):
            twice = next(one for one in ours if one["part"] in seen)
            raise InputError(
                f"{twice['name']}: part {twice['part']} gave two different results; was the file changed while it was "
                "read, or is it not the same on all workers?"
            )
    return kept, facts
