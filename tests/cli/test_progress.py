"""Progress: a line on a terminal, nothing anywhere else, and numbers that are those of the work."""

from __future__ import annotations

import io
import os
import select
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import fairaudit
from fairaudit.cli.options import Words
from fairaudit.cli.progress import Line, shown_progress
from fairaudit.core.progress import listening, report

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
    line = Line(io.StringIO(), width=20, clock=clock)
    clock.now = 2.0
    line.report("searches of nine splits", 1, 5)
    line.draw()
    assert len(line._stream.getvalue().removeprefix("\r\x1b[K")) < 20


def test_reports_go_to_whoever_listens() -> None:
    seen: list[tuple[str, int, int | None]] = []
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(60)], "errors": 2, "words": 20})
    log = fairaudit.read_log(frame.assign(sex=["f", "m"] * 30, accent=["a", "b", "c"] * 20))
    with listening(lambda *one: seen.append(one)):
        fairaudit.read_log(frame)
        fairaudit.audit(log, permutations=19)
    report("searches", 1, 2)
    assert ("rows read", 60, None) in seen
    assert [one for one in seen if one[0] == "searches"] == [("searches", 0, 2), ("searches", 1, 2)]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "quiet", "kind", "shown"),
    [
        (Terminal(), False, "xterm", True),
        (Terminal(), True, "xterm", False),
        (Terminal(), False, "dumb", False),
        (io.StringIO(), False, "xterm", False),
        (None, False, "xterm", False),
    ],
    ids=["terminal", "quiet", "dumb", "pipe", "closed"],
)
def test_the_line_is_for_terminals(
    stream: io.StringIO | None, quiet: bool, kind: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_progress(Words(quiet=quiet)):
        assert (sys.stderr is not stream) == shown
        if shown:
            print("a message", file=sys.stderr)
    assert sys.stderr is stream
    assert stream is None or stream.getvalue() == ("a message\n" if shown else "")


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
