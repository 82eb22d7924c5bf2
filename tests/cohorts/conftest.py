from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.rate import RATES
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables

Tables = Callable[..., tuple[SpeakerTable, UnitTable]]


class FrameLog:
    """A frame of counts as a source of tallies."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame if "utterances" in frame else frame.assign(utterances=1)

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        return self.frame.groupby(list(by), dropna=False)[["errors", "words", "utterances"]].sum()


@pytest.fixture
def as_log() -> type[FrameLog]:
    return FrameLog


@pytest.fixture
def tables() -> Tables:
    """The speakers of a log of counts, and one discoverer's units without those that have no features."""

    def build(frame: pd.DataFrame, features: UnitFeatures, by: str = "speaker_id") -> tuple[SpeakerTable, UnitTable]:
        table, (units,) = build_tables(FrameLog(frame), [features], RATES["wer"], by)
        return table, units.assigned()

    return build


@pytest.fixture
def places() -> Callable[..., pd.DataFrame]:
    """A log of one row per speaker at given places (latitude, longitude); some speakers err more."""

    def make(latitude: np.ndarray, longitude: np.ndarray, worse: np.ndarray, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        size = len(latitude)
        words = rng.integers(100, 400, size)
        effect = rng.gamma(10, 0.1, size) * np.where(worse, 2.0, 1.0)
        return pd.DataFrame(
            {
                "speaker_id": [f"s{i:04d}" for i in range(size)],
                "errors": rng.poisson(0.1 * words * effect),
                "words": words,
                "latitude": latitude,
                "longitude": longitude,
            }
        )

    return make
