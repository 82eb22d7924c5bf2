"""scikit-learn's k-means of vectors; the cluster of the highest WER."""

from __future__ import annotations

from contract import Answer, Log, serve
from sklearn.cluster import KMeans


def find(log: Log, k: int) -> Answer:
    model = KMeans(n_clusters=k, random_state=0).fit(log.vectors[: log.n])
    cluster = model.predict(log.vectors)
    return Answer(cluster == log.worst(cluster[: log.n]))


if __name__ == "__main__":
    serve(find, k=50)
