"""Logs that are measured on frozen cohorts: scored as the log that the cohorts come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fairaudit.core.errors import setting
from fairaudit.core.settings import ScoringDoc, common, differences, options_of, require_alike
from fairaudit.core.text import search_name

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["frozen_scoring", "require_scored_alike", "unchecked"]


def frozen_scoring(models: Sequence[CohortModel]) -> ScoringDoc:
    """Return how the log of frozen cohorts was scored; empty if no model records it.

    Raises
    ------
    InputError
        If the models come from logs that were scored differently.
    """
    return common((model.source, model.scoring) for model in models)


def require_scored_alike(models: Sequence[CohortModel], log: UtteranceLog, rate: Rate | None = None) -> None:
    """Refuse a log that was scored in another way than the one that the cohorts were frozen on.

    Parameters
    ----------
    models
        Frozen cohorts.
    log
        The log. If it holds counts, nobody knows how its texts were scored, see :func:`unchecked`.
    rate
        The rate that is measured, if any.

    Raises
    ------
    InputError
        If a setting differs; the message names both values and both files.
    """
    own: ScoringDoc = log.scoring if rate is None else {"rate": rate.signature, **log.scoring}
    for model in models:
        options = options_of(model.scoring) | ({"rate": model.scoring["rate"]} if "rate" in model.scoring else {})
        wanted = [setting(n, options[n]) for n in differences(model.scoring, own, counts=False) if n in options]
        advice = f"use the settings of the cohorts: {', '.join(wanted)}" if wanted else ""
        require_alike(model.scoring, own, (model.source, log.name), counts=False, advice=advice)


def unchecked(models: Sequence[CohortModel], log: UtteranceLog) -> Iterator[str]:
    """Yield sentences about frozen cohorts for which it is unknown whether a log is scored alike."""
    unknown = [model for model in models if not model.scoring]
    if unknown:
        yield (
            f"The cohorts of {_listed(unknown)} do not record how they were scored, so their rates may have been "
            "measured with other settings. Freeze them again with this version to be sure."
        )
    mixed = [model for model in models if [*differences(model.scoring, log.scoring)]]
    if mixed:
        known, other = ("frozen cohorts", "logs") if log.normalizer is None else ("logs", "frozen cohorts")
        yield (
            f"The {known} were scored with the normaliser {mixed[0].scoring.get('normalizer') or log.normalizer}, but "
            f"that of the {other} is unknown, because they come with counts. Their rates may not be comparable."
        )


def _listed(models: Sequence[CohortModel]) -> str:
    return ", ".join(search_name(model.title) for model in models)
