"""Logs in several scripts, and normalisers that do not suit the script of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.columns import COUNT_COLUMNS, RESCORED
from fairaudit.core.derived import DERIVED
from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log

CASES = Path(__file__).parents[1] / "cases"


def rows(*groups: tuple[str, str, int]) -> pd.DataFrame:
    """A log with ``n`` rows of each reference and hypothesis, by ten speakers each."""
    texts = [(f"{i}-{k % 10}", *group[:2]) for i, group in enumerate(groups) for k in range(group[2])]
    return pd.DataFrame(texts, columns=["speaker_id", "reference", "hypothesis"])


ENGLISH = "we would like a table for six tonight"
CHINESE = "我们今天晚上想要一张六人的桌子"
HINDI = "मैं घर जा रहा हूँ"


def test_a_log_in_two_scripts_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_log(CASES / "06_two_scripts" / "log.csv")
    assert "mixes scripts: 180 Latin references" in str(caught.value)
    assert "120 Chinese or Japanese references without" in str(caught.value)
    assert "unit='char' or unit='word'" in str(caught.value)


@pytest.mark.parametrize("unit", ["word", "char"])
def test_a_mixture_that_was_asked_for_is_a_caveat_beside_the_verdict(unit: Any) -> None:
    log = read_log(CASES / "06_two_scripts" / "log.csv", unit=unit)
    (caveat,) = log.quality.caveats
    assert "cannot be compared" in caveat
    audit = fairaudit.audit(log, methods="named", by="language", permutations=19)
    assert caveat in audit.to_dict()["quality"]["caveats"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("n_english", "n_chinese", "token"), [(2_000, 5, "word"), (5, 2_000, "char")])
def test_the_token_does_not_depend_on_the_order_of_shards(
    n_english: int, n_chinese: int, token: str, order: int, tmp_path: Path
) -> None:
    shards = [rows((ENGLISH, ENGLISH, n_english)), rows((CHINESE, CHINESE[1:], n_chinese))]
    for i, shard in enumerate(shards[::order]):
        shard.to_csv(tmp_path / f"{i}.csv", index=False)
    log = read_log(tmp_path)
    assert log.unit == token
    errors, exposure = (int(log.tally("speaker_id")[name].sum()) for name in ("errors", log.exposure))
    letters, words = len(ENGLISH.replace(" ", "")), len(ENGLISH.split())
    if token == "word":
        assert (errors, exposure) == (n_chinese, n_english * words + n_chinese)
        assert any("5 Chinese or Japanese references" in caveat for caveat in log.quality.caveats)
    else:
        assert (errors, exposure) == (n_chinese, n_english * letters + n_chinese * len(CHINESE))
        assert log.quality.caveats == ()


@pytest.mark.parametrize("order", [1, -1])
def test_a_mixture_is_found_in_any_order_of_rows(order: int) -> None:
    with pytest.raises(InputError, match="mixes scripts"):
        read_log(rows((ENGLISH, ENGLISH, 300), (CHINESE, CHINESE, 20))[::order])


def test_texts_without_letters_are_in_no_script() -> None:
    log = read_log(rows((CHINESE, CHINESE, 50), ("10", "10", 50), ("", "", 50)))
    assert (log.unit, log.quality.caveats) == ("char", ())


def test_whisper_en_is_refused_for_other_scripts() -> None:
    path = CASES / "07_whisper_en_other_script" / "log.csv"
    with pytest.raises(InputError, match=r"2 Devanagari references are not in Latin script.*use normalizer='basic'"):
        read_log(path, normalizer="whisper-en")
    with pytest.raises(InputError, match="not in Latin script"):
        read_log(path, second_normalizer="whisper-en")
    sums = read_log(path).tally("speaker_id").sum()
    assert (sums["errors"], sums["words"]) == (3, 9)


@pytest.mark.parametrize(
    ("text", "script"),
    [("สวัสดีครับ", "Thai"), ("שָׁלוֹם", "Hebrew"), ("كِتَابٌ", "Arabic"), ("мой ёж", "Cyrillic"), ("データが", "Japanese")],
)
def test_every_script_but_latin_is_refused(text: str, script: str) -> None:
    with pytest.raises(InputError, match=f"{script} references are not in Latin script"):
        read_log(rows((text, text, 20), (ENGLISH, ENGLISH, 20)), normalizer="whisper-en", unit="word")


def test_a_few_texts_of_other_scripts_are_a_caveat() -> None:
    log = read_log(rows((ENGLISH, ENGLISH, 1_000), (HINDI, HINDI, 3)), normalizer="whisper-en")
    assert any("3 Devanagari references are not in Latin script" in caveat for caveat in log.quality.caveats)


def test_whisper_en_on_another_language_in_latin_script_is_a_caveat() -> None:
    french = read_log(rows(("à côté de la forêt", "a cote de la foret", 20)), normalizer="whisper-en")
    assert french.tally("speaker_id")["errors"].sum() == 0
    assert "letters with accents" in french.quality.caveats[0]
    few = rows((ENGLISH, ENGLISH, 99), ("at the café", "at the cafe", 1))
    assert read_log(few, normalizer="whisper-en").quality.caveats == ()


def test_a_romanised_hypothesis_is_a_caveat() -> None:
    log = read_log(rows((HINDI, "main ghar ja raha hun", 20), (HINDI, HINDI, 20)))
    assert log.tally("speaker_id")["errors"].sum() == 100
    assert log.quality.caveats[0].startswith(
        "In 20 utterances nothing is right and the hypothesis is in another script"
    )


def test_counts_of_a_log_of_texts_are_facts_about_something_else() -> None:
    log = read_log(CASES / "11_utterances_column" / "log.csv")
    sums = log.tally("speaker_id").sum()
    assert (len(log), sums["utterances"], sums["words"], sums["errors"]) == (2, 2, 4, 1)
    assert "the columns ['utterances'] are not used" in log.quality.notes[0]


def test_no_column_of_a_log_of_texts_takes_the_place_of_a_count() -> None:
    frame = rows((ENGLISH, ENGLISH[3:], 2))
    plain = read_log(frame).to_frame()
    names = [*COUNT_COLUMNS, *RESCORED, *DERIVED, "errors candidate"]
    for spelled in (names, [name.title() for name in names]):
        log = read_log(frame.assign(**dict.fromkeys(spelled, "many")))
        pd.testing.assert_frame_equal(log.to_frame(), plain)
        assert f"the columns {spelled} are not used" in log.quality.notes[0]


@pytest.mark.parametrize("form", ["frame", "parquet"])
def test_no_column_of_a_log_of_counts_takes_the_place_of_a_count(form: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "errors": [1, 2], "words": [9, 8], "Utterances": [120, 120]})
    frame = frame.assign(**{"errors candidate": 0})
    frame.to_parquet(tmp_path / "log.parquet")
    log = read_log(frame if form == "frame" else tmp_path / "log.parquet")
    assert log.tally("speaker_id")[[*log.count_columns]].sum().to_dict() == {"utterances": 2, "errors": 3, "words": 17}
    assert "['Utterances', 'errors candidate'] are not used" in log.quality.notes[0]


SWITCHED = "我们 tonight 想要 a table"


def test_words_and_characters_are_counted_inside_one_utterance() -> None:
    frame = rows((SWITCHED, "我门 tonight 想 the table", 40), (ENGLISH, ENGLISH, 20), (CHINESE, CHINESE[1:], 20))
    frame["accent"] = frame["speaker_id"].str[-1].astype(int) % 2
    log = read_log(frame, unit="mixed")
    assert (log.unit, log.exposure) == ("mixed", "words_and_characters")
    sums = log.tally("speaker_id").sum()
    assert [int(sums[name]) for name in ("errors", log.exposure)] == [40 * 3 + 20, 40 * 7 + 20 * 8 + 20 * len(CHINESE)]
    audit = fairaudit.audit(log, methods="named", by="accent", permutations=19)
    assert (audit.rate.name, audit.to_dict()["scoring"]["unit"]) == ("mer", "mixed")
    assert any("Words are counted in scripts with spaces" in caveat for caveat in log.quality.caveats)


def test_auto_says_that_references_switch_scripts_and_decides_by_all() -> None:
    chinese = rows((CHINESE, CHINESE[1:], 400), ("我们想要一张 table 今天晚上", "我们想要一张今天晚上", 20))
    log = read_log(chinese)
    assert log.unit == "char"
    (caveat,) = log.quality.caveats
    assert caveat.startswith("20 references switch between scripts with and without spaces between words. All of each")
    assert "is counted in characters. The unit “mixed” counts words in the former" in caveat
    assert read_log(chinese, unit="mixed").quality.caveats != log.quality.caveats
    both = rows((SWITCHED, SWITCHED, 50), (ENGLISH, ENGLISH, 100), (CHINESE, CHINESE, 100))
    with pytest.raises(InputError, match=r"unit='char' or unit='word', or unit='mixed' if speakers switch"):
        read_log(both)
    with pytest.raises(InputError) as caught:
        read_log(rows((ENGLISH, ENGLISH, 100), (CHINESE, CHINESE, 100)))
    assert "mixed'" not in str(caught.value)


@pytest.mark.parametrize("text", ["we go to 今天 table", "we मैं go to the market tonight"])
def test_an_english_normaliser_refuses_other_letters_inside_latin_texts(text: str) -> None:
    pytest.importorskip("whisper_normalizer")
    with pytest.raises(InputError, match=r"5 references in Latin script also have letters of other scripts"):
        read_log(rows((ENGLISH, ENGLISH, 100), (text, text, 5)), normalizer="whisper-en")
    log = read_log(rows((ENGLISH, ENGLISH, 1_000), (text, text, 5)), normalizer="whisper-en")
    assert log.normalizer.startswith("whisper-en")
