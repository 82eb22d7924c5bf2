"""Find the cohorts of several searches that the same rows of a log are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import UNASSIGNED, sum_over
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.units.build import UnitFeatures, UnitTable
from fairaudit.units.homes import index_of, most_frequent

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fairaudit.cohorts.rules import Rule
    from fairaudit.core.rate import Rate
    from fairaudit.units.tally import TallySource

__all__ = [
    "WITHOUT_COHORTS",
    "JoinedSearch",
    "JointCells",
    "cohort_sizes",
    "cohorts_of_rows",
    "deciding_columns",
    "joint_cells",
    "small_cohorts",
]

#: A source of features, a rule (``None`` if there are no cohorts), and the units.
JoinedSearch = tuple["UnitFeatures", "Rule | None", "UnitTable"]

#: Cohort of the speakers that a search without cohorts could have assigned.
WITHOUT_COHORTS: Final = -2


@dataclass(frozen=True)
class JointCells:
    """The rows of a log, joined where speaker and cohorts are the same.

    Attributes
    ----------
    speaker
        Code of the sampling unit, shape (n_cells,).
    cohort
        Cohort in each search, ``UNASSIGNED``, or :data:`WITHOUT_COHORTS`; shape (n_cells, n_searches).
    counts
        Errors, exposure and further counts of each cell, shape (2 + n_further, n_cells).
    keys
        Value of each further column in each cell, of shape (n_cells,).
    """

    speaker: NDArray[np.int64]
    cohort: NDArray[np.int64]
    counts: NDArray[np.float64]
    keys: tuple[NDArray[np.object_], ...] = ()


def joint_cells(
    log: TallySource,
    searches: Sequence[JoinedSearch],
    rate: Rate,
    sampling_unit: str,
    names: pd.Index,
    further: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> JointCells:
    """Return the joint memberships of all rows of a log in the cohorts of several searches.

    Parameters
    ----------
    log
        The log. It is summed once more only if speakers have several labels in two searches or more.
    searches
        For each search, the source of its features, its rule (``None`` if it has no cohorts) and its units.
    rate
        Rate of the unit tables.
    sampling_unit
        Column of the sampling unit.
    names
        Sampling units in the order of their codes.
    further
        Further counts to sum, such as the errors of other systems.
    keys
        Further columns by which cells differ, such as the bins of a histogram. The log is then always summed once more.
    """
    several = [i for i, (_, _, units) in enumerate(searches) if _has_several_cells(units, len(names))]
    if len(several) > 1 or keys:
        return _over_rows(log, searches, rate, sampling_unit, names, further, keys)
    own = [(units.counts.speaker, _cohort_of_cells(rule, units)) for _, rule, units in searches]
    finest = several[0] if several else 0
    speaker, counts = own[finest][0], searches[finest][2].counts
    columns = [own[i][1] if i == finest else _scattered(*own[i])[speaker] for i in range(len(searches))]
    return _distinct(
        speaker, columns, np.stack([counts.errors, counts.exposure, *(counts.detail[name] for name in further)])
    )


def _cohort_of_cells(rule: Rule | None, units: UnitTable) -> NDArray[np.int64]:
    """Return the cohort of each cell of a search."""
    if rule is None:
        return np.where(units.counts.group >= 0, WITHOUT_COHORTS, UNASSIGNED)
    return units.counts.regroup(rule.assign(units.features)).group


def _scattered(speaker: NDArray[np.int64], cohort: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cohort of each sampling unit, if each has one cell."""
    of_speaker = np.full(len(speaker), UNASSIGNED, dtype=np.int64)
    of_speaker[speaker] = cohort
    return of_speaker


def _over_rows(
    log: TallySource,
    searches: Sequence[JoinedSearch],
    rate: Rate,
    sampling_unit: str,
    names: pd.Index,
    further: Sequence[str],
    keys: Sequence[str],
) -> JointCells:
    """Join searches in which speakers have several cells, by the columns that decide about these cells."""
    import pandas as pd

    by = list(dict.fromkeys([*deciding_columns(searches, sampling_unit, len(names)), *keys]))
    sums = log.tally(by).reset_index()
    rows, counts = sums[by], rate.in_parts(sums[[*rate.columns, *further]]).T
    speaker = names.get_indexer(pd.Index(rows[sampling_unit])).astype(np.int64)
    cohorts = cohorts_of_rows(log, searches, rate, sampling_unit, names, rows)
    codes = [pd.factorize(rows[key], use_na_sentinel=False) for key in keys]
    cells = _distinct(speaker, [*cohorts.T, *(code for code, _ in codes)], counts)
    n = len(searches)
    labels_of = tuple(np.asarray(values)[cells.cohort[:, n + i]] for i, (_, values) in enumerate(codes))
    return JointCells(cells.speaker, cells.cohort[:, :n], cells.counts, labels_of)


