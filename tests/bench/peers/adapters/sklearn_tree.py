"""scikit-learn's regression tree of WER over latitude and longitude, weighted by words; its worst leaf."""

from __future__ import annotations

from contract import Answer, Log, serve
from sklearn.tree import DecisionTreeRegressor


def find(log: Log) -> Answer:
    tree = DecisionTreeRegressor(max_leaf_nodes=16, min_samples_leaf=20, random_state=0)
    tree.fit(log.places[: log.n], log.wer, sample_weight=log.words)
    leaf = tree.apply(log.places)
    return Answer(leaf == log.worst(leaf[: log.n]))


if __name__ == "__main__":
    serve(find)
