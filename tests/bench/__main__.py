"""The speed and memory goals: ``OMP_NUM_THREADS=1 python -m tests.bench [GOAL ...] [--scale SHARE]`` (Linux).

It prints a table, measured in one run. Each benchmark first asserts that both sides compute the same, and then takes
CPU seconds, the sides in turn. All generators are seeded. ``--scale .01`` runs on logs of a hundredth of the size; the
figures then mean nothing. The exit code is 1 if a goal is missed. All goals take about an hour of one core.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.bench import commands, discovery, scoring, systems, tallies

_MODULES = (scoring, tallies, discovery, commands, systems)
GOALS = {name.upper(): getattr(module, name) for module in _MODULES for name in vars(module) if name[1:].isdigit()}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"some of {', '.join(sorted(GOALS, key=_number))}")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size")
    options = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    missed = 0
    print("| goal | asked | measured | met |\n|---|---|---|---|", flush=True)
    for name in sorted(options.goals or GOALS, key=_number):
        for row in GOALS[name](options.scale):
            missed += not row.met
            print(f"| {row.goal} | {row.asked} | {row.measured} | {'yes' if row.met else 'NO'} |", flush=True)
    return min(missed, 1)


def _number(goal: str) -> int:
    return int(goal[1:])


if __name__ == "__main__":
    sys.exit(main())
