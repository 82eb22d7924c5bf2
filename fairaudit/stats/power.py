"""Statistical power: the smallest gap that a search would flag with probability 0.8."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.exact import exact_sum

__all__ = ["minimum_detectable_gap"]

_POWER: Final = 0.8


def minimum_detectable_gap(
    exposure: NDArray[np.float64], share: float, critical: float, dispersion: Dispersion
) -> float | None:
    """Return the smallest true gap of a cohort that the search would flag with probability 0.8.

    A gap g multiplies the errors of the cohort's speakers by 1 + g. The score of the cohort is then approximately
    normal. Its mean follows from the speakers' weights, and its variance from their raised rate. To be flagged, the
    score must exceed the critical value of the *whole search*.

    Parameters
    ----------
    exposure
        Words of each sampling unit, shape (n_speakers,).
    share
        Share of the speakers in the cohort, between 0 and 1.
    critical
        Score that the search reaches in 5 % of the shuffles.
    dispersion
        Dispersion fitted to the whole log.

    Returns
    -------
    float or None
        Relative gap (0.4 = +40 %), or ``None`` if even a gap of +1,000 % would be missed.

    Examples
    --------
    >>> spread = Dispersion(rate=0.1, phi=1.0, tau2=0.36)
    >>> round(minimum_detectable_gap(np.full(2000, 500.0), 0.1, 3.3, spread), 2)
    0.2
    """
    expected = dispersion.rate * exposure
    weight = 1.0 / (dispersion.phi + dispersion.tau2 * expected)
    information = exact_sum(weight * expected)
    inside, rest = share * information, (1 - share) * information
    if min(inside, rest) <= 0:
        return None

    def shortfall(gap: float) -> float:
        raised = (1 + gap) * expected
        variance = share * exact_sum(weight**2 * (dispersion.phi * raised + dispersion.tau2 * raised**2))
        spread = math.sqrt(variance / inside**2 + 1 / rest)
        score = gap - critical * math.sqrt(1 / inside + 1 / rest)
        return score / spread - float(stats.norm.ppf(_POWER))

    if shortfall(10.0) < 0:
        return None
    return float(optimize.brentq(shortfall, 0.0, 10.0))
