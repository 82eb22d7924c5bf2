"""Pages of several audits, and what Debian's chromium saw when it rendered them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.report import Beside, render_comparison
from fairaudit.results.audit import Audit

HERE = Path(__file__).parent
REQUIRED = "FAIRAUDIT_REQUIRE_BROWSER"
ACCENTS = (
    "العربية الفصحى",
    "עברית",
    "हिन्दी",
    "ภาษาไทย",
    "日本語の長いラベル",
    "한국어",
    "Ελληνικά",
    "አማርኛ",
    "Հայերեն",
    "русский",
)
#: One fault of every kind that the tests look for.
SPOILT = f"""
<p style="color: red">styled</p><script>alert(1)</script><img src="https://nowhere.invalid/x.png" onerror="alert(2)">
<pre>{"unbreakable " * 200}</pre><table><tr><td hidden>never seen</td></tr></table>
<svg aria-label="spoiled" width="200" height="100">
<text x="10" y="50">one label</text><text x="14" y="52">another</text>
<text x="160" y="20">leaves the picture</text></svg>
"""


def log_of(groups: np.ndarray, **columns: Any) -> pd.DataFrame:
    """A log of counts, one row per speaker, in which everybody is served alike."""
    rng = np.random.default_rng(0)
    words = rng.integers(80, 200, len(groups))
    errors = rng.binomial(words, np.clip(0.1 * rng.lognormal(0, 0.35, len(groups)), 0, 1))
    speakers = [f"s{i}" for i in range(len(groups))]
    return pd.DataFrame({"speaker_id": speakers, "errors": errors, "words": words, "group": groups, **columns})


def audited(log: pd.DataFrame, **options: Any) -> Audit:
    return fairaudit.audit(fairaudit.read_log(log), permutations=39, **options)


def nothing_found() -> Audit:
    rng = np.random.default_rng(1)
    places = {"latitude": 42 + rng.random(300).round(3), "longitude": -5 + rng.random(300).round(3)}
    return audited(log_of(np.repeat(list("abcdef"), 50), **places))


def no_groups() -> Audit:
    return audited(log_of(np.repeat("a", 200)).drop(columns="group"))


def insufficient_evidence() -> Audit:
    return audited(log_of(np.repeat([f"accent {i}" for i in range(6)], [3, 9, 9, 12, 12, 9])))


def many_regions() -> Audit:
    """Everybody in a place of their own, all over the lower 48 states."""
    rng, speakers = np.random.default_rng(2), 6_000
    places = {"latitude": rng.uniform(26, 48.5, speakers), "longitude": rng.uniform(-124, -68, speakers)}
    log = log_of(np.repeat("a", speakers), **places)
    found = audited(log, methods=["geo-tree"], params={"max_leaves": 126, "min_speakers": 6})
    assert len(found.searches[0].evidence.cohorts) == 126
    return found


def many_cohorts() -> Audit:
    """60 accents, the first three of which are served worse, with every column that a table can have."""
    rng = np.random.default_rng(3)
    log = log_of(np.repeat([f"accent {i:02d}" for i in range(60)], 30))
    log["errors"] += np.where(np.arange(len(log)) < 90, rng.binomial(log["errors"], 0.9), 0)
    deletions, insertions = log["errors"] // 4, log["errors"] // 5
    log["substitutions"] = log["errors"] - deletions - insertions
    found = audited(log.assign(deletions=deletions, insertions=insertions))
    assert sum(row["flagged"] for row in found.to_dict()["discoveries"][0]["cohorts"]) == 3
    return found


def scripts() -> Audit:
    return audited(log_of(np.repeat(ACCENTS, 25)).rename(columns={"group": "口音"}))


def release_pages(release: Any) -> dict[str, str]:
    """A candidate with everything that stands beside it, and the comparison alone."""
    logs = [fairaudit.read_log(log) for log in (release.before, release.after)]
    before, after = (fairaudit.audit(log, by=["accent"], permutations=39) for log in logs)
    comparison = fairaudit.compare(*logs, before.models)
    gate = fairaudit.gate(comparison, {"max-regression": 0, "non-inferiority": "0.5%", "min-tested": "99%"})
    history = fairaudit.record(fairaudit.record(before.models, "1.0", logs[0]), "1.1", logs[1])
    alone = render_comparison(comparison.to_dict(), Beside.of(None, [gate], history))
    beside = fairaudit.render_html(after, comparison=comparison, gates=[gate], history=history)
    return {"release": beside, "comparison": alone}


def board_page() -> str:
    """Eight systems with long names, and groups of which one is too small."""
    rng = np.random.default_rng(0)
    log = log_of(np.repeat(["north", "south", "a group with quite a long name", "isle"], [60, 50, 40, 14]))
    log["utterance_id"] = [f"u{n}" for n in range(len(log))]
    systems = {
        f"recogniser-{n}-of-a-long-name": log.assign(errors=log["errors"] + rng.poisson(n, len(log))) for n in range(8)
    }
    return fairaudit.render_html(fairaudit.board(systems, by="group", permutations=39))


@pytest.fixture(scope="session")
def pages(saved_sample: Path, hostile_page: str, harmless_page: str, release: Any) -> dict[str, str]:
    """Audits as pages, and a spoiled one that shows whether the browser notices anything."""
    made: dict[str, Callable[[], Audit]] = {
        "nothing found": nothing_found,
        "no groups": no_groups,
        "insufficient evidence": insufficient_evidence,
        "126 regions": many_regions,
        "60 cohorts": many_cohorts,
        "non-Latin labels": scripts,
    }
    pages = {name: fairaudit.render_html(make()) for name, make in made.items()} | release_pages(release)
    pages["board"] = board_page()
    pages["rich"] = saved_sample.joinpath("audit.html").read_text("utf-8")
    pages |= {"adversarial labels": hostile_page, "harmless labels": harmless_page}
    return {**pages, "spoiled": pages["nothing found"].replace("</main>", f"{SPOILT}</main>")}


@dataclass(frozen=True)
class Tools:
    chromium: str
    node: str


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The browser and its driver; without them the tests are skipped, or fail where they are required."""
    chromium, node = shutil.which("chromium"), shutil.which("node")
    lacking = [
        what
        for what, there in (
            ("chromium", chromium),
            ("node", node),
            ("tests/browser/node_modules (cd tests/browser && npm ci)", (HERE / "node_modules").is_dir()),
        )
        if not there
    ]
    if lacking or chromium is None or node is None:
        complain = pytest.fail if os.environ.get(REQUIRED) else pytest.skip
        complain(f"no {', no '.join(lacking)}")
    return Tools(chromium, node)


@pytest.fixture(scope="session")
def seen(tools: Tools, pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What ``look.mjs`` tells of each page, by its name."""
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name.replace(' ', '-')}.html" for name in pages}
    for name, html in pages.items():
        files[name].write_text(html, encoding="utf-8")
    looked = subprocess.run(
        [tools.node, HERE / "look.mjs", tools.chromium, *files.values()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    told = json.loads(looked.stdout)
    return {name: told[str(file)] for name, file in files.items()}
