"""What reaches a terminal: no control character or direction mark of a file, whatever prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from fairaudit.core.text import visible

__all__ = ["safe_streams", "show"]


class _Safe:
    """A stream on which control characters are visible. It has no binary buffer that would go round this."""

    def __init__(self, stream: Any) -> None:
        self.trusted = stream

    def write(self, text: str) -> int:
        self.trusted.write(visible(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.trusted, name)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Make control characters visible in all messages, and in results on a terminal.

    A result that goes to a file or to another program is left as it is: ids must be those of the log there.
    """
    streams = sys.stdout, sys.stderr
    if sys.stderr is not None:
        sys.stderr = _Safe(sys.stderr)
    if sys.stdout is not None and sys.stdout.isatty():
        sys.stdout = _Safe(sys.stdout)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams


def show(text: str, *, nl: bool = True) -> None:
    """Print a text whose only control characters are colours of ours."""
    typer.echo(text, file=getattr(sys.stdout, "trusted", sys.stdout), nl=nl)
