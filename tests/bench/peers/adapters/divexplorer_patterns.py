"""DivExplorer on WER by speaker as a quantitative outcome; a finding where Welch's t, which it prints, exceeds 3."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contract import Answer, Log, serve
from divexplorer import DivergenceExplorer

MIN_SUPPORT = 0.01


def find(log: Log, order: str) -> Answer:
    everybody = pd.DataFrame(log.attributes, columns=log.names)
    table = everybody[: log.n].assign(wer=log.wer)
    patterns = DivergenceExplorer(table).get_pattern_divergence(
        min_support=MIN_SUPPORT, quantitative_outcomes=["wer"], attributes=list(log.names)
    )
    worse = patterns[patterns["wer_div"] > 0]
    best = worse.loc[worse[f"wer_{order}"].idxmax()]
    items = (item.split("=") for item in best["itemset"])
    members = np.all([everybody[name] == value for name, value in items], axis=0)
    return Answer(members, reports=best["wer_t"] > 3)


if __name__ == "__main__":
    serve(find, order="t")
