"""Attack what audits and boards withhold: ``python -m tests.privacy [LOGS] [--seed N]``.

Audits as many random logs, attacks each ``audit.json`` by exact algebra, and every fourth one also by bounds from its
rounded figures. Of every fourth log, it also attacks ``board.json`` of three systems, alone and beside the audit. Exits
with 1 if anything that is withheld can be derived, or bounded to within a fifth of it.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.privacy.attacking import Attacked, attack_on, attack_on_boards


def main() -> int:
    """Attack the logs, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.privacy")
    parser.add_argument("logs", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1000, help="seed of the first log")
    options = parser.parse_args()
    started, total = time.process_time(), Attacked()
    for seed in range(options.seed, options.seed + options.logs):
        found = attack_on(seed, bounds=seed % 4 == 0)
        found += attack_on_boards(seed, bounds=seed % 16 == 0) if seed % 4 == 0 else Attacked()
        total += found
        for fault in found.faults:
            print(f"log {seed}: {fault}", flush=True)
    print(f"{options.logs:7,d}  logs, with the seeds from {options.seed}")
    print(f"{total.hidden:7,d}  cells withheld")
    print(f"{total.differences:7,d}  differences and intersections of fewer than 11 speakers")
    print(f"{len(total.faults):7,d}  of these derived or bounded")
    print(f"{total.bounded:7,d}  intervals by bounds; the narrowest is {total.narrowest:.0%} of the true sum")
    print(f"{time.process_time() - started:7,.0f}  CPU seconds")
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
