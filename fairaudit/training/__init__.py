"""Parts that bring cohorts into the training of a recogniser: sampling, losses, penalties and inputs, without a loop.

They need PyTorch (``pip install 'fairaudit-asr[torch]'``), except :func:`cohort_weights`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.lazy import lazily

if TYPE_CHECKING:
    from fairaudit.training.cohort_input import CohortInput
    from fairaudit.training.consolidation import Consolidation
    from fairaudit.training.group_dro import GroupDRO
    from fairaudit.training.length_matched import LengthMatchedBatchSampler
    from fairaudit.training.replay import ReplayBatchSampler
    from fairaudit.training.reweighting import AdversarialWeights
    from fairaudit.training.sampler import DistributedWeightedSampler
    from fairaudit.training.weights import cohort_weights

__all__ = [
    "AdversarialWeights",
    "CohortInput",
    "Consolidation",
    "DistributedWeightedSampler",
    "GroupDRO",
    "LengthMatchedBatchSampler",
    "ReplayBatchSampler",
    "cohort_weights",
]

_HOMES: Final = {
    "AdversarialWeights": "fairaudit.training.reweighting",
    "CohortInput": "fairaudit.training.cohort_input",
    "Consolidation": "fairaudit.training.consolidation",
    "DistributedWeightedSampler": "fairaudit.training.sampler",
    "GroupDRO": "fairaudit.training.group_dro",
    "LengthMatchedBatchSampler": "fairaudit.training.length_matched",
    "ReplayBatchSampler": "fairaudit.training.replay",
    "cohort_weights": "fairaudit.training.weights",
}

_get: Final = lazily(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    try:
        return _get(name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors"):
            raise
        raise ImportError(f"{name} needs PyTorch: pip install 'fairaudit-asr[torch]'") from error


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
