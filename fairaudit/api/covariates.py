"""Columns that an audit adjusts for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import names
from fairaudit.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["with_covariates"]

_BANDS: Final = re.compile(r"(?P<column>.+)\[(?P<bins>[0-9]+)\]")


def with_covariates(log: UtteranceLog, adjust: str | Sequence[str]) -> tuple[UtteranceLog, tuple[str, ...]]:
    """The log with every covariate as a column, and their names; ``snr[3]`` cuts a column into three bands.

    Raises
    ------
    InputError
        If the log lacks a column, or one that is to be cut holds no numbers.
    """
    covariates = dict.fromkeys(names(adjust))
    for covariate in covariates:
        cut = _BANDS.fullmatch(covariate)
        if cut and covariate not in log.columns:
            log = log.cut(cut["column"], int(cut["bins"]))
        elif covariate not in log.columns:
            raise InputError(unknown_name("column", covariate, log.columns))
    return log, tuple(covariates)
