"""Rules that list combinations of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from fairaudit.cohorts.rules.base import Group, single_cohorts
from fairaudit.core.bands import Bands
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError, unknown_name
from fairaudit.core.labels import label_key
from fairaudit.core.privacy import WITHHELD

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Lookup"]


@dataclass(frozen=True)
class Lookup:
    """A list of named groups, that is, combinations of labels, which match whatever their spelling.

    Spellings of the same label are defined by :func:`fairaudit.core.labels.label_key`.

    Attributes
    ----------
    columns
        The label columns.
    labels
        One tuple of labels per cohort; ``None`` for a cohort whose labels are withheld, to which nobody is assigned.

    Examples
    --------
    >>> import pandas as pd
    >>> rule = Lookup(("accent", "sex"), (("scots", "f"), ("scots", "m")))
    >>> rule.assign(pd.DataFrame({"accent": ["Scots ", "welsh"], "sex": ["m", "f"]})).tolist()
    [1, -1]
    >>> rule.describe(1)
    'accent = scots, sex = m'
    """

    kind: ClassVar[str] = "lookup"

    columns: tuple[str, ...]
    labels: tuple[tuple[str, ...] | None, ...]

    @classmethod
    def of(cls, columns: tuple[str, ...], labels: Iterable[tuple[str, ...]]) -> Self:
        """List combinations of labels, each under the first of its spellings."""
        listed: dict[tuple[str, ...], tuple[str, ...]] = {}
        for label in labels:
            listed.setdefault(_key(label), label)
        return cls(columns, tuple(listed.values()))

    @property
    def n_cohorts(self) -> int:
        """Number of listed combinations."""
        return len(self.labels)

    def assign(self, features: pd.DataFrame) -> NDArray[np.int64]:
        """Return the index of each row's combination, which is -1 if a label is missing or it is not listed."""
        for column in self.columns:
            if column not in features.columns:
                raise InputError(unknown_name("column", column, map(str, features.columns)))
        listed = {_key(label): cohort for cohort, label in enumerate(self.labels) if label is not None}
        rows = zip(*(_keys(features[column]) for column in self.columns), strict=True)
        return np.array([listed.get(row, UNASSIGNED) for row in rows], dtype=np.int64)

    def label(self, cohort: int) -> str:
        """Return the labels of a cohort."""
        labels = self.labels[cohort]
        return WITHHELD if labels is None else ", ".join(labels)

    def describe(self, cohort: int) -> str:
        """Describe a cohort by its columns and labels."""
        labels = self.labels[cohort]
        if labels is None:
            return WITHHELD
        return ", ".join(map(_named, self.columns, labels))

    def without(self, cohorts: Collection[int]) -> Self:
        """Leave out the labels of some cohorts. The others keep their ids.

        Examples
        --------
        >>> Lookup(("accent",), (("scots",), ("welsh",))).without([0]).labels
        (None, ('welsh',))
        """
        kept = (None if cohort in cohorts else labels for cohort, labels in enumerate(self.labels))
        return replace(self, labels=tuple(kept))

    def groups(self) -> tuple[Group, ...]:
        """Return every cohort as a group of its own."""
        return single_cohorts(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as a JSON-compatible dictionary."""
        return {"columns": list(self.columns), "labels": [label and list(label) for label in self.labels]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a rule from the result of :meth:`to_dict`."""
        columns = tuple(map(str, data["columns"]))
        labels = tuple(None if label is None else tuple(map(str, label)) for label in data["labels"])
        listed = [label for label in labels if label is not None]
        if any(len(label) != len(columns) for label in listed) or len(set(listed)) < len(listed):
            raise InputError(f"cohorts: every cohort needs distinct labels, one for each of {list(columns)}")
        alike = [label for label, n in Counter(map(_key, listed)).items() if n > 1]
        if alike:
            spellings = [", ".join(label) for label in listed if _key(label) == alike[0]]
            raise InputError(
                f"cohorts: {spellings} are spellings of one label, which an earlier version kept apart; "
                "run the audit again to freeze them as one cohort"
            )
        return cls(columns, labels)


def _named(column: str, label: str) -> str:
    """Name a label and its column; bands of numbers are words such as ``age 20 to 39``."""
    bands = Bands.of_labels(column, [label])
    return f"{column} = {label}" if bands is None else f"{bands.column} {label}"


def _key(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(label_key, labels))


def _keys(labels: pd.Series) -> list[str | None]:
    """Return the key of each label, which is None if the label is missing. Each spelling is examined once."""
    import pandas as pd

    codes, spellings = pd.factorize(labels)
    keys = [*map(label_key, spellings), None]
    return [keys[code] for code in codes]
