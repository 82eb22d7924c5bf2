"""Compare several systems on the same utterances, overall and by groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.cohorts.coverage import coverage
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.comparing.searching import find_groups
from fairaudit.core.columns import SPEAKER, UTTERANCES, system_column
from fairaudit.core.counts import ErrorCounts, distinct_codes, numbered_codes, sum_over
from fairaudit.core.errors import NothingToAuditError, UsageError
from fairaudit.core.privacy import BECAUSE_SUBTRACTED
from fairaudit.core.progress import report
from fairaudit.core.text import plain
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.board import Board
from fairaudit.results.board_parts import BoardGroup, BoardGroups
from fairaudit.results.drivers import unknown_speakers
from fairaudit.stats.contrasts import SystemCounts
from fairaudit.stats.rates import FEWEST
from fairaudit.stats.systems import compare_systems
from fairaudit.units.build import build_tables, caveats_of

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.cohorts.model import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.evidence.plan import Plan, Search
    from fairaudit.results.disclosure import Disclosure
    from fairaudit.results.documents import AlignmentDoc
    from fairaudit.results.provenance import Provenance
    from fairaudit.units.build import UnitFeatures
    from fairaudit.units.tally import Log

__all__ = ["run_board"]

#: Largest number of tested groups times systems: all pairs of them are compared.
_MOST: Final = 1000


def run_board(
    log: Log,
    frozen: Sequence[tuple[CohortModel, UnitFeatures]],
    rate: Rate,
    plan: Plan,
    *,
    alignment: AlignmentDoc,
    provenance: Mapping[str, Provenance],
    searches: Sequence[Search] = (),
    caveats: Sequence[str] = (),
) -> Board:
    """Compare systems over all speakers and by groups.

    Parameters
    ----------
    log
        The aligned log of all systems; see :func:`fairaudit.inputs.aligning.align`.
    frozen
        Sets of groups, with the features by which speakers are assigned.
    rate
        The rate to compare.
    plan
        Plan, whose number of permutations is that of the draws for simultaneous intervals, and whose seed is used.
    alignment
        How the utterances of the systems were aligned.
    provenance
        Origin of the data of each system, by its name.
    searches
        Searches for further groups, which are found on some of the speakers and measured on the others.
    caveats
        Sentences that belong beside the verdict.

    Raises
    ------
    NothingToAuditError
        If the log has no exposure, a system has no errors, there are fewer than three effective speakers, or no speaker
        has the features of a search.
    UsageError
        If there are too many groups.
    """
    systems = [*provenance]
    sampling_unit = log.cluster or SPEAKER
    columns = [system_column(rate.numerator, k) for k in range(len(systems))]
    sums = log.tally([sampling_unit])
    rate.require_exposure(sums[rate.denominator].sum())
    _require_comparable(_all_speakers(sums, columns, rate), systems, rate)
    hashes = {name: {str(file["sha256"]) for file in one.inputs} for name, one in provenance.items()}
    found = find_groups(
        log,
        searches,
        rate,
        columns,
        plan,
        source_sha256=tuple(dict.fromkeys(sha256 for of_system in hashes.values() for sha256 in sorted(of_system))),
        scoring={"rate": rate.signature, **next(iter(provenance.values())).scoring},
    )
    sources = [*frozen, *((model.redacted(), features) for model, features in found.sets)]
    table, unit_tables = build_tables(log, [features for _, features in sources], rate, sampling_unit, perfect=True)
    report("comparing")
    everyone = _all_speakers(sums.loc[table.names], columns, rate)
    held_out = table.names.isin(found.held_out)
    measured = [*(None for _ in frozen), *(held_out if aside else None for aside in found.aside)]
    shown = frozen_disclosures(
        log, sources, unit_tables, table, rate, sampling_unit, further=columns[1:], measured=measured
    )
    sides: list[tuple[SystemCounts, SystemCounts]] = []
    sets = []
    for i, ((model, _), units, mask, disclosure) in enumerate(zip(sources, unit_tables, measured, shown, strict=True)):
        of_model = {*model.source_sha256} if i < len(frozen) else set()
        counts = units.counts if mask is None else units.counts.where(mask[units.counts.speaker])
        cells = counts.regroup(model.rule.assign(units.features))
        groups = _groups(model, cells, columns, systems, disclosure, sides)
        tested = [cells.of_groups([group.id]).speaker for group in groups if group.position is not None]
        sets.append(
            BoardGroups(
                title=model.title,
                method=model.method,
                fingerprint=model.fingerprint,
                groups=groups,
                coverage=coverage(model, units.features, counts.group, counts.speaker),
                tested_speakers=len(distinct_codes(np.concatenate(tested))) if tested else 0,
                measured_on=MeasuredOn.ALL if mask is None else MeasuredOn.HELD_OUT,
                found_on=tuple(name for name in systems if hashes[name] & of_model),
                disclosure=disclosure,
            )
        )
    if len(sides) * len(systems) > _MOST:
        raise UsageError(
            f"{len(sides)} groups under {len(systems)} systems are too many to compare all pairs; at most {_MOST:,} "
            "groups times systems are possible"
        )
    return Board(
        rate=rate,
        sampling_unit=sampling_unit,
        alignment=alignment,
        compared=compare_systems(everyone, sides, draws=plan.permutations, seed=plan.seed),
        sets=tuple(sets),
        speakers=len(table),
        utterances=round(float(table.totals[UTTERANCES])),
        plan=plan,
        provenance=provenance,
        caveats=(*caveats, *caveats_of(table, unit_tables)),
        unknown_speakers=unknown_speakers(table.totals),
        models=tuple(
            replace(model, reportable=one.frozen)
            for (model, _), one in zip(found.sets, shown[len(frozen) :], strict=True)
        ),
        share_held_out=found.share,
    )


def _all_speakers(sums: pd.DataFrame, columns: Sequence[str], rate: Rate) -> SystemCounts:
    """Return all speakers, numbered in the order of the rows."""
    errors, exposure = rate.in_parts(sums[[*columns]]).T, rate.in_parts(sums[rate.denominator])
    return SystemCounts(np.arange(len(sums)), errors, exposure)


def _require_comparable(everyone: SystemCounts, systems: Sequence[str], rate: Rate) -> None:
    """Refuse logs from which no interval of a ratio can be computed."""
    if perfect := [plain(name) for name, errors in zip(systems, everyone.errors, strict=True) if not errors.any()]:
        raise NothingToAuditError(f"nothing to compare: there are no {rate.errors} of {', '.join(perfect)}")
    if everyone.effective < FEWEST:
        raise NothingToAuditError(
            f"nothing to compare: intervals need at least {FEWEST:g} effective speakers, and the log has "
            f"{everyone.effective:.1f}"
        )


def _groups(
    model: CohortModel,
    cells: ErrorCounts,
    columns: Sequence[str],
    systems: Sequence[str],
    shown: Disclosure,
    sides: list[tuple[SystemCounts, SystemCounts]],
) -> tuple[BoardGroup, ...]:
    """Return the groups of a set, and append the sides of those that are tested."""
    parts = cells.by_group()
    assigned = cells.where(cells.group >= 0)
    groups = []
    for c in model.cohorts:
        part = parts.get(c)
        position: int | None = None
        because: str | None = "nobody is in it"
        if part is None:
            rates = np.full(len(systems), np.nan)
        else:
            rest = assigned.where(assigned.group != c)
            pair = _by_speaker(part, columns), _by_speaker(rest, columns)
            rates = pair[0].errors.sum(axis=1) / (pair[0].exposure.sum() or np.nan)
            because = _why_not_tested(part, rest, pair, systems)
            if because is None and c in shown.cohorts.hidden:
                because = BECAUSE_SUBTRACTED
            if because is None:
                position = len(sides)
                sides.append(pair)
        groups.append(
            BoardGroup(
                id=c,
                label=model.rule.label(c),
                description=model.rule.describe(c),
                rates=rates,
                speakers=0 if part is None else part.n_speakers,
                utterances=0 if part is None else round(float(part.detail[UTTERANCES].sum())),
                position=position,
                not_tested_because=because,
            )
        )
    return tuple(sorted(groups, key=lambda group: (group.position is None, group.id)))


def _by_speaker(cells: ErrorCounts, columns: Sequence[str]) -> SystemCounts:
    """Sum cells over speakers, with the errors of every system."""
    codes, index = numbered_codes(cells.speaker)
    counts = [cells.errors, *(cells.detail[column] for column in columns[1:])]
    return SystemCounts(
        codes,
        np.stack([sum_over(index, column, len(codes)) for column in counts]),
        sum_over(index, cells.exposure, len(codes)),
    )


def _why_not_tested(
    part: ErrorCounts, rest: ErrorCounts, pair: tuple[SystemCounts, SystemCounts], systems: Sequence[str]
) -> str | None:
    """Return why a group cannot be judged under all systems, or ``None`` if it can be."""
    if because := why_not_tested(part, MIN_SPEAKERS):
        return because
    if because := why_not_tested(rest, MIN_SPEAKERS):
        return f"the others: {because}"
    for side, of in zip(pair, ("it has no errors", "the others have no errors"), strict=True):
        perfect = [plain(name) for name, errors in zip(systems, side.errors, strict=True) if not errors.any()]
        if perfect:
            return f"{of} under {', '.join(perfect)}, so that ratios have no interval"
    return None
