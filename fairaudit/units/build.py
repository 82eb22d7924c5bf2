"""Build the units that a discoverer sorts: places, zip codes, speakers or named groups, with features and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, Self

import numpy as np

from fairaudit.core.columns import COORDINATES, ERRORS, RESCORED, SPEAKER, UTTERANCES, candidate_column, is_copy
from fairaudit.core.counts import ErrorCounts, distinct_codes, speaker_weights, sum_over
from fairaudit.core.derived import DERIVED, in_loops, is_derived
from fairaudit.core.errors import InputError, NothingToAuditError
from fairaudit.core.rate import Rate
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.exact import on_grid
from fairaudit.units.homes import index_of, most_frequent
from fairaudit.units.identity import alike_ids, far_apart, several_labels
from fairaudit.units.tally import TallySource

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SpeakerTable", "UnitFeatures", "UnitTable", "build_tables", "caveats_of"]

#: Column of a draft's cells with the unit number; logs are not expected to have a column of this name.
_UNIT: Final = "_unit"


class UnitFeatures(Protocol):
    """A source of features of units."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of the log that identify a unit: ("latitude", "longitude"), ("zip_code",), ("speaker_id",), ..."""
        ...

    @property
    def one_per_speaker(self) -> bool:
        """Whether a speaker belongs only to the most frequent unit (a home) or to every unit that occurs."""
        ...

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Return the features of units, one row per unit in the given order; rows of unknown units are all missing."""
        ...


@dataclass(frozen=True)
class SpeakerTable:
    """The log summed over its sampling units, in an order that does not depend on their names.

    Attributes
    ----------
    names
        The sampling units, in order of their codes.
    errors, exposure
        Counts in ``1 / parts``, shape (n_speakers,).
    dispersion
        Overdispersion fitted to these counts.
    totals
        Sum of every additive column of the log.
    parts
        As in :class:`fairaudit.core.counts.ErrorCounts`.
    """

    names: pd.Index
    errors: NDArray[np.float64]
    exposure: NDArray[np.float64]
    dispersion: Dispersion
    totals: Mapping[str, float]
    parts: int = 1

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class UnitTable:
    """Features of units, and counts per cell, that is, per pair of sampling unit and unit.

    Attributes
    ----------
    features
        Frame of shape (n_units, n_features). Units without any feature are left out.
    counts
        Cells whose ``group`` is the row of the unit in ``features``, or unassigned if the unit has no features.
    residual, information
        Contributions of the cells to a score (:meth:`Dispersion.weigh`), shape (n_cells,), rounded to a grid
        (:func:`fairaudit.stats.exact.on_grid`) so that every sum of them is exact.
    notes
        Sentences about decisions made when the table was built.
    caveats
        Sentences about ids that may not be people, which a reader of the verdict must know.
    """

    features: pd.DataFrame
    counts: ErrorCounts
    residual: NDArray[np.float64]
    information: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.features)

    def where(self, cells: NDArray[np.bool_]) -> Self:
        """Keep some cells and the units that they belong to, renumbered."""
        counts = self.counts.where(cells)
        present = distinct_codes(counts.group[counts.group >= 0])
        renumbered = np.full(len(self.features), -1, dtype=np.int64)
        renumbered[present] = np.arange(len(present))
        return replace(
            self,
            features=self.features.iloc[present],
            counts=counts.regroup(renumbered),
            residual=self.residual[cells],
            information=self.information[cells],
        )

    def assigned(self) -> Self:
        """Keep only the cells whose unit has features."""
        return self.where(self.counts.group >= 0)

    def per_unit(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a column of cells, shape (n_cells,) or (draws, n_cells), over units; the last axis becomes n_units."""
        group, size = self.counts.group, len(self.features)
        if column.ndim == 1:
            return sum_over(group, column, size)
        if len(group) == size and np.array_equal(group, np.arange(size)):
            return column
        flat = (np.arange(len(column))[:, None] * size + group).ravel()
        return sum_over(flat, column.ravel(), len(column) * size).reshape(len(column), size)

    def speakers_per_unit(self) -> NDArray[np.float64]:
        """Sampling units in each unit, shape (n_units,), where one with cells in several units counts once in all.

        Sums over units never exceed the true number of sampling units with a cell in them
        (:func:`fairaudit.core.counts.speaker_weights`). Floors and shares of searches use these sums.
        """
        return self.per_unit(speaker_weights(self.counts.speaker))


