"""Look up the cohort of each utterance, under field names that other tools accept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING

from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.cohorts import CohortModel

__all__ = ["Labelled", "field_name", "labelled"]


@dataclass(frozen=True)
class Labelled:
    """The utterances of a log in the frozen cohorts of one search.

    Attributes
    ----------
    model
        The frozen cohorts.
    cohort
        Cohort id by utterance id. Unassigned utterances are left out.
    speaker
        Speaker by utterance id.
    """

    model: CohortModel
    cohort: Mapping[str, int]
    speaker: Mapping[str, str]

    @property
    def field(self) -> str:
        """Name of the field, ``cohort_<search>``, with letters, digits and underscores only."""
        return field_name(self.model.title)

    def label(self, utterance: str) -> str | None:
        """Return the label of an utterance's cohort, or ``None`` if it has none."""
        cohort = self.cohort.get(utterance)
        return None if cohort is None else self.distinct[cohort]

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The labels of all cohorts by id, with a number where two labels are written alike.

        The labels ``("a, b", "c")`` and ``("a", "b, c")`` of two columns are an example.
        """
        rule = self.model.rule
        labels: dict[str, None] = {}
        for label in map(rule.label, range(rule.n_cohorts)):
            again = (f"{label} ({n})" for n in count(2))
            labels[next(one for one in chain([label], again) if one not in labels)] = None
        return tuple(labels)


def field_name(title: str) -> str:
    """Return the name of the field that holds the cohorts of a search.

    Examples
    --------
    >>> field_name("geo-tree"), field_name("named: accent × sex")
    ('cohort_geo_tree', 'cohort_named_accent_sex')
    """
    return "cohort_" + re.sub(r"\W+", "_", title).strip("_")


def labelled(model: CohortModel, memberships: pd.DataFrame) -> Labelled:
    """Index memberships per utterance, as returned by :func:`fairaudit.assign`.

    Raises
    ------
    InputError
        If utterances have no ids.
    """
    if memberships[UTTERANCE].isna().any():
        raise InputError(f"every utterance needs its {UTTERANCE!r} to be exported")
    inside = memberships[memberships["cohort_id"] >= 0]
    return Labelled(
        model,
        dict(zip(inside[UTTERANCE], inside["cohort_id"].astype(int), strict=True)),
        dict(zip(memberships[UTTERANCE], memberships[SPEAKER], strict=True)),
    )
