"""Several systems on the same utterances."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pandas as pd

from fairaudit.api.frozen import frozen_scoring, require_scored_alike, unchecked
from fairaudit.api.label_columns import bands_instead, require_few_numbers, require_groups
from fairaudit.api.logs import LogLike, log_of, other_denominator, rate_of
from fairaudit.api.provenance import provenance_of
from fairaudit.api.releases import of_counts, with_features
from fairaudit.api.side_tables import SideTables
from fairaudit.api.sources import SearchRequest, with_frozen_bands
from fairaudit.cohorts import CohortModel, Discoverer, Named, discoverers
from fairaudit.comparing.board import run_board
from fairaudit.core.columns import SPEAKER, names
from fairaudit.core.columns import system_column as column_of_system
from fairaudit.core.errors import UsageError, setting
from fairaudit.core.rate import Rate, columns_of, rate_named
from fairaudit.core.settings import options_of
from fairaudit.evidence.plan import Plan, Search
from fairaudit.inputs.aligning import align
from fairaudit.inputs.bands import with_bands
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.systems import read_systems
from fairaudit.units.build import build_tables

if TYPE_CHECKING:
    from fairaudit.api.side_tables import Features
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.results.board import Board
    from fairaudit.results.documents import AlignmentDoc

__all__ = ["board", "require_number"]

#: Settings that say how one log holds several systems.
_WAYS: Final = ("hypothesis_columns", "system_column", "hypotheses")


def board(
    systems: Mapping[str, LogLike] | LogLike,
    *,
    hypothesis_columns: Sequence[str] = (),
    system_column: str | None = None,
    hypotheses: Mapping[str, str | os.PathLike[str]] | None = None,
    by: str | Sequence[str | Sequence[str]] = (),
    methods: str | Discoverer | Sequence[str | Discoverer] = (),
    models: CohortModel | Sequence[CohortModel] = (),
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    rate: str | Rate | None = None,
    permutations: int = 999,
    seed: int = 0,
    identifying: bool = False,
    allow_identical: bool = False,
) -> Board:
    """Compare several systems on the same utterances: overall, by their worst group and by their gap.

    Parameters
    ----------
    systems
        Log of each system by its name, as in :func:`fairaudit.audit`; speakers, places and labels are those of the
        first. Or one log that is not read yet, if one of the following three parameters is given.
    hypothesis_columns
        Columns with the hypotheses of the systems, which are their names.
    system_column
        Column with the name of the system, of a log with a row for each system and utterance.
    hypotheses
        File with the hypotheses of each system, by its name, as in :func:`fairaudit.read_log`.
    by
        Label columns whose labels are groups, or bands of numbers such as ``"age[20,40,60]"``; several columns in a
        tuple mean their combinations.
    methods
        Discoverers, or their names, that find further groups by the errors of all systems together. Searches look at
        some of the speakers, as in an audit with the same seed, and their groups are measured on the others.
    models
        Frozen cohorts that are groups, such as :attr:`Audit.models <fairaudit.Audit.models>`.
    census, crosswalk, embeddings
        As in :func:`fairaudit.audit`, for frozen cohorts and discoverers.
    rate
        As in :func:`fairaudit.audit`, but without percentiles; all systems must have the same denominator.
    permutations
        Number of random draws for the level of intervals that hold at once.
    seed
        Seed of the draws and of the split.
    identifying
        Whether columns that identify persons may be used.
    allow_identical
        Whether two systems may have the same results.

    Returns
    -------
    Board
        The numbers of each system, the ratios of all pairs, and which orders are certain.

    Raises
    ------
    InputError
        If the logs cannot be aligned, see :func:`fairaudit.inputs.aligning.align`, or were not scored alike.
    UsageError
        If there are fewer than two systems, a column identifies persons, a log does not count what the rate needs, or a
        discoverer lacks its inputs.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> rows = rows.assign(other=rows["hypothesis"] + " uh")
    >>> result = board(rows, hypothesis_columns=["hypothesis", "other"], by="accent", permutations=99)
    >>> result.verdict, result.systems
    ('different', ('hypothesis', 'other'))
    """
    plan = Plan(permutations=permutations, seed=seed)
    frozen = [model.redacted() for model in names(models)]
    scoring = frozen_scoring(frozen)
    rate = rate or scoring.get("rate")
    require_number(rate)
    tables = SideTables(census, crosswalk, embeddings)
    labels = [column for entry in names(by) for column in names(entry)]
    SearchRequest(methods=methods).check()
    if "named" in names(methods) and not labels:
        raise UsageError(f"named compares labels; name their columns ({setting('by', 'COLUMN')})")
    needed = {"": tables.columns, "by": labels}
    if hypothesis_columns or system_column or hypotheses:
        if isinstance(systems, Mapping | UtteranceLog):
            raise UsageError(f"{', '.join(map(setting, _WAYS))} are of one frame or file, not of several systems")
        logs = read_systems(
            systems if isinstance(systems, pd.DataFrame) else [Path(one) for one in names(systems)],
            hypothesis_columns=names(hypothesis_columns),
            system_column=system_column,
            hypotheses=hypotheses,
            counts=columns_of(rate),
            needed=needed,
            second_normalizer="off",
            **options_of(scoring),
        )
    elif isinstance(systems, Mapping):
        logs = {str(name): log_of(one, str(name), rate, needed, scoring=scoring) for name, one in systems.items()}
    else:
        raise UsageError(f"systems are logs by name, or one log of several systems ({', '.join(map(setting, _WAYS))})")
    logs, groupings = _with_bands(logs, frozen, [names(entry) for entry in names(by)])
    log, alignment = align(logs, allow_identical=allow_identical)
    first = next(iter(logs.values()))
    chosen = rate_of(first, rate)
    _require_counts(log, chosen, [*logs])
    chosen = replace(chosen, parts=max(rate_of(one, chosen).parts for one in logs.values()))
    require_scored_alike(frozen, first, chosen)
    if not identifying:
        require_few_numbers(log, labels)
        require_groups(log, {column: None for grouping in groupings for column in grouping})
    features = tables.features(log)
    sets, skipped = with_features(frozen, log, features)
    skipped += bands_instead(log, labels, Named.min_speakers)
    searches, not_searched = _searches(methods, log, features)
    tables.warn_of_unused([*(model.keys for model, _ in sets), *(search.features.keys for search in searches)])
    sets = [*(_named(grouping, log, chosen) for grouping in groupings), *sets]
    columns = [key for model, _ in sets for key in model.keys]
    columns += [key for search in searches for key in search.features.keys]
    own = [provenance_of(first, features, skipped, tables.files, columns)]
    own += [provenance_of(other, {}, (), (), ()) for other in [*logs.values()][1:]]
    caveats = [
        *not_searched,
        *unchecked(frozen, first),
        *of_counts(logs.values()),
    ]
    return run_board(
        log,
        sets,
        chosen,
        plan,
        alignment=cast("AlignmentDoc", {**asdict(alignment), "missing": dict(alignment.missing)}),
        provenance=dict(zip(logs, own, strict=True)),
        searches=searches,
        caveats=caveats,
    )


def require_number(rate: str | Rate | None) -> None:
    """Refuse a rate above a percentile, which would be another number for each system, or that of one of them.

    Raises
    ------
    UsageError
        If the threshold of the rate is a percentile.
    """
    if rate is not None and rate_named(rate).has_percentile:
        raise UsageError(
            f"{rate_named(rate).formula}: a percentile is that of one log, but a board has one for each system; give "
            "the number above which an utterance counts"
        )


def _with_bands(
    logs: Mapping[str, UtteranceLog], models: Sequence[CohortModel], groupings: Sequence[tuple[str, ...]]
) -> tuple[dict[str, UtteranceLog], list[tuple[str, ...]]]:
    """Add the bands of frozen cohorts and of groupings to the first log, and give groupings their exact names."""
    if not logs:
        return {}, []
    name, first = next(iter(logs.items()))
    asked = [column for grouping in groupings for column in grouping]
    first, exact = with_bands(with_frozen_bands(first, models), asked)
    return {**logs, name: first}, [tuple(exact.get(column, column) for column in one) for one in groupings]


def _searches(
    methods: str | Discoverer | Sequence[str | Discoverer], log: UtteranceLog, features: Features
) -> tuple[list[Search], list[str]]:
    """Return the searches for groups, and sentences about those that the log does not allow.

    Groups by labels are those of ``by``, so that discoverers of labels add nothing.
    """
    selection = SearchRequest(methods=methods).select(log, features)
    lacking = [entry for entry in selection.skipped if entry["method"] in discoverers()]
    return (
        [search for search in selection.searches if search.discoverer.keys],
        [f"{entry['method']} was not searched, because it needs {entry['needs']}." for entry in lacking],
    )


def _named(columns: Sequence[str], log: UtteranceLog, rate: Rate) -> tuple[CohortModel, NamedColumns]:
    """Make the labels of columns groups."""
    source, discoverer = NamedColumns(tuple(columns)), Named(tuple(columns))
    _, (units,) = build_tables(log, [source], rate, log.cluster or SPEAKER, perfect=True)
    rule = discoverer.partition(units)
    model = CohortModel.frozen(discoverer, f"named: {' × '.join(columns)}", source, rule, None, None)
    return model, source


def _require_counts(log: UtteranceLog, rate: Rate, systems: Sequence[str]) -> None:
    """Make sure that all systems count what a rate needs, and that only its numerator differs."""
    sums, counted = None, {*log.count_columns, *log.derived_columns}
    for k, name in enumerate(systems):
        columns = [column_of_system(column, k) for column in rate.columns]
        if missing := [own for own, column in zip(rate.columns, columns, strict=True) if column not in counted]:
            raise UsageError(f"rate {rate.name!r} needs {missing}, which not all systems count")
        sums = log.tally([log.cluster or SPEAKER]) if sums is None else sums
        if (sums[columns[1]] != sums[rate.denominator]).any():
            raise UsageError(other_denominator(log, rate, f"the log of {name}", "systems"))
