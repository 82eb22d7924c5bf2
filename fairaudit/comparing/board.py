"""Compare several systems on the same utterances, overall and by groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.cohorts.coverage import coverage
from fairaudit.comparing.disclosure import frozen_disclosures
from fairaudit.core.columns import SPEAKER, UTTERANCES, system_column
from fairaudit.core.counts import ErrorCounts, distinct_codes, numbered_codes, sum_over
from fairaudit.core.errors import NothingToAuditError, UsageError
from fairaudit.core.privacy import BECAUSE_SUBTRACTED
from fairaudit.core.text import plain
from fairaudit.evidence.measure import MIN_SPEAKERS, why_not_tested
from fairaudit.results.board import Board
from fairaudit.results.board_parts import BoardGroup, BoardGroups
from fairaudit.results.drivers import unknown_speakers
from fairaudit.stats.contrasts import SystemCounts
from fairaudit.stats.rates import FEWEST
from fairaudit.stats.systems import compare_systems
from fairaudit.units.build import build_tables, caveats_of

if TYPE_CHECKING:
    from fairaudit.cohorts.model import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.evidence.plan import Plan
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
    caveats
        Sentences that belong beside the verdict.

    Raises
    ------
    NothingToAuditError
        If the log has no exposure, a system has no errors, or there are fewer than three effective speakers.
    UsageError
        If there are too many groups.
    """
    systems = [*provenance]
    sampling_unit = log.cluster or SPEAKER
    table, unit_tables = build_tables(log, [features for _, features in frozen], rate, sampling_unit, perfect=True)
    columns = [system_column(rate.numerator, k) for k in range(len(systems))]
    sums = log.tally([sampling_unit]).loc[table.names]
    errors = np.stack([sums[column].to_numpy(float) for column in columns])
    everyone = SystemCounts(np.arange(len(table)), errors, table.exposure)
    _require_comparable(everyone, systems, rate)
    hashes = {name: {str(file["sha256"]) for file in one.inputs} for name, one in provenance.items()}
    shown = frozen_disclosures(log, frozen, unit_tables, table, rate, sampling_unit)
    sides: list[tuple[SystemCounts, SystemCounts]] = []
    sets = []
    for (model, _), units, disclosure in zip(frozen, unit_tables, shown, strict=True):
        cells = units.counts.regroup(model.rule.assign(units.features))
        groups = _groups(model, cells, columns, systems, disclosure, sides)
        tested = [cells.of_groups([group.id]).speaker for group in groups if group.position is not None]
        sets.append(
            BoardGroups(
                title=model.title,
                method=model.method,
                fingerprint=model.fingerprint,
                groups=groups,
                coverage=coverage(model, units.features, units.counts.group, units.counts.speaker),
                tested_speakers=len(distinct_codes(np.concatenate(tested))) if tested else 0,
                found_on=tuple(name for name in systems if hashes[name] & {*model.source_sha256}),
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
    )


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
