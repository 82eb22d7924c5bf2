"""What reaches a terminal, and what happens where there is none: escapes, colours, closed pipes, interrupts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit

pty = pytest.importorskip("pty")

#: A title for the window, a bell, a colour in one byte, a backspace, an override, an isolate and two marks.
EVIL = "\x1b]0;title\x07\x9b31m\x08\u202e\u2066\u200f\u061c\x1b[31m"
COLOURS = re.compile(r"\x1b\[[\d;]*m")
#: What removes the line of progress, whose text is checked like every other.
REMOVED = re.compile(r"\r\x1b\[K")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COMMANDS = {
    "audit": (0, "audit {log} --by who -o out --permutations 19 --history h.json --release {evil}"),
    "discover": (0, "discover {log} --by who --permutations 19"),
    "json": (0, "discover {log} --by who --permutations 19 --json"),
    "validate": (0, "validate {log}"),
    "validate json": (0, "validate {log} --json"),
    "assign": (0, "assign {log} --cohorts run/cohorts.json"),
    "assign utterances": (0, "assign {log} --cohorts run/cohorts.json --per utterance"),
    "targets": (0, "targets {log} --cohorts run/cohorts.json"),
    "csv": (0, "export run/audit.json --to csv"),
    "markdown": (0, "export run/audit.json --to markdown"),
    "junit": (0, "export run/audit.json --to junit"),
    "model-index": (0, "export run/audit.json --to model-index"),
    "compare": (0, "compare {log} {log2} --cohorts run/cohorts.json --permutations 19"),
    "gate": ((0, 1, 4), "gate run/audit.json --max-gap 1000%"),
    "history": (0, "history history.json"),
    "no file": (3, "audit {evil}"),
    "no column": ((2, 3), "audit {log} --by {evil}"),
    "no option": (2, "audit {log} --{evil}"),
    "no value": (2, "audit {log} --format {evil}"),
    "no command": (2, "{evil}"),
    "no cohorts": (3, "assign {log} --cohorts {log2} --debug"),
    "no number": (2, "audit {log} --permutations {evil}"),
    "traceback": (3, "audit {evil} --debug"),
    "settings": (2, "audit {log} --config evil.toml"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal")
    n = 120
    rows = pd.DataFrame(
        {"speaker_id": [f"{EVIL}{i}" for i in range(n)], "utterance_id": [f"u{EVIL}{i}" for i in range(n)]}
    )
    rows["who"] = np.where(np.arange(n) % 2, f"hill {EVIL}", f"coast {EVIL}")
    rows["errors"], rows["words"], rows[f"column {EVIL}"] = np.arange(n) % 5 + np.arange(n) % 2 * 3, 9, EVIL
    for name in (f"log{EVIL}.parquet", f"log2{EVIL}.parquet"):
        rows.to_parquet(folder / name)
        rows["errors"] += 1
    log = folder / f"log{EVIL}.parquet"
    audit = fairaudit.audit(log, by="who", permutations=19)
    fairaudit.save(audit, folder / "run")
    fairaudit.save(fairaudit.record(audit.models, f"1 {EVIL}", log), folder / "history.json")
    (folder / "evil.toml").write_text('"\\u001b]0;x\\u0007\\u202e" = 1\n')
    return folder


def on_terminal(folder: Path, arguments: list[str], **environment: str) -> tuple[int, str]:
    """Run the command with a terminal for its output and messages."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fairaudit", *arguments],
        cwd=folder,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    parts = []
    while True:
        try:
            parts.append(os.read(ours, 1 << 16))
        except OSError:  # the other end is closed
            break
    os.close(ours)
    return process.wait(60), b"".join(parts).decode("utf-8", errors="replace")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "command"),
    [
        pytest.param(*case, id=name, marks=pytest.mark.exhaustive if i % 3 else ())
        for i, (name, case) in enumerate(COMMANDS.items())
    ],
)
def test_no_control_character_of_a_file_reaches_a_terminal(
    code: int | tuple[int, ...], command: str, folder: Path
) -> None:
    names = {"log": f"log{EVIL}.parquet", "log2": f"log2{EVIL}.parquet", "evil": EVIL}
    left, text = on_terminal(folder, [word.format(**names) for word in command.split()])
    assert left in (code if isinstance(code, tuple) else (code, 4)), text
    assert text
    assert FORBIDDEN.findall(COLOURS.sub("", REMOVED.sub("", text.replace("\r\n", "\n")))) == []
    assert "\x1b[31mu" not in text


def test_ids_that_go_to_another_program_are_those_of_the_log(folder: Path, shell) -> None:
    ran = shell("assign", folder / f"log{EVIL}.parquet", "--cohorts", folder / "run" / "cohorts.json")
    assert f"{EVIL}7," in ran.out
    assert FORBIDDEN.findall(ran.err) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "more", "colours"),
    [({}, [], True), ({"NO_COLOR": "1"}, [], False), ({"TERM": "dumb"}, [], False), ({}, ["--no-color"], False)],
)
def test_colours(environment: dict[str, str], more: list[str], colours: bool, folder: Path) -> None:
    _, text = on_terminal(folder, ["gate", "run/audit.json", "--max-gap", "1000%", *more], **environment)
    assert ("\x1b[" in text) is colours


PIPED = [
    "schema",
    "methods",
    "gate run/audit.json --max-gap 1000%",
    "export run/audit.json --to csv",
    "history history.json",
]


@pytest.mark.slow
@pytest.mark.parametrize("command", PIPED)
@pytest.mark.parametrize("closed", [True, False], ids=["closed at once", "closed after a line"])
def test_a_reader_that_leaves_is_quiet_and_no_passed_gate(command: str, closed: bool, folder: Path) -> None:
    read, write = os.pipe()
    if closed:
        os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "fairaudit", *command.split()], cwd=folder, stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    if not closed:
        os.read(read, 1)
        os.close(read)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode in ((3,) if closed else (0, 3, 4))


@pytest.mark.slow
@pytest.mark.parametrize("stream", [1, 2])
def test_streams_that_are_closed_or_full(stream: int, folder: Path) -> None:
    command = f"{sys.executable} -m fairaudit gate run/audit.json --max-gap 1000%"
    ran = subprocess.run(f"{command} {stream}>&-", shell=True, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 4)
    if stream == 1 and Path("/dev/full").exists():
        ran = subprocess.run(
            f"{command} > /dev/full", shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stderr) == (3, "fairaudit: No space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion(name: str, shell: Callable[..., object]) -> None:
    ran = shell("--show-completion", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert ran.code in (0, 2)
    variables = {"_FAIRAUDIT_COMPLETE": f"complete_{name}", "COMP_WORDS": "fairaudit audit --uni", "COMP_CWORD": "2"}
    variables |= {"_TYPER_COMPLETE_ARGS": "fairaudit audit --uni", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    ran = shell(**variables)
    assert "--unit" in ran.out
    assert ran.err == ""
