from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fairaudit.core import files
from fairaudit.core.files import require_file_place, require_folder_place, write_atomically


@pytest.mark.parametrize("content", ["grüße\r\n😀\n", "", b"\x00\xff\r\n"])
def test_writes_what_it_is_given(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_atomically(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old and longer")
    write_atomically(path, "new")
    assert path.read_text() == "new"


@pytest.mark.parametrize("step", ["fdopen", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def fails(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os if step.startswith("f") else Path, step, fails)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "out.txt"
    with pytest.raises(FileNotFoundError) as error:
        write_atomically(path, "new")
    assert error.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "out.txt", "new")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o640


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_private_files(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("old")
    write_atomically(tmp_path / "out.txt", "new", private=True)
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o600


def test_places_of_the_other_kind(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    require_file_place(tmp_path / "file")
    require_file_place(tmp_path / "new")
    require_folder_place(tmp_path)
    require_folder_place(tmp_path / "a" / "b")
    for path, error in ((tmp_path, IsADirectoryError), (tmp_path / "a" / "b", FileNotFoundError)):
        with pytest.raises(error) as wrong:
            require_file_place(path)
        assert wrong.value.filename == str(path)
    with pytest.raises(OSError, match="Not a regular file"):
        require_file_place(Path(os.devnull))
    for path in (tmp_path / "file", tmp_path / "file" / "a"):
        with pytest.raises(NotADirectoryError) as wrong:
            require_folder_place(path)
        assert wrong.value.filename == str(path)
