"""Rates: ratios of sums, their columns, their unit and the words that reports use for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import (
    CHARACTERS,
    DELETIONS,
    ERRORS,
    EXPOSURES,
    INSERTIONS,
    SUBSTITUTIONS,
    UTTERANCES,
    WORDS,
    WORDS_AND_CHARACTERS,
)
from fairaudit.core.derived import HALLUCINATED, MOSTLY_WRONG, WITH_ERRORS
from fairaudit.core.errors import NothingToAuditError, UsageError, unknown_name
from fairaudit.core.threshold import Threshold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["PERCENT", "RATES", "TEACHER", "Rate", "columns_of", "rate_from_table", "rate_named"]

#: The unit of a share, which is printed as a percentage.
PERCENT: Final = "%"
#: Longest unit; it is printed after every number.
_UNIT_LENGTH: Final = 40
#: What an error rate is called if references are those of a teacher model.
TEACHER: Final = "disagreement with the teacher"


@dataclass(frozen=True)
class Rate:
    """A ratio of sums, a numerator column over a denominator column (the exposure), with its names for reports.

    A group is worse off if its rate is higher.

    Attributes
    ----------
    name
        Name in options and files.
    numerator, denominator
        Columns of additive numbers. ``utterances`` counts the rows of a log. As a numerator, ``latency_ms>800`` counts
        the rows with a larger number in a column, and ``latency_ms>p90`` those above the 90th percentile of the log,
        which becomes a number once a log is read (:meth:`at_numbers`).
    label
        Name in tables and on axes; by default, the name without underscores.
    title
        Name in sentences; by default, the label.
    errors, exposure
        What the numerator and denominator count, in the plural; by default, their names without underscores.
    unit
        What the quotient of the two columns is measured in, such as ``"ms"`` or ``"seconds per second"``. ``"%"``, the
        default, is for quotients of two alike things, which are printed as percentages.

    Raises
    ------
    UsageError
        If the name is empty, both columns are the same, the denominator has a threshold, a threshold is impossible, or
        the unit is empty or longer than 40 characters.

    Examples
    --------
    >>> Rate("delay", "delay_ms", "audio_ms", title="delay per second of audio")
    Rate('delay=delay_ms/audio_ms')
    >>> Rate("latency", "latency_ms", "utterances", unit="ms").unit
    'ms'
    >>> Rate("missed_words", "deletions", "words").label
    'missed words'
    >>> Rate("slow", "latency_ms > 800", "utterances").errors
    'utterances with latency ms over 800'
    """

    name: str
    numerator: str
    denominator: str
    label: str = ""
    title: str = ""
    errors: str = ""
    exposure: str = ""
    unit: str = PERCENT
    #: Parts of 1 in which both columns are counted, so that sums are of whole numbers; known once a log is read.
    parts: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        if not self.name or self.numerator == self.denominator:
            raise UsageError(f"a rate needs a name and two different columns, not {self.formula!r}")
        if not 0 < len(self.unit.strip()) <= _UNIT_LENGTH:
            raise UsageError(f"the unit of a rate has 1 to {_UNIT_LENGTH} characters, such as 'ms', not {self.unit!r}")
        threshold = Threshold.parse(self.numerator)
        if threshold is not None:
            threshold.require_valid()
            object.__setattr__(self, "numerator", str(threshold))
        if Threshold.parse(self.denominator) is not None:
            raise UsageError(f"{self.formula}: only a numerator can have a threshold, not {self.denominator!r}")
        words = {"label": self.name, "title": self.label or self.name, "errors": self.numerator}
        if threshold is not None:
            words["errors"] = threshold.words
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
        """Columns that a log needs."""
        return self.numerator, self.denominator

    @property
    def has_percentile(self) -> bool:
        """Whether its numerator counts the rows above a percentile of a log that is not read yet."""
        threshold = Threshold.parse(self.numerator)
        return threshold is not None and threshold.is_percentile

    def at_numbers(self, numbers: Mapping[str, str]) -> Rate:
        """Return the rate with the number that its percentile is in a log.

        Parameters
        ----------
        numbers
            Thresholds with numbers by those with percentiles, as a log has them.

        Examples
        --------
        >>> rate = Rate("slow", "latency_ms>p90", "utterances").at_numbers({"latency_ms>p90": "latency_ms>810"})
        >>> rate, rate.errors
        (Rate('slow=latency_ms>810/utterances'), 'utterances with latency ms over 810')
        """
        if self.numerator not in numbers:
            return self
        is_default = self.errors == Rate(self.name, self.numerator, self.denominator).errors
        return replace(self, numerator=numbers[self.numerator], errors="" if is_default else self.errors)

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

    def in_parts(self, column: ArrayLike) -> NDArray[np.float64]:
        """Return sums of a column as whole numbers of :attr:`parts`, so that further sums are exact in any order."""
        import numpy as np

        values = np.asarray(column, dtype=float)
        return values if self.parts == 1 else np.rint(values * self.parts)

    def require_exposure(self, total: float) -> None:
        """Raise if a log has nothing that the rate is measured on, given the sum of its denominator.

        Raises
        ------
        NothingToAuditError
            If the sum is 0.
        """
        if total <= 0:
            where = "the references contain" if self.denominator in EXPOSURES.values() else "the log has"
            raise NothingToAuditError(f"nothing to audit: {where} no {self.denominator}")

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
        Rate("sentence_error", WITH_ERRORS, UTTERANCES, "sentence error rate"),
        Rate("mostly_wrong", MOSTLY_WRONG, UTTERANCES, "mostly wrong", "share of utterances that are mostly wrong"),
        Rate("hallucination_rate", HALLUCINATED, WORDS),
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
        name, numerator, denominator = map(str.strip, formula.groups())
        rate = Rate(name, numerator, denominator)
    built_in = RATES.get(rate.name, rate)
    if built_in.formula != rate.formula:
        raise UsageError(f"{built_in.formula} is a built-in rate; give {rate.formula} another name")
    return rate


#: Keys of a rate in a settings file, besides its name.
_KEYS: Final = ("numerator", "denominator", "label", "title", "errors", "exposure", "unit", "better")
_BETTER: Final = ("lower", "higher")


def rate_from_table(name: str, table: Any, where: str) -> Rate:
    """Return the rate that a table of a settings file defines.

    Parameters
    ----------
    name
        Name of the rate.
    table
        The fields of a :class:`Rate`, and ``better``, which can only be ``"lower"``.
    where
        The table, for messages.

    Raises
    ------
    UsageError
        If a key is unknown or missing, a value is no text, or a higher rate is better.

    Examples
    --------
    >>> rate_from_table("latency", {"numerator": "ms", "denominator": "utterances", "unit": "ms"}, "[rates.latency]")
    Rate('latency=ms/utterances')
    """
    if not isinstance(table, Mapping):
        raise UsageError(f"{where} must be a table with {', '.join(_KEYS)}, not {table!r}")
    for key, value in table.items():
        if key not in _KEYS:
            raise UsageError(f"{where}: {unknown_name('key', key, _KEYS)}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where}: {key} must be a string, not {value!r}")
    if missing := [key for key in ("numerator", "denominator") if key not in table]:
        raise UsageError(f"{where} lacks {missing}")
    better = table.get("better", "lower")
    if better not in _BETTER:
        raise UsageError(f"{where}: {unknown_name('value of better', better, _BETTER)}")
    if better == "higher":
        raise UsageError(
            f"{where}: a group is worse off if its rate is higher; count the opposite, such as the "
            "utterances that were not accepted instead of those that were"
        )
    try:
        return rate_named(Rate(name, **{key: value for key, value in table.items() if key != "better"}))
    except UsageError as error:
        raise UsageError(f"{where}: {error.args[0]}") from None


def columns_of(rate: str | Rate | None) -> tuple[str, ...]:
    """Return the columns that a rate, given as in :func:`rate_named`, needs; none for the default rate."""
    return () if rate is None else rate_named(rate).columns
