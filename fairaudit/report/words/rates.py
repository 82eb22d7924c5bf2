"""The words of a rate: they belong to its definition, which every result document carries."""

from __future__ import annotations

from typing import Self

from fairaudit.core.rate import Rate
from fairaudit.report.words.wording import plain
from fairaudit.results.documents import AuditDoc, ComparisonDoc, HistoryDoc
from fairaudit.results.rates import rate_of_document

__all__ = ["RateWords", "rate_words"]


class RateWords(str):
    """What tables and axes call a rate; what else is said of it are attributes.

    Attributes
    ----------
    spelled
        What sentences call it.
    errors, exposure
        What its numerator and its denominator count, in the plural.
    """

    spelled: str
    errors: str
    exposure: str

    @classmethod
    def of(cls, rate: Rate) -> Self:
        """The words of a rate, safe to print.

        Examples
        --------
        >>> words = RateWords.of(Rate("delay", "delay_ms", "audio_ms"))
        >>> f"{words}: {words.errors} per {words.exposure}"
        'delay: delay ms per audio ms'
        """
        words = cls(plain(rate.label))
        words.spelled, words.errors, words.exposure = map(plain, (rate.title, rate.errors, rate.exposure))
        return words


def rate_words(document: AuditDoc | ComparisonDoc | HistoryDoc) -> RateWords:
    """The words of the rate of an audit, a comparison or a history.

    Examples
    --------
    >>> rate_words({"rate": "wer"}), rate_words({"rate": "wer"}).spelled, rate_words({"rate": "insertion_rate"}).errors
    ('WER', 'word error rate', 'insertions')
    """
    return RateWords.of(rate_of_document(document))
