"""AIF360's multi-dimensional subset scan: errors against those expected of equal WER, Poisson score, no p-value.

A finding where any subset scores above the penalty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from aif360.detectors import bias_scan
from contract import Answer, Log, serve


def find(log: Log, penalty: float) -> Answer:
    np.random.seed(0)  # noqa: NPY002  (the scan draws from it)
    everybody = pd.DataFrame(log.attributes, columns=log.names)
    errors = pd.Series(log.errors.astype(float))
    expected = pd.Series(log.words * (log.errors.sum() / log.words.sum()))
    subset, _ = bias_scan(
        everybody[: log.n],
        errors,
        expected,
        favorable_value="high",
        overpredicted=False,
        scoring="Poisson",
        mode="ordinal",
        penalty=penalty,
    )
    if not subset:
        return Answer(np.zeros(len(everybody), dtype=bool), reports=False)
    return Answer(everybody[list(subset)].isin(subset).all(axis=1).to_numpy())


if __name__ == "__main__":
    serve(find, penalty=1e-17)
