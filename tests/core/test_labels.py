"""Spellings of a label are the same label; synonyms are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.labels import displayed, label_key, may_mean_missing
from fairaudit.core.missing import MISSING_SPELLINGS

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


@pytest.mark.parametrize(
    "spellings",
    [
        ["Female", "female", "FEMALE", " female", "female ", "fe\u00admale", "\u200bfemale", "\ufefffemale"],
        ["North  East", "north east", "north\u00a0east", "north\teast", "north\u3000east"],
        ["qu\u00e9bec", "que\u0301bec", "QU\u00c9BEC", "Que\u0301bec\u00a0"],
        ["\uff26\uff45\uff4d\uff41\uff4c\uff45", "female"],
        ["\u0130stanbul", "istanbul", "ISTANBUL", "\u0131stanbul", "i\u0307stanbul"],
        ["stra\u00dfe", "STRASSE"],
        ["\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3"],
        ["\u0928\u093f\u0915", " \u0928\u093f\u0915"],
        ["30", "30.0", 30, 30.0, "30.00", "\uff13\uff10"],
        ["True", "true", "TRUE", True],
    ],
)
def test_spellings_of_one_label(spellings):
    assert len({*map(label_key, spellings)}) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("f", "female"), ("woman", "female"), ("Quebec", "Qu\u00e9bec"), ("en-GB", "en_GB"),
        ("non-binary", "nonbinary"), ("7", "007"), ("1.1", "1.10"), ("1", "True"), ("<18", ">18"),
        ("C", "C++"), ("30", "3.0"), ("1e5", "100000"),
        ("\u0915\u093f", "\u0915"), ("nan", ""),
    ],
)  # fmt: skip
def test_different_labels(first, second):
    assert label_key(first) != label_key(second)


@given(TEXTS)
def test_case_form_and_blanks_never_matter(text):
    key = label_key(text)
    assert label_key(key) == key
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    for spelling in (text.upper(), text.lower(), f"  {text}\t", *forms):
        assert label_key(spelling) == key


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u3000\t", "\u200b", "\ufeff"])
def test_a_label_without_content_has_an_empty_key(blank):
    assert label_key(blank) == ""


@given(st.dictionaries(TEXTS, st.integers(1, 9), max_size=8))
def test_one_spelling_is_displayed_whatever_the_order(spellings):
    shown = displayed(spellings)
    assert shown == displayed(dict(reversed(spellings.items())))
    assert {key: label_key(key) for key in shown} == {key: label_key(label) for key, label in shown.items()}
    assert len({*shown.values()}) == len({*map(label_key, shown)})


@pytest.mark.parametrize("spelling", sorted(MISSING_SPELLINGS - {""}))
def test_every_spelling_of_a_missing_value_may_mean_that_there_is_no_label(spelling):
    assert may_mean_missing(spelling.upper())
