"""Adjust a log for how hard its material is, by counting expected errors instead of words.

This is indirect standardisation. An utterance of a stratum (a domain, a device, a noise level) is expected to have as
many errors per word as speakers have in that stratum. The rate becomes observed over expected errors, and all other
steps of an audit run unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.counts import sum_over
from fairaudit.core.rate import Rate
from fairaudit.stats.adjust import stratum_rates
from fairaudit.stats.exact import exact_sum, on_grid
from fairaudit.units.tally import TallySource

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["EXPECTED", "AdjustedLog", "Support"]

#: The exposure column of an adjusted audit.
EXPECTED: Final = "expected_errors"
#: With fewer sampling units, a stratum's rate says more about its speakers than about its material.
_FEWEST: Final = 10


@dataclass(frozen=True)
class Support:
    """How well the strata are populated.

    Attributes
    ----------
    strata
        Number of strata.
    thin
        Number of strata with fewer than 10 sampling units.
    thin_share
        Share of the log's exposure in thin strata.
    """

    strata: int
    thin: int
    thin_share: float


@dataclass(frozen=True)
class AdjustedLog:
    """A tally source that adds the expected errors of each group, in the column :data:`EXPECTED`.

    Attributes
    ----------
    source
        The log.
    covariates
        Columns whose combinations form the strata. Missing values form a stratum of their own.
    rate
        The rate to adjust.
    sampling_unit
        Column of the speaker or cluster. The speaker's own level does not enter the expected errors.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"s": ["a", "b"], "domain": ["easy", "easy"], "errors": [1, 3], "words": [20, 20]})
    >>> class Log:
    ...     def tally(self, by):
    ...         return frame.groupby(list(by))[["errors", "words"]].sum()
    >>> AdjustedLog(Log(), ("domain",), Rate("wer", "errors", "words"), "s").tally(["s"])[EXPECTED].tolist()
    [2.0, 2.0]
    """

    source: TallySource
    covariates: tuple[str, ...]
    rate: Rate
    sampling_unit: str

    @property
    def adjusted_rate(self) -> Rate:
        """Observed over expected errors; 1 is the average for the same material."""
        return replace(self.rate, denominator=EXPECTED)

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        """Sum counts and expected errors over groups, like :meth:`fairaudit.units.tally.TallySource.tally`."""
        cells = self.source.tally(list(dict.fromkeys([*by, *self.covariates])))
        stratum = _keys(cells, self.covariates)
        expected = cells[self.rate.denominator].to_numpy(float) * stratum.map(self._rates).to_numpy(float)
        # on one grid whatever it is tallied by, so that its sums are exact: all of it adds up to all errors
        cells[EXPECTED] = on_grid(expected, exact_sum(self._cells.errors) / self.rate.parts)
        return cells.groupby(level=list(by), dropna=False, sort=True).sum()

    @property
    def support(self) -> Support:
        """Number of strata, and how much of the log is in strata with few sampling units."""
        speakers = np.bincount(self._cells.stratum)
        exposure = sum_over(self._cells.stratum, self._cells.exposure, len(speakers))
        thin = speakers < _FEWEST
        return Support(len(speakers), int(thin.sum()), float(exposure[thin].sum() / exposure.sum()))

    @cached_property
    def _cells(self) -> _Cells:
        """The log summed by sampling unit and stratum."""
        import pandas as pd

        tally = self.source.tally(list(dict.fromkeys([self.sampling_unit, *self.covariates])))
        stratum, strata = pd.factorize(_keys(tally, self.covariates))
        return _Cells(
            strata,
            pd.factorize(tally.index.get_level_values(self.sampling_unit))[0],
            stratum,
            self.rate.in_parts(tally[self.rate.numerator]),
            self.rate.in_parts(tally[self.rate.denominator]),
        )

    @cached_property
    def _rates(self) -> dict[object, float]:
        """Rate of each stratum, by stratum key."""
        cells = self._cells
        rates = stratum_rates(cells.speaker, cells.stratum, cells.errors, cells.exposure)
        return dict(zip(cells.strata, rates, strict=True))


@dataclass(frozen=True)
class _Cells:
    strata: pd.Index
    speaker: NDArray[np.int64]
    stratum: NDArray[np.int64]
    errors: NDArray[np.float64]
    exposure: NDArray[np.float64]


def _keys(cells: pd.DataFrame, covariates: Sequence[str]) -> pd.Index:
    """Return the stratum of each row of a tally as one hashable key; missing values compare equal."""
    import pandas as pd

    values = [cells.index.get_level_values(name).astype(object).fillna("\0missing") for name in covariates]
    return pd.Index(list(zip(*values, strict=True)), tupleize_cols=False)
