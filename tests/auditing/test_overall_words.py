"""A log without groups says which words most of its errors are in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.report import render_html, render_markdown, render_terminal

pytestmark = pytest.mark.slow

WORDS = ["turn", "the", "light", "on", "please", "now", "stop", "route66"]


def speech(speakers: int = 30, utterances: int = 12, seed: int = 0) -> pd.DataFrame:
    """Return texts; "light" is often misheard, "now" often left out, and "um" inserted."""
    rng = np.random.default_rng(seed)
    odds = {"light": 0.5, "now": 0.3}
    rows = []
    for i in range(speakers):
        for _ in range(utterances):
            words = [*rng.choice(WORDS, 6)]
            heard = [
                "" if word == "now" and wrong else f"{word}s" if wrong else word
                for word in words
                for wrong in [rng.random() < odds.get(word, 0.05)]
            ]
            heard += ["um"] * (rng.random() < 0.2)
            rows.append((f"s{i}", " ".join(words), " ".join(filter(None, heard))))
    return pd.DataFrame(rows, columns=["speaker_id", "reference", "hypothesis"])


def few(word: str, heard: str, speakers: int, extra: str = "") -> pd.DataFrame:
    """Return utterances of some speakers that say a word, hear another, or have a text inserted."""
    rows = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(speakers)] * 3})
    return rows.assign(reference=f"please {word} now", hypothesis=f"please {heard} now{extra}")


@pytest.fixture(scope="module")
def audit() -> fairaudit.Audit:
    parts = [speech(), few("canarya", "wrong", 10), few("known", "wrong", 11), few("on", "canaryb", 10)]
    parts += [few("on", "seen", 11), few("on", "on", 10, " canaryc"), few("on", "on", 11, " often"), few("x7", "y", 30)]
    return fairaudit.audit(pd.concat(parts))


def test_words_are_those_with_the_most_errors() -> None:
    rows = speech()
    audit = fairaudit.audit(rows)
    wrong: Counter[str] = Counter()
    said = Counter(" ".join(rows["reference"]).split())
    theirs = jiwer.process_words([*rows["reference"]], [*rows["hypothesis"]])
    for words, chunks in zip(theirs.references, theirs.alignments, strict=True):
        for chunk in chunks:
            if chunk.type in ("substitute", "delete"):
                wrong.update(words[chunk.ref_start_idx : chunk.ref_end_idx])
    errors = sum(wrong.values()) + theirs.insertions
    document = audit.to_dict()["wrong_words"]["overall"]
    listed = {word["text"]: word for word in document["words"]}
    assert [*listed][:2] == [word for word, _ in wrong.most_common(2)] == ["light", "now"]
    assert {*listed} == {*wrong} - {"route66"}
    assert document["examined"] == len({*said} - {"route66"})
    for text, word in listed.items():
        assert word["rate"] == round(wrong[text] / said[text], 2)
        assert word["share_of_errors"] == round(wrong[text] / errors, 3)
    assert document["share_words"] == round((sum(wrong.values()) - wrong["route66"]) / errors, 2)
    assert document["share_insertions"] == round(theirs.insertions / errors, 2)
    assert (listed["light"]["becomes"][0]["text"], listed["now"]["becomes"][0]["text"]) == ("lights", "")
    frame = audit.words()
    assert [*frame["word"]] == [*listed]
    assert frame.set_index("word").loc["now", "becomes"].startswith("(left out)")


@pytest.mark.parametrize("unredacted", [False, True])
def test_words_of_ten_speakers_and_digits_are_in_no_output(audit, tmp_path: Path, unredacted: bool) -> None:
    fairaudit.save(audit, tmp_path, unredacted=unredacted)
    outputs = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    document = audit.to_dict(unredacted=unredacted)
    shown = [render_html(document), render_markdown(document)]
    assert not [word for word in ("canary", "x7", "route66") for text in [*outputs, *shown] if word in text]
    for text in shown:
        assert all(word in text for word in ("known", "seen", "often"))


def test_every_way_to_show_an_audit_lists_them(audit) -> None:
    document: Any = audit.to_dict()
    for show in (render_html, render_markdown):
        text = " ".join(show(document).split())
        assert "What goes wrong" in text
        assert "Words with the most errors" in text
        assert "Nothing was tested" in text
    assert "Words with the most errors, as shares of all errors: “light” (" in " ".join(
        render_terminal(document).split()
    )


def test_they_are_not_listed_if_there_are_groups_or_no_words(audit) -> None:
    rows = speech()
    labelled = fairaudit.audit(
        rows.assign(accent=np.where(rows["speaker_id"] < "s2", "hill", "coast")), permutations=19
    )
    assert labelled.to_dict()["wrong_words"]["overall"] is None
    with pytest.raises(UsageError, match="name the search whose words you want, one of"):
        labelled.words()
    perfect = rows.assign(hypothesis=rows["reference"].str.replace("turn", "urn"), speaker_id=None)
    unknown = fairaudit.audit(fairaudit.read_log(perfect, wrong_words=True, missing_speaker="own"))
    assert unknown.to_dict()["wrong_words"]["overall"] is None
    counts = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(20)], "errors": 1, "words": 9})
    assert fairaudit.audit(counts).to_dict()["wrong_words"] is None
    assert fairaudit.audit(counts).words().empty
