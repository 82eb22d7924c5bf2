"""Cohorts in the files of other tools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import yaml

import fairaudit
from fairaudit.cohorts import CohortModel, chosen
from fairaudit.cohorts.rules import Lookup
from fairaudit.core.errors import InputError, UsageError
from fairaudit.exports.cohort_of import Labelled, labelled
from fairaudit.exports.jsonlines import with_cohorts
from fairaudit.exports.kaldi import utt2cohort
from fairaudit.exports.model_card import cohorts_markdown, model_index
from fairaudit.exports.stm import sclite_command, stm_and_ctm
from fairaudit.inputs.transcripts import Transcript, read_transcripts


def grouped_by(column: str, labels: list[str]) -> CohortModel:
    rule = Lookup((column,), tuple((label,) for label in labels))
    return CohortModel("named", f"named: {column}", {}, (column,), False, rule, None, None)


ACCENT = grouped_by("accent", ["old town", "river"])


@pytest.fixture
def labels() -> Labelled:
    return Labelled(ACCENT, {"b": 1, "a": 0, "B": 1}, {"a": "s1", "b": "s 2", "B": "s3", "c": "s3"})


def test_utt2cohort_is_sorted_as_kaldi_wants_it(labels: Labelled):
    assert utt2cohort(labels) == "B river\na old%20town\nb river\n"
    with pytest.raises(InputError, match="utterance id 'a b' contains whitespace, which Kaldi does not allow"):
        utt2cohort(Labelled(ACCENT, {"a b": 0}, {"a b": "s"}))


def test_labels_that_differ_are_words_that_differ():
    """And a decoder of URLs gives them back."""
    odd = [
        "a b",
        "a_b",
        "a  b",
        "a\tb",
        "a%20b",
        "a%b",
        "a b ",
        " a b",
        "a\u00a0b",
        "a\u2028b",
        "ä",
        "",
        " ",
        "%",
        "a\x1b",
    ]
    several = Labelled(grouped_by("x", odd), {str(i): i for i in range(len(odd))}, {})
    words = dict(line.split(" ") for line in utt2cohort(several).split("\n")[:-1])
    assert len({*words.values()}) == len(odd)
    assert [unquote(words[str(i)]) for i in range(len(odd)) if odd[i]] == [label for label in odd if label]
    rule = Lookup(("x", "y"), (("a, b", "c"), ("a", "b, c"), ("d", "e")))
    twins = Labelled(CohortModel("named", "t", {}, ("x", "y"), False, rule, None, None), {"a": 0, "b": 1, "c": 2}, {})
    assert utt2cohort(twins) == "a a,%20b,%20c\nb a,%20b,%20c%20(2)\nc d,%20e\n"
    assert [twins.label(name) for name in "abc"] == ["a, b, c", "a, b, c (2)", "d, e"]


def test_speakers_that_would_share_a_name_are_not_merged():
    spoken = [Transcript("a", "x", "x"), Transcript("b", "x", "x")]
    with pytest.raises(InputError, match="two speakers would both be called 's_1'"):
        stm_and_ctm(spoken, Labelled(ACCENT, {"a": 0, "b": 1}, {"a": "s 1", "b": "s_1"}))


def test_a_manifest_gets_its_cohorts_and_keeps_everything_else(labels: Labelled, tmp_path: Path):
    rows = [
        {"audio_filepath": "a", "duration": 1.50, "text": "è", "nested": {"x": [1, None]}},
        {"audio_filepath": "c", "duration": 2, "text": "", "nested": None},
    ]
    (tmp_path / "m.json").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    found = [json.loads(line) for line in with_cohorts(tmp_path / "m.json", [labels], "nemo").splitlines()]
    assert [row.pop("cohort_named_accent") for row in found] == ["old town", None]
    assert found == rows


@pytest.mark.parametrize("form", ["nemo", "lhotse"])
def test_ids_are_found_in_the_field_from_which_they_were_read(form: str, labels: Labelled, tmp_path: Path):
    rows = [{"id": "other 1", "key": "a", "text": ""}, {"id": "other 2", "key": "c", "text": ""}]
    (tmp_path / "m.json").write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = with_cohorts(tmp_path / "m.json", [labels], form, {"utterance_id": "key"}).splitlines()
    found = [json.loads(line) for line in lines]
    assert [row.get("custom", row)["cohort_named_accent"] for row in found] == ["old town", None]
    with pytest.raises(InputError, match="no value of 'id' is an utterance of the log; the first is 'other 1'"):
        with_cohorts(tmp_path / "m.json", [labels], form, {"utterance_id": "column of the log"})


def test_a_supervision_gets_a_custom_field(labels: Labelled, tmp_path: Path):
    rows = [{"id": "a", "speaker": "s1", "custom": {"snr": 3}}, {"id": "b", "speaker": "s2"}]
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = [json.loads(line) for line in with_cohorts(tmp_path / "s.jsonl", [labels], "lhotse").splitlines()]
    assert [row["custom"] for row in found] == [
        {"snr": 3, "cohort_named_accent": "old town"},
        {"cohort_named_accent": "river"},
    ]


def test_searches_do_not_share_a_field(labels: Labelled, tmp_path: Path):
    (tmp_path / "m.json").write_text('{"id": "a", "odd": "half \\ud800", "big": Infinity}\n')
    twins = [Labelled(grouped_by(column, ["x"]), {"a": 0}, labels.speaker) for column in ("方 言", "語")]
    (row,) = map(json.loads, with_cohorts(tmp_path / "m.json", twins, "nemo").encode().splitlines())
    assert row == {
        "id": "a", "odd": "half \ud800", "big": np.inf, "cohort_named_方_言": "x", "cohort_named_語": "x",
    }  # fmt: skip
    twins = [Labelled(grouped_by(column, ["x"]), {"a": 0}, labels.speaker) for column in ("how old", "how-old")]
    message = r"\['named: how old', 'named: how-old'\] would all be written to field 'cohort_named_how_old'"
    with pytest.raises(UsageError, match=message):
        with_cohorts(tmp_path / "m.json", twins, "nemo")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": "zz"}', "x.json: no value of 'id' is an utterance of the log; the first is 'zz'"),
        ('{"path": "a"}', "x.json: every record needs the same id field, one of"),
        ("[]\n", "not"),
        ("{\n", "row 1 is not JSON"),
    ],
)
def test_other_files_are_refused(text: str, message: str, labels: Labelled, tmp_path: Path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=message):
        with_cohorts(tmp_path / "x.json", [labels], "nemo")


def test_stm_and_ctm_hold_every_utterance_with_words(labels: Labelled):
    told = {"b": ("x y", "x"), "a": ("", "um"), "c": ("z", ""), "d": ("", ""), "e": ("x", "")}
    texts = [Transcript(name, *both) for name, both in told.items()]
    stm, ctm = stm_and_ctm(texts, labels)
    assert [line for line in stm.splitlines() if not line.startswith(";;")] == [  # d is empty, e was not scored
        "a A s1 0.00 2.00 <O,C0>",
        "b A s_2 0.00 3.00 <O,C1> x y",
        "c A s3 0.00 2.00 <O,Cx> z",
    ]
    assert ';; LABEL "C0" "old town" "accent = old town"' in stm
    assert ctm == "a A 0.25 0.50 um\nb A 0.25 0.50 x\n"


def test_one_search_is_chosen_by_its_title_or_by_the_name_that_reports_show():
    other = grouped_by("sex", ["f"])
    assert chosen([ACCENT, other], "named: sex") is other
    assert chosen([ACCENT, other], "sex") is other
    with pytest.raises(UsageError, match=r"choose one search of \['named: accent', 'named: sex'\]"):
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
        assert metric["args"].get("speakers") == cohort["speakers"]


def test_markdown_tables_tell_speakers_and_intervals(sample_audit):
    text = cohorts_markdown(sample_audit.to_dict())
    assert text.count("| Cohort | WER | 95 % interval | Speakers | p | Result |") == len(sample_audit.searches)


# ---- sclite, from Debian's sctk, scores our cohorts on its own


@pytest.fixture
def sclite(tmp_path: Path) -> Callable[..., str]:
    """Score two texts, and give a report of sclite's."""
    if shutil.which("sctk") is None:
        pytest.skip("no sctk")

    def run(texts: tuple[str, str], report: str, **discoverer: bool) -> str:
        for name, text in zip(("x.stm", "x.ctm"), texts, strict=True):
            (tmp_path / name).write_text(text)
        command = sclite_command(Path("x.stm"), **discoverer).replace("lur", report)
        return subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    return run


