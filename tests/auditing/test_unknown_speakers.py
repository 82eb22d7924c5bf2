"""Utterances without a speaker are no speakers: not in numbers, not beside the verdict, and not for a gate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.verdicts import Outcome
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.reading import read_log
from fairaudit.report import (
    comparison_markdown,
    comparison_terminal,
    gate_markdown,
    gate_terminal,
    render_comparison,
    render_html,
    render_markdown,
    render_notebook,
    render_terminal,
)
from fairaudit.report.html.page import render_gate
from fairaudit.report.views.history import history_view

ALL = "600 utterances, speakers unknown: p-values and intervals are too confident"


def rows(unknown: int, seed: int = 3, n: int = 600) -> pd.DataFrame:
    """Utterances of 200 speakers; the speakers of the first are unknown."""
    rng = np.random.default_rng(seed)
    speakers = [None if i < unknown else f"s{i % 200}" for i in range(n)]
    frame = pd.DataFrame({"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": speakers, "words": 20})
    return frame.assign(accent=[f"a{i % 2}" for i in range(n)], errors=rng.binomial(20, 0.2, n))


def log_of(unknown: int, seed: int = 3) -> UtteranceLog:
    return read_log(rows(unknown, seed), missing_speaker="own")


def test_every_way_to_show_an_audit_says_so() -> None:
    content = fairaudit.audit(log_of(600), permutations=19).to_dict()
    assert content["overall"]["unknown_speakers"] == 600
    for show in (render_html, render_markdown, render_terminal, render_notebook):
        text = " ".join(show(content).split())
        assert ALL in text
        assert "600 speakers" not in text
    text = " ".join(render_markdown(content).split())
    assert "Size: 600 (utterances, speakers unknown)" in text
    assert "“Speaker” means one utterance here, because nobody knows who speaks." in text
    assert "| Speakers |" not in text


def test_some_unknown_speakers_are_counted() -> None:
    content = fairaudit.audit(log_of(60), permutations=19).to_dict()
    text = " ".join(render_markdown(content).split())
    assert "60 of 600 utterances have no speaker. Each counts as one of its own" in text
    assert "speakers, 60 of them utterances without one; 600 utterances" in text
    assert "| Speakers |" in text


def test_comparisons_and_histories_say_so() -> None:
    logs = [log_of(600), log_of(600, seed=4)]
    comparison = fairaudit.compare(*logs).to_dict()
    assert comparison["overall"]["unknown_speakers"] == 600
    for show in (comparison_markdown, comparison_terminal, render_comparison):
        text = " ".join(show(comparison).split())
        assert ALL in text
        assert "600 speakers" not in text
    history = fairaudit.record([], "1.0", logs[0]).to_dict()
    assert history["releases"][0]["overall"]["unknown_speakers"] == 600
    assert any(ALL in caveat for caveat in history_view(history).caveats)


@pytest.mark.parametrize(
    ("unknown", "outcome"),
    [(0, Outcome.PASS), (120, Outcome.PASS), (121, Outcome.INSUFFICIENT), (600, Outcome.INSUFFICIENT)],
)
def test_no_rule_passes_if_the_speakers_of_many_utterances_are_unknown(unknown: int, outcome: Outcome) -> None:
    logs = [log_of(unknown), log_of(unknown, seed=4)]
    audit = fairaudit.audit(logs[0], permutations=19)
    comparison = fairaudit.compare(*logs, audit.models)
    history = fairaudit.record(fairaudit.record(audit.models, "1.0", logs[0]), "1.1", logs[1])
    for result, rules in (
        (audit, ("max-gap", "max-rate", "min-tested")),
        (comparison, ("max-gap", "max-rate", "max-regression", "non-inferiority", "min-tested")),
        (history, ("max-rate", "max-regression", "non-inferiority", "min-tested")),
    ):
        for rule in rules:
            judged = fairaudit.gate(result, {rule: 0.1 if rule == "min-tested" else "900%,point"})
            assert judged.verdict == outcome, rule
            for show in (gate_terminal, gate_markdown, render_gate):
                assert ("no speaker" in show(judged.to_dict()) or "speakers unknown" in show(judged.to_dict())) == (
                    unknown > 0
                )


def test_a_rule_still_fails_and_pairs_still_count() -> None:
    comparison = fairaudit.compare(log_of(600), log_of(600, seed=4))
    assert fairaudit.gate(comparison, {"non-inferiority": "-50%,point"}).verdict == Outcome.FAIL
    assert fairaudit.gate(comparison, {"min-paired": 1.0}).verdict == Outcome.PASS
    assert fairaudit.gate(comparison, {"non-inferiority": "50%,point,warn"}).verdict == Outcome.PASS


def test_a_log_does_not_call_them_speakers() -> None:
    assert "600 utterances by unknown speakers" in repr(log_of(600))
    assert "600 utterances by 200 known speakers" in repr(log_of(60))
    assert "600 utterances by 200 speakers" in repr(log_of(0))


def test_an_unknown_cluster_is_named() -> None:
    frame = rows(0).assign(home=[None if i < 60 else f"h{i % 90}" for i in range(600)])
    (caveat,) = read_log(frame, missing_speaker="own", cluster="home").quality.caveats
    assert caveat.startswith("60 of 600 utterances have no 'home'. Each counts as one of its own, although one 'home'")


@pytest.mark.slow
def test_swiss_german(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
    one = frame[frame["model"] == "fine-tuned"].drop(columns="model")
    log = read_log(one, missing_speaker="own", missing_hypothesis="empty", columns={"utterance_id": "audio_file"})
    text = " ".join(render_markdown(fairaudit.audit(log, permutations=19).to_dict()).split())
    assert "863 utterances, speakers unknown: p-values and intervals are too confident" in text
    assert "863 speakers" not in text
