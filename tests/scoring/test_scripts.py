"""Scripts of texts."""

from __future__ import annotations

import random

import pytest

from fairaudit.scoring import Scripts, resolve_token, script_of


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
