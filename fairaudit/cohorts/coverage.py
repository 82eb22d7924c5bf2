"""How many speakers of a log frozen cohorts cover: who is in none, and which cohorts are empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.cohorts.rules import Lookup
from fairaudit.core.counts import UNASSIGNED, distinct_codes, speakers_outside
from fairaudit.core.verdicts import too_many_unassigned

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fairaudit.cohorts.model import CohortModel

__all__ = ["Coverage", "coverage"]

#: Cohorts that a sentence names.
_NAMED: Final = 5


@dataclass(frozen=True)
class Coverage:
    """What frozen cohorts cover of a log.

    Attributes
    ----------
    speakers, assigned
        Number of speakers, and of those with at least one cell in a cohort.
    empty
        Descriptions of the cohorts that nobody is in.
    unlisted
        Speakers of each label that is in no cohort, by label; empty or ``None`` if the cohorts are not lists of labels.
    respelled
        Number of labels that were matched although they are spelled otherwise than when they were frozen.
    """

    speakers: int
    assigned: int
    empty: tuple[str, ...] = ()
    unlisted: dict[str, int] | None = None
    respelled: int = 0

    @property
    def outside(self) -> int:
        """Number of speakers who are in no cohort."""
        return self.speakers - self.assigned

    @property
    def incomplete_because(self) -> str | None:
        """Why the cohorts say too little about the log, without numbers of speakers; ``None`` if they say enough.

        Examples
        --------
        >>> Coverage(120, 60, ("accent = Scottish",)).incomplete_because
        'nobody is in accent = Scottish; more than 20 % of the speakers are in no cohort'
        """
        reasons = []
        if self.empty:
            reasons.append(f"nobody is in {_first(self.empty)}")
        if reason := too_many_unassigned(self.outside, self.speakers):
            reasons.append(reason)
        return "; ".join(reasons) or None

    @property
    def sentence(self) -> str:
        """How many speakers were assigned, and what was not matched.

        Examples
        --------
        >>> Coverage(120, 90, (), {"scots": 30}, respelled=1).sentence.split("; ")[1:]
        ["30 are in none (labels without a cohort: 'scots')", 'labels spelled otherwise than when frozen: 1']
        """
        parts = [f"{self.assigned} of {self.speakers} speakers are in a cohort"]
        if self.outside:
            labels = [repr(label) for label in self.listed(1)]
            without = f" (labels without a cohort: {_first(labels)})" if labels else ""
            parts.append(f"{self.outside} are in none{without}")
        if self.empty:
            parts.append(f"nobody is in {_first(self.empty)}")
        if self.respelled:
            parts.append(f"labels spelled otherwise than when frozen: {self.respelled}")
        return "; ".join(parts)

    def listed(self, at_least: int) -> list[str]:
        """Return the labels of enough speakers that are in no cohort, sorted."""
        return sorted(label for label, speakers in (self.unlisted or {}).items() if speakers >= at_least)


def _first(names: Sequence[str]) -> str:
    """List the first names, and count the others."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def coverage(
    model: CohortModel, features: pd.DataFrame, unit: NDArray[np.int64], speaker: NDArray[np.int64]
) -> Coverage:
    """Count the speakers in frozen cohorts.

    Parameters
    ----------
    model
        Frozen cohorts.
    features
        Features of the units that have any, shape (n_units, n_features).
    unit
        Row of the unit in ``features`` of each cell, negative if its features are missing, shape (n_cells,).
    speaker
        Code of the speaker of each cell, shape (n_cells,).
    """
    cohort_of_unit = model.rule.assign(features)
    known = unit >= 0
    cohort = np.full(len(unit), UNASSIGNED, dtype=np.int64)
    cohort[known] = cohort_of_unit[unit[known]]
    present = distinct_codes(cohort[cohort >= 0])
    unlisted, respelled = _labels(model.rule, features, cohort_of_unit, unit, speaker)
    speakers = len(np.unique(speaker))
    return Coverage(
        speakers=speakers,
        assigned=speakers - speakers_outside(speaker, cohort),
        empty=tuple(model.rule.describe(c) for c in model.cohorts if c not in {*present.tolist()}),
        unlisted=unlisted,
        respelled=respelled,
    )


def _labels(
    rule: object,
    features: pd.DataFrame,
    cohort_of_unit: NDArray[np.int64],
    unit: NDArray[np.int64],
    speaker: NDArray[np.int64],
) -> tuple[dict[str, int], int]:
    """Return the speakers of labels that a rule does not list, and the number of labels of another spelling."""
    if not isinstance(rule, Lookup):
        return {}, 0
    columns = list(rule.columns)
    labels = [tuple(map(str, row)) for row in features[columns].itertuples(index=False)]
    complete = features[columns].notna().all(axis=1).to_numpy()
    pairs = np.unique(np.stack([unit, speaker])[:, unit >= 0], axis=1)
    speakers = np.bincount(pairs[0], minlength=len(labels)).tolist()
    unlisted = {", ".join(labels[i]): speakers[i] for i in np.flatnonzero((cohort_of_unit < 0) & complete).tolist()}
    listed = np.flatnonzero(cohort_of_unit >= 0).tolist()
    return unlisted, sum(labels[i] != rule.labels[cohort_of_unit[i]] for i in listed)
