"""Sums of words are those of a count by hand, and no result but the words of an audit has them."""

from __future__ import annotations

from collections import Counter

import jiwer
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.inputs.rules import ALIGNED
from fairaudit.units.wrong_words import ItemKind, WrongWords

SPEAKERS = 40


def words_of(log: fairaudit.UtteranceLog, units: pd.Index) -> WrongWords | None:
    """Sum words by speaker, of some speakers, in a given order."""
    rows = log.distinct(["speaker_id"])
    code = units.get_indexer(rows["speaker_id"].to_pylist())
    return log.wrong_words(rows.filter(code >= 0), code[code >= 0], code[code >= 0])


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    vocabulary = ["the", "cat", "sat", "on", "a", "mat", "route 66", "Über", "rare"]
    texts = [" ".join(rng.choice(vocabulary[: 8 + (i % 17 == 0)], rng.integers(0, 7))) for i in range(600)]
    heard = [" ".join(rng.choice([*text.split(), "um", "cat"], rng.integers(1, 8))) for text in texts]
    frame = pd.DataFrame({"reference": texts, "hypothesis": heard, "accent": rng.choice(["x", "y"], 600)})
    frame["speaker_id"] = [f"s{i % SPEAKERS}" for i in range(600)]
    frame["words_per_minute"] = 100
    return frame


def by_hand(rows: pd.DataFrame) -> tuple[Counter[tuple[str, str]], ...]:
    """Words and phrases said, wrong, confusions and insertions by speaker, with jiwer's alignments."""
    said: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    becomes: Counter[tuple[str, str, str]] = Counter()
    inserted: Counter[str] = Counter()
    for row in rows.itertuples():
        reference, hypothesis = row.reference.lower(), row.hypothesis.lower()
        words = reference.split()
        errors: dict[int, str] = {}
        if not words:
            inserted[row.speaker_id] += len(hypothesis.split())
        else:
            theirs = jiwer.process_words(reference, hypothesis)
            for chunk in theirs.alignments[0]:
                there = theirs.hypotheses[0][chunk.hyp_start_idx : chunk.hyp_end_idx]
                if chunk.type == "insert":
                    inserted[row.speaker_id] += len(there)
                elif chunk.type != "equal":
                    places = range(chunk.ref_start_idx, chunk.ref_end_idx)
                    errors |= dict(zip(places, there or [""] * len(places), strict=True))
        for i, word in enumerate(words):
            said[row.speaker_id, word] += 1
            wrong[row.speaker_id, word] += i in errors
            if i in errors:
                becomes[row.speaker_id, word, errors[i]] += 1
            if i + 1 < len(words):
                phrase = f"{word} {words[i + 1]}"
                said[row.speaker_id, phrase] += 1
                wrong[row.speaker_id, phrase] += i in errors or i + 1 in errors
    return said, wrong, becomes, inserted


def test_sums_are_those_of_a_count_by_hand(rows: pd.DataFrame) -> None:
    bad = pd.DataFrame({"reference": ["secret words"], "hypothesis": [None], "speaker_id": ["s1"], "accent": ["x"]})
    log = fairaudit.read_log(pd.concat([rows, bad]), missing_hypothesis="drop", wrong_words=True)
    units = log.tally("speaker_id").index
    words = words_of(log, units)
    assert words is not None
    said, wrong, becomes, inserted = by_hand(rows)
    named = words.kinds != ItemKind.RARE
    for unit, item, (n, errors) in zip(words.spoken.cell, words.spoken.item, words.spoken.times.tolist(), strict=True):
        if named[item]:
            key = units[unit], words.names[item]
            assert (n, errors) == (said.pop(key), wrong[key])
    rest = {word for _, word in said if " " not in word}
    assert rest == {"66", "rare"}  # with digits, and said by few
    assert all(
        len({one for one, text in said if text == word}) < 22
        for word in {w for _, w in said}
        if not any(c.isdigit() for c in word) and " " not in word
    )
    is_word = words.kinds[words.spoken.item] != ItemKind.PHRASE
    assert words.spoken.times[is_word].sum(axis=0).tolist() == [
        log.totals["words"],
        log.totals["errors"] - words.insertions.sum(),
    ]
    assert dict(zip(units, words.insertions.tolist(), strict=True)) == {unit: inserted[unit] for unit in units}
    assert len(words.confusions) > 10
    for unit, code, n in zip(words.confused.cell, words.confused.item, words.confused.times, strict=True):
        item, heard = words.confusions[code]
        assert becomes[units[unit], words.names[item], heard] == n


def test_some_units_are_as_they_are_among_all(rows: pd.DataFrame) -> None:
    log = fairaudit.read_log(rows, wrong_words=True)
    units = log.tally("speaker_id").index
    all_words, some = words_of(log, units), words_of(log, units[5:])
    assert all_words is not None
    assert some is not None
    kept = all_words.joined(np.arange(-5, SPEAKERS - 5).clip(-1), SPEAKERS - 5)
    assert kept.insertions.tolist() == some.insertions.tolist()
    named = [i for i, name in enumerate(all_words.names) if name and name in some.names]
    for i in named:
        here, there = kept.spoken.item == i, some.spoken.item == some.names.index(all_words.names[i])
        assert kept.spoken.times[here].tolist() == some.spoken.times[there].tolist()


def test_no_other_result_has_the_words(rows: pd.DataFrame, tmp_path) -> None:
    log = fairaudit.read_log(rows, wrong_words=True)
    assert not {*ALIGNED.values()} & {*log.columns, *log.count_columns, *log.derived_columns, *log.to_frame().columns}
    plain = fairaudit.read_log(rows)
    assert words_of(plain, plain.tally("speaker_id").index) is None
    for made, name in ((log, "with"), (plain, "without")):
        fairaudit.score(made, tmp_path / f"{name}.parquet")
    assert (tmp_path / "with.parquet").read_bytes() == (tmp_path / "without.parquet").read_bytes()
    assert b"mat" not in (tmp_path / "with.parquet").read_bytes()


def test_counts_have_no_words() -> None:
    rows = pd.DataFrame({"speaker_id": ["a", "b"], "errors": 1, "words": 9})
    log = fairaudit.read_log(rows, wrong_words=True)
    assert words_of(log, log.tally("speaker_id").index) is None


def test_workers_of_other_processes_do_not_keep_words(rows: pd.DataFrame, tmp_path) -> None:
    rows.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(UsageError, match="words are compared in this process"):
        fairaudit.read_log(tmp_path / "log.csv", wrong_words=True, engine="dask")


@pytest.mark.exhaustive
def test_words_are_kept_in_files_if_there_are_many(rows: pd.DataFrame) -> None:
    many = pd.concat([rows] * 200)
    log = fairaudit.read_log(many, wrong_words=True, second_normalizer="off", memory="500MB")
    few = fairaudit.read_log(rows, wrong_words=True)
    units = log.tally("speaker_id").index
    words, once = words_of(log, units), words_of(few, units)
    assert words is not None
    assert once is not None
    assert (words.names, words.confusions) == (once.names, once.confusions)
    assert words.spoken.times.tolist() == (200 * once.spoken.times).tolist()
