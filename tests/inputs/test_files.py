"""What is not a file, or does not end, is refused before any work; a path is never data."""

from __future__ import annotations

import gzip
import os
import socket
from pathlib import Path

import pandas as pd
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import opening, read_log
from fairaudit.inputs.files import expand

LOG = "speaker_id,errors,words\na,1,10\nb,2,10\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log in a subfolder."""
    (tmp_path / "logs" / "inner").mkdir(parents=True)
    (tmp_path / "logs" / "inner" / "log.csv").write_text(LOG)
    return tmp_path / "logs"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def bound_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket must be short
        server.bind("socket")
        os.chdir(here)
    return folder / "socket"


def dangling(folder: Path) -> Path:
    (folder / "link.csv").symlink_to(folder / "nothing.csv")
    return folder / "link.csv"


def circle(folder: Path) -> Path:
    (folder / "circle.csv").symlink_to(folder / "circle.csv")
    return folder / "circle.csv"


ODD = {
    "pipe": (pipe, "is a pipe, not a file"),
    "socket": (bound_socket, "is a socket, not a file"),
    "link to nothing": (dangling, "is a link that leads to no file"),
    "link to itself": (circle, "is a link that leads to no file"),
}


@pytest.mark.parametrize(("make", "sentence"), ODD.values(), ids=ODD)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside a folder"])
def test_what_is_not_a_file_is_refused(folder, make, sentence, inside):
    path = make(folder)
    with pytest.raises(InputError, match=sentence):
        read_log(folder if inside else path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin"])
def test_devices_are_refused(path):
    if not Path(path).exists() or Path(path).is_file():
        pytest.skip("no such device")
    with pytest.raises(InputError, match="not a file"):
        read_log(path)


def test_the_empty_path_is_not_the_current_folder():
    with pytest.raises(InputError, match="no log was given"):
        read_log("")


def test_a_folder_that_links_to_itself(folder):
    (folder / "inner" / "again").symlink_to(folder)
    with pytest.raises(InputError, match="is a link to a folder that it is in"):
        expand(folder)


def test_links_to_folders_are_followed(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.csv").write_text(LOG)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert [path.name for path in expand(folder)] == ["log.csv", "more.csv"]


def test_a_file_by_two_paths_is_one_file(folder):
    path = folder / "inner" / "log.csv"
    (folder / "copy.csv").symlink_to(path)
    for twice in ([folder, path], [path, folder / "inner" / ".." / "inner" / "log.csv"], [path, folder / "copy.csv"]):
        with pytest.raises(InputError, match="the same file is given twice"):
            expand(twice)


def test_an_unreadable_folder(folder):
    (folder / "inner").chmod(0)
    try:
        if os.access(folder / "inner", os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(InputError, match="cannot be read: Permission denied"):
            read_log(folder)
    finally:
        (folder / "inner").chmod(0o755)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_names_of_folders_are_not_columns(tmp_path, form):
    folder = tmp_path / "words=20" / "accent=zz"
    folder.mkdir(parents=True)
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "errors": [1, 2], "words": [10, 10]})
    frame.to_csv(folder / "log.csv", index=False) if form == "csv" else frame.to_parquet(folder / "log.parquet")
    log = read_log(tmp_path)
    assert log.columns == ("speaker_id",)
    assert log.tally("speaker_id")["words"].tolist() == [10, 10]


def test_compressed_data_that_never_end(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "_EXPANDED", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(LOG.encode() + b"\n" * (8 << 20)))
    with pytest.raises(
        InputError, match=r"bomb\.gz: the gzip data expand to more than 1,63\d,\d+ bytes|expand to more"
    ):
        read_log(path)


def test_compressed_twice(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(LOG.encode())))
    with pytest.raises(InputError, match="gzip data that was compressed twice"):
        read_log(path)


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_a_text_file_that_changes_while_it_is_read(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.write_text(LOG if name == "log.csv" else '{"speaker_id": "a", "errors": 1, "words": 10}\n')
    opened = opening.OpenedFile.require_unchanged

    def changed(file: opening.OpenedFile) -> None:
        os.utime(file.original, ns=(0, 0))
        opened(file)

    monkeypatch.setattr(opening.OpenedFile, "require_unchanged", changed)
    with pytest.raises(InputError, match="the file was changed while it was read"):
        read_log(path)


def test_a_parquet_file_that_changes_after_it_was_read(tmp_path):
    path = tmp_path / "log.parquet"
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "errors": [1, 2], "words": [10, 10]})
    frame.to_parquet(path)
    log = read_log(path)
    assert "no page checksums" in log.quality.notes[0]
    frame.assign(errors=[5, 6]).to_parquet(path)
    with pytest.raises(InputError, match=r"log\.parquet: the file was changed while it was read"):
        log.tally("speaker_id")


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "_LINE", 1 << 20)
    path = tmp_path / "log.csv"
    path.write_bytes(LOG.encode() + b"a" * (3 << 20))
    with pytest.raises(InputError, match="row 4 is longer than 1 MiB"):
        read_log(path)


SHARD = b"speaker_id,errors,words\na,1,9\nb,2,9\n"


def shards(folder: Path, **contents: bytes) -> Path:
    for name, content in contents.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "log.csv").write_bytes(content)
    return folder


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_copies_of_a_shard_do_not_count_twice(pack, tmp_path):
    folder = shards(tmp_path / "log", one=SHARD, other=SHARD.replace(b"2", b"3"), third=pack(SHARD))
    with pytest.raises(InputError, match=r"^one/log\.csv and third/log\.csv have the same content"):
        read_log(folder)


def test_copies_of_a_parquet_file_do_not_count_twice(tmp_path):
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "errors": [1, 2], "words": 9})
    for name in ("a", "b"):
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    with pytest.raises(InputError, match=r"a\.parquet and .*b\.parquet have the same content"):
        read_log(tmp_path)


def test_shards_without_rows_may_be_the_same(tmp_path):
    header = SHARD.split(b"\n")[0] + b"\n"
    log = read_log(shards(tmp_path / "log", one=SHARD, two=header, three=header))
    assert log.quality.rows_in == 2
