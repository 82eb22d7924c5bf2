"""A phrase is listed beside its words only if subtraction does not show who says one of them elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from fairaudit.auditing.word_comparison import WordComparison
from fairaudit.auditing.word_lists import INSIDE, OUTSIDE, WordLists
from fairaudit.cohorts.rules import Group
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.plan import Plan
from fairaudit.results.wrong_words import GroupWords
from fairaudit.units.wrong_words import ItemKind, Occurrences, WrongWords

N = 60
IN_GROUP = np.arange(N) < 30


def words_of(elsewhere: np.ndarray) -> WrongWords:
    """Everybody says "thank you" ten times, and the speakers of a mask say "thank" once more."""
    unit, item = np.tile(np.arange(N), 3), np.repeat(np.arange(3), N)
    said = np.where(item == 0, 10 + elsewhere[unit], 10)
    # The phrase is always wrong in the group, because of one word or the other.
    first = unit % 10
    wrong = np.where(IN_GROUP[unit], np.choose(item, [first, 10 - first, 10]), np.choose(item, [1, 1, 2]))
    none = Occurrences(*np.zeros((3, 0), dtype=np.int64))
    kinds = np.array([ItemKind.WORD, ItemKind.WORD, ItemKind.PHRASE], dtype=np.int64)
    spoken = Occurrences(unit, item, np.stack([said, wrong], axis=1))
    names, inserted = ("thank", "you", "thank you"), np.zeros(N, dtype=np.int64)
    return WrongWords(names, kinds, spoken, (), none, (), none, inserted, "word")


@pytest.mark.parametrize("side", [IN_GROUP, ~IN_GROUP])
@pytest.mark.parametrize("more", [0, 1, 10, 11])
def test_a_phrase_that_leaves_few_of_a_word_is_not_listed(side: np.ndarray, more: int) -> None:
    words = words_of(side & (np.cumsum(side) <= more))
    lists = WordLists(words, np.arange(N), np.where([IN_GROUP], INSIDE, OUTSIDE))
    assert lists.begin(0)
    about = GroupWords("", Group((0,), ""), MeasuredOn.ALL)
    result = WordComparison.of(words, np.arange(N), IN_GROUP).result(about, Plan(permutations=99), lists)
    listed = {word.text for word in result.words}
    assert listed == ({"thank", "you"} if more in (1, 10) else {"thank", "you", "thank you"})
    assert result.withheld == 3 - len(listed)
