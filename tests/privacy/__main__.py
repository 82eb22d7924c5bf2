"""Attack what outputs withhold: ``python -m tests.privacy [LOGS] [--seed N]``.

Audits as many random logs, attacks each ``audit.json`` by exact algebra, and every fourth one also by bounds from its
rounded figures. Of every fourth log, it attacks ``board.json`` of three systems: alone, and beside the audit, by its
cohorts and by its columns. Of every second log, it attacks the words that an audit of texts lists for several groups,
and of every eighth, the deciles of cohorts. Exits with 1 if anything that is withheld can be derived, or bounded to
within a fifth of it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from tests.privacy.attacking import Attacked, attack_on, attack_on_boards, attack_on_quantiles, attack_on_words

#: What is attacked, of every which log, and how.
ATTACKS: dict[str, tuple[int, Callable[[int], Attacked]]] = {
    "audits": (1, lambda seed: attack_on(seed, bounds=seed % 4 == 0)),
    "boards": (4, lambda seed: attack_on_boards(seed, bounds=seed % 16 == 0)),
    "words": (2, attack_on_words),
    "quantiles": (8, attack_on_quantiles),
}


def main() -> int:
    """Attack the logs, print the figures, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.privacy")
    parser.add_argument("logs", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1000, help="seed of the first log")
    parser.add_argument("--only", choices=ATTACKS, help="attack only these")
    options = parser.parse_args()
    faults = 0
    for kind, (step, attack) in ATTACKS.items():
        if options.only not in (None, kind):
            continue
        started, total, logs = time.process_time(), Attacked(), 0
        for seed in range(options.seed, options.seed + options.logs, step):
            found = attack(seed)
            total, logs = total + found, logs + 1
            for fault in found.faults:
                print(f"{kind}, log {seed}: {fault}", flush=True)
        faults += len(total.faults)
        print(
            f"{kind}: {logs} logs from {options.seed}, {total.hidden:,d} cells withheld, {total.differences:,d} "
            f"differences and intersections of fewer than 11 speakers, {total.bounded:,d} bounded, the narrowest to "
            f"{total.narrowest:.0%}; {len(total.faults)} derived or bounded, "
            f"{time.process_time() - started:,.0f} CPU seconds",
            flush=True,
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
