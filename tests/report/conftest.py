"""Audits made by hand: a rich one with every verdict and hostile labels, a large one, one that knows nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from fairaudit.report import render_html

Json = dict[str, Any]

HOSTILE = (
    "accent=<script>alert(1)</script>",
    "accent=$\\frac{1}{",
    '=cmd("calc")|\'"&amp;',
    "accent=😀 短い日本語のラベル",
    "accent=العربية الفصحى",
    "accent=\u202egnp.exe \x1b[31m\nsecond line",
    "style=\"background:url(https://evil.example/x)\" onload='x()'",
    "accent=" + "a very long label that goes on " * 6,
)


def cohort(key: int, label: str, errors: int, words: int, speakers: int, **given: Any) -> Json:
    rate, spread = errors / words, 1.96 * (0.35 / math.sqrt(speakers))
    return {
        "id": key,
        "label": label,
        "description": given.pop("description", label),
        "errors": errors,
        "exposure": words,
        "rate": rate,
        "shrunk_rate": 0.1 + 0.7 * (rate - 0.1),
        "interval": [rate * math.exp(-spread), rate * math.exp(spread)],
        "rank_interval": [1, 4],
        "speakers": speakers,
        "utterances": words // 11,
        "share_speakers": speakers / 400,
        "excess_errors": errors - 0.1 * words,
        "substitutions": errors // 2,
        "deletions": errors // 3,
        "insertions": errors - errors // 2 - errors // 3,
        "score": (rate - 0.1) * math.sqrt(speakers) * 12,
        "p_adjusted": 0.5,
        "flagged": False,
        "effective_speakers": 0.8 * speakers,
        "largest_speaker_share": 0.07,
        "tested": True,
        "not_tested_because": None,
        "suppressed": False,
    } | given


def untested(key: int, label: str, errors: int, words: int, speakers: int, **given: Any) -> Json:
    why = f"{speakers} speakers, fewer than 20"
    return cohort(key, label, errors, words, speakers, tested=False, not_tested_because=why, p_adjusted=None) | given


def withheld(key: int, label: str, description: str | None = None) -> Json:
    empty = dict.fromkeys(cohort(key, label, 1, 10, 1))
    return empty | {"id": key, "label": label, "description": description, "suppressed": True}


def gap(bottom: float, rest: float, low: float, high: float, speakers: int) -> Json:
    return {
        "gap_relative": bottom / rest - 1,
        "gap_interval": [low, high],
        "gap_absolute": bottom - rest,
        "ratio": bottom / rest,
        "bottom_rate": bottom,
        "bottom_interval": [0.9 * bottom, 1.12 * bottom],
        "reference_rate": rest,
        "reference": "rest",
        "bottom_share": {"speakers": speakers / 400, "utterances": 0.1, "exposure": 0.098, "errors": 0.141},
        "speakers": speakers,
        "excess_errors": 120.5,
    }


def kinds(rate: float) -> Json:
    return {"substitutions": 0.6 * rate, "deletions": 0.25 * rate, "insertions": 0.15 * rate}


def null(observed: float) -> Json:
    edges = [1.6 + 0.1 * i for i in range(25)]
    counts = [round(150 * math.exp(-(((edge - 2.4) / 0.45) ** 2))) for edge in edges[:-1]]
    return {
        "observed": observed,
        "quantiles": {"0.5": 2.41, "0.95": 3.27},
        "histogram": {"edges": edges, "counts": counts},
    }


def discovery(method: str, title: str, verdict: str, cohorts: list[Json], **given: Any) -> Json:
    return {
        "method": method,
        "title": title,
        "settings": {"min_speakers": 20},
        "verdict": verdict,
        "reason": "The highest score is what shuffled speakers reach by chance.",
        "p_value": 0.41,
        "p_value_alone": 0.14,
        "permutations": 999,
        "minimum_detectable_gap": 0.35,
        "minimum_detectable_share": 0.1,
        "smallest_cohort": None if method == "named" else 20,
        "null": null(2.6),
        "measured_on": "held-out speakers",
        "held_out": gap(0.104, 0.1, -0.12, 0.21, 40),
        "search_inflated": gap(0.147, 0.098, 0.27, 0.71, 40),
        "bottom": {"cohort_ids": [cohorts[0]["id"]], "description": cohorts[0]["description"]} if cohorts else None,
        "top": {"cohort_ids": [cohorts[-1]["id"]], "description": "everybody else"} if cohorts else None,
        "cohorts": cohorts,
        "examined": None,
        "regions": None,
        "stability": None,
        "by_kind": {"bottom": kinds(0.104), "reference": kinds(0.1)},
        "unassigned": {"speakers": 8, "utterances": 100, "errors": 20, "exposure": 700},
        "notes": [],
    } | given


def audit(*discoveries: Json, **given: Any) -> Json:
    return {
        "schema_version": 1,
        "signature": "rate:wer|unit:word|normalizer:basic-2|sampling:speaker_id|holdout:0.5|permutations:999|seed:0",
        "rate": "wer",
        "redacted": True,
        "sampling_unit": "speaker_id",
        "inputs": [{"name": "log.csv.gz", "sha256": "9f86d081884c7d65" * 4, "rows": 14003}],
        "quality": {
            "rows_in": 14003,
            "rows_used": 14000,
            "rows_quarantined": 3,
            "by_code": {"latitude_out_of_range": 3},
            "coercions": {"zip_plus_4_cut": 12},
            "notes": ["utterances are named by column id"],
            "join_rates": {"census": 0.99, "embeddings": 0.995, "coordinates": 0.98},
        },
        "overall": {"errors": 15432, "exposure": 152345, "rate": 15432 / 152345, "interval": [0.0971, 0.1056],
                    "speakers": 800, "utterances": 14000},
        "searches": len(discoveries),
        "skipped": [],
        "discoveries": list(discoveries),
    } | given  # fmt: skip


def grid_cut(columns: int, rows: int) -> list[list[float]]:
    """A rectangle around Spain cut into columns x rows."""
    west, south, across, up = -9.3, 36.0, 12.6, 7.8
    xs = [round(west + across * i / columns, 1) for i in range(columns + 1)]
    ys = [round(south + up * i / rows, 1) for i in range(rows + 1)]
    return [[xs[i], ys[j], xs[i + 1], ys[j + 1]] for j in range(rows) for i in range(columns)]


def geo_tree() -> Json:
    where = "latitude < 38.1 and longitude ≥ -7.2"
    cohorts = [
        cohort(3, "R3", 1316, 9230, 40, description=where, flagged=True, p_adjusted=0.002, rank_interval=[1, 2]),
        cohort(5, "R5", 1100, 9500, 61, description="latitude ≥ 41.9 and longitude < -6.6", p_adjusted=0.21),
        cohort(1, "R1", 1010, 9400, 57, description="38.1 ≤ latitude < 40.0"),
        untested(4, "R4", 140, 1100, 14, description="latitude < 38.1 and longitude < -7.2"),
        withheld(6, "R6"),
        cohort(0, "R0", 1900, 19800, 101, description="40.0 ≤ latitude < 41.9"),
        cohort(2, "R2", 760, 9600, 66, description="latitude ≥ 41.9 and longitude ≥ -6.6", p_adjusted=1.0),
    ]
    boxes = {
        3: [-7.2, 36.0, -0.7, 38.1], 4: [-9.3, 36.0, -7.2, 38.1], 1: [-9.3, 38.1, 3.3, 40.0],
        0: [-9.3, 40.0, 1.4, 41.9], 6: [1.4, 40.0, 3.3, 41.9], 5: [-9.3, 41.9, -6.6, 43.8], 2: [-6.6, 41.9, 3.3, 43.8],
    }  # fmt: skip
    return discovery(
        "geo-tree", "geo-tree", "disparity", cohorts,
        settings={"max_leaves": 16, "criterion": "score"},
        reason="The search over all cuts scores higher than in 997 of 999 shuffled logs.",
        p_value=0.008, p_value_alone=0.002, null=null(5.1),
        held_out=gap(0.142, 0.1, 0.2, 0.7, 40), search_inflated=gap(0.161, 0.098, 0.38, 0.97, 40),
        regions=[{"cohort_id": key, "bounds": box} for key, box in boxes.items()],
        notes=["3 speakers had several places; each counts under its most frequent one"],
    )  # fmt: skip


def zip_census() -> Json:
    best = [
        {"description": f"percent_black > {50 - i} and median_income ≤ {30_000 + 500 * i}", "rate": 0.13 - 0.0005 * i,
         "score": 2.9 - 0.02 * i, "p_adjusted": 0.2 + 0.01 * i, "speakers": 120 + i}
        for i in range(50)
    ]  # fmt: skip
    cohorts = [cohort(1, "inside", 1290, 11900, 71, description="percent_black > 50 and median_income ≤ 30000"),
               cohort(0, "outside", 3100, 31000, 322, description="all other zip codes")]  # fmt: skip
    squares = [[-6.0, 37.0, -5.5, 37.5], [-5.5, 37.0, -5.0, 37.5], [-4.0, 40.0, -3.5, 40.5]]
    areas = [
        {"bounds": bounds, "rate": rate, "thin": thin, "bottom_heavy": heavy}
        for bounds, rate, thin, heavy in zip(
            squares, (0.142, 0.117, 0.093), (False, True, False), (True, False, False), strict=True
        )
    ]
    return discovery("zip-census", "zip-census", "no evidence", cohorts, examined={"count": 812, "best": best},
                     areas=areas)  # fmt: skip


def by_accent() -> Json:
    cohorts = [
        cohort(0, HOSTILE[0], 590, 4300, 31, p_adjusted=0.09),
        cohort(1, HOSTILE[1], 510, 4100, 29),
        cohort(2, HOSTILE[2], 410, 3900, 26),
        cohort(3, HOSTILE[3], 400, 3990, 27),
        cohort(4, HOSTILE[4], 390, 4010, 28),
        untested(5, HOSTILE[5], 130, 1200, 12),
        untested(6, HOSTILE[6], 120, 1260, 13),
        withheld(7, "accent=Irish English", "accent=Irish English"),
        cohort(8, HOSTILE[7], 300, 4020, 30),
    ]
    return discovery("named", "named: accent", "insufficient evidence", cohorts,
                     reason="2 of 9 groups have fewer than 20 speakers.",
                     p_value=None, p_value_alone=None, null=None)  # fmt: skip


def embedding() -> Json:
    cohorts = [cohort(i, f"V{i}", 500 - 11 * i, 4000 + 50 * i, 22 + i % 4, description=f"voice cluster {i}")
               for i in range(16)]  # fmt: skip
    voices = {
        "explained": [0.21, 0.124],
        "cohorts": [
            {"cohort_id": i, "mean": [0.4 * math.cos(i), 0.3 * math.sin(2 * i)],
             "covariance": [[0.02, 0.004 * (-1) ** i], [0.004 * (-1) ** i, 0.01]]}
            for i in range(16)
        ],
    }  # fmt: skip
    return discovery("embedding", "embedding", "no evidence", cohorts, stability={"seeds": 5, "ari": 0.31},
                     voices=voices, minimum_detectable_gap=None, minimum_detectable_share=None)  # fmt: skip


@cache
def _drawn(audit: str) -> str:
    return render_html(json.loads(audit))


@pytest.fixture(scope="session")
def page_of() -> Callable[[Json], str]:
    """The page of an audit, drawn once however many tests look at it."""
    return lambda audit: _drawn(json.dumps(audit))


@pytest.fixture
def rich() -> Json:
    """Four searches, every verdict, withheld and untested cohorts, hostile labels, one search skipped."""
    skipped = [{"method": "acoustic", "needs": "a column snr; the log has ['device']"}]
    shares = {
        "geo-tree": {"zip-census": [0.6, 0.6], "embedding": [0.0, 0.25]},
        "zip-census": {"geo-tree": [0.41, 0.41], "embedding": [0.9, 1.0]},
        "embedding": {"geo-tree": [0.12, 0.2], "zip-census": [1.0, 1.0]},
    }
    searches = [geo_tree(), zip_census(), embedding(), by_accent()]
    for search in searches:
        told = shares.get(search["title"], {})
        search["overlap"] = [{"title": title, "share": share} for title, share in told.items()]
    return audit(*searches, skipped=skipped, searches=4, normalizer_sensitivity=sensitivity(searches))


def sensitivity(searches: list[Json]) -> Json:
    """The first search keeps its gap under the second normaliser, the second gains one, the last is withheld."""
    figures = [(0.151, 0.117, [0.08, 0.55], "worse"), (0.139, 0.117, [0.04, 0.36], "worse"),
               (0.119, 0.116, [-0.1, 0.17], "no clear gap"), None]  # fmt: skip
    first = ("worse", "no clear gap", "no clear gap", None)
    return {
        "normalizer": "none-1",
        "overall_rate": 0.1204,
        "searches": [
            {
                "title": search["title"],
                "held_out": told and {"gap_relative": told[0] / told[1] - 1, "gap_interval": told[2],
                                      "bottom_rate": told[0], "reference_rate": told[1]},
                "conclusion": {"first": before, "second": told and told[3]},
            }
            for search, told, before in zip(searches, figures, first, strict=True)
        ],
    }  # fmt: skip


@pytest.fixture
def crowded() -> Json:
    """Ten searches: one of 126 regions, one of 60 cohorts with hostile labels, and eight more."""
    boxes = grid_cut(14, 9)
    regions = [{"cohort_id": i, "bounds": box} for i, box in enumerate(boxes)]
    leaves = [cohort(i, f"R{i}", 700 - 4 * i, 4500, 22 + i % 9, description=f"leaf {i}") for i in range(124)]
    leaves += [untested(124, "R124", 130, 1200, 12), withheld(125, "R125")]
    geo = discovery("geo-tree", "geo-tree", "no evidence", leaves, regions=regions)
    named = [cohort(i, f"{HOSTILE[i % 8]} {i}", 700 - 5 * i, 4500, 22 + i % 9) for i in range(60)]
    groups = discovery("named", "named: accent,gender", "disparity", named, p_value=0.011)
    more = [discovery("named", f"named: column_{i}", "no evidence", named[:3]) for i in range(8)]
    return audit(geo, groups, *more, redacted=False)


@pytest.fixture
def bare() -> Json:
    """One search about which nothing could be found out: null wherever null may stand."""
    nothing = discovery(
        "geo-tree", "geo-tree", "insufficient evidence", [withheld(0, "R0")],
        reason="9 speakers, fewer than 20.", p_value=None, p_value_alone=None, permutations=0, null=None,
        minimum_detectable_gap=None, minimum_detectable_share=None, held_out=None, bottom=None, top=None,
        regions=[{"cohort_id": 0, "bounds": [-5.0, 40.0, -5.0, 40.0]}], stability={"seeds": 5, "ari": None},
        unassigned={"speakers": None, "utterances": None, "errors": None, "exposure": None},
    )  # fmt: skip
    overall = {"errors": 0, "exposure": 0, "rate": None, "interval": None, "speakers": 9, "utterances": 9}
    return audit(nothing, overall=overall)
