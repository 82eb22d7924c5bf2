"""Plan how many speakers of each frozen cohort to record next, on the log of one release."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from fairaudit.cohorts.model import CohortModel
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.core.columns import SPEAKER, UTTERANCES
from fairaudit.core.counts import ErrorCounts, distinct_codes
from fairaudit.core.errors import NothingToAuditError, UsageError, setting
from fairaudit.core.privacy import BECAUSE_SMALL
from fairaudit.core.rate import Rate
from fairaudit.core.settings import ScoringDoc
from fairaudit.results.collection import Budget, CollectionPlan, PlannedCohort
from fairaudit.results.drivers import unknown_speakers
from fairaudit.results.numbers import finite
from fairaudit.stats.collection import GapWidths, allocate, utterances_per_speaker
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.rates import Gap, gap_between
from fairaudit.units.build import UnitFeatures, build_tables
from fairaudit.units.tally import Log

__all__ = ["gap_widths", "plan_collection", "speech_of_new"]

#: Most utterances of a new speaker, as a multiple of the mean of the log. What longer speech is like, it does not show.
_LONGEST: Final = 3.0
#: Largest share of the speakers that can be in several cohorts.
_IN_SEVERAL: Final = 0.1
_NO_INTERVAL: Final = "no interval: too few effective speakers, or no errors"


def plan_collection(
    log: Log,
    model: CohortModel,
    features: UnitFeatures,
    rate: Rate,
    budget: Budget,
    *,
    scoring: ScoringDoc,
    unredacted: bool = False,
) -> CollectionPlan:
    """Plan how many speakers of each cohort to record.

    Only cohorts whose sums can be reported are measured, given speakers and compared with each other. No number
    depends on speakers of the others.

    Parameters
    ----------
    log
        The log.
    model
        Frozen cohorts.
    features
        The features by which speakers are assigned.
    rate
        The rate to measure.
    budget
        What can be spent.
    scoring
        How the log was scored.
    unredacted
        Whether to use cohorts of fewer than 11 speakers.

    Raises
    ------
    UsageError
        If not even one speaker can be paid.
    NothingToAuditError
        If no two cohorts have enough speakers and errors, the bottom cohort has not, or many speakers are in several.
    """
    sampling_unit = log.cluster or SPEAKER
    table, (units,) = build_tables(log, [features], rate, sampling_unit)
    shown = frozen_disclosures(log, [(model, features)], [units], table, rate, sampling_unit)[0].cohorts
    cells = units.counts.regroup(model.rule.assign(units.features))
    cells = cells.where((cells.group >= 0) & (unredacted | np.isin(cells.group, [*shown.open])))
    dispersion = fit_dispersion(*cells.per_speaker())
    gaps = {c: _gap(cells, [c], dispersion) for c in cells.by_group()} if len(distinct_codes(cells.group)) > 1 else {}
    measured = [c for c, gap in gaps.items() if gap.ratio_interval is not None]
    if not measured:
        raise NothingToAuditError(f"{model.title}: no two cohorts have enough speakers and errors to measure a gap")
    _require_people(cells, model.title)
    speech = speech_of_new(cells, dispersion, budget)
    prices = {c: budget.cost_speaker + budget.cost_utterance * speech[c][2] for c in measured}
    if (least := min(prices.values())) > budget.amount:
        raise UsageError(f"{setting('budget')} {budget.amount:g} is less than one speaker costs: {least:g}")
    every = gap_widths(cells, {(c,): gaps[c] for c in measured}, speech, dispersion)
    doubtful: dict[tuple[int, ...], Gap] = {(c,): gaps[c] for c in measured if _may_be_worse(gaps[c])}
    aim, bottom = gap_widths(cells, doubtful, speech, dispersion) if doubtful else every, None
    if budget.is_for_bottom:
        bottom, worst = _bottom(model, [*gaps])
        aim = gap_widths(cells, {worst: _gap(cells, worst, dispersion)}, speech, dispersion)
    added = allocate(aim, np.array([prices.get(c, math.inf) for c in gaps]), budget.amount)
    now, later = (dict(zip(measured, every.after(new).tolist(), strict=True)) for new in (0 * added, added))
    rows = [
        PlannedCohort(
            label=model.rule.label(c),
            speakers=part.n_speakers,
            exposure_per_speaker=float(part.exposure.sum()) / part.parts / part.n_speakers,
            rate=finite(part.rate),
            ratio=finite(gaps[c].ratio),
            ratio_interval=gaps[c].ratio_interval,
            half_width=now.get(c),
            new_speakers=new,
            new_utterances=speech[c][2],
            expected_half_width=later.get(c),
            no_plan_because=None if c in now else _NO_INTERVAL,
        )
        for (c, part), new in zip(cells.by_group().items(), added.tolist(), strict=True)
    ]
    spent = sum(prices.get(c, 0.0) * new for c, new in zip(gaps, added.tolist(), strict=True))
    others = [c for c in range(model.rule.n_cohorts) if c not in gaps]
    return CollectionPlan(
        title=model.title,
        fingerprint=model.fingerprint,
        rate=rate,
        scoring=scoring,
        sampling_unit=sampling_unit,
        speakers=len(table),
        unknown_speakers=unknown_speakers(table.totals),
        budget=budget,
        spent=spent,
        cohorts=(
            *sorted(rows, key=lambda row: -(row.ratio or 0.0)),
            *(
                PlannedCohort(model.rule.label(c), no_plan_because=shown.why_withheld(c) or BECAUSE_SMALL)
                for c in others
            ),
        ),
        widest=float(aim.after(0 * added).max()),
        expected_widest=float(aim.after(added).max()),
        bottom=bottom,
    )


def _require_people(cells: ErrorCounts, title: str) -> None:
    """Refuse cohorts of conditions, such as devices, where one speaker is in several."""
    _, times = np.unique(np.unique(np.stack([cells.speaker, cells.group]), axis=1)[0], return_counts=True)
    if (times > 1).sum() > _IN_SEVERAL * len(times):
        raise NothingToAuditError(f"{title}: many speakers are in several cohorts; a plan needs cohorts of speakers")


def _gap(cells: ErrorCounts, cohorts: Sequence[int], dispersion: Dispersion) -> Gap:
    """Measure the gap between some cohorts and all others."""
    inside = np.isin(cells.group, cohorts)
    return gap_between(cells.where(inside), cells.where(~inside), dispersion)


def _may_be_worse(gap: Gap) -> bool:
    """Whether the interval does not lie below the rate of the others."""
    return gap.ratio_interval is not None and gap.ratio_interval[1] >= 1


def speech_of_new(cells: ErrorCounts, dispersion: Dispersion, budget: Budget) -> dict[int, tuple[float, float, float]]:
    """Return the expected exposure of a new speaker of each cohort, its expected square, and the number of utterances.

    It is that of the speakers of the log, unless utterances cost something and the cohort has errors.
    """
    _, exposure = cells.per_speaker()
    utterances = float(cells.detail[UTTERANCES].sum()) / len(exposure)
    usual = float(exposure.mean()), float(np.square(exposure).mean()), utterances
    speech = {}
    for c, part in cells.by_group().items():
        speech[c] = usual
        if budget.cost_utterance > 0 and part.rate > 0:
            affordable = (budget.amount - budget.cost_speaker) / budget.cost_utterance
            of_one = float(part.exposure.sum()) / float(part.detail[UTTERANCES].sum())
            n = utterances_per_speaker(
                within=dispersion.phi / (part.rate * of_one),
                between=dispersion.tau2,
                cost_speaker=budget.cost_speaker,
                cost_utterance=budget.cost_utterance,
                most=max(1, math.floor(min(_LONGEST * utterances, affordable))),
            )
            speech[c] = n * of_one, (n * of_one) ** 2, float(n)
    return speech


def gap_widths(
    cells: ErrorCounts,
    gaps: Mapping[tuple[int, ...], Gap],
    speech: Mapping[int, tuple[float, float, float]],
    dispersion: Dispersion,
) -> GapWidths:
    """Return the half-widths of the intervals of gaps, each between some cohorts and all others.

    Parameters
    ----------
    cells
        Cells of all cohorts.
    gaps
        Gaps with intervals, by the cohorts on their first side.
    speech
        What a new speaker of each cohort says (:func:`speech_of_new`).
    dispersion
        Dispersion of these speakers.
    """
    sums, new, reach = [], [], []
    for c, part in cells.by_group().items():
        sums.append([part.n_speakers, part.errors.sum(), part.exposure.sum(), np.square(part.per_speaker()[1]).sum()])
        new.append([1.0, (finite(part.rate) or 0.0) * speech[c][0], *speech[c][:2]])
    for gap in gaps.values():
        low, high = gap.ratio_interval or (math.nan, math.nan)
        reach.append([math.log(gap.ratio / low), math.log(high / gap.ratio)])
    inside = np.array([[c in cohorts for c in speech] for cohorts in gaps])
    return GapWidths(np.array(sums).T, np.array(new).T, inside, np.array(reach).T, dispersion)


def _bottom(model: CohortModel, used: Sequence[int]) -> tuple[str, tuple[int, ...]]:
    """Return the description of the bottom cohort, and its cohorts."""
    if model.bottom is None:
        raise NothingToAuditError(f"{model.title} has no bottom cohort: no cohort was large enough")
    if not {*model.bottom.cohorts} <= {*used}:
        raise NothingToAuditError(f"{model.title}: the bottom cohort has too few speakers in this log to plan for")
    return model.bottom.description, model.bottom.cohorts
