"""Remember that the user interrupted the program, because libraries turn an interrupt into errors of their own."""

from __future__ import annotations

import signal
import threading
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import Final

__all__ = ["INTERRUPTED", "Interrupts"]

#: Exit code after an interrupt, as shells report it.
INTERRUPTED: Final = 130
#: Functions that import a module of C or C++. Some of these swallow an error in the middle, or end the process.
_IMPORTING: Final = (ExtensionFileLoader.create_module.__code__, ExtensionFileLoader.exec_module.__code__)
#: Seconds until an interrupt in such a function is tried again.
_PAUSE: Final = 0.05


class Interrupts:
    """A context in which an interrupt raises :exc:`KeyboardInterrupt`, as usual, and is remembered.

    While a compiled module is imported, the exception waits until that is done. Nothing changes where interrupts are
    ignored or handled by somebody else, and outside the main thread.

    Attributes
    ----------
    seen
        Whether there was an interrupt.
    """

    def __init__(self) -> None:
        self.seen = False
        self._ours = False
        self._again: threading.Timer | None = None

    def __enter__(self) -> Interrupts:
        is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if is_default and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._remember)
            self._ours = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._again is not None:
            self._again.cancel()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        if _is_importing(frame):
            self._again = threading.Timer(_PAUSE, signal.raise_signal, (number,))
            self._again.daemon = True
            self._again.start()
        else:
            signal.default_int_handler(number, frame)


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a compiled module is being imported."""
    while frame is not None and frame.f_code not in _IMPORTING:
        frame = frame.f_back
    return frame is not None