def build_tables(
    log: TallySource,
    features: Sequence[UnitFeatures],
    rate: Rate,
    sampling_unit: str = SPEAKER,
    *,
    perfect: bool = False,
) -> tuple[SpeakerTable, list[UnitTable]]:
    """Sum a log over its speakers and over the units of several discoverers.

    Sampling units are ordered by their counts and their units, never by name. Renaming them or shuffling the rows
    therefore changes no random draw, and hence no result.

    Parameters
    ----------
    log
        The log, or its tally.
    features
        One source of features per discoverer. Discoverers that share a source share a table.
    rate
        Names the columns of errors and exposure.
    sampling_unit
        Column whose values are exchangeable: the speaker, or a coarser cluster.
    perfect
        Whether a log without errors is allowed.

    Returns
    -------
    SpeakerTable, list of UnitTable
        The unit tables, in the order of ``features``. All use the same speaker codes.

    Raises
    ------
    InputError
        If a row has no sampling unit.
    NothingToAuditError
        If the log has no exposure, or if it has no errors and ``perfect`` is false.
    """
    speakers = log.tally([sampling_unit])
    if speakers.index.hasnans:
        raise InputError(
            f"column {sampling_unit!r} is empty in {int(speakers[speakers.index.isna()][UTTERANCES].sum())} rows; "
            "every row needs a sampling unit"
        )
    rate.require_exposure(speakers[rate.denominator].sum())
    if not perfect and speakers[rate.numerator].sum() <= 0:
        raise NothingToAuditError(f"nothing to audit: this log has no {rate.errors}, so every rate is 0")
    drafts = {id(source): _draft(log, source, sampling_unit, rate) for source in {id(f): f for f in features}.values()}
    order = _order(speakers, [draft.cells for draft in drafts.values()], sampling_unit, rate)
    speakers = speakers.iloc[order]
    errors, exposure = (rate.in_parts(speakers[name]) for name in rate.columns)
    table = SpeakerTable(
        names=speakers.index,
        errors=errors,
        exposure=exposure,
        dispersion=fit_dispersion(errors, exposure),
        totals={str(name): float(total) for name, total in speakers.sum().items()},
        parts=rate.parts,
    )
    finished = {source: _finish(draft, table, sampling_unit, rate) for source, draft in drafts.items()}
    return table, [finished[id(source)] for source in features]


def caveats_of(table: SpeakerTable, unit_tables: Iterable[UnitTable]) -> tuple[str, ...]:
    """Say where ids may not be people: sampling units spelled alike, and those with several labels or homes."""
    alike = alike_ids(str(table.names.name), table.names)
    return (*alike, *dict.fromkeys(caveat for units in unit_tables for caveat in units.caveats))


@dataclass(frozen=True)
class _Draft:
    """A unit table before sampling units are numbered; ``cells`` has a column :data:`_UNIT`."""

    features: pd.DataFrame
    cells: pd.DataFrame
    notes: tuple[str, ...]
    caveats: tuple[str, ...]


def _draft(log: TallySource, source: UnitFeatures, sampling_unit: str, rate: Rate) -> _Draft:
    keys = list(source.keys)
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    if source.one_per_speaker:
        speaker = list(dict.fromkeys([sampling_unit, SPEAKER]))
        cells = tally = _summed(log, [*speaker, *keys], rate)
        if keys != [SPEAKER]:
            cells, several = most_frequent(tally, speaker, keys, rate)
            if several:
                what = "/".join(keys)
                notes = (f"{several} speakers had more than one {what}; each is counted under the most frequent one",)
            if several and tuple(keys) == COORDINATES:
                caveats = far_apart(tally, cells, speaker)
    else:
        cells = _summed(log, [sampling_unit, *keys], rate)
        if sampling_unit == SPEAKER:
            caveats = several_labels(cells, SPEAKER, keys)
    names = index_of(cells, keys)
    units = names.unique()
    features = source.lookup(units)
    known = features.notna().any(axis=1).to_numpy()
    features = features[known].reset_index(drop=True)
    # Rows with equal features are different units, so they are not merged.
    unit = np.full(len(units), -1, dtype=np.int64)
    unit[known] = np.arange(int(known.sum()))
    cells[_UNIT] = unit[units.get_indexer(names)]
    by = [sampling_unit, _UNIT]
    counted = [column for column in cells.columns if column not in {*by, *keys, SPEAKER}]
    cells = cells.groupby(by, sort=False)[counted].sum().reset_index()
    rank = _canonical_rank(features, cells, rate)
    order = np.argsort(rank, kind="stable")
    assigned = cells[_UNIT].to_numpy() >= 0
    cells.loc[assigned, _UNIT] = rank[cells.loc[assigned, _UNIT].to_numpy()]
    return _Draft(features.iloc[order].reset_index(drop=True), cells, notes, caveats)


