"""Scripts of texts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.scoring import Scripts, count_errors, resolve_token, script_of
from fairaudit.scoring.align import tokens_of


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello", "Latin"),
        ("ｆｕｌｌ", "Latin"),
        ("Tiếng Việt", "Latin"),
        ("e\u0301te\u0301 – “oui”", "Latin"),
        ("Привет мир", "Cyrillic"),
        ("Γειά σου", "Greek"),
        ("שלום", "Hebrew"),
        ("مرحبا بكم", "Arabic"),
        ("हिन्दी में", "Devanagari"),
        ("தமிழ்", "Tamil"),
        ("안녕하세요", "Korean"),
        ("今天天气", "Chinese or Japanese"),
        ("データ", "Chinese or Japanese"),
        ("สวัสดีครับ", "Thai"),
        ("OK สวัสดีครับ", "Thai"),
        ("the word 語 is rare", "Latin"),
        ("12:30 — ½ ☃", None),
        ("", None),
    ],
)
def test_a_text_is_in_the_script_of_most_of_its_letters(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_counts_do_not_depend_on_the_order_of_rows() -> None:
    texts = ["今天"] * 30 + ["good morning"] * 30 + ["สวัสดี"] * 30 + ["été"] * 5 + ["7"]
    one, other = Scripts(), Scripts()
    one.add(texts)
    random.Random(0).shuffle(texts)
    for text in texts:
        other.add([text])
    assert other.of_kind(spaced=True) == one.of_kind(spaced=True) == {"Latin": 35}
    assert [*other.of_kind(spaced=False).items()] == [("Chinese or Japanese", 30), ("Thai", 30)]
    assert (one.words, one.characters, one.accented) == (other.words, other.characters, other.accented) == (65, 240, 5)


def test_a_token_is_decided_by_all_texts() -> None:
    assert resolve_token(["a"] * 3_000 + ["今日は"] * 7_000) == "char"
    assert resolve_token(["今日は"] * 3_000 + ["we are here to stay"] * 7_000) == "word"


def test_hypotheses_in_another_script_are_counted() -> None:
    scripts = Scripts()
    references = ["मैं घर जा रहा हूँ", "good morning", "7", "今天"]
    hypotheses = ["main ghar ja raha hun", "guten tag", "seven", ""]
    scripts.compare(references, hypotheses)
    assert scripts.strange == 1


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("我们用Python3写code吧", ["我", "们", "用", "Python3", "写", "code", "吧"]),
        ("我 爱  machine learning", ["我", "爱", "machine", "learning"]),
        ("плохо และ good", ["плохо", "แ", "ล", "ะ", "good"]),
        ("2024年 5月", ["2024", "年", "5", "月"]),
        ("카페 latte", ["카페", "latte"]),
        ("plain words", ["plain", "words"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("", []),
    ],
)
def test_words_and_characters_are_counted_side_by_side(text: str, tokens: list[str]) -> None:
    assert tokens_of(text, "mixed") == tokens
    counts = count_errors([text, text], [text, ""], token="mixed")
    assert counts.hits.tolist() == [len(tokens), 0]
    assert counts.deletions.tolist() == [0, len(tokens)]


@given(st.lists(st.text(st.sampled_from("ab é語今ก카 "), max_size=8), min_size=2, max_size=2))
def test_a_mixed_text_is_words_or_characters_where_it_is_of_one_kind(pair: list[str]) -> None:
    mixed, words, characters = (
        count_errors(pair[:1], pair[1:], token=token).errors.tolist() for token in ("mixed", "word", "char")
    )
    if not any(letter in "語今ก" for text in pair for letter in text):
        assert mixed == words
    if not any(letter in "abé카" for text in pair for letter in text):
        assert mixed == characters
    spread = [" ".join(tokens_of(text, "mixed")) for text in pair]
    assert mixed == count_errors(spread[:1], spread[1:]).errors.tolist()


def test_references_that_switch_scripts_are_counted() -> None:
    scripts = Scripts()
    scripts.add(
        ["我们用 code", "the word 語 is rare", "今天", "good morning", "да и 語", "yes да", "да yes yes", "été"]
    )
    assert (scripts.switched, scripts.part_latin) == (3, 4)
    assert (scripts + scripts).switched == 6
    assert (scripts + scripts).part_latin == 8
