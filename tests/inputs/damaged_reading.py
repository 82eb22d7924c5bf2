"""Damaged logs: what spreadsheets, converters and copies do to lines, quotes, encodings and missing values."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path

import pandas as pd

from tests.inputs.damaged_logs import (
    Make,
    as_bytes,
    as_cells,
    as_lines,
    as_text,
    cell,
    folder_of_shards,
    parquet,
    same,
)
from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["DAMAGES"]


def quotes(first: int, last: int, separator: str = ",") -> Damage:
    """A reference that begins with a quote, and a later one that ends in a quote."""

    def change(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        cells[first][6] = '"' + cells[first][6]
        cells[last][6] += '"'
        return [separator.join(line) for line in cells]

    where = "Tab-separated texts" if separator == "\t" else "Texts"
    says = Read("quotes are characters of the texts") if separator == "\t" else Refused("lines 3 to 6 are one row if")
    return Damage(f"{where} that begin or end with a quote, {last - first} rows apart", as_lines(change), says)


def jsonl_of(change: dict[str, object]) -> Make:
    def write(frame: pd.DataFrame) -> bytes:
        rows = frame.to_dict("records")
        return "".join(json.dumps({**row, **change}) + "\n" for row in rows).encode()

    return as_cells(same, write, to="log.jsonl")


def speaker_objects(frame: pd.DataFrame) -> bytes:
    rows = [{**row, "speaker_id": {"id": row["speaker_id"]}} for row in frame.to_dict("records")]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def text_lists(frame: pd.DataFrame) -> bytes:
    rows = [{**row, "hypothesis": [row["hypothesis"]]} for row in frame.to_dict("records")]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def inside_partition(folder: Path) -> Path:
    inner = folder / "partitioned" / "accent=zz" / "words=20"
    inner.mkdir(parents=True)
    (inner / "log.csv").write_bytes((folder / CLEAN["log"]).read_bytes())
    return folder / "partitioned"


def with_pipe(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    os.mkfifo(shards / "pipe.csv")
    return shards


def with_dangling_link(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    (shards / "part-2.csv").symlink_to(shards / "gone.csv")
    return shards


def with_loop(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    (shards / "again").symlink_to(shards)
    return shards


def with_other_separator(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    (shards / "part-1.csv").write_text((shards / "part-1.csv").read_text("utf-8").replace(",", ";"), "utf-8")
    return shards


def now_and_then(name: str, spelling: str) -> Make:
    """Every fortieth row has another value in a column."""
    return as_cells(lambda frame: frame.assign(**{name: frame[name].where(frame.index % 40 != 0, spelling)}))


TEN_ROWS = as_cells(lambda frame: frame.assign(speaker_id=frame["speaker_id"].where(frame.index > 9, "NA")))

DAMAGES = [
    quotes(2, 5),
    quotes(2, 5, "\t"),
    quotes(2, 105, "\t"),
    Damage(
        "Backslashes before quotes",
        as_cells(
            cell(5, "reference", 'say "hi", please'),
            lambda frame: frame.to_csv(index=False, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\").encode(),
        ),
        Refused("quote in the wrong place"),
    ),
    Damage("Blank lines before the header", as_text(lambda text: "\n\n" + text), Read()),
    Damage("Empty rows of a spreadsheet before the header", as_text(lambda text: ",,,,,,,\n" + text), Read()),
    Damage("Excel's first line, sep=;", as_text(lambda text: "sep=;\n" + text.replace(",", ";")), Read()),
    Damage(
        "The header again in the middle, as in files put together",
        as_lines(lambda lines: [*lines[:100], lines[0], *lines[100:]]),
        Read("1 row repeats the header and was left out"),
    ),
    Damage(
        "A header with another order of columns in the middle",
        as_lines(lambda lines: [*lines[:100], ",".join(reversed(lines[0].split(","))), *lines[100:]]),
        Refused("row 101 is another header"),
    ),
    Damage("Old Macintosh line ends (CR)", as_text(lambda text: text.replace("\n", "\r")), Read()),
    Damage(
        "Excel's Unicode text (UTF-16 with tabs)",
        as_bytes(lambda content: content.decode().replace(",", "\t").encode("utf-16")),
        Read("UTF-16"),
    ),
    Damage(
        "UTF-16 with a byte order mark", as_bytes(lambda content: content.decode().encode("utf-16")), Read("UTF-16")
    ),
    Damage(
        "UTF-16 without a byte order mark",
        as_bytes(lambda content: content.decode().encode("utf-16-le")),
        Refused("UTF-16 without a BOM"),
    ),
    Damage(
        "Windows-1252",
        as_bytes(lambda content: content.replace(b"welsh", b"w\xe9lsh")),
        Refused("not UTF-8; if it is Windows-1252 or Latin-1, save it as UTF-8"),
    ),
    Damage("Compressed twice", as_bytes(lambda content: gzip.compress(gzip.compress(content))), Refused("twice")),
    Damage("A folder named accent=zz/words=20", inside_partition, Read()),
    Damage("A pipe among the shards", with_pipe, Refused("is a pipe, not a file")),
    Damage("A link to a missing file among the shards", with_dangling_link, Refused("link that leads to no file")),
    Damage("A folder that links to itself", with_loop, Refused("link to a folder that it is in")),
    Damage("Shards with different separators", with_other_separator, Read()),
    Damage("Coordinates NA, as R writes them", now_and_then("latitude", "NA"), Read("coordinates_incomplete")),
    Damage("Coordinates nan", now_and_then("latitude", "nan"), Read("coordinates_incomplete")),
    Damage(
        "Coordinates with decimal commas",
        as_cells(lambda frame: frame.assign(latitude=frame["latitude"].str.replace(".", ","))),
        Refused("numbers have a decimal comma"),
    ),
    Damage(
        "Coordinates with letters for directions",
        as_cells(lambda frame: frame.assign(latitude=frame["latitude"] + "N")),
        Refused("write signed decimal degrees"),
    ),
    Damage(
        "Coordinates in metres",
        as_cells(lambda frame: frame.assign(latitude="1200000", longitude="2600000")),
        Refused("these look like metres"),
    ),
    Damage(
        "Zip codes as decimals, without leading zeros",
        as_cells(lambda frame: frame.assign(zip_code=frame["zip_code"].str.lstrip("0") + ".0")),
        Refused("--zip-pad", remedy=("--zip-pad",)),
    ),
    Damage("Postcodes of another country", now_and_then("zip_code", "SW1A 1AA"), Read("zip_not_us_set_missing: 9")),
    Damage("Zip codes NA", now_and_then("zip_code", "NA"), Read()),
    Damage("Ten rows of a speaker called NA", TEN_ROWS, Refused("speaker_spelled_missing in 'speaker_id': 10 rows")),
    Damage(
        "Speakers are objects, in JSON lines",
        as_cells(same, speaker_objects, to="log.jsonl"),
        Refused("holds an object", remedy=("--column", "speaker_id=speaker_id.id")),
    ),
    Damage(
        "Hypotheses are lists, in JSON lines",
        as_cells(same, text_lists, to="log.jsonl"),
        Refused("column 'hypothesis' holds a list, not a single value"),
    ),
    Damage("An object that is not needed, in JSON lines", jsonl_of({"meta": {"a": [1]}}), Read()),
    Damage("A column named __row__", jsonl_of({"__row__": 1}), Refused("fairaudit itself uses the name")),
    Damage("Parquet without checksums", as_cells(same, parquet, to="log.parquet"), Read("no page checksums")),
]
