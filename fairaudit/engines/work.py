"""What an engine of several machines runs: partial results of parts, which it merges in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Gather", "Part", "Work"]


class Part(Protocol):
    """A part of the work; ``path`` is the file that whoever does it must be able to read."""

    @property
    def path(self) -> str:
        """The file."""


class Work(Protocol):
    """Work that can be done in parts, such as :class:`fairaudit.inputs.parts.Plan`."""

    @property
    def parts(self) -> Sequence[Any]:
        """The parts, each a :class:`Part`."""

    @property
    def buckets(self) -> int:
        """Number of tables that a part gives."""

    def partial(self, part: Any, /) -> list[pa.Table]:
        """Do a part; give one table for each bucket. They are the same whenever the part is repeated."""

    def merge(self, bucket: int, tables: Sequence[pa.Table], /) -> pa.Table:
        """Merge tables of a bucket, in any order; those of bucket 0 also in several steps."""


#: Does all parts of the work, and gives the merged table of each bucket.
Gather = Callable[[Work], Mapping[int, "pa.Table"]]
