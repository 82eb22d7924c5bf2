"""Peers on the same logs: ``python tests/bench/peers/peers.py SCRATCH ENVIRONMENTS [TOOL ...] [--seeds N]``.

Writes planted and null logs to SCRATCH, runs every tool on them in an environment of its own (a virtual environment
below ENVIRONMENTS, made from ``requirements/``; a tool without one is named and left out), and prints a Markdown table.
See README.md for what is compared.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from worlds import SEARCHED, WORLDS, Case, write

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SEEN, FRESH = slice(None, SEARCHED), slice(SEARCHED, None)
OURS = ""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

HEADER = """\
| tool | Jaccard | gap told | on fresh speakers | reports on planted | on null | null: gap told | on fresh | seconds |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Tool:
    """A tool, the kind of features it searches, its adapter with options, and its environment."""

    name: str
    kind: str
    adapter: str
    environment: str
    options: tuple[str, ...] = ()


TOOLS = (
    Tool("**fairaudit**", "attributes", "fairaudit_confirm", OURS),
    Tool("AIF360 MDSS", "attributes", "aif360_mdss", "aif360"),
    Tool("AIF360 MDSS, penalty 300 †", "attributes", "aif360_mdss", "aif360", ("--penalty", "300")),
    Tool("DivExplorer, by divergence", "attributes", "divexplorer_patterns", "divexplorer", ("--order", "div")),
    Tool("DivExplorer, by t", "attributes", "divexplorer_patterns", "divexplorer"),
    Tool("sliceline", "attributes", "sliceline_slices", "sliceline"),
    Tool("pysubgroup", "attributes", "pysubgroup_beam", "pysubgroup"),
    Tool("**fairaudit, geo-scan**", "places", "fairaudit_confirm", OURS),
    Tool("**fairaudit, geo-tree**", "places", "fairaudit_confirm", OURS, ("--places", "geo-tree")),
    Tool("scikit-learn tree", "places", "sklearn_tree", "sklearn"),
    Tool("scikit-learn tree, leaves of 100 †", "places", "sklearn_tree", "sklearn", ("--leaf", "100")),
    Tool("SKATER", "places", "spopt_skater", "spopt"),
    Tool("SKATER, 4 regions of 15 zips †", "places", "spopt_skater", "spopt", ("--regions", "4", "--floor", "15")),
    Tool("circular scan", "places", "circular_scan", "sklearn"),
    Tool("circular scan, our null", "places", "circular_scan", "sklearn", ("--null", "shuffle")),
    Tool("**fairaudit**", "voices", "fairaudit_confirm", OURS),
    Tool("k-means, k = 50", "voices", "sklearn_kmeans", "sklearn"),
    Tool("k-means, k = 25 †", "voices", "sklearn_kmeans", "sklearn", ("--k", "25")),
    Tool("k-means, k = 8 †", "voices", "sklearn_kmeans", "sklearn", ("--k", "8")),
    Tool("domino, 50 components †", "voices", "domino_slices", "domino"),
    Tool("domino, 8 components †", "voices", "domino_slices", "domino", ("--components", "8")),
)


def answers(tool: Tool, cases: Sequence[Case], environments: Path) -> list[dict[str, Any]]:
    """Run a tool over logs; what it says of each. Raises RuntimeError, told by the tool's last words, if it fails."""
    python = environments / tool.environment / "bin" / "python" if tool.environment else Path(sys.executable)
    if not python.exists():
        raise RuntimeError(f"no environment {tool.environment!r}")
    command = [python, HERE / "adapters" / f"{tool.adapter}.py", *tool.options, *(case.path for case in cases)]
    # none but our own adapter may see the checkout
    seen = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | ONE_THREAD
    seen |= {} if tool.environment else {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=seen, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return [json.loads(line) for line in done.stdout.splitlines()]


def row(name: str, cases: Sequence[Case], said: Sequence[dict[str, Any]]) -> str:
    """Medians over the planted and over the null logs."""
    values: dict[bool, list[tuple[float, ...]]] = {False: [], True: []}
    for case, answer in zip(cases, said, strict=True):
        members = np.zeros(2 * SEARCHED, dtype=bool)
        members[answer["members"]] = True
        told = case.gap(members, SEEN) if answer["gap"] is None else answer["gap"]
        values[case.null].append(
            (case.jaccard(members), told, case.gap(members, FRESH), answer["reports"], answer["seconds"])
        )
    overlap, told, fresh, _, seconds = map(median, zip(*values[False], strict=True))
    _, null_told, null_fresh, _, _ = map(median, zip(*values[True], strict=True))
    planted, null = (f"{sum(one[3] for one in values[kind]):.0f} of {len(values[kind])}" for kind in (False, True))
    return (
        f"| {name} | {overlap:.2f} | {percent(told)} | {percent(fresh)} | {planted} | {null} "
        f"| {percent(null_told)} | {percent(null_fresh)} | {seconds:.2f} |"
    )


def median(values: Sequence[float]) -> float:
    """Of those logs for which the tool named a cohort."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.median(known)) if known else math.nan


def percent(gap: float) -> str:
    return "none" if math.isnan(gap) else f"{gap:+.0%}"


def truth(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What somebody would say who knew."""
    return [
        {"members": np.flatnonzero(case.planted), "gap": None, "reports": not case.null, "seconds": 0.0}
        for case in cases
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("environments", type=Path)
    parser.add_argument("tools", nargs="*", help="adapters to run; all if none is named")
    parser.add_argument("--seeds", type=int, default=10, help="planted logs, and null logs, of each world")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    left_out = {}
    for world in WORLDS:
        cases = list(write(world, options.seeds, options.scratch))
        print(f"\n### {world.name}\n\n{HEADER}\n{row('(who knew)', cases, truth(cases))}", flush=True)
        for tool in TOOLS:
            if tool.kind == world.kind and (not options.tools or tool.adapter in options.tools):
                try:
                    print(row(tool.name, cases, answers(tool, cases, options.environments)), flush=True)
                except RuntimeError as error:
                    left_out[tool.name] = str(error)
    for name, reason in left_out.items():
        print(f"\nLeft out: {name}: {reason}")


if __name__ == "__main__":
    main()
