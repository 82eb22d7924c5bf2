"""Peers on the same logs: ``python tests/bench/peers/peers.py SCRATCH ENVIRONMENTS [TOOL ...] [--seeds N]``.

Writes planted and null logs to SCRATCH, runs every tool on them in an environment of its own (a virtual environment
below ENVIRONMENTS, made from ``requirements/``; a tool without one is named and left out), and prints a Markdown table.
See README.md for what is compared.
"""

from __future__ import annotations

import argparse
import json
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
    Tool("AIF360 MDSS, penalty 50", "attributes", "aif360_mdss", "aif360", ("--penalty", "50")),
    Tool("DivExplorer, by t", "attributes", "divexplorer_patterns", "divexplorer"),
    Tool("DivExplorer, by divergence", "attributes", "divexplorer_patterns", "divexplorer", ("--order", "div")),
    Tool("sliceline", "attributes", "sliceline_slices", "sliceline"),
    Tool("pysubgroup", "attributes", "pysubgroup_beam", "pysubgroup"),
    Tool("**fairaudit**", "places", "fairaudit_confirm", OURS),
    Tool("scikit-learn tree", "places", "sklearn_tree", "sklearn"),
    Tool("spopt SKATER", "places", "spopt_skater", "spopt"),
    Tool("circular scan", "places", "circular_scan", "sklearn"),
    Tool("**fairaudit**", "voices", "fairaudit_confirm", OURS),
    Tool("scikit-learn k-means", "voices", "sklearn_kmeans", "sklearn"),
    Tool("domino", "voices", "domino_slices", "domino"),
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
    overlap, told, fresh, _, seconds = np.nanmedian(values[False], axis=0)
    _, null_told, null_fresh, _, _ = np.nanmedian(values[True], axis=0)
    planted, null = (f"{sum(one[3] for one in values[kind]):.0f} of {len(values[kind])}" for kind in (False, True))
    return (
        f"| {name} | {overlap:.2f} | {told:+.0%} | {fresh:+.0%} | {planted} | {null} "
        f"| {null_told:+.0%} | {null_fresh:+.0%} | {seconds:.2f} |"
    )


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