def _summed(log: TallySource, by: Sequence[str], rate: Rate) -> pd.DataFrame:
    """Tally a log, and keep only those derived counts that say how much loops make of the rate."""
    cells = log.tally([*dict.fromkeys(by)])
    loops = [in_loops(name) for name in (UTTERANCES, *rate.columns)]
    kept = loops if rate.numerator == ERRORS and {*loops} <= {*cells.columns} else []
    kept += [*rate.columns, *map(candidate_column, rate.columns)]
    return cells.drop(columns=[name for name in map(str, cells) if is_derived(name) and name not in kept]).reset_index()


def _canonical_rank(features: pd.DataFrame, cells: pd.DataFrame, rate: Rate) -> NDArray[np.int64]:
    """Rank units by their numeric features, then by their counts, and never by name."""
    numeric = features.select_dtypes("number")
    totals = cells[cells[_UNIT] >= 0].groupby(_UNIT)[list(dict.fromkeys([*rate.columns[::-1], UTTERANCES]))].sum()
    totals = totals.reindex(range(len(features)), fill_value=0)
    columns = [totals[name].to_numpy() for name in totals.columns]
    columns += [numeric[name].to_numpy() for name in numeric.columns]
    order = np.lexsort(columns) if len(features) else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(features), dtype=np.int64)
    rank[order] = np.arange(len(features))
    return rank


def _order(speakers: pd.DataFrame, drafts: list[pd.DataFrame], sampling_unit: str, rate: Rate) -> NDArray[np.int64]:
    """Order sampling units by exposure, errors, further counts, and their units.

    Counts of a second normaliser and derived counts come last, so that adding them changes no random draw.
    """
    last = [name for name in (*RESCORED, *DERIVED) if name in speakers]
    last += sorted({*filter(is_derived, map(str, speakers.columns))} - {*last})
    further = sorted({*speakers.columns} - {rate.denominator, rate.numerator, *last})
    columns = [speakers[name].to_numpy() for name in (rate.denominator, rate.numerator, *further)]
    for cells in drafts:
        least = cells.groupby(sampling_unit)[_UNIT].agg(["min", "max"]).reindex(speakers.index)
        columns += [least["min"].to_numpy(), least["max"].to_numpy()]
    columns += [speakers[name].to_numpy() for name in last]
    return np.lexsort(columns[::-1])


def _finish(draft: _Draft, table: SpeakerTable, sampling_unit: str, rate: Rate) -> UnitTable:
    import pandas as pd

    cells = draft.cells
    speaker = table.names.get_indexer(pd.Index(cells[sampling_unit])).astype(np.int64)
    order = np.lexsort([cells[_UNIT].to_numpy(), speaker])
    cells, speaker = cells.iloc[order], speaker[order]
    again = {name for name in map(str, cells) if any(is_copy(name, column) for column in rate.columns)}
    counts = ErrorCounts(
        speaker=speaker,
        group=cells[_UNIT].to_numpy(np.int64),
        errors=rate.in_parts(cells[rate.numerator]),
        exposure=rate.in_parts(cells[rate.denominator]),
        detail={
            name: rate.in_parts(cells[name]) if name in again else cells[name].to_numpy(float)
            for name in cells.columns
            if name not in {sampling_unit, _UNIT, rate.denominator, ERRORS} - {UTTERANCES}
        },
        parts=rate.parts,
    )
    weighed = table.dispersion.weigh(counts.errors, counts.exposure, table.exposure[counts.speaker])
    residual, information = map(on_grid, weighed)
    return UnitTable(draft.features, counts, residual, information, draft.notes, draft.caveats)
