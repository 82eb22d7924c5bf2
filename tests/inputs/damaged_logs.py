"""Damaged logs: bytes, records, columns and cells that a user's export, copy or editor may leave behind."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["DAMAGES", "as_bytes", "as_cells", "as_lines", "as_text"]

Make = Callable[[Path], Path | None]


def as_bytes(change: Callable[[bytes], bytes], name: str = CLEAN["log"], to: str | None = None) -> Make:
    """Change the bytes of a clean file, which keeps its name unless ``to`` names another."""

    def make(folder: Path) -> Path:
        (folder / (to or name)).write_bytes(change((folder / name).read_bytes()))
        return folder / (to or name)

    return make


def as_text(change: Callable[[str], str], name: str = CLEAN["log"], to: str | None = None) -> Make:
    """Change the text of a clean file."""
    return as_bytes(lambda content: change(content.decode()).encode(), name, to)


def as_lines(change: Callable[[list[str]], list[str]], name: str = CLEAN["log"], to: str | None = None) -> Make:
    """Change the lines of a clean file."""
    return as_text(lambda text: "\n".join([*change(text.splitlines()), ""]), name, to)


def as_cells(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    write: Callable[[pd.DataFrame], bytes] = lambda frame: frame.to_csv(index=False).encode(),
    name: str = CLEAN["log"],
    to: str | None = None,
) -> Make:
    """Change the cells of a clean CSV file, all of them texts, and write the table as another format if asked."""
    return as_bytes(
        lambda content: write(change(pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False))), name, to
    )


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def jsonl(frame: pd.DataFrame) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in frame.to_dict("records")).encode()


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), out)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return bytes(out.getvalue().to_pybytes())


def cell(row: int, column: str, value: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Put a value into one cell; rows count from 0."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[row, column] = value
        return frame

    return change


def folder_of_shards(folder: Path) -> Path:
    header, *rows = (folder / CLEAN["log"]).read_text("utf-8").splitlines()
    shards = folder / "shards"
    shards.mkdir()
    for i, part in enumerate((rows[:100], rows[100:])):
        (shards / f"part-{i}.csv").write_text("\n".join([header, *part, ""]), "utf-8")
    return shards


def shard_twice(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    (shards / "part-2.csv").write_bytes((shards / "part-1.csv").read_bytes())
    return shards


def two_systems(column: str, *, ids: bool) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Add a row of a second system for every utterance, and the column that holds the system."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        other = frame.assign(**{column: "second", "hypothesis": frame["hypothesis"] + " uh"})
        both = pd.concat([frame.assign(**{column: "first"}), other])
        return both if ids else both.drop(columns="utterance_id")

    return change


def decimal_commas(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(latitude=frame["latitude"].str.replace(".", ",", regex=False))


def places_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers for places, of which six are NaN."""
    places = frame[["latitude", "longitude"]].astype(float)
    return frame.assign(
        latitude=places["latitude"].where(frame.index > 5), longitude=places["longitude"].where(frame.index > 5)
    )


def speaker_objects(frame: pd.DataFrame) -> bytes:
    rows = [{**row, "speaker_id": {"id": row["speaker_id"], "age": 3}} for row in frame.to_dict("records")]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def other_spellings(frame: pd.DataFrame) -> pd.DataFrame:
    """Every third label in capitals with a blank at its end."""
    return frame.assign(accent=[one.upper() + " " if i % 3 == 0 else one for i, one in enumerate(frame["accent"])])


def in_folder(name: str) -> Make:
    """Move the log into a folder of a name, and give the folder around it."""

    def make(folder: Path) -> Path:
        inner = folder / "shards" / name
        inner.mkdir(parents=True)
        (folder / CLEAN["log"]).rename(inner / "part.csv")
        return folder / "shards"

    return make


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def link_to_nothing(folder: Path) -> Path:
    shards = folder_of_shards(folder)
    (shards / "part-2.csv").symlink_to("gone.csv")
    return shards


def empty_folder(folder: Path) -> Path:
    (folder / "shards").mkdir()
    return folder / "shards"


def bomb(_: bytes) -> bytes:
    return gzip.compress(gzip.compress(bytes(1 << 30), 1), 9)


