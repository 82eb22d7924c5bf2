"""Plan how many speakers of each cohort to record next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fairaudit.api.frozen import require_scored_alike
from fairaudit.api.logs import LogLike, log_of, rate_of
from fairaudit.api.side_tables import SideTables
from fairaudit.api.sources import features_for, with_frozen_bands
from fairaudit.comparing.collection import plan_collection
from fairaudit.results.collection import Budget

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.results.collection import CollectionPlan

__all__ = ["collection_plan"]


def collection_plan(
    log: LogLike,
    model: CohortModel,
    *,
    budget: float,
    cost_speaker: float = 1.0,
    cost_utterance: float = 0.0,
    focus: str = "all",
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
    unredacted: bool = False,
) -> CollectionPlan:
    """Plan how many speakers of each cohort to record, so that the widest interval of a gap becomes narrow.

    The gap of a cohort is the ratio of its rate to that of all other cohorts. Its interval is expected to shrink as the
    standard error does that follows from the variation between and within the speakers of the log, if new speakers of a
    cohort are like those that it has. The budget goes speaker by speaker to where it narrows the widest interval most.

    Parameters
    ----------
    log
        A log, as in :func:`audit`. If it is not read yet, it is scored with the settings of the cohorts.
    model
        Frozen cohorts.
    budget
        What can be spent, in the units of the costs; by default, the number of speakers to record.
    cost_speaker, cost_utterance
        Cost of finding a new speaker, and of recording and transcribing each utterance. Without a cost of utterances, a
        new speaker has as much speech as those of the log. With one, the plan also chooses the number of utterances.
    focus
        ``"all"`` narrows the widest interval of all cohorts that may be worse off, those whose interval is not below 1,
        and ``"bottom"`` that of the bottom cohort.
    census, crosswalk, embeddings
        As in :func:`audit`.
    unredacted
        Whether to use and show cohorts of fewer than 11 speakers.

    Returns
    -------
    CollectionPlan
        One row for each cohort. Those of fewer than 11 speakers, those that nobody is in, and those whose numbers would
        reveal such a cohort have no numbers and get no speakers. The others are compared with each other only.

    Raises
    ------
    InputError
        If the log cannot be used, or was scored in another way than that of the cohorts.
    UsageError
        If a setting is not allowed, or the log lacks what the cohorts need.
    NothingToAuditError
        If no two cohorts have enough speakers and errors, the bottom cohort has not, or many speakers are in several.

    Examples
    --------
    >>> import fairaudit
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> model = fairaudit.discover(rows, fairaudit.NamedColumns("accent"), fairaudit.Named("accent"))
    >>> plan = fairaudit.collection_plan(rows, model, budget=100)
    >>> plan.new_speakers, plan.expected_widest < plan.widest
    (100, True)
    """
    asked = Budget(budget, cost_speaker, cost_utterance, focus)
    model = model if unredacted else model.redacted()
    tables = SideTables(census, crosswalk, embeddings)
    rate = model.scoring.get("rate")
    log = log_of(log, rate=rate, needed={"": tables.columns}, scoring=model.scoring)
    log = with_frozen_bands(log, [model])
    chosen = rate_of(log, rate)
    require_scored_alike([model], log, chosen)
    features = features_for(model, log, tables.features(log))
    tables.warn_of_unused([model.keys])
    return plan_collection(log, model, features, chosen, asked, scoring=log.scoring, unredacted=unredacted)
