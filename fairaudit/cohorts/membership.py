"""Assign speakers and utterances to frozen cohorts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.cohorts.coverage import Coverage, coverage
from fairaudit.core.columns import EXPOSURES, SPEAKER, UTTERANCE, UTTERANCES
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.progress import report
from fairaudit.core.rate import Rate
from fairaudit.units.build import UnitFeatures
from fairaudit.units.homes import index_of, most_frequent

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.cohorts.model import CohortModel
    from fairaudit.units.tally import TallySource

__all__ = ["memberships"]

#: What a row can be about, and the column that identifies it.
_ROWS: Final = {"speaker": SPEAKER, "utterance": UTTERANCE}


def memberships(log: TallySource, features: UnitFeatures, model: CohortModel, *, per: str = SPEAKER) -> pd.DataFrame:
    """Assign the speakers or utterances of a log to frozen cohorts.

    Parameters
    ----------
    log
        Any log.
    features
        Source of the same features as at discovery.
    model
        Frozen cohorts.
    per
        ``"speaker"`` or ``"utterance"``, or the name of the column.

    Returns
    -------
    DataFrame
        Sorted rows with columns ``speaker_id`` (after ``utterance_id`` if per utterance), ``search``, ``cohort_id`` (-1
        if unassigned), ``cohort`` (its label, empty if unassigned) and ``in_bottom``. A speaker whose labels vary is in
        several cohorts, and therefore in several rows. ``attrs["coverage"]`` has the numbers of ``speakers`` and of
        those ``assigned``, the ``empty`` cohorts, the speakers of ``unlisted`` labels, and how many labels are
        ``respelled``.
    """
    per = _ROWS.get(per, per)
    if per not in _ROWS.values():
        raise UsageError(unknown_name("value of per", per, _ROWS))
    keys = list(model.keys)
    who = list(dict.fromkeys([per, SPEAKER]))
    if model.one_per_speaker:
        cells = log.tally(list(dict.fromkeys([SPEAKER, *keys]))).reset_index()
        exposure = next((name for name in cells.columns if name in EXPOSURES.values()), UTTERANCES)
        if keys != [SPEAKER]:
            cells, _ = most_frequent(cells, [SPEAKER], keys, Rate("exposure", "errors", exposure))
        report("assigning cohorts")
        covered = _coverage(model, features, cells)
        rows = cells[[SPEAKER]].assign(cohort_id=model.assign(features, index_of(cells, keys)))
        if per != SPEAKER:
            rows = log.tally(who).reset_index()[who].merge(rows, on=SPEAKER, validate="many_to_one")
    else:
        named = list(dict.fromkeys([*who, *keys]))
        rows = log.tally(named).reset_index()[named]
        report("assigning cohorts")
        covered = _coverage(model, features, rows)
        rows["cohort_id"] = model.assign(features, index_of(rows, keys))
    report("assigning cohorts")
    rows = rows[[*who, "cohort_id"]].drop_duplicates().sort_values([*who, "cohort_id"]).reset_index(drop=True)
    labels = {cohort: model.rule.label(cohort) for cohort in range(model.rule.n_cohorts)}
    rows.insert(len(who), "search", model.title)
    rows["cohort"] = rows["cohort_id"].map(labels).fillna("")
    rows["in_bottom"] = rows["cohort_id"].isin(model.bottom.cohorts if model.bottom else ())
    rows.attrs["coverage"] = asdict(covered)
    return rows


def _coverage(model: CohortModel, features: UnitFeatures, cells: pd.DataFrame) -> Coverage:
    """Count the speakers of a tally who are in frozen cohorts."""
    import pandas as pd

    index = index_of(cells, model.keys)
    units = index.unique()
    values = features.lookup(units)
    known = values.notna().any(axis=1).to_numpy()
    row = np.where(known, np.cumsum(known) - 1, UNASSIGNED)
    return coverage(model, values[known], row[units.get_indexer(index)], pd.factorize(cells[SPEAKER])[0])
