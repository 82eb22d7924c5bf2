"""Settings that define a number travel with cohorts.json, history.json and results; a mixture is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError
from fairaudit.core.rate import Rate
from fairaudit.report import Beside
from fairaudit.report.views.release import release_view
from fairaudit.results.audit import Audit

#: An option with a value, and another value of it.
OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "normalizer": (("--normalizer", "none"), ("--normalizer", "basic")),
    "unit": (("--unit", "char"), ("--unit", "word")),
    "strip_tags": (("--strip-tags",), ()),
    "alternatives": (("--alternatives", "sclite"), ("--alternatives", "none")),
    "missing_hypothesis": (("--missing-hypothesis", "empty"), ("--missing-hypothesis", "drop")),
    "missing_speaker": (("--missing-speaker", "own"), ("--missing-speaker", "quarantine")),
    "cluster": (("--cluster", "home"), ("--cluster", "speaker_id")),
    "rate": (("--rate", "deletion_rate"), ("--rate", "wer")),
}
AUDIT = ("--method", "named", "--by", "accent", "--permutations", 19, "-q")


def recognised(seed: int) -> pd.DataFrame:
    """A log of 80 speakers in 40 homes, with capitals in the references and words that one seed gets wrong."""
    rng, n = np.random.default_rng(seed), 320
    speaker = np.arange(n) % 80
    words = [f"Word{i}" for i in range(9)]
    references = [" ".join(np.random.default_rng(i).choice(words, 8)) for i in range(n)]
    wrong = rng.random(n) < 0.3
    heard = [text.lower()[6:] if bad else text.lower() for text, bad in zip(references, wrong, strict=True)]
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(n)],
            "speaker_id": [f"s{i}" for i in speaker],
            "home": [f"h{i // 2}" for i in speaker],
            "accent": np.where(speaker < 40, "north", "south"),
            "reference": references,
            "hypothesis": heard,
        }
    )


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for name, seed in (("first", 0), ("last", 1), ("next", 2)):
        recognised(seed).to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.mark.parametrize("name", OPTIONS)
def test_options_are_taken_from_cohorts_and_others_are_an_error(
    name: str, cli: Callable[..., Any], logs: Path, tmp_path: Path
) -> None:
    option, other = OPTIONS[name]
    assert cli("audit", logs / "first.csv", *AUDIT, *option, "-o", tmp_path).code in (0, 4)
    cohorts = tmp_path / "cohorts.json"
    (model,) = json.loads(cohorts.read_text("utf-8"))["models"]
    assert str(model["scoring"][name]).startswith(option[-1] if len(option) > 1 else "True")
    compare = ("compare", logs / "last.csv", logs / "next.csv", "--cohorts", cohorts)
    taken, given = cli(*compare, "--json"), cli(*compare, *option, "--json")
    assert (taken.code, given.code) == (0, 0), taken.err
    assert "using settings of cohorts.json: " in taken.err
    assert " ".join(option) in taken.err.splitlines()[0]
    assert taken.out == given.out
    if other:
        for command in (compare, ("assign", logs / "last.csv", "--cohorts", cohorts)):
            if name != "rate" or command is compare:
                ran = cli(*command, *other)
                assert (ran.code, ran.out) == (2, "")
                assert all(text in ran.err for text in (" ".join(other), "cohorts.json", "last.csv"))
    assert cli("assign", logs / "last.csv", "--cohorts", cohorts, "-q").code == 0


def audited(frame: pd.DataFrame, **options: Any) -> Audit:
    log = fairaudit.read_log(frame, **options)
    return fairaudit.audit(log, methods="named", by="accent", permutations=19)


def test_python_scores_what_is_not_read_yet_like_the_cohorts() -> None:
    models = audited(recognised(0), normalizer="none", cluster="home").models
    last, other = recognised(1), recognised(2)
    comparison = fairaudit.compare(last, other, models)
    assert comparison.to_dict()["scoring"] == models[0].scoring
    assert comparison.sampling_unit == "home"
    history = fairaudit.record(fairaudit.record(models, "1", last), "2", other)
    assert [release["scoring"] for release in history.releases] == [models[0].scoring] * 2
    assert len(fairaudit.assign(last, models[0])) == 80


def test_python_refuses_a_log_that_was_read_otherwise(logs: Path) -> None:
    models = audited(recognised(0), normalizer="none").models
    last, other = (fairaudit.read_log(logs / f"{name}.csv") for name in ("last", "next"))
    message = (
        r"log of the cohorts 'accent' was scored with normalizer none-1, but last.csv with normalizer basic-\d; "
        r"use .*normalizer='none'"
    )
    for call in (
        lambda: fairaudit.compare(last, other, models),
        lambda: fairaudit.record(models, "1", last),
        lambda: fairaudit.assign(last, models[0]),
    ):
        with pytest.raises(InputError, match=message):
            call()
    with pytest.raises(InputError, match=r"rate wer, .* with rate deletion_rate"):
        fairaudit.compare(recognised(1), recognised(2), models, rate="deletion_rate")


def test_a_setting_that_differs_from_the_cohorts_is_looked_for_where_it_is(
    tmp_path: Path, cli: Callable[..., Any], logs: Path
) -> None:
    path = fairaudit.write_models(audited(recognised(0)).models, tmp_path / "cohorts.json")
    (tmp_path / "fairaudit.toml").write_text('normalizer = "none"\n')
    arguments = ("compare", logs / "last.csv", logs / "next.csv", "--cohorts", path)
    ran = cli(*arguments, "--config", tmp_path / "fairaudit.toml")
    assert ran.code == 2
    assert re.search(r"--normalizer none was given for .*last\.csv by .*fairaudit\.toml, but the log of coh", ran.err)
    assert re.search(r"; take it out of .*fairaudit\.toml, or audit that log with this option first", ran.err)
    ran = cli(*arguments, "--normalizer", "none")
    assert ran.code == 2
    assert "; leave the option out, or audit that log with this option first" in ran.err


def test_cohorts_of_different_settings_are_not_mixed(tmp_path: Path, cli: Callable[..., Any], logs: Path) -> None:
    first, second = audited(recognised(0)), audited(recognised(0), unit="char")
    models = [*first.models, *second.models]
    with pytest.raises(InputError, match=r"rate wer, unit word, but .* with rate cer, unit char"):
        fairaudit.compare(recognised(1), recognised(2), models)
    content = json.loads(fairaudit.write_models(first.models, tmp_path / "cohorts.json").read_text("utf-8"))
    other = second.models[0].to_dict() | {"title": "named: other"}
    (tmp_path / "cohorts.json").write_text(json.dumps(content | {"models": [*content["models"], other]}))
    ran = cli("compare", logs / "last.csv", logs / "next.csv", "--cohorts", tmp_path / "cohorts.json")
    assert ran.code == 3
    assert "unit word" in ran.err
    assert "unit char" in ran.err


def test_rates_of_ones_own_travel() -> None:
    def counts(seed: int) -> pd.DataFrame:
        rows = recognised(seed).drop(columns=["reference", "hypothesis"])
        return rows.assign(errors=1, words=9, late=np.random.default_rng(seed).integers(0, 9, len(rows)), audio=9)

    log = fairaudit.read_log(counts(0), counts=["late", "audio"])
    models = fairaudit.audit(log, rate=Rate("delay", "late", "audio"), by="accent", permutations=19).models
    assert fairaudit.compare(counts(1), counts(2), models).rate.formula == "delay=late/audio"


def test_cohorts_of_an_earlier_version(tmp_path: Path, cli: Callable[..., Any], logs: Path) -> None:
    audit = audited(recognised(0), normalizer="none")
    path = fairaudit.write_models(audit.models, tmp_path / "cohorts.json", signature=audit.signature)
    content = json.loads(path.read_text("utf-8"))
    del content["models"][0]["scoring"]
    path.write_text(json.dumps(content))
    assert fairaudit.read_models(path)[0].scoring == audit.models[0].scoring  # its signature
    path.write_text(json.dumps(content | {"signature": ""}))
    ran = cli("compare", logs / "last.csv", logs / "next.csv", "--cohorts", path)
    assert ran.code == 0
    assert "caution: cohorts.json does not record how its log was scored" in ran.err
    assert "Caution: The cohorts of accent do not record how they were scored" in " ".join(ran.out.split())


def test_counts_are_not_mixed_with_texts_in_silence() -> None:
    texts = recognised(1)
    counts = fairaudit.read_log(texts).to_frame()
    models = audited(recognised(0)).models
    with pytest.raises(InputError, match="with counts, whose normalizer is unknown"):
        fairaudit.compare(texts, counts, models)
    worse = counts.assign(errors=counts["words"], substitutions=0, deletions=counts["words"], insertions=0, hits=0)
    caveats = fairaudit.compare(counts, worse, models).to_dict()["caveats"]
    assert [caveat.split(",")[0] for caveat in caveats] == [
        f"The frozen cohorts were scored with the normaliser {models[0].scoring['normalizer']}", "The logs hold counts",
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"cluster": "home"}, {"normalizer": "none"}, {"missing_hypothesis": "drop"}])
def test_a_history_is_of_one_way_to_score(change: dict[str, Any]) -> None:
    history = fairaudit.record([], "1", fairaudit.read_log(recognised(0)))
    with pytest.raises(InputError, match=r"as release '1' was scored with .*, but .* as release '2' with "):
        fairaudit.record(history, "2", fairaudit.read_log(recognised(1), **change))


def test_a_history_is_continued_with_its_settings(cli: Callable[..., Any], logs: Path, tmp_path: Path) -> None:
    options = (*AUDIT[:-1], "--history", tmp_path / "history.json", "-o", tmp_path)
    assert cli("audit", logs / "last.csv", *options, "--normalizer", "none").code in (0, 4)
    ran = cli("audit", logs / "next.csv", *options)
    assert ran.code in (0, 4)
    assert ran.err.startswith("using settings of history.json: ")
    assert "--normalizer none" in ran.err.splitlines()[0]
    assert cli("audit", logs / "next.csv", *options, "--normalizer", "basic").code == 2
    ran = cli("audit", logs / "next.csv", *options, "--release", "again")
    assert "caution: the releases 'next.csv' and 'again' are of the same log" in ran.err


# ---- one page, one way to score, and one log that is known to be the one


@pytest.fixture(scope="module")
def audits() -> dict[str, Audit]:
    return {
        "baseline": audited(recognised(1)),
        "candidate": audited(recognised(2)),
        "other": audited(recognised(2), normalizer="none"),
    }


def test_one_page_shows_results_of_one_way_to_score(audits: dict[str, Audit]) -> None:
    comparison = fairaudit.compare(recognised(1), recognised(2), audits["baseline"].models)
    history = fairaudit.record([], "1", fairaudit.read_log(recognised(2), normalizer="none"))
    for beside in (Beside.of(comparison), Beside.of(history=history)):
        pair = (audits["other"], beside) if beside.comparison else (audits["candidate"], beside)
        document: Any = pair[0].to_dict()
        for known in (document, {key: value for key, value in document.items() if key != "scoring"}):
            with pytest.raises(InputError, match=r"normalizer (none|basic)-\d, but .* with normalizer (none|basic)-\d"):
                release_view(pair[1], known)


def test_the_audited_log_is_known_by_its_files(audits: dict[str, Audit]) -> None:
    beside = Beside.of(fairaudit.compare(recognised(1), recognised(2)))
    for side in ("baseline", "candidate"):
        assert release_view(beside, audits[side].to_dict()).side == f"The rest of this page audits the {side}."


def test_two_recognisers_in_one_file_are_told_apart() -> None:
    both = recognised(1).assign(other=recognised(2)["hypothesis"])
    logs = [fairaudit.read_log(both), fairaudit.read_log(both, columns={"hypothesis": "other"})]
    beside = Beside.of(fairaudit.compare(*logs))
    for log, side in zip(logs, ("baseline", "candidate"), strict=True):
        document: Any = fairaudit.audit(log, methods="named", by="accent", permutations=19).to_dict()
        assert release_view(beside, document).side == f"The rest of this page audits the {side}."
        earlier = document | {"inputs": [{k: v for k, v in document["inputs"][0].items() if k != "measured"}]}
        with pytest.raises(fairaudit.UsageError, match="it is not known which of them was audited"):
            release_view(beside, earlier)
