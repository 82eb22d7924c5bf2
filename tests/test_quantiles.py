"""Quantiles of a column by cohort: those of the log, in every output, and none that shows a few speakers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.report import render_html, render_markdown, render_terminal
from fairaudit.results.reading import read_audit
from tests.inputs.in_parts import in_turn, write

SHARES = (0.5, 0.9)
ASKED: dict[str, Any] = {"quantiles": {"latency_ms": SHARES}, "permutations": 19}
NAMED: dict[str, Any] = {"by": "accent", "methods": "named"} | ASKED


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A log in which one accent waits longer."""
    rng = np.random.default_rng(11)
    rows, speakers = 1800, 120
    who = np.arange(rows) % speakers
    level = np.exp(0.2 * rng.standard_normal(speakers))[who] * np.where(who % 3 == 0, 1.6, 1.0)
    words = rng.integers(3, 12, rows)
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(rows)],
            "speaker_id": [f"s{i:03d}" for i in who],
            "accent": np.array(["hill", "coast", "plain"])[who % 3],
            "town": np.where(who < 9, "Oberdorf", "Unterdorf"),
            "device": np.where(rng.random(rows) < 0.5, "phone", "car"),
            "latitude": 40 + who % 17 / 3,
            "longitude": -90 + who % 13 / 3,
            "words": words,
            "errors": rng.binomial(words, 0.1),
            "latency_ms": (rng.gamma(4, 50, rows) * level).round(1),
        }
    )


@pytest.fixture(scope="module")
def audit(frame: pd.DataFrame) -> fairaudit.Audit:
    return fairaudit.audit(frame, by=["accent", "town", "device"], methods=["named", "geo-tree"], **ASKED)


def known(values: pd.Series) -> list[float]:
    return [float(np.quantile(values, share, method="inverted_cdf")) for share in SHARES]


@pytest.mark.parametrize("column", ["accent", "device"])
def test_quantiles_are_those_of_the_log(column: str, audit: fairaudit.Audit, frame: pd.DataFrame) -> None:
    (quantiles,) = audit.quantiles
    assert [one.value for one in quantiles.overall if one] == pytest.approx(known(frame["latency_ms"]), rel=0.005)
    rows = quantiles.to_frame().query("search == @column or search == 'named: ' + @column")
    assert len(rows) == len(SHARES) * frame[column].nunique()
    for label, part in rows.groupby("label"):
        inside = frame[column] == label
        values, rest = known(frame["latency_ms"][inside]), known(frame["latency_ms"][~inside])
        assert part["value"].tolist() == pytest.approx(values, rel=0.005)
        assert part["ratio"].tolist() == pytest.approx([a / b for a, b in zip(values, rest, strict=True)], rel=0.011)
        assert (part["low"] <= part["value"]).all()
        assert (part["value"] <= part["high"]).all()


def test_found_cohorts_are_measured_on_held_out_speakers(audit: fairaudit.Audit, frame: pd.DataFrame) -> None:
    search = next(one for one in audit.quantiles[0].searches if one.title == "geo-tree")
    assert search.measured_on == "held-out speakers" == audit["geo-tree"].evidence.measured_on
    cohort = max(audit["geo-tree"].evidence.cohorts, key=lambda one: one.speakers)
    assert cohort.speakers < frame["speaker_id"].nunique() / 2
    members = fairaudit.assign(frame, audit["geo-tree"].model)
    inside = frame["speaker_id"].isin(members["speaker_id"][members["cohort_id"] == cohort.id])
    everyone = known(frame["latency_ms"][inside])[0]
    (mine,) = (one for one in search.cohorts if one.cohort_id == cohort.id)
    assert mine.values[0] is not None
    assert mine.values[0].value == pytest.approx(everyone, rel=0.3)  # half of these speakers


