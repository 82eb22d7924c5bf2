"""Rules: how a unit's features lead to a cohort. Frozen, written as JSON, applicable to units never seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.columns import COORDINATES
from fairaudit.counts import UNASSIGNED
from fairaudit.errors import InputError, unknown_name

__all__ = ["RULES", "Centroids", "Group", "Lookup", "Rule", "Tree", "rule_from_dict"]

_LEAF: Final = -1


@dataclass(frozen=True)
class Group:
    """A union of cohorts that a search may name as the bottom, and how it is told in words."""

    cohorts: tuple[int, ...]
    description: str


class Rule(Protocol):
    """How a unit's features lead to a cohort."""

    kind: ClassVar[str]

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts; their ids are 0 .. n_cohorts - 1."""
        ...

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Cohort of each row of features, -1 where the features it needs are missing, shape (n_units,)."""
        ...

    def label(self, cohort: int) -> str:
        """A short name of a cohort."""
        ...

    def describe(self, cohort: int) -> str:
        """A cohort in words."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """What may be named as the bottom: single cohorts and the unions that the rule's shape suggests."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, without ``kind``."""
        ...

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        ...


@dataclass(frozen=True)
class Tree:
    """A binary split tree as parallel arrays of nodes, node 0 is the root.

    Attributes
    ----------
    features
        Names of the columns that the tree may ask for.
    feature, threshold
        Node asks ``column[feature] <= threshold``; feature is -1 in a leaf.
    left, right
        Children for yes and no; -1 in a leaf.
    cohort
        Cohort of a leaf; -1 elsewhere. Several leaves may share one.
    names
        Short names of the cohorts.
    wrap
        Column that is an angle in degrees, and the angle at which its circle is cut open.

    Examples
    --------
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

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts."""
        return len(self.names)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Cohort of each row; -1 where a column that is asked for on the way is missing."""
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
        """The columns that the tree asks for, as numbers, angles opened; shape (n_units, n_features)."""
        return _matrix(features, self.features, self.wrap)

    def label(self, cohort: int) -> str:
        """Short name of a cohort."""
        return self.names[cohort]

    def describe(self, cohort: int) -> str:
        """Conditions on the way to the cohort's leaves; of two cohorts, the scattered one is what the other is not."""
        leaves = {c: [node for node, of in enumerate(self.cohort) if of == c] for c in range(self.n_cohorts)}
        if len(leaves) == 2 and len(leaves[cohort]) > 1 and len(leaves[1 - cohort]) == 1:
            return f"not ({self._conditions(leaves[1 - cohort][0])})"
        return " or ".join(self._conditions(leaf) for leaf in leaves[cohort])

    def groups(self) -> tuple[Group, ...]:
        """Every cohort, and every inner node below the root as the union of its leaves' cohorts."""
        found: dict[tuple[int, ...], str] = {}
        for node in range(len(self.feature)):
            cohorts = tuple(sorted({self.cohort[leaf] for leaf in self._leaves(node)}))
            if len(cohorts) < self.n_cohorts:
                found.setdefault(cohorts, self._conditions(node) if len(cohorts) > 1 else self.describe(cohorts[0]))
        return tuple(Group(cohorts, words) for cohorts, words in found.items())

    def boxes(self, bounds: Mapping[str, tuple[float, float]]) -> list[tuple[int, dict[str, tuple[float, float]]]]:
        """The leaves as boxes inside the given bounds: (cohort, {column: (low, high)})."""
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

    def _leaves(self, node: int) -> list[int]:
        if self.feature[node] == _LEAF:
            return [node]
        return self._leaves(self.left[node]) + self._leaves(self.right[node])

    def _conditions(self, node: int) -> str:
        """The tightest bounds on each column on the way to a node."""
        lower: dict[int, float] = {}
        upper: dict[int, float] = {}
        parent = {child: n for n in range(len(self.feature)) for child in (self.left[n], self.right[n]) if child >= 0}
        while node in parent:
            above = parent[node]
            bounds, tighter = (upper, min) if self.left[above] == node else (lower, max)
            asked, cut = self.feature[above], self.threshold[above]
            bounds[asked] = tighter(bounds.get(asked, cut), cut)
            node = above
        words = []
        for asked in sorted({*lower, *upper}):
            words += _condition(self.features[asked], lower.get(asked), upper.get(asked))
        return " and ".join(words) or "everybody"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
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
        """The inverse of :meth:`to_dict`; refuses arrays that are no tree."""
        size = len(data["feature"])
        if not size or any(len(data[name]) != size for name in ("threshold", "left", "right", "cohort")):
            raise InputError("cohorts: the arrays of a tree are empty or differ in length")
        if any(not isinstance(n, int) for name in ("feature", "left", "right", "cohort") for n in data[name]):
            raise InputError("cohorts: the nodes of a tree are whole numbers")
        if not all(math.isfinite(value) for value in data["threshold"]):
            raise InputError("cohorts: the thresholds of a tree are finite numbers")
        for node, asked in enumerate(data["feature"]):
            children = (data["left"][node], data["right"][node])
            if asked == _LEAF and not 0 <= data["cohort"][node] < len(data["names"]):
                raise InputError(f"cohorts: leaf {node} of a tree names cohort {data['cohort'][node]}, which is none")
            if asked != _LEAF and not (
                0 <= asked < len(data["features"]) and all(node < child < size for child in children)
            ):
                raise InputError(f"cohorts: node {node} of a tree points nowhere")
        inner = [node for node, asked in enumerate(data["feature"]) if asked != _LEAF]
        if sorted(data[side][node] for side in ("left", "right") for node in inner) != list(range(1, size)):
            raise InputError("cohorts: every node of a tree but the root hangs on one other")
        wrap = data.get("wrap")
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
    """Bounds of one column in words; ``accent=x <= 0.5`` style questions about a level read as "is (not)"."""
    if "=" in name:
        column, level = name.split("=", 1)
        return [f"{column} is {level}" if low is not None else f"{column} is not {level}"]
    told = [None if bound is None else _told(name, bound) for bound in (low, high)]
    if low is not None and high is not None:
        return [f"{told[0]} < {name} ≤ {told[1]}"]
    return [f"{name} > {told[0]}" if low is not None else f"{name} ≤ {told[1]}"]


