"""Grow a split tree best-first, by exhaustive search over all cuts between neighbouring values."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.compiled import find_kernel

__all__ = ["CRITERIA", "KERNEL", "NAME", "VERSION", "Floors", "Grown", "UnitSums", "between", "grow", "sort_columns"]

Array = NDArray[np.float64]
NAME: Final = "fairaudit.cohorts._trees"
#: As in its source, ``_trees.c``.
VERSION: Final = 1
#: Grows trees with the criterion ``score`` in C; None where it was not built or is switched off.
KERNEL: Final = find_kernel(NAME, VERSION)
#: Largest number of decimals to which a threshold is rounded.
_DECIMALS: Final = 16
#: Number of rows of a stack without plain counts.
_WEIGHED: Final = 3
#: Share of a node's information that can be due to rounding.
_NOTHING: Final = 1e-12


@dataclass(frozen=True)
class UnitSums:
    """Sums over units that a criterion can use, each of shape (n_units,).

    Attributes
    ----------
    residual, information
        Weighted residuals and information (:meth:`fairaudit.stats.dispersion.Dispersion.weigh`).
    errors, exposure
        Plain counts.
    speakers
        Numbers of sampling units.
    """

    residual: Array
    information: Array
    errors: Array
    exposure: Array
    speakers: Array

    def stack(self, plain: bool) -> Array:
        """Stack residual, information and speakers as rows, with plain counts if requested; (3 or 5, n_units)."""
        rows = [self.residual, self.information, self.speakers]
        return np.stack([*rows, self.exposure, self.errors] if plain else rows)


@dataclass(frozen=True)
class Floors:
    """Lower bounds for every leaf."""

    speakers: int
    exposure: float


def _score(left: Array, right: Array) -> Array:
    """Return the squared gap in units of its standard error: (U_L/I_L - U_R/I_R)^2 / (1/I_L + 1/I_R)."""
    gap = left[0] / left[1] - right[0] / right[1]
    return np.asarray(gap**2 * left[1] * right[1] / (left[1] + right[1]))


def _likelihood(left: Array, right: Array) -> Array:
    """Return the log-likelihood ratio of two Poisson rates against one (Kulldorff 1997), with weighted speakers.

    With weights v, the observed count is sum vE = U + I and the expected count is I.
    """
    both = left + right
    return _log_odds(left) + _log_odds(right) - _log_odds(both)


def _log_odds(side: Array) -> Array:
    from scipy.special import xlogy

    count = np.maximum(side[0] + side[1], 0.0)
    return np.asarray(xlogy(count, count / side[1]))


def _gap(left: Array, right: Array) -> Array:
    """Return the absolute difference of the two plain rates, a literal reading of the published criterion."""
    return np.asarray(np.abs(left[4] / left[3] - right[4] / right[3]))


#: Criteria: the value of a cut from the sums on either side, (3 or 5, n_cuts).
CRITERIA: Final[Mapping[str, Callable[[Array, Array], Array]]] = {
    "score": _score,
    "likelihood": _likelihood,
    "gap": _gap,
}


@dataclass
class Grown:
    """A tree as parallel lists of nodes, with children after parents; ``feature`` is -1 in a leaf.

    ``residual`` and ``information`` are sums over the units of each node. The scores of leaves and inner nodes can be
    computed from them without assigning units.
    """

    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    residual: list[float] = field(default_factory=list)
    information: list[float] = field(default_factory=list)

    def add(self, sums: Array) -> int:
        """Append a leaf with its sums, shape (3 or 5,), and return its number."""
        self.feature.append(-1)
        self.threshold.append(0.0)
        self.left.append(-1)
        self.right.append(-1)
        self.residual.append(float(sums[0]))
        self.information.append(float(sums[1]))
        return len(self.feature) - 1


def sort_columns(columns: Array) -> NDArray[np.int64]:
    """Sort the units by each column: from shape (n_units, n_features) to (n_features, n_units)."""
    return np.argsort(columns, axis=0, kind="stable").T.astype(np.int64)


def grow(
    columns: Array,
    order: NDArray[np.int64],
    sums: UnitSums,
    criterion: str,
    max_leaves: int,
    floors: Floors,
) -> Grown:
    """Grow a tree best-first: the leaf with the most valuable cut is always cut next.

    Parameters
    ----------
    columns
        Features without missing values, shape (n_units, n_features).
    order
        The features sorted by :func:`sort_columns`.
    sums
        Sums over units.
    criterion
        Name in :data:`CRITERIA`.
    max_leaves
        Stop at this number of leaves, or when no leaf can be cut.
    floors
        Lower bounds for both sides of a cut.

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
    if KERNEL is not None and criterion == "score" and floors.exposure == 0 and len(columns):
        return _grow_compiled(KERNEL, columns, order, sums, max_leaves, floors)
    worth = CRITERIA[criterion]
    stack = sums.stack(plain=criterion == "gap" or floors.exposure > 0)
    tree = Grown()
    in_left = np.zeros(len(columns), dtype=bool)
    heap: list[tuple[float, int, _Cut]] = []

    def consider(node: int, members: NDArray[np.int64], total: Array) -> None:
        cut = _best_cut(columns, members, stack, total, worth, floors)
        if cut is not None:
            heapq.heappush(heap, (-cut.worth, node, cut))

    total = stack.sum(axis=1)
    consider(tree.add(total), order, total)
    leaves = 1
    while heap and leaves < max_leaves:
        _, node, cut = heapq.heappop(heap)
        members, feature, size = cut.members, cut.feature, cut.size
        in_left[members[feature, :size]] = True
        goes_left = in_left[members]
        in_left[members[feature, :size]] = False
        tree.feature[node], tree.threshold[node] = feature, cut.threshold
        tree.left[node], tree.right[node] = tree.add(cut.left), tree.add(cut.right)
        leaves += 1
        if leaves < max_leaves:
            consider(tree.left[node], members[goes_left].reshape(len(members), size), cut.left)
            consider(tree.right[node], members[~goes_left].reshape(len(members), -1), cut.right)
    return tree


