"""Rates over columns of numbers with decimals: summed exactly, in any order and in parts, and printed in their unit."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.report.words.verdict import verdict_sentence
from tests.inputs.in_parts import in_turn
from tests.slow_logs import slow_log

LATENCY = fairaudit.Rate("latency", "latency_s", "utterances", unit="s")
COMPUTE = fairaudit.Rate("compute", "compute_s", "audio_s", title="compute per second of audio", unit="s per s")
QUICK: dict[str, Any] = {"by": "accent", "methods": "named", "permutations": 19}


def frame_of(rows: int = 720, speakers: int = 90, *, seed: int = 0) -> pd.DataFrame:
    """A log in which the recogniser takes twice as long for one accent, with three decimals of a second."""

    def times(rng: np.random.Generator, level: Any) -> dict[str, Any]:
        return {
            "latency_s": (rng.gamma(4, 0.04, rows) * level).round(3),
            "compute_s": (rng.gamma(4, 0.1, rows) * level).round(4),
            "audio_s": (rng.gamma(4, 1.0, rows) + 0.01).round(2),
            "domain": np.where(np.arange(rows) // speakers % 2, "dictation", "commands"),
        }

    return slow_log(rows, speakers, seed=seed, slower=2.0, times=times)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return frame_of()


def exact(values: pd.Series) -> float:
    """The sum of decimal numbers as they are written."""
    return float(sum((Decimal(repr(float(value))) for value in values), Decimal(0)))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.decimals(0, 10**6, places=6), min_size=1, max_size=200))
def test_decimals_are_summed_as_they_are_written(values: list[Decimal]) -> None:
    rows = pd.DataFrame({"speaker_id": "s", "errors": 0, "words": 1, "seconds": [float(value) for value in values]})
    log = fairaudit.read_log(rows, counts="seconds")
    assert log.tally("speaker_id")["seconds"].tolist() == [float(sum(values))]
    assert log.to_frame()["seconds"].tolist() == [float(value) for value in values]
    assert "decimals_rounded" not in log.quality.coercions


def test_further_decimals_are_rounded_and_counted() -> None:
    rows = {"speaker_id": ["a", "b", "c"], "errors": 0, "words": 9, "seconds": ["0.12345678", "0.5", "1e-7"]}
    log = fairaudit.read_log(pd.DataFrame(rows), counts="seconds")
    assert log.tally("speaker_id")["seconds"].tolist() == [0.123457, 0.5, 0.0]
    assert log.quality.coercions["decimals_rounded"] == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["-0.1", "1"], "negative_count in 'seconds'"),
        (["inf", "1"], "not_finite in 'seconds'"),
        (["1,5", "1"], "not_a_number in 'seconds'"),
        (["", "1"], "missing_count in 'seconds'"),
        (["5000000000.5", "1"], "too_large in 'seconds'.*use a larger unit"),
    ],
)
def test_what_cannot_be_summed_exactly_is_refused(values: list[str], says: str) -> None:
    rows = pd.DataFrame({"speaker_id": ["a", "b"], "errors": 0, "words": 9, "seconds": values})
    with pytest.raises(InputError, match=says):
        fairaudit.read_log(rows, counts="seconds")


def test_errors_and_words_stay_whole() -> None:
    with pytest.raises(InputError, match=r"not_whole in 'errors'.*must be whole numbers"):
        fairaudit.read_log(pd.DataFrame({"speaker_id": ["a"], "errors": [0.5], "words": [9]}))


@pytest.mark.parametrize("rate", [LATENCY, COMPUTE, "wait=latency_s/words"], ids=str)
def test_rates_are_ratios_of_exact_sums(rate: Any, frame: pd.DataFrame) -> None:
    audit = fairaudit.audit(frame, rate=rate, **QUICK)
    numerator, denominator = audit.rate.columns
    of = frame.assign(utterances=1)
    content = audit.to_dict()
    assert content["overall"]["errors"] == exact(of[numerator])
    assert content["overall"]["exposure"] == exact(of[denominator])
    assert content["overall"]["rate"] == pytest.approx(exact(of[numerator]) / exact(of[denominator]), rel=1e-15)
    for cohort in content["discoveries"][0]["cohorts"]:
        part = of[of["accent"] == cohort["label"]]
        assert (cohort["errors"], cohort["exposure"]) == (exact(part[numerator]), exact(part[denominator]))
        outside = of[of["accent"] != cohort["label"]]
        rest = exact(outside[numerator]) / exact(outside[denominator])
        assert cohort["excess_errors"] == pytest.approx(exact(part[numerator]) - rest * exact(part[denominator]))


def test_neither_rows_nor_names_change_a_digit(frame: pd.DataFrame) -> None:
    renamed = frame["speaker_id"].map({name: f"{hash_of(name)}" for name in frame["speaker_id"].unique()})
    other = frame.assign(speaker_id=renamed).sample(frac=1, random_state=1)
    first, second = (fairaudit.audit(rows, rate=COMPUTE, **QUICK).to_dict() for rows in (frame, other))
    assert first["overall"] == second["overall"]
    assert first["discoveries"] == second["discoveries"]


def hash_of(name: str) -> int:
    """A number that sorts otherwise than the name."""
    return int(name[1:]) * 7919 % 1000


def test_the_unit_does_not_matter(frame: pd.DataFrame) -> None:
    """Seconds with three decimals are as many whole milliseconds."""
    of_ms = frame.assign(latency_ms=(1000 * frame["latency_s"]).round().astype(int))
    of_s = fairaudit.audit(frame, rate=LATENCY, adjust="domain", **QUICK)
    rate = fairaudit.Rate("latency", "latency_ms", "utterances", unit="ms")
    millis = fairaudit.audit(of_ms, rate=rate, adjust="domain", **QUICK)
    seconds, rows = of_s["accent"].to_frame(), millis["accent"].to_frame()
    assert rows["label"].tolist() == seconds["label"].tolist()
    assert rows["p_adjusted"].tolist() == seconds["p_adjusted"].tolist()
    for column in ("rate", "rate_low", "rate_high", "shrunk_rate", "excess_errors"):
        assert rows[column].to_numpy() == pytest.approx(1000 * seconds[column].to_numpy(), rel=1e-9), column
    adjusted = [audit.to_dict()["adjusted"]["searches"][0] for audit in (of_s, millis)]
    assert adjusted[0]["p_value"] == adjusted[1]["p_value"]
    assert adjusted[0]["all_speakers"]["ratio"] == pytest.approx(adjusted[1]["all_speakers"]["ratio"], abs=1e-4)


def test_kinds_of_errors_are_given_per_unit_of_any_exposure(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    counts = {name: rng.poisson(1.0, len(frame)) for name in ("substitutions", "deletions", "insertions")}
    log = frame.assign(**counts, errors=sum(counts.values()), words=20)
    rate = fairaudit.Rate("errors_per_s", "errors", "audio_s", unit="per s")
    (search,) = fairaudit.audit(log, rate=rate, **QUICK).to_dict()["discoveries"]
    kinds, side = search["by_kind"], search["all_speakers"]
    assert sum(kinds["bottom"].values()) == pytest.approx(side["bottom_rate"], abs=0.002)
    assert sum(kinds["reference"].values()) == pytest.approx(side["reference_rate"], abs=0.002)


def test_parts_and_files_of_counts_give_the_same_audit(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Whole numbers in one part, decimals in the other: sums of both are exact and can be added."""
    halves = [frame.iloc[::2].assign(latency_s=1), frame.iloc[1::2]]
    paths = [tmp_path / f"{i}.csv" for i in range(2)]
    for path, half in zip(paths, halves, strict=True):
        half.to_csv(path, index=False)
    whole = fairaudit.read_log(paths, counts="latency_s")
    wanted = fairaudit.audit(whole, rate=LATENCY, **QUICK).to_dict()
    assert wanted["overall"]["errors"] == len(halves[0]) + exact(halves[1]["latency_s"])
    parts = fairaudit.read_log(paths, counts="latency_s", engine=in_turn)
    weekly = [fairaudit.tally(path, tmp_path / f"{path.stem}.parquet", by="accent", rate=LATENCY) for path in paths]
    scored = fairaudit.score(whole, tmp_path / "scored.parquet", rate=LATENCY)
    for log in (parts, [str(path) for path in weekly], scored):
        content = fairaudit.audit(log, rate=LATENCY, **QUICK).to_dict()
        assert content["overall"] == wanted["overall"]
        assert content["discoveries"][0]["cohorts"] == wanted["discoveries"][0]["cohorts"]


