"""The few lines that most people need: a log in, an honest audit out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from fairaudit.auditing import Audit, run_audit
from fairaudit.cohorts import CohortModel, Discoverer, discoverers
from fairaudit.cohorts.membership import memberships
from fairaudit.columns import CHARACTERS, SPEAKER
from fairaudit.confirm import Plan
from fairaudit.counts import RATES, Rate, rate_named, sum_over
from fairaudit.errors import NothingToAuditError, UsageError, unknown_name
from fairaudit.find import find, sized
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.named import NamedColumns
from fairaudit.stats.bootstrap import Estimate, SpeakerBootstrap
from fairaudit.stats.rates import LOG_SCALE
from fairaudit.stats.split import held_out
from fairaudit.tasks import ALL, NEEDS, features_of, provenance_of, settings_for, tasks_for, with_covariates
from fairaudit.units import UnitFeatures, build_tables, index_of

__all__ = ["ALL", "GroupBootstrap", "assign", "audit", "bootstrap", "discover", "join_rates", "methods", "render_html"]


def audit(
    log: UtteranceLog,
    *,
    methods: Sequence[str] = (ALL,),
    by: Sequence[str | Sequence[str]] = (),
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    rate: str | None = None,
    adjust: Sequence[str] = (),
    min_speakers: int | None = None,
    max_cohorts: int | None = None,
    params: Mapping[str, Any] | None = None,
    holdout: float = 0.0,
    permutations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
    intervals: str = LOG_SCALE,
    cross_fit: int = 0,
) -> Audit:
    """Audit a log with every discoverer that it has inputs for.

    Parameters
    ----------
    log
        As :func:`fairaudit.read_log` gives it.
    methods
        Discoverers by name; ``"all"`` means those whose inputs are there.
    by
        Label columns of the ``named`` discoverer; a list of columns means their intersections. Without it
        every label column of the log is a search of its own.
    census, crosswalk, embeddings
        Tables or files that ``zip-census`` and ``embedding`` need.
    rate
        Name of the audited rate; ``wer``, or ``cer`` where the log counts characters.
    adjust
        Columns to take into account: every search is repeated with the errors that everybody makes in an
        utterance's stratum as exposure. ``snr[3]`` cuts a column of numbers into three bands.
    min_speakers, max_cohorts
        Fewest speakers of a cohort and most cohorts of a search, where a discoverer has such a setting.
    params
        Further settings of discoverers; a list of values means a search for each, and p-values pay for all.
    holdout, permutations, alpha, seed, intervals, cross_fit
        See :class:`fairaudit.confirm.Plan`.

    Returns
    -------
    Audit
        Shown as a table in Jupyter; ``to_json``, ``models``, ``discoveries`` hold the rest.

    Raises
    ------
    UsageError
        If a name is unknown, or a method asked for by name lacks its inputs.
    NothingToAuditError
        If no discoverer has its inputs, or the log has no errors.
    """
    chosen = _rate(log, rate)
    settings = settings_for(methods, params or {}, min_speakers, max_cohorts)
    features = features_of(log, census, crosswalk, embeddings)
    tasks, skipped = tasks_for(log, methods, by, features, settings)
    plan = Plan(holdout, permutations, alpha, seed, intervals, cross_fit)
    log, covariates = with_covariates(log, adjust)
    return run_audit(
        log,
        tasks,
        chosen,
        plan,
        provenance_of(log, features, skipped, (census, crosswalk, embeddings)),
        covariates=covariates,
    )


def discover(
    log: UtteranceLog, features: UnitFeatures, how: Discoverer, *, holdout: float = 0.0, seed: int = 0
) -> CohortModel:
    """Find cohorts on the discovery speakers and freeze them, without asking what they are worth.

    Parameters
    ----------
    log
        As :func:`fairaudit.read_log` gives it.
    features
        Where the units' features come from, such as ``Coordinates()``.
    how
        A discoverer with its settings, such as ``GeoTree(max_leaves=126)``.
    holdout, seed
        Share of speakers to leave for measuring, and the seed that chooses them.

    Returns
    -------
    CohortModel
        The frozen rule with the bottom and top cohort that were named.
    """
    table, (units,) = build_tables(log, [features], _rate(log, None), log.cluster or SPEAKER)
    everybody = units.assigned()
    if not len(everybody):
        raise NothingToAuditError(f"nothing to audit: no speaker has {'/'.join(features.keys)}")
    share = Plan(holdout=holdout).for_speakers(len(table)).holdout
    held = held_out(table.exposure, share, seed)
    rule, bottom, top = find(everybody, sized(how, share, 1 - share), ~held[everybody.counts.speaker])
    return CohortModel.frozen(how, how.method, features, rule, bottom, top)


def assign(
    log: UtteranceLog,
    model: CohortModel,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    per: str = SPEAKER,
) -> pd.DataFrame:
    """Sort the speakers, or the utterances, of a log into frozen cohorts.

    Parameters
    ----------
    log
        Any log; speakers, places and labels need not have been there at discovery.
    model
        Frozen cohorts.
    census, crosswalk, embeddings
        As in :func:`audit`.
    per
        ``speaker_id`` or ``utterance_id``: what a row of the result is.

    Returns
    -------
    DataFrame
        See :func:`fairaudit.cohorts.membership.memberships`.
    """
    lacking = [key for key in model.keys if key not in log.columns]
    if lacking:
        raise UsageError(f"cohorts of {model.title!r} need {lacking}; the log has {[*log.columns]}")
    features = features_of(log, census, crosswalk, embeddings)
    source = NamedColumns(model.keys) if model.method == "named" else features.get(model.method)
    if source is None:
        raise UsageError(f"cohorts of {model.title!r} need {NEEDS[model.method]}")
    return memberships(log, source, model, per=per)


@dataclass(frozen=True, eq=False)
class GroupBootstrap:
    """Rates of groups, their gap and their worst, with percentile intervals from speakers drawn anew.

    Attributes
    ----------
    groups
        One row per group: speakers, errors, exposure, rate, low, high; nothing is withheld.
    gap
        Highest minus lowest rate of a round.
    worst
        Highest rate of a round.
    draws
        Rates of every round, shape (rounds, n_groups).
    """

    groups: pd.DataFrame
    gap: Estimate
    worst: Estimate
    draws: pd.DataFrame


def bootstrap(
    log: UtteranceLog,
    by: str | Sequence[str],
    *,
    groups: Iterable[Any] | None = None,
    order: Iterable[Any] | None = None,
    rate: str | None = None,
    rounds: int = 1000,
    seed: int = 0,
) -> GroupBootstrap:
    """Give named groups the intervals that others publish: speakers resampled within each group, percentiles.

    They say how the rates of these groups would vary with other speakers, cover the truth too seldom where
    speakers are few (:class:`fairaudit.stats.bootstrap.SpeakerBootstrap`), and test nothing; :func:`audit` does.

    Parameters
    ----------
    log
        As :func:`fairaudit.read_log` gives it.
    by
        A label column; several mean their intersections. Who speaks in several groups is drawn in each on its own.
    groups
        The groups to compare, tuples where ``by`` names several columns; all by default.
    order
        Sampling units in the order in which the random stream is dealt to them, each at its first mention; groups
        follow their first unit. ``log.speaker_of_utterances()`` gives the order of first appearance, which scripts
        that loop over a log mean. By default an order that neither names nor rows of the log can change.
    rate
        Name of the rate; ``wer``, or ``cer`` where the log counts characters.
    rounds, seed
        See :class:`fairaudit.stats.bootstrap.SpeakerBootstrap`.

    Returns
    -------
    GroupBootstrap
        Groups in the order of the stream.

    Raises
    ------
    UsageError
        If there is no such group, or ``order`` lacks a speaker.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> from fairaudit.inputs import read_log
    >>> found = bootstrap(read_log(make_sample(speakers=200).log), "device", seed=1)
    >>> found.gap.low < found.gap.value < found.gap.high
    True
    """
    columns = (by,) if isinstance(by, str) else tuple(by)
    chosen = _rate(log, rate)
    table, (units,) = build_tables(log, [NamedColumns(columns)], chosen, log.cluster or SPEAKER)
    known = index_of(units.features, columns)
    wanted = [*known] if groups is None else [*dict.fromkeys(groups)]
    for group in wanted:
        if group not in known:
            raise UsageError(unknown_name("group", _spelled(group), map(_spelled, known)))
    if not wanted:
        raise NothingToAuditError(f"nothing to audit: no speaker has {'/'.join(columns)}, or no group was asked for")
    cells = units.counts.where(np.isin(units.counts.group, known.get_indexer(pd.Index(wanted))))
    place = (table.names if order is None else pd.Index([*dict.fromkeys(order)])).get_indexer(table.names)
    if (lacking := place[cells.speaker] < 0).any():
        raise UsageError(f"order lacks {np.unique(cells.speaker[lacking]).size} sampling units of the groups")
    dealt = np.argsort(place[cells.speaker], kind="stable")
    errors, exposure = cells.errors[dealt], cells.exposure[dealt]
    code, present = pd.factorize(cells.group[dealt])
    rates = SpeakerBootstrap(rounds, seed).group_rates(errors, exposure, code)
    names = known[present]
    low, high = zip(*rates.intervals, strict=True)
    frame = pd.DataFrame(
        {
            "speakers": np.bincount(code),
            "errors": sum_over(code, errors, len(names)),
            "exposure": sum_over(code, exposure, len(names)),
            "rate": rates.observed,
            "low": low,
            "high": high,
        },
        index=names,
    )
    return GroupBootstrap(frame, rates.gap, rates.worst, pd.DataFrame(rates.draws, columns=names))


def join_rates(
    log: UtteranceLog,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
) -> dict[str, float]:
    """Share of the log's sampling units that each discoverer could sort, by method."""
    features = features_of(log, census, crosswalk, embeddings)
    table, unit_tables = build_tables(log, list(features.values()), _rate(log, None), log.cluster or SPEAKER)
    return {
        method: units.assigned().counts.n_speakers / len(table)
        for method, units in zip(features, unit_tables, strict=True)
    }


