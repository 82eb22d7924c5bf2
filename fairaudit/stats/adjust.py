"""Estimate error rates of strata of material, adjusted for the levels of the speakers in them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.exact import exact_sum, exact_sum_over

__all__ = ["stratum_rates"]

_ROUNDS: Final = 200
_TOLERANCE: Final = 1e-9


def stratum_rates(
    speaker: NDArray[np.int64],
    stratum: NDArray[np.int64],
    errors: NDArray[np.float64],
    exposure: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Estimate the rate of each stratum, adjusted for the levels of its speakers.

    The model is E_sh = a_h b_s W_sh, where a_h is the rate of stratum h, and the level b_s of speaker s has a gamma
    distribution with mean 1 and the variance between speakers (Clayton and Kaldor 1987). Rates and levels are updated
    in turn. If a group with higher error rates says much in one stratum, this raises the levels of its speakers, not
    the rate of the stratum, provided that they also speak in other strata. A plain ratio of sums would hide part of
    the group's gap.

    Parameters
    ----------
    speaker, stratum
        Codes of each cell, starting at 0, shape (n_cells,).
    errors, exposure
        Counts of each cell, shape (n_cells,).

    Returns
    -------
    ndarray
        Rate of each stratum, shape (n_strata,), which is 0 without exposure. The expected errors of all cells add up
        to the observed errors.

    Examples
    --------
    >>> speaker, stratum = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> stratum_rates(speaker, stratum, np.array([10.0, 20, 40, 20]), np.array([100.0, 100, 400, 100])).round(2)
    array([0.1, 0.2])
    """
    speakers, strata = int(speaker.max()) + 1, int(stratum.max()) + 1
    in_stratum, of_speaker = exact_sum_over(stratum, errors, strata), exact_sum_over(speaker, errors, speakers)
    rates = _ratio(in_stratum, exact_sum_over(stratum, exposure, strata))
    expected = exact_sum_over(speaker, rates[stratum] * exposure, speakers)
    spread = fit_dispersion(of_speaker, expected).tau2
    for _ in range(_ROUNDS):
        level = (1 + spread * of_speaker) / (1 + spread * expected)
        better = _ratio(in_stratum, exact_sum_over(stratum, level[speaker] * exposure, strata))
        better *= exact_sum(errors) / exact_sum(better[stratum] * exposure)
        moved, rates = np.abs(better - rates).max(), better
        expected = exact_sum_over(speaker, rates[stratum] * exposure, speakers)
        if moved <= _TOLERANCE * rates.max():
            break
    return rates


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
