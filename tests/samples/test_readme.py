"""Every number that the sample's README gives, counted anew; and the picture that the first README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from sklearn.metrics import adjusted_rand_score

import fairaudit
from fairaudit.cohorts import Embedding
from fairaudit.inputs import EmbeddingTable, read_embeddings
from fairaudit.inputs.log import UtteranceLog
from fairaudit.report import view_of
from fairaudit.results.gaps import deciding_gap
from fairaudit.samples import packaged_sample

pytestmark = pytest.mark.slow

FILES = packaged_sample()
FOLDER = FILES["log"].parent
README = (FOLDER / "README.md").read_text("utf-8")
PROSE = " ".join(README.split())
SNR_BANDS = {"below 14": 14, "14 to 18": 18, "18 to 22": 22, "22 to 26": 26, "26 to 30": 30, "30 and more": np.inf}
Wer = Callable[..., float]


def table(start: str) -> list[list[str]]:
    """The cells of a table, by the beginning of its head."""
    found = re.search(rf"^\| {start} \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, flags=re.MULTILINE)
    assert found is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def says(*sentences: str) -> None:
    for sentence in sentences:
        assert sentence in PROSE


def percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def gap(relative: float) -> str:
    return f"{100 * relative:+.0f} %"


def gap_with_interval(relative: float, low: float, high: float) -> str:
    return f"{gap(relative)} [{100 * low:+.0f}, {100 * high:+.0f}]".replace("-", "−")


def bare(fraction: float, digits: int) -> str:
    """Without the zero before the point."""
    return f"{fraction:.{digits}f}".replace("0.", ".", 1).replace("-", "−")


@pytest.fixture(scope="module")
def homes(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per speaker, with what the census says of their zip code."""
    census = pd.read_csv(FILES["census"], dtype={"zip_code": str})
    return rows.drop_duplicates("speaker_id").merge(census, on="zip_code", how="left", validate="many_to_one")


