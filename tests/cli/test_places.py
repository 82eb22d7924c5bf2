"""Where outputs go is checked before any work: nothing is read, and nothing is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import fairaudit
from fairaudit.core import files

LOG = "speaker_id,errors,words,accent\n" + "".join(
    f"s{i},{i % 3},9,{'hill' if i % 2 else 'coast'}\n" for i in range(60)
)
#: Commands whose output is LOCATION, with inputs that exist.
COMMANDS = {
    "discover": "discover log.csv -o {}",
    "assign": "assign log.csv --cohorts run/cohorts.json -o {}",
    "validate": "validate log.csv --quarantine {}",
    "compare": "compare log.csv log2.csv --cohorts run/cohorts.json -o {}",
    "compare markdown": "compare log.csv log2.csv --markdown {}",
    "gate": "gate run/audit.json --max-gap 1 -o {}",
    "gate junit": "gate run/audit.json --max-gap 1 --junit {}",
    "gate markdown": "gate run/audit.json --max-gap 1 --markdown {}",
    "history markdown": "history history.json --markdown {}",
    "history svg": "history history.json --svg {}",
    "report": "report run/audit.json -o {}",
    "export": "export log.csv --to kaldi --cohorts run/cohorts.json -o {}",
    "export stm": "export log.csv --to stm --cohorts run/cohorts.json -o {}",
    "targets": "targets log.csv --cohorts run/cohorts.json -o {}",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    for name in ("log.csv", "log2.csv"):
        (folder / name).write_text(LOG)
    audit = fairaudit.audit(folder / "log.csv", by="accent", permutations=19)
    fairaudit.save(audit, folder / "run")
    fairaudit.save(fairaudit.record(audit.models, "1", folder / "log.csv"), folder / "history.json")
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(template, tmp_path / "work")
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def refused(cli: Callable[..., object], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command that is refused before a log is read or a file is changed, and return its sentence."""

    def work(*_: object, **__: object) -> None:
        raise AssertionError("this work was in vain")

    def run(command: str, code: int) -> str:
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with monkeypatch.context() as patched:
            for name in ("read_log", "audit", "gate", "compare"):
                patched.setattr(fairaudit, name, work)
            ran = cli(*command.split())
        assert (ran.code, ran.out) == (code, ""), ran.err
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
        return str(ran.err.splitlines()[-1])

    return run


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_places_that_cannot_be(command: str, folder: Path, refused: Callable[..., str]) -> None:
    (folder / "folder").mkdir()
    assert refused(command.format("folder"), 3) == "fairaudit: folder: Is a directory"
    assert refused(command.format("none/x.md"), 3) == "fairaudit: none/x.md: No such file or directory"
    assert refused(command.format("log.csv/x.md"), 3) == "fairaudit: log.csv/x.md: Not a directory"
    assert refused(command.format(os.devnull), 3) == f"fairaudit: {os.devnull}: Not a regular file"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_folder_that_is_read_only(command: str, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "access", lambda _, mode: not mode & os.W_OK)  # root may write anywhere
    assert refused(command.format("x.md"), 3).endswith(": Permission denied")


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["itself", "symbolic link", "hard link"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_inputs_are_not_overwritten(
    command: str, link: Callable[..., None] | None, folder: Path, refused: Callable[..., str]
) -> None:
    first = command.split()[1]
    place = first
    if link is not None:
        link(folder / first, folder / "other.md")
        place = "other.md"
    sentence = refused(command.format(place), 2)
    assert sentence.endswith(f"{place} would replace {first}, which is read; give another name")


def test_a_history_is_one_and_can_be_written(folder: Path, refused: Callable[..., str]) -> None:
    (folder / "folder").mkdir()
    for place, told in (("folder", "folder"), ("none/x", "none/x: No such file or directory"), ("log.csv", "log.csv")):
        assert told in refused(f"audit log.csv --history {place} -o new", 3)
    os.link(folder / "history.json", folder / "log.json")
    assert "would replace log.json, which is read" in refused("audit log.json --history history.json -o new", 2)


def test_a_file_of_a_run_is_not_replaced_by_that_of_another(folder: Path, refused: Callable[..., str]) -> None:
    sentence = refused("discover log.csv --by accent -o run/cohorts.json", 2)
    assert sentence.endswith("run/cohorts.json would replace a file of the run in that folder; give another name")


def test_a_page_drawn_again_is_of_its_run(folder: Path, cli) -> None:
    (folder / "run" / "audit.html").write_text("edited")
    assert cli("report", "run/audit.json", "-o", "run/audit.html").code == 0
    assert cli("export", "run/audit.json", "--to", "csv", "-o", "run/cohorts.csv").code == 0
    assert files.sha256_of("run/audit.html") in (folder / "run" / "fairaudit-manifest.json").read_text()
    assert files.sha256_of("run/cohorts.csv") in (folder / "run" / "fairaudit-manifest.json").read_text()


def test_outputs_are_different_files(refused: Callable[..., str]) -> None:
    for command in (
        "gate run/audit.json --max-gap 1 -o x --junit ./x",
        "compare log.csv log2.csv -o x --markdown ./x",
        "export log.csv --to stm --cohorts run/cohorts.json -o x.ctm",
    ):
        assert "would both be written to x" in refused(command, 2)


def test_the_folder_of_an_audit(folder: Path, refused: Callable[..., str]) -> None:
    (folder / "logs").mkdir()
    (folder / "log.csv").rename(folder / "logs" / "log.csv")
    assert "lies in the folder of the log, logs" in refused("audit logs -o logs", 2)
    assert "lies in the folder of the log, logs" in refused("audit logs -o logs/out", 2)
    assert "would replace run/cohorts.csv, which is read" in refused("audit run/cohorts.csv -o run", 2)
    os.link(folder / "run" / "cohorts.csv", folder / "linked.csv")
    assert "would replace linked.csv, which is read" in refused("audit linked.csv -o run", 2)
    assert refused("audit log2.csv -o log2.csv", 3) == "fairaudit: log2.csv: Not a directory"
    assert refused("audit log2.csv -o log2.csv/a/b", 3) == "fairaudit: log2.csv/a/b: Not a directory"
    (folder / "audit.json").write_bytes((folder / "run" / "audit.json").read_bytes())
    assert "a history.json is needed" in refused("audit log2.csv --history audit.json -o new", 3)


def test_a_full_disk_is_a_sentence(folder: Path, shell) -> None:
    """Files may not grow beyond 20 KB, which is less than the page."""
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
    program += "from fairaudit.cli import main; main()"
    before = {path: path.read_bytes() for path in (folder / "run").iterdir()}
    for out in ("run", "new"):
        ran = shell("audit", "log.csv", "--by", "accent", "--permutations", "19", "-o", out, "-q", program=program)
        assert (ran.code, ran.err) == (3, f"fairaudit: {out}: File too large\n")
    assert {path: path.read_bytes() for path in (folder / "run").iterdir()} == before
    assert not (folder / "new").exists()


@pytest.mark.slow
def test_an_earlier_run_leaves_nothing_unsaid(folder: Path, shell) -> None:
    """What the manifest lists is removed or replaced; other files that look like results are named, and stay."""
    small = LOG + "x1,9,9,tiny\nx2,8,9,tiny\n"
    (folder / "small.csv").write_text(small)
    options = ("--by", "accent", "--permutations", 19, "-o", "out")
    assert shell("audit", "small.csv", *options, "--unredacted").code in (0, 4)
    assert shell("report", "out/audit.json", "-o", "out/audit.md").code == 0
    table = folder / "out" / "zip-census.partitions.csv"
    table.write_text("score,signature\n1,x\n")  # of a version without a manifest
    (folder / "out" / "notes.txt").write_text("mine")
    ran = shell("audit", "small.csv", *options)
    assert "removed from out" not in ran.err
    others = "audit.md, zip-census.partitions.csv"
    assert f"note: {others} in out/ were there before and are not of this run" in ran.err
    assert table.exists()
    table.unlink()
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        *("audit.html", "audit.json", "audit.md", "cohorts.csv", "cohorts.json", "fairaudit-manifest.json", "notes.txt")
    ]
