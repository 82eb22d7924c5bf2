"""Calls side by side: the same results, and no process left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any

import pytest

from fairaudit.core.errors import FairauditError, UsageError
from fairaudit.core.workers import Workers, interrupts_held


def process_of(number: int) -> tuple[int, int]:
    return number, os.getpid()


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_or_wait(seconds: int) -> None:
    if not seconds:
        raise UsageError("number 0")
    time.sleep(seconds)


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_calls(jobs: int) -> None:
    with Workers(jobs) as workers:
        results = workers.map(process_of, [(i,) for i in range(5)], effort=[1, 5, 2, 4, 3])
    assert [number for number, _ in results] == [0, 1, 2, 3, 4]
    assert ({process for _, process in results} == {os.getpid()}) is (jobs == 1)


def has_imported(module: str) -> bool:
    return module in sys.modules


def test_processes_can_be_prepared_for_the_calls() -> None:
    """A module that nothing else imports is there, at least where it was asked for."""
    with Workers(2) as workers:
        workers.prepare("tabnanny")
        assert any(workers.map(has_imported, [("tabnanny",)] * 6, effort=[1] * 6))
    with Workers(1) as alone:
        alone.prepare("tabnanny")
    assert "tabnanny" not in sys.modules


def test_processes_that_were_prepared_in_vain_end() -> None:
    before = {*multiprocessing.active_children()}
    with Workers(2) as workers:
        workers.prepare("tabnanny")
    assert {*multiprocessing.active_children()} == before


def test_an_error_is_that_of_the_call() -> None:
    with Workers(2) as workers, pytest.raises(UsageError, match="number 0"):
        workers.map(fail_or_wait, [(0,), (0,)], effort=[1, 1])


def test_a_process_that_is_killed_is_a_sentence() -> None:
    with Workers(2) as workers, pytest.raises(FairauditError, match=r"ended early.*use jobs=1"):
        workers.map(die, [(0,), (1,)], effort=[1, 1])


def test_nobody_waits_for_calls_after_an_error() -> None:
    before = {*multiprocessing.active_children()}
    began = time.monotonic()
    with pytest.raises(UsageError, match="number 0"), Workers(2) as workers:
        workers.map(fail_or_wait, [(0,), (60,)], effort=[1, 1])
    assert time.monotonic() - began < 50
    assert {*multiprocessing.active_children()} == before


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="POSIX")
def test_an_interrupt_that_another_thread_takes_is_held_back_as_well() -> None:
    """Otherwise it would stop the start of a process half-way, which then prints a traceback."""
    seen: list[int] = []
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number)), signal.set_wakeup_fd(tell)
    try:
        with interrupts_held():
            signal.pthread_kill(other.ident or 0, signal.SIGINT)
            os.read(told, 1)  # until the other thread has it
            assert seen == []
        assert seen == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.set_wakeup_fd(before[1])
        end.set()
        other.join()
        os.close(told)
        os.close(tell)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.default_int_handler])
def test_who_handles_interrupts_is_as_before(handler: Any) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with interrupts_held():
            pass
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_at_least_one_job() -> None:
    with pytest.raises(UsageError, match="jobs must be at least 1, not 0"):
        Workers(0)
