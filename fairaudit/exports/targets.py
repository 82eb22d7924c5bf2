"""The utterances of the bottom cohort, with weights that raise its share of what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError

__all__ = ["targets"]


def targets(memberships: pd.DataFrame, share: float | None = None) -> pd.DataFrame:
    """List the utterances of the bottom cohort; with a share, all utterances with sampling weights.

    Drawn by weight, an utterance is one of the bottom cohort with the given probability. On either side every speaker
    is as likely as every other, and every utterance of a speaker: whoever talks a lot is not learned from the more.

    Parameters
    ----------
    memberships
        Of one search per utterance, as :func:`fairaudit.assign` gives them.
    share
        Of the bottom cohort in what is drawn, between 0 and 1.

    Returns
    -------
    DataFrame
        ``utterance_id``, ``speaker_id``, ``cohort``, ``in_bottom``; with a share also ``weight``, which adds up to 1.

    Raises
    ------
    UsageError
        If the share is not between 0 and 1.
    InputError
        If utterances have no ids.
    NothingToAuditError
        If nobody stands in the bottom cohort, or with a share, nobody outside.

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
        raise NothingToAuditError("nobody in this log stands in the bottom cohort")
    if share is None:
        return rows[bottom].reset_index(drop=True)
    if not 0 < share < 1:
        raise UsageError(f"a share lies between 0 and 1, not {share}")
    if bottom.all():
        raise NothingToAuditError("everybody in this log stands in the bottom cohort")
    # a speaker whose labels vary is one on either side
    on_side = rows.groupby([SPEAKER, "in_bottom"])[UTTERANCE].transform("size")
    speakers = [rows[SPEAKER][side].nunique() for side in (bottom, ~bottom)]
    weight = np.where(bottom, share / speakers[0], (1 - share) / speakers[1]) / on_side
    return rows.assign(weight=weight).reset_index(drop=True)
