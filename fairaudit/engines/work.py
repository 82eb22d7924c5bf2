"""What an engine of several machines runs: partial results of parts, which it merges in any order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from fairaudit.core.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Gather", "Part", "Work", "do"]


class Part(Protocol):
    """A part of the work; ``path`` and ``joined`` are the files that whoever does it must be able to read."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def joined(self) -> Sequence[str]:
        """Files that are joined with it."""


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


def do(work: Work, part: Part, worker: str) -> list[pa.Table]:
    """Do a part.

    Parameters
    ----------
    work, part
        The work, and a part of it.
    worker
        Who does it, for the message.

    Raises
    ------
    InputError
        If the worker cannot read a file.
    """
    try:
        return work.partial(part)
    except InputError as error:
        unreadable = next((path for path in (part.path, *part.joined) if not os.access(path, os.R_OK)), None)
        if unreadable is None:
            raise
        raise InputError(
            f"{unreadable!r} cannot be read by {worker} ({error}); all workers must have the files under the same paths"
        ) from error
