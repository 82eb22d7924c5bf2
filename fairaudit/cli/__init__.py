"""The command line: parses, calls, prints. Results go to stdout, messages to stderr; a failure is one line."""

from __future__ import annotations

import sys

from fairaudit.cli.interrupts import INTERRUPTED, Interrupts

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit: 0 done, 1 gate failed, 2 usage, 3 input, 4 insufficient, 5 nothing, 70 bug."""
    with Interrupts() as interrupts:
        try:
            from fairaudit.cli.running import run  # takes long enough to be interrupted

            run(interrupts)
        except (Exception, KeyboardInterrupt):
            if not interrupts.seen:
                raise
            if "--debug" in sys.argv:
                import traceback

                traceback.print_exc()
            print("fairaudit: interrupted", file=sys.stderr)
            sys.exit(INTERRUPTED)
