"""Batches that mix new utterances with utterances of what a model was trained on before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from fairaudit.core.errors import UsageError
from fairaudit.training.processes import OfEpochs

__all__ = ["ReplayBatchSampler"]


class ReplayBatchSampler(OfEpochs, Sampler[list[int]]):
    """Fill a share of each batch with old utterances, so that fine-tuning on new ones does not make the model forget.

    Indices are those of ``ConcatDataset([new, old])``. In an epoch, each new utterance occurs once. Old utterances are
    shuffled and used up before any is used again. The share is that over all batches of an epoch; the numbers of old
    utterances in two batches differ by one at most.

    Parameters
    ----------
    n_new, n_old
        Number of new and of old utterances.
    batch_size
        Number of utterances in a batch. The last batch may be smaller.
    share
        Share of old utterances, from 0 to less than 1.
    num_replicas, rank
        Number of processes and place of this one. By default, those of ``torch.distributed``.
    seed
        Seed of the shuffles.

    Raises
    ------
    UsageError
        If there is nothing to draw from, or the share leaves no place for new utterances.

    Notes
    -----
    See Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 7(2).

    Examples
    --------
    >>> batches = [*ReplayBatchSampler(6, 100, batch_size=4, share=0.5)]
    >>> [sum(index >= 6 for index in batch) for batch in batches]
    [2, 2, 2]
    >>> sorted(index for batch in batches for index in batch if index < 6)
    [0, 1, 2, 3, 4, 5]
    """

    def __init__(
        self,
        n_new: int,
        n_old: int,
        *,
        batch_size: int,
        share: float = 0.25,
        num_replicas: int | None = None,
        rank: int | None = None,
        seed: int = 0,
    ) -> None:
        if not 0 <= share < 1 or int(batch_size * (1 - share)) < 1:
            raise UsageError(f"a share of {share} of {batch_size} utterances leaves no place for new ones")
        if n_new < 1 or (share and n_old < 1):
            raise UsageError(f"there are {n_new} new and {n_old} old utterances to draw from")
        self.n_new = n_new
        self.n_old = n_old
        self.batch_size = batch_size
        self.share = share
        super().__init__(seed=seed, num_replicas=num_replicas, rank=rank)

    def _sizes(self) -> NDArray[np.int64]:
        """Number of new and of old utterances in each batch of an epoch, shape (2, n_batches)."""
        n = int(np.ceil(self.n_new / (self.batch_size * (1 - self.share)))) + 1
        old = np.diff(np.floor(np.arange(n + 1) * self.share * self.batch_size + 1e-9).astype(np.int64))
        before = (self.batch_size - old).cumsum() - (self.batch_size - old)
        new = np.clip(self.n_new - before, 0, self.batch_size - old)
        used = new > 0
        last = np.flatnonzero(used)[-1]
        old[last] = min(old[last], round(new[last] * self.share / (1 - self.share)))
        return np.stack([new, old])[:, used]

    def __len__(self) -> int:
        return self.processes.each(self._sizes().shape[1])

    def __iter__(self) -> Iterator[list[int]]:
        rng = self._rng()
        new, old = self._sizes()
        fresh = rng.permutation(self.n_new)
        rounds = -(-int(old.sum()) // self.n_old) if self.n_old else 0
        again = [rng.permutation(self.n_old) + self.n_new for _ in range(rounds)]
        used = np.concatenate([fresh[:0], *again])[: old.sum()]
        parts = zip(*(np.split(i, sizes.cumsum()[:-1]) for i, sizes in ((fresh, new), (used, old))), strict=True)
        batches = [rng.permutation(np.concatenate(part)).tolist() for part in parts]
        return iter(self.processes.part(batches))
