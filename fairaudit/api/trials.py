"""Measure the errors of speaker verification by group."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.privacy import SUPPRESS_BELOW, WITHHELD
from fairaudit.core.progress import report
from fairaudit.core.signature import signature
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.trial_lists import TrialList, read_labels, read_trials
from fairaudit.results.trials import GroupRates, VerificationRates
from fairaudit.stats.verification import Trials, garbe

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["trials"]

#: Columns of the log of false rejects.
_REJECTS, _TRIALS = "false_rejects", "trials"
#: Most labels of a column that is compared without being asked for.
_MOST_LABELS: Final = 60
_NO_LABEL: Final = "(no label)"


def trials(
    scores: str | os.PathLike[str] | pd.DataFrame,
    *,
    labels: str | os.PathLike[str] | pd.DataFrame | None = None,
    by: str | Sequence[str] | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    speaker_pattern: str | None = None,
    distance: bool = False,
    threshold: float | None = None,
    false_match_rate: float | None = None,
) -> VerificationRates:
    """Measure false rejects, false accepts and equal error rates of speaker verification, of all trials and by group.

    One threshold holds for all groups, as in use. A target trial belongs to the group of its speaker, and another one
    to that of the speaker who is enrolled (``first``). Intervals allow for both speakers of a trial, because each is
    in many.

    Parameters
    ----------
    scores, columns, speaker_pattern, distance
        Scores of trials, as in :func:`fairaudit.inputs.trial_lists.read_trials`.
    labels
        Table of labels by speaker, such as gender and nationality.
    by
        Columns of ``labels``; by default, all with 2 to 60 labels.
    threshold
        Score from which a trial is accepted. By default, that of the equal error rate of all trials.
    false_match_rate
        Instead of a threshold: the share of the trials of two speakers that are accepted at most.

    Returns
    -------
    VerificationRates
        Groups of fewer than 11 speakers are withheld; so is another one if theirs would follow.

    Raises
    ------
    InputError
        If a table cannot be read or lacks a column, or there are no trials of one speaker, or of two.
    UsageError
        If settings contradict each other.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first, second = rng.integers(0, 40, (2, 4000))
    >>> scores = pd.DataFrame({"first": first, "second": second, "score": rng.normal(2.0 * (first == second))})
    >>> gender = pd.DataFrame({"speaker_id": range(40), "gender": ["f", "m"] * 20})
    >>> [group.label for group in trials(scores, labels=gender).groups]
    ['f', 'm']
    """
    if threshold is not None and false_match_rate is not None:
        raise UsageError(f"give {setting('threshold')} or {setting('false_match_rate')}, not both")
    if false_match_rate is not None and not 0 < false_match_rate < 1:
        raise UsageError(f"{setting('false_match_rate')} must be between 0 and 1, not {false_match_rate}")
    if by is not None and labels is None:
        raise UsageError(f"{setting('by')} needs a table of labels: {setting('labels')}")
    report("reading")
    listed = read_trials(scores, columns=columns, speaker_pattern=speaker_pattern, distance=distance)
    every = listed.trials
    if not 0 < every.is_target.sum() < len(every.score):
        kind = "of two different speakers" if every.is_target.all() else "of one speaker"
        raise InputError(f"{listed.name or 'the table'} has no trial {kind}; both kinds are needed")
    report("comparing")
    table = pd.DataFrame(index=list(listed.speakers)) if labels is None else read_labels(labels, listed.speakers)
    chosen = _columns(table, by)
    rate, own = every.equal_error_rate()
    if distance and threshold is not None:
        threshold = -threshold
    limit = (
        every.threshold_at(false_match_rate)
        if false_match_rate is not None
        else own
        if threshold is None
        else threshold
    )
    overall = GroupRates("", "", rate.speakers, rate, every.false_rejects(limit), every.false_accepts(limit))
    groups = [list(_groups(every, table[column], limit)) for column in chosen]
    settings = {
        "rate": "verification",
        **listed.settings,
        "threshold": threshold if threshold is not None else f"fmr={false_match_rate}" if false_match_rate else "eer",
        "by": chosen,
        "sampling": "both speakers",
        "version": _version(),
    }
    return VerificationRates(
        threshold=-limit if distance else limit,
        overall=overall,
        groups=tuple(group for of_column in groups for group in of_column),
        garbe={column: _garbe(of_column) for column, of_column in zip(chosen, groups, strict=True)},
        rejects=_rejects(listed, table[chosen], limit),
        notes=tuple(_notes(listed, table, chosen)),
        signature=signature(settings),
    )


def _version() -> str:
    import fairaudit

    return fairaudit.__version__


def _columns(table: pd.DataFrame, by: str | Sequence[str] | None) -> list[str]:
    if by is None:
        return [name for name in table.columns if 1 < table[name].nunique() <= min(_MOST_LABELS, len(table) // 2)]
    asked = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    if unknown := [name for name in asked if name not in table.columns]:
        raise InputError(f"the labels have no column {unknown[0]!r}; they have {shown(list(table.columns))}")
    return asked


def _groups(every: Trials, labels: pd.Series, threshold: float) -> Iterator[GroupRates]:
    """Yield the groups of a column, those with a high false non-match rate first, and those that are withheld last."""
    code, found = labels.factorize(use_na_sentinel=True)
    names = [str(name) for name in found]
    enrolled = np.unique(every.first)
    sizes = np.bincount(code[enrolled][code[enrolled] >= 0], minlength=len(names))
    hidden = _hidden(sizes, int((code[enrolled] < 0).sum()))
    measured = []
    for i in np.flatnonzero(~hidden):
        own = every.where(code[every.first] == i)
        both = 0 < own.is_target.sum() < len(own.score)
        eer = own.equal_error_rate()[0] if both else None
        rates = own.false_rejects(threshold), own.false_accepts(threshold)
        measured.append(GroupRates(str(labels.name), names[i], int(sizes[i]), eer, *rates))
    yield from sorted(measured, key=lambda group: -group.fnmr.value if group.fnmr and group.fnmr.trials else 0.0)
    yield from (GroupRates(str(labels.name), WITHHELD, None) for _ in range(int(hidden.sum())))


def _hidden(sizes: NDArray[np.int64], without: int) -> NDArray[np.bool_]:
    """Which groups are withheld: the small ones, and the next larger ones while all hidden speakers would be few."""
    hidden = sizes < SUPPRESS_BELOW
    for i in np.argsort(sizes, kind="stable"):
        few = sizes[hidden].sum() + without
        if hidden[i] or not 0 < few < SUPPRESS_BELOW:
            continue
        hidden[i] = True
    return hidden


def _garbe(groups: Sequence[GroupRates]) -> float | None:
    """Return the GARBE of the groups that are shown; ``None`` if there are no two, which is not the same as equal."""
    pairs = [(g.fnmr.value, g.fmr.value) for g in groups if g.fnmr and g.fmr and g.fnmr.trials and g.fmr.trials]
    if len(pairs) < 2:
        return None
    rejects, accepts = np.array(pairs).T
    return garbe(rejects, accepts)


def _rejects(listed: TrialList, labels: pd.DataFrame, threshold: float) -> pd.DataFrame:
    own = listed.trials.where(listed.trials.is_target)
    n = len(listed.speakers)
    counts = {
        _REJECTS: np.bincount(own.first[own.score < threshold], minlength=n),
        _TRIALS: np.bincount(own.first, minlength=n),
    }
    rows = pd.DataFrame({SPEAKER: listed.speakers, **counts}).join(labels.reset_index(drop=True))
    return rows[rows[_TRIALS] > 0].reset_index(drop=True)


def _notes(listed: TrialList, table: pd.DataFrame, chosen: Sequence[str]) -> Iterator[str]:
    yield from listed.notes
    if listed.quarantined:
        yield f"{listed.quarantined} of {listed.rows} rows have no speaker or no number as score, and are not used."
    for column in chosen:
        if lacking := int(table[column].isna().sum()):
            yield f"{lacking} of {len(table)} speakers have no {column}; they are in no group."
