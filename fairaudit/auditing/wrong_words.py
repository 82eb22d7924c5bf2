"""Say which words go wrong for the groups of an audit, and what their gaps are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.auditing.word_comparison import WordComparison
from fairaudit.auditing.word_lists import INSIDE, NEITHER, OUTSIDE, WordLists
from fairaudit.cohorts.joint import cohorts_of_rows, deciding_columns
from fairaudit.cohorts.rules import Group
from fairaudit.core.columns import ERRORS
from fairaudit.core.counts import distinct_codes
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.rate import RATES, Rate
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.design import Design
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.wrong_words import GroupWords
from fairaudit.units.tally import Log
from fairaudit.units.wrong_words import HasWords, WrongWords

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["counts_words", "wrong_words_of"]

#: Most sampling units on each side that are compared. More would not change what is found, but would take long.
_MOST_UNITS: Final = 10_000
#: Most groups of a search.
_MOST_GROUPS: Final = 5
#: Fewest speakers on each side. Numbers of speakers then do not reveal that nearly all of them say a word.
_FEWEST: Final = 2 * SUPPRESS_BELOW
_FEW: Final = f"fewer than {_FEWEST} speakers can be compared with {_FEWEST} others"
_BESIDE_OTHERS: Final = "beside those of other groups, they would reveal fewer than 11 speakers"


def wrong_words_of(
    log: Log, judged: Sequence[JudgedSearch], rate: Rate, sampling_unit: str, design: Design
) -> tuple[GroupWords, ...] | None:
    """Compare the words of each group that is worse off with those of the others.

    Words are measured on the speakers on whom the gap of the group is: all of them if it was known beforehand, and
    those who were held out if it was found. A speaker with rows in the group and in others is on both sides.

    The bottom cohorts come first, that of the strongest search at the head, and then the other groups. What would
    reveal fewer than 11 speakers beside the words of groups before is left out.

    Parameters
    ----------
    log
        The log.
    judged
        Its searches; only those that found a disparity are explained.
    rate
        The rate of the audit.
    sampling_unit
        Column of the sampling unit.
    design
        Sampling units, held-out mask and plan.

    Returns
    -------
    tuple of GroupWords or None
        ``None`` if the log does not hold its words, or the rate does not count them.
    """
    if not isinstance(log, HasWords) or not log.has_words or not counts_words(rate):
        return None
    strongest = sorted(judged, key=lambda one: one.evidence.strength)
    found = [one for one in strongest if any(_groups(one, design.plan.alpha))]
    if not found:
        return ()
    rows, speaker, cohorts = _rows(log, found, rate, sampling_unit, design)
    ranked = [
        (rank, GroupWords(one.search.title, group, one.evidence.measured_on), cohort)
        for one, cohort in zip(found, cohorts.T, strict=True)
        for rank, group in enumerate(_groups(one, design.plan.alpha))
    ]
    abouts, sides = [], []
    for _, about, cohort in sorted(ranked, key=lambda entry: entry[0]):
        abouts.append(about)
        sides.append(_sides(about, speaker, cohort, design))
    used = (np.stack(sides) != NEITHER).any(axis=0)
    cells, cell = np.unique(np.stack([speaker, *sides])[:, used], axis=1, return_inverse=True)
    words = log.wrong_words(rows.filter(used), cell, speaker[used])
    assert words is not None
    lists = WordLists(words, cells[0], cells[1:])
    explained: dict[bytes, GroupWords] = {}
    results = []
    for i, (about, side) in enumerate(zip(abouts, cells[1:], strict=True)):
        first = explained.setdefault(side.tobytes(), about)
        if (side == NEITHER).all():
            results.append(replace(about, left_out_because=_FEW))
        elif first is not about:
            results.append(replace(about, left_out_because=f"its speakers are those of a group of {first.title}"))
        elif not lists.begin(i):
            results.append(replace(about, left_out_because=_BESIDE_OTHERS))
        else:
            results.append(_compared(words, cells[0], side).result(about, design.plan, lists))
    return tuple(results)


def _rows(
    log: HasWords, found: Sequence[JudgedSearch], rate: Rate, sampling_unit: str, design: Design
) -> tuple[pa.Table, NDArray[np.int64], NDArray[np.int64]]:
    """Return distinct rows of a log, the speaker of each, and its cohort in each search, shape (n_rows, n_searches)."""
    searches = [(one.search.features, one.evidence.rule, one.units) for one in found]
    names = design.table.names
    rows = log.distinct(deciding_columns(searches, sampling_unit, len(names)))
    frame = rows.to_pandas()
    speaker = names.get_indexer(frame[sampling_unit]).astype(np.int64)
    return rows, speaker, cohorts_of_rows(log, searches, rate, sampling_unit, names, frame)


def _compared(words: WrongWords, speaker: NDArray[np.int64], side: NDArray[np.int64]) -> WordComparison:
    """Compare the words of cells on two sides, given the speaker and the side of each cell, shape (n_cells,)."""
    used = side != NEITHER
    pairs, place = np.unique(2 * speaker[used] + side[used], return_inverse=True)
    code = np.full(len(side), -1, dtype=np.int64)
    code[used] = place
    return WordComparison.of(words.joined(code, len(pairs)), pairs // 2, pairs % 2 == INSIDE)


def counts_words(rate: Rate) -> bool:
    """Whether a rate counts wrong words, as most rates of errors do."""
    return rate.numerator == ERRORS and rate.name in RATES


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


def _sides(
    about: GroupWords, speaker: NDArray[np.int64], cohort: NDArray[np.int64], design: Design
) -> NDArray[np.int64]:
    """Return the side of each row, given its speaker and cohort; no row is on a side if one has too few speakers."""
    side = np.where(np.isin(cohort, about.group.cohorts), INSIDE, OUTSIDE)
    side[(cohort < 0) | ~design.measured(about.measured_on)[speaker]] = NEITHER
    order = np.random.default_rng([design.plan.seed, 31]).permutation(len(design.table))
    for one in (INSIDE, OUTSIDE):
        members = distinct_codes(speaker[side == one])
        if len(members) < _FEWEST:
            return np.full_like(side, NEITHER)
        if len(members) > _MOST_UNITS:
            last = np.partition(order[members], _MOST_UNITS - 1)[_MOST_UNITS - 1]
            side[(side == one) & (order[speaker] > last)] = NEITHER
    return side
