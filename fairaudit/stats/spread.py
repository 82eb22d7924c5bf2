"""How uneven the error rates of speakers are, beside what equal speakers would show by chance."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log1p, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.exact import exact_sum

__all__ = ["SpeakerRates", "equal_speakers", "is_separable", "speaker_rates", "true_rates"]

#: Share of the speakers on each side of a percentile.
_TENTH: Final = 10
#: Most logs of equal speakers that are simulated, and most speakers of all of them together.
_MOST_LOGS: Final = 200
_MOST_DRAWS: Final = 500_000
#: Standard normal quantile of 0.9.
_Z: Final = 1.2815515655446004
#: Largest standard error of tau2: as a share of what it would be without noise beyond Poisson's, and as a number.
_LARGEST_SHARE: Final = 0.3
_LARGEST_ERROR: Final = 0.015
_SINGULAR: Final = 1e-12


@dataclass(frozen=True)
class SpeakerRates:
    """How rates are spread over the speakers of a log.

    Attributes
    ----------
    low, high
        10th and 90th percentile of the rates of speakers, errors per unit of exposure.
    worst_errors, worst_exposure
        Shares of all errors and of all exposure that belong to the tenth of the speakers with the highest rates.
    """

    low: float
    high: float
    worst_errors: float
    worst_exposure: float


def speaker_rates(errors: NDArray[np.float64], exposure: NDArray[np.float64]) -> SpeakerRates:
    """Return how rates are spread over speakers.

    Parameters
    ----------
    errors, exposure
        Counts of each speaker, shape (n_speakers,), of at least 10 speakers. Exposures are positive, and there is an
        error.

    Returns
    -------
    SpeakerRates
        A tenth of the speakers, rounded down, have rates below ``low`` or equal to it, and as many have rates above
        ``high`` or equal to it. Of speakers with equal rates, those with more exposure are the worse.

    Examples
    --------
    >>> speaker_rates(np.arange(1.0, 21.0), np.full(20, 100.0))
    SpeakerRates(low=0.03, high=0.18, worst_errors=0.18571428571428572, worst_exposure=0.1)
    """
    rates = errors / exposure
    order = np.lexsort((exposure, rates))
    tenth = len(rates) // _TENTH
    worst = order[-tenth:]
    return SpeakerRates(
        low=float(rates[order[tenth]]),
        high=float(rates[order[-tenth - 1]]),
        worst_errors=float(errors[worst].sum() / errors.sum()),
        worst_exposure=float(exposure[worst].sum() / exposure.sum()),
    )


def equal_speakers(exposure: NDArray[np.float64], dispersion: Dispersion) -> SpeakerRates:
    """Return what speakers would show on average if all had the same true rate and as much exposure as these.

    Errors are negative binomial with mean ``r W`` and variance ``phi r W``, or Poisson if phi is 1.

    Parameters
    ----------
    exposure
        Exposure of each speaker, shape (n_speakers,), positive, of at least 10 speakers. Their order does not matter.
    dispersion
        The rate ``r``, above 0, and ``phi``; ``tau2`` is ignored.

    Returns
    -------
    SpeakerRates
        Means over up to 200 simulated logs, with a fixed seed; of more than 2,500 speakers, over fewer logs.

    Examples
    --------
    >>> alike = equal_speakers(np.full(200, 1000.0), Dispersion(rate=0.1, phi=1.0, tau2=0.0))
    >>> [round(end, 3) for end in (alike.low, alike.high)]
    [0.087, 0.113]
    """
    exposure = np.sort(exposure)
    expected = dispersion.rate * exposure
    rng = np.random.default_rng(0)
    logs = []
    for _ in range(max(1, min(_MOST_LOGS, _MOST_DRAWS // len(exposure)))):
        scale = dispersion.phi - 1
        mean = rng.gamma(expected / scale, scale) if scale > 0 else expected
        errors = rng.poisson(mean).astype(np.float64)
        if errors.any():
            logs.append(speaker_rates(errors, exposure))
    means = np.mean([(one.low, one.high, one.worst_errors, one.worst_exposure) for one in logs], axis=0)
    return SpeakerRates(*map(float, means))


def true_rates(dispersion: Dispersion) -> tuple[float, float]:
    """Return the 10th and 90th percentile of the true rates of speakers, apart from sampling noise.

    True rates are taken to be log-normal, with mean ``r`` and squared coefficient of variation ``tau2``: with
    ``s^2 = ln(1 + tau2)``, percentiles are ``r exp(-s^2 / 2 +- 1.28 s)``.

    Examples
    --------
    >>> low, high = true_rates(Dispersion(rate=0.1, phi=1.0, tau2=0.16))
    >>> round(low, 3), round(high, 3)
    (0.057, 0.152)
    """
    square = log1p(dispersion.tau2)
    low, high = (dispersion.rate * exp(side * _Z * sqrt(square) - square / 2) for side in (-1, 1))
    return low, high


def is_separable(errors: NDArray[np.float64], exposure: NDArray[np.float64], dispersion: Dispersion) -> bool:
    """Return whether counts show how much of the variation between speakers is more than chance.

    Noise within speakers (``phi``) and differences between them (``tau2``) can be separated only if speakers have
    different exposures, and if there are enough speakers. The standard error of ``tau2`` is that of weighted least
    squares with the variances of squared normal residuals, ``2 Var^2``. It must be below 0.015, or below 0.3 times the
    ``tau2`` that the same residuals give with ``phi = 1``.

    Parameters
    ----------
    errors, exposure
        Counts of each speaker, shape (n_speakers,); exposures are positive.
    dispersion
        What was fitted to them.

    Examples
    --------
    >>> errors, alike, unlike = np.tile([20.0, 70.0], 500), np.full(1000, 500.0), np.linspace(20, 900, 1000)
    >>> fit = Dispersion(rate=0.1, phi=2.0, tau2=0.2)
    >>> is_separable(errors, alike, fit), is_separable(errors, unlike, fit)
    (False, True)
    """
    x = dispersion.rate * exposure
    weight = 1 / dispersion.variance(exposure) ** 2
    xx, xxx, xxxx = (exact_sum(weight * x**power) for power in (2, 3, 4))
    determinant = xx * xxxx - xxx**2
    error = sqrt(2 * xx / determinant) if determinant > _SINGULAR * xx * xxxx else inf
    most = exact_sum(weight * x**2 * ((errors - x) ** 2 - x)) / xxxx
    return error <= max(_LARGEST_SHARE * most, _LARGEST_ERROR)
