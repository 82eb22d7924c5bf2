"""Files of one folder are those of one run, wherever a run dies."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairaudit.core import scratch
from fairaudit.core.errors import InputError
from fairaudit.core.files import write_atomically
from fairaudit.core.runs import MANIFEST, read_checked, refresh, run_of, write_run
from fairaudit.core.scratch import PrivateFolder, locked
from tests.durability.killing import killed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks and signals of POSIX")

OLD = {"a.json": "old a", "b.csv": "old b", "secret.csv": "old secret"}
NEW = {"a.json": "new a", "b.csv": "new b", "c.html": "new c"}


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith((".", "fairaudit-"))}


def deaths(work: Callable[[], object], renew: Callable[[], object]) -> Iterator[int]:
    """Die before each change in turn; what is to be seen is seen between two deaths."""
    for call in range(200):
        renew()
        if not killed(work, before=call):
            return
        yield call


@pytest.mark.slow
def test_a_run_that_dies_leaves_the_old_files_or_the_new(tmp_path: Path) -> None:
    write = {"new": lambda: write_run(tmp_path, "audit", NEW), "old": lambda: write_run(tmp_path, "audit", OLD)}
    seen = []
    for _ in deaths(write["new"], write["old"]):
        read_checked(tmp_path / "b.csv")  # any reader completes a run that counts
        assert content(tmp_path) in (OLD, NEW)
        seen.append(content(tmp_path) == NEW)
        for name, text in content(tmp_path).items():
            assert read_checked(tmp_path / name).decode() == text
    assert len(seen) > 15
    assert seen == sorted(seen)  # one moment before which it is the old run, and after which it is the new one
    assert {*seen} == {True, False}
    write["new"]()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NEW, MANIFEST])  # what the dead left is gone


def test_a_file_whose_writer_dies_is_the_old_one_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    work, renew = (lambda text=text: write_atomically(path, text) for text in ("new", "old"))
    assert {path.read_text() for _ in deaths(work, renew)} == {"old", "new"}
    write_atomically(path, "new")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_a_file_that_is_drawn_again_is_never_that_of_another_run(tmp_path: Path) -> None:
    def renew() -> None:
        write_run(tmp_path, "history", {"history.json": "1", "history.html": "page"})

    seen = set()
    for _ in deaths(lambda: refresh(tmp_path / "history.json", "2"), renew):
        seen.add(read_checked(tmp_path / "history.json"))
        assert read_checked(tmp_path / "history.html") == b"page"
    assert seen == {b"1", b"2"}


def test_other_files_stay_and_other_kinds_have_their_own(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_run(tmp_path, "audit", OLD)
    write_run(tmp_path, "comparison", {"comparison.json": "c"})
    assert write_run(tmp_path, "audit", NEW) == ["secret.csv"]
    assert content(tmp_path) == {**NEW, "notes.txt": "mine", "comparison.json": "c"}
    assert (run_of(tmp_path / "comparison.json"), run_of(tmp_path / "notes.txt")) == ("comparison", None)


def test_a_changed_file_is_refused_until_it_stands_alone(tmp_path: Path) -> None:
    write_run(tmp_path, "audit", OLD)
    (tmp_path / "a.json").write_text("of another run")
    with pytest.raises(InputError, match=r"a\.json: this file is not the one that its run wrote"):
        read_checked(tmp_path / "a.json")
    assert read_checked(tmp_path / "b.csv") == b"old b"
    (tmp_path / MANIFEST).unlink()
    assert read_checked(tmp_path / "a.json") == b"of another run"


def test_a_file_drawn_again_is_still_of_its_run(tmp_path: Path) -> None:
    write_run(tmp_path, "audit", OLD)
    refresh(tmp_path / "b.csv", "drawn again")
    assert read_checked(tmp_path / "b.csv") == b"drawn again"


def test_what_is_in_the_way_is_seen_before_anything_is_replaced(tmp_path: Path) -> None:
    write_run(tmp_path, "audit", OLD)
    (tmp_path / "c.html").mkdir()
    with pytest.raises(IsADirectoryError) as error:
        write_run(tmp_path, "audit", NEW)
    assert error.value.filename == str(tmp_path / "c.html")
    (tmp_path / "c.html").rmdir()
    assert content(tmp_path) == OLD


@pytest.mark.parametrize(
    "manifest",
    [
        "{",
        "[]",
        "3",
        '{"schema_version": 1}',
        '{"schema_version": 2, "runs": {}, "removes": []}',
        '{"schema_version": 1, "runs": {"audit": {"../b": "x"}}, "removes": []}',
        '{"schema_version": 1, "runs": {}, "removes": [".."]}',
        '{"schema_version": 1, "runs": {}, "removes": [7]}',
        '{"schema_version": 1, "runs": {}, "removes": [""]}',
    ],
)
def test_manifests_of_others(manifest: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(manifest)
    (tmp_path / "a.json").write_text("a")
    with pytest.raises(InputError, match="fairaudit did not write this manifest"):
        read_checked(tmp_path / "a.json")


def test_an_interrupted_run_in_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path, "audit", OLD)
    stage = tmp_path / ".fairaudit-switch"
    stage.mkdir()
    (stage / MANIFEST).write_text(json.dumps({"schema_version": 1, "runs": {"audit": {}}, "removes": []}))

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(scratch.os, "open", refused)
    with pytest.raises(InputError, match="a run was interrupted while it replaced the files of this folder"):
        read_checked(tmp_path / "a.json")


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    children = []
    for run in range(8):
        child = os.fork()
        if child == 0:
            try:
                for _ in range(5):
                    write_run(tmp_path, "audit", {name: f"{run} {name}" for name in ("a", "b", "c")})
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert {os.waitpid(child, 0)[1] for child in children} == {0}
    (run,) = {text.split()[0] for text in content(tmp_path).values()}
    assert content(tmp_path) == {name: f"{run} {name}" for name in ("a", "b", "c")}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", MANIFEST]


def test_a_lock_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock, "history.json"), pytest.raises(InputError) as error, locked(lock, "history.json", seconds=0.05):
        pass
    assert str(error.value) == "history.json: waited 0.05 seconds for another run that is changing it; try again later"
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(scratch.fcntl, "flock", none)
    with pytest.warns(UserWarning, match="this file system has no locks"), locked(tmp_path / "lock", "x"):
        pass


def test_folders_of_the_living_and_of_others_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / "new-mine").mkdir()
    (tmp_path / "new-deadbeef").mkdir()
    with PrivateFolder(tmp_path, "new-") as first, PrivateFolder(tmp_path, "new-") as second:
        assert first.path.exists()
        assert second.path.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["new-mine"]
