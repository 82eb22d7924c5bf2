"""Progress: a line on a terminal, nothing anywhere else, and numbers that are those of the work."""

from __future__ import annotations

import io
import os
import select
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command

import fairaudit
from fairaudit.cli.app import app
from fairaudit.cli.progress import Line, shown_progress
from fairaudit.core.progress import listening, report
from fairaudit.core.text import plain
from fairaudit.report.words.wording import cell_width

pty = pytest.importorskip("pty")


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(io.StringIO(), width=100, clock=clock)


def test_nothing_is_shown_of_a_short_step(line: Line, clock: Clock) -> None:
    line.report("rows read", 100, None)
    clock.now = 0.9
    line.draw()
    assert line._stream.getvalue() == ""
    clock.now = 1.2
    line.draw()
    line.clear()
    assert line._stream.getvalue() == "\r\x1b[Krows read: 100, 1 s\r\x1b[K"


def test_something_is_shown_before_the_first_report(line: Line) -> None:
    assert line.text == "starting, 0 s"


def test_the_running_search_is_named_and_its_name_is_harmless(line: Line, clock: Clock) -> None:
    name = "accent\x1b[31m\u202e = 短い"
    line.report("searches", 1, 5, name)
    clock.now = 2.0
    assert line.text == f"searches: 1 of 5 done, 2 s, now {plain(name)}"
    assert "\x1b" not in line.text
    line.report("measuring groups", 0, None)
    assert line.text == "measuring groups, 2 s"


def test_the_line_is_not_drawn_over_a_line_that_has_begun(line: Line, clock: Clock) -> None:
    clock.now = 2.0
    other = io.StringIO()
    line.give_way(other, "0.1")
    line.draw()
    assert line._stream.getvalue() == ""
    line.give_way(other, "2\n")
    line.draw()
    assert other.getvalue() == "0.12\n"
    assert line._stream.getvalue() == "\r\x1b[Kstarting, 2 s"


def test_a_step_inside_another_is_estimated(line: Line, clock: Clock) -> None:
    line.report("searches", 1, 5)
    line.report("shuffles", 0, 999)
    clock.now = 2.0
    assert line.text == "searches: 1 of 5 done, 2 s"
    line.report("shuffles", 333, 999)
    assert line.text == "searches: 1 of 5 done, shuffles: 333 of 999 done, 2 s"  # too early to say
    clock.now = 10.0
    assert line.text == "searches: 1 of 5 done, shuffles: 333 of 999 done, about 20 s left for these, 10 s"
    line.report("searches", 2, 5)
    assert line.text == "searches: 2 of 5 done, 10 s"


def test_a_narrow_terminal_has_one_line(clock: Clock) -> None:
    line = Line(io.StringIO(), width=40, clock=clock)
    clock.now = 2.0
    line.report("searches of nine splits", 1, 5, "短い" * 9)
    line.draw()
    assert cell_width(line._stream.getvalue().removeprefix("\r\x1b[K")) < 40


