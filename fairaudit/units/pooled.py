"""Pool the errors of several systems, so that a search finds groups that are worse off under all of them together.

Each system's errors are divided by its total, so that every system has the same say, and multiplied by the mean total
of all systems. The pooled errors of a group are then what an average system would have, and all steps of a search run
unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.rate import Rate
from fairaudit.units.tally import TallySource

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["POOLED", "PooledLog"]

#: The column of pooled errors.
POOLED: Final = "pooled_errors"
#: Weights of systems are multiples of 1 / _PARTS, so that sums of pooled errors are exact in every order.
_PARTS: Final = 1 << 20


@dataclass(frozen=True)
class PooledLog:
    """A tally source that adds the pooled errors of several systems, in the column :data:`POOLED`.

    Attributes
    ----------
    source
        The log.
    columns
        Column of the errors of each system. Every system has errors.
    sampling_unit
        Column of the speaker or cluster.

    Examples
    --------
    The second system has ten times the errors; both count equally:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"s": ["a", "b"], "one": [1, 3], "two": [30, 10]})
    >>> class Log:
    ...     def tally(self, by):
    ...         return frame.groupby(list(by))[["one", "two"]].sum()
    >>> PooledLog(Log(), ("one", "two"), "s").tally(["s"])[POOLED].round(3).tolist()
    [11.0, 11.0]
    """

    source: TallySource
    columns: tuple[str, ...]
    sampling_unit: str

    def pooled_rate(self, rate: Rate) -> Rate:
        """Return the rate of the pooled errors."""
        return replace(rate, numerator=POOLED)

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        """Sum counts and pooled errors over groups, like :meth:`fairaudit.units.tally.TallySource.tally`."""
        cells = self.source.tally(by)
        return cells.assign(**{POOLED: self._errors(cells) @ self._weights})

    def _errors(self, cells: pd.DataFrame) -> NDArray[np.float64]:
        return cells[[*self.columns]].to_numpy(float)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        """Weight of each system, shape (n_systems,)."""
        totals = self._errors(self.source.tally([self.sampling_unit])).sum(axis=0)
        return np.asarray(np.rint(totals.mean() / totals / len(totals) * _PARTS) / _PARTS, dtype=float)
