"""Sum counts over groups of utterances, the only step that reads every utterance, and merge such sums.

Sums of integers are exact, associative and commutative. Every engine and every order of shards therefore gives the
same table, and the tallies of shards can simply be added (:func:`merge_tallies`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fairaudit.core.errors import FairauditError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Log", "TallySource", "merge_tallies"]


@runtime_checkable
class TallySource(Protocol):
    """Anything that can sum the count columns of a log over groups of rows."""

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        """Sum every count column over the groups of ``by``.

        Returns a frame of int64 counts whose (multi-)index has the levels ``by`` and is sorted. Missing keys form a
        group of their own.
        """
        ...


def merge_tallies(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up the tallies of disjoint shards of one log.

    Parameters
    ----------
    parts
        Frames returned by :meth:`TallySource.tally`, with equal index levels and equal columns.

    Returns
    -------
    pandas.DataFrame
        One row per group, with int64 sums, sorted by the index.

    Raises
    ------
    FairauditError
        If there are no parts, or if two parts have different keys or columns.

    Examples
    --------
    >>> import pandas as pd
    >>> shard = pd.DataFrame({"errors": [1, 2]}, index=pd.Index(["a", "b"], name="speaker_id"))
    >>> merge_tallies([shard, shard])["errors"].tolist()
    [2, 4]
    """
    import pandas as pd

    frames = list(parts)
    if not frames:
        raise FairauditError("no tallies to merge")
    first = frames[0]
    for frame in frames[1:]:
        if list(frame.index.names) != list(first.index.names) or set(frame.columns) != set(first.columns):
            raise FairauditError(
                f"tallies differ: keys {list(first.index.names)} with columns {sorted(first.columns)} against "
                f"keys {list(frame.index.names)} with columns {sorted(frame.columns)}"
            )
    stacked = pd.concat([frame[list(first.columns)] for frame in frames])
    return stacked.groupby(level=list(range(stacked.index.nlevels)), dropna=False, sort=True).sum()


class Log(TallySource, Protocol):
    """A tally source that knows its sampling unit."""

    @property
    def cluster(self) -> str | None:
        """Column, coarser than the speaker, whose values are exchangeable."""
        ...