def deciding_columns(searches: Sequence[JoinedSearch], sampling_unit: str, n_speakers: int) -> list[str]:
    """Return the columns of a log that decide which cohorts a row is in: the sampling unit, and those of some searches.

    Parameters
    ----------
    searches
        For each search, the source of its features, its rule (``None`` if it has no cohorts) and its units.
    sampling_unit
        Column of the sampling unit.
    n_speakers
        Number of sampling units in the log.
    """
    several = [source for source, _, units in searches if _has_several_cells(units, n_speakers)]
    who = [SPEAKER] if any(source.one_per_speaker for source in several) else []
    labels = [key for source in several if not source.one_per_speaker for key in source.keys]
    return list(dict.fromkeys([sampling_unit, *who, *labels]))


def cohorts_of_rows(
    log: TallySource,
    searches: Sequence[JoinedSearch],
    rate: Rate,
    sampling_unit: str,
    names: pd.Index,
    rows: pd.DataFrame,
) -> NDArray[np.int64]:
    """Return the cohort of rows in each search, ``UNASSIGNED`` or :data:`WITHOUT_COHORTS`, shape (n_rows, n_searches).

    Parameters
    ----------
    log, searches, rate, sampling_unit, names
        As in :func:`joint_cells`.
    rows
        Distinct rows of the log, with its :func:`deciding_columns` at least.
    """
    import pandas as pd

    speaker = names.get_indexer(pd.Index(rows[sampling_unit]))
    cohorts = np.empty((len(rows), len(searches)), dtype=np.int64)
    for i, (source, rule, units) in enumerate(searches):
        if not _has_several_cells(units, len(names)):
            cohorts[:, i] = _scattered(units.counts.speaker, _cohort_of_cells(rule, units))[speaker]
        elif source.one_per_speaker:
            cohorts[:, i] = _moved(log, source, rule, rows, list(dict.fromkeys([sampling_unit, SPEAKER])), rate)
        else:
            cohorts[:, i] = _assigned(source, rule, index_of(rows, source.keys))
    return cohorts


def _has_several_cells(units: UnitTable, n_speakers: int) -> bool:
    """Whether a sampling unit has cells in several units of a search."""
    return len(units.counts.speaker) != n_speakers


def _moved(
    log: TallySource, source: UnitFeatures, rule: Rule | None, rows: pd.DataFrame, who: list[str], rate: Rate
) -> NDArray[np.int64]:
    """Return the cohort of each row by the unit that its speaker is counted under."""
    keys = list(source.keys)
    cells = log.tally(list(dict.fromkeys([*who, *keys]))).reset_index()
    if keys != [SPEAKER]:
        cells, _ = most_frequent(cells, who, keys, rate)
    homes = cells[who].assign(_cohort=_assigned(source, rule, index_of(cells, keys)))
    return rows[who].merge(homes, on=who, how="left", validate="many_to_one")["_cohort"].to_numpy(np.int64)


def _assigned(source: UnitFeatures, rule: Rule | None, units: pd.Index) -> NDArray[np.int64]:
    """Return the cohort of each unit."""
    distinct = units.unique()
    features = source.lookup(distinct)
    known = features.notna().any(axis=1).to_numpy()
    cohort = np.full(len(distinct), UNASSIGNED, dtype=np.int64)
    if known.any():
        cohort[known] = WITHOUT_COHORTS if rule is None else rule.assign(features[known])
    return np.asarray(cohort[distinct.get_indexer(units)])


def _distinct(
    speaker: NDArray[np.int64], columns: Sequence[NDArray[np.int64]], counts: NDArray[np.float64]
) -> JointCells:
    rows, cell = np.unique(np.column_stack([speaker, *columns]), axis=0, return_inverse=True)
    summed = np.stack([sum_over(cell.ravel(), column, len(rows)) for column in counts])
    return JointCells(rows[:, 0], rows[:, 1:], summed)


def cohort_sizes(rule: Rule, units: UnitTable) -> NDArray[np.int64]:
    """Return the number of sampling units in each cohort of a rule, shape (n_cohorts,)."""
    cohort, speaker = _cohort_of_cells(rule, units), units.counts.speaker
    n_speakers = int(speaker.max(initial=0)) + 1
    members = np.unique(cohort[cohort >= 0] * n_speakers + speaker[cohort >= 0]) // n_speakers
    return np.bincount(members, minlength=rule.n_cohorts)


def small_cohorts(rule: Rule, units: UnitTable) -> frozenset[int]:
    """Return the cohorts of a rule that have fewer than 11 sampling units."""
    return frozenset(np.flatnonzero(cohort_sizes(rule, units) < SUPPRESS_BELOW).tolist())
