"""More than two releases: frozen cohorts measured on one log after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from fairaudit.auditing.run import Log
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import UNASSIGNED, ErrorCounts, Rate
from fairaudit.core.errors import InputError
from fairaudit.core.text import json_text
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.audit_document import overall_to_dict
from fairaudit.results.disclosure import withheld
from fairaudit.results.unions import unions_among
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.rates import rate_interval
from fairaudit.units.build import UnitFeatures, build_tables

__all__ = ["HISTORY", "History", "measure_release"]

HISTORY: Final = "history"
_VERSION: Final = 1
#: Settings that have to be alike for rates to be comparable.
_SCORING: Final = ("unit", "normalizer", "removed")


@dataclass(frozen=True)
class History:
    """Frozen cohorts and what they were like at every release.

    Attributes
    ----------
    rate
        Name of the rate.
    models
        The frozen cohorts, those of the first release.
    releases
        As :func:`measure_release` gives them, in the order in which they were added; no two of the same name.
    """

    rate: str
    models: tuple[CohortModel, ...]
    releases: tuple[Mapping[str, Any], ...] = ()

    def add(self, release: Mapping[str, Any]) -> Self:
        """Append a release, in the place of the one of that name if there is one.

        Raises
        ------
        InputError
            If its texts were scored in another way.
        """
        for other in self.releases:
            if other["scoring"] != release["scoring"]:
                raise InputError(
                    f"{other['name']!r} was scored with {dict(other['scoring'])}, {release['name']!r} with "
                    f"{dict(release['scoring'])}; their rates cannot be compared"
                )
        names = [other["name"] for other in self.releases]
        if release["name"] not in names:
            return replace(self, releases=(*self.releases, release))
        place = names.index(release["name"])
        return replace(self, releases=(*self.releases[:place], release, *self.releases[place + 1 :]))

    def to_frame(self) -> pd.DataFrame:
        """Rates by search and cohort, a column for each release; missing where withheld or not there."""
        rules = {model.title: model.rule for model in self.models}
        rates = {
            release["name"]: {("everybody", ""): release["overall"]["rate"]}
            | {
                (review["title"], rules[review["title"]].describe(cohort["id"])): cohort["rate"]
                for review in release["reviews"]
                for cohort in review["cohorts"]
            }
            for release in self.releases
        }
        return pd.DataFrame(rates).rename_axis(["search", "cohort"])

    def __repr__(self) -> str:
        return (
            f"<History of {self.rate}: {', '.join(str(release['name']) for release in self.releases) or 'no release'}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The content of ``history.json``, as the shipped schema describes it."""
        return {
            "kind": HISTORY,
            "schema_version": _VERSION,
            "rate": self.rate,
            "models": [model.to_dict() for model in self.models],
            "releases": [dict(release) for release in self.releases],
        }

    def to_json(self) -> str:
        """The text of ``history.json``; equal histories give equal bytes."""
        return json_text(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`, for what fits the schema; models are only data."""
        return cls(data["rate"], tuple(map(CohortModel.from_dict, data["models"])), tuple(data["releases"]))


def measure_release(
    name: str,
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    rate: Rate,
    *,
    settings: Mapping[str, object],
    inputs: Sequence[Mapping[str, Any]],
    unredacted: bool = False,
) -> dict[str, Any]:
    """Measure frozen cohorts on a release's log.

    Parameters
    ----------
    name
        Of the release.
    log
        Its log; other speakers and utterances than at other releases will do.
    frozen
        Frozen cohorts with the features that they are assigned by.
    rate
        Which rate.
    settings
        How the log was scored.
    inputs
        ``{"name", "sha256", "rows"}`` of its files.
    unredacted
        Keep the figures of fewer than 11 speakers.

    Returns
    -------
    dict
        ``name``, ``inputs``, ``scoring``, ``sampling_unit``, ``overall`` as in ``audit.json``, and ``reviews`` with
        ``title``, ``cohorts`` (``id``, ``rate``, ``interval``, ``speakers``, ``tested``, ``suppressed``).
    """
    unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, unit, perfect=True)
    cells = [
        units.counts.regroup(model.rule.assign(units.features))
        for units, (model, _) in zip(unit_tables, frozen, strict=True)
    ]
    unions = unions_among([found.where(found.group >= 0) for found in cells], [0] * len(cells))
    return {
        "name": name,
        "inputs": [dict(entry) for entry in inputs],
        "scoring": {key: settings[key] for key in _SCORING if settings.get(key) is not None},
        "sampling_unit": unit,
        "overall": overall_to_dict(table),
        "reviews": [
            {"title": model.title, "cohorts": _cohorts(model, found, table.dispersion, inside, unredacted)}
            for (model, _), found, inside in zip(frozen, cells, unions, strict=True)
        ],
    }


def _cohorts(
    model: CohortModel,
    cells: ErrorCounts,
    dispersion: Dispersion,
    unions: Sequence[frozenset[int]],
    unredacted: bool,
) -> list[dict[str, Any]]:
    parts = {int(c): cells.where(cells.group == c) for c in np.unique(cells.group)}
    speakers = {c: part.n_speakers for c, part in parts.items()}
    bottom = model.bottom.cohorts if model.bottom else ()
    hidden, blurred = (set(), set()) if unredacted else withheld(speakers, bottom, unions)
    return [_cohort(c, part, dispersion, c in hidden, c in blurred) for c, part in parts.items() if c != UNASSIGNED]


def _cohort(cohort: int, part: ErrorCounts, dispersion: Dispersion, hidden: bool, blurred: bool) -> dict[str, Any]:
    interval, digits = rate_interval(part, dispersion), 3 if blurred else None
    told = {
        "rate": _shown(part.rate, digits),
        "interval": None if interval is None else [_shown(end, digits) for end in interval],
        "speakers": part.n_speakers,
        "tested": why_not_tested(part, MIN_SPEAKERS) is None,
    }
    if hidden:
        told = {**dict.fromkeys(told), "tested": False}
    return {"id": cohort, **told, "suppressed": hidden}


def _shown(figure: float, digits: int | None) -> float | None:
    """A figure, rounded where its counts could be subtracted; ``None`` where it is not defined."""
    if figure != figure:
        return None
    return figure if digits is None else round(figure, digits)
