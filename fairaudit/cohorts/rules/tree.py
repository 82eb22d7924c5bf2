"""Rules in the form of split trees, whose nodes ask questions such as ``column <= threshold``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import numpy as np

from fairaudit.cohorts.rules.base import Group
from fairaudit.core.columns import COORDINATES
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Tree", "unwrap"]

_LEAF: Final = -1
#: Largest number of leaves of a cohort that are described one by one.
_FEW: Final = 2
#: Largest number of nodes of a tree read from a file: far more than a search creates, but few enough that a malicious
#: file does no harm.
_MOST_NODES: Final = 20_000


@dataclass(frozen=True)
class Tree:
    """A binary split tree as parallel arrays of nodes; node 0 is the root.

    Attributes
    ----------
    features
        Names of the columns that the tree uses.
    feature, threshold
        Each node asks ``column[feature] <= threshold``; feature is -1 in a leaf.
    left, right
        Children for yes and no; -1 in a leaf.
    cohort
        Cohort of a leaf; -1 in other nodes. Several leaves may belong to the same cohort.
    names
        Short names of the cohorts.
    wrap
        Name of a column with angles in degrees, and the angle at which the circle is cut.

    Examples
    --------
    >>> import pandas as pd
    >>> tree = Tree(("latitude",), (0, -1, -1), (38.0, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (-1, 0, 1), ("R1", "R2"))
    >>> tree.assign(pd.DataFrame({"latitude": [37.0, 41.0, float("nan")]})).tolist()
    [0, 1, -1]
    >>> tree.describe(1)
    'latitude > 38.0°'
    """

    kind: ClassVar[str] = "tree"

    features: tuple[str, ...]
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    cohort: tuple[int, ...]
    names: tuple[str, ...]
    wrap: tuple[str, float] | None = None

    @classmethod
    def split(cls, column: str, threshold: float, names: tuple[str, str] = ("low", "high")) -> Self:
        """Create a tree with one question, ``column <= threshold``.

        Examples
        --------
        >>> import pandas as pd
        >>> Tree.split("age", 50).assign(pd.DataFrame({"age": ["34", "50", "71", None]})).tolist()
        [0, 0, 1, -1]
        """
        return cls((column,), (0, -1, -1), (float(threshold), 0.0, 0.0), (1, -1, -1), (2, -1, -1), (-1, 0, 1), names)

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts."""
        return len(self.names)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Return the cohort of each row, or -1 if a column needed on its path is missing."""
        columns = self.unwrapped(features)
        node = np.zeros(len(columns), dtype=np.int64)
        feature, threshold = np.array(self.feature), np.array(self.threshold)
        left, right, cohort = np.array(self.left), np.array(self.right), np.array(self.cohort)
        active = np.flatnonzero(feature[node] >= 0)
        missing = np.zeros(len(columns), dtype=bool)
        while len(active):
            at = node[active]
            value = columns[active, feature[at]]
            missing[active] |= np.isnan(value)
            node[active] = np.where(value <= threshold[at], left[at], right[at])
            active = active[feature[node[active]] >= 0]
        return np.where(missing, UNASSIGNED, cohort[node])

    def unwrapped(self, features: pd.DataFrame) -> NDArray[np.float64]:
        """Return the columns of the tree as numbers, with the circle of angles cut; shape (n_units, n_features)."""
        return _matrix(features, self.features, self.wrap)

    def label(self, cohort: int) -> str:
        """Return a short name of a cohort."""
        return self.names[cohort]

    def describe(self, cohort: int) -> str:
        """Describe a cohort by the conditions on the paths to its leaves, or by bounds around its leaves if many."""
        leaves = self._leaves_by_cohort
        if len(leaves) == 2 and len(leaves[cohort]) > 1 and len(leaves[1 - cohort]) == 1:
            return f"not ({self._conditions(leaves[1 - cohort][0])})"
        if len(leaves[cohort]) <= _FEW:
            return " or ".join(self._conditions(leaf) for leaf in leaves[cohort])
        around = self._around(leaves[cohort])
        others = ", ".join(name for c, name in enumerate(self.names) if c != cohort)
        return f"most of: {around}" if around else f"all but {others}"

    def groups(self) -> tuple[Group, ...]:
        """Return every cohort, and for every inner node below the root, the union of the cohorts of its leaves."""
        descriptions: dict[tuple[int, ...], str] = {}
        for node in range(len(self.feature)):
            cohorts = tuple(sorted({self.cohort[leaf] for leaf in self._leaves(node)}))
            if len(cohorts) < self.n_cohorts:
                words = self._conditions(node) if len(cohorts) > 1 else self.describe(cohorts[0])
                descriptions.setdefault(cohorts, words)
        return tuple(Group(cohorts, words) for cohorts, words in descriptions.items())

    def boxes(self, bounds: Mapping[str, tuple[float, float]]) -> list[tuple[int, dict[str, tuple[float, float]]]]:
        """Return the leaves as boxes inside the given bounds: (cohort, {column: (low, high)})."""
        boxes = []
        stack = [(0, dict(bounds))]
        while stack:
            node, box = stack.pop()
            if self.feature[node] == _LEAF:
                boxes.append((self.cohort[node], box))
                continue
            name, cut = self.features[self.feature[node]], self.threshold[node]
            low, high = box[name]
            stack.append((self.right[node], {**box, name: (min(max(low, cut), high), high)}))
            stack.append((self.left[node], {**box, name: (low, max(min(high, cut), low))}))
        return boxes

    @cached_property
    def _leaves_by_cohort(self) -> list[list[int]]:
        leaves: list[list[int]] = [[] for _ in self.names]
        for node, cohort in enumerate(self.cohort):
            if self.feature[node] == _LEAF:
                leaves[cohort].append(node)
        return leaves

    @cached_property
    def _parent(self) -> Mapping[int, int]:
        return {child: n for n in range(len(self.feature)) for child in (self.left[n], self.right[n]) if child >= 0}

    def _leaves(self, node: int) -> list[int]:
        leaves, below = [], [node]
        while below:
            node = below.pop()
            if self.feature[node] == _LEAF:
                leaves.append(node)
            else:
                below += (self.right[node], self.left[node])
        return leaves

    def _conditions(self, node: int) -> str:
        """Describe the tightest bounds of each column on the path to a node."""
        return self._words(*self._bounds(node)) or "everyone"

    def _around(self, nodes: list[int]) -> str:
        """Describe the bounds of each column that hold for all given nodes; empty if there are none."""
        bounds = [self._bounds(node) for node in nodes]
        lowers, uppers = [lower for lower, _ in bounds], [upper for _, upper in bounds]
        lower = {f: min(one[f] for one in lowers) for f in set.intersection(*map(set, lowers))}
        upper = {f: max(one[f] for one in uppers) for f in set.intersection(*map(set, uppers))}
        return self._words(lower, upper)

    def _bounds(self, node: int) -> tuple[dict[int, float], dict[int, float]]:
        """Return the tightest lower and upper bounds of each feature on the path to a node."""
        lower: dict[int, float] = {}
        upper: dict[int, float] = {}
        while node in self._parent:
            above = self._parent[node]
            bounds, tighter = (upper, min) if self.left[above] == node else (lower, max)
            asked, cut = self.feature[above], self.threshold[above]
            bounds[asked] = tighter(bounds.get(asked, cut), cut)
            node = above
        return lower, upper

    def _words(self, lower: Mapping[int, float], upper: Mapping[int, float]) -> str:
        words = []
        for asked in sorted({*lower, *upper}):
            words += _condition(self.features[asked], lower.get(asked), upper.get(asked))
        return " and ".join(words)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a JSON-compatible dictionary."""
        return {
            "features": list(self.features),
            "feature": list(self.feature),
            "threshold": list(self.threshold),
            "left": list(self.left),
            "right": list(self.right),
            "cohort": list(self.cohort),
            "names": list(self.names),
            "wrap": list(self.wrap) if self.wrap else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a tree from the result of :meth:`to_dict`, and raise if the arrays do not form a tree."""
        size = len(data["feature"])
        if not size or any(len(data[name]) != size for name in ("threshold", "left", "right", "cohort")):
            raise InputError("cohorts: the arrays of a tree are empty or differ in length")
        if max(size, len(data["names"])) > _MOST_NODES:
            raise InputError(f"cohorts: a tree has {size:,} nodes; fairaudit reads at most {_MOST_NODES:,}")
        if any(not isinstance(n, int) for name in ("feature", "left", "right", "cohort") for n in data[name]):
            raise InputError("cohorts: the nodes of a tree must be whole numbers")
        if not all(math.isfinite(value) for value in data["threshold"]):
            raise InputError("cohorts: the thresholds of a tree must be finite numbers")
        for node, asked in enumerate(data["feature"]):
            children = (data["left"][node], data["right"][node])
            if asked == _LEAF and any(child >= 0 for child in children):
                raise InputError(f"cohorts: leaf {node} of a tree has children")
            if asked == _LEAF and not 0 <= data["cohort"][node] < len(data["names"]):
                raise InputError(
                    f"cohorts: leaf {node} of a tree has cohort {data['cohort'][node]}, which does not exist"
                )
            if asked != _LEAF and not (
                0 <= asked < len(data["features"]) and all(node < child < size for child in children)
            ):
                raise InputError(f"cohorts: node {node} of a tree refers to a node or feature that does not exist")
        inner = [node for node, asked in enumerate(data["feature"]) if asked != _LEAF]
        if sorted(data[side][node] for side in ("left", "right") for node in inner) != list(range(1, size)):
            raise InputError("cohorts: every node of a tree except the root must have exactly one parent")
        wrap = data.get("wrap")
        if wrap and not math.isfinite(wrap[1]):
            raise InputError("cohorts: the angle at which a circle is cut must be a finite number")
        return cls(
            features=tuple(map(str, data["features"])),
            feature=tuple(data["feature"]),
            threshold=tuple(float(value) for value in data["threshold"]),
            left=tuple(data["left"]),
            right=tuple(data["right"]),
            cohort=tuple(data["cohort"]),
            names=tuple(map(str, data["names"])),
            wrap=(str(wrap[0]), float(wrap[1])) if wrap else None,
        )


def _condition(name: str, low: float | None, high: float | None) -> list[str]:
    """Describe the bounds of one column; questions about a level, such as ``accent=x <= 0.5``, read "is (not)"."""
    if "=" in name:
        column, level = name.split("=", 1)
        return [f"{column} is {level}" if low is not None else f"{column} is not {level}"]
    texts = [None if bound is None else _bound_text(name, bound) for bound in (low, high)]
    if low is not None and high is not None:
        return [f"{texts[0]} < {name} ≤ {texts[1]}"]
    return [f"{name} > {texts[0]}" if low is not None else f"{name} ≤ {texts[1]}"]


def _bound_text(name: str, bound: float) -> str:
    """Format a threshold. Coordinates are rounded to 0.1 degrees, so that a description does not reveal a home."""
    text = f"{bound:.1f}°" if name in COORDINATES else f"{bound:.6g}"
    return text.replace("-", "−", 1) if bound < 0 else text


def _matrix(features: pd.DataFrame, names: tuple[str, ...], wrap: tuple[str, float] | None) -> NDArray[np.float64]:
    """Return the columns of a tree, shape (n_units, n_features); ``column=level`` is 1 where the level occurs."""
    import pandas as pd

    columns = []
    for name in names:
        source, _, level = name.partition("=")
        if source not in features.columns:
            raise InputError(unknown_name("feature", source, map(str, features.columns)))
        if level:
            is_level = (features[source] == level).to_numpy(float)
            columns.append(np.where(features[source].isna().to_numpy(), np.nan, is_level))
        else:
            column = pd.to_numeric(features[source], errors="coerce").to_numpy(float)
            if np.isnan(column).all() and features[source].notna().any():
                raise InputError(
                    f"feature {source!r} holds no numbers but texts, such as {features[source].dropna().iloc[0]!r}"
                )
            columns.append(unwrap(column, wrap[1]) if wrap and wrap[0] == name else column)
    return np.column_stack(columns) if columns else np.empty((len(features), 0))


def unwrap(angle: NDArray[np.float64], cut: float) -> NDArray[np.float64]:
    """Cut the circle of an angle in degrees, so that values are between ``cut`` and ``cut + 360``.

    Examples
    --------
    >>> unwrap(np.array([179.0, -179.0]), 0.0).tolist()
    [179.0, 181.0]
    """
    return np.asarray(cut + np.mod(angle - cut, 360.0))
