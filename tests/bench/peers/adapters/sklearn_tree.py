"""scikit-learn's regression tree of WER over latitude and longitude, weighted by words; its worst leaf."""

from __future__ import annotations

from contract import Answer, Log, serve
from sklearn.tree import DecisionTreeRegressor


def find(log: Log, leaf: int) -> Answer:
    tree = DecisionTreeRegressor(max_leaf_nodes=16, min_samples_leaf=leaf, random_state=0)
    tree.fit(log.places[: log.n], log.wer, sample_weight=log.words)
    region = tree.apply(log.places)
    return Answer(region == log.worst(region[: log.n]))


if __name__ == "__main__":
    serve(find, leaf=20)
