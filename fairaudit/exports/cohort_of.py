"""Which cohort an utterance stands in, under names that any tool takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from fairaudit.cohorts import CohortModel
from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError

__all__ = ["Labelled", "field_name", "labelled"]


@dataclass(frozen=True)
class Labelled:
    """The utterances of a log in the frozen cohorts of one search.

    Attributes
    ----------
    model
        The frozen cohorts.
    cohort
        Cohort id by utterance id; unassigned utterances are not in it.
    speaker
        Speaker by utterance id.
    """

    model: CohortModel
    cohort: Mapping[str, int]
    speaker: Mapping[str, str]

    @property
    def field(self) -> str:
        """``cohort_<search>``, in letters, digits and underscores."""
        return field_name(self.model.title)

    def label(self, utterance: str) -> str | None:
        """Label of an utterance's cohort, ``None`` where it has none."""
        cohort = self.cohort.get(utterance)
        return None if cohort is None else self.model.rule.label(cohort)


def field_name(title: str) -> str:
    """Name the field that tells the cohorts of a search.

    Examples
    --------
    >>> field_name("geo-tree"), field_name("named: accent × sex")
    ('cohort_geo_tree', 'cohort_named_accent_sex')
    """
    return "cohort_" + re.sub(r"\W+", "_", title).strip("_")


def labelled(model: CohortModel, memberships: pd.DataFrame) -> Labelled:
    """Index memberships per utterance, as :func:`fairaudit.assign` gives them.

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