def _told(name: str, bound: float) -> str:
    """A threshold in words; places no finer than 0.1 degrees, so that a description points at nobody's home."""
    return f"{bound:.1f}°" if name in COORDINATES else f"{bound:.6g}"


def _matrix(features: pd.DataFrame, names: tuple[str, ...], wrap: tuple[str, float] | None) -> NDArray[np.float64]:
    """Columns that a tree asks for, shape (n_units, n_features); ``column=level`` is 1 where the level stands."""
    columns = []
    for name in names:
        source, _, level = name.partition("=")
        if source not in features.columns:
            raise InputError(unknown_name("feature", source, map(str, features.columns)))
        if level:
            is_level = (features[source] == level).to_numpy(float)
            columns.append(np.where(features[source].isna().to_numpy(), np.nan, is_level))
        else:
            column = features[source].to_numpy(float)
            columns.append(unwrap(column, wrap[1]) if wrap and wrap[0] == name else column)
    return np.column_stack(columns) if columns else np.empty((len(features), 0))


def unwrap(angle: NDArray[np.float64], cut: float) -> NDArray[np.float64]:
    """Open the circle of an angle in degrees at ``cut``: values from ``cut`` to ``cut + 360``.

    Examples
    --------
    >>> unwrap(np.array([179.0, -179.0]), 0.0).tolist()
    [179.0, 181.0]
    """
    return np.asarray(cut + np.mod(angle - cut, 360.0))


