"""Weights of pairs that an adversary learns, for the training of speaker verification."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fairaudit.core.errors import UsageError

__all__ = ["AdversarialWeights"]


class AdversarialWeights(nn.Module):
    """Let an adversary weight the pairs of a metric-learning loss, so that training attends to the worst ones.

    The adversary sees the vectors of samples, and the region of the vector space that each is in (the code of a k-means
    cluster, such as a cohort of ``fairaudit discover --method embedding``). It cannot remember single samples, but
    learns regions with high losses. No label of a group is needed.

    Parameters
    ----------
    n_features
        Length of the vectors.
    n_regions
        Number of regions; 0 if there are none.

    Notes
    -----
    The weight of a sample is σ(w·x + w_region). That of a pair is the sum over its two samples, scaled in a batch from
    0 (its lowest) to 1 (its highest). The learner minimises the weighted loss, and the adversary maximises it.

    Source: Jin et al. 2022, "Adversarial reweighting for speaker verification fairness", Interspeech; after Lahoti et
    al. 2020, "Fairness without demographics through adversarially reweighted learning", NeurIPS.

    Examples
    --------
    >>> adversary = AdversarialWeights(8, n_regions=4)
    >>> vectors, region = torch.randn(6, 8), torch.tensor([0, 1, 2, 3, 0, 1])
    >>> losses = torch.rand(3, requires_grad=True)
    >>> adversary(losses, vectors, torch.tensor([[0, 1], [2, 3], [4, 5]]), region).backward()
    >>> losses.grad.shape, adversary.scores.weight.grad.shape
    (torch.Size([3]), torch.Size([1, 12]))
    """

    def __init__(self, n_features: int, n_regions: int = 0) -> None:
        super().__init__()
        self.n_regions = n_regions
        self.scores = nn.Linear(n_features + n_regions, 1)

    def forward(self, losses: Tensor, vectors: Tensor, pairs: Tensor, regions: Tensor | None = None) -> Tensor:
        """Return the weighted mean of losses of pairs.

        One optimiser can train both: its gradient lowers the loss by the parameters of the learner, and raises it by
        those of the adversary.

        Parameters
        ----------
        losses
            Loss of each pair, shape (n_pairs,).
        vectors
            Vectors of samples, shape (n_samples, n_features). No gradient flows through them.
        pairs
            Places of the two samples of each pair, shape (n_pairs, 2), int64.
        regions
            Region of each sample, shape (n_samples,), int64.

        Returns
        -------
        Tensor
            Σ weight × loss ÷ Σ weight, shape ().
        """
        weights = self.pair_weights(self.sample_weights(vectors, regions), pairs)
        fixed = weights.detach()
        total = fixed.sum().clamp(min=1e-12)
        learned = (fixed * losses).sum() / total
        raised = (weights * losses.detach()).sum() / weights.sum().clamp(min=1e-12)
        return learned - (raised - raised.detach())

    def sample_weights(self, vectors: Tensor, regions: Tensor | None = None) -> Tensor:
        """Return the weights of samples, from 0 to 1, shape (n_samples,).

        Raises
        ------
        UsageError
            If there are regions and none are given, or the other way round.
        """
        inputs = vectors.detach()
        if (regions is None) != (self.n_regions == 0):
            raise UsageError(f"this adversary has {self.n_regions} regions; give the region of each sample, or none")
        if regions is not None:
            inputs = torch.cat([inputs, nn.functional.one_hot(regions, self.n_regions).to(inputs.dtype)], dim=1)
        return torch.sigmoid(self.scores(inputs)).squeeze(1)

    @staticmethod
    def pair_weights(samples: Tensor, pairs: Tensor) -> Tensor:
        """Return the weights of pairs, from 0 to 1, shape (n_pairs,); all are 1 if they are equal.

        Examples
        --------
        >>> samples, pairs = torch.tensor([0.25, 0.5, 0.75]), torch.tensor([[0, 1], [0, 2], [1, 2]])
        >>> AdversarialWeights.pair_weights(samples, pairs).tolist()
        [0.0, 0.5, 1.0]
        """
        sums = samples[pairs].sum(dim=1)
        low, high = sums.min().detach(), sums.max().detach()
        return (sums - low) / (high - low) if high > low else torch.ones_like(sums)
