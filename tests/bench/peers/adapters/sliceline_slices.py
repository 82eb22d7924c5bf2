"""Sliceline on WER by speaker as the error of each row; its score is no test."""

from __future__ import annotations

import numpy as np
from contract import Answer, Log, serve
from sliceline.slicefinder import Slicefinder

#: The default of 0.6 returns no slice below about a third of the rows, 0.95 none here.
ALPHA = 0.99


def find(log: Log) -> Answer:
    rows = log.attributes.astype(object)
    finder = Slicefinder(alpha=ALPHA, k=1, max_l=4, min_sup=20, verbose=False).fit(rows[: log.n], log.wer)
    if not len(finder.top_slices_):
        return Answer(np.zeros(len(rows), dtype=bool), reports=False)
    predicates = [rows[:, i] == value for i, value in enumerate(finder.top_slices_[0]) if value is not None]
    return Answer(np.all(predicates, axis=0))


if __name__ == "__main__":
    serve(find)