@pytest.mark.slow
def test_releases_are_compared_in_the_unit(frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]) -> None:
    audit = fairaudit.audit(frame, rate=LATENCY, **QUICK)
    faster = frame.assign(latency_s=(frame["latency_s"] / 2).round(4))
    comparison = fairaudit.compare(frame, faster, audit.models, rate=LATENCY, permutations=99)
    content = comparison.to_dict()
    for cohort in content["reviews"][0]["cohorts"]:
        of = [rows[rows["accent"] == cohort["label"]]["latency_s"] for rows in (frame, faster)]
        assert [cohort["before"], cohort["after"]] == pytest.approx([exact(one) / len(one) for one in of], rel=1e-12)
    page = fairaudit.render_html(audit, comparison=comparison)
    assert "Change, s" in page
    assert "Change, points" not in page
    whole = frame.assign(latency_s=frame["latency_s"].round() + 1)
    mixed = fairaudit.compare(whole, frame, audit.models, rate=LATENCY, permutations=99).to_dict()["overall"]
    assert mixed["after"] == pytest.approx(exact(frame["latency_s"]) / len(frame), rel=1e-12)
    assert mixed["before"] == pytest.approx(whole["latency_s"].mean(), rel=1e-12)
    board = fairaudit.board({"now": frame, "whole": whole}, rate=LATENCY, permutations=99).to_dict()
    assert [system["rate"] for system in board["systems"]] == pytest.approx([mixed["after"], mixed["before"]], rel=1e-9)
    history = fairaudit.record(fairaudit.record(audit.models, "1.0", frame, rate=LATENCY), "1.1", faster)
    rates = [release["overall"]["rate"] for release in history.to_dict()["releases"]]
    assert rates == pytest.approx([exact(rows["latency_s"]) / len(rows) for rows in (frame, faster)], rel=1e-12)
    fairaudit.save(audit, tmp_path)
    (tmp_path / "comparison.json").write_text(comparison.to_json(), "utf-8")
    for file, rule, code in (
        ("audit.json", "--max-rate=5 s", 0),
        ("audit.json", "--max-rate=0.01 s", 1),
        ("comparison.json", "--max-regression=0", 0),
    ):
        ran = cli("gate", tmp_path / file, rule)
        assert ran.code == code, ran.err
        assert "%" not in ran.out.replace("95 %", "")
    for rule in ("--max-rate=20%", "--max-rate=400 ms"):
        ran = cli("gate", tmp_path / "audit.json", rule)
        assert (ran.code, "but the rate of the result in s" in ran.err) == (2, True)


