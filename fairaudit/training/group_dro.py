"""Losses that weight groups by how badly a model does on them while it is trained."""

from __future__ import annotations

from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

from fairaudit.core.errors import UsageError

__all__ = ["GroupDRO"]


class GroupDRO(nn.Module):
    """Weight the losses of groups so that training attends to the group that is worst off.

    Without ``smoothing``, this is group DRO. The weight q of a group grows with its loss L, q ∝ q exp(η L), after each
    batch. With ``smoothing``, this is CTC-DRO: q ∝ q exp(η L / (q + α)), so that no group takes all of the weight
    because its losses are always high. Weights then change when each group was seen, by its mean since the last change.

    Parameters
    ----------
    n_groups
        Number of groups.
    step_size
        η.
    smoothing
        α of CTC-DRO.
    reduction
        Whether the loss of a group is the ``"mean"`` or the ``"sum"`` of its utterances in a batch. CTC-DRO needs the
        sum, and batches of about equal duration (:class:`~fairaudit.training.LengthMatchedBatchSampler`).

    Attributes
    ----------
    weights
        q, shape (n_groups,), a buffer that is saved with the module. Their sum is 1.

    Raises
    ------
    UsageError
        If a setting has no meaning.

    Notes
    -----
    Sources: Sagawa et al. 2020, "Distributionally robust neural networks for group shifts", ICLR; Bartelds et al. 2025,
    "CTC-DRO: Robust Optimization for Reducing Language Disparities in Speech Recognition".

    In a distributed run, losses of groups are summed over all processes before weights change. All processes must
    therefore call the module for every batch.

    Examples
    --------
    >>> dro = GroupDRO(2, step_size=1.0)
    >>> loss = dro(torch.tensor([1.0, 1.0, 3.0]), torch.tensor([0, 0, 1]))
    >>> [round(weight, 3) for weight in dro.weights.tolist()], round(loss.item(), 3)
    ([0.119, 0.881], 2.762)
    """

    weights: Tensor
    _sums: Tensor
    _times: Tensor

    def __init__(
        self,
        n_groups: int,
        *,
        step_size: float = 0.01,
        smoothing: float | None = None,
        reduction: Literal["mean", "sum"] = "mean",
    ) -> None:
        super().__init__()
        if n_groups < 1 or step_size < 0 or (smoothing is not None and smoothing <= 0):
            raise UsageError("n_groups must be at least 1, step_size at least 0, and smoothing above 0")
        if reduction not in ("mean", "sum"):
            raise UsageError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
        self.step_size = step_size
        self.smoothing = smoothing
        self.reduction = reduction
        self.register_buffer("weights", torch.full((n_groups,), 1 / n_groups))
        self.register_buffer("_sums", torch.zeros(n_groups))
        self.register_buffer("_times", torch.zeros(n_groups))

    def forward(
        self, losses: Tensor, groups: Tensor, *, errors: Tensor | None = None, words: Tensor | None = None
    ) -> Tensor:
        """Change the weights, and return the weighted loss of a batch.

        Parameters
        ----------
        losses
            Loss of each utterance, shape (n_utterances,).
        groups
            Group of each utterance, from 0, shape (n_utterances,).
        errors, words
            Errors and words of each utterance, shape (n_utterances,). If they are given, weights follow the error rate
            of a group, Σ errors ÷ Σ words, instead of its loss. Unlike losses, error rates of groups are comparable.

        Returns
        -------
        Tensor
            n_groups × Σ q L over the groups of the batch, divided by their number: with equal weights, the mean of
            their losses. Shape ().
        """
        n = len(self.weights)
        if (errors is None) != (words is None):
            raise UsageError("an error rate needs both errors and words")
        own = _sums(losses, groups, n), _sums(torch.ones_like(losses), groups, n)
        if self.training:
            self._follow(*own) if errors is None or words is None else self._follow(
                _sums(errors, groups, n), _sums(words, groups, n), mean=True
            )
        seen = own[1] > 0
        of_group = own[0] / own[1].clamp(min=1) if self.reduction == "mean" else own[0]
        return n * (self.weights * of_group)[seen].sum() / seen.sum()

    @torch.no_grad()
    def _follow(self, sums: Tensor, sizes: Tensor, *, mean: bool | None = None) -> None:
        """Change the weights by the sums of groups, and by what they are divided by if it is a mean."""
        both = torch.stack([sums.detach().float(), sizes.detach().float()])
        count = 1
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(both)
            count = dist.get_world_size()
        is_mean = self.reduction == "mean" if mean is None else mean
        seen = both[1] > 0
        values = both[0] / (both[1].clamp(min=1e-12) if is_mean else count)
        if self.smoothing is None:
            self._step(torch.where(seen, values, 0.0))
            return
        self._sums += torch.where(seen, values, 0.0)
        self._times += seen
        if bool((self._times > 0).all()):
            self._step(self._sums / self._times / (self.weights + self.smoothing))
            self._sums.zero_()
            self._times.zero_()

    def _step(self, gradient: Tensor) -> None:
        self.weights.copy_(torch.softmax(self.weights.clamp(min=1e-30).log() + self.step_size * gradient, dim=0))


def _sums(values: Tensor, groups: Tensor, n: int) -> Tensor:
    return values.new_zeros(n).index_add(0, groups, values)
