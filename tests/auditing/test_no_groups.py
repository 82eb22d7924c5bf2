"""A log without anything to search groups by: its numbers, how uneven speakers are, and no pass of any gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError
from fairaudit.core.rate import Rate
from fairaudit.core.verdicts import Outcome, Verdict
from fairaudit.inputs.reading import read_log
from fairaudit.report import render_html, render_markdown, render_notebook, render_terminal
from fairaudit.report.text.junit import audit_junit

ADVICE = "Add label columns, such as accent, gender, age"
WITHHELD = "fewer than 11 speakers have rates beyond each percentile"


def rows(speakers: int, **more: Any) -> pd.DataFrame:
    """Counts of speakers with 100 to 2,000 words, whose true rates differ."""
    rng = np.random.default_rng(5)
    words = rng.integers(100, 2_000, speakers)
    kinds = rng.poisson((0.03 * words * rng.lognormal(0, 0.4, speakers))[:, None], (speakers, 3))
    frame = pd.DataFrame(kinds, columns=["substitutions", "deletions", "insertions"])
    ids = [f"s{i}" for i in range(speakers)]
    return frame.assign(errors=kinds.sum(axis=1), words=words, speaker_id=ids, utterance_id=ids, **more)


def content_of(frame: pd.DataFrame, **options: Any) -> Any:
    return fairaudit.audit(read_log(frame, **options), permutations=19).to_dict()


@pytest.mark.exhaustive
def test_every_way_to_show_an_audit_has_an_answer() -> None:
    frame = rows(200)
    audit = fairaudit.audit(read_log(frame), permutations=19)
    assert (audit.verdict, len(audit), audit.headline, audit.gap) == (Verdict.INSUFFICIENT, 0, None, None)
    content = audit.to_dict()
    spread, total = content["overall"]["speakers_spread"], frame["words"].sum()
    rates = np.sort(frame["errors"] / frame["words"])
    assert spread["observed"]["percentile_10"] == pytest.approx(rates[20], abs=0.0006)
    assert spread["observed"]["percentile_90"] == pytest.approx(rates[179], abs=0.0006)
    assert spread["equal"]["percentile_90"] < spread["observed"]["percentile_90"]
    assert content["overall"]["kinds"]["deletions"] == pytest.approx(frame["deletions"].sum() / total, abs=0.0006)
    percentile = f"{100 * spread['observed']['percentile_90']:.1f} %"
    for show in (render_html, render_markdown, render_terminal, render_notebook):
        text = " ".join(show(content).split())
        assert "This log has nothing that groups of speakers could be searched by" in text
        assert percentile in text
    for show in (render_html, render_markdown, render_terminal):
        assert ADVICE in " ".join(show(content).split())
    assert 'tests="1" failures="0" errors="0" skipped="1"' in audit_junit(content)


def test_no_gate_passes() -> None:
    content = content_of(rows(60))
    result = fairaudit.gate(content, {"max-gap": "1000%", "max-rate": "100%", "min-tested": "0%"})
    assert {check.outcome for check in result.checks} == {Outcome.INSUFFICIENT}


def test_there_are_no_cohorts_to_compare(tmp_path: Path) -> None:
    audit = fairaudit.audit(read_log(rows(60)), permutations=19)
    fairaudit.save(audit, tmp_path)
    with pytest.raises(InputError, match=r"cohorts\.json has no frozen cohorts"):
        fairaudit.read_models(tmp_path / "cohorts.json")


@pytest.mark.parametrize(("speakers", "shown"), [(109, False), (110, True)])
def test_percentiles_have_eleven_speakers_on_their_far_side(speakers: int, shown: bool) -> None:
    content = content_of(rows(speakers))
    spread = content["overall"]["speakers_spread"]
    assert (spread["observed"] is None, spread["withheld_because"]) == (not shown, None if shown else WITHHELD)
    assert shown or spread["equal"] is None
    assert (WITHHELD in " ".join(render_terminal(content).split())) == (not shown)


def test_speakers_without_words_have_no_rate() -> None:
    frame = rows(120)
    silent = frame.head(30).assign(words=0, substitutions=0, deletions=0, utterance_id=[f"q{i}" for i in range(30)])
    silent = silent.assign(errors=silent["insertions"], speaker_id=[f"q{i}" for i in range(30)])
    with_silent, without = (content_of(one) for one in (pd.concat([frame, silent]), frame))
    observed = [one["overall"]["speakers_spread"]["observed"] for one in (with_silent, without)]
    assert observed[0] == observed[1]
    assert with_silent["overall"]["speakers"] == 150


@pytest.mark.parametrize(
    ("frame", "options"),
    [
        (rows(10), {}),
        (rows(200).assign(speaker_id=None), {"missing_speaker": "own"}),
    ],
    ids=["ten speakers", "unknown speakers"],
)
def test_no_spread(frame: pd.DataFrame, options: dict[str, Any]) -> None:
    content = content_of(frame, **options)
    assert content["overall"]["speakers_spread"] is None
    assert "not defined" in render_markdown(content)


def test_rates_that_are_no_shares_have_no_spread() -> None:
    frame = rows(120, latency_ms=300)
    rate = Rate("latency", "latency_ms", "utterances", unit="ms")
    content = fairaudit.audit(frame, rate=rate, permutations=19).to_dict()
    assert (content["overall"]["speakers_spread"], content["overall"]["kinds"]) == (None, None)


SMALL = "Every group has fewer than 11 speakers, so none is shown: --unredacted lists them"


@pytest.mark.exhaustive
@pytest.mark.parametrize(("speakers", "says"), [(30, True), (40, False)])
def test_an_audit_of_small_groups_only_says_so(speakers: int, says: bool) -> None:
    accents = ["hill", "coast", "coast"] if says else ["hill"] + ["coast"] * 3
    labels = [accents[i % len(accents)] + str(i % 2) for i in range(speakers)]
    audit = fairaudit.audit(read_log(rows(speakers, accent=labels)), methods="named", by="accent", permutations=19)
    for show in (render_html, render_markdown, render_terminal, render_notebook):
        assert (SMALL in " ".join(show(audit.to_dict()).split())) == says
        assert SMALL not in " ".join(show(audit.to_dict(unredacted=True)).split())


@pytest.mark.parametrize("adjust", [(), ("snr[2]",)], ids=["plain", "adjusted"])
def test_texts_have_an_answer_too(adjust: tuple[str, ...]) -> None:
    """They are scored under two normalisers, their words are kept, and no search can use either."""
    frame = pd.DataFrame({"speaker_id": [f"s{i % 12}" for i in range(240)], "reference": "turn it off"})
    frame = frame.assign(hypothesis=["turn it", "Turn it off."] * 120, snr=np.arange(240) / 7)
    content = fairaudit.audit(frame, adjust=adjust, permutations=19).to_dict()
    assert content["discoveries"] == []
    assert content["overall"]["rate"] == pytest.approx(120 / 720)
    assert render_terminal(content)