def edits(report: str) -> dict[str, str]:
    """The kinds of sclite's alignment, such as ``CCSDI``, by utterance (of its report ``sgml``)."""
    paths = re.findall(r'<PATH [^\n]*file="([^"]*)"[^\n]*>\n(.*?)\n?</PATH>', report, flags=re.DOTALL)
    return {name: "".join(re.findall(r"(?:^|:)([CSDI]),", path)) for name, path in paths}


def cheapest(reference: list[str], hypothesis: list[str]) -> tuple[int, int]:
    """Fewest and most errors of the alignments that cost least where a substitution costs 4, and the others 3."""
    above = [(3 * j, j, j) for j in range(len(hypothesis) + 1)]
    for i, word in enumerate(reference, start=1):
        row = [(3 * i, i, i)]
        for j, other in enumerate(hypothesis, start=1):
            wrong = word != other
            steps = [(above[j - 1], 4 * wrong, wrong), (above[j], 3, 1), (row[-1], 3, 1)]
            cost = min(before[0] + price for before, price, _ in steps)
            best = [(before, error) for before, price, error in steps if before[0] + price == cost]
            row.append((cost, min(b[1] + e for b, e in best), max(b[2] + e for b, e in best)))
        above = row
    return above[-1][1:]


@pytest.mark.slow
@pytest.mark.parametrize("normalizer", ["basic", "none"])
def test_sclite_agrees_with_our_cohorts(normalizer: str, shared_data: Path, tmp_path: Path, sclite):
    rows = pd.read_csv(shared_data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
    rows = rows[rows["model"] == "zero-shot"].drop(columns="model")
    sizes = rows["dialect"].value_counts()
    rows.assign(speaker_id="s" + rows["dialect"]).to_csv(tmp_path / "log.csv", index=False)
    options = {"columns": {"utterance_id": "audio_file"}, "normalizer": normalizer}
    log = fairaudit.read_log(tmp_path / "log.csv", **options)
    model = grouped_by("dialect", sorted(map(str, sizes[sizes >= 20].index)))
    labels = labelled(model, fairaudit.assign(log, model, per="utterance_id"))
    texts = list(read_transcripts(tmp_path / "log.csv", **options))
    exported = stm_and_ctm(texts, labels)
    # every utterance: no fewer errors than ours, and exactly as many as sclite's weights make cheapest
    ours = log.tally(["utterance_id"])["errors"]
    theirs = {name: len(kinds) - kinds.count("C") for name, kinds in edits(sclite(exported, "sgml")).items()}
    assert theirs.keys() == set(ours.index)
    for text in texts:
        fewest, most = cheapest(text.reference.split(), text.hypothesis.split())
        assert ours[text.utterance] <= fewest <= theirs[text.utterance] <= most
    assert sum(theirs.values()) - ours.sum() <= 0.002 * ours.sum()
    # every cohort: the same words, and the per cent that its utterances add up to
    (line,) = [line for line in sclite(exported, "lur").splitlines() if "Set Sum/Avg" in line]
    told = [(int(words), rate) for words, rate in re.findall(r"\[(\d+)\]\s+([\d.]+)", line)]
    whose = [labels.cohort.get(text.utterance, model.rule.n_cohorts) for text in texts]
    errors = np.bincount(whose, [theirs[text.utterance] for text in texts])
    words = np.bincount(whose, [len(text.reference.split()) for text in texts])
    expected = [(words.sum(), errors.sum()), *zip(words, errors, strict=True)]
    assert told == [(w, f"{100 * e / w:.1f}") for w, e in expected]
    sums = log.tally(["dialect"]).loc[[label for (label,) in model.rule.labels], "words"]
    assert [w for w, _ in told[1:-1]] == sums.tolist()


def test_sclite_reads_every_character_as_it_is(sclite, hostile_strings: list[str]):
    """Case, what sclite takes for syntax, and what no transcript should hold: words stay words."""
    strings = [*hostile_strings, "{ a / b }", "(um) and/or", "a @ b", "x ;; y", "<O,C0> z", "Yes YES", "back\\slash"]
    texts = [Transcript(f"u{n:03}", text, f"{text} X") for n, text in enumerate(strings)]
    labels = Labelled(ACCENT, dict.fromkeys((t.utterance for t in texts), 0), {t.utterance: "s;1" for t in texts})
    found = edits(sclite(stm_and_ctm(texts, labels), "sgml"))
    assert found == {text.utterance: "C" * len(text.reference.split()) + "I" for text in texts}
    (kinds,) = edits(sclite(stm_and_ctm([Transcript("u000", "Yes yes", "yes yes")], labels), "sgml")).values()
    assert kinds == "SC"


def test_sclite_counts_characters(sclite, labels: Labelled):
    text = Transcript("a", "今日は いい天気 ok", "今は いい天気だ o k")
    rows = {"utterance_id": "a", "speaker_id": "s", "reference": text.reference, "hypothesis": text.hypothesis}
    log = fairaudit.read_log(pd.DataFrame([rows]), unit="char")
    (kinds,) = edits(sclite(stm_and_ctm([text], labels), "sgml", characters=True)).values()
    sums = log.tally(["utterance_id"]).iloc[0]
    assert (len(kinds) - kinds.count("I"), len(kinds) - kinds.count("C")) == (sums["characters"], sums["errors"])


def test_names_that_stm_would_merge_are_refused(labels: Labelled):
    labels = Labelled(ACCENT, {}, {"a b": "s", "a_b": "s"})
    with pytest.raises(
        InputError, match="two utterances would both be called 'a_b' in STM, where names cannot contain whitespace"
    ):
        stm_and_ctm([Transcript("a b", "x", "x"), Transcript("a_b", "x", "x")], labels)
