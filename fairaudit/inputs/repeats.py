"""Count values that occur before, such as utterance ids, by sorted hashes on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.scratch import room_in
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier

__all__ = ["count_repeats"]

#: Hashes that are sorted at once, 16 MiB.
_RUN: Final = 1 << 21


def count_repeats(engine: EmbeddedEngine, relation: str, values: Sequence[str], rows: int) -> list[int]:
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
    list of int
        One number for each of ``values``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> engine = EmbeddedEngine()
    >>> engine.store("log", [pa.table({"id": ["a", "A", "a", None]})])
    >>> count_repeats(engine, "log", ["id", "lower(id)"], rows=4)
    [1, 2]
    """
    hashes = ", ".join(f"hash({value})" for value in values)
    sorters = [_Hashes(engine.scratch / f"hashes-{i}", rows) for i in range(len(values))]
    query = f"SELECT {hashes} FROM {identifier(relation)} WHERE ({values[0]}) IS NOT NULL"
    for batch in engine.batches(query):
        for sorter, column in zip(sorters, batch.columns, strict=True):
            sorter.add(column.to_numpy())
    return [sorter.repeats() for sorter in sorters]


class _Hashes:
    """Hashes in sorted runs on disk, of which one range of values after the other is read, for all runs together."""

    def __init__(self, path: Path, rows: int) -> None:
        ranges = max(1, -(-rows // _RUN))
        self._path = path
        self._edges = np.arange(1, ranges, dtype=np.uint64) * np.uint64(((1 << 64) - 1) // ranges)
        self._run = np.empty(max(1, min(rows, _RUN)), dtype=np.uint64)
        self._filled = 0
        #: Where each range begins and ends in the file, for each run.
        self._bounds: list[NDArray[np.int64]] = []

    def add(self, hashes: NDArray[np.uint64]) -> None:
        """Add hashes to the run, and write it when it is full."""
        while len(hashes):
            if self._filled == len(self._run):
                self._write()
            taken = hashes[: len(self._run) - self._filled]
            self._run[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            hashes = hashes[len(taken) :]

    def repeats(self) -> int:
        """Count the hashes that occurred before."""
        if not self._bounds:
            return _repeats(self._run[: self._filled])
        self._write()
        n = 0
        for i in range(len(self._edges) + 1):
            parts = [
                np.fromfile(self._path, np.uint64, count=bounds[i + 1] - bounds[i], offset=8 * bounds[i])
                for bounds in self._bounds
            ]
            n += _repeats(np.concatenate(parts))
        self._path.unlink()
        return n

    def _write(self) -> None:
        run = self._run[: self._filled]
        run.sort()
        before = self._bounds[-1][-1] if self._bounds else 0
        self._bounds.append(before + np.array([0, *run.searchsorted(self._edges), len(run)]))
        self._filled = 0
        with room_in(self._path.parent), self._path.open("ab") as file:
            file.write(run.data)


def _repeats(hashes: NDArray[np.uint64]) -> int:
    hashes.sort()
    return int(np.count_nonzero(hashes[1:] == hashes[:-1]))
