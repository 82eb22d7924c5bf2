from __future__ import annotations

import unicodedata
from typing import Literal

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.errors import UsageError
from fairaudit.scoring import NORMALIZERS, get_normalizer, remove_tags, score_pairs
from fairaudit.scoring.normalize import normalize_basic


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hello,   WORLD! ", "hello world"),
        ("don't  Don’t DONʼT don`t don´t", "don't don't don't don't don't"),
        ("'tis the dogs' rock 'n' roll", "tis the dogs rock n roll"),
        ("well-known e-mail under_score", "well known e mail under score"),
        ("5% of $20", "5 of 20"),
        ("¿Qué tal, señor?", "qué tal señor"),
        ("STRASSE Straße", "strasse strasse"),
        ("İSTANBUL İstanbul I\u0307stanbul istanbul", "istanbul istanbul istanbul istanbul"),
        ("IĞDIR Iğdır", "iğdir iğdır"),  # only the language shows whether I is a dotless ı
        ("ΟΔΟΣ οδός", "οδοσ οδόσ"),
        ("cafe\u0301 café", "café café"),
        ("ＡＢＣ ﬁne", "abc fine"),
        ("col·legi", "collegi"),
        ("soft\u00adhyphen \ufeffbom", "softhyphen bom"),
        ("I ❤️ it 👍🏽 1️⃣", "i it 1"),
        ("nul\x00l tab\tnew\nline", "nul l tab new line"),
        ("' — '", ""),
        ("¨ ´", ""),
        ("", ""),
    ],
)
def test_basic_on_latin_and_greek(text: str, expected: str) -> None:
    assert normalize_basic(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("हिन्दी में, बात।", ["हिन्दी", "में", "बात"]),
        ("தமிழ் மொழி!", ["தமிழ்", "மொழி"]),
        ("বাংলা ভাষা।", ["বাংলা", "ভাষা"]),
        ("മലയാളം.", ["മലയാളം"]),
        ("ที่นี่ น้ำ", ["ที่นี่", "น้ํา"]),  # NFKC writes sara am in two
        ("שָׁלוֹם, עוֹלָם!", ["שָׁלוֹם", "עוֹלָם"]),
        ("צה״ל ג׳ורג׳", ["צהל", "ג'ורג"]),
        ("كِتَابٌ، مُحَمَّدٌ؟", ["كِتَابٌ", "مُحَمَّدٌ"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("ខ្ញុំ\u200bទៅ", ["ខ្ញុំ", "ទៅ"]),
        ("今日は、いい天気。", ["今日は", "いい天気"]),
        ("ﾃﾞｰﾀ", ["データ"]),
    ],
)
def test_basic_keeps_the_words_of_other_scripts_whole(text: str, expected: list[str]) -> None:
    assert normalize_basic(text).split() == expected


@given(st.text())
def test_basic_is_idempotent_and_leaves_single_spaces(text: str) -> None:
    once = normalize_basic(text)
    assert normalize_basic(once) == once
    assert once == " ".join(once.split())


@given(st.text(st.characters(max_codepoint=127)))
def test_basic_treats_ascii_the_same_beside_other_letters(text: str) -> None:
    assert normalize_basic(f"{text} ñ") == f"{normalize_basic(text)} ñ".strip()


@given(st.text(st.characters(codec="ascii"), max_size=30))
def test_basic_ignores_case(text: str) -> None:
    assert normalize_basic(text.upper()) == normalize_basic(text.lower())


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_basic_does_not_depend_on_how_letters_are_composed(text: str, form: Literal["NFC", "NFD"]) -> None:
    assert normalize_basic(unicodedata.normalize(form, text)) == normalize_basic(text)


@given(st.text(st.characters(exclude_characters="ı", exclude_categories=["Cs", "Mn", "Mc", "Me"])))
def test_basic_ignores_case_in_every_script(text: str) -> None:
    assert normalize_basic(text.upper()) == normalize_basic(text.lower()) == normalize_basic(text)


@pytest.mark.slow
def test_basic_treats_every_letter_the_same_in_either_case_and_either_form() -> None:
    """All of Unicode between two letters, but only every hundredth of the characters that mean nothing (yet)."""
    for letter in map(chr, (*range(0xD800), *range(0xE000, 0x110000))):
        if unicodedata.category(letter) in ("Cn", "Co") and ord(letter) % 100:
            continue
        text = f"a{letter}b"
        once = normalize_basic(text)
        assert once == normalize_basic(once) == normalize_basic(unicodedata.normalize("NFD", text)), letter
        if letter != "ı":
            assert once == normalize_basic(text.upper()) == normalize_basic(text.lower()), letter


def test_basic_counts_the_words_of_jiwer_after_case_folding() -> None:
    """The oracle lower-cases with its own transforms; texts without a special letter agree."""
    references = ["Ein Weg, zwei Wege!", "ΟΔΟΣ ΚΑΙ", "Привет, мир"]
    hypotheses = ["ein weg zwei wägen", "οδος και", "привет мира"]
    fold = jiwer.Compose([jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.ReduceToListOfListOfWords()])
    ours = score_pairs(references, hypotheses, normalizer=get_normalizer("basic"), token="word")
    for i, (reference, hypothesis) in enumerate(zip(references, hypotheses, strict=True)):
        measured = jiwer.process_words(reference, hypothesis, reference_transform=fold, hypothesis_transform=fold)
        assert ours.errors[i] == measured.substitutions + measured.deletions + measured.insertions


def test_none_changes_nothing() -> None:
    assert get_normalizer("none")(" As IS, ") == " As IS, "


def test_labels_hold_name_and_version() -> None:
    assert [get_normalizer(name).label for name in ("none", "basic")] == ["none-1", "basic-2"]
    assert [get_normalizer(name).name for name in NORMALIZERS] == list(NORMALIZERS)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown normalizer 'whisper'; .*did you mean 'whisper-en'\?"):
        get_normalizer("whisper")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("YEAH <LAUGH> RIGHT", "YEAH RIGHT"),
        ("<NO-SPEECH>", ""),
        ("SO<OVERLAP>WHAT", "SO WHAT"),
        ("<IGNORE_TIME_SEGMENT_IN_SCORING>", ""),
        ("a < b > c <unk> <->", "a < b > c <unk> <->"),
    ],
)
def test_event_tags_are_removed_and_nothing_else(text: str, expected: str) -> None:
    assert " ".join(remove_tags(text).split()) == expected


@pytest.mark.parametrize("name", NORMALIZERS)
def test_blank_texts_have_no_words(name: str) -> None:
    normalize = get_normalizer(name)
    blanks = [chr(code) for code in range(0x3001) if chr(code).isspace()]
    assert [text for text in ["", *blanks, "".join(blanks)] if normalize(text).split()] == []
