"""Run a command: what it prints is safe, and a failure is a sentence and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
import warnings
from contextlib import suppress

from fairaudit.cli.flags import flag
from fairaudit.cli.interrupts import INTERRUPTED, Interrupts
from fairaudit.cli.streams import safe_streams
from fairaudit.core.errors import FairauditError
from fairaudit.core.text import plain

__all__ = ["run"]

_UNUSABLE_INPUT = 3
_INTERNAL = 70


def run(interrupts: Interrupts) -> None:
    """Run the command line, and exit. Errors after an interrupt are left to the caller."""
    atexit.register(gc.freeze)  # the last search for cycles takes a tenth of a second
    with safe_streams():
        _run(interrupts)


def _run(interrupts: Interrupts) -> None:
    try:
        from fairaudit.cli.app import app

        with warnings.catch_warnings():
            warnings.showwarning = _warn
            app(prog_name="fairaudit")
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:  # Typer exits without a word
            raise KeyboardInterrupt from leaving
        # Typer exits with 1, the code of a failed gate, if nobody reads the output or the input ends too early
        before = leaving.__context__
        if isinstance(before, BrokenPipeError):
            _discard_output()
            sys.exit(_UNUSABLE_INPUT)
        if before is not None and isinstance(before.__cause__, EOFError):
            _fail(f"internal error: EOFError: {before.__cause__}", _INTERNAL)
        raise
    except Exception as error:
        if interrupts.seen:
            raise
        _fail(*_told(error))


def _told(error: Exception) -> tuple[str, int]:
    """Return the sentence for an error, and its exit code."""
    if isinstance(error, FairauditError):
        return error.spelled(flag), error.exit_code
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", _UNUSABLE_INPUT
    hint = "" if "--debug" in sys.argv else " (add --debug for a traceback)"
    return f"internal error: {type(error).__name__}: {error}{hint}", _INTERNAL


def _discard_output() -> None:
    """Send what is still to be printed nowhere, or Python complains about the closed pipe when it ends."""
    with suppress(OSError, ValueError, AttributeError):  # a stream without a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    print(f"fairaudit: warning: {plain(str(message))}", file=sys.stderr)


def _fail(sentence: str, code: int) -> None:
    if "--debug" in sys.argv:
        traceback.print_exc()
    print(f"fairaudit: {plain(sentence)}", file=sys.stderr)
    sys.exit(code)