@pytest.fixture(scope="module")
def demo(shell: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder that ``fairaudit demo`` writes, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, shell("demo", folder)


@pytest.fixture(scope="module")
def audit(demo: tuple[Path, Any]) -> dict[str, Any]:
    folder, _ = demo
    return json.loads((folder / "audit.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def vectors() -> EmbeddingTable:
    return read_embeddings(FILES["embeddings"])


# ---- how it was made


def test_sizes(rows: pd.DataFrame, homes: pd.DataFrame) -> None:
    says(
        f"{len(rows):,} commands to a voice assistant, said by {len(homes)} synthetic speakers",
        f"the synthesis voice: {rows['voice'].nunique()} in all",
        f"so {len(homes)} speakers are {rows['voice'].nunique()} voices",
        f"| `voices_census.csv` | {pd.read_csv(FILES['census'])['zip_code'].size} zip codes",
        f"The log holds {rows['reference'].nunique():,} different sentences",
        f"(the log's mean is {rows['snr'].mean():.1f} dB)",
    )
    engines = homes["engine"].value_counts()
    recorded = homes[homes["engine"] != "espeak-ng"]
    assert recorded["voice"].value_counts().tolist() == [5] * 5
    says(f"{engines['espeak-ng']} speakers are espeak-ng's", f"{len(recorded)} speakers use five voices built")


def test_homes(homes: pd.DataFrame) -> None:
    west, valleys = homes["longitude"] < -115.5, homes["majority_group"] == "group_b"
    for accent, where in {"west-midlands": west, "caribbean": valleys, "american": ~west & ~valleys}.items():
        inside = where[homes["accent"] == accent]
        says(f"{inside.sum()} of {inside.size}")
    groups = homes.groupby(valleys)[["percent_group_c", "percent_rural"]].mean()
    says(
        f"group c makes up {groups['percent_group_c'][True]:.0f} % of the speakers' zips in the valleys and "
        f"{groups['percent_group_c'][False]:.0f} % elsewhere",
        f"happen to be more rural ({groups['percent_rural'][True]:.0f} % against "
        f"{groups['percent_rural'][False]:.0f} %)",
    )


# ---- what came out


@pytest.mark.parametrize("column", ["accent", "engine", "SNR, dB", "device", "domain"])
def test_tables_of_error_rates(rows: pd.DataFrame, column: str, wer: Wer) -> None:
    ends = [-np.inf, *SNR_BANDS.values()]
    bands = pd.cut(rows["snr"], ends, right=False, labels=[*SNR_BANDS])
    groups = rows.groupby(bands if column == "SNR, dB" else column, observed=True)
    expected = [
        [name, str(group["voice"].nunique()), percent(wer(group)), percent(wer(group, "candidate"))]
        for name, group in groups
    ]
    assert table(column) == expected


def test_table_of_accents_and_sexes(rows: pd.DataFrame, wer: Wer) -> None:
    espeak = rows[rows["engine"] == "espeak-ng"]
    rates = {
        accent: [wer(group[group["sex"] == sex]) for sex in ("female", "male")]
        for accent, group in espeak.groupby("accent")
    }
    assert table("espeak-ng accent") == [[accent, *map(percent, pair)] for accent, pair in rates.items()]
    assert [accent for accent, (female, male) in rates.items() if female < male] == ["west-midlands"]


def test_rates_in_the_prose(rows: pd.DataFrame, homes: pd.DataFrame, wer: Wer) -> None:
    sums = rows.groupby("speaker_id")[["errors", "candidate", "words"]].sum()
    rates = 100 * sums["errors"] / sums["words"]
    change = (sums["candidate"] - sums["errors"]) / sums["words"]
    accents = rows.groupby("accent").apply(lambda group: 100 * (wer(group, "candidate") - wer(group)))
    assert (accents.idxmin(), accents.idxmax()) == ("west-midlands", "british")
    female = wer(rows[rows["sex"] == "female"])
    says(
        f"Overall WER {percent(wer(rows))} over {rows['words'].sum():,} words, "
        f"{rows['duration'].sum() / 3600:.1f} hours of recordings; speakers from {rates.min():.1f} to "
        f"{rates.max():.1f} %, a tenth of them below {rates.quantile(0.1):.0f} % and a tenth above "
        f"{rates.quantile(0.9):.0f} %",
        f"makes {percent(wer(rows, 'candidate'))} errors instead of {percent(wer(rows))}: {(change < -0.02).sum()} "
        f"speakers gain more than two points, {(change > 0.02).sum()} lose as much. Accents change by as much as "
        f"{-accents.min():.1f} points for the better (West Midlands) and {accents.max():.1f} for the worse (British)",
        f"West Midlands {percent(wer(rows[rows['accent'] == 'west-midlands']))} and Caribbean "
        f"{percent(wer(rows[rows['accent'] == 'caribbean']))} against {percent(female)} for women",
    )
    valleys = homes.loc[homes["majority_group"] == "group_b", "speaker_id"]
    west, inside = rows["longitude"] < -115.5, rows["speaker_id"].isin(valleys)
    says(
        f"the west ({rows.loc[west, 'speaker_id'].nunique()} speakers) has {percent(wer(rows[west]))}, "
        f"elsewhere {percent(wer(rows[~west]))}; the valleys ({len(valleys)} speakers) {percent(wer(rows[inside]))}, "
        f"elsewhere {percent(wer(rows[~inside]))}",
        f"The {rows.loc[inside, 'voice'].nunique()} voices of the valleys",
    )


# ---- what fairaudit finds


def test_what_demo_prints_and_writes(demo: tuple[Path, Any], audit: dict[str, Any]) -> None:
    folder, ran = demo
    assert ran.code == 0, ran.err
    written = {"audit.html", "audit.json", "cohorts.csv", "cohorts.json", "sample"}
    assert written <= {path.name for path in folder.iterdir()}
    assert ran.out.startswith("PocketSphinx\nData: synthetic voices\n▲ Disparity found\n")
    assert "$ fairaudit audit" in ran.err
    verdicts = {discovery["title"]: discovery["verdict"] for discovery in audit["discoveries"]}
    assert [title for title, verdict in verdicts.items() if verdict == "uneven"] == []
    assert [title for title, verdict in verdicts.items() if verdict == "no evidence"] == ["named: app"]
    assert list(verdicts.values()).count("disparity") == 7
    assert audit["signature"] in ran.out


def test_table_of_searches(audit: dict[str, Any]) -> None:
    told = table("search")
    assert len(told) == len(audit["discoveries"])
    for (search, p, measured, cross_fitted, *_), found in zip(told, audit["discoveries"], strict=True):
        side = deciding_gap(found)
        assert search.replace("`", "") == found["title"]
        assert p == bare(found["p_value"], 3)
        assert measured == gap_with_interval(side["gap_relative"], *side["gap_interval"])
        assert cross_fitted == gap(found["cross_fitted"]["gap_relative"])
    bottoms = [found["bottom"]["description"] for found in audit["discoveries"]]
    assert [bottom.replace("-", "−").removeprefix("longitude ≤ ") for bottom in bottoms[:1]] == ["−115.4°"]
    assert bottoms[1].replace("-", "−") == told[1][4]
    assert bottoms[2:4] == ["not (percent_group_a ≤ 75.4 and percent_group_b ≤ 48.9)", told[3][4]]
    assert bottoms[4:] == ["accent = west-midlands", "sex = female", "device = white-noise", "app = ios"]


@pytest.mark.parametrize("k", [2, 4, 5, 8])
def test_table_of_clusters(k: int, log: UtteranceLog, vectors: EmbeddingTable) -> None:
    found = fairaudit.audit(log, methods=["embedding"], embeddings=vectors, params={"clusters": k}, permutations=19)
    who = log.tally(["speaker_id", "sex", "accent", "engine"]).reset_index("speaker_id").reset_index()
    who = who.merge(fairaudit.assign(log, found.models[0], embeddings=vectors), on="speaker_id")
    held_out, stability = found.to_frame().iloc[0], found.searches[0].evidence.details["stability"]
    bottom = who[who["in_bottom"]]
    assert next(row for row in table("clusters") if row[0] == str(k)) == [
        str(k),
        f"{len(bottom)} speakers, {(bottom['sex'] == 'female').sum()} women",
        gap_with_interval(held_out["held_out"], held_out["low"], held_out["high"]),
        bare(adjusted_rand_score(who["sex"], who["cohort"]), 2),
        bare(adjusted_rand_score(who["accent"], who["cohort"]), 2),
        bare(stability["ari"], 2),
        f"{100 * stability['bottom']:.0f} %",
    ]
    women = who[(who["sex"] == "female") & (who["engine"] == "espeak-ng")]
    assert women["in_bottom"].all()
    says(f"espeak-ng's {len(women)} women however many clusters there are")


def test_two_clusters_are_the_sexes_of_espeak(log: UtteranceLog, vectors: EmbeddingTable) -> None:
    model = fairaudit.discover(log, vectors, Embedding(clusters=2))
    who = log.tally(["speaker_id", "sex", "engine"]).reset_index()
    who = who.merge(fairaudit.assign(log, model, embeddings=vectors), on="speaker_id")
    espeak = who[who["engine"] == "espeak-ng"]
    says(f"(ARI {adjusted_rand_score(espeak['sex'], espeak['cohort']):.2f})")


def test_the_gap_by_speaker(vectors: EmbeddingTable) -> None:
    log = fairaudit.read_log(FILES["log"])
    found = fairaudit.audit(log, methods=["embedding"], embeddings=vectors, permutations=19).to_frame().iloc[0]
    says(f"on other halves, is {gap_with_interval(found['held_out'], found['low'], found['high'])}")


# ---- the first picture


def texts(picture: Path) -> list[str]:
    svg = "{http://www.w3.org/2000/svg}"
    return ["".join(element.itertext()) for element in ElementTree.parse(picture).iter(f"{svg}text")]


def test_the_picture_is_what_its_command_draws(demo: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = demo
    command = [sys.executable, FOLDER / "draw_picture.py", folder / "audit.json", "--out", tmp_path / "demo.svg"]
    subprocess.run(command, check=True)
    assert texts(tmp_path / "demo.svg") == texts(FOLDER / "demo.svg")
    assert (FOLDER / "demo.svg").stat().st_size < 150_000


def test_the_first_readme_shows_it_and_says_what_it_shows(audit: dict[str, Any], repository: Path) -> None:
    tokens = MarkdownIt().parse((repository / "README.md").read_text("utf-8"))
    images = [part for token in tokens for part in token.children or () if part.type == "image"]
    assert (repository / str(images[0].attrs["src"])).samefile(FOLDER / "demo.svg")
    assert view_of(audit).sentence in " ".join(images[0].content.split())
