"""Growing a split tree best-first, by exact search over every cut between neighbouring values."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CRITERIA", "Ask", "Floors", "Grown", "UnitSums", "between", "grow", "sort_columns"]

Array = NDArray[np.float64]
#: A cut by feature and threshold, and whether its left side is the one to go on with.
Ask = tuple[int, float, bool]


@dataclass(frozen=True)
class UnitSums:
    """What a criterion may look at: sums over units, each of shape (n_units,).

    Attributes
    ----------
    residual, information
        Weighted residuals and information (:meth:`fairaudit.stats.dispersion.Dispersion.weigh`).
    errors, exposure
        Plain counts.
    speakers
        Sampling units.
    """

    residual: Array
    information: Array
    errors: Array
    exposure: Array
    speakers: Array

    def stack(self) -> Array:
        """The five sums as rows, shape (5, n_units)."""
        return np.stack([self.residual, self.information, self.errors, self.exposure, self.speakers])


@dataclass(frozen=True)
class Floors:
    """What every leaf must hold at least."""

    speakers: int
    exposure: float


def _score(left: Array, right: Array) -> Array:
    """Squared gap in units of its own standard error: (U_L/I_L - U_R/I_R)^2 / (1/I_L + 1/I_R)."""
    gap = left[0] / left[1] - right[0] / right[1]
    return np.asarray(gap**2 * left[1] * right[1] / (left[1] + right[1]))


def _likelihood(left: Array, right: Array) -> Array:
    """Log-likelihood ratio of two Poisson rates against one (Kulldorff 1997), in speakers' weights.

    With weights v the observed count is sum vE = U + I and the expected one is I.
    """
    both = left + right
    return _log_odds(left) + _log_odds(right) - _log_odds(both)


def _log_odds(side: Array) -> Array:
    count = np.maximum(side[0] + side[1], 0.0)
    return np.asarray(count * np.log(np.maximum(count, 1e-300) / side[1]))


def _gap(left: Array, right: Array) -> Array:
    """Absolute difference of the two plain rates, the published criterion taken literally."""
    return np.asarray(np.abs(left[2] / left[3] - right[2] / right[3]))


#: What a cut is worth, from the (5, n_cuts) sums on either side.
CRITERIA: Final[Mapping[str, Callable[[Array, Array], Array]]] = {
    "score": _score,
    "likelihood": _likelihood,
    "gap": _gap,
}


@dataclass
class Grown:
    """A tree as parallel lists of nodes, children after parents; ``feature`` is -1 in a leaf.

    ``residual`` and ``information`` are the sums over the units of each node, from which scores of leaves and
    inner nodes are read without assigning anybody.
    """

    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    residual: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)

    def add(self, sums: Array) -> int:
        """Append a leaf with its sums, shape (5,), and give its number."""
        self.feature.append(-1)
        self.threshold.append(0.0)
        self.left.append(-1)
        self.right.append(-1)
        self.residual.append(float(sums[0]))
        self.information.append(float(sums[1]))
        return len(self.feature) - 1


def sort_columns(columns: Array) -> NDArray[np.int64]:
    """Order of the units by each column, shape (n_units, n_features) to (n_features, n_units)."""
    return np.argsort(columns, axis=0, kind="stable").T.astype(np.int64)


def grow(
    columns: Array,
    order: NDArray[np.int64],
    sums: UnitSums,
    criterion: str,
    max_leaves: int,
    floors: Floors,
    first: Sequence[Ask] = (),
) -> Grown:
    """Grow a tree best-first: always cut the leaf whose best cut is worth most.

    Parameters
    ----------
    columns
        Features, shape (n_units, n_features), no missing values.
    order
        :func:`sort_columns` of them.
    sums
        Sums over units.
    criterion
        Name in :data:`CRITERIA`.
    max_leaves
        Stop at this number of leaves, or when no leaf can be cut.
    floors
        What both sides of a cut must hold.
    first
        Cuts to make before any other, one inside the other, whatever their sides hold as long as it is something;
        what is inside all of them stays one leaf.

    Returns
    -------
    Grown
        Node 0 is the root.

    Examples
    --------
    >>> x = np.arange(6.0)[:, None]
    >>> one = np.ones(6)
    >>> sums = UnitSums(np.array([-1.0, -1, -1, -1, 2, 2]), one, one, one, one)
    >>> tree = grow(x, sort_columns(x), sums, "score", 2, Floors(1, 0.0))
    >>> tree.feature, tree.threshold[0]
    ([0, -1, -1], 3.5)
    """
    worth = CRITERIA[criterion]
    stack = sums.stack()
    tree = Grown()
    in_left = np.zeros(len(columns), dtype=bool)
    heap: list[tuple[float, int, _Cut]] = []

    def consider(node: int, members: NDArray[np.int64], total: Array) -> None:
        cut = _best_cut(columns, members, stack, total, worth, floors)
        if cut is not None:
            heapq.heappush(heap, (-cut.worth, node, cut))

    def divide(node: int, cut: _Cut) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        members, feature, size = cut.members, cut.feature, cut.size
        in_left[members[feature, :size]] = True
        goes_left = in_left[members]
        in_left[members[feature, :size]] = False
        tree.feature[node], tree.threshold[node] = feature, cut.threshold
        tree.left[node], tree.right[node] = tree.add(cut.left), tree.add(cut.right)
        return members[goes_left].reshape(len(members), size), members[~goes_left].reshape(len(members), -1)

    total = stack.sum(axis=1)
    node, members, leaves = tree.add(total), order, 1
    for feature, threshold, inside_left in first:
        cut = _cut_at(columns, members, stack, feature, threshold)
        if not 0 < cut.size < members.shape[1]:
            continue
        leaves += 1
        lefts, rights = divide(node, cut)
        aside = (tree.right[node], rights, cut.right) if inside_left else (tree.left[node], lefts, cut.left)
        consider(*aside)
        node, members = (tree.left[node], lefts) if inside_left else (tree.right[node], rights)
    if leaves == 1:
        consider(node, members, total)
    while heap and leaves < max_leaves:
        _, node, cut = heapq.heappop(heap)
        lefts, rights = divide(node, cut)
        leaves += 1
        if leaves < max_leaves:
            consider(tree.left[node], lefts, cut.left)
            consider(tree.right[node], rights, cut.right)
    return tree


@dataclass(frozen=True)
class _Cut:
    worth: float
    feature: int
    threshold: float
    size: int
    members: NDArray[np.int64]
    left: Array
    right: Array


def _cut_at(columns: Array, members: NDArray[np.int64], stack: Array, feature: int, threshold: float) -> _Cut:
    """A cut that was chosen elsewhere."""
    size = int(np.searchsorted(columns[members[feature], feature], threshold, side="right"))
    left, right = (stack[:, side].sum(axis=1) for side in (members[feature, :size], members[feature, size:]))
    return _Cut(0.0, feature, threshold, size, members, left, right)


def _best_cut(
    columns: Array,
    members: NDArray[np.int64],
    stack: Array,
    total: Array,
    worth: Callable[[Array, Array], Array],
    floors: Floors,
) -> _Cut | None:
    """The cut of a node that is worth most, over all features and all places between two distinct values.

    ``members`` holds the node's units sorted by each feature, shape (n_features, n_members).
    """
    if total[4] < 2 * floors.speakers:
        return None
    left = stack[:, members].cumsum(axis=2)[:, :, :-1]
    right = total[:, None, None] - left
    values = np.take_along_axis(columns.T, members, axis=1)
    allowed = values[:, 1:] > values[:, :-1]
    for side in (left, right):
        allowed &= (side[4] >= floors.speakers) & (side[3] >= floors.exposure) & (side[1] > 0) & (side[3] > 0)
    feature, place = np.nonzero(allowed)
    if not len(feature):
        return None
    gains = worth(left[:, feature, place], right[:, feature, place])
    best = int(gains.argmax())
    if not gains[best] > 0:
        return None
    row, cut = int(feature[best]), int(place[best])
    return _Cut(
        worth=float(gains[best]),
        feature=row,
        threshold=between(float(values[row, cut]), float(values[row, cut + 1])),
        size=cut + 1,
        members=members,
        left=left[:, row, cut],
        right=right[:, row, cut],
    )


def between(low: float, high: float) -> float:
    """A number t with low <= t < high, the middle where floats allow."""
    middle = low + (high - low) / 2
    return middle if low <= middle < high else low
