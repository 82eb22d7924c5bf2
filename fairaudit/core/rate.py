"""Rates: ratios of sums, their columns and the words that reports use for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fairaudit.core.columns import CHARACTERS, DELETIONS, ERRORS, INSERTIONS, SUBSTITUTIONS, WORDS, WORDS_AND_CHARACTERS
from fairaudit.core.errors import NothingToAuditError, UsageError, unknown_name

__all__ = ["RATES", "TEACHER", "Rate", "columns_of", "rate_named"]

#: What an error rate is called if references are those of a teacher model.
TEACHER: Final = "disagreement with the teacher"


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

    def against_teacher(self) -> Rate:
        """Return the rate with words that say that references are those of a teacher model, not of people.

        Examples
        --------
        >>> RATES["wer"].against_teacher().label, RATES["insertion_rate"].against_teacher().label
        ('disagreement with the teacher', 'insertion rate (disagreement with the teacher)')
        """
        if self.label.endswith((TEACHER, f"{TEACHER})")):
            return self
        if self.numerator == ERRORS:
            return replace(self, label=TEACHER, title=TEACHER, errors="disagreements with the teacher")
        label, title = (f"{words} ({TEACHER})" for words in (self.label, self.title))
        return replace(self, label=label, title=title)

    def require_exposure(self, total: float) -> None:
        """Raise if a log has nothing that the rate is measured on, given the sum of its denominator.

        Raises
        ------
        NothingToAuditError
            If the sum is 0.
        """
        if total <= 0:
            raise NothingToAuditError(f"nothing to audit: the references contain no {self.denominator}")

    def __repr__(self) -> str:
        return f"Rate({self.formula!r})"


#: The built-in rates by name.
RATES: Final[Mapping[str, Rate]] = {
    rate.name: rate
    for rate in (
        Rate("wer", ERRORS, WORDS, "WER", "word error rate"),
        Rate("cer", ERRORS, CHARACTERS, "CER", "character error rate"),
        Rate("mer", ERRORS, WORDS_AND_CHARACTERS, "MER", "mixed error rate"),
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
