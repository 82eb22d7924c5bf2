from __future__ import annotations

import numpy as np
import pytest

from fairaudit.core.errors import UsageError
from fairaudit.core.signature import signature
from fairaudit.scoring import (
    Normalizer,
    count_errors,
    get_normalizer,
    remove_tags,
    resolve_token,
    score_pairs,
    scoring_settings,
)

REFERENCES = ["YEAH <LAUGH> I KNOW", "", "<DTMF>", "It's fine."]
HYPOTHESES = ["Yeah, I know <LAUGH>", "you", "", "its fine"]


def test_scoring_is_removing_tags_then_normalising_then_counting() -> None:
    basic = get_normalizer("basic")
    scored = score_pairs(REFERENCES, HYPOTHESES, normalizer=basic, token="word", tags=True)
    expected = count_errors([basic(remove_tags(text)) for text in REFERENCES], [basic(text) for text in HYPOTHESES])
    for name in ("substitutions", "deletions", "insertions", "hits"):
        assert getattr(scored, name).tolist() == getattr(expected, name).tolist()
    assert scored.errors.tolist() == [1, 1, 0, 1]  # a tag in a hypothesis is what the recogniser wrote


def test_tags_are_text_unless_said_otherwise() -> None:
    scored = score_pairs(REFERENCES, HYPOTHESES, normalizer=get_normalizer("basic"), token="word")
    assert scored.exposure.tolist() == [4, 0, 1, 2]


def test_unequal_numbers_of_texts_are_refused() -> None:
    with pytest.raises(UsageError, match="1 references but 0 hypotheses"):
        score_pairs(["a"], [], normalizer=get_normalizer("none"), token="word")


def test_every_setting_is_in_the_signature() -> None:
    settings = scoring_settings(get_normalizer("basic"), "char", tags=True)
    assert signature(settings) == "unit:char|normalizer:basic-2|removed:<[A-Z_][A-Z_-]*>"


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["今天天气很好"], "char"),
        (["きょうは", "データ"], "char"),
        (["สวัสดีครับ"], "char"),
        (["ສະບາຍດີ"], "char"),
        (["សួស្តី"], "char"),
        (["မင်္ဂလာပါ"], "char"),
        (["hello", "안녕하세요 여러분", "हिन्दी में", "שלום", "xin chào"], "word"),
        (["AI 模型训练完成了", "OK"], "char"),
        (["the word 語 is rare"], "word"),
        (["123", ""], "word"),
        ([], "word"),
    ],
)
def test_unit_follows_the_script_of_most_letters(texts: list[str], unit: str) -> None:
    assert resolve_token(texts) == unit


def test_unit_is_sampled_from_the_whole_log() -> None:
    assert resolve_token(["a"] * 3_000 + ["今日は"] * 7_000) == "char"


def group_rates(edacc, normalizer: Normalizer) -> dict[str, tuple[int, int, int]]:
    counts = score_pairs(edacc.references, edacc.hypotheses, normalizer=normalizer, token="word", tags=True)
    assert np.count_nonzero(counts.exposure == 0) == 684
    return {
        accent: (int(counts.errors[rows].sum()), int(counts.exposure[rows].sum()), int(rows.sum()))
        for accent in edacc.per_group
        for rows in [edacc.accents == accent]
    }


@pytest.mark.slow
def test_edacc_stays_within_what_its_normaliser_explains(edacc) -> None:
    for accent, (errors, words, utterances) in group_rates(edacc, get_normalizer("whisper-en")).items():
        published = edacc.per_group[accent]
        assert utterances == published["n_utterances"]
        assert 0 <= words - published["ref_words"] <= 16
        assert -0.004 <= errors / words - published["wer"] <= 1e-6


@pytest.mark.slow
def test_edacc_is_reproduced_without_the_four_words_that_pypi_adds(edacc, openai_english: Normalizer) -> None:
    for accent, (errors, words, _) in group_rates(edacc, openai_english).items():
        published = edacc.per_group[accent]
        assert words == published["ref_words"]
        assert errors / words == pytest.approx(published["wer"], abs=1e-12)
