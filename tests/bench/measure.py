"""What every benchmark needs: goals with their figures, CPU seconds of functions, and time and memory of processes."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MIB = 2**20
ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """What a goal asks for, what was measured, and whether that meets it."""

    goal: str
    asked: str
    measured: str
    met: bool


#: Measures goals on logs of the full size, or of a share of it.
Benchmark = Callable[[float], Iterator[Row]]


def size(full: int, scale: float, least: int = 1) -> int:
    """Return so many rows at a scale."""
    return max(least, round(full * scale))


def cpu_medians(*functions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the median CPU seconds of each function, over rounds in which all take their turn."""
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.process_time()
            function()
            taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in seconds]


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds of a process, and its peak memory in MiB."""

    cpu: float
    wall: float
    peak: float


_RUN = """
import os, sys, time
start, null = time.perf_counter(), os.open(os.devnull, os.O_WRONLY)
streams = [(os.POSIX_SPAWN_DUP2, null, one) for one in (1, 2)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=streams)
_, status, used = os.wait4(child, 0)
code, wall = os.waitstatus_to_exitcode(status), time.perf_counter() - start
print(code, used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
"""


def command_cost(*command: object) -> Cost:
    """Run Python with some arguments as a process of its own, and return what it costs; a gate may fail.

    It is started by a small process, because the system counts the memory of the one that starts it as its first.
    """
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as installed
    run = [sys.executable, "-c", _RUN, sys.executable, *map(str, command)]
    code, cpu, wall, peak = map(
        float, subprocess.run(run, stdout=subprocess.PIPE, env=compiled, check=True).stdout.split()
    )
    assert code in (0, 1, 4), (command, code)
    return Cost(cpu, wall, peak)


def median_costs(*commands: Sequence[object], rounds: int = ROUNDS) -> list[Cost]:
    """Return the medians of the costs of commands, over rounds in which all take their turn."""
    costs = [[command_cost(*command) for command in commands] for _ in range(rounds)]
    return [
        Cost(*(statistics.median(getattr(one, name) for one in each) for name in ("cpu", "wall", "peak")))
        for each in zip(*costs, strict=True)
    ]


def in_new_process(function: Callable[..., Any], *arguments: object, **named: object) -> tuple[Cost, Any]:
    """Call a function in a new process. Return what the call costs, with the memory it adds, and its result.

    The function and its arguments are imported there, so both must belong to a module.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_costly, (function, arguments, named))


class PeakMemory:
    """A context that measures how far memory rises above what is there at its beginning, as ``mib`` (Linux).

    A peak from before counts as well, so that only the first context of a new process tells much.
    """

    def __enter__(self) -> PeakMemory:
        self._before = _memory("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.mib = _memory("VmHWM") - self._before


def _memory(which: str) -> float:
    """Return what the system says about the memory of this process, in MiB."""
    (line,) = (one for one in Path("/proc/self/status").read_text("ascii").splitlines() if one.startswith(which))
    return int(line.split()[1]) / 1024


def _costly(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Cost, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    with PeakMemory() as memory:
        result = function(*arguments, **named)
    return Cost(time.process_time() - cpu, time.perf_counter() - wall, memory.mib), result
