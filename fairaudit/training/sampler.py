"""A sampler that draws by weight in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from fairaudit.core.errors import UsageError
from fairaudit.training.processes import OfEpochs

__all__ = ["DistributedWeightedSampler"]


class DistributedWeightedSampler(OfEpochs, Sampler[int]):
    """Draw indices by weight; each process of a distributed run gets its part of the same draw.

    All processes compute the whole draw of an epoch from the seed and the epoch, and each takes every
    ``num_replicas``-th index. So parts do not depend on each other, are equally long, and are the same in every run.
    Call :meth:`set_epoch` before each epoch, as with ``torch.utils.data.DistributedSampler``; Lightning and accelerate
    do so by themselves.

    Parameters
    ----------
    weights
        Weight of each example, at least 0, shape (n_examples,), as from :func:`fairaudit.training.cohort_weights`.
    num_samples
        Number of indices in an epoch, over all processes. By default, as many as there are examples.
    replacement
        Whether an index can be drawn more than once. If not, each index is drawn with a probability in proportion to
        its weight among those that are left. Those with the weight 0 are never drawn.
    num_replicas, rank
        Number of processes and place of this one. By default, those of ``torch.distributed``.
    seed
        Seed of the draws.

    Raises
    ------
    UsageError
        If a weight is negative or not finite, all are 0, or fewer than ``num_samples`` can be drawn.

    Notes
    -----
    Draws without replacement have the order of exponential variables divided by the weights (Efraimidis and Spirakis
    2006, "Weighted random sampling with a reservoir", Inf. Process. Lett. 97(5)). Where the number of indices is no
    multiple of the number of processes, draws without replacement begin again with the first index.

    Examples
    --------
    >>> parts = [DistributedWeightedSampler([1, 1, 2, 0], replacement=False, num_samples=3, num_replicas=2, rank=rank)
    ...          for rank in (0, 1)]
    >>> [len(part) for part in parts], sorted({*parts[0], *parts[1]})
    ([2, 2], [0, 1, 2])
    """

    def __init__(
        self,
        weights: Sequence[float] | NDArray[np.float64],
        num_samples: int | None = None,
        *,
        replacement: bool = True,
        num_replicas: int | None = None,
        rank: int | None = None,
        seed: int = 0,
    ) -> None:
        values = np.asarray(weights, dtype=float)
        if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any() or not values.any():
            raise UsageError("weights must be a list of finite numbers of at least 0, and not all of them 0")
        total = len(values) if num_samples is None else num_samples
        possible = np.count_nonzero(values)
        if total < 1 or (not replacement and total > possible):
            raise UsageError(f"{total} indices cannot be drawn: {possible} examples have a weight above 0")
        self.weights = values
        self.num_samples = total
        self.replacement = replacement
        super().__init__(seed=seed, num_replicas=num_replicas, rank=rank)

    def __len__(self) -> int:
        return self.processes.each(self.num_samples)

    def __iter__(self) -> Iterator[int]:
        rng = self._rng()
        if self.replacement:
            cumulative = self.weights.cumsum()
            uniform = rng.random(len(self) * self.processes.count)
            drawn = np.searchsorted(cumulative / cumulative[-1], uniform, side="right")
        else:
            with np.errstate(divide="ignore"):
                waiting = rng.exponential(size=len(self.weights)) / self.weights
            drawn = np.argsort(waiting, kind="stable")[: self.num_samples]
        return iter(self.processes.part(drawn.tolist()))
