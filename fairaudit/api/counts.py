"""Keep the counts of a log instead of its texts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fairaudit.api.logs import LogLike, log_of
from fairaudit.core.columns import names
from fairaudit.inputs.writing import write_scored, write_tally

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate

__all__ = ["score", "tally"]


def score(log: LogLike, path: str | os.PathLike[str], *, rate: str | Rate | None = None) -> Path:
    """Write the counts of a log, one row per used utterance, without its texts.

    Every function that takes a log also takes the file, and gives the same results. How the log was read and scored is
    part of the file.

    Parameters
    ----------
    log
        A log, as in :func:`fairaudit.audit`.
    path
        Parquet file to write. Only its owner can read it, because it holds ids of speakers.
    rate
        A rate whose further columns are counted, if the log is not read yet.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile, fairaudit
    >>> from fairaudit.samples import make_sample
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = fairaudit.score(make_sample(speakers=100).log, f"{folder}/counts.parquet")
    ...     fairaudit.read_log(path).normalizer
    'basic-2'
    """
    target = Path(path)
    write_scored(log_of(log, rate=rate), target)
    return target


def tally(
    log: LogLike,
    path: str | os.PathLike[str],
    *,
    by: str | Sequence[str | Sequence[str]] = (),
    quantiles: str | Sequence[str] = (),
    rate: str | Rate | None = None,
) -> Path:
    """Write the sums of a log over its speakers, places, zip codes and labels, without utterances.

    Every function that takes a log also takes the file, except those that need utterances. Tallies of parts of a log
    can be added: ``tally(["week1.parquet", "week2.parquet"], "both.parquet")``.

    Parameters
    ----------
    log
        A log, as in :func:`fairaudit.audit`, or files of tallies.
    path
        Parquet file to write. Only its owner can read it, because it holds ids of speakers.
    by
        Columns of labels to keep; by default those that an audit may search without being asked for. Intersections
        need no entry of their own.
    quantiles
        Columns of numbers whose quantiles an audit of the tally can give. It then has a row for each bin of such a
        column, besides speakers and labels.
    rate
        A rate whose further columns are counted, if the log is not read yet.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile, fairaudit
    >>> from fairaudit.samples import make_sample
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = fairaudit.tally(make_sample(speakers=100).log, f"{folder}/speakers.parquet", by="accent")
    ...     fairaudit.read_log(path).label_columns
    ('accent',)
    """
    target = Path(path)
    columns = [*dict.fromkeys(column for entry in names(by) for column in names(entry))]
    needed = {"by": columns, "quantiles": names(quantiles)}
    write_tally(log_of(log, rate=rate, needed=needed), target, columns, names(quantiles))
    return target
