"""SKATER regions of zips (it cuts one edge after another: 2,000 speakers would take minutes) by their WER.

Zips stand at the mean of their speakers and border on their 8 nearest. A fresh speaker belongs where his zip does.
"""

from __future__ import annotations

import geopandas
import numpy as np
from contract import Answer, Log, serve
from libpysal.weights import KNN
from spopt.region import Skater


def find(log: Log, regions: int, floor: int) -> Answer:
    present, zips = np.unique(log.zips[: log.n], return_inverse=True)
    speakers = np.bincount(zips)
    where = np.column_stack([np.bincount(zips, log.places[: log.n, i]) / speakers for i in (1, 0)])
    wer = np.bincount(zips, log.errors) / np.bincount(zips, log.words)
    areas = geopandas.GeoDataFrame({"wer": wer}, geometry=geopandas.points_from_xy(*where.T))
    neighbours = KNN(where, k=8).symmetrize()
    model = Skater(areas, neighbours, ["wer"], n_clusters=regions, floor=floor)
    model.solve()
    region = np.asarray(model.labels_)
    worst = present[region == log.worst(region[zips])]
    return Answer(np.isin(log.zips, worst))


if __name__ == "__main__":
    # three zips hold about 20 speakers
    serve(find, regions=16, floor=3)