def test_nothing_shows_a_few_speakers(audit: fairaudit.Audit) -> None:
    document = audit.to_dict()
    (quantiles,) = document["quantiles"]
    town = next(one for one in quantiles["searches"] if one["title"] == "named: town")
    assert all(cohort["withheld"] for cohort in town["cohorts"])
    assert all(one["value"] is None and one["ratio"] is None for c in town["cohorts"] for one in c["quantiles"])
    assert [cohort["cohort_id"] for cohort in town["cohorts"]] == [0, 1]
    open_ = audit.to_dict(unredacted=True)["quantiles"][0]["searches"]
    town = next(one for one in open_ if one["title"] == "named: town")
    values = {cohort["quantiles"][0]["value"] is None for cohort in town["cohorts"]}
    assert values == {True, False}  # nine speakers have none in any case
    page = render_html(document)
    assert "Oberdorf" not in page


def test_every_output_has_them(audit: fairaudit.Audit, tmp_path: Path) -> None:
    fairaudit.save(audit, tmp_path)
    document = read_audit(tmp_path / "audit.json")
    first = document["quantiles"][0]["overall"][0]
    assert first["value"] == float(f"{audit.quantiles[0].overall[0].value:.3g}")  # type: ignore[union-attr]
    shown = f"p50 {first['value']:.0f} [{first['low']:.0f}, {first['high']:.0f}], p90 "
    assert shown in render_terminal(document)
    assert "Ratio of p90" in render_markdown(document)
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert "Quantiles of latency_ms by cohort of accent, among all speakers" in page
    assert shown in page
    assert "quantiles:latency_ms=50,90|" in document["signature"]
    without = {key: value for key, value in document.items() if key != "quantiles"}
    assert "Ratio of p90" not in render_html(without)  # type: ignore[arg-type]


def test_they_change_nothing_else(audit: fairaudit.Audit, frame: pd.DataFrame) -> None:
    options = {"by": ["accent", "town", "device"], "methods": ["named", "geo-tree"], "permutations": 19}
    plain, asked = fairaudit.audit(frame, **options).to_dict(), audit.to_dict()
    assert plain["quantiles"] == []
    differing = {key for key in plain if plain[key] != asked[key]}  # type: ignore[literal-required]
    assert differing == {"quantiles", "signature"}


def test_files_of_counts_and_other_orders_give_the_same(frame: pd.DataFrame, tmp_path: Path) -> None:
    expected = fairaudit.audit(frame, **NAMED).to_dict()["quantiles"]
    frame.to_csv(path := tmp_path / "log.csv", index=False)
    sources = (
        frame.sample(frac=1, random_state=1),
        fairaudit.score(path, tmp_path / "scored.parquet"),
        fairaudit.read_log(path, counts=["latency_ms", "utterances"]),
    )
    for log in sources:
        assert fairaudit.audit(log, **NAMED).to_dict()["quantiles"] == expected


@pytest.mark.exhaustive
def test_tallies_and_parts_hold_histograms(frame: pd.DataFrame, tmp_path: Path) -> None:
    gaps = frame.assign(latency_ms=frame["latency_ms"].where(frame.index % 600 != 5))
    expected = fairaudit.audit(gaps, **NAMED).to_dict()["quantiles"]
    paths = write(tmp_path, gaps, 2)
    parts = fairaudit.read_log(paths, needed={"by": ["accent"], "quantiles": ["latency_ms"]}, engine=in_turn)
    assert "bins of latency_ms" in parts.columns
    assert "latency_ms" not in parts.columns  # sums over every number would be as long as the log
    options = {"by": "accent", "quantiles": "latency_ms"}
    halves = [fairaudit.tally(path, tmp_path / f"half-{path.stem}.parquet", **options) for path in paths]
    again = fairaudit.tally(halves, tmp_path / "both.parquet")
    for log in (parts, fairaudit.tally(paths, tmp_path / "tally.parquet", **options), again):
        assert fairaudit.audit(log, **NAMED).to_dict()["quantiles"] == expected
    assert "bins of latency_ms" not in fairaudit.read_log(again).label_columns
    for by in ("accent", ["accent", "latency_ms"]):
        plain = fairaudit.tally(paths, tmp_path / "plain.parquet", by=by)
        with pytest.raises(InputError, match="latency_ms"):
            fairaudit.audit(plain, **NAMED)
    with pytest.raises(InputError, match="fairaudit itself uses the name of column 'bins of latency_ms'"):
        fairaudit.audit(frame.assign(**{"bins of latency_ms": "x"}), **NAMED)