def methods() -> list[tuple[str, str, dict[str, Any]]]:
    """All discoverers: name, what they need, and their settings with defaults."""
    return [
        (name, NEEDS.get(name, "inputs of its own"), {f.name: f.default for f in fields(kind)})
        for name, kind in discoverers().items()
    ]


def render_html(audit: Audit, *, boundaries: Any = None, unredacted: bool = False) -> str:
    """The page of an audit, one offline file.

    Parameters
    ----------
    audit
        As :func:`audit` gives it.
    boundaries
        Outlines to draw under maps: a file that geopandas reads, or a GeoDataFrame.
    unredacted
        Show figures of fewer than 11 speakers; the page says so.

    Returns
    -------
    str
        HTML without scripts or requests.
    """
    from fairaudit.report import render_html as render

    return render(audit.to_dict(unredacted=unredacted), boundaries=boundaries)


def _spelled(group: Any) -> str:
    return " × ".join(map(str, group)) if isinstance(group, tuple) else str(group)


def _rate(log: UtteranceLog, name: str | None) -> Rate:
    rate = rate_named(name or ("cer" if log.exposure == CHARACTERS else "wer"))
    lacking = [column for column in (rate.numerator, rate.denominator) if column not in log.count_columns]
    if lacking:
        possible = [r.name for r in RATES.values() if {r.numerator, r.denominator} <= {*log.count_columns}]
        raise UsageError(f"rate {rate.name!r} needs {lacking}, which this log does not count; it can give {possible}")
    return rate