DAMAGES = [
    Damage("The order of the columns is another", as_cells(lambda frame: frame[[*reversed(frame.columns)]]), Read()),
    Damage("Every cell is quoted", as_cells(same, lambda frame: frame.to_csv(index=False, quoting=1).encode()), Read()),
    Damage("A byte order mark (BOM) before the header", as_bytes(lambda content: b"\xef\xbb\xbf" + content), Read()),
    Damage("Lines end in CR LF", as_text(lambda text: text.replace("\n", "\r\n")), Read()),
    Damage("Cells are separated by semicolons", as_text(lambda text: text.replace(",", ";")), Read()),
    Damage("Cells are separated by tabs, in a file named .csv", as_text(lambda text: text.replace(",", "\t")), Read()),
    Damage("Blank lines at the end", as_text(lambda text: text + "\n\n"), Read()),
    Damage("No line break at the end", as_text(str.rstrip), Read("does not end in a line break")),
    Damage("Compressed with gzip, and still named .csv", as_bytes(gzip.compress), Read()),
    Damage("Compressed with zstd", as_bytes(zstd, to="log.csv.zst"), Read()),
    Damage("Written as JSON lines", as_cells(same, jsonl, to="log.jsonl"), Read()),
    Damage("Written as Parquet", as_cells(same, parquet, to="log.parquet"), Read()),
    Damage("A folder of two shards", folder_of_shards, Read()),
    Damage("Another column that nobody asked for", as_cells(lambda frame: frame.assign(shoe_size="42")), Read()),
    Damage(
        "The column of speakers has another name",
        as_text(lambda text: text.replace("speaker_id", "client_id")),
        Refused("log lacks .'speaker_id'.", remedy=("--column", "speaker_id=client_id")),
    ),
    Damage("Empty", as_bytes(lambda _: b""), Refused("the file is empty")),
    Damage("A header without rows", as_lines(lambda lines: lines[:1]), Refused("no rows")),
    Damage("No header", as_lines(lambda lines: lines[1:]), Refused("log lacks")),
    Damage("Cut off in the middle of a row", as_text(lambda text: text[:-30]), Refused("seems to be cut off")),
    Damage("gzip data cut off", as_bytes(lambda content: gzip.compress(content)[:-200]), Refused("cut off; copy")),
    Damage("zstd data cut off", as_bytes(lambda content: zstd(content)[:-200]), Refused("cut off; copy")),
    Damage("Parquet cut off", as_cells(same, lambda frame: parquet(frame)[:-100]), Refused("Parquet file .*cut off")),
    Damage("A zip archive", as_bytes(lambda _: b"PK\x03\x04" + bytes(99)), Refused("zip archive or a spreadsheet")),
    Damage("NUL bytes", as_text(lambda text: text.replace("u100", "u1\0")), Refused("NUL byte in row 102")),
    Damage(
        "A separator in a text that is not quoted",
        as_text(lambda text: text.replace("u100,", "u100,,")),
        Refused("row 102 has 9 fields, but the header has 8"),
    ),
    Damage(
        "A quote that is never closed",
        as_text(lambda text: text.replace("u100,", '"u100,')),
        Refused("quote that opens in row 102 .* never closed"),
    ),
    Damage(
        "A column twice",
        as_text(lambda text: text.replace("zip_code", "accent", 1)),
        Refused("header .row 1.: column 'accent' occurs twice"),
    ),
    Damage(
        "The same utterance twice",
        as_lines(lambda lines: [*lines, lines[-1]]),
        Refused("1 utterance ids occur more than once: 'u239' in rows 241, 242"),
    ),
    Damage(
        "A row for each of two systems, named in a column model",
        as_cells(two_systems("model", ids=True)),
        Refused("each id occurs once for each value of 'model'", remedy=("--where", "model=first")),
    ),
    Damage(
        "A row for each of two systems, without utterance ids",
        as_cells(two_systems("model", ids=False)),
        Refused("the same references are there for each value of 'model'", remedy=("--where", "model=first")),
    ),
    Damage(
        "A row for each of two systems, without utterance ids, in a column of another name",
        as_cells(two_systems("run", ids=False)),
        Read("run: 480 rows have the same references for each of its values", same=False),
    ),
    Damage(
        "A shard twice, under two names",
        shard_twice,
        Refused("have the same content, so their utterances would count twice"),
    ),
    Damage(
        "One row has no speaker",
        as_cells(cell(7, "speaker_id", "")),
        Read("1 rows set aside: missing_speaker", same=False),
    ),
    Damage(
        "One row has no hypothesis",
        as_cells(cell(7, "hypothesis", "")),
        Refused("missing_hypothesis in 'hypothesis': 1 row, row 9"),
    ),
    Damage(
        "Half of the rows have no speaker",
        as_cells(lambda frame: frame.assign(speaker_id=frame["speaker_id"].where(frame.index % 2 == 0, ""))),
        Refused("120 of 240 rows"),
    ),
    Damage(
        "Zip codes have lost their leading zeros",
        as_cells(lambda frame: frame.assign(zip_code=frame["zip_code"].str.lstrip("0"))),
        Refused("--zip-pad", remedy=("--zip-pad",)),
    ),
    Damage(
        "Latitude and longitude are swapped",
        as_cells(lambda frame: frame.rename(columns={"latitude": "longitude", "longitude": "latitude"})),
        Refused("look swapped", remedy=("--column", "latitude=longitude", "--column", "longitude=latitude")),
        options=("--method", "geo-tree"),
    ),
    Damage(
        "Places at (0, 0), in the sea off Ghana",
        as_cells(
            lambda frame: frame.assign(
                latitude=frame["latitude"].where(frame.index > 5, "0"),
                longitude=frame["longitude"].where(frame.index > 5, "0"),
            )
        ),
        Read("coordinates_zero_set_missing: 9"),
    ),
    Damage(
        "An export of pandas with its row numbers",
        as_cells(same, lambda frame: frame.to_csv().encode()),
        Read(),
    ),
    Damage("Excel's line sep=; before the header", as_text(lambda text: "sep=;\n" + text.replace(",", ";")), Read()),
    Damage("A blank line before the header", as_text(lambda text: "\n" + text), Read()),
    Damage("Blank lines between rows", as_lines(lambda lines: [*lines[:9], "", *lines[9:]]), Read()),
    Damage(
        "The header again between rows",
        as_lines(lambda lines: [*lines[:99], lines[0], *lines[99:]]),
        Read("repeats the header"),
    ),
    Damage(
        "A text of a TSV file begins with a quote",
        as_text(lambda text: text.replace(",", "\t").replace("\tmy ", '\t"my ')),
        Read(),
    ),
    Damage("UTF-16", as_bytes(lambda content: content.decode().encode("utf-16")), Read()),
    Damage(
        "A label in Windows-1252",
        as_bytes(lambda content: content.replace(b"welsh", b"gall\xe9s")),
        Refused("not UTF-8"),
    ),
    Damage("Latitudes with decimal commas", as_cells(decimal_commas), Refused("decimal comma")),
    Damage("A folder named accent=zz/", in_folder("accent=zz"), Read()),
    Damage("A folder named words=20/", in_folder("words=20"), Read()),
    Damage(
        "Speakers are objects in JSON",
        as_cells(same, speaker_objects, to="log.jsonl"),
        Refused("holds an object", remedy=("--column", "speaker_id=speaker_id.id")),
    ),
    Damage(
        "One JSON array",
        as_cells(same, lambda frame: json.dumps(frame.to_dict("records")).encode(), to="log.json"),
        Read(),
    ),
    Damage(
        "One JSON array, cut off",
        as_cells(same, lambda frame: json.dumps(frame.to_dict("records")).encode()[:-9], to="log.json"),
        Refused("cut off"),
    ),
    Damage("NaN for some places in Parquet", as_cells(places_missing, parquet, to="log.parquet"), Read()),
    Damage("Labels differ in case and blanks", as_cells(other_spellings), Read()),
    Damage("A column named utterances", as_cells(lambda frame: frame.assign(utterances="120")), Read("utterances")),
    Damage(
        "A column of a name that fairaudit uses itself",
        as_cells(lambda frame: frame.assign(__row__="1")),
        Refused("uses the name"),
    ),
    Damage(
        "Speakers called NA, in many rows",
        as_cells(lambda frame: frame.assign(speaker_id=frame["speaker_id"].where(frame.index > 30, "NA"))),
        Refused("NA"),
    ),
    Damage(
        "Zip codes as decimals (2139.0)",
        as_cells(lambda frame: frame.assign(zip_code=frame["zip_code"].str.lstrip("0") + ".0")),
        Refused("--zip-pad", remedy=("--zip-pad",)),
    ),
    Damage("A pipe", pipe, Refused("pipe")),
    Damage("A link to nothing among the shards", link_to_nothing, Refused("part-2.csv")),
    Damage("A folder without files", empty_folder, Refused("no files")),
    Damage("gzip data in gzip data, of a gigabyte of zeros", as_bytes(bomb), Refused("twice")),
    Damage(
        "A line of 100 MB",
        as_bytes(lambda content: content + b"u999," + b"a" * 100_000_000),
        Refused("row 242 is longer than"),
    ),
    Damage("CR LF in some lines only", as_text(lambda text: text.replace("\n", "\r\n", 50)), Read("CR LF")),
]
