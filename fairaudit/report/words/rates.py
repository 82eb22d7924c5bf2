"""The words of a rate: they belong to its definition, which every result document carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from fairaudit.core.rate import RATES, TEACHER
from fairaudit.report.words.people import SPEAKERS, people
from fairaudit.report.words.units import SHARE, Unit, inside
from fairaudit.report.words.wording import plain, span
from fairaudit.results.rates import rate_of_document

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate
    from fairaudit.results.documents import (
        AuditDoc,
        BoardDoc,
        ChangeDoc,
        CohortChangeDoc,
        CohortDoc,
        ComparisonDoc,
        HistoryDoc,
        SideDoc,
    )

__all__ = [
    "RateWords",
    "cohort_interval",
    "cohort_rate",
    "of_teacher",
    "rate_change",
    "rate_words",
    "side_interval",
    "side_rate",
    "unit_of",
]


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
    unit
        How its values are printed.
    is_of_errors
        Whether sentences call it an error rate: it is built in, and the references are those of people.
    """

    spelled: str
    errors: str
    exposure: str
    people: str
    unit: Unit
    is_of_errors: bool

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
        words.people, words.unit = people, Unit(rate.unit)
        words.is_of_errors = rate.name in RATES and TEACHER not in rate.title
        return words

    @property
    def higher(self) -> str:
        """What a group has that is worse off.

        Examples
        --------
        >>> [RateWords.of(rate).higher for rate in (RATES["wer"], RATES["wer"].against_teacher())]
        ['higher error rates', 'a higher disagreement with the teacher']
        """
        return "higher error rates" if self.is_of_errors else f"a higher {self.spelled}"


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


def unit_of(rate: str) -> Unit:
    """Return the unit of a rate, which is that of a share if only its name is known."""
    return rate.unit if isinstance(rate, RateWords) else SHARE


def cohort_rate(cohort: CohortDoc, unit: Unit = SHARE) -> str:
    """Print the rate of a cohort; with the two digits that it has if its counts are withheld.

    Examples
    --------
    >>> cohort_rate({"rate": 0.1231}), cohort_rate({"rate": 0.13, "withheld_because": "fewer than 11 speakers"})
    ('12.3 %', '13 %')
    """
    return unit.rough(cohort["rate"]) if cohort.get("withheld_because") else unit.value(cohort["rate"])


def cohort_interval(cohort: CohortDoc, unit: Unit = SHARE) -> str:
    """Print the interval of the rate of a cohort; with the two digits that it has if its counts are withheld.

    Examples
    --------
    >>> cohort_interval({"interval": [0.046, 0.3], "withheld_because": "fewer than 11 speakers"})
    '[4.6 %, 30 %]'
    """
    ends = cohort["interval"]
    return span(ends, unit.rough) if cohort.get("withheld_because") else unit.span(ends)


def rate_change(changed: ChangeDoc | CohortChangeDoc, unit: Unit = SHARE) -> tuple[str, str, str]:
    """Print two rates and their difference; with the two digits that the rates have if their counts are withheld.

    Examples
    --------
    >>> known = {"before": 0.1094, "after": 0.1301, "difference": 0.0207, "interval": [0.019, 0.022]}
    >>> rate_change(known), rate_change({**known, "before": 0.11, "after": 0.14, "withheld_because": "few speakers"})
    (('10.9 %', '13.0 %', '+2.1 points'), ('11 %', '14 %', '+2.1 points'))
    """
    before, after = changed["before"], changed["after"]
    if before is None or after is None or not changed.get("withheld_because"):
        return unit.change(before, after, changed["interval"])
    return unit.rough(before), unit.rough(after), unit.difference(inside(round(after - before, 9), changed))


def side_rate(side: SideDoc, which: Literal["bottom_rate", "reference_rate"], unit: Unit = SHARE) -> str:
    """Print the rate of one side of a gap; with the two digits that it may have if its counts are withheld.

    Examples
    --------
    >>> known, rough = ({"bottom_rate": rate, "speakers": n} for rate, n in ((0.1231, 40), (0.13, None)))
    >>> side_rate(known, "bottom_rate"), side_rate(rough, "bottom_rate")
    ('12.3 %', '13 %')
    """
    return unit.rough(side[which]) if _is_rough(side) else unit.value(side[which])


def side_interval(side: SideDoc, unit: Unit = SHARE) -> str:
    """Print the interval of the rate of the bottom cohort, with as many digits as :func:`side_rate`.

    Examples
    --------
    >>> side_interval({"bottom_rate": 0.13, "bottom_interval": [0.1, 0.15], "speakers": None})
    '[10 %, 15 %]'
    """
    ends = side.get("bottom_interval")
    return span(ends, unit.rough) if _is_rough(side) else unit.span(ends)


def _is_rough(side: SideDoc) -> bool:
    """Whether counts of a side are withheld, and its rate has two digits."""
    rate = side["bottom_rate"]
    return side["speakers"] is None and rate is not None and float(f"{rate:.1e}") == rate
