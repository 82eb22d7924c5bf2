"""Kill the command, and run it many times at once: ``python -m tests.durability [KILLS] [--appends N] [--seed N]``.

Needs POSIX. 200 kills and 40 appends take a quarter of an hour on two busy cores.

Each run of ``audit --history``, ``compare`` or ``history`` is killed with SIGKILL, half of them at a random time and
half before a random change of the file system. The folder holds the files of an earlier, unredacted run. After each
kill, every file must be, byte for byte, that of the earlier run or that of the new one, and all files of the audit's
folder those of the same run. In the end, complete runs must leave no hidden file and no temporary folder.

Then audits add as many releases to one history at the same time, and write to one folder. No release may be lost, and
the folder must be that of one of them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import fairaudit
import fairaudit.api.audit
import fairaudit.api.releases
import fairaudit.api.results  # so that no child has to import what it needs
from fairaudit.cli import main
from fairaudit.core.runs import complete
from fairaudit.samples import make_sample
from tests.durability.killing import at_once, changes_of, killed

_AUDIT = (
    "audit {log} --method zip-census --method named --by device --census census.csv --permutations 19 -o out "
    "--history history.json --release"
)
COMMANDS = {
    "audit": f"{_AUDIT} 2",
    "compare": "compare old.csv new.csv --permutations 19 -o comparison.json --markdown comparison.md",
    "history": "history history.json --search device --markdown history.md --svg history.svg",
}
#: Commands that write what is there before a run is killed.
BEFORE = {
    "audit": [f"{_AUDIT.format(log='old.csv')} 1 --unredacted"],
    "compare": ["compare old.csv old2.csv --permutations 19 -o comparison.json --markdown comparison.md --unredacted"],
    "history": [],
}


def fairaudit_main(command: str) -> Callable[[], None]:
    """Return a function that runs a command in this process, in silence."""

    def run() -> None:
        sys.argv = ["fairaudit", *command.split()]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                main()
            except SystemExit as left:
                if left.code not in (0, 4):
                    raise RuntimeError(f"{command}: {said.getvalue()}") from left

    return run


def files(folder: Path) -> dict[str, bytes]:
    """Read all files but the hidden ones, by their path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".") and "/." not in name}


def restore(folder: Path, content: dict[str, bytes]) -> None:
    """Make the files of a folder what they were; hidden ones stay."""
    for name in files(folder).keys() - content.keys():
        (folder / name).unlink()
    for name, data in content.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def prepare(folder: Path) -> None:
    """Write two logs and a census table."""
    sample = make_sample(speakers=200)
    sample.census.to_csv(folder / "census.csv", index=False)
    for name, suffix in (("old", ""), ("old2", " uh"), ("new", " oh")):
        changed = sample.log["hypothesis"] + suffix
        rows = sample.log.assign(hypothesis=changed.where(sample.log.index % 3 == 0, sample.log["hypothesis"]))
        rows.to_csv(folder / f"{name}.csv", index=False)


def judged(folder: Path, old: dict[str, bytes], new: dict[str, bytes]) -> str:
    """Say which run the files of a folder are of; those of ``out`` are one thing, every other file is another."""
    complete(folder / "out")  # as any reader does
    now = files(folder)
    parts = [{name for name in old.keys() | new.keys() if name.startswith("out/")}]
    parts += [{name} for name in (old.keys() | new.keys()) - parts[0]]
    states = set()
    for part in parts:
        found = {name: now.get(name) for name in part}
        before, after = ({name: one.get(name) for name in part} for one in (old, new))
        if found not in (before, after):
            return f"MIXED: {sorted(name for name in part if found[name] != after[name])}"
        if before != after:
            states.add("new" if found == after else "old")
    for name in ("audit.json", "cohorts.json"):
        if (folder / "out" / name).exists():
            (fairaudit.read_result if name == "audit.json" else fairaudit.read_models)(folder / "out" / name)
    return "between files" if len(states) == 2 else f"{states.pop()} files"


def attack(kills: int, seed: int) -> Counter[str]:
    """Kill runs, and count what they leave."""
    rng, left = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as place:
        tempfile.tempdir, folder = scratch, Path(place)
        os.chdir(folder)
        prepare(folder)
        killed(fairaudit_main(BEFORE["audit"][0]))  # in a process of its own: threads do not survive a fork
        inputs = files(folder)
        states = {}
        for name, command in COMMANDS.items():
            restore(folder, inputs)
            for first in BEFORE[name]:
                killed(fairaudit_main(first))
            work, old = fairaudit_main(command.format(log="new.csv")), files(folder)
            began = time.perf_counter()
            killed(work)
            duration = time.perf_counter() - began
            new = files(folder)
            restore(folder, old)
            states[name] = work, old, new, duration, changes_of(work)
        for kill in range(kills):
            name = [*COMMANDS][kill // 2 % len(COMMANDS)]
            work, old, new, duration, changes = states[name]
            restore(folder, old)
            if kill % 2:
                died = killed(work, before=rng.randrange(changes))
            else:
                died = killed(work, after=rng.uniform(0, duration))
            left[f"{name}, {judged(folder, old, new) if died else 'done before the kill'}"] += 1
        for work, old, *_ in states.values():
            restore(folder, old)
            killed(work)
        hidden = [*folder.rglob(".*"), *Path(scratch).iterdir()]
        left["hidden files and temporary folders left"] = len(hidden)
    tempfile.tempdir = None
    return left


def append(n: int) -> Counter[str]:
    """Run audits at once that add to one history and write to one folder, and count the releases that are lost."""
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        prepare(Path(place))
        at_once(fairaudit_main(f"{_AUDIT.format(log='new.csv')} {i}") for i in range(n))
        names = {release["name"] for release in fairaudit.read_result("history.json")["releases"]}
        audit, models = fairaudit.read_result("out/audit.json"), fairaudit.read_models("out/cohorts.json")
        assert len(models) == len(audit["discoveries"])
        hidden = [*Path(place).rglob(".*")]
    return Counter({"releases lost or files left of parallel runs": n - len(names) + len(hidden)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--appends", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts = attack(options.kills, options.seed)
    counts.update(append(options.appends))
    for what, number in sorted(counts.items()):
        print(f"{number:4}  {what}")
    faults = sum(number for what, number in counts.items() if "MIXED" in what or "left" in what)
    sys.exit(1 if faults else 0)
