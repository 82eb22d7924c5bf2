"""Sharpening a region: moving the sides of a box, one at a time, to where its score is highest.

A tree cuts greedily: its first cut must serve everybody, and a later one can only make the region smaller. Once a
region stands out, each of its sides can be put where it belongs, given the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.grow import Ask, Floors, Grown, UnitSums, between
from fairaudit.stats.dispersion import set_score

__all__ = ["Box", "best_box", "sharpen"]

_ROUNDS: Final = 10
_GAIN: Final = 1e-9


@dataclass(frozen=True)
class Box:
    """Units with ``low < column <= high`` in every column.

    Attributes
    ----------
    low, high
        Bounds, infinite where there is none, shape (n_features,).
    score
        Score of the units inside against those outside.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    score: float

    def asks(self) -> list[Ask]:
        """The box as a chain of cuts, each with the side that is inside."""
        asks = [(f, float(t), False) for f, t in enumerate(self.low) if np.isfinite(t)]
        return asks + [(f, float(t), True) for f, t in enumerate(self.high) if np.isfinite(t)]


def best_box(tree: Grown, n_features: int) -> Box | None:
    """The box of the node below the root that has the highest score; ``None`` for a tree that is a root only."""
    if len(tree.feature) < 2:
        return None
    residual, information = np.array(tree.residual), np.array(tree.information)
    scores = set_score(residual[1:], information[1:], residual[0], information[0])
    node = 1 + int(scores.argmax())
    low, high = np.full(n_features, -np.inf), np.full(n_features, np.inf)
    parent = {child: n for n in range(len(tree.feature)) for child in (tree.left[n], tree.right[n]) if child >= 0}
    child = node
    while child in parent:
        above = parent[child]
        feature, cut = tree.feature[above], tree.threshold[above]
        if tree.left[above] == child:
            high[feature] = min(high[feature], cut)
        else:
            low[feature] = max(low[feature], cut)
        child = above
    return Box(low, high, float(scores[node - 1]))


def sharpen(columns: NDArray[np.float64], order: NDArray[np.int64], sums: UnitSums, box: Box, floors: Floors) -> Box:
    """Move the sides of a box until no single one can be moved to a higher score.

    Parameters
    ----------
    columns, order
        As in :func:`fairaudit.cohorts.grow.grow`.
    sums
        Sums over units.
    box
        Where to start.
    floors
        What the box, and everything outside of it, must hold.

    Returns
    -------
    Box
        Its score is at least that of the start.
    """
    stack = sums.stack()
    total = stack.sum(axis=1)
    for _ in range(_ROUNDS):
        before = box.score
        for feature in range(columns.shape[1]):
            inside = np.ones(len(columns), dtype=bool)
            for other in range(columns.shape[1]):
                if other != feature:
                    inside &= (columns[:, other] > box.low[other]) & (columns[:, other] <= box.high[other])
            members = order[feature][inside[order[feature]]]
            if len(members):
                values = columns[members, feature]
                until = np.concatenate([np.zeros((len(stack), 1)), stack[:, members].cumsum(axis=1)], axis=1)
                for upper in (True, False):
                    box = _move(box, feature, upper, values, until, total, floors)
        if box.score <= before + _GAIN:
            break
    return box


def _move(
    box: Box,
    feature: int,
    upper: bool,
    values: NDArray[np.float64],
    until: NDArray[np.float64],
    total: NDArray[np.float64],
    floors: Floors,
) -> Box:
    """Put one side where the score is highest; ``until[:, k]`` sums the first k of the sorted units in the strip."""
    size = len(values)
    places = np.flatnonzero(np.concatenate([[True], values[1:] > values[:-1], [True]]))
    start, stop = np.searchsorted(values, [box.low[feature], box.high[feature]], side="right")
    places = places[places > start] if upper else places[places < stop]
    within = until[:, places] - until[:, [start]] if upper else until[:, [stop]] - until[:, places]
    outside = total[:, None] - within
    scores = set_score(within[0], within[1], total[0], total[1])
    for side in (within, outside):
        scores[(side[4] < floors.speakers) | (side[3] < floors.exposure)] = -np.inf
    if not len(scores) or not scores.max() > box.score + _GAIN:
        return box
    place = int(places[scores.argmax()])
    low, high = box.low.copy(), box.high.copy()
    if upper:
        high[feature] = np.inf if place == size else between(float(values[place - 1]), float(values[place]))
    else:
        low[feature] = -np.inf if place == 0 else between(float(values[place - 1]), float(values[place]))
    return Box(low, high, float(scores.max()))
