"""Estimate how much error rates of speakers vary without group differences, and score sets against this variation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.exact import exact_sum

__all__ = ["Dispersion", "fit_dispersion", "fit_variance"]

_ROUNDS: Final = 100
_TOLERANCE: Final = 1e-12


@dataclass(frozen=True)
class Dispersion:
    """Variance of the errors of a speaker: Var(E) = phi * rW + tau2 * (rW)**2.

    Attributes
    ----------
    rate
        Overall rate r, errors per unit of exposure.
    phi
        Dispersion of counts within a speaker, at least 1 (1 = Poisson).
    tau2
        Squared coefficient of variation between speakers, at least 0.
    """

    rate: float
    phi: float
    tau2: float

    def variance(self, exposure: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the variance of the errors of speakers with the given exposures, with the same shape."""
        expected = self.rate * exposure
        return np.asarray(self.phi * expected + self.tau2 * expected**2)

    def weigh(
        self, errors: NDArray[np.float64], exposure: NDArray[np.float64], of_speaker: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weight cells so that talkative speakers do not dominate.

        Parameters
        ----------
        errors, exposure
            Counts of the cells, shape (n_cells,).
        of_speaker
            Total exposure of the speaker of each cell, shape (n_cells,).

        Returns
        -------
        residual, information
            ``v (E - rW)`` and ``v r W`` with ``v = 1 / (phi + tau2 r W_speaker)``, each of shape (n_cells,).
            For a set C of complete speakers, sum(residual) / sum(information) estimates the relative departure of its
            rate from r, with variance 1 / sum(information). Cells without exposure have no weight.
            Source: the quasi-likelihood score of a negative-binomial mean with a nugget.

        Examples
        --------
        >>> W = np.array([100.0, 100.0])
        >>> Dispersion(rate=0.1, phi=1.0, tau2=0.0).weigh(np.array([20.0, 5.0]), W, W)
        (array([10., -5.]), array([10., 10.]))
        """
        weight = 1.0 / (self.phi + self.tau2 * self.rate * of_speaker)
        expected = self.rate * exposure
        return np.where(exposure > 0, weight * (errors - expected), 0.0), weight * expected


def fit_dispersion(errors: NDArray[np.float64], exposure: NDArray[np.float64]) -> Dispersion:
    """Fit phi and tau2 to totals of speakers by iterated weighted least squares.

    (E - rW)^2 is regressed on [rW, (rW)^2] with weights 1 / Var(E)^2, subject to phi >= 1 and tau2 >= 0.

    Parameters
    ----------
    errors, exposure
        Counts of each speaker, shape (n_speakers,).

    Returns
    -------
    Dispersion
        The rate is 0, phi is 1 and tau2 is 0 if there are no errors.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> W = rng.integers(50, 1000, 5000).astype(float)
    >>> E = rng.poisson(0.1 * W * rng.gamma(4, 1 / 4, 5000)).astype(float)
    >>> fit = fit_dispersion(E, W)
    >>> round(fit.tau2, 1), round(fit.phi)
    (0.2, 1)
    """
    total = exact_sum(exposure)
    rate = exact_sum(errors) / total if total > 0 else 0.0
    if rate == 0.0:
        return Dispersion(0.0, 1.0, 0.0)
    used = exposure > 0
    x = rate * exposure[used]
    return Dispersion(rate, *fit_variance(x, (errors[used] - x) ** 2, least=1.0))


def fit_variance(x: NDArray[np.float64], y: NDArray[np.float64], *, least: float) -> tuple[float, float]:
    """Fit ``phi x + tau2 x^2`` to squared residuals by iterated weighted least squares with weights 1 / variance^2.

    Parameters
    ----------
    x, y
        Positive sizes and squared residuals of the speakers, shape (n_speakers,).
    least
        Positive lower bound of phi. The lower bound of tau2 is 0.

    Returns
    -------
    float, float
        phi and tau2.
    """
    phi, tau2 = least, 0.1 * least
    for _ in range(_ROUNDS):
        weight = 1.0 / (phi * x + tau2 * x**2) ** 2
        new_phi, new_tau2 = _bounded_least_squares(x, y, weight, least)
        moved = abs(new_phi - phi) + abs(new_tau2 - tau2)
        phi, tau2 = new_phi, new_tau2
        if moved < _TOLERANCE * (phi + tau2):
            break
    return phi, tau2


def _bounded_least_squares(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], least: float
) -> tuple[float, float]:
    """Minimise sum weight (y - phi x - tau2 x^2)^2 subject to phi >= least, tau2 >= 0."""
    square = x * x
    xx, xxx, xxxx = (exact_sum(weight * power) for power in (square, square * x, square * square))
    xy, xxy = exact_sum(weight * x * y), exact_sum(weight * square * y)
    determinant = xx * xxxx - xxx**2
    if determinant > _TOLERANCE * xx * xxxx:
        phi = (xxxx * xy - xxx * xxy) / determinant
        tau2 = (xx * xxy - xxx * xy) / determinant
        if phi >= least and tau2 >= 0.0:
            return phi, tau2
    on_edges = [(least, max(0.0, (xxy - least * xxx) / xxxx)), (max(least, xy / xx), 0.0)]
    return min(
        on_edges,
        key=lambda edge: (
            edge[0] ** 2 * xx + 2 * edge[0] * edge[1] * xxx + edge[1] ** 2 * xxxx - 2 * (edge[0] * xy + edge[1] * xxy)
        ),
    )
