"""List the utterances of the bottom cohort, or compute sampling weights that raise its share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError

__all__ = ["targets"]


def targets(memberships: pd.DataFrame, share: float | None = None) -> pd.DataFrame:
    """List the utterances of the bottom cohort or, with a share, all utterances with sampling weights.

    An utterance drawn by weight belongs to the bottom cohort with the given probability. Within and outside the bottom
    cohort, all speakers are equally likely, and so are all utterances of a speaker. Talkative speakers are therefore
    not drawn more often.

    Parameters
    ----------
    memberships
        Memberships per utterance in the cohorts of one search, as returned by :func:`fairaudit.assign`.
    share
        Share of the bottom cohort among drawn utterances, between 0 and 1.

    Returns
    -------
    DataFrame
        ``utterance_id``, ``speaker_id``, ``cohort``, ``in_bottom`` and, with a share, ``weight``, which adds up to 1.

    Raises
    ------
    UsageError
        If the share is not between 0 and 1.
    InputError
        If utterances have no ids.
    NothingToAuditError
        If no speaker is in the bottom cohort or, with a share, no speaker is outside.

    Examples
    --------
    >>> rows = pd.DataFrame({"utterance_id": list("abc"), "speaker_id": ["s", "s", "t"], "cohort": ["x", "x", "y"]})
    >>> targets(rows.assign(in_bottom=[True, True, False]), 0.5)["weight"].tolist()
    [0.25, 0.25, 0.5]
    """
    rows = memberships[[UTTERANCE, SPEAKER, "cohort", "in_bottom"]]
    if rows[UTTERANCE].isna().any():
        raise InputError(f"every utterance needs its {UTTERANCE!r} to be a target")
    bottom = rows["in_bottom"].to_numpy(bool)
    if not bottom.any():
        raise NothingToAuditError("no speaker of this log is in the bottom cohort")
    if share is None:
        return rows[bottom].reset_index(drop=True)
    if not 0 < share < 1:
        raise UsageError(f"the share must be between 0 and 1, not {share}")
    if bottom.all():
        raise NothingToAuditError("every speaker of this log is in the bottom cohort")
    # A speaker whose labels vary counts once on each side.
    on_side = rows.groupby([SPEAKER, "in_bottom"])[UTTERANCE].transform("size")
    speakers = [rows[SPEAKER][side].nunique() for side in (bottom, ~bottom)]
    weight = np.where(bottom, share / speakers[0], (1 - share) / speakers[1]) / on_side
    return rows.assign(weight=weight).reset_index(drop=True)
