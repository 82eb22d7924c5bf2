"""What drives a rate: errors in repetition loops and in empty references, which can make much of it though few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairaudit.core.columns import ERRORS, EXPOSURES, UTTERANCES, candidate_column
from fairaudit.core.derived import EMPTY_REFERENCES, ERRORS_IN_EMPTY, IN_ROWS_OF_SEVERAL, WITHOUT_SPEAKER, in_loops
from fairaudit.results.numbers import integer

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate
    from fairaudit.results.documents import DriversDoc

__all__ = ["drivers_of", "loops_of", "unknown_speakers"]


def drivers_of(totals: Mapping[str, float], rate: Rate, *, candidate: bool = False) -> DriversDoc | None:
    """Return the errors of a log in loops and empty references, and its rate without both.

    Parameters
    ----------
    totals
        Sum of every additive column of the log.
    rate
        The rate. There is no result unless it is that of all errors in the texts.
    candidate
        Whether to use the counts of the candidate in a log of pairs.

    Examples
    --------
    >>> from fairaudit.core.rate import RATES
    >>> loops = {"utterances in loops": 1, "errors in loops": 60, "words in loops": 10}
    >>> empty = {"empty references": 2, "errors in empty references": 5}
    >>> drivers = drivers_of({"errors": 100, "words": 360, **loops, **empty}, RATES["wer"])
    >>> drivers["share_errors"], drivers["rate_without"]
    (0.65, 0.1)
    """
    column = candidate_column if candidate else str
    names = [in_loops(UTTERANCES), in_loops(ERRORS), in_loops(rate.denominator), EMPTY_REFERENCES, ERRORS_IN_EMPTY]
    if rate.numerator != ERRORS or not {*map(column, names)} <= totals.keys():
        return None
    utterances, errors, exposure, empty, insertions = (round(totals[column(name)]) for name in names)
    all_errors, all_exposure = (round(totals[column(name)]) for name in rate.columns)
    left = all_exposure - exposure
    return {
        "loops": {
            "utterances": utterances,
            "errors": errors,
            "exposure": exposure,
            "undecided_utterances": round(totals.get(column(IN_ROWS_OF_SEVERAL), 0)),
        },
        "empty_references": {"utterances": empty, "errors": insertions},
        "share_errors": (errors + insertions) / all_errors if all_errors else None,
        "rate_without": (all_errors - errors - insertions) / left if left else None,
    }


def unknown_speakers(totals: Mapping[str, float]) -> int:
    """Return the number of rows that count as a speaker of their own, because their speaker is unknown."""
    return round(totals.get(WITHOUT_SPEAKER, 0))


def loops_of(detail: Mapping[str, float]) -> tuple[int | None, int | None, int | None]:
    """Return utterances, errors and exposure in the loops of a cohort; ``None`` if they are not counted.

    Examples
    --------
    >>> loops_of({"utterances in loops": 1.0, "errors in loops": 60.0, "words in loops": 10.0}), loops_of({})
    ((1, 60, 10), (None, None, None))
    """
    exposure = (detail.get(in_loops(name)) for name in EXPOSURES.values())
    known = next((total for total in exposure if total is not None), None)
    return integer(detail.get(in_loops(UTTERANCES))), integer(detail.get(in_loops(ERRORS))), integer(known)
