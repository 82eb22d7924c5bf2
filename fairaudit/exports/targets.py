"""The utterances or speakers of the bottom cohort, with weights that raise its share of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.training.weights import speaker_weights

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["targets"]


def targets(memberships: pd.DataFrame, share: float | None = None) -> pd.DataFrame:
    """List the members of the bottom cohort; with a share, list everyone with sampling weights.

    A row drawn by weight belongs to the bottom cohort with probability ``share``. Inside and outside the bottom cohort,
    all speakers are equally likely, and so are all utterances of a speaker: talkative speakers do not dominate.

    Parameters
    ----------
    memberships
        Of one search, as :func:`fairaudit.assign` gives them: one row per utterance, or one per speaker.
    share
        Share of the bottom cohort in the sample, between 0 and 1.

    Returns
    -------
    DataFrame
        ``utterance_id`` (if rows are utterances), ``speaker_id``, ``cohort``, ``in_bottom``; with a share also
        ``weight``. The weights sum to 1.

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
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"utterance_id": list("abc"), "speaker_id": ["s", "s", "t"], "cohort": ["x", "x", "y"]})
    >>> targets(rows.assign(in_bottom=[True, True, False]), 0.5)["weight"].tolist()
    [0.25, 0.25, 0.5]
    >>> speakers = pd.DataFrame({"speaker_id": ["s", "t"], "cohort": ["x", "y"], "in_bottom": [True, False]})
    >>> targets(speakers)["speaker_id"].tolist()
    ['s']
    """
    who = [name for name in (UTTERANCE, SPEAKER) if name in memberships.columns]
    rows = memberships[[*who, "cohort", "in_bottom"]]
    if UTTERANCE in who and rows[UTTERANCE].isna().any():
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
    speaker, _ = rows[SPEAKER].factorize()
    weight = speaker_weights(bottom.astype(int), speaker, np.array([1 - share, share]))
    return rows.assign(weight=weight).reset_index(drop=True)
