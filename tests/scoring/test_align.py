from __future__ import annotations

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.errors import UsageError
from fairaudit.scoring import count_errors

# Few different words, so that many alignments tie and the choice among them shows.
WORDS = st.lists(st.sampled_from(["a", "b", "c", "bb", "ñ", "में"]), max_size=12)
TEXTS = st.builds(
    lambda words, gap, edges: edges + gap.join(words) + edges,
    WORDS,
    st.sampled_from([" ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u2009 "]),
    st.sampled_from(["", " ", "\u00a0"]),
)


def rows(references: list[str], hypotheses: list[str], unit: str = "word") -> list[tuple[int, int, int, int]]:
    counts = count_errors(references, hypotheses, token=unit)
    columns = (counts.substitutions, counts.deletions, counts.insertions, counts.hits)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def jiwer_words(reference: str, hypothesis: str) -> tuple[int, int, int, int]:
    # jiwer does not separate words at a lone tab or no-break space, so it is given plain spaces.
    result = jiwer.process_words(" ".join(reference.split()), " ".join(hypothesis.split()))
    return result.substitutions, result.deletions, result.insertions, result.hits


@given(TEXTS, TEXTS)
def test_words_are_counted_as_jiwer_counts_them(reference: str, hypothesis: str) -> None:
    assert rows([reference], [hypothesis]) == [jiwer_words(reference, hypothesis)]


@pytest.mark.slow
@given(st.lists(st.sampled_from("abcdefghij"), min_size=60, max_size=150), st.randoms(use_true_random=False))
def test_long_texts_are_counted_as_jiwer_counts_them(words: list[str], random) -> None:
    said = [random.choice("abcxyz") if random.random() < 0.4 else word for word in words if random.random() < 0.8]
    reference, hypothesis = " ".join(words), " ".join(said)
    assert rows([reference], [hypothesis]) == [jiwer_words(reference, hypothesis)]


@given(st.text("ab \u3000語", max_size=12), st.text("ab \t語", max_size=12))
def test_characters_are_counted_as_jiwer_counts_them_without_whitespace(reference: str, hypothesis: str) -> None:
    result = jiwer.process_characters("".join(reference.split()), "".join(hypothesis.split()))
    expected = (result.substitutions, result.deletions, result.insertions, result.hits)
    assert rows([reference], [hypothesis], "char") == [expected]


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_counts_add_up_to_the_lengths_of_both_texts(pairs: list[tuple[str, str]]) -> None:
    references, hypotheses = [r for r, _ in pairs], [h for _, h in pairs]
    counts = count_errors(references, hypotheses)
    assert counts.exposure.tolist() == [len(text.split()) for text in references]
    assert (counts.substitutions + counts.insertions + counts.hits).tolist() == [len(t.split()) for t in hypotheses]
    assert (counts.errors == counts.substitutions + counts.deletions + counts.insertions).all()
    assert all(column.dtype == np.int64 and column.shape == (len(pairs),) for column in vars(counts).values())


@given(TEXTS)
def test_a_text_has_no_errors_against_itself(text: str) -> None:
    assert rows([text], [text]) == [(0, 0, 0, len(text.split()))]


@pytest.mark.slow
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_each_pair_is_counted_for_itself(pairs: list[tuple[str, str]], random) -> None:
    alone = [rows([reference], [hypothesis])[0] for reference, hypothesis in pairs]
    order = random.sample(range(len(pairs)), len(pairs))
    together = rows([pairs[k][0] for k in order], [pairs[k][1] for k in order])
    assert together == [alone[k] for k in order]


@given(TEXTS, TEXTS)
def test_exchanging_the_texts_exchanges_insertions_and_deletions(reference: str, hypothesis: str) -> None:
    there, back = count_errors([reference], [hypothesis]), count_errors([hypothesis], [reference])
    assert there.errors.tolist() == back.errors.tolist()
    assert (there.insertions - there.deletions).tolist() == (back.deletions - back.insertions).tolist()


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("", "", (0, 0, 0, 0)),
        ("", "two words", (0, 0, 2, 0)),
        (" \t", "two words", (0, 0, 2, 0)),
        ("two words", "", (0, 2, 0, 0)),
        ("a b c d", "a x c", (1, 1, 0, 2)),
        ("a\u00a0b", "a b", (0, 0, 0, 2)),
    ],
)
def test_counts_worked_out_by_hand(reference: str, hypothesis: str, expected: tuple[int, int, int, int]) -> None:
    assert rows([reference], [hypothesis]) == [expected]


def test_spaces_are_no_characters() -> None:
    assert rows(["今日 は"], ["今 日は"], "char") == [(0, 0, 0, 3)]


def test_no_pairs_give_empty_columns() -> None:
    assert len(count_errors([], [])) == 0


def test_unequal_numbers_of_texts_are_refused() -> None:
    with pytest.raises(UsageError, match="2 references but 1 hypotheses"):
        count_errors(["a", "b"], ["a"])
