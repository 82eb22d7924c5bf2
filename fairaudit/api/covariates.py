"""Columns that an audit adjusts for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.core.bands import Bands
from fairaudit.core.columns import names
from fairaudit.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["with_covariates"]


def with_covariates(log: UtteranceLog, adjust: str | Sequence[str]) -> tuple[UtteranceLog, tuple[str, ...]]:
    """The log with every covariate as a column, and their names; ``snr[3]`` cuts a column into three bands.

    Raises
    ------
    InputError
        If the log lacks a column, or one that is to be cut holds no numbers.
    """
    covariates: list[str] = []
    for covariate in names(adjust):
        bands = None if covariate in log.columns else Bands.parse(covariate)
        name = covariate if bands is None else str(bands)
        if bands is not None and name not in log.columns:
            log = log.cut(bands.column, bands.number or bands.edges)
        elif bands is None and covariate not in log.columns:
            raise InputError(unknown_name("column", covariate, log.columns))
        covariates.append(name)
    return log, tuple(dict.fromkeys(covariates))
