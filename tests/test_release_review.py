"""Releases of real recognisers reviewed: published figures come back, harm fails the gate, and no harm rarely does."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Lookup
from fairaudit.inputs.log import UtteranceLog
from fairaudit.report import history_terminal
from fairaudit.report.words.units import SHARE
from fairaudit.report.words.wording import percent
from fairaudit.results.comparison import Comparison
from fairaudit.samples import packaged_sample

pytestmark = pytest.mark.slow

PUNCTUATION = str.maketrans("", "", string.punctuation)
EDACC = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}


def grouped_by(column: str, labels: list[str]) -> CohortModel:
    rule = Lookup((column,), tuple((label,) for label in labels))
    return CohortModel("named", f"named: {column}", {"by": (column,)}, (column,), False, rule, None, None)


# ---- Swiss German: zero-shot, fine-tuned, fine-tuned with elastic weight consolidation; an utterance is a speaker


def swiss(shared_data: Path, name: str) -> dict[str, UtteranceLog]:
    """The log of each model, lower case and without ASCII punctuation, as it was scored when published."""
    rows = pd.read_csv(shared_data / "swiss_german" / f"{name}.csv.gz", dtype=str, keep_default_na=False)
    for column in ("reference", "hypothesis"):
        rows[column] = rows[column].str.lower().str.translate(PUNCTUATION).str.split().str.join(" ")
    options = {"columns": {"utterance_id": "audio_file"}, "normalizer": "none", "missing_hypothesis": "empty"}
    return {
        str(model): fairaudit.read_log(one.drop(columns="model"), missing_speaker="own", **options)
        for model, one in rows.groupby("model")
    }


@pytest.fixture(scope="module")
def cantons(shared_data: Path) -> dict[str, Comparison]:
    """Both fine-tuned models against the zero-shot one, by canton."""
    logs = swiss(shared_data, "asgdts")
    names = sorted({label for label in logs["zero-shot"].tally(["dialect"]).index if isinstance(label, str)})
    models = [grouped_by("dialect", names)]
    return {name: fairaudit.compare(logs["zero-shot"], logs[name], models) for name in ("fine-tuned", "ewc-30000")}


def test_the_published_overall_rates_come_back(cantons):
    for name, after in (("fine-tuned", 0.2077), ("ewc-30000", 0.2049)):
        change = cantons[name].overall.change
        assert (change.baseline, change.candidate) == (pytest.approx(0.2498, abs=5e-5), pytest.approx(after, abs=5e-5))
        assert change.interval[1] < 0


def test_the_worst_tested_canton_is_zug_under_every_model(cantons):
    for name, rate in (("fine-tuned", 0.3034), ("ewc-30000", 0.2655)):
        tested = cantons[name].to_frame().query("tested").set_index("label")
        assert (tested["before"].idxmax(), tested["after"].idxmax()) == ("ZG", "ZG")
        assert tested.loc["ZG", "before"] == pytest.approx(0.3379, abs=5e-5)
        assert tested.loc["ZG", "after"] == pytest.approx(rate, abs=5e-5)


def test_cantons_of_a_few_utterances_decide_nothing(cantons):
    for found in cantons.values():
        frame = found.to_frame().set_index("label")
        small = frame[frame["speakers"] < 20]
        assert {"GL", "NW"} <= {*small.index}
        assert not small["tested"].any()
        assert small["p_adjusted"].isna().all()
        (check,) = fairaudit.gate(found, {"max-rate": "0.01,point"}).checks
        held = [subject.name for subject in check.subjects if subject.outcome == "fail"]
        assert held
        assert not any(name.startswith(("dialect = GL", "dialect = NW")) for name in held)


def test_three_models_are_one_history(shared_data: Path):
    logs = swiss(shared_data, "asgdts")
    labels = sorted({label for label in logs["zero-shot"].tally(["dialect"]).index if isinstance(label, str)})
    history = [grouped_by("dialect", labels)]
    for name in ("zero-shot", "fine-tuned", "ewc-30000"):
        history = fairaudit.record(history, name, logs[name])
    rates = [release["overall"]["rate"] for release in history.releases]
    assert rates == pytest.approx([0.2498, 0.2077, 0.2049], abs=5e-5)
    zug = [
        cohort["rate"]
        for release in history.releases
        for cohort in release["reviews"][0]["cohorts"]
        if cohort["id"] == labels.index("ZG")
    ]
    assert zug == pytest.approx([0.3379, 0.3034, 0.2655], abs=5e-5)
    lines = history_terminal(history.to_dict(), width=120).splitlines()
    (line,) = [line for line in lines if line.strip().startswith("dialect = ZG")]
    assert line.split()[3:] == ["33.8", "%", "30.3", "%", "26.6", "%"]
    (line,) = [line for line in lines if line.strip().startswith("dialect = GL")]
    assert "%" not in line


def test_what_was_forgotten_fails_plain_fine_tuning_and_passes_the_consolidated_one(shared_data: Path):
    """Nobody knows from how many people the intervals are, so that passing has to be asked for."""
    logs = swiss(shared_data, "common_voice_german")
    rules = {"non-inferiority": "2%,upper,pass"}
    for name, rate, verdict in (("fine-tuned", 0.0901, "fail"), ("ewc-30000", 0.0733, "pass")):
        found = fairaudit.compare(logs["zero-shot"], logs[name])
        assert found.overall.change.baseline == pytest.approx(0.0612, abs=5e-5)
        assert found.overall.change.candidate == pytest.approx(rate, abs=5e-5)
        assert fairaudit.gate(found, rules).verdict == verdict
        unasked = "insufficient evidence" if verdict == "pass" else "fail"
        assert fairaudit.gate(found, {"non-inferiority": "2%"}).verdict == unasked


# ---- EdAcc: two recognisers on the same conversations


@pytest.fixture(scope="module")
def edacc(shared_data: Path) -> dict[str, UtteranceLog]:
    return {
        name: fairaudit.read_log(
            shared_data / "edacc" / f"{name}.transcripts.jsonl.gz",
            columns=EDACC, normalizer="whisper-en", strip_tags=True, missing_hypothesis="empty",
        )
        for name in ("whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3")
    }  # fmt: skip


def test_two_recognisers_by_accent(edacc):
    before, after = edacc.values()
    accents = [str(label) for label in before.tally(["accent"]).index.dropna()]
    found = fairaudit.compare(before, after, [grouped_by("accent", accents)])
    assert found.pairing == {
        "paired": 9177, "only_before": 0, "only_after": 0, "other_reference": 0, "other_speaker": 0,
    }  # fmt: skip
    rates = found.to_frame().set_index("label")[["before", "after"]]
    assert rates.loc["Vietnamese"].tolist() == pytest.approx([0.2843, 0.2217], abs=0.003)
    assert rates.loc["Indian English"].tolist() == pytest.approx([0.1051, 0.0854], abs=0.003)
    # no accent has more than nine speakers
    assert found.verdict == "insufficient evidence"
    assert all(cohort["suppressed"] for cohort in found.to_dict()["reviews"][0]["cohorts"])
    assert found.overall.speakers == 60
    assert found.overall.change.interval[1] < 0


def test_recognisers_swapped_at_random_are_rarely_a_regression(edacc):
    sums = [log.tally(["utterance_id", "speaker_id"])[["errors", "words"]].reset_index() for log in edacc.values()]
    first, second = (frame.sort_values("utterance_id").reset_index(drop=True) for frame in sums)
    speakers, runs, failed = first["speaker_id"].unique(), 20, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        swapped = first["speaker_id"].isin(speakers[rng.random(len(speakers)) < 0.5])
        before, after = first.where(~swapped, second), second.where(~swapped, first)
        sides = rng.choice(["a", "b"], len(speakers))
        sex = first["speaker_id"].map(dict(zip(speakers, sides, strict=True)))
        logs = [fairaudit.read_log(frame.assign(sex=sex)) for frame in (before, after)]
        found = fairaudit.compare(*logs, [grouped_by("sex", ["a", "b"])], permutations=99, seed=seed)
        failed += fairaudit.gate(found, {"max-regression": 0}).verdict == "fail"
    assert failed <= stats.binom.ppf(0.99, runs, 0.05)


# ---- the packaged sample: a recogniser with a larger language model


def test_the_candidate_of_the_packaged_sample_is_what_the_guide_says(repository: Path):
    path = packaged_sample()["log"]
    before = fairaudit.read_log(path, cluster="voice")
    after = fairaudit.read_log(path, cluster="voice", columns={"hypothesis": "hypothesis_candidate"})
    models = fairaudit.audit(before, methods=["named"], by=["accent", "sex", "device"], permutations=99).models
    found = fairaudit.compare(before, after, models)
    gap = found.to_dict()["reviews"][0]["gap"]
    low, high = gap["interval"]
    change = f"{gap['difference']:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")
    sentences = (
        f"The baseline has a word error rate of {percent(found.overall.change.baseline)}. The candidate changes it by "
        f"{SHARE.difference(found.overall.change.difference)} {SHARE.difference_span(found.overall.change.interval)}.",
        f"{1 + gap['before']:.2f} times as many before and {1 + gap['after']:.2f} times as many after, "
        f"a change of {change}.",
    )
    guide = " ".join((repository / "docs" / "release-review.md").read_text("utf-8").split())
    for sentence in sentences:
        assert sentence in guide
    assert found.verdict == "no evidence"
    assert all(review.found_on_baseline for review in found.cohort_comparisons)
    assert fairaudit.gate(found, {"max-gap": "50%"}).verdict == "fail"
    assert fairaudit.gate(found, {"max-regression": 0, "non-inferiority": "0.5%"}).verdict == "pass"


# ---- null and planted releases


@pytest.mark.exhaustive
def test_errors_permuted_within_speakers_are_rarely_a_regression():
    """The same recogniser twice: devices differ by chance alone, and speakers not at all."""
    runs, failed = 40, 0
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        speaker = np.repeat(np.arange(120), 15)
        expected = 0.15 * rng.gamma(3, 1 / 3, 120)[speaker] * rng.gamma(2, 1 / 2, len(speaker))
        before = pd.DataFrame(
            {
                "utterance_id": [f"u{n}" for n in range(len(speaker))],
                "speaker_id": [f"s{n}" for n in speaker],
                "device": rng.choice(list("abcdef"), len(speaker)),
                "errors": rng.binomial(10, np.minimum(expected, 1.0)),
                "words": 10,
            }
        )
        moved = before["errors"].to_numpy()[np.lexsort([rng.random(len(speaker)), speaker])]
        logs = [fairaudit.read_log(side) for side in (before, before.assign(errors=moved))]
        found = fairaudit.compare(*logs, [grouped_by("device", list("abcdef"))], permutations=99, seed=seed)
        assert found.overall.change.difference == 0
        failed += fairaudit.gate(found, {"max-regression": 0}).verdict == "fail"
    assert failed <= stats.binom.ppf(0.99, runs, 0.05)


def test_a_release_that_gains_overall_and_harms_one_cohort_is_caught(release):
    logs = [fairaudit.read_log(frame) for frame in (release.before, release.after)]
    found = fairaudit.compare(*logs, [grouped_by("accent", sorted(release.before["accent"].unique()))])
    assert found.overall.change.interval[1] < 0
    (check,) = fairaudit.gate(found, {"max-regression": 0}).checks
    assert [subject.name for subject in check.subjects if subject.outcome == "fail"] == [f"{release.harmed} (accent)"]