@dataclass(frozen=True)
class Centroids:
    """Each unit belongs to the nearest of some centres on the unit sphere.

    Attributes
    ----------
    centers
        Shape (n_cohorts, n_dimensions), float32.

    Examples
    --------
    >>> rule = Centroids(np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32))
    >>> rule.assign(pd.DataFrame([[0.2, 3.0], [5.0, 0.1]])).tolist()
    [1, 0]
    """

    kind: ClassVar[str] = "centroids"

    centers: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Centroids) and np.array_equal(self.centers, other.centers)

    def __hash__(self) -> int:
        return hash(self.centers.tobytes())

    @property
    def n_cohorts(self) -> int:
        """Number of centres."""
        return len(self.centers)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Index of the nearest centre to each length-normalised row; -1 where a row has missing values."""
        rows = features.to_numpy(np.float32)
        if rows.shape[1] != self.centers.shape[1]:
            raise InputError(
                f"embeddings have {rows.shape[1]} dimensions, the cohorts were found in {self.centers.shape[1]}"
            )
        known = np.isfinite(rows).all(axis=1)
        cohort = np.full(len(rows), UNASSIGNED, dtype=np.int64)
        if known.any():
            unit = normalize_rows(rows[known])
            distance = (self.centers**2).sum(axis=1) - 2 * unit @ self.centers.T
            cohort[known] = distance.argmin(axis=1)
        return cohort

    def label(self, cohort: int) -> str:
        """Short name of a cohort."""
        return f"V{cohort + 1}"

    def describe(self, cohort: int) -> str:
        """A cohort in words."""
        return f"voice cluster {cohort + 1} of {self.n_cohorts}"

    def groups(self) -> tuple[Group, ...]:
        """Every cohort by itself."""
        return _single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; float32 survives the round trip."""
        return {"centers": [[float(str(value)) for value in center] for center in self.centers]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        with np.errstate(over="ignore"):
            centers = np.array(data["centers"], dtype=np.float32)
        if centers.ndim != 2 or not centers.size or not np.isfinite(centers).all():
            raise InputError("cohorts: centres must be rows of equal length and finite")
        return cls(centers)


def normalize_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale every row to length 1, shape unchanged; rows must not be zero.

    Examples
    --------
    >>> normalize_rows(np.array([[3.0, 4.0]], dtype=np.float32))
    array([[0.6, 0.8]], dtype=float32)
    """
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Lookup:
    """Named groups: combinations of labels, listed.

    Attributes
    ----------
    columns
        The label columns.
    labels
        One tuple of labels per cohort.

    Examples
    --------
    >>> rule = Lookup(("accent", "sex"), (("scots", "f"), ("scots", "m")))
    >>> rule.assign(pd.DataFrame({"accent": ["scots", "welsh"], "sex": ["m", "f"]})).tolist()
    [1, -1]
    >>> rule.describe(1)
    'accent = scots, sex = m'
    """

    kind: ClassVar[str] = "lookup"

    columns: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]

    @property
    def n_cohorts(self) -> int:
        """Number of listed combinations."""
        return len(self.labels)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Index of each row's combination; -1 where a label is missing or the combination is not listed."""
        for column in self.columns:
            if column not in features.columns:
                raise InputError(unknown_name("column", column, map(str, features.columns)))
        listed = {label: cohort for cohort, label in enumerate(self.labels)}
        rows = zip(*(features[column].tolist() for column in self.columns), strict=True)
        return np.array([listed.get(row, UNASSIGNED) for row in rows], dtype=np.int64)

    def label(self, cohort: int) -> str:
        """Labels of a cohort."""
        return ", ".join(self.labels[cohort])

    def describe(self, cohort: int) -> str:
        """Columns and labels of a cohort."""
        return ", ".join(f"{column} = {label}" for column, label in zip(self.columns, self.labels[cohort], strict=True))

    def groups(self) -> tuple[Group, ...]:
        """Every cohort by itself."""
        return _single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {"columns": list(self.columns), "labels": [list(label) for label in self.labels]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        columns, labels = tuple(map(str, data["columns"])), tuple(tuple(map(str, label)) for label in data["labels"])
        if any(len(label) != len(columns) for label in labels) or len(set(labels)) < len(labels):
            raise InputError(f"cohorts: every cohort needs labels of its own, one for each of {list(columns)}")
        return cls(columns, labels)


def _single_cohorts(rule: Rule) -> tuple[Group, ...]:
    return tuple(Group((cohort,), rule.describe(cohort)) for cohort in range(rule.n_cohorts))


#: The rules by their kind, as ``cohorts.json`` names them.
RULES: Final[Mapping[str, type[Rule]]] = {rule.kind: rule for rule in (Tree, Centroids, Lookup)}


def rule_from_dict(data: Mapping[str, Any]) -> Rule:
    """Read a rule from its JSON form, ``{"kind": "tree", ...}``.

    Raises
    ------
    InputError
        If the kind is unknown or the content contradicts itself.

    Examples
    --------
    >>> rule_from_dict({"kind": "lookup", "columns": ["sex"], "labels": [["f"]]}).n_cohorts
    1
    """
    kind = str(data.get("kind"))
    if kind not in RULES:
        raise InputError(f"cohorts: {unknown_name('kind of rule', kind, RULES)}")
    try:
        return RULES[kind].from_dict(data)
    except InputError:
        raise
    except (KeyError, TypeError, IndexError, ValueError, OverflowError) as error:
        raise InputError(f"cohorts: a rule of kind {kind!r} is incomplete or misshapen ({error})") from None
