"""Compare numbers of a document with the limit of a rule, by intervals that hold for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from fairaudit.core.verdicts import End, Outcome
from fairaudit.results.gate import Subject

if TYPE_CHECKING:
    from fairaudit.results.gate_rules import GateRule

__all__ = ["GAP_FROM", "RATE_FROM", "Number", "compared", "freedom_of"]

Ends = tuple[float, float]

#: Smallest possible rate and relative gap. Their intervals are computed on the logarithm of the distance to it.
RATE_FROM: Final = 0.0
GAP_FROM: Final = -1.0
#: Effective speakers of the smallest cohort that is tested, with which a cohort counts whose number is not known.
_FEWEST: Final = 10.0
#: Probability above an interval of 95 %.
_TAIL: Final = 0.025


@dataclass(frozen=True)
class Number:
    """A number of a document.

    Attributes
    ----------
    name
        Name of the search, cohort or set of speakers.
    estimate, interval
        The number and its own 95 % interval; ``None`` if undefined.
    untested
        Why it decides nothing, or ``None``.
    p
        Family-wise p-value, if there is one.
    chance
        Whether it may be due to chance, so that it does not fail.
    simultaneous
        Interval that holds for all numbers of the rule at once, if the document has it.
    origin
        :data:`RATE_FROM` or :data:`GAP_FROM`; ``None`` for a difference, whose interval is not on a log scale.
    freedom
        Degrees of freedom of the interval.
    surplus
        By how much the estimate may have been rounded up.
    centre
        The number that the interval belongs to, if it is not the estimate.
    """

    name: str
    estimate: float | None
    interval: Sequence[float] | None
    untested: str | None = None
    p: float | None = None
    chance: bool = False
    simultaneous: Sequence[float] | None = None
    origin: float | None = None
    freedom: float = _FEWEST - 1
    surplus: float = 0.0
    centre: float | None = None

    @property
    def decides(self) -> bool:
        """Whether its interval can be compared with a limit."""
        return self.untested is None and self.estimate is not None and self.interval is not None


def freedom_of(effective_speakers: float | None) -> float:
    """Return the degrees of freedom of the interval of a tested cohort; the fewest possible if it is not known."""
    return max(effective_speakers or 0.0, _FEWEST) - 1


def compared(numbers: Iterable[Number], rule: GateRule) -> Iterator[Subject]:
    """Compare numbers with the limit of a rule.

    A rule fails if the lower end of any interval is above the limit. Of 60 intervals of 95 %, one or two lower ends are
    above the truth. The lower ends are therefore those of intervals that hold for all numbers at once. If a document
    has none, as those of earlier versions, its intervals are widened (Bonferroni). If a limit is not above 0 and there
    are p-values, which pay for all numbers, these decide beside each number's own interval.

    A rule passes only if all upper ends are within the limit. A number that is truly above it has an upper end below it
    with a probability of at most 2.5 %, however many numbers there are (intersection-union test, Berger 1982). Each
    upper end is therefore that of the number's own interval.
    """
    numbers = list(numbers)
    family = sum(number.decides for number in numbers)
    for number in numbers:
        by_p = number.p is not None and rule.limit <= 0
        alone = rule.end != End.LOWER or family < 2 or by_p
        yield _subject(number, rule, None if alone or not number.decides else family)


def _subject(number: Number, rule: GateRule, family: int | None) -> Subject:
    """Compare the end of the interval that the rule names with its limit."""
    estimate, ends = number.estimate, _ends(number, family)
    value = {End.POINT: estimate, End.LOWER: ends and ends[0], End.UPPER: ends and ends[1]}[rule.end or End.POINT]
    if number.untested is not None or value is None:
        because = number.untested or "its interval is not defined"
        return Subject(number.name, estimate, ends, None, number.p, Outcome.INSUFFICIENT, because)
    outcome = Outcome.FAIL if value > rule.limit and not number.chance else Outcome.PASS
    return Subject(number.name, estimate, ends, value, number.p, outcome, simultaneous_over=family)


def _ends(number: Number, family: int | None) -> Ends | None:
    """Return the interval that decides."""
    if number.interval is None:
        return None
    own = (float(number.interval[0]), float(number.interval[1]))
    if family is None or number.estimate is None:
        return own
    if number.simultaneous is not None:
        return float(number.simultaneous[0]), float(number.simultaneous[1])
    centre = number.estimate if number.centre is None else number.centre
    return _widened(number, centre - number.surplus, own, family)


def _widened(number: Number, estimate: float, own: Ends, family: int) -> Ends:
    """Widen an interval so that it holds for a family of numbers at once (Bonferroni)."""
    wider = _student(_TAIL / family, number.freedom) / _student(_TAIL, number.freedom)
    if number.origin is None:
        low, high = (estimate + wider * (end - estimate) for end in own)
    else:
        start, origin = estimate - number.origin, number.origin
        low, high = (origin + start * (max(0.0, end - origin) / start) ** wider if start > 0 else end for end in own)
    return min(low, own[0]), max(high, own[1])


def _student(tail: float, freedom: float) -> float:
    """Return the upper quantile of Student's t (approximation of Wallace 1959, within 1 % from 9 degrees on)."""
    z = -NormalDist().inv_cdf(tail) * (8 * freedom + 3) / (8 * freedom + 1)
    return sqrt(freedom * (exp(z**2 / freedom) - 1))
