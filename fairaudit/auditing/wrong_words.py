"""Say which words go wrong for the groups of an audit, and what their gaps are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.auditing.word_comparison import WordComparison
from fairaudit.cohorts.rules import Group
from fairaudit.core.columns import ERRORS
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.rate import RATES, Rate
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.design import Design
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.wrong_words import GroupWords
from fairaudit.units.tally import Log
from fairaudit.units.wrong_words import HasWords

__all__ = ["wrong_words_of"]

#: Most sampling units on each side that are compared. More would not change what is found, but would take long.
_MOST_UNITS: Final = 10_000
#: Most groups of a search.
_MOST_GROUPS: Final = 5
#: Largest share of the smaller side that can be on both sides.
_MOST_IN_BOTH: Final = 0.5
_FEW: Final = "fewer than 11 speakers can be compared with 11 others"
_IN_BOTH: Final = "most of its speakers are in other groups as well"


@dataclass(frozen=True)
class _Sides:
    """The sampling units of a group and of its rest, as codes, or why they cannot be compared."""

    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    because: str | None

    @property
    def units(self) -> NDArray[np.int64]:
        """All of them, those of the group first."""
        return np.concatenate([self.inside, self.outside])


def wrong_words_of(
    log: Log, judged: Sequence[JudgedSearch], rate: Rate, design: Design
) -> tuple[GroupWords, ...] | None:
    """Compare the words of each group that is worse off with those of the others.

    Words are measured on the speakers on whom the gap of the group is: all of them if it was known beforehand, and
    those who were held out if it was found.

    Parameters
    ----------
    log
        The log.
    judged
        Its searches; only those that found a disparity are explained.
    rate
        The rate of the audit.
    design
        Sampling units, held-out mask and plan.

    Returns
    -------
    tuple of GroupWords or None
        ``None`` if the log does not hold its words, or the rate does not count them.
    """
    if not isinstance(log, HasWords) or not log.has_words or rate.numerator != ERRORS or rate.name not in RATES:
        return None
    known_first = sorted(judged, key=lambda one: not one.evidence.is_known)
    found = [(one, group) for one in known_first for group in _groups(one, design.plan.alpha)]
    if not found:
        return ()
    sides = [_sides(one, group, design) for one, group in found]
    compared = np.unique(np.concatenate([np.zeros(0, np.int64), *(side.units for side in sides)]))
    words = log.wrong_words(design.table.names[compared])
    assert words is not None
    explained: dict[tuple[bytes, bytes], GroupWords] = {}
    results = []
    for (one, group), side in zip(found, sides, strict=True):
        about = GroupWords(one.search.title, group, one.evidence.measured_on, side.because)
        first = explained.setdefault((side.inside.tobytes(), side.outside.tobytes()), about)
        if about.left_out_because is None and first is not about:
            about = replace(about, left_out_because=f"its speakers are those of a group of {first.title}")
        if about.left_out_because is None:
            codes = np.searchsorted(compared, side.units)
            inside = np.arange(len(codes)) < len(side.inside)
            about = WordComparison.of(words.of(codes), inside).result(about, design.plan)
        results.append(about)
    return tuple(results)


def _groups(judged: JudgedSearch, alpha: float) -> Iterator[Group]:
    """Return the group that the verdict is about, and all other known groups that are flagged."""
    evidence = judged.evidence
    if evidence.verdict != Verdict.DISPARITY or evidence.bottom is None:
        return
    yield evidence.bottom
    if evidence.is_known:
        others = [test for test in evidence.tests if test.p_value <= alpha and len(test.group.cohorts) == 1]
        others = [test for test in others if test.group.cohorts != evidence.bottom.cohorts]
        for test in sorted(others, key=lambda test: -test.score)[: _MOST_GROUPS - 1]:
            yield test.group


def _sides(judged: JudgedSearch, group: Group, design: Design) -> _Sides:
    """Return the measured sampling units of a group and those of all other groups; those in both are left out."""
    cells = judged.cells
    assert cells is not None
    measured = design.measured(judged.evidence.measured_on)
    is_in = np.zeros((2, len(design.table)), dtype=bool)
    in_group = np.isin(cells.group, group.cohorts)
    is_in[0, cells.speaker[in_group]] = is_in[1, cells.speaker[(cells.group >= 0) & ~in_group]] = True
    both = is_in.all(axis=0)
    sizes = (is_in & measured).sum(axis=1)
    inside, outside = (np.flatnonzero(side & ~both & measured) for side in is_in)
    because = None
    if (both & measured).sum() > _MOST_IN_BOTH * sizes.min():
        because = _IN_BOTH
    elif min(len(inside), len(outside)) < SUPPRESS_BELOW:
        because = _FEW
    if because is not None:
        inside = outside = inside[:0]
    rng = np.random.default_rng([design.plan.seed, 31])
    return _Sides(_some(inside, rng), _some(outside, rng), because)


def _some(units: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    return units if len(units) <= _MOST_UNITS else np.sort(rng.choice(units, _MOST_UNITS, replace=False))
