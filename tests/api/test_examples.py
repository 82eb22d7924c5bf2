"""Examples are the worst utterances of a cohort, with the texts and the alignment that were counted."""

from __future__ import annotations

import math
from pathlib import Path

import jiwer
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import CohortModel, Named
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.inputs import NamedColumns
from fairaudit.scoring.alignments import alignment_view

WORDS = ["a", "bee", "Sea", "dee,", "eff"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """80 speakers of two accents; those of the north are recognised worse, and some of what is heard was not said."""
    rng = np.random.default_rng(0)
    said = [" ".join(rng.choice(WORDS, rng.integers(0, 8))) for _ in range(400)]
    heard = [
        " ".join(word for one in text.split() for word in (one, *rng.choice(WORDS, 3))[rng.integers(0, 3) :][:2])
        if i % 2 or not i % 9
        else text
        for i, text in enumerate(said)
    ]
    frame = pd.DataFrame({"utterance_id": [f"u{i:03}" for i in range(400)], "reference": said, "hypothesis": heard})
    frame["speaker_id"] = [f"s{i % 80}" for i in range(400)]
    return frame.assign(accent=["south" if i % 2 == 0 else "north" for i in range(400)])


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> CohortModel:
    return fairaudit.discover(fairaudit.read_log(rows), NamedColumns("accent"), Named("accent"))


@pytest.fixture(scope="module")
def log(rows: pd.DataFrame) -> fairaudit.UtteranceLog:
    return fairaudit.read_log(rows, keep_texts=True, unit="word")


@pytest.mark.parametrize(
    "order",
    [
        "errors",
        "rate",
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("substitutions", "deletions", "insertions")),
    ],
)
def test_the_worst_of_the_cohort_come_first_as_jiwer_counts_them(rows, model, log, order: str):
    counted = []
    for row in rows[rows["accent"] == "north"].itertuples():
        said, heard = (" ".join(text.lower().replace(",", "").split()) for text in (row.reference, row.hypothesis))
        pair = jiwer.process_words(said, heard)
        kinds = (pair.substitutions, pair.deletions, pair.insertions)
        errors, n = sum(kinds), len(said.split())
        rate = errors / n if n else math.inf if errors else math.nan
        numbers = dict(zip(["substitutions", "deletions", "insertions"], kinds, strict=True))
        counted.append({"utterance_id": row.utterance_id, "errors": errors, "rate": rate, **numbers, "said": said})
    expected = [one for one in counted if one["errors" if order == "rate" else order]]
    ties = "errors" if order == "rate" else "rate"
    expected.sort(key=lambda one: (-one[order], -one[ties], one["utterance_id"]))
    found = fairaudit.examples(log, model, cohort="north", order=order, top=1000)
    assert found["utterance_id"].tolist() == [one["utterance_id"] for one in expected]
    assert found["reference"].tolist() == [one["said"] for one in expected]
    for kind in ("errors", "substitutions", "deletions", "insertions"):
        assert found[kind].tolist() == [one[kind] for one in expected]
    marks = [Counted(text) for text in found["alignment"]]
    assert [mark.kinds for mark in marks] == [
        *found[["substitutions", "deletions", "insertions"]].itertuples(False, None)
    ]
    assert [mark.said for mark in marks] == found["reference"].tolist()
    assert [mark.heard for mark in marks] == found["hypothesis"].tolist()
    assert found["rate"].isna().tolist() == [not one["said"] for one in expected]


class Counted:
    """What can be read from an alignment."""

    def __init__(self, text: str) -> None:
        said, heard, marks = [*text.split("\n"), ""][:3]
        assert (said[:4], heard[:4]) == ("REF:", "HYP:")
        self.kinds = tuple(marks.count(mark) for mark in "SDI")
        self.said, self.heard = (
            " ".join(word for word in line[4:].split() if word.strip("*")) for line in (said, heard)
        )


def test_few_of_a_speaker_and_of_any_cohort(rows, model, log):
    one = fairaudit.examples(log, model, cohort="south", per_speaker=1, top=7)
    assert one["speaker_id"].is_unique
    assert {*one["cohort"]} == {"south"}
    index = [model.rule.label(i) for i in range(2)].index("south")
    assert fairaudit.examples(log, model, cohort=index, per_speaker=1, top=7).equals(one)
    assert {*fairaudit.examples(rows, model, top=3)["cohort"]} == {"north"}  # the bottom cohort


@pytest.mark.slow
def test_texts_are_those_of_the_settings_of_the_cohorts(rows, tmp_path: Path):
    tagged = rows.assign(reference="{ UM / uh } Yes <LAUGH> Sir", hypothesis="uh yes madam")
    settings = {"normalizer": "none", "strip_tags": True, "alternatives": "sclite"}
    frozen = fairaudit.discover(fairaudit.read_log(tagged, **settings), NamedColumns("accent"), Named("accent"))
    tagged.to_csv(tmp_path / "log.csv", index=False)
    found = fairaudit.examples(tmp_path / "log.csv", frozen, cohort="south", top=1).iloc[0]
    assert (found["reference"].split(), found["hypothesis"]) == (["uh", "Yes", "Sir"], "uh yes madam")
    assert (found["errors"], found["words"]) == (2, 3)
    assert "normalizer:none-1" in found["signature"]
    assert "alternatives:sclite" in found["signature"]
    with pytest.raises(InputError, match="normalizer basic"):
        fairaudit.examples(fairaudit.read_log(tagged, keep_texts=True, alternatives="sclite"), frozen)


