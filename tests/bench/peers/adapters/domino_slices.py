"""Domino's error-aware mixture: every speaker a row of class 1, predicted with probability 1 − WER; its worst slice.

Fresh speakers are sorted by their vector alone, as are the searched ones.
"""

from __future__ import annotations

import numpy as np
from contract import Answer, Log, serve
from domino import DominoSlicer


def find(log: Log, components: int) -> Answer:
    slicer = DominoSlicer(
        n_slices=components,
        n_mixture_components=components,
        n_pca_components=None,
        init_params="kmeans",
        random_state=0,
    )
    slicer.fit(
        embeddings=log.vectors[: log.n],
        targets=np.ones(log.n, dtype=int),
        pred_probs=1 - log.wer.clip(0, 1),
    )
    part = slicer.mm.predict_proba(log.vectors).argmax(axis=1)
    speakers = np.bincount(part[: log.n], minlength=components)
    worst = next(slice_ for slice_ in slicer.slice_cluster_indices if speakers[slice_] >= 20)
    return Answer(part == worst)


if __name__ == "__main__":
    serve(find, components=50)
