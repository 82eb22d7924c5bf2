"""Rates of the user's own: numbers equal pandas sums, and every output says what they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit import Rate
from fairaudit.core.errors import InputError, UsageError
from fairaudit.results.rates import rate_of_document
from fairaudit.results.reading import read_audit

DELAY = Rate("delay", "delay_ms", "audio_ms", "delay", "delay per second of audio", "ms of delay", "ms of audio")
FORMULA = "delay=delay_ms/audio_ms"


def frame_of(worse: str = "hill", seed: int = 0) -> pd.DataFrame:
    """120 speakers of eight utterances each, whose delays are twice as long in one of two accents."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(120), 8)
    accent = np.array(["hill", "coast"])[speaker % 2]
    audio = rng.integers(900, 9000, len(speaker))
    level = rng.gamma(16, 1 / 16, 120)[speaker] * np.where(accent == worse, 2.0, 1.0)
    insertions, deletions = rng.poisson(1.0, len(speaker)), rng.poisson(0.5, len(speaker))
    return pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(len(speaker))],
            "speaker_id": [f"s{n:03}" for n in speaker],
            "accent": accent,
            "words": rng.integers(5, 20, len(speaker)),
            "errors": insertions + deletions,
            "substitutions": 0,
            "deletions": deletions,
            "insertions": insertions,
            "delay_ms": rng.poisson(0.1 * level * audio),
            "audio_ms": audio,
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return frame_of()


def by_accent(frame: pd.DataFrame, numerator: str, denominator: str) -> dict[str, float]:
    sums = frame.groupby("accent")[[numerator, denominator]].sum()
    return dict(sums[numerator] / sums[denominator])


@pytest.mark.parametrize("rate", [DELAY, FORMULA, "insertion_share=insertions/errors", "deletion_rate"])
def test_rates_are_ratios_of_pandas_sums(rate: Any, frame: pd.DataFrame) -> None:
    known = fairaudit.audit(frame, by="accent", methods="named", rate=rate, permutations=19)
    columns = known.rate.columns
    content = known.to_dict()
    assert content["overall"]["rate"] == pytest.approx(frame[columns[0]].sum() / frame[columns[1]].sum(), abs=1e-12)
    rates = {cohort["label"]: cohort["rate"] for cohort in content["discoveries"][0]["cohorts"]}
    assert rates == pytest.approx(by_accent(frame, *columns), abs=1e-12)
    for cohort in content["discoveries"][0]["cohorts"]:
        part = frame[frame["accent"] == cohort["label"]]
        assert (cohort["errors"], cohort["exposure"]) == tuple(part[[*columns]].sum())


def test_every_output_says_what_the_rate_is(frame: pd.DataFrame, tmp_path: Path) -> None:
    audit = fairaudit.audit(frame, by="accent", methods="named", rate=DELAY, permutations=99)
    assert f"rate:{FORMULA}" in audit.signature
    fairaudit.save(audit, tmp_path)
    content = read_audit(tmp_path / "audit.json")
    assert rate_of_document(content) == DELAY
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert "Delay per second of audio: ms of delay ÷ ms of audio, summed" in page
    assert "ms of delay ÷" in page
    assert "of the ms of audio" in page
    assert "Excess ms of delay" in page
    assert "Excess errors" not in page
    assert content["discoveries"][0]["by_kind"] is None


def test_a_document_without_a_definition_is_of_a_built_in_rate(frame: pd.DataFrame) -> None:
    from fairaudit.report import render_html

    audit = fairaudit.audit(frame, by="accent", methods="named", rate="insertion_rate", permutations=19)
    content = audit.to_dict()
    assert content["rate_definition"]["errors"] == "insertions"
    older = {key: value for key, value in content.items() if key != "rate_definition"}
    assert render_html(older) == render_html(content)


def test_scored_texts_keep_their_counts(frame: pd.DataFrame) -> None:
    """Where texts are scored, further counts stand beside the scores, and a second normaliser leaves them alone."""
    texts = frame[["utterance_id", "speaker_id", "accent", "delay_ms", "audio_ms"]].assign(
        reference="one two three", hypothesis="one two"
    )
    log = fairaudit.read_log(texts, counts=["delay_ms", "audio_ms"])
    assert {"delay_ms", "audio_ms", "deletions"} <= {*log.count_columns}
    audit = fairaudit.audit(log, by="accent", methods="named", rate=FORMULA, permutations=19)
    assert audit.overall["rate"] == pytest.approx(frame["delay_ms"].sum() / frame["audio_ms"].sum())
    assert audit.sensitivity is None
    per_utterance = fairaudit.audit(
        log, by="accent", methods="named", rate="lost=deletions/utterances", permutations=19
    )
    assert per_utterance.overall["rate"] == 1.0
    assert per_utterance.sensitivity is not None
    assert per_utterance.sensitivity.rate == 1.0


def test_counts_in_parquet_are_counts(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "log.parquet")
    log = fairaudit.read_log(tmp_path / "log.parquet", counts="delay_ms")
    assert log.tally(["accent"])["delay_ms"].to_dict() == frame.groupby("accent")["delay_ms"].sum().to_dict()
    assert "audio_ms" in log.columns


