"""Count values that occur before, such as utterance ids, by sorted hashes on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.scratch import room_in
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import id_key_in
from fairaudit.scoring import compiled

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Repeats", "count_ids", "count_repeats"]

#: Hashes that are held at once, 16 MiB.
_AT_ONCE: Final = 1 << 21


class Repeats(NamedTuple):
    """Numbers of rows whose value occurred before, one for each kind of value, and of rows with a value."""

    counts: tuple[int, ...]
    values: int


def count_repeats(engine: EmbeddedEngine, relation: str, values: Sequence[str], rows: int) -> Repeats:
    """Count the rows whose value occurred before, by 64-bit hashes; memory does not grow with their number.

    Different values may have the same hash: among 10 million, with a chance of one in 370,000; among a billion, of one
    in 37.

    Parameters
    ----------
    engine, relation
        Where the rows are.
    values
        SQL of texts. Rows in which the first one is missing are left out.
    rows
        Number of rows.

    Returns
    -------
    Repeats
        One number for each of ``values``, and how many values there are.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"id": ["a", "A", "a", None]})])
    >>> count_repeats(engine, "log", ["id", "lower(id)"], rows=4)
    Repeats(counts=(1, 2), values=3)
    """
    hashes = ", ".join(f"hash({value})" for value in values)
    batches = engine.batches(f"SELECT {hashes} FROM {identifier(relation)} WHERE ({values[0]}) IS NOT NULL")
    columns = ([column.to_numpy() for column in batch.columns] for batch in batches)
    return _count(columns, len(values), engine.scratch, rows)


def count_ids(engine: EmbeddedEngine, relation: str, text: str, rows: int) -> Repeats:
    """Count the ids that occurred before, and those that look like an earlier one, as :func:`count_repeats` does.

    Parameters
    ----------
    engine, relation, rows
        As in :func:`count_repeats`.
    text
        SQL of the id, which may be missing.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"id": ["a7", "A007", "a7", None, "É", "é"]})])
    >>> count_ids(engine, "log", "id", rows=6)
    Repeats(counts=(1, 3), values=5)
    """
    if compiled.KERNEL is None:
        return count_repeats(engine, relation, [text, id_key_in(text)], rows)
    batches = engine.batches(f"SELECT {text} AS id FROM {identifier(relation)} WHERE ({text}) IS NOT NULL")
    return _count(([*_hashed(engine, batch.column(0))] for batch in batches), 2, engine.scratch, rows)


def _hashed(engine: EmbeddedEngine, ids: pa.Array) -> NDArray[np.uint64]:
    """Hash ids, and what they look like, in the kernel; what those beyond ASCII look like is computed in SQL."""
    import pyarrow as pa

    assert compiled.KERNEL is not None
    hashes = np.empty((2, len(ids)), dtype=np.uint64)
    left = np.array(compiled.KERNEL.ids(*compiled.buffers(ids), *hashes), dtype=np.int64)
    if len(left):
        keys = engine.computed(pa.table({"id": ids.take(left)}), f"{id_key_in('id')} AS key")["key"].combine_chunks()
        unused = np.empty((2, len(left)), dtype=np.uint64)
        compiled.KERNEL.ids(*compiled.buffers(keys), *unused)
        hashes[1, left] = unused[0]
    return hashes


def _count(batches: Iterable[Sequence[NDArray[np.uint64]]], kinds: int, folder: Path, rows: int) -> Repeats:
    """Count the hashes that occurred before, given batches with an array for each kind of hash."""
    first = _Hashes(folder, rows)
    sorters, n = [first for _ in range(kinds)], 0
    for columns in batches:
        n += len(columns[0])
        for i in range(1, kinds):  # most are equal to the first ones, and need not be sorted twice
            if sorters[i] is first and not np.array_equal(columns[i], columns[0]):
                sorters[i] = first.fork()
            if sorters[i] is not first:
                sorters[i].add(columns[i])
        first.add(columns[0])
    counts = {sorter: sorter.repeats() for sorter in {*sorters}}
    for sorter in counts:
        sorter.path.unlink(missing_ok=True)
    return Repeats(tuple(counts[sorter] for sorter in sorters), n)


class _Hashes:
    """Hashes on disk, divided by their first bits into ranges, which are sorted in memory one by one."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.path = folder / f"hashes-{id(self)}"
        self._shift = 64 - min(16, max(1, (rows // _AT_ONCE).bit_length()))
        self._waiting = np.empty(max(1, min(rows, _AT_ONCE)), dtype=np.uint64)
        self._filled = 0
        #: Files, and where each range begins and ends in them.
        self._runs: list[tuple[Path, NDArray[np.int64]]] = []

    def fork(self) -> Self:
        """Return these hashes, so that others can be added."""
        other = copy(self)
        other.path = self.path.with_name(f"hashes-{id(other)}")
        other._waiting, other._runs = self._waiting.copy(), [*self._runs]
        return other

    def add(self, hashes: NDArray[np.uint64]) -> None:
        """Add hashes to those that wait, and write them when there are many."""
        while len(hashes):
            if self._filled == len(self._waiting):
                self._write()
            taken = hashes[: len(self._waiting) - self._filled]
            self._waiting[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            hashes = hashes[len(taken) :]

    def repeats(self) -> int:
        """Count the hashes that occurred before."""
        if not self._runs:
            return _repeats(self._waiting[: self._filled])
        self._write()
        n = 0
        for i in range(1 << (64 - self._shift)):
            parts = [
                np.fromfile(path, np.uint64, count=bounds[i + 1] - bounds[i], offset=8 * bounds[i])
                for path, bounds in self._runs
            ]
            n += _repeats(np.concatenate(parts))
        return n

    def _write(self) -> None:
        hashes, self._filled = self._waiting[: self._filled], 0
        ranges = (hashes >> np.uint64(self._shift)).astype(np.uint16)
        ends = np.cumsum(np.bincount(ranges, minlength=1 << (64 - self._shift)))
        with room_in(self.path.parent), self.path.open("ab") as file:
            before = file.tell() // 8
            file.write(hashes[np.argsort(ranges, kind="stable")].data)
        self._runs.append((self.path, before + np.array([0, *ends])))


def _repeats(hashes: NDArray[np.uint64]) -> int:
    hashes.sort()
    return int(np.count_nonzero(hashes[1:] == hashes[:-1]))
