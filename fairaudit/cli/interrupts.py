"""Remember that the user interrupted the program, because libraries turn an interrupt into errors of their own."""

from __future__ import annotations

import signal
import threading
from types import FrameType

__all__ = ["Interrupts"]


class Interrupts:
    """A context in which an interrupt raises :exc:`KeyboardInterrupt`, as usual, and is remembered.

    Nothing changes where interrupts are ignored or handled by somebody else, and outside the main thread.

    Attributes
    ----------
    seen
        Whether there was an interrupt.
    """

    def __init__(self) -> None:
        self.seen = False
        self._ours = False

    def __enter__(self) -> Interrupts:
        is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if is_default and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._remember)
            self._ours = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        signal.default_int_handler(number, frame)