@pytest.mark.slow
def test_releases_are_compared_on_it(frame: pd.DataFrame) -> None:
    audit = fairaudit.audit(frame, by="accent", methods="named", rate=DELAY, permutations=99)
    faster = frame.assign(delay_ms=frame["delay_ms"] // 2)
    comparison = fairaudit.compare(frame, faster, audit.models, rate=DELAY, permutations=99)
    after = by_accent(faster, "delay_ms", "audio_ms")
    content = comparison.to_dict()
    assert {c["label"]: c["after"] for c in content["reviews"][0]["cohorts"]} == pytest.approx(after, abs=1e-12)
    assert content["rate_definition"]["exposure"] == "ms of audio"
    other = fairaudit.audit(frame, by="accent", methods="named", rate="delay=delay_ms/words", permutations=19)
    with pytest.raises(UsageError, match="about rate 'delay=delay_ms/audio_ms', the page about 'delay=delay_ms/words'"):
        fairaudit.render_html(other, comparison=comparison)
    history = fairaudit.record(audit.models, "1.0", frame, rate=DELAY)
    history = fairaudit.record(type(history).from_dict(json.loads(history.to_json())), "1.1", faster)
    assert history.rate == DELAY
    assert [release["overall"]["rate"] for release in history.releases] == pytest.approx(
        [part["delay_ms"].sum() / part["audio_ms"].sum() for part in (frame, faster)], abs=1e-12
    )
    with pytest.raises(UsageError, match="the history is of delay=delay_ms/audio_ms, not of wer"):
        fairaudit.record(history, "1.2", frame, rate="wer")
    with pytest.raises(UsageError, match="insertion_share=insertions/errors has another denominator in the candidate"):
        fairaudit.compare(frame, frame.assign(errors=frame["errors"] + 1, deletions=frame["deletions"] + 1),
                          rate="insertion_share=insertions/errors")  # fmt: skip


@pytest.mark.slow
def test_the_command_line_defines_a_rate(frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]) -> None:
    frame.to_csv(log := tmp_path / "log.csv", index=False)
    known = by_accent(frame, "delay_ms", "audio_ms")
    options = "--method", "named", "--by", "accent", "--permutations", 19, "-q"
    ran = cli("discover", log, *options, "--rate", FORMULA, "--json")
    assert ran.code in (0, 4), ran.err
    rates = {cohort["label"]: cohort["rate"] for cohort in json.loads(ran.out)["discoveries"][0]["cohorts"]}
    assert rates == pytest.approx(known, abs=1e-12)
    (tmp_path / "settings.toml").write_text(f'rate = "{FORMULA}"\n', "utf-8")
    assert cli("audit", log, *options, "--config", tmp_path / "settings.toml", "-o", tmp_path / "audit").code in (0, 4)
    assert read_audit(tmp_path / "audit" / "audit.json")["rate"] == "delay"
    cohorts = tmp_path / "audit" / "cohorts.json"
    compared = cli("compare", log, log, "--allow-identical", "--cohorts", cohorts, "--rate", FORMULA, "--json", "-q")
    assert json.loads(compared.out)["rate_definition"]["numerator"] == "delay_ms"
    assert cli("audit", log, "--rate", "delay", *options).code == 2
    missing = cli("audit", log, "--rate", "delay=delay_s/audio_ms", *options)
    assert (missing.code, "log lacks ['delay_s']" in missing.err) == (3, True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([5e9 + 0.5] * 960, "too_large in 'delay_ms': 960 rows.*use a larger unit"),
        ([-1] * 960, "negative_count in 'delay_ms'"),
        (["long"] * 960, "not_a_number in 'delay_ms'"),
        ([None] * 960, "missing_count in 'delay_ms'"),
    ],
)
def test_what_cannot_be_added_up_is_refused(values: list[Any], says: str, frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=says):
        fairaudit.read_log(frame.assign(delay_ms=values), counts="delay_ms")


def test_what_cannot_be_a_count_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"\['speaker_id'\] cannot be"):
        fairaudit.read_log(frame, counts=["speaker_id", "errors"])
    with pytest.raises(InputError, match=r"log lacks \['delay'\]"):
        fairaudit.read_log(frame, counts=["delay"])
    log = fairaudit.read_log(frame)
    with pytest.raises(
        UsageError, match=r"'delay' needs \['delay_ms', 'audio_ms'\], .*counts=\['delay_ms', 'audio_ms'\]"
    ):
        fairaudit.audit(log, rate=DELAY)


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        ("wer=delay_ms/audio_ms", "wer=errors/words is a built-in rate; give wer=delay_ms/audio_ms another name"),
        ("delai", "unknown rate 'delai'.*; or define a rate as NAME=NUMERATOR/DENOMINATOR"),
        ("delay=delay_ms", "unknown rate 'delay=delay_ms'"),
        ("delay=words/words", "a rate needs a name and two different columns, not 'delay=words/words'"),
    ],
)
def test_what_is_no_rate_is_refused(rate: str, says: str, frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=says):
        fairaudit.audit(frame, rate=rate)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_rate_that_is_alike_everywhere_is_no_disparity() -> None:
    """Large counts, such as milliseconds, do not make noise look sure."""
    found = 0
    for seed in range(20):
        frame = frame_of(worse="nobody", seed=seed)
        audit = fairaudit.audit(frame, by="accent", methods="named", rate=FORMULA, permutations=39)
        found += audit.verdict == "disparity"
    assert found <= 3
