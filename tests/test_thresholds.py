"""Rates above a threshold: numerators such as ``latency_ms>400`` and ``latency_ms>p90`` in logs, files and releases."""

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
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.core.threshold import Threshold
from tests.inputs.in_parts import assert_alike, assert_same, in_turn, write
from tests.slow_logs import slow_log

SLOW = "slow=latency_ms>400/utterances"
TAIL = "slow=latency_ms>p90/utterances"
QUICK: dict[str, Any] = {"by": "accent", "methods": "named", "permutations": 19}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A log in which one accent waits longer."""
    return slow_log(
        900, seed=7, slower=1.6, times=lambda rng, level: {"latency_ms": (rng.gamma(4, 50, 900) * level).round(1)}
    )


def counted(rows: pd.DataFrame, name: str = "latency_ms>400", **options: Any) -> list[int]:
    log = fairaudit.read_log(rows, counts=[name], **options)
    return [int(n) for n in log.tally("speaker_id")[log.thresholds.get(name, name)]]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("a>1", ("a", "1", False)),
        ("a b > 0.50", ("a b", "0.5", False)),
        ("a>-3", ("a", "-3", False)),
        ("a>1000", ("a", "1000", False)),
        ("a>.5", ("a", "0.5", False)),
        ("a>-0.0", ("a", "0", False)),
        ("a>b>2", ("a>b", "2", False)),
        ("a>p90", ("a", "90", True)),
        ("a > P99.90", ("a", "99.9", True)),
        *((name, None) for name in ("a", "a>", ">1", "a>b", "a>=1", "a>>1", "a<1", "a>1e3", "a>1,000", "a>p", "a>nan")),
    ],
)
def test_what_is_a_threshold(written: str, means: tuple[str, str, bool] | None) -> None:
    assert Threshold.parse(written) == (None if means is None else Threshold(*means))


@pytest.mark.parametrize(
    ("rate", "says"),
    [
        ("x=a>p0/utterances", "percentile is between 0 and 100"),
        ("x=a>p100/utterances", "percentile is between 0 and 100"),
        ("x=a>1234567890.123456/utterances", "at most 15 digits"),
        ("x=errors/a>3", "only a numerator can have a threshold"),
        ("x=speaker_id>3/utterances", "only columns of numbers.*'speaker_id'"),
    ],
)
def test_what_is_none_is_refused(rate: str, says: str, frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=says):
        fairaudit.audit(frame, rate=rate, **QUICK)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.decimals(-(10**6), 10**6, places=3), min_size=1, max_size=60),
    st.decimals(-(10**6), 10**6, places=3),
    st.booleans(),
)
def test_numbers_are_compared_as_they_are_written(values: list[Decimal], limit: Decimal, is_summed: bool) -> None:
    values = [*values, limit]  # an equal number is not above
    if is_summed:
        values, limit = [*map(abs, values)], abs(limit)
    rows = pd.DataFrame({"speaker_id": "s", "errors": 0, "words": 1, "x": [f"{value:f}" for value in values]})
    name = str(Threshold("x", "0").at(limit))
    log = fairaudit.read_log(rows, counts=[name, *(["x"] if is_summed else [])])
    assert log.tally("speaker_id")[name].tolist() == [sum(value > limit for value in values)]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(0, 400) | st.floats(0, 1000).map(lambda x: round(x, 2)), min_size=40, max_size=200),
    st.sampled_from([10, 50, 90, 99]),
    st.booleans(),
)
def test_a_percentile_has_the_right_share_above_it(values: list[float], percent: int, is_summed: bool) -> None:
    rows = pd.DataFrame({"speaker_id": "s", "errors": 0, "words": 1, "x": values})
    low, high = (
        np.quantile(values, share, method="inverted_cdf")
        for share in (percent / 100 - 0.02 * min(percent, 100 - percent) / 100,
                      percent / 100 + 0.02 * min(percent, 100 - percent) / 100)
    )  # fmt: skip
    columns = [f"x>p{percent}", *(["x"] if is_summed else [])]
    if low == max(values):
        with pytest.raises(InputError, match="choose a lower percentile"):
            fairaudit.read_log(rows, counts=columns)
        return
    above = counted(rows, columns[0])[0]
    beyond = low if low < high else min(value for value in values if value > low)
    assert sum(value >= (high if low < high else beyond) for value in values) <= above
    assert above <= sum(value > low for value in values)


def test_a_percentile_is_a_round_number_that_is_named(frame: pd.DataFrame) -> None:
    audit = fairaudit.audit(frame, rate=TAIL, **QUICK)
    threshold = Threshold.parse(audit.rate.numerator)
    assert threshold is not None
    assert float(threshold.number) == pytest.approx(np.quantile(frame["latency_ms"], 0.9), rel=0.01)
    assert len(threshold.value.rstrip("0")) <= 3
    above = int((frame["latency_ms"] > float(threshold.number)).sum())
    content = audit.to_dict()
    assert (content["overall"]["errors"], content["overall"]["exposure"]) == (above, 900)
    assert f"rate:slow={threshold}/utterances|" in audit.signature
    assert content["rate_definition"]["errors"] == f"utterances with latency ms over {threshold.value}"
    assert content["quality"]["notes"][-1].startswith(
        f"latency_ms>p90 is {threshold}: {above} of 900 utterances ({100 * above / 900:.1f} %) are above."
    )
    shuffled = frame.sample(frac=1, random_state=1)
    assert fairaudit.audit(shuffled, rate=TAIL, **QUICK).overall == audit.overall
    assert fairaudit.audit(frame, rate=f"slow={threshold}/utterances", **QUICK).overall == audit.overall


def test_every_source_gives_the_same_audit(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(path := tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet")
    sources = {
        "csv": path,
        "parquet": tmp_path / "log.parquet",
        "scored": fairaudit.score(path, tmp_path / "scored.parquet", rate=SLOW),
        "scored without the rate": fairaudit.score(path, tmp_path / "plain.parquet"),
        "tally": fairaudit.tally(path, tmp_path / "tally.parquet", by="accent", rate=SLOW),
        "parts": fairaudit.read_log(path, counts=fairaudit.core.rate.columns_of(SLOW), engine=in_turn),
        "other thresholds": fairaudit.read_log(path, counts=["latency_ms>90", "latency_ms>400", "errors>1"]),
    }
    expected = frame.assign(slow=frame["latency_ms"] > 400).groupby("accent")["slow"].agg(["sum", "size"])
    documents = {}
    for name, log in sources.items():
        content = fairaudit.audit(log, rate=SLOW, **QUICK).to_dict()
        cohorts = content["discoveries"][0]["cohorts"]
        assert {c["label"]: (c["errors"], c["exposure"]) for c in cohorts} == {
            accent: tuple(row) for accent, row in zip(expected.index, expected.to_numpy(), strict=True)
        }, name
        documents[name] = content["discoveries"], content["overall"], content["signature"]
        assert documents[name] == documents["csv"], name


def test_parts_are_judged_as_the_whole(frame: pd.DataFrame, tmp_path: Path) -> None:
    counts = ["latency_ms>400", "utterances"]
    log = assert_same(write(tmp_path, frame), tmp_path, counts=counts, needed={"by": ["accent"]})
    assert log.columns == ("speaker_id", "accent")  # sums over every latency would be as long as the log
    gaps = frame.assign(latency_ms=frame["latency_ms"].where(frame.index % 300 != 5))
    assert assert_alike(write(tmp_path, gaps, 2), tmp_path, counts=counts) is None
    many = frame.assign(latency_ms=frame["latency_ms"].where(frame.index % 3 != 2))
    refused = assert_alike(write(tmp_path, many), tmp_path, counts=counts)
    assert refused is not None
    assert "missing_number in 'latency_ms': 300 rows" in refused
    assert "lacks ['latency_s']" in (assert_alike(write(tmp_path, frame), tmp_path, counts=["latency_s>4"]) or "")
    with pytest.raises(InputError, match=r"percentile latency_ms>p90 depends on every row.*give a number"):
        fairaudit.read_log(write(tmp_path, frame), counts=["latency_ms>p90"], engine=in_turn)


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "missing_number"), ("NA", "missing_number"), ("1,5", "not_a_number"), ("inf", "not_finite")],
)
def test_rows_without_a_number_are_quarantined(value: str, code: str, frame: pd.DataFrame) -> None:
    values = frame["latency_ms"].astype(str).where(frame.index != 3, value)
    log = fairaudit.read_log(frame.assign(latency_ms=values), counts=["latency_ms>400"])
    assert (log.quality.rows_in, log.quality.rows_used, log.quality.by_code) == (900, 899, {code: 1})
    assert log.quarantine[["row", "column"]].values.tolist() == [[4, "latency_ms"]]


def test_negative_numbers_are_compared_although_they_cannot_be_summed(frame: pd.DataFrame) -> None:
    early = frame.assign(endpoint_ms=frame["latency_ms"] - 300)
    assert sum(counted(early, "endpoint_ms>-100")) == (early["endpoint_ms"] > -100).sum()
    with pytest.raises(InputError, match="negative_count"):
        fairaudit.read_log(early, counts=["endpoint_ms", "endpoint_ms>-100"])


def test_counts_of_errors_have_thresholds(frame: pd.DataFrame) -> None:
    texts = frame[["speaker_id", "accent"]].assign(
        reference="one two three", hypothesis=["one"] * 450 + ["one two"] * 450
    )
    audit = fairaudit.audit(texts, rate="bad=errors>1/utterances", **QUICK)
    assert audit.overall["rate"] == 0.5
    assert audit.sensitivity is None  # the second normaliser does not count these
    with pytest.raises(InputError, match=r"lacks \['deletions'\]"):
        fairaudit.read_log(frame, counts=["deletions>1"])


@pytest.mark.parametrize(
    ("change", "rate", "says"),
    [
        ({"utterances": 2}, SLOW, "several_utterances.*latency_ms>400 can only be counted in rows of one utterance"),
        ({"Latency_ms>400": 1}, SLOW, "'Latency_ms>400' also means the rows with 'latency_ms' above 400"),
        ({}, "slow=latency>400/utterances", r"lacks \['latency'\].*did you mean 'latency_ms'"),
        ({}, "slow=latency_ms>=400/utterances", r"lacks \['latency_ms>=400'\].*did you mean 'latency_ms'"),
        ({"latency_ms": 400}, TAIL, r"no number in 'latency_ms' is above 90 % of them.*equal to the largest \(400\)"),
    ],
)
def test_what_cannot_be_counted_is_refused(change: dict[str, Any], rate: str, says: str, frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=says):
        fairaudit.audit(frame.assign(**change), rate=rate, **QUICK)


def test_labels_may_be_called_like_a_threshold(frame: pd.DataFrame) -> None:
    labelled = frame.rename(columns={"accent": "age>65"}).assign(**{"a>p0": "x", "a>12345678901234567890": "y"})
    audit = fairaudit.audit(labelled, rate=SLOW, **(QUICK | {"by": "age>65"}))
    plain = fairaudit.audit(frame, rate=SLOW, **QUICK)
    assert audit["age>65"].to_frame()["rate"].tolist() == plain["accent"].to_frame()["rate"].tolist()


def test_what_is_not_counted_is_named(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(NothingToAuditError, match="this log has no utterances with latency ms over 99999"):
        fairaudit.audit(frame, rate="slow=latency_ms>99999/utterances", **QUICK)
    with pytest.raises(
        UsageError, match=r"needs \['latency_ms>400'\].*read or score the log with rate='slow=latency_ms>400"
    ):
        fairaudit.audit(fairaudit.read_log(frame), rate=SLOW, **QUICK)
    tally = fairaudit.tally(frame, tmp_path / "tally.parquet", by="accent", rate=SLOW)
    for rate in ("slow=latency_ms>500/utterances", TAIL):
        with pytest.raises(InputError, match=r"a tally has no utterances.*counts \['latency_ms>400'\]"):
            fairaudit.audit(tally, rate=rate, **QUICK)
    several = fairaudit.score(frame.assign(utterances=2), tmp_path / "several.parquet")
    with pytest.raises(
        InputError, match="latency_ms>400 can only be counted in rows of one utterance; 900 sum up several"
    ):
        fairaudit.audit(several, rate=SLOW, **QUICK)
    gaps = frame.assign(latency_ms=frame["latency_ms"].where(frame.index != 3))
    with pytest.raises(InputError, match="1 of its rows have no number in 'latency_ms'"):
        fairaudit.audit(fairaudit.score(gaps, tmp_path / "scored.parquet"), rate=SLOW, **QUICK)


@pytest.mark.slow
def test_releases_use_the_number_of_the_first(frame: pd.DataFrame) -> None:
    audit = fairaudit.audit(frame, rate=TAIL, **QUICK)
    limit = float(audit.rate.numerator.split(">")[1])
    slower = frame.assign(latency_ms=frame["latency_ms"] * 2)  # the same texts: only the latency differs
    after = slower.assign(slow=slower["latency_ms"] > limit).groupby("accent")["slow"].mean()
    for rate in (None, TAIL):
        models = audit.models if rate is None else ()
        comparison = fairaudit.compare(frame, slower, models, rate=rate, permutations=99).to_dict()
        assert comparison["rate_definition"]["numerator"] == audit.rate.numerator
        assert comparison["overall"]["after"] == pytest.approx((slower["latency_ms"] > limit).mean())
        cohorts = comparison["reviews"][0]["cohorts"] if models else []
        assert {c["label"]: c["after"] for c in cohorts} == (pytest.approx(dict(after)) if models else {})
    history = fairaudit.record(audit.models, "1.0", frame)
    history = fairaudit.record(type(history).from_dict(json.loads(history.to_json())), "1.1", slower)
    assert [release["overall"]["rate"] for release in history.releases] == pytest.approx(
        [(rows["latency_ms"] > limit).mean() for rows in (frame, slower)]
    )
    with pytest.raises(UsageError, match=f"the history is of slow=latency_ms>{limit:g}/utterances, not of {TAIL}"):
        fairaudit.record(history, "1.2", frame, rate=TAIL)
    assert fairaudit.gate(audit, {"max-rate": "5%"}).verdict != fairaudit.gate(audit, {"max-rate": "60%"}).verdict
    board = fairaudit.board({"a": frame, "b": slower}, by="accent", rate=SLOW, permutations=19).to_dict()
    assert board["rate_definition"]["numerator"] == "latency_ms>400"
    with pytest.raises(UsageError, match="a percentile is that of one log"):
        fairaudit.board({"a": frame, "b": slower}, by="accent", rate=TAIL)


@pytest.mark.slow
def test_the_command_line_freezes_the_number(frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]) -> None:
    frame.to_csv(log := tmp_path / "log.csv", index=False)
    frame.assign(latency_ms=frame["latency_ms"] * 2).to_csv(slower := tmp_path / "slower.csv", index=False)
    (tmp_path / "fairaudit.toml").write_text(
        '[rates.slow]\nnumerator = "latency_ms > p90"\ndenominator = "utterances"\ntitle = "share of slow answers"\n'
    )
    options = "--method", "named", "--by", "accent", "--permutations", 19, "--config", tmp_path / "fairaudit.toml"
    ran = cli("audit", log, *options, "--rate", "slow", "-o", tmp_path / "audit")
    assert ran.code in (0, 4, 6), ran.err
    numerator = json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))["rate_definition"]["numerator"]
    assert f"note: latency_ms>p90 is {numerator}: " in ran.err
    assert "Share of slow answers" in (tmp_path / "audit" / "audit.html").read_text("utf-8")
    cohorts = tmp_path / "audit" / "cohorts.json"
    compared = cli("compare", log, slower, "--cohorts", cohorts, "--json", "-q")
    assert json.loads(compared.out)["rate_definition"]["numerator"] == numerator
    compared = cli("compare", log, slower, "--rate", TAIL, "--json", "-q")
    assert json.loads(compared.out)["rate_definition"]["numerator"] == numerator
    other = cli("compare", log, slower, "--cohorts", cohorts, "--rate", TAIL)
    assert (other.code, "was scored with --rate 'slow=" in other.err) == (2, True)
    assert cli("board", log, slower, "--by", "accent", "--rate", TAIL, "-o", tmp_path / "board").code == 2