def test_utterances_without_a_number_are_counted(frame: pd.DataFrame) -> None:
    values = frame["latency_ms"].astype(str).where(frame.index % 600 != 5, ["", "NA", "none"] * 600)
    audit = fairaudit.audit(frame.assign(latency_ms=values), **NAMED)
    content, exact = audit.to_dict(), audit.to_dict(unredacted=True)
    (quantiles,) = content["quantiles"]
    assert (quantiles["without_number"], content["quality"]["rows_used"]) == (9, 1800)
    assert exact["quantiles"][0]["without_number"] == 3
    assert "Left out because they have no number: at most 9 utterances." in render_markdown(content)
    assert "Left out because they have no number: 3 utterances." in render_markdown(exact)


@pytest.mark.parametrize(
    ("change", "asked", "says"),
    [
        ({}, {"latency": (0.5,)}, r"lacks \['latency'\] \(quantiles='latency'\).*did you mean 'latency_ms'"),
        ({}, {"accent": (0.5,)}, "column 'accent' holds no numbers"),
        ({"utterances": 2}, {"latency_ms": (0.5,)}, "need rows of one utterance"),
    ],
)
def test_what_has_no_quantiles_is_refused(
    change: dict[str, Any], asked: dict[str, Any], says: str, frame: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=says):
        fairaudit.audit(frame.assign(**change), **(NAMED | {"quantiles": asked}))


@pytest.mark.parametrize("shares", [(), (0,), (0.5, 1), (90,), (float("nan"),)])
def test_what_is_no_share_is_refused(shares: tuple[float, ...], frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="shares between 0 and 1"):
        fairaudit.audit(frame, **(NAMED | {"quantiles": {"latency_ms": shares}}))


@pytest.mark.slow
@pytest.mark.exhaustive
def test_the_command_line_asks_for_them(frame: pd.DataFrame, tmp_path: Path, cli: Callable[..., Any]) -> None:
    frame.to_csv(log := tmp_path / "log.csv", index=False)
    options = "--method", "named", "--by", "accent", "--permutations", 19
    ran = cli("discover", log, *options, "--quantiles", "latency_ms=90,50", "--json", "-q")
    expected = fairaudit.audit(frame, **NAMED).to_dict()["quantiles"]
    assert json.loads(ran.out)["quantiles"] == expected
    (tmp_path / "fairaudit.toml").write_text('quantiles = ["latency_ms=50,90"]\n', "utf-8")
    ran = cli("discover", log, *options, "--config", tmp_path / "fairaudit.toml", "--json", "-q")
    assert json.loads(ran.out)["quantiles"] == expected
    for wrong in ("latency_ms", "latency_ms=", "=50", "latency_ms=p50", "latency_ms=0.5,100"):
        assert cli("discover", log, *options, "--quantiles", wrong).code == 2
    counts = tmp_path / "tally.parquet"
    assert cli("tally", log, "--by", "accent", "--quantiles", "latency_ms", "-o", counts).code == 0
    ran = cli("discover", counts, *options, "--quantiles", "latency_ms=50,90", "--json", "-q")
    assert json.loads(ran.out)["quantiles"] == expected
    missing = cli("discover", log, *options, "--quantiles", "latency=50")
    assert (missing.code, "--quantiles latency_ms" in missing.err) == (3, True)
