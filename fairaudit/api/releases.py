"""A release against the one before: a candidate's log beside its baseline's, on frozen cohorts."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.api.frozen import frozen_scoring, require_scored_alike, unchecked
from fairaudit.api.logs import LogLike, log_of, other_denominator, rate_of
from fairaudit.api.provenance import provenance_of
from fairaudit.api.side_tables import Features, SideTables
from fairaudit.api.sources import features_for, with_frozen_bands
from fairaudit.comparing import run_comparison
from fairaudit.comparing.release import measure_release
from fairaudit.core.columns import SPEAKER, candidate_column, names
from fairaudit.core.errors import UsageError
from fairaudit.core.rate import Rate, rate_named
from fairaudit.evidence.plan import Plan
from fairaudit.inputs.pairing import pair
from fairaudit.results.documents import PairingDoc, SkippedDoc
from fairaudit.results.history import History

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.comparison import Comparison
    from fairaudit.units.build import UnitFeatures

__all__ = ["compare", "of_counts", "record", "with_features"]

#: Said of logs of counts whose references could not be compared.
_BY_LENGTH: Final = (
    "The logs hold counts, so that references could be compared by their length only. Utterances of the same id and "
    "length count as the same, whatever was said."
)
#: The same of logs without errors, which do not show how long references are.
_BY_ID: Final = (
    "The logs hold neither texts nor errors. Utterances of the same id count as the same, whatever was said."
)


def compare(
    baseline: LogLike,
    candidate: LogLike,
    models: CohortModel | Sequence[CohortModel] = (),
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    rate: str | Rate | None = None,
    permutations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
    allow_identical: bool = False,
) -> Comparison:
    """Compare two recognisers on the same utterances, overall and on frozen cohorts.

    Parameters
    ----------
    baseline, candidate
        Logs of the same utterances, as in :func:`fairaudit.audit`; speakers, places and labels are the baseline's.
        Logs that are not read yet are scored like the log that the cohorts come from.
    models
        Frozen cohorts: :attr:`Audit.models <fairaudit.Audit.models>`, or what :func:`fairaudit.read_models` gives.
        Those whose inputs are missing are skipped and listed.
    census, crosswalk, embeddings
        As in :func:`fairaudit.audit`.
    rate
        As in :func:`fairaudit.audit`, by default that of the frozen cohorts; both logs must have the same denominator.
        A percentile is that of the baseline.
    permutations
        How often whole speakers' differences are flipped for the family-wise p-values.
    alpha, seed
        Level of "got worse", and the seed of the flips.
    allow_identical
        Whether the candidate may hold the same results as the baseline. By default this is an error, because a
        release job that forgot to replace its log would pass for ever.

    Returns
    -------
    Comparison
        Both rates and their difference, overall, for each cohort and for each gap.

    Raises
    ------
    InputError
        If the logs cannot be paired, see :func:`fairaudit.inputs.pair`, or were scored in another way than the log
        that the cohorts come from.
    UsageError
        If none of the models has its inputs, or a log does not count what the rate needs.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> comparison = compare(rows, rows.assign(hypothesis=rows["hypothesis"] + " uh"))
    >>> comparison.verdict, comparison.overall.change.interval[0] > 0
    ('regression', True)
    """
    plan = Plan(permutations=permutations, alpha=alpha, seed=seed)
    models = [model.redacted() for model in names(models)]
    scoring = frozen_scoring(models)
    rate = rate or scoring.get("rate")
    tables = SideTables(census, crosswalk, embeddings)
    first = with_frozen_bands(log_of(baseline, "baseline", rate, {"": tables.columns}, scoring=scoring), models)
    rate = rate and rate_named(rate).at_numbers(first.thresholds)
    logs = first, log_of(candidate, "candidate", rate, scoring=scoring)
    chosen = rate_of(first, rate)
    require_scored_alike(models, logs[0], chosen)
    log, pairing = pair(*logs, allow_identical=allow_identical)
    features = tables.features(log)
    frozen, skipped = with_features(models, log, features)
    tables.warn_of_unused(model.keys for model, _ in frozen)
    labels = [key for model, _ in frozen for key in model.keys]
    provenance = (
        provenance_of(logs[0], features, skipped, tables.files, labels),
        provenance_of(logs[1], {}, (), (), labels),
    )
    _require_counts(log, chosen)
    chosen = replace(chosen, parts=max(rate_of(one, chosen).parts for one in logs))
    pairing_doc = PairingDoc(
        paired=pairing.paired,
        only_before=pairing.only_before,
        only_after=pairing.only_after,
        other_reference=pairing.other_reference,
        other_speaker=pairing.other_speaker,
    )
    caveats = [*unchecked(models, logs[0]), *of_counts(logs)]
    return run_comparison(log, frozen, chosen, plan, pairing=pairing_doc, provenance=provenance, caveats=caveats)


def _require_counts(log: UtteranceLog, rate: Rate) -> None:
    """Make sure that both logs of a pair count what a rate needs, and that only its numerator differs."""
    if missing := [
        name for name in rate.columns if candidate_column(name) not in (*log.count_columns, *log.derived_columns)
    ]:
        raise UsageError(f"rate {rate.name!r} needs {missing}, which the candidate's log does not count")
    sums = log.tally([log.cluster or SPEAKER])
    if (sums[rate.denominator] != sums[candidate_column(rate.denominator)]).any():
        raise UsageError(other_denominator(log, rate, "the candidate's log", "releases"))


def record(
    history: History | CohortModel | Sequence[CohortModel],
    name: str,
    log: LogLike,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    rate: str | Rate | None = None,
    unredacted: bool = False,
) -> History:
    """Add a release to a history of frozen cohorts, or begin one.

    Parameters
    ----------
    history
        The history so far, or the cohorts that a new one freezes.
    name
        Of the release; one of that name is replaced.
    log
        The release's log, as in :func:`fairaudit.audit`; its utterances and speakers may differ from those of the
        other releases. If it is not read yet, it is scored like the other releases, or like the log that the cohorts
        come from.
    census, crosswalk, embeddings
        As in :func:`fairaudit.audit`.
    rate
        Of a new history, as in :func:`fairaudit.audit`; by default that of the frozen cohorts.
    unredacted
        Keep the figures of fewer than 11 speakers.

    Raises
    ------
    InputError
        If the log was scored in another way than those before.
    UsageError
        If none of the cohorts has its inputs, or another rate is asked for than the history's.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> from fairaudit.inputs import read_log
    >>> log = read_log(make_sample(speakers=200).log)
    >>> [release["name"] for release in record(record([], "1.0", log), "1.1", log).releases]
    ['1.0', '1.1']
    """
    tables = SideTables(census, crosswalk, embeddings)
    needed = {"": tables.columns}
    if not isinstance(history, History):
        models = tuple(model.redacted() for model in names(history))
        scoring = frozen_scoring(models)
        rate = rate or scoring.get("rate")
        log = log_of(log, rate=rate, needed=needed, scoring=scoring)
        history = History(rate_of(log, rate), models)
    elif rate is not None and rate_named(rate).signature != history.rate.signature:
        raise UsageError(f"the history is of {history.rate.signature}, not of {rate_named(rate).signature}")
    log = log_of(log, rate=history.rate, needed=needed, scoring=history.scoring)
    log = with_frozen_bands(log, history.models)
    chosen = rate_of(log, history.rate)
    require_scored_alike(history.models, log, chosen)
    features = tables.features(log)
    frozen, skipped = with_features(history.models, log, features)
    tables.warn_of_unused(model.keys for model, _ in frozen)
    labels = [key for model, _ in frozen for key in model.keys]
    provenance = provenance_of(log, features, skipped, tables.files, labels)
    provenance = provenance.with_caveats(tuple(unchecked(history.models, log)))
    return history.add(measure_release(name, log, frozen, chosen, provenance=provenance, unredacted=unredacted))


def of_counts(logs: Collection[UtteranceLog]) -> list[str]:
    """Say what could not be compared of the references of logs that are compared."""
    if all(one.has_hashes for one in logs):
        return []
    return [_BY_ID if any(one.exposure is None for one in logs) else _BY_LENGTH]


def with_features(
    models: Sequence[CohortModel], log: UtteranceLog, features: Features
) -> tuple[list[tuple[CohortModel, UnitFeatures]], list[SkippedDoc]]:
    """Frozen cohorts with what they are assigned by, and those that lack it; at least one must not."""
    frozen: list[tuple[CohortModel, UnitFeatures]] = []
    skipped: list[SkippedDoc] = []
    for model in models:
        try:
            frozen.append((model, features_for(model, log, features)))
        except UsageError as error:
            skipped.append({"method": model.title, "needs": error.args[0]})
    if models and not frozen:
        raise UsageError("; ".join(entry["needs"] for entry in skipped))
    return frozen, skipped
