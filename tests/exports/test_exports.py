"""Cohorts in the files of other tools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import fairaudit
from fairaudit.cohorts import CohortModel, chosen
from fairaudit.cohorts.rules import Lookup
from fairaudit.errors import InputError, UsageError
from fairaudit.exports.cohort_of import Labelled, labelled
from fairaudit.exports.jsonlines import with_cohorts
from fairaudit.exports.kaldi import utt2cohort
from fairaudit.exports.model_card import cohorts_markdown, model_index
from fairaudit.exports.stm import stm_and_ctm
from fairaudit.inputs.transcripts import Transcript, read_transcripts


def grouped_by(column: str, labels: list[str]) -> CohortModel:
    rule = Lookup((column,), tuple((label,) for label in labels))
    return CohortModel("named", f"named: {column}", {}, (column,), False, rule, None, None)


ACCENT = grouped_by("accent", ["old town", "river"])


@pytest.fixture
def labels() -> Labelled:
    return Labelled(ACCENT, {"b": 1, "a": 0, "B": 1}, {"a": "s1", "b": "s 2", "B": "s3", "c": "s3"})


def test_utt2cohort_is_sorted_as_kaldi_wants_it(labels: Labelled):
    assert utt2cohort(labels) == "B river\na old_town\nb river\n"
    with pytest.raises(InputError, match="no white space, 'a b' does"):
        utt2cohort(Labelled(ACCENT, {"a b": 0}, {"a b": "s"}))


def test_a_manifest_gets_its_cohorts_and_keeps_everything_else(labels: Labelled, tmp_path: Path):
    rows = [
        {"audio_filepath": "a", "duration": 1.50, "text": "è", "nested": {"x": [1, None]}},
        {"audio_filepath": "c", "duration": 2, "text": "", "nested": None},
    ]
    (tmp_path / "m.json").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    found = [json.loads(line) for line in with_cohorts(tmp_path / "m.json", [labels], "nemo").splitlines()]
    assert [row.pop("cohort_named_accent") for row in found] == ["old town", None]
    assert found == rows


def test_a_supervision_gets_a_custom_field(labels: Labelled, tmp_path: Path):
    rows = [{"id": "a", "speaker": "s1", "custom": {"snr": 3}}, {"id": "b", "speaker": "s2"}]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = [json.loads(line) for line in with_cohorts(tmp_path / "s.jsonl", [labels], "lhotse").splitlines()]
    assert [row["custom"] for row in found] == [
        {"snr": 3, "cohort_named_accent": "old town"},
        {"cohort_named_accent": "river"},
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"id": "zz"}', "none of its 'id'"),
        ('{"path": "a"}', "needs one of"),
        ("[]\n", "not"),
        ("{\n", "row 1 is not JSON"),
    ],
)
def test_other_files_are_refused(text: str, told: str, labels: Labelled, tmp_path: Path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=told):
        with_cohorts(tmp_path / "x.json", [labels], "nemo")


def test_stm_and_ctm_hold_every_utterance_with_words(labels: Labelled):
    texts = [Transcript("b", "x y", "x"), Transcript("a", "", "um"), Transcript("c", "z", ""), Transcript("d", "", "")]
    stm, ctm = stm_and_ctm(texts, labels)
    assert [line for line in stm.splitlines() if not line.startswith(";;")] == [
        "a A s1 0.00 2.00 <O,C0>",
        "b A s_2 0.00 3.00 <O,C1> x y",
        "c A s3 0.00 2.00 <O,Cx> z",
    ]
    assert ';; LABEL "C0" "old town" "accent = old town"' in stm
    assert ctm == "a A 0.25 0.50 um\nb A 0.25 0.50 x\n"


def test_one_search_is_chosen_by_its_title():
    other = grouped_by("sex", ["f"])
    assert chosen([ACCENT, other], "named: sex") is other
    with pytest.raises(UsageError, match=r"one search is needed .* \['named: accent', 'named: sex'\]"):
        chosen([ACCENT, other], None)
    with pytest.raises(UsageError, match="did you mean 'named: sex'"):
        chosen([ACCENT, other], "named: sexx")


def test_model_index_is_yaml_of_the_tested_cohorts(sample_audit):
    audit = sample_audit.to_dict()
    content = yaml.safe_load(model_index(audit, 'my "model": v2'))
    (model,) = content["model-index"]
    assert model["name"] == 'my "model": v2'
    (result,) = model["results"]
    tested = [c for d in audit["discoveries"] for c in d["cohorts"] if c["tested"]]
    assert len(result["metrics"]) == 1 + len(tested)
    for metric, cohort in zip(result["metrics"][1:], tested, strict=True):
        assert metric["type"] == "wer"
        assert metric["value"] == pytest.approx(100 * cohort["rate"], abs=0.005)
        assert metric["config"] == audit["signature"]
        assert metric["args"]["speakers"] == cohort["speakers"]


def test_markdown_tables_tell_speakers_and_intervals(sample_audit):
    text = cohorts_markdown(sample_audit.to_dict())
    assert text.count("| Cohort | WER | 95 % interval | Speakers | p | Result |") == len(sample_audit.discoveries)


# ---- sclite, from Debian's sctk, scores our cohorts on its own


def test_sclite_agrees_with_our_cohorts(shared_data: Path, tmp_path: Path):
    sctk = shutil.which("sctk")
    if sctk is None:
        pytest.skip("no sctk")
    rows = pd.read_csv(shared_data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
    rows = rows[rows["model"] == "zero-shot"].drop(columns="model")
    sizes = rows["dialect"].value_counts()
    rows.assign(speaker_id="s" + rows["dialect"]).to_csv(tmp_path / "log.csv", index=False)
    columns = {"utterance_id": "audio_file"}
    log = fairaudit.read_log(tmp_path / "log.csv", columns=columns)
    model = grouped_by("dialect", sorted(map(str, sizes[sizes >= 20].index)))
    labels = labelled(model, fairaudit.assign(log, model, per="utterance_id"))
    stm, ctm = stm_and_ctm(read_transcripts(tmp_path / "log.csv", columns=columns), labels)
    (tmp_path / "x.stm").write_text(stm)
    (tmp_path / "x.ctm").write_text(ctm)
    command = [sctk, "sclite", "-e", "utf-8", "-r", "x.stm", "stm", "-h", "x.ctm", "ctm", "-o", "lur", "stdout"]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in report.splitlines() if "Set Sum/Avg" in line]
    theirs = [(int(words), float(rate)) for words, rate in re.findall(r"\[(\d+)\]\s+([\d.]+)", line)]
    sums = log.tally(["dialect"]).loc[[label for (label,) in model.rule.labels], ["errors", "words"]]
    assert [words for words, _ in theirs] == [8594, *sums["words"], 8594 - sums["words"].sum()]
    errors = np.array([rate * words / 100 for words, rate in theirs[1:-1]])
    # percent of one digit; sclite weighs substitutions more than the others, and may count an error or two more
    slack = 0.0005 * sums["words"].to_numpy()
    assert (errors >= sums["errors"].to_numpy() - slack).all()
    assert (errors <= sums["errors"].to_numpy() + 2 + slack).all()
