"""The cohort of a speaker as an input of a model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fairaudit.core.errors import UsageError

__all__ = ["CohortInput"]


class CohortInput(nn.Module):
    """Append a learned vector of the speaker's cohort to the features of each frame.

    Parameters
    ----------
    n_cohorts
        Number of cohorts, whose codes are 0, 1, ….
    size
        Length of the vector.
    unknown
        Share of the utterances in training whose cohort is hidden, so that the model can do without it. The cohort of
        a speaker is unknown if the code is −1; its vector is 0.

    Raises
    ------
    UsageError
        If a setting has no meaning.

    Notes
    -----
    Source: Dheram et al. 2022, "Toward fairness in speech recognition: discovery and mitigation of performance
    disparities", Interspeech, where a cohort embedding of two dimensions narrowed the gap between cohorts.

    Examples
    --------
    >>> cohort_input = CohortInput(3)
    >>> cohort_input(torch.zeros(4, 50, 40), torch.tensor([0, 2, -1, 1])).shape
    torch.Size([4, 50, 42])
    """

    def __init__(self, n_cohorts: int, size: int = 2, *, unknown: float = 0.1) -> None:
        super().__init__()
        if n_cohorts < 1 or size < 1 or not 0 <= unknown <= 1:
            raise UsageError("n_cohorts and size must be at least 1, and unknown between 0 and 1")
        self.unknown = unknown
        self.vectors = nn.Embedding(n_cohorts + 1, size, padding_idx=0)

    def forward(self, features: Tensor, cohort: Tensor) -> Tensor:
        """Return features with the vectors of cohorts.

        Parameters
        ----------
        features
            Shape (n_utterances, n_frames, n_features).
        cohort
            Code of the cohort of each utterance, or −1, shape (n_utterances,), int64.

        Returns
        -------
        Tensor
            Shape (n_utterances, n_frames, n_features + size).
        """
        if self.training and self.unknown:
            hidden = torch.rand(cohort.shape, device=cohort.device) < self.unknown
            cohort = cohort.masked_fill(hidden, -1)
        vectors = self.vectors(cohort + 1).to(features.dtype)
        return torch.cat([features, vectors[:, None].expand(-1, features.shape[1], -1)], dim=-1)
