"""The words of a rate: they belong to its definition, which every result document carries."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, Self

from fairaudit.report.words.people import SPEAKERS, people
from fairaudit.report.words.wording import percent, plain, span
from fairaudit.results.rates import rate_of_document

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate
    from fairaudit.results.documents import AuditDoc, BoardDoc, CohortDoc, ComparisonDoc, HistoryDoc, SideDoc

__all__ = ["RateWords", "cohort_interval", "cohort_rate", "of_teacher", "rate_words", "side_interval", "side_rate"]


class RateWords(str):
    """What tables and axes call a rate; what else is said of it are attributes.

    Attributes
    ----------
    spelled
        What sentences call it.
    errors, exposure
        What its numerator and its denominator count, in the plural.
    people
        Whose it is: ``"speakers"``, or ``"utterances"`` if nobody knows who speaks.
    """

    spelled: str
    errors: str
    exposure: str
    people: str

    @classmethod
    def of(cls, rate: Rate, people: str = SPEAKERS) -> Self:
        """The words of a rate, safe to print.

        Examples
        --------
        >>> from fairaudit.core.rate import Rate
        >>> words = RateWords.of(Rate("delay", "delay_ms", "audio_ms"))
        >>> f"{words}: {words.errors} per {words.exposure}"
        'delay: delay ms per audio ms'
        """
        words = cls(plain(rate.label))
        words.spelled, words.errors, words.exposure = map(plain, (rate.title, rate.errors, rate.exposure))
        words.people = people
        return words


def rate_words(document: AuditDoc | BoardDoc | ComparisonDoc | HistoryDoc) -> RateWords:
    """The words of the rate of an audit, a board, a comparison or a history.

    Examples
    --------
    >>> rate_words({"rate": "wer"}), rate_words({"rate": "wer"}).spelled, rate_words({"rate": "insertion_rate"}).errors
    ('WER', 'word error rate', 'insertions')
    """
    return RateWords.of(rate_of_document(document), people(document))


def of_teacher(signature: str) -> bool:
    """Whether the references of a result are those of a teacher model, by its signature.

    Examples
    --------
    >>> of_teacher("rate:wer|reference_kind:pseudo|seed:0"), of_teacher("rate:wer|seed:0")
    (True, False)
    """
    return "reference_kind:pseudo" in signature.split("|")


def cohort_rate(cohort: CohortDoc) -> str:
    """Print the rate of a cohort; with the two digits that it has if its counts are withheld.

    Examples
    --------
    >>> cohort_rate({"rate": 0.1231}), cohort_rate({"rate": 0.13, "withheld_because": "fewer than 11 speakers"})
    ('12.3 %', '13 %')
    """
    return _two_digits(cohort["rate"]) if cohort.get("withheld_because") else percent(cohort["rate"])


def cohort_interval(cohort: CohortDoc) -> str:
    """Print the interval of the rate of a cohort; with the two digits that it has if its counts are withheld.

    Examples
    --------
    >>> cohort_interval({"interval": [0.046, 0.3], "withheld_because": "fewer than 11 speakers"})
    '[4.6 %, 30 %]'
    """
    return span(cohort["interval"], _two_digits if cohort.get("withheld_because") else percent)


def side_rate(side: SideDoc, which: Literal["bottom_rate", "reference_rate"]) -> str:
    """Print the rate of one side of a gap; with the two digits that it may have if its counts are withheld.

    Examples
    --------
    >>> known, rough = ({"bottom_rate": rate, "speakers": n} for rate, n in ((0.1231, 40), (0.13, None)))
    >>> side_rate(known, "bottom_rate"), side_rate(rough, "bottom_rate")
    ('12.3 %', '13 %')
    """
    return _two_digits(side[which]) if _is_rough(side) else percent(side[which])


def side_interval(side: SideDoc) -> str:
    """Print the interval of the rate of the bottom cohort, with as many digits as :func:`side_rate`.

    Examples
    --------
    >>> side_interval({"bottom_rate": 0.13, "bottom_interval": [0.1, 0.15], "speakers": None})
    '[10 %, 15 %]'
    """
    return span(side.get("bottom_interval"), _two_digits if _is_rough(side) else percent)


def _is_rough(side: SideDoc) -> bool:
    """Whether counts of a side are withheld, and its rate has two digits."""
    rate = side["bottom_rate"]
    return side["speakers"] is None and rate is not None and float(f"{rate:.1e}") == rate


def _two_digits(rate: float | None) -> str:
    """Print a rate with two significant digits, whole percent from 10 % on.

    Examples
    --------
    >>> _two_digits(1.3), _two_digits(0.29), _two_digits(0.005), _two_digits(0.0), _two_digits(None)
    ('130 %', '29 %', '0.50 %', '0 %', '–')
    """
    return percent(rate, max(0, 1 - math.floor(math.log10(round(100 * rate, 9)))) if rate else 0)