def _grow_compiled(
    kernel: ModuleType, columns: Array, order: NDArray[np.int64], sums: UnitSums, max_leaves: int, floors: Floors
) -> Grown:
    """Grow the same tree in C."""
    links, values = np.empty((2 * max_leaves - 1, 3), dtype=np.int64), np.empty((2 * max_leaves - 1, 4))
    contents = (columns.T, order, sums.residual, sums.information, sums.speakers)
    nodes = kernel.grow(*map(np.ascontiguousarray, contents), max_leaves, float(floors.speakers), links, values)
    feature, left, right = links[:nodes].T.tolist()
    residual, information, low, high = values[:nodes].T.tolist()
    threshold = [between(*cut) if one >= 0 else 0.0 for one, *cut in zip(feature, low, high, strict=True)]
    return Grown(feature, threshold, left, right, residual, information)


@dataclass(frozen=True)
class _Cut:
    worth: float
    feature: int
    threshold: float
    size: int
    members: NDArray[np.int64]
    left: Array
    right: Array


def _best_cut(
    columns: Array,
    members: NDArray[np.int64],
    stack: Array,
    total: Array,
    worth: Callable[[Array, Array], Array],
    floors: Floors,
) -> _Cut | None:
    """Return the most valuable cut of a node, over all features and all cuts between two distinct values.

    ``members`` contains the units of the node sorted by each feature, shape (n_features, n_members).
    """
    if total[2] < 2 * floors.speakers or members.shape[1] < 2:
        return None
    left = stack[:, members].cumsum(axis=2)[:, :, :-1]
    right = total[:, None, None] - left
    values = np.take_along_axis(columns.T, members, axis=1)
    allowed = values[:, 1:] > values[:, :-1]
    for side in (left, right):
        allowed &= (side[2] >= floors.speakers) & (side[1] > _NOTHING * total[1])
        if len(side) > _WEIGHED:
            allowed &= (side[3] >= floors.exposure) & (side[3] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = np.where(allowed, worth(left, right), 0.0)
    row, cut = map(int, np.unravel_index(gains.argmax(), gains.shape))
    if not gains[row, cut] > 0:
        return None
    return _Cut(
        worth=float(gains[row, cut]),
        feature=row,
        threshold=between(float(values[row, cut]), float(values[row, cut + 1])),
        size=cut + 1,
        members=members,
        left=left[:, row, cut],
        right=right[:, row, cut],
    )


def between(low: float, high: float) -> float:
    """Return a number t with low <= t < high: near the middle, with so few decimals that it locates neither of the two.

    Examples
    --------
    >>> between(38.123456, 38.654321), between(1.0, 2.0), between(1.23, 1.24)
    (38.4, 1.5, 1.235)
    """
    middle = low + (high - low) / 2
    short = (round(middle, digits) for digits in range(_DECIMALS))
    return next((t for t in short if low < t < high), middle if low <= middle < high else low)
