"""One line on a terminal that says how far a long step is, and goes away when it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from fairaudit.cli.groups import is_set
from fairaudit.cli.options import Words
from fairaudit.core.progress import listening

__all__ = ["Line", "shown_progress"]

#: A step inside others, whose numbers are added to those of the step around it; all parts of it take equally long.
_INSIDE: Final = "shuffles"
#: Seconds before the line appears, and between two of them.
_PATIENCE: Final = 1.0
_PAUSE: Final = 0.25
#: Seconds and share of the inner step after which the time that is left can be estimated.
_LONG: Final = 3.0
_ENOUGH: Final = 0.1
_CLEAR: Final = "\r\x1b[K"


class Line:
    """The line. It appears a second after it was made, and again after each message that is written meanwhile.

    Parameters
    ----------
    stream
        The terminal.
    width
        Columns of the terminal.
    clock
        Returns seconds.
    """

    def __init__(self, stream: Any, width: int = 80, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._width, self._clock = stream, width, clock
        self._lock = threading.RLock()
        self._start = clock()
        self._step = ""
        self._inside: tuple[int, int | None, float] | None = None
        self._is_shown = False

    def report(self, step: str, done: int, of: int | None) -> None:
        """Take a report (:data:`fairaudit.core.progress.Listener`)."""
        with self._lock:
            if step == _INSIDE:
                began = self._inside[2] if self._inside is not None and done else self._clock()
                self._inside = (done, of, began)
            else:
                self._step, self._inside = _numbers(step, done, of), None

    @property
    def text(self) -> str:
        """What the line says now; nothing if no step was reported."""
        with self._lock:
            now = self._clock()
            parts = [self._step] if self._step else []
            if self._inside is not None and self._inside[0]:  # nothing is known until a part is done
                done, of, began = self._inside
                parts.append(_numbers(_INSIDE, done, of))
                spent = now - began
                if of is not None and spent >= _LONG and done >= _ENOUGH * of:
                    parts.append(f"about {_seconds(spent * (of - done) / done)} left for these")
            return ", ".join([*parts, _seconds(now - self._start)]) if parts else ""

    def draw(self) -> None:
        """Show the line, if it has waited long enough."""
        with self._lock:
            if self._clock() - self._start >= _PATIENCE and (text := self.text):
                self._stream.write(_CLEAR + text[: self._width - 1])
                self._stream.flush()
                self._is_shown = True

    def clear(self) -> None:
        """Remove the line, for a message or for good."""
        with self._lock:
            if self._is_shown:
                self._stream.write(_CLEAR)
                self._stream.flush()
                self._is_shown = False


class _Around:
    """A stream on which messages take the place of the line."""

    def __init__(self, stream: Any, line: Line) -> None:
        self._stream, self._line = stream, line

    def write(self, text: str) -> Any:
        self._line.clear()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def shown_progress(words: Words) -> Iterator[None]:
    """Show on stderr how far the steps inside this context are, if it is a terminal that can rewrite a line.

    Nothing is shown with ``--quiet`` and ``--json``.
    """
    import os
    import shutil

    stream = sys.stderr
    if (
        words.quiet
        or is_set("json")
        or stream is None
        or not stream.isatty()
        or os.environ.get("TERM", "dumb") == "dumb"
    ):
        yield
        return
    line = Line(getattr(stream, "trusted", stream), shutil.get_terminal_size().columns)
    done = threading.Event()

    def draw() -> None:
        while not done.wait(_PAUSE):
            line.draw()

    drawing = threading.Thread(target=draw, daemon=True)
    sys.stderr = _Around(stream, line)
    drawing.start()
    try:
        with listening(line.report):
            yield
    finally:
        done.set()
        drawing.join()
        line.clear()
        sys.stderr = stream


def _numbers(step: str, done: int, of: int | None) -> str:
    if of is not None:
        return f"{step}: {done:,} of {of:,} done"
    return f"{step}: {done:,}" if done else step


def _seconds(seconds: float) -> str:
    """Write a time with the precision that an estimate has.

    Examples
    --------
    >>> _seconds(4.2), _seconds(200)
    ('4 s', '3 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
