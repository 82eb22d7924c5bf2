"""Counts of errors and exposure, from which all rates, scores and intervals are computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import CHARACTERS, DELETIONS, ERRORS, INSERTIONS, SUBSTITUTIONS, WORDS
from fairaudit.core.errors import UsageError, unknown_name

__all__ = ["RATES", "UNASSIGNED", "ErrorCounts", "Rate", "columns_of", "rate_named", "sum_over"]

#: Group of cells whose unit belongs to no cohort.
UNASSIGNED: Final = -1


@dataclass(frozen=True)
class Rate:
    """A ratio of sums, a numerator column over a denominator column (the exposure), with its names for reports.

    Attributes
    ----------
    name
        Name in options and files.
    numerator, denominator
        Columns of additive counts.
    label
        Name in tables and on axes; by default, the name without underscores.
    title
        Name in sentences; by default, the label.
    errors, exposure
        What the numerator and denominator count, in the plural; by default, their names without underscores.

    Examples
    --------
    >>> Rate("delay", "delay_ms", "audio_ms", title="delay per second of audio")
    Rate('delay=delay_ms/audio_ms')
    >>> Rate("missed_words", "deletions", "words").label
    'missed words'
    """

    name: str
    numerator: str
    denominator: str
    label: str = ""
    title: str = ""
    errors: str = ""
    exposure: str = ""

    def __post_init__(self) -> None:
        if not self.name or self.numerator == self.denominator:
            raise UsageError(f"a rate needs a name and two different columns, not {self.formula!r}")
        words = {"label": self.name, "title": self.label or self.name, "errors": self.numerator}
        for field_name, default in {**words, "exposure": self.denominator}.items():
            object.__setattr__(self, field_name, getattr(self, field_name) or default.replace("_", " "))

    @property
    def formula(self) -> str:
        """Definition of the rate as on the command line, ``NAME=NUMERATOR/DENOMINATOR``."""
        return f"{self.name}={self.numerator}/{self.denominator}"

    @property
    def signature(self) -> str:
        """Name of a built-in rate, or the formula of any other rate."""
        return self.name if self.name in RATES else self.formula

    @property
    def columns(self) -> tuple[str, str]:
        """Count columns that a log needs."""
        return self.numerator, self.denominator

    def __repr__(self) -> str:
        return f"Rate({self.formula!r})"


#: The built-in rates by name.
RATES: Final[Mapping[str, Rate]] = {
    rate.name: rate
    for rate in (
        Rate("wer", ERRORS, WORDS, "WER", "word error rate"),
        Rate("cer", ERRORS, CHARACTERS, "CER", "character error rate"),
        Rate("substitution_rate", SUBSTITUTIONS, WORDS),
        Rate("deletion_rate", DELETIONS, WORDS),
        Rate("insertion_rate", INSERTIONS, WORDS),
    )
}


def rate_named(rate: str | Rate) -> Rate:
    """Return the rate with a given name or formula.

    Parameters
    ----------
    rate
        The name of a built-in rate, a formula ``NAME=NUMERATOR/DENOMINATOR``, or a rate.

    Raises
    ------
    UsageError
        If there is no such rate, or it has the name of a built-in rate of other columns.

    Examples
    --------
    >>> rate_named("wer").denominator, rate_named("delay=delay_ms/audio_ms").numerator
    ('words', 'delay_ms')
    """
    if not isinstance(rate, Rate):
        if rate in RATES:
            return RATES[rate]
        formula = re.fullmatch(r"([^=/]+)=([^/]+)/([^/]+)", rate)
        if formula is None:
            raise UsageError(f"{unknown_name('rate', rate, RATES)}; or define a rate as NAME=NUMERATOR/DENOMINATOR")
        rate = Rate(*map(str.strip, formula.groups()))
    built_in = RATES.get(rate.name, rate)
    if built_in.formula != rate.formula:
        raise UsageError(f"{built_in.formula} is a built-in rate; give {rate.formula} another name")
    return rate


def columns_of(rate: str | Rate | None) -> tuple[str, ...]:
    """Return the count columns that a rate, given as in :func:`rate_named`, needs; none for the default rate."""
    return () if rate is None else rate_named(rate).columns


@dataclass(frozen=True)
class ErrorCounts:
    """Counts of each cell of a log, that is, each pair of sampling unit and group that occurs.

    Attributes
    ----------
    speaker
        Code of the cell's sampling unit (the speaker, or the coarser ``--cluster``), shape (n_cells,), int64.
    group
        Code of the cell's unit or cohort, or :data:`UNASSIGNED` if it has none, shape (n_cells,), int64.
    errors, exposure
        Numerator and denominator of the rate, shape (n_cells,), float64.
    detail
        Further additive counts for display (utterances, substitutions, ...), each of shape (n_cells,).

    Examples
    --------
    >>> ones = np.ones(3)
    >>> counts = ErrorCounts(np.array([0, 1, 1]), np.array([0, 0, 1]), ones, 10 * ones)
    >>> counts.rate, counts.n_speakers, counts.of_groups([0]).errors.sum()
    (0.1, 2, np.float64(2.0))
    """

    speaker: NDArray[np.int64]
    group: NDArray[np.int64]
    errors: NDArray[np.float64]
    exposure: NDArray[np.float64]
    detail: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.speaker)

    @property
    def n_speakers(self) -> int:
        """Number of distinct sampling units."""
        return len(np.unique(self.speaker))

    @property
    def rate(self) -> float:
        """Sum of errors over sum of exposure; NaN without exposure."""
        exposure = float(self.exposure.sum())
        return float(self.errors.sum()) / exposure if exposure > 0 else float("nan")

    def where(self, cells: NDArray[np.bool_]) -> Self:
        """Keep the cells where a mask of shape (n_cells,) is true."""
        return replace(
            self,
            speaker=self.speaker[cells],
            group=self.group[cells],
            errors=self.errors[cells],
            exposure=self.exposure[cells],
            detail={name: values[cells] for name, values in self.detail.items()},
        )

    def of_groups(self, groups: list[int] | tuple[int, ...]) -> Self:
        """Keep the cells of some groups."""
        return self.where(np.isin(self.group, groups))

    def regroup(self, cohort_of_group: NDArray[np.int64]) -> Self:
        """Replace every group code g by ``cohort_of_group[g]``; unassigned cells stay unassigned."""
        known = self.group >= 0
        group = np.full_like(self.group, UNASSIGNED)
        group[known] = cohort_of_group[self.group[known]]
        return replace(self, group=group)

    def per_speaker(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return errors and exposure summed over the cells of each sampling unit, in the order of their codes."""
        codes, index = np.unique(self.speaker, return_inverse=True)
        return sum_over(index, self.errors, len(codes)), sum_over(index, self.exposure, len(codes))


def sum_over(group: NDArray[np.int64], column: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Sum a column over groups numbered 0 .. size - 1, shape (size,).

    Examples
    --------
    >>> sum_over(np.array([0, 1, 0]), np.array([1.0, 2.0, 4.0]), 3)
    array([5., 2., 0.])
    """
    return np.bincount(group, column, minlength=size).astype(float, copy=False)
