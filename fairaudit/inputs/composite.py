"""Ids that several columns make up together, such as ``session+speaker``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["composed", "composites", "parts_of", "read_from", "with_composites"]

_PLUS: Final = "+"
#: How a plus sign, and a backslash, inside a value are written, so that different values make different ids.
_ESCAPES: Final = (("\\", "\\\\"), (_PLUS, "\\+"))


def parts_of(name: str) -> list[str]:
    """Return the columns that a name consists of.

    Examples
    --------
    >>> parts_of("session+speaker"), parts_of("speaker"), parts_of("c++")
    (['session', 'speaker'], ['speaker'], ['c++'])
    """
    parts = name.split(_PLUS)
    return parts if all(parts) else [name]


def composites(columns: Mapping[str, str]) -> list[str]:
    """Return the names in a mapping of columns that may consist of several columns."""
    return [*dict.fromkeys(name for name in columns.values() if len(parts_of(name)) > 1)]


def read_from(columns: Mapping[str, str]) -> list[str]:
    """Return the columns of a file from which others are read.

    Examples
    --------
    >>> read_from({"speaker_id": "session+speaker", "reference": "text"})
    ['session', 'speaker', 'text']
    """
    return [part for name in columns.values() for part in parts_of(name)]


def with_composites(names: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Return the columns of a file with those that are made up of several of them.

    Examples
    --------
    >>> with_composites(["session", "speaker"], {"speaker_id": "session+speaker", "utterance_id": "session+file"})
    ['session', 'speaker', 'session+speaker']
    """
    return [*names, *_possible(names, columns)]


def composed(batches: Iterable[pa.RecordBatch], columns: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
    r"""Add the columns that are made up of several columns to batches. An id is missing if one of its parts is.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.record_batch({"session": ["1", "a+b", None], "speaker": [7, 8, 9]})
    >>> (batch,) = composed([rows], {"speaker_id": "session+speaker"})
    >>> batch.column("session+speaker").to_pylist()
    ['1+7', 'a\\+b+8', None]
    """
    if not composites(columns):
        yield from batches
        return
    import pyarrow as pa
    import pyarrow.compute as pc

    for batch in batches:
        added = {}
        for name in _possible(batch.schema.names, columns):
            texts = [pc.cast(batch.column(part), pa.string()) for part in parts_of(name)]
            for plain, escaped in _ESCAPES:
                texts = [pc.replace_substring(text, plain, escaped) for text in texts]
            added[name] = pc.binary_join_element_wise(*texts, _PLUS)
        wider = pa.RecordBatch.from_arrays([*batch.columns, *added.values()], names=[*batch.schema.names, *added])
        yield wider.replace_schema_metadata(batch.schema.metadata)


def _possible(names: Collection[str], columns: Mapping[str, str]) -> list[str]:
    """Return the names that consist of several columns, if all of these are there."""
    return [name for name in composites(columns) if name not in names and {*parts_of(name)} <= {*names}]
