"""One line on a terminal that says how far a long step is, and goes away when it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from fairaudit.core.progress import listening
from fairaudit.core.text import plain
from fairaudit.report.words.wording import shorten

__all__ = ["Line", "shown_progress"]

#: What a command does until it reports a step, such as to import libraries.
_FIRST: Final = "starting"
#: Steps inside others, whose numbers are added to those of the step around them; all parts of one take equally long.
_INSIDE: Final = ("draws", "shuffles", "sign flips")
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
        self._step, self._now = _FIRST, ""
        self._inside: tuple[str, int, int | None, float] | None = None
        self._is_shown = False
        self._may_follow = True  # not where a message has begun a line

    def report(self, step: str, done: int, of: int | None, now: str = "") -> None:
        """Take a report (:data:`fairaudit.core.progress.Listener`)."""
        with self._lock:
            if step in _INSIDE:
                began = self._inside[3] if self._inside is not None and done else self._clock()
                self._inside = (step, done, of, began)
            else:
                self._step, self._now, self._inside = _numbers(step, done, of), plain(now), None

    @property
    def text(self) -> str:
        """What the line says now."""
        with self._lock:
            time_now = self._clock()
            parts = [self._step]
            if self._inside is not None and self._inside[1]:  # nothing is known until a part is done
                step, done, of, began = self._inside
                parts.append(_numbers(step, done, of))
                spent = time_now - began
                if of is not None and spent >= _LONG and done >= _ENOUGH * of:
                    parts.append(f"about {_seconds(spent * (of - done) / done)} left for these")
            parts.append(_seconds(time_now - self._start))
            return ", ".join([*parts, f"now {self._now}"] if self._now else parts)

    def draw(self) -> None:
        """Show the line, if it has waited long enough."""
        with self._lock:
            if self._clock() - self._start >= _PATIENCE and self._may_follow:
                self._stream.write(_CLEAR + shorten(self.text, self._width - 1))
                self._stream.flush()
                self._is_shown = True

    def clear(self) -> None:
        """Remove the line, for a message or for good."""
        with self._lock:
            if self._is_shown:
                self._stream.write(_CLEAR)
                self._stream.flush()
                self._is_shown = False

    def give_way(self, stream: Any, text: str) -> Any:
        """Write a text to a stream, in place of the line."""
        with self._lock:
            self.clear()
            self._may_follow = text.endswith("\n") if text else self._may_follow
            return stream.write(text)


class _Around:
    """A stream on which messages and results take the place of the line."""

    def __init__(self, stream: Any, line: Line) -> None:
        self._stream, self._line = stream, line

    @property
    def trusted(self) -> _Around:
        """The stream without a filter of control characters; see :func:`fairaudit.cli.streams.show`."""
        return _Around(getattr(self._stream, "trusted", self._stream), self._line)

    def write(self, text: str) -> Any:
        return self._line.give_way(self._stream, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def shown_progress(*, wanted: bool = True) -> Iterator[None]:
    """Show on stderr how far the steps inside this context are, if it is a terminal that can rewrite a line."""
    import os
    import shutil

    out, stream = sys.stdout, sys.stderr
    if not (wanted and _is_terminal(stream) and os.environ.get("TERM", "dumb") != "dumb"):
        yield
        return
    line = Line(getattr(stream, "trusted", stream), shutil.get_terminal_size().columns)
    done = threading.Event()

    def draw() -> None:
        while not done.wait(_PAUSE):
            line.draw()

    drawing = threading.Thread(target=draw, daemon=True)
    sys.stderr = _Around(stream, line)
    if _is_terminal(out):
        sys.stdout = _Around(out, line)
    drawing.start()
    try:
        with listening(line.report):
            yield
    finally:
        done.set()
        drawing.join()
        line.clear()
        sys.stdout, sys.stderr = out, stream


def _is_terminal(stream: Any) -> bool:
    return stream is not None and stream.isatty()


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
