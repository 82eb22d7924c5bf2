"""Logs in which the recogniser is slower for one accent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["slow_log"]


def slow_log(
    rows: int,
    speakers: int = 90,
    *,
    seed: int,
    slower: float,
    times: Callable[[np.random.Generator, Any], Mapping[str, Any]],
) -> pd.DataFrame:
    """Make a log of counts.

    Parameters
    ----------
    rows, speakers
        Their numbers.
    seed
        Seed of the random draws.
    slower
        How many times as slow the recogniser is for the accent ``hill``.
    times
        Draws further columns, given how slow the recogniser is in each row.
    """
    rng = np.random.default_rng(seed)
    who = np.arange(rows) % speakers
    level = np.exp(0.2 * rng.standard_normal(speakers))[who] * np.where(who % 3 == 0, slower, 1.0)
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(rows)],
            "speaker_id": [f"s{i:02d}" for i in who],
            "accent": np.array(["hill", "coast", "plain"])[who % 3],
            "words": rng.integers(3, 12, rows),
            "errors": rng.integers(0, 3, rows),
            **times(rng, level),
        }
    )
