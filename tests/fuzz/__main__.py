"""Fuzz the readers and loaders: ``python -m tests.fuzz [TARGET ...] --cpu-minutes 10 --jobs 2`` (Linux).

Each target reads inputs that are damaged at random, in a process of its own with a limit on memory and a watchdog. A
fault is an exception that is no :class:`~fairaudit.core.errors.FairauditError`, a broken promise (rows lost without a
word, a number that is not finite), a library's warning, output or words in a message, a process that dies, more
memory than :data:`RESIDENT <tests.fuzz.worker.RESIDENT>` beyond what it began with, or an input that takes more than
:data:`SECONDS`. Inputs follow from ``--seed``. The first input of every fault is kept in ``--findings``; one that is
mended moves to ``tests/fuzz/cases``, where pytest reads it for good.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.seeds import Seeds, write_documents
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import RESIDENT, made

#: Most CPU time for one input, and most time if it does nothing, in seconds.
SECONDS = 20
_ASLEEP = 180
#: A process is replaced after that much CPU time, so that leaks do not add up.
_PROCESS = 120.0


@dataclass
class Summary:
    """What a target did."""

    name: str
    inputs: int = 0
    cpu: float = 0.0
    slowest: float = 0.0
    peak: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: dict[str, dict[str, Any]] = field(default_factory=dict)
    n_faults: int = 0

    def fault(self, number: int, outcome: dict[str, Any]) -> str:
        """Count a fault, and give its kind if it is a new one."""
        self.n_faults += 1
        kind = f"{outcome['what']} at {outcome['where']}"
        if kind in self.faults:
            return ""
        self.faults[kind] = {"input": number, "message": outcome["message"]}
        return kind

    def row(self) -> str:
        """A row of the table."""
        accepted = self.ends["accepted"] / max(1, self.inputs)
        return (
            f"| {self.name} | {self.inputs:,} | {self.cpu / 60:.1f} | {self.inputs / max(self.cpu, 1e-9):.0f} | "
            f"{accepted:.0%} | "
            f"{len(self.kinds)} | {self.slowest:.1f} | {self.peak} | {self.n_faults} ({len(self.faults)} kinds) |"
        )


_HEADER = (
    "| target | inputs | CPU minutes | inputs / CPU s | accepted | kinds of message | slowest, CPU s | memory, MiB "
    "| faults |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def fuzz(name: str, *, seed: str, seconds: float, folder: Path, findings: Path, first: int = 0) -> Summary:
    """Run one target for some seconds of CPU time."""
    summary = Summary(name)
    number = first
    while summary.cpu < seconds:
        left = min(_PROCESS, seconds - summary.cpu)
        number = _process(summary, number, seed=seed, seconds=left, folder=folder, findings=findings)
    return summary


def _process(summary: Summary, number: int, *, seed: str, seconds: float, folder: Path, findings: Path) -> int:
    """Run one process of a target, and return the number of the next input."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.worker",
        summary.name,
        seed,
        str(number),
        str(seconds + _START),
        str(folder),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    assert worker.stdout is not None
    begun, started, wall, pending = None, None, time.monotonic(), b""
    cpu, hung = 0.0, False
    while True:
        ready, _, _ = select.select([worker.stdout], [], [], 1)
        if not ready and begun is not None:
            hung = _cpu_of(worker.pid) - cpu > SECONDS or time.monotonic() - wall > _ASLEEP
        if not ready and not hung:
            continue
        chunk = os.read(worker.stdout.fileno(), 1 << 16) if ready else b""
        if not chunk:
            break
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            event = json.loads(line)
            if started is None:
                started = event["cpu"]
            if "begin" in event:
                begun, wall, cpu = event["begin"], time.monotonic(), event["cpu"]
                continue
            number, begun = event["ended"] + 1, None
            summary.inputs += 1
            summary.slowest = max(summary.slowest, event["cpu"] - cpu)
            summary.peak = max(summary.peak, event["peak"])
            summary.ends[event["end"]] += 1
            if event["end"] == "refused":
                summary.kinds[event["kind"]] += 1
            elif event["end"] == "fault":
                _keep(summary, event["ended"], event, seed, folder, findings)
            cpu = event["cpu"]
    if hung:
        worker.kill()
    _, noise = worker.communicate()
    summary.cpu += cpu - (started or 0.0) + (SECONDS if hung else 0)
    if begun is not None or worker.returncode not in (0, -9):
        what = "hang" if hung else f"process died with {worker.returncode}"
        outcome = {"what": what, "where": "", "message": noise.decode("utf-8", "replace")[-300:]}
        summary.inputs += 1
        summary.ends["fault"] += 1
        _keep(summary, number, outcome, seed, folder, findings)
        if started is None:
            raise SystemExit(f"{summary.name}: {outcome}\n{noise.decode('utf-8', 'replace')}")
        number += 1
    return number


def _cpu_of(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


#: CPU seconds that imports and the first input take, about.
_START = 4.0


def _keep(summary: Summary, number: int, outcome: dict[str, Any], seed: str, folder: Path, findings: Path) -> None:
    kind = summary.fault(number, outcome)
    if not kind:
        return
    print(f"{summary.name} {seed} {number}: {kind}: {outcome['message']}", flush=True)
    if outcome["what"] == "input that cannot be made":
        return
    target = TARGETS[summary.name]
    findings.mkdir(parents=True, exist_ok=True)
    safe = "".join(c if c.isalnum() else "-" for c in kind)[:80]
    content = made(summary.name, target, seed, number, Seeds(folder / "seeds"))
    (findings / f"{summary.name}.{safe}.{number}{target.suffix}").write_bytes(content)


def main() -> None:
    """Run targets beside each other, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers and loaders.")
    parser.add_argument("target", nargs="*", choices=[*TARGETS, []], help="all by default")
    parser.add_argument("--cpu-minutes", type=float, default=10.0, help="of each target")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--summary", type=Path, help="JSON to write")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairaudit-fuzz-") as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        write_documents(folder / "seeds")

        def run(target: str) -> Summary:
            return fuzz(target, seed=given.seed, seconds=60 * given.cpu_minutes, folder=folder, findings=given.findings)

        with ThreadPoolExecutor(given.jobs) as pool:
            summaries = []
            print(_HEADER, flush=True)
            for summary in pool.map(run, given.target or TARGETS):
                summaries.append(summary)
                print(summary.row(), flush=True)
    if given.summary:
        documents = [vars(one) | {"ends": dict(one.ends), "kinds": dict(one.kinds)} for one in summaries]
        given.summary.write_text(json.dumps(documents, indent=1), "utf-8")
    print(f"bounds: {SECONDS} s and {RESIDENT >> 20} MiB an input; seed {given.seed}")
    sys.exit(any(one.n_faults for one in summaries))


if __name__ == "__main__":
    main()
