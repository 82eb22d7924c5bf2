"""Rates of named groups with the percentile intervals that others publish: speakers of each group drawn anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fairaudit.api.logs import LogLike, log_of, rate_of
from fairaudit.core.columns import SPEAKER, names
from fairaudit.core.counts import sum_over
from fairaudit.core.errors import NothingToAuditError, UsageError, unknown_name
from fairaudit.inputs.bands import with_bands
from fairaudit.inputs.named import NamedColumns
from fairaudit.stats.bootstrap import Estimate, SpeakerBootstrap
from fairaudit.units.build import build_tables
from fairaudit.units.homes import index_of

__all__ = ["GroupBootstrap", "bootstrap"]


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
    log: LogLike,
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
        As in :func:`fairaudit.audit`.
    by
        A label column, or bands of numbers such as ``"age[20,40,60]"``; several mean their intersections. Who speaks in
        several groups is drawn in each on its own.
    groups
        The groups to compare, tuples where ``by`` names several columns; all by default.
    order
        Sampling units in the order in which the random stream is dealt to them, each at its first mention; groups
        follow their first unit. ``log.speaker_of_utterances()`` gives the order of first appearance, which scripts
        that loop over a log mean. By default an order that neither names nor rows of the log can change.
    rate
        Name of the rate; ``wer``, or ``cer`` where the log counts characters.
    rounds, seed
        See :class:`fairaudit.stats.bootstrap.SpeakerBootstrap`, also for groups of more than 500 sampling units.

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
    >>> groups = bootstrap(read_log(make_sample(speakers=200).log), "device", seed=1)
    >>> groups.gap.low < groups.gap.value < groups.gap.high
    True
    """
    log, exact = with_bands(log_of(log, rate=rate), names(by))
    columns = tuple(exact.get(column, column) for column in names(by))
    chosen = rate_of(log, rate)
    table, (units,) = build_tables(log, [NamedColumns(columns)], chosen, log.cluster or SPEAKER)
    known = index_of(units.features, columns)
    wanted = [*known] if groups is None else [*dict.fromkeys(names(groups))]
    for group in wanted:
        if group not in known:
            raise UsageError(unknown_name("group", _spelled(group), map(_spelled, known)))
    if not wanted:
        raise NothingToAuditError(f"nothing to audit: no speaker has {'/'.join(columns)}, or no group was asked for")
    cells = units.counts.where(np.isin(units.counts.group, known.get_indexer(pd.Index(wanted))))
    position = (table.names if order is None else pd.Index([*dict.fromkeys(names(order))])).get_indexer(table.names)
    if (lacking := position[cells.speaker] < 0).any():
        raise UsageError(f"order lacks {np.unique(cells.speaker[lacking]).size} sampling units of the groups")
    dealt = np.argsort(position[cells.speaker], kind="stable")
    errors, exposure = cells.errors[dealt], cells.exposure[dealt]
    code, present = pd.factorize(cells.group[dealt])
    rates = SpeakerBootstrap(rounds, seed).group_rates(errors, exposure, code)
    labels = known[present]
    low, high = zip(*rates.intervals, strict=True)
    frame = pd.DataFrame(
        {
            "speakers": np.bincount(code),
            "errors": sum_over(code, errors, len(labels)) / cells.parts,
            "exposure": sum_over(code, exposure, len(labels)) / cells.parts,
            "rate": rates.observed,
            "low": low,
            "high": high,
        },
        index=labels,
    )
    return GroupBootstrap(frame, rates.gap, rates.worst, pd.DataFrame(rates.draws, columns=labels))


def _spelled(group: Any) -> str:
    return " × ".join(map(str, group)) if isinstance(group, tuple) else str(group)
