"""Enumerations of results: verdicts, outcomes of rules, and the speakers on whom a number was measured.

Each member is the string that the JSON documents hold, so documents read from a file, which hold plain strings,
compare equal to them.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

__all__ = [
    "BoardVerdict",
    "ComparisonVerdict",
    "Conclusion",
    "End",
    "Intervals",
    "MeasuredOn",
    "Outcome",
    "Treatment",
    "Verdict",
    "strength",
    "too_many_unassigned",
    "too_many_unknown",
]


class _Word(StrEnum):
    """A member of an enumeration that is displayed as its string.

    Examples
    --------
    >>> Verdict("no evidence")
    'no evidence'
    """

    def __repr__(self) -> str:
        return repr(self.value)


class Verdict(_Word):
    """Verdict of a search or an audit, from strongest to weakest."""

    DISPARITY = "disparity"
    UNEVEN = "uneven"
    NO_EVIDENCE = "no evidence"
    INSUFFICIENT = "insufficient evidence"


def strength(verdict: str, p_value: float | None, excess: float | None) -> tuple[int, float, float]:
    """Sort key of searches, the one to report first lowest: by verdict, then p-value, then excess of the score.

    The excess is the highest score of a search over the 95th percentile of its highest scores in shuffled logs. The gap
    is no criterion, because a gap that is chosen for its size is on average too large.

    Examples
    --------
    >>> strength("disparity", 0.01, 0.5) < strength("disparity", 0.01, 0.2) < strength("no evidence", None, None)
    True
    """
    largest = -math.inf if excess is None or math.isnan(excess) else excess
    return [*Verdict].index(Verdict(verdict)), 1.0 if p_value is None else p_value, -largest


class ComparisonVerdict(_Word):
    """Verdict of a comparison of two releases."""

    REGRESSION = "regression"
    NO_EVIDENCE = "no evidence"
    INSUFFICIENT = "insufficient evidence"


class BoardVerdict(_Word):
    """Verdict of a board of several systems."""

    DIFFERENT = "different"
    NO_EVIDENCE = "no evidence"
    INSUFFICIENT = "insufficient evidence"


class Outcome(_Word):
    """Outcome of a rule of a gate, or of the whole gate."""

    PASS = "pass"
    FAIL = "fail"
    INSUFFICIENT = "insufficient evidence"


class Treatment(_Word):
    """What a rule of a gate does if there is too little evidence."""

    FAIL = "fail"
    WARN = "warn"
    PASS = "pass"


class End(_Word):
    """The number that a rule compares with its limit: the estimate, or an end of its 95 % interval."""

    POINT = "point"
    LOWER = "lower"
    UPPER = "upper"


class MeasuredOn(_Word):
    """Speakers on whom the cohorts of a search were measured."""

    HELD_OUT = "held-out speakers"
    ALL = "all speakers"


class Intervals(_Word):
    """Type of the 95 % intervals of rates and gaps: on the log scale, or percentiles of resampled speakers."""

    LOG_SCALE = "log-scale"
    BOOTSTRAP = "bootstrap"


class Conclusion(_Word):
    """Conclusion from a held-out gap: the side of zero on which its interval lies, if it does not include zero."""

    WORSE = "worse"
    BETTER = "better"
    UNCLEAR = "no clear gap"


#: Share of the speakers that may be in no cohort before the cohorts say too little about a log.
_MOST_UNASSIGNED: Final = 0.2


def too_many_unassigned(unassigned: float, speakers: int) -> str | None:
    """Return why cohorts say too little about a log, or ``None`` if at most 20 % of its speakers are in none of them.

    Examples
    --------
    >>> too_many_unassigned(60, 120), too_many_unassigned(24, 120)
    ('more than 20 % of the speakers are in no cohort', None)
    """
    if unassigned <= _MOST_UNASSIGNED * speakers:
        return None
    return f"more than {100 * _MOST_UNASSIGNED:g} % of the speakers are in no cohort"


#: Share of the utterances whose speakers may be unknown before nobody knows from how many people the evidence is.
_MOST_UNKNOWN: Final = 0.2


def too_many_unknown(unknown: int, utterances: int) -> str | None:
    """Return why nothing can be said about speakers, or ``None`` if those of at most 20 % of utterances are unknown.

    Examples
    --------
    >>> too_many_unknown(863, 863), too_many_unknown(20, 100)
    ('the speakers of more than 20 % of the utterances are unknown', None)
    """
    if unknown <= _MOST_UNKNOWN * utterances:
        return None
    return f"the speakers of more than {100 * _MOST_UNKNOWN:g} % of the utterances are unknown"
