"""Call functions side by side in other processes, or in this one. Results do not depend on it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, Self, TypeVar

from fairaudit.core.errors import FairauditError, UsageError, setting
from fairaudit.core.interrupts import interrupts_deferred
from fairaudit.core.progress import report

__all__ = ["Workers", "interrupts_held"]

T = TypeVar("T")


class Workers:
    """A context in which calls can run side by side.

    Processes are started anew ("spawn"), because a copy of a process with threads may hang, and only when there is
    something to do side by side. A script that uses more than one therefore needs ``if __name__ == "__main__":``.

    Parameters
    ----------
    jobs
        Number of processes; with 1, everything runs in this process.

    Raises
    ------
    UsageError
        If there is no process to work in.

    Examples
    --------
    >>> with Workers(1) as workers:
    ...     workers.map(divmod, [(7, 2), (9, 4)], effort=[1, 2])
    [(3, 1), (2, 1)]
    """

    def __init__(self, jobs: int = 1) -> None:
        if jobs < 1:
            raise UsageError(f"{setting('jobs')} must be at least 1, not {jobs}")
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._others = {*multiprocessing.active_children()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is None:
            return
        if kind is not None:  # do not wait for what nobody wants any more
            for process in {*multiprocessing.active_children()} - self._others:
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def prepare(self, module: str) -> None:
        """Start the processes and import a module in each, while this process goes on.

        Parameters
        ----------
        module
            Name of the module whose functions will be called.
        """
        if self._jobs > 1:
            with interrupts_held(), suppress(BrokenProcessPool):  # a call will raise it again
                for _ in range(self._jobs):
                    self._started().submit(import_module, module)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._jobs, mp_context=context, initializer=_leave_interrupts)
        return self._pool

    def map(
        self,
        function: Callable[..., T],
        calls: Sequence[tuple[Any, ...]],
        effort: Sequence[float],
        *,
        step: str = "calls",
        called: Sequence[str] = (),
    ) -> list[T]:
        """Call a function with several tuples of arguments, and return the results in the same order.

        Parameters
        ----------
        function
            A function of a module.
        calls
            Arguments of each call.
        effort
            Roughly how long each call takes. The longest begin first.
        step
            What the calls are, to report how many are done.
        called
            Name of each call, to report which one runs if they run one after the other.

        Raises
        ------
        FairauditError
            If a process ended before its call did.
        """
        if self._jobs == 1 or len(calls) < 2:
            results = []
            for i, call in enumerate(calls):
                report(step, i, len(calls), now=called[i] if called else "")
                results.append(function(*call))
            return results
        longest_first = sorted(range(len(calls)), key=lambda i: -effort[i])
        try:
            with interrupts_held():
                futures: dict[int, Future[T]] = {i: self._started().submit(function, *calls[i]) for i in longest_first}
            results = []
            report(step, 0, len(calls))
            for i in range(len(calls)):
                results.append(futures[i].result())
                report(step, sum(future.done() for future in futures.values()), len(calls))
            return results
        except BrokenProcessPool as error:
            raise FairauditError(
                "a process that searched ended early: memory may not suffice for so many, or it could not import what "
                f"this program defines; use {setting('jobs', 1)}"
            ) from error


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold interrupts back, also from processes that are started meanwhile, where this is possible (POSIX).

    A mask is that of one thread, and another thread may take the signal, whose handler then runs in the main thread.
    The handler is therefore held back as well.
    """
    with interrupts_deferred(), _signal_blocked():
        yield


@contextmanager
def _signal_blocked() -> Iterator[None]:
    """Block interrupts in this thread, and in processes that it starts, which inherit the mask."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # otherwise the first process starts it, which lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_interrupts() -> None:
    """Leave interrupts to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
