"""Batches of one group each, all about equally long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from fairaudit.core.errors import UsageError
from fairaudit.training.processes import OfEpochs

__all__ = ["LengthMatchedBatchSampler"]


class LengthMatchedBatchSampler(OfEpochs, Sampler[list[int]]):
    """Make batches of one group each whose durations are about equal, so that summed losses can be compared.

    A CTC loss grows with the length of the speech. :class:`~fairaudit.training.GroupDRO` with ``smoothing`` compares
    the summed losses of such batches. In an epoch, each utterance occurs once, except those that are left over because
    they fill no batch; they are others in the next epoch. A group that fills no batch at all is one shorter batch.

    Parameters
    ----------
    durations
        Duration of each utterance in seconds (or frames), above 0, shape (n_utterances,).
    groups
        Code of the group of each utterance, from 0, shape (n_utterances,).
    batch_duration
        Duration of a batch, in the same unit. A batch ends before it would be longer, so that one is at least as long
        as this less its longest utterance.
    num_replicas, rank
        Number of processes and place of this one. By default, those of ``torch.distributed``.
    seed
        Seed of the shuffles.

    Raises
    ------
    UsageError
        If an utterance is longer than a batch, or has no duration.

    Notes
    -----
    Source: Bartelds et al. 2025, "CTC-DRO: Robust Optimization for Reducing Language Disparities in Speech
    Recognition".

    Examples
    --------
    >>> batches = LengthMatchedBatchSampler([2.0] * 5 + [1.0] * 9, [0] * 5 + [1] * 9, batch_duration=4.0)
    >>> sorted(len(batch) for batch in batches)
    [2, 2, 4, 4]
    """

    def __init__(
        self,
        durations: Sequence[float] | NDArray[np.float64],
        groups: Sequence[int] | NDArray[np.int64],
        *,
        batch_duration: float,
        num_replicas: int | None = None,
        rank: int | None = None,
        seed: int = 0,
    ) -> None:
        self.durations = np.asarray(durations, dtype=float)
        self.groups = np.asarray(groups)
        if self.durations.shape != self.groups.shape or not len(self.groups):
            raise UsageError(f"{len(self.durations)} durations do not fit {len(self.groups)} groups")
        if not ((self.durations > 0) & (self.durations <= batch_duration)).all():
            raise UsageError(f"every utterance must be longer than 0 and at most as long as a batch, {batch_duration}")
        self.batch_duration = batch_duration
        super().__init__(seed=seed, num_replicas=num_replicas, rank=rank)

    def __len__(self) -> int:
        return self.processes.each(len(self._batches()))

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.processes.part(self._batches()))

    def _batches(self) -> list[list[int]]:
        rng = self._rng()
        batches = []
        for group in np.unique(self.groups):
            full: list[list[int]] = []
            batch: list[int] = []
            filled = 0.0
            for i in rng.permutation(np.flatnonzero(self.groups == group)).tolist():
                if filled + self.durations[i] > self.batch_duration:
                    full.append(batch)
                    batch, filled = [], 0.0
                batch.append(i)
                filled += self.durations[i]
            is_full = filled + self.durations[batch].min() > self.batch_duration
            batches += [*full, batch] if is_full or not full else full
        return [batches[i] for i in rng.permutation(len(batches))]
