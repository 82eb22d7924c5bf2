from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts

Counts = Callable[..., ErrorCounts]


@pytest.fixture
def counts() -> Counts:
    """Cells of as many speakers as there are errors, in one group, unless told otherwise."""

    def make(
        errors: list[float] | NDArray[np.float64],
        exposure: list[float] | NDArray[np.float64],
        speaker: list[int] | NDArray[np.int64] | None = None,
    ) -> ErrorCounts:
        codes = np.arange(len(errors)) if speaker is None else np.asarray(speaker, dtype=np.int64)
        return ErrorCounts(codes, np.zeros_like(codes), np.asarray(errors, float), np.asarray(exposure, float))

    return make