def test_characters_are_aligned_one_by_one():
    assert alignment_view("早上好", "早好", token="char").split("\n") == ["REF: 早 上 好", "HYP: 早 * 好", "       D"]
    lines = alignment_view("one two three four", "one two three five", token="word", width=16).split("\n")
    assert max(map(len, lines)) <= 16
    assert len([line for line in lines if line.startswith("REF:")]) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "top must be at least 1"),
        ({"per_speaker": 0}, "per_speaker must be at least 1"),
        ({"order": "wer"}, "unknown value of order 'wer'"),
        ({"cohort": "nort"}, "did you mean 'north'"),
        ({"cohort": 2}, "unknown cohort '2'"),
    ],
)
def test_wrong_options_are_refused(rows, model, options: dict[str, object], message: str):
    with pytest.raises(UsageError, match=message):
        fairaudit.examples(rows, model, **options)


@pytest.mark.slow
def test_what_has_no_texts_is_refused(rows, model, tmp_path: Path):
    counts = fairaudit.read_log(rows).to_frame()[["utterance_id", "speaker_id", "accent", "errors", "words"]]
    with pytest.raises(InputError, match="a log of counts has no texts to show"):
        fairaudit.examples(counts, model)
    fairaudit.score(rows, tmp_path / "counts.parquet")
    with pytest.raises(InputError, match=r"counts\.parquet: a log of counts has no texts"):
        fairaudit.examples(tmp_path / "counts.parquet", model)
    with pytest.raises(UsageError, match="keep_texts=True"):
        fairaudit.examples(fairaudit.read_log(rows), model)
    with pytest.raises(InputError, match="did you mean 'accent'"):
        fairaudit.examples(rows, model, audio_column="acent")
    with pytest.raises(InputError, match="utterance_id"):
        fairaudit.examples(rows.drop(columns="utterance_id"), model)
    with pytest.raises(NothingToAuditError, match="no utterance of this log is in cohort 'north'"):
        fairaudit.examples(rows[rows["accent"] == "south"], model, cohort="north")
    with pytest.raises(NothingToAuditError, match="has errors"):
        fairaudit.examples(rows.assign(hypothesis=rows["reference"]), model, cohort="north")


@pytest.mark.slow
def test_kept_texts_are_in_nothing_else(rows, log, tmp_path: Path):
    secret = rows.assign(reference="canary " + rows["reference"], hypothesis="canary canary " + rows["hypothesis"])
    kept = fairaudit.read_log(secret, keep_texts=True)
    assert kept.columns == fairaudit.read_log(secret).columns
    assert kept.scoring == fairaudit.read_log(secret).scoring
    fairaudit.score(kept, tmp_path / "counts.parquet")
    fairaudit.tally(kept, tmp_path / "tally.parquet", by="accent")
    assert not any(b"canary" in path.read_bytes() for path in tmp_path.iterdir())
    assert "canary" not in kept.to_frame().to_csv() + repr(kept)
    audit = fairaudit.audit(kept, by="accent", methods="named", permutations=19)
    assert "canary" not in audit.to_json()  # from which the page is drawn
    with pytest.raises(UsageError, match="texts are kept in this process"):
        fairaudit.read_log(str(tmp_path / "log.csv"), keep_texts=True, engine="dask")


@pytest.mark.parametrize(
    ("columns", "audio", "expected"),
    [
        ({"utterance_id": "U{}.WAV"}, None, "U{}.WAV"),
        pytest.param({"path": "clips/{}.mp3"}, None, "clips/{}.mp3", marks=pytest.mark.exhaustive),
        ({"wave": "{}"}, "wave", "{}"),
        pytest.param({"utterance_id": "{}"}, "utterance_id", "{}", marks=pytest.mark.exhaustive),
        ({}, None, None),
    ],
)
def test_recordings(rows, model, columns: dict[str, str], audio: str | None, expected: str | None):
    made = rows.assign(**{name: [text.format(i) for i in range(len(rows))] for name, text in columns.items()})
    found = fairaudit.examples(made, model, top=4, audio_column=audio)
    assert ("audio" in found) == (expected is not None)
    if expected is not None:
        texts = {expected.format(i) for i in range(len(rows))}
        assert {*found["audio"]} <= texts


@pytest.mark.parametrize(
    "how", ["joined", *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("where", "cluster"))]
)
def test_logs_that_are_joined_chosen_and_clustered(rows, model, log, how: str, tmp_path: Path):
    expected = fairaudit.examples(log, model, top=9)
    made, options = rows, {}
    if how == "joined":
        made = rows[["utterance_id", "reference", "speaker_id"]]
        rows[["utterance_id", "hypothesis"]].to_json(tmp_path / "hyp.jsonl", orient="records", lines=True)
        rows[["speaker_id", "accent"]].drop_duplicates().to_csv(tmp_path / "who.csv", index=False)
        options = {"hypotheses": tmp_path / "hyp.jsonl", "metadata": tmp_path / "who.csv"}
    elif how == "where":
        made = pd.concat([rows.assign(model="a"), rows.assign(model="b", hypothesis="x")])
        options = {"where": {"model": "a"}}
    else:
        made = rows.assign(household=rows["speaker_id"])
        options = {"cluster": "household"}
        found = fairaudit.read_log(made, **options)
        model = fairaudit.discover(found, NamedColumns("accent"), Named("accent"))
    made.to_parquet(tmp_path / "log.parquet")  # CSV has no empty hypotheses
    read = fairaudit.read_log(tmp_path / "log.parquet", keep_texts=True, unit="word", **options)
    found = fairaudit.examples(read, model, top=9)
    pd.testing.assert_frame_equal(found.drop(columns="signature"), expected.drop(columns="signature"))