def test_reports_go_to_whoever_listens() -> None:
    seen: list[tuple[str, int, int | None, str]] = []
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(60)], "errors": 2, "words": 20})
    log = fairaudit.read_log(frame.assign(sex=["f", "m"] * 30, accent=["a", "b", "c"] * 20))
    with listening(lambda *one: seen.append(one)):
        fairaudit.read_log(frame)
        fairaudit.audit(log, permutations=19)
    report("searches", 1, 2)
    assert ("rows read", 60, None, "") in seen
    assert [one for one in seen if one[0] == "searches"] == [("searches", 0, 2, "sex"), ("searches", 1, 2, "accent")]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "wanted", "kind", "shown"),
    [
        (Terminal(), True, "xterm", True),
        (Terminal(), False, "xterm", False),
        (Terminal(), True, "dumb", False),
        (io.StringIO(), True, "xterm", False),
        (None, True, "xterm", False),
    ],
    ids=["terminal", "not wanted", "dumb", "pipe", "closed"],
)
def test_the_line_is_for_terminals(
    stream: io.StringIO | None, wanted: bool, kind: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_progress(wanted=wanted):
        assert (sys.stderr is not stream) == shown
        if shown:
            print("a message", file=sys.stderr)
    assert sys.stderr is stream
    assert stream is None or stream.getvalue() == ("a message\n" if shown else "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of two systems, another of one of them, a manifest, and the results of an audit and of a comparison."""
    folder = tmp_path_factory.mktemp("progress")
    n = 240
    rows = pd.DataFrame({"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 60}" for i in range(n)]})
    rows["accent"] = [f"{'ab'[i % 2]}" for i in range(n)]
    rows["reference"] = "one two three four"
    rows["hypothesis"] = ["one two three" if i % 2 or i % 3 else "one two three four" for i in range(n)]
    rows["other"] = ["one four" if i % 5 else "one two three four" for i in range(n)]
    rows.to_csv(folder / "log.csv", index=False)
    rows.drop(columns="hypothesis").rename(columns={"other": "hypothesis"}).to_csv(folder / "new.csv", index=False)
    rows.to_json(folder / "manifest.json", orient="records", lines=True)
    rows[["speaker_id", "accent"]].drop_duplicates().to_csv(folder / "labels.csv", index=False)
    others = [f"s{(i + 7 * (i // 60 % 2)) % 60}" for i in range(n)]  # half of the trials are of one speaker
    pd.DataFrame({"first": rows["speaker_id"], "second": others, "score": [i * 37 % 101 for i in range(n)]}).to_csv(
        folder / "trials.csv", index=False
    )
    audit = fairaudit.audit(folder / "log.csv", by="accent", permutations=19)
    fairaudit.save(audit, folder)
    fairaudit.save(fairaudit.record(audit.models, "1", folder / "log.csv"), folder / "history.json")
    return folder


READING = ["reading", "rows read", "checking rows"]
SUMMED = [*READING, "summing rows"]
ASSIGNED = [*SUMMED, "assigning cohorts"]
#: A command line of each command, and steps that it reports in this order.
STEPS = {
    "demo": ("demo out --permutations 19", [*SUMMED, "searches", "measuring groups", "writing files"]),
    "validate": ("validate log.csv", READING),
    "trials": ("trials trials.csv --labels labels.csv -o out.json", ["reading", "comparing", "writing files"]),
    "audit": (
        "audit log.csv --by accent --permutations 19 -o out",
        [*SUMMED, "searches", "shuffles", "measuring groups", "writing files"],
    ),
    "discover": ("discover log.csv --by accent --permutations 19", [*SUMMED, "searches", "measuring groups"]),
    "report": ("report audit.json -o out.html", ["drawing", "writing files"]),
    "board": (
        "board log.csv --hypothesis-column hypothesis,other --by accent --permutations 19 -o out",
        [*READING, "aligning utterances", "summing rows", "comparing", "draws", "writing files"],
    ),
    "compare": (
        "compare log.csv new.csv --cohorts cohorts.json --permutations 19",
        [*READING, *READING, "pairing utterances", "summing rows", "comparing", "sign flips", "draws"],
    ),
    "score": ("score log.csv -o out.parquet", [*READING, "rows written"]),
    "tally": ("tally log.csv -o out.parquet", [*READING, "rows written"]),
    "assign": ("assign log.csv --cohorts cohorts.json", [*ASSIGNED, "rows written"]),
    "examples": ("examples log.csv --cohorts cohorts.json -o out.csv", [*ASSIGNED, "summing rows", "writing files"]),
    "targets": ("targets log.csv --cohorts cohorts.json -o out.csv", [*ASSIGNED, "rows written", "writing files"]),
    "export": (
        "export manifest.json --to nemo --cohorts cohorts.json -o out.json",
        [*ASSIGNED, "lines read", "lines labelled", "lines written", "writing files"],
    ),
}
#: Commands that read no log, and draw no page.
SHORT = {"config", "gate", "history", "methods", "schema"}


def steps_of(command: str, cli: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run a command with a terminal for its messages, and return the steps that the line is given."""
    steps: list[str] = []

    class Watched(Line):
        def report(self, step: str, *more: object) -> None:
            steps.append(step)
            super().report(step, *more)

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("fairaudit.cli.progress.Line", Watched)
    assert cli(*command.split()).code in (0, 4, 6), sys.stderr.getvalue()
    return steps


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name == "demo" else ())
        for name in get_command(app).commands
        if name not in SHORT
    ],
)
def test_every_command_reports_its_steps(
    name: str, folder: Path, cli: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, expected = STEPS[name]
    monkeypatch.chdir(shutil.copytree(folder, tmp_path / "in"))
    steps = iter(steps_of(command, cli, monkeypatch))
    assert [step for step in expected if step in steps] == expected  # "in" goes on where it was


@pytest.mark.parametrize(
    "command", ["validate log.csv --quiet", "validate log.csv --json", "discover log.csv --permutations 19 --json"]
)
def test_nobody_is_shown_steps_who_wants_none(
    command: str, folder: Path, cli: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert steps_of(command, cli, monkeypatch) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize(("options", "shown"), [([], True), (["--quiet"], False), (["--json"], False)])
def test_an_audit_on_a_terminal(options: list[str], shown: bool, small_files: dict[str, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fairaudit", "discover", str(small_files["log"]), "--permutations", "4999"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.chdir(tmp_path)
        os.execv(sys.executable, [*command, *options])
    output, start = b"", time.monotonic()
    while select.select([terminal], [], [], 60)[0] and time.monotonic() - start < 100:
        try:
            output += os.read(terminal, 65536)
        except OSError:  # the end of a terminal
            break
    os.waitpid(pid, 0)
    assert (b"searches: " in output) == shown
    assert b"Traceback" not in output
    assert not shown or b"\r\x1b[K" in output


def test_nothing_is_written_to_a_pipe(cli, small_files: dict[str, Path], tmp_path: Path) -> None:
    ran = cli(
        "audit", small_files["log"], "--permutations", 19, "--method", "named", "--by", "accent", "-o", tmp_path / "o"
    )
    assert "\x1b[K" not in ran.err
    assert "searches:" not in ran.err