def test_pages_and_sentences_are_in_the_unit(frame: pd.DataFrame, tmp_path: Path) -> None:
    audit = fairaudit.audit(frame, rate=LATENCY, **QUICK)
    content = json.loads(audit.to_json())
    assert content["rate_definition"]["unit"] == "s"
    sentence = verdict_sentence(content)
    assert "times the latency of the other speakers: 0.3" in sentence
    assert " s, against 0.1" in sentence
    assert "per 100" not in sentence
    page = fairaudit.render_html(audit)
    assert "latency in s" in page
    fairaudit.save(audit, tmp_path)
    assert fairaudit.render_html(json.loads((tmp_path / "audit.json").read_text("utf-8"))) == page
    share = fairaudit.audit(frame, rate="latency=latency_s/audio_s", **QUICK)
    assert "per 100 audio s" in verdict_sentence(share.to_dict())


TABLE = """rate = "latency"
[rates.latency]
numerator = "latency_s"
denominator = "utterances"
unit = "s"
label = "waiting time"
better = "lower"
"""


@pytest.mark.slow
def test_a_settings_file_defines_rates(frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]) -> None:
    frame.to_csv(log := tmp_path / "log.csv", index=False)
    (tmp_path / "fairaudit.toml").write_text(TABLE, "utf-8")
    options = "--by", "accent", "--method", "named", "--permutations", 19, "-q", "--config", tmp_path / "fairaudit.toml"
    ran = cli("audit", log, *options, "-o", tmp_path / "audit")
    assert ran.code in (0, 4), ran.err
    content = json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))
    assert content["rate_definition"]["unit"] == "s"
    assert content["rate_definition"]["label"] == "waiting time"
    cohorts = tmp_path / "audit" / "cohorts.json"
    compared = cli("compare", log, log, "--allow-identical", "--cohorts", cohorts, "--json", *options[-3:])
    assert json.loads(compared.out)["rate_definition"]["unit"] == "s", compared.err
    wrong = cli("audit", log, *options, "--rate", "latenci")
    assert (wrong.code, "'latency'" in wrong.err) == (2, True)
    assert "rates     latency=latency_s/utterances in s" in cli("config", "--config", tmp_path / "fairaudit.toml").out


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('numerator = "a"', "[rates.r] lacks ['denominator']"),
        ('numerator = "a"\ndenominator = "b"\nunits = "ms"', "[rates.r]: unknown key 'units'"),
        ('numerator = "a"\ndenominator = "b"\nunit = 3', "[rates.r]: unit must be a string, not 3"),
        (
            'numerator = "a"\ndenominator = "b"\nbetter = "higher"',
            "worse off if its rate is higher; count the opposite",
        ),
        ('numerator = "a"\ndenominator = "b"\nbetter = "more"', "unknown value of better 'more'"),
        ('numerator = "a"\ndenominator = "a"', "two different columns"),
    ],
)
def test_a_wrong_table_is_refused(
    table: str, says: str, frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]
) -> None:
    frame.head(20).to_csv(log := tmp_path / "log.csv", index=False)
    (tmp_path / "settings.toml").write_text(f"[rates.r]\n{table}\n", "utf-8")
    ran = cli("validate", log, "--config", tmp_path / "settings.toml")
    assert (ran.code, says in ran.err) == (2, True), ran.err


@pytest.mark.parametrize("unit", ["", " ", "x" * 41])
def test_a_unit_is_short(unit: str) -> None:
    with pytest.raises(UsageError, match="the unit of a rate has 1 to 40 characters"):
        fairaudit.Rate("latency", "ms", "utterances", unit=unit)
