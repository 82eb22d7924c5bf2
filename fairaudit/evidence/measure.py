"""Measure cohorts: counts, rates with intervals, and whether a cohort is large enough to be tested."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.rules import Rule
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.permutation import shuffles, step_down
from fairaudit.stats.rates import effective_speakers, rate_interval
from fairaudit.stats.shrinkage import rank_intervals, shrink
from fairaudit.stats.shuffle import Observed
from fairaudit.units.build import SpeakerTable, UnitTable

__all__ = ["MIN_SPEAKERS", "Cohort", "measure_cohorts", "totals", "why_not_tested"]

#: A cohort is tested only if it has enough sampling units, enough effective ones, and none with a larger share.
MIN_SPEAKERS: Final = 20
MIN_EFFECTIVE: Final = 10.0
MAX_SHARE: Final = 0.5
#: The part of such a cohort on which its gap is measured can be smaller. It must be large enough to be reported. With
#: 11 to 16 speakers (6.0 to 8.5 effective), .96 to .98 of 800 intervals of a gap covered the truth (s = .3, .6, .9).
MIN_EFFECTIVE_OF_PART: Final = 5.0


@dataclass(frozen=True)
class Cohort:
    """One cohort with its counts, rates and tests; rates are in errors per unit of exposure."""

    id: int
    label: str
    description: str
    errors: float
    exposure: float
    speakers: int
    share_speakers: float
    effective_speakers: float
    largest_speaker_share: float
    detail: Mapping[str, float]
    rate: float
    shrunk_rate: float | None
    interval: tuple[float, float] | None
    rank_interval: tuple[int, int] | None
    excess_errors: float | None
    score: float | None
    p_adjusted: float | None
    not_tested_because: str | None

    @property
    def tested(self) -> bool:
        """Whether the cohort is large enough to be tested."""
        return self.not_tested_because is None


def measure_cohorts(
    units: UnitTable,
    cohort: NDArray[np.int64],
    rule: Rule,
    table: SpeakerTable,
    *,
    floor: int,
    permutations: int = 0,
    seed: int = 0,
    keep_exposure: bool = False,
    p_adjusted: Mapping[int, float] | None = None,
    n_measured: int | None = None,
    complete: Mapping[int, ErrorCounts] | None = None,
    bootstrap: SpeakerBootstrap | None = None,
) -> tuple[Cohort, ...]:
    """Measure every cohort that occurs, worst score first.

    Parameters
    ----------
    units
        Cells of the speakers to measure, all in a cohort.
    cohort
        Cohort of each cell, shape (n_cells,).
    rule
        Rule that names and describes the cohorts.
    table
        Sampling units of the log, with their dispersion.
    floor
        Fewest sampling units that can be tested.
    permutations, seed
        Number of shuffles and their seed, for family-wise p-values by the maximum over the tested cohorts.
    keep_exposure
        Whether the cohorts depend on exposures, so that shuffles leave these in place.
    p_adjusted
        Family-wise p-values of the cohorts that could be tested, if they are known. Otherwise they are computed.
    n_measured
        Number of sampling units to measure, with those that are in no cohort, for the shares of the cohorts; by default
        those of ``units``.
    complete
        If cohorts are measured on some of their speakers, the cells of all speakers of each cohort.
    bootstrap
        If given, computes the intervals.
    """
    parts = replace(units.counts, group=cohort).by_group()
    ids = [*parts]
    refused = {c: why_not_tested(parts[c], floor, None if complete is None else complete[c]) for c in ids}
    all_scores = FixedGroups.single(units, cohort, ids).scores(Observed())[:, 0]
    scores = {c: float(score) for c, score in zip(ids, all_scores, strict=True) if math.isfinite(score)}
    if p_adjusted is None:
        tested = {c: score for c, score in scores.items() if refused[c] is None}
        p_adjusted = _max_t(units, cohort, tested, len(table), permutations, seed, keep_exposure)
    shrunk, ranks = _pooled(parts, units.counts.rate, table.dispersion)
    whole = totals(units.counts)
    n_measured = n_measured or units.counts.n_speakers
    rows = []
    for c in ids:
        part, sums = parts[c], totals(parts[c])
        outside = whole["exposure"] - sums["exposure"]
        rest = (whole["errors"] - sums["errors"]) / outside if outside > 0 else None
        rows.append(
            Cohort(
                id=c,
                label=rule.label(c),
                description=rule.describe(c),
                errors=sums["errors"],
                exposure=sums["exposure"],
                speakers=part.n_speakers,
                share_speakers=sums["speakers"] / n_measured,
                effective_speakers=effective_speakers(part),
                largest_speaker_share=_largest_share(part),
                detail={name: float(values.sum()) for name, values in part.detail.items()},
                rate=part.rate,
                shrunk_rate=shrunk.get(c),
                interval=rate_interval(part, table.dispersion, bootstrap),
                rank_interval=ranks.get(c),
                excess_errors=None if rest is None else sums["errors"] - rest * sums["exposure"],
                score=scores.get(c),
                p_adjusted=p_adjusted.get(c),
                not_tested_because=refused[c],
            )
        )
    return tuple(sorted(rows, key=lambda row: (-scores.get(row.id, -math.inf), row.errors, row.exposure, row.id)))


def _max_t(
    units: UnitTable,
    cohort: NDArray[np.int64],
    tested: Mapping[int, float],
    n_speakers: int,
    permutations: int,
    seed: int,
    keep_exposure: bool,
) -> dict[int, float]:
    """Return the family-wise p-value of each tested cohort, from the maximum score of all under shuffles."""
    if not tested:
        return {}
    search = FixedGroups.single(units, cohort, [*tested])
    spread = np.sqrt(units.information) if keep_exposure else None
    draws = shuffles(units.counts.speaker, n_speakers, permutations, seed, spread=spread)
    null = np.concatenate([search.scores(chunk) for chunk in draws], axis=1)
    adjusted = step_down(np.array(list(tested.values())), null)
    return dict(zip(tested, map(float, adjusted), strict=True))


def _pooled(
    parts: Mapping[int, ErrorCounts], overall: float, dispersion: Dispersion
) -> tuple[dict[int, float], dict[int, tuple[int, int]]]:
    """Return shrunk rate and rank interval of each cohort with exposure, with the variance under equal treatment."""
    spoken = [c for c, part in parts.items() if part.exposure.sum() > 0]
    departure = np.array([parts[c].rate / overall - 1 for c in spoken])
    expected = np.array([dispersion.rate * parts[c].exposure.sum() for c in spoken])
    effective = np.array([effective_speakers(parts[c]) for c in spoken])
    variance = dispersion.phi / expected + dispersion.tau2 / effective
    shrunk = overall * (1 + shrink(departure, variance))
    ranks = rank_intervals(departure, variance)
    return (
        dict(zip(spoken, map(float, shrunk), strict=True)),
        {c: (int(first), int(last)) for c, (first, last) in zip(spoken, ranks, strict=True)},
    )


def why_not_tested(counts: ErrorCounts, floor: int, whole: ErrorCounts | None = None) -> str | None:
    """Return why a cohort is too small to be tested, or None if it can be tested.

    Parameters
    ----------
    counts
        Cells of the cohort.
    floor
        Fewest sampling units.
    whole
        If ``counts`` are only the cells on which the cohort is measured, all of its cells. The floors of speakers and
        of effective speakers then apply to all, and the part needs 11 speakers, 5 of them effective.
    """
    if whole is not None:
        return _why_part_not_tested(counts, floor, whole)
    speakers, least = counts.n_speakers, max(MIN_SPEAKERS, floor)
    if speakers < least:
        return f"{speakers} {'speaker' if speakers == 1 else 'speakers'}, fewer than {least}"
    effective = effective_speakers(counts)
    if effective < MIN_EFFECTIVE:
        return f"{effective:.1f} effective speakers, fewer than {MIN_EFFECTIVE:.0f}"
    largest = _largest_share(counts)
    if largest > MAX_SHARE:
        return f"one speaker accounts for {largest:.0%} of it"
    return None


def _why_part_not_tested(part: ErrorCounts, floor: int, whole: ErrorCounts) -> str | None:
    """Return why a cohort cannot be tested on some of its speakers, without numbers that would reveal the others."""
    if whole.n_speakers < max(MIN_SPEAKERS, floor):
        return f"fewer than {max(MIN_SPEAKERS, floor)} speakers"
    if effective_speakers(whole) < MIN_EFFECTIVE:
        return f"fewer than {MIN_EFFECTIVE:.0f} effective speakers"
    if part.n_speakers < SUPPRESS_BELOW:
        return f"fewer than {SUPPRESS_BELOW} speakers kept aside"
    if effective_speakers(part) < MIN_EFFECTIVE_OF_PART:
        return f"fewer than {MIN_EFFECTIVE_OF_PART:.0f} effective speakers kept aside"
    largest = max(_largest_share(part), _largest_share(whole))
    return f"one speaker accounts for {largest:.0%} of it" if largest > MAX_SHARE else None


def _largest_share(counts: ErrorCounts) -> float:
    """Return the largest share of the exposure of any sampling unit."""
    _, exposure = counts.per_speaker()
    total = float(exposure.sum())
    return float(exposure.max()) / total if total > 0 else 1.0


def totals(counts: ErrorCounts) -> dict[str, float]:
    """Sum sampling units, utterances, errors and exposure of cells."""
    return {
        "speakers": float(counts.n_speakers),
        "utterances": float(counts.detail["utterances"].sum()) if "utterances" in counts.detail else 0.0,
        "errors": float(counts.errors.sum()) / counts.parts,
        "exposure": float(counts.exposure.sum()) / counts.parts,
    }
