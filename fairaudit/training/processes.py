"""How the examples of an epoch are divided among the processes of a distributed run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import torch.distributed as dist

from fairaudit.core.errors import UsageError

__all__ = ["OfEpochs", "Processes"]

Item = TypeVar("Item")


@dataclass(frozen=True)
class Processes:
    """One process of several.

    Attributes
    ----------
    count
        Number of processes.
    rank
        Place of this one, from 0.
    """

    count: int = 1
    rank: int = 0

    @classmethod
    def of(cls, num_replicas: int | None, rank: int | None) -> Self:
        """Take what is given, and the rest from ``torch.distributed`` if it is initialised.

        Raises
        ------
        UsageError
            If there is no such process.
        """
        here = dist.is_available() and dist.is_initialized()
        count = num_replicas if num_replicas is not None else dist.get_world_size() if here else 1
        place = rank if rank is not None else dist.get_rank() if here else 0
        if not 0 <= place < count:
            raise UsageError(f"there is no rank {place} among {count} processes")
        return cls(count, place)

    def each(self, total: int) -> int:
        """Number of items that every process gets, so that all get as many and none is left out.

        Examples
        --------
        >>> Processes(4, 0).each(10)
        3
        """
        return -(-total // self.count)

    def part(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items of this process: every ``count``-th, the first ones again where the last round lacks some.

        Examples
        --------
        >>> [list(Processes(2, rank).part("abc")) for rank in (0, 1)]
        [['a', 'c'], ['b', 'a']]
        """
        n = len(items)
        return [items[i % n] for i in range(self.rank, self.each(n) * self.count, self.count)]


class OfEpochs:
    """What samplers have in common whose draw follows from a seed and an epoch, and is divided among processes."""

    def __init__(self, *, seed: int, num_replicas: int | None, rank: int | None) -> None:
        self.processes = Processes.of(num_replicas, rank)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that comes next."""
        self.epoch = epoch

    def _rng(self) -> np.random.Generator:
        """Return the generator of this epoch, the same in all processes."""
        return np.random.default_rng([self.seed, self.epoch])
