"""The few lines that most people need: a log in, an honest audit out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from fairaudit.api.covariates import with_covariates
from fairaudit.api.frozen import require_scored_alike
from fairaudit.api.logs import LogLike, log_of, rate_of
from fairaudit.api.provenance import provenance_of
from fairaudit.api.side_tables import SideTables
from fairaudit.api.sources import (
    ALL,
    SearchRequest,
    features_for,
    places_of,
    with_exact_bands,
    with_frozen_bands,
)
from fairaudit.auditing import run_audit
from fairaudit.cohorts import CohortModel, Discoverer
from fairaudit.cohorts.membership import memberships
from fairaudit.core.about import checked_about
from fairaudit.core.columns import RESCORED, SPEAKER, names, rescored
from fairaudit.core.derived import is_on_demand
from fairaudit.core.quantiles import checked_quantiles
from fairaudit.core.rate import Rate, rate_named
from fairaudit.core.verdicts import Intervals
from fairaudit.core.workers import Workers
from fairaudit.evidence.find import freeze
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.splitting import design_of
from fairaudit.inputs.binned import with_bins
from fairaudit.units.build import UnitFeatures, build_tables

if TYPE_CHECKING:
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.results.audit import Audit

__all__ = ["ALL", "assign", "audit", "check_options", "discover"]


def audit(
    log: LogLike,
    *,
    methods: str | Discoverer | Sequence[str | Discoverer] = ALL,
    by: str | Sequence[str | Sequence[str]] = (),
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    rate: str | Rate | None = None,
    adjust: str | Sequence[str] = (),
    quantiles: Mapping[str, Sequence[float]] | None = None,
    min_speakers: int | None = None,
    max_cohorts: int | None = None,
    params: Mapping[str, Any] | None = None,
    holdout: float | None = None,
    permutations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
    intervals: str = Intervals.LOG_SCALE,
    cross_fit: int | None = None,
    identifying: bool = False,
    jobs: int = 1,
    about: Mapping[str, str | None] | None = None,
) -> Audit:
    """Audit a log with every discoverer that it has inputs for.

    Parameters
    ----------
    log
        As :func:`fairaudit.read_log` gives it. A data frame, a path or a list of paths is read with the default
        options, and with its words (``wrong_words``), so that the audit says which of them go wrong.
    methods
        Discoverers, or their names: ``"named"``, or ``[GeoTree(max_leaves=10), "embedding"]``. ``"all"`` means
        those whose inputs are there. A discoverer keeps its own settings; a name takes those below.
    by
        Label columns of the ``named`` discoverer, each a search of its own; an entry that is itself a list of columns
        means their intersections. ``"age[20,40,60]"`` cuts a column of numbers into bands at these edges, and
        ``"snr[3]"`` into three bands of about equal numbers of utterances, whose edges are frozen with the cohorts. By
        default every label column of the log is searched.
    census, crosswalk, embeddings
        Tables or files that ``zip-census`` and ``embedding`` need.
    rate
        The audited rate: a name, a formula such as ``"delay=delay_ms/audio_ms"`` or
        ``"slow=latency_ms>800/utterances"``, or a :class:`fairaudit.Rate`. By default ``wer``, ``cer`` or ``mer``, by
        what the log counts.
    adjust
        Columns to take into account: every search is repeated with the errors that are expected in an
        utterance's stratum as exposure. ``"snr[3]"`` cuts a column of numbers into three bands.
    quantiles
        Columns of numbers whose quantiles are given for each cohort, with shares such as
        ``{"latency_ms": (0.5, 0.9, 0.99)}``. They change no verdict.
    min_speakers, max_cohorts
        Fewest speakers of a cohort and most cohorts of a search, where a discoverer has such a setting.
    params
        Further settings of discoverers; a list of values means a search for each, and p-values pay for all.
    holdout
        Share of speakers to measure on, which discovery does not see; by default a half, or a third of 1,000 speakers
        and more. Of more than 150,000 speakers, it is all but 100,000.
    permutations
        Number of shuffles of the whole search.
    alpha
        Level of the verdict.
    seed
        Seed of the split, the folds and the bootstrap.
    intervals
        ``"log-scale"``, or ``"bootstrap"`` for percentiles of resampled speakers (too narrow for few speakers).
    cross_fit
        Number of folds of a cross-fitted gap beside the held-out one; ``None`` for no such gap.
    identifying
        Whether ``by`` may name columns that identify persons: ids, coordinates, zip codes, e-mail addresses, and
        columns in which most labels belong to a single speaker.
    jobs
        Number of processes in which the searches run side by side. The results are the same. A script then needs
        ``if __name__ == "__main__":``.
    about
        What the audit is about, for the head of its reports: any of ``title``, ``model``, ``release``, ``data`` and
        ``date``. Without these, reports are headed by the names of the files.

    Returns
    -------
    Audit
        Shown as a table in Jupyter; ``to_json``, ``models`` and ``searches`` hold the rest. If no discoverer has its
        inputs, there are no searches, the verdict is that evidence is insufficient, and ``overall`` describes all
        speakers.

    Raises
    ------
    UsageError
        If a name is unknown, a method asked for by name lacks its inputs, or a column identifies persons.
    NothingToAuditError
        If the log has no errors.
    """
    described = checked_about(about or {})
    tables = SideTables(census, crosswalk, embeddings)
    request = SearchRequest(methods, by, min_speakers, max_cohorts, params, identifying)
    asked = checked_quantiles(quantiles or {})
    needed = {"by": request.columns, "adjust": names(adjust), "quantiles": [*asked], "": tables.columns}
    log = log_of(log, rate=rate, needed=needed, wrong_words=True)
    chosen = rate_of(log, rate)
    features = tables.features(log)
    selection = request.select(log, features)
    log = selection.log
    searches = selection.searches
    request.warn_of_unused()
    tables.warn_of_unused(search.features.keys for search in searches)
    plan = Plan(holdout, permutations, alpha, seed, intervals, cross_fit)
    log, covariates = with_covariates(log, adjust)
    labels = [*(key for search in searches for key in search.features.keys), *covariates]
    result = run_audit(
        with_bins(log, asked),
        searches,
        chosen,
        plan,
        replace(provenance_of(log, features, selection.skipped, tables.files, labels), unasked=selection.unasked),
        covariates=covariates,
        places=places_of(features),
        second_normalizer=log.second_normalizer if _is_rescored(chosen) else None,
        quantiles=asked,
        jobs=jobs,
    )
    return replace(result, about=described)


def _is_rescored(rate: Rate) -> bool:
    """Whether everything that a rate counts in texts is also counted under the second normaliser."""
    return bool({*map(rescored, rate.columns)} & {*RESCORED}) and not is_on_demand(rate.numerator)


def check_options(
    *,
    methods: str | Discoverer | Sequence[str | Discoverer] = (),
    by: str | Sequence[str | Sequence[str]] = (),
    rate: str | None = None,
    adjust: str | Sequence[str] = (),  # noqa: ARG001 (only a log shows whether it has the columns)
    min_speakers: int | None = None,
    max_cohorts: int | None = None,
    params: Mapping[str, Any] | None = None,
    quantiles: Mapping[str, Sequence[float]] | None = None,
    identifying: bool = False,  # noqa: ARG001 (only a log shows whether a column identifies persons)
    jobs: int = 1,
    about: Mapping[str, str | None] | None = None,
    **plan: Any,
) -> None:
    """Check options of :func:`audit` that are wrong for every log, before a long log is read.

    Raises
    ------
    UsageError
        If a name is unknown, or a value is not allowed.
    """
    Plan(**plan)
    Workers(jobs)
    checked_about(about or {})
    if rate is not None:
        rate_named(rate)
    checked_quantiles(quantiles or {})
    SearchRequest(methods, by, min_speakers, max_cohorts, params).check()


def discover(
    log: LogLike, features: UnitFeatures, discoverer: Discoverer, *, holdout: float | None = None, seed: int = 0
) -> CohortModel:
    """Find cohorts on the discovery speakers and freeze them, without asking what they are worth.

    Parameters
    ----------
    log
        As in :func:`audit`.
    features
        Where the units' features come from, such as ``Coordinates()``.
    discoverer
        A discoverer with its settings, such as ``GeoTree(max_leaves=126)``.
    holdout, seed
        Share of speakers to leave for measuring, by default as in :func:`audit`, and the seed that chooses them.

    Returns
    -------
    CohortModel
        The frozen rule with the bottom and top cohort that were named.
    """
    log = log_of(log)
    rate = rate_of(log, None)
    log, features, discoverer = with_exact_bands(log, features, discoverer)
    table, (units,) = build_tables(log, [features], rate, log.cluster or SPEAKER)
    search = Search(discoverer.method, features, discoverer)
    return freeze(
        search,
        units,
        design_of([search], [units], table, Plan(holdout=holdout, seed=seed)),
        tuple(file.sha256 for file in log.inputs),
        {"rate": rate.signature, **log.scoring},
    )


def assign(
    log: LogLike,
    model: CohortModel,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    per: Literal["speaker", "utterance", "speaker_id", "utterance_id"] = "speaker",
) -> pd.DataFrame:
    """Sort the speakers, or the utterances, of a log into frozen cohorts.

    Parameters
    ----------
    log
        Any log, as in :func:`audit`; speakers, places and labels need not have been there at discovery.
    model
        Frozen cohorts.
    census, crosswalk, embeddings
        As in :func:`audit`.
    per
        What a row of the result is: ``"speaker"`` or ``"utterance"``.

    Returns
    -------
    DataFrame
        See :func:`fairaudit.cohorts.membership.memberships`.
    """
    log = log_of(log, scoring=model.scoring)
    require_scored_alike([model], log)
    log = with_frozen_bands(log, [model])
    source = features_for(model, log, SideTables(census, crosswalk, embeddings).features(log))
    return memberships(log, source, model, per=per)
