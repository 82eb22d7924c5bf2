"""Damaged tables beside a log: census tables, crosswalks and embeddings as programs, portals and people leave them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.inputs.damaged_logs import Make, as_bytes, as_cells, as_lines, as_text, cell, jsonl, parquet, same
from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["CENSUS", "CROSSWALKS", "EMBEDDINGS"]

Frame = pd.DataFrame
Change = Callable[[Frame], Frame]
Write = Callable[[Path, list[str], np.ndarray], None]
INCOME, ZIP = "median_income", "zip_code"


def census(change: Change, write: Callable[[Frame], bytes] | None = None, to: str | None = None) -> Make:
    """Change the cells of the census table."""
    given = () if write is None else (write,)
    return as_cells(change, *given, name=CLEAN["census"], to=to)


def census_text(change: Callable[[str], str]) -> Make:
    return as_text(change, name=CLEAN["census"])


def income(change: Callable[[pd.Series], Any]) -> Make:
    """Write the column of incomes in another way."""
    return census(lambda frame: frame.assign(**{INCOME: change(frame[INCOME])}))


def zips(change: Callable[[pd.Series], Any]) -> Make:
    return census(lambda frame: frame.assign(**{ZIP: change(frame[ZIP])}))


def more(**columns: Callable[[Frame], Any]) -> Make:
    """Add columns to the census table."""
    return census(lambda frame: frame.assign(**columns))


def semicolons(frame: Frame) -> bytes:
    return frame.to_csv(index=False, sep=";", decimal=",").encode()


def download(frame: Frame) -> Frame:
    """A table as data.census.gov gives it."""
    frame = pd.DataFrame(
        {
            "GEO_ID": "860Z200US" + frame[ZIP],
            "NAME": "ZCTA5 " + frame[ZIP],
            INCOME: frame[INCOME],
            "pct_rural": frame["pct_rural"],
        }
    )
    labels = ["Geography", "Geographic Area Name", "Estimate!!Median income", "Estimate!!Percent rural"]
    return pd.concat([pd.DataFrame([labels], columns=frame.columns), frame])


def left_out(column: str, why: str) -> Read:
    """The column is left out with a caveat, so that the numbers are others."""
    return Read(f"column '{column}' is not used: {why}", same=False)


def odd(value: str, row: int = 7) -> Make:
    return census(cell(row, INCOME, value))


CENSUS = [
    Damage("The order of the rows is another", census(lambda frame: frame[::-1]), Read(), "census"),
    Damage("The order of the columns is another", census(lambda frame: frame[[*reversed(frame.columns)]]), Read(), "census"),
    Damage("Thousands separators", income(lambda cells: cells.map(lambda n: f"{int(n):,}")), Read(), "census"),
    Damage("Dollar signs and thousands", income(lambda cells: cells.map(lambda n: f"${int(n):,}")), Read(), "census"),
    Damage("Blanks between thousands", income(lambda cells: cells.map(lambda n: f"{int(n):,}".replace(",", " "))), Read(), "census"),
    Damage("Numbers as decimals", income(lambda cells: cells + ".0"), Read(), "census"),
    Damage("Blanks around the numbers", income(lambda cells: " " + cells + " "), Read(), "census"),
    Damage("Percent signs in a whole column", more(pct_rural=lambda frame: frame["pct_rural"] + "%"), Read(), "census"),
    Damage("Decimal commas and semicolons", census(lambda frame: frame.astype({"pct_rural": float}), semicolons), Read("with_decimal_comma: 40"), "census"),
    Damage("A top code", census(lambda frame: frame.assign(**{INCOME: frame[INCOME].where(frame.index != 5, frame[INCOME] + "+")})), Read("top_coded: 1"), "census"),
    Damage("A bottom code", census(lambda frame: frame.assign(**{INCOME: frame[INCOME].where(frame.index != 5, frame[INCOME] + "-")})), Read("bottom_coded: 1"), "census"),
    Damage("A code for no estimate", odd("-666666666"), Read("set_missing: 1", same=False), "census"),
    Damage("Annotations in place of a number", odd("(X)"), Read("set_missing: 1", same=False), "census"),
    Damage("A cell that is no number", odd("unclear"), left_out(INCOME, "1 cell .* 'unclear' in row 9"), "census"),
    Damage("A range in place of a number", odd("30,000-40,000"), left_out(INCOME, "1 cell .* '30,000-40,000' in row 9"), "census"),
    Damage("A count that is withheld", odd("<11"), left_out(INCOME, "1 cell .* '<11' in row 9"), "census"),
    Damage("-999 in place of a missing number", odd("-999"), left_out(INCOME, "1 cell .* '-999' in row 9"), "census"),
    Damage("An infinite number", odd("inf"), left_out(INCOME, "1 cell .* 'inf' in row 9"), "census"),
    Damage("A note in a cell", odd("41000 (est.)"), left_out(INCOME, "1 cell .* in row 9"), "census"),
    Damage("A percent sign in one cell only", more(pct_rural=lambda frame: frame["pct_rural"].where(frame.index != 7, "45%")), left_out("pct_rural", "1 cell .* '45%' in row 9"), "census"),
    Damage("Every number is missing", income(lambda cells: "NA"), Read("median_income: not used: it has no values", same=False), "census"),
    Damage("Row numbers without a name, as pandas writes", census(same, lambda frame: frame.to_csv().encode()), Read("unnamed_1: not used"), "census"),
    Damage("Row numbers called Unnamed: 0", census(lambda frame: frame.assign(**{"Unnamed: 0": range(len(frame))})), Read("Unnamed: 0: not used"), "census"),
    Damage("Row numbers called index", more(index=lambda frame: range(1, len(frame) + 1)), Read("index: not used"), "census"),
    Damage("A column that counts the rows", more(rank=lambda frame: range(1, len(frame) + 1)), Read("'rank' count the rows", same=False), "census"),
    Damage("Names of places", more(city=lambda frame: "City " + frame[ZIP]), Read("city: not used"), "census"),
    Damage("Coordinates and county numbers", more(lat=lambda _: "41.5", county_fips=lambda _: "25017"), Read("county_fips: not used"), "census"),
    Damage("Margins of error", more(median_income_moe=lambda _: "\u00b11,200"), Read(), "census"),
    Damage("A second header row, as data.census.gov writes", census(download), Read("header_rows_left_out: 1"), "census"),
    Damage("Written as JSON lines", census(same, jsonl, "census.jsonl"), Read(), "census"),
    Damage("Written as Parquet", census(same, parquet, "census.parquet"), Read(), "census"),
    Damage("Compressed with gzip", as_bytes(gzip.compress, CLEAN["census"]), Read(), "census"),
    Damage("Zip codes with ZIP+4", zips(lambda codes: codes + "-1234"), Read("plus4_cut: 40"), "census"),
    Damage("Zip codes as GEO_ID", zips(lambda codes: "860Z200US" + codes), Read(), "census"),
    Damage("Blanks around the zip codes", zips(lambda codes: " " + codes), Read(), "census"),
    Damage("Zip codes have lost their zeros", zips(lambda codes: codes.str.lstrip("0")), Refused("lost their leading zeros", ("--zip-pad",)), "census"),
    Damage("Zip codes as decimals", zips(lambda codes: codes.str.lstrip("0") + ".0"), Refused("lost their leading zeros", ("--zip-pad",)), "census"),
    Damage("A row of totals", as_lines(lambda lines: [*lines, "Total,51000,0.5"], CLEAN["census"]), Read("first 'Total' in row 42"), "census"),
    Damage("Empty rows at the end", as_lines(lambda lines: [*lines, ",,", ",,"], CLEAN["census"]), Read("rows_without_zip: 2"), "census"),
    Damage("A zip code twice", as_lines(lambda lines: [*lines, lines[3]], CLEAN["census"]), Refused("occur more than once"), "census"),
    Damage("Counties in place of zip codes", zips(lambda codes: "0500000US" + codes), Refused("GEO_ID of counties"), "census"),
    Damage("One column per zip code", census_text(lambda _: "Label,ZCTA5 02100!!Estimate,ZCTA5 02101!!Estimate\nIncome,1,2\n"), Refused("one row per zip code is needed"), "census"),
    Damage("The zip codes have no name", census_text(lambda text: text.removeprefix(ZIP)), Refused("rename the right column to 'zip_code'"), "census"),
    Damage("No column besides the zip codes", census(lambda frame: frame[[ZIP]]), Refused("no column besides 'zip_code' can be used"), "census"),
    Damage("A row with too many cells", census_text(lambda text: text.replace("\n02107,", "\n02107,,")), Refused("row 9 has 4 fields"), "census"),
    Damage("Cut off in the middle of a row", census_text(lambda text: text[:-12]), Refused("seems to be cut off"), "census"),
    Damage("A web page", census_text(lambda _: "<!DOCTYPE html>\n<html><body>404</body></html>\n"), Refused("none of the columns"), "census"),
    Damage("Empty", as_bytes(lambda _: b"", CLEAN["census"]), Refused("the file is empty"), "census"),
    Damage("Another kind of file", as_bytes(lambda _: b"\x89HDF\r\n\x1a\n" + bytes(99), CLEAN["census"]), Refused("NUL byte|HDF5"), "census"),
]  # fmt: skip

CROSSWALKS = [
    Damage(
        "Further columns",
        as_cells(lambda frame: frame.assign(state="MA"), name=CLEAN["crosswalk"]),
        Read("state: not used"),
        "crosswalk",
    ),
    Damage(
        "A zip code without a ZCTA",
        as_cells(cell(3, "zcta", ""), name=CLEAN["crosswalk"]),
        Read(),
        "crosswalk",
    ),
    Damage(
        "A zip code leads to two ZCTAs",
        as_lines(lambda lines: [*lines, "02100,02101"], CLEAN["crosswalk"]),
        Refused("'02100' leads to more than one ZCTA"),
        "crosswalk",
    ),
    Damage(
        "No column of ZCTAs",
        as_cells(lambda frame: frame[[ZIP]], name=CLEAN["crosswalk"]),
        Refused("none of the columns"),
        "crosswalk",
    ),
]


def vectors(name: str, write: Write) -> Make:
    """Write ids and vectors as another file."""

    def make(folder: Path) -> Path:
        with np.load(folder / CLEAN["embeddings"]) as clean:
            write(folder / name, clean["ids"].tolist(), clean["embeddings"])
        return folder / name

    return make


def npz(**arrays: Callable[[list[str], np.ndarray], Any]) -> Make:
    return vectors(
        "other.npz",
        lambda path, ids, matrix: np.savez(path, **{name: make(ids, matrix) for name, make in arrays.items()}),
    )


def table(change: Change, name: str = "voices.csv", write: Callable[[Frame], bytes] | None = None) -> Make:
    """Write one column per dimension, with a change."""
    csv = write or (lambda frame: frame.to_csv(index=False).encode())

    def written(path: Path, ids: list[str], matrix: np.ndarray) -> None:
        frame = pd.DataFrame(matrix.astype(float), columns=[f"e{i}" for i in range(matrix.shape[1])]).astype(str)
        frame.insert(0, "speaker_id", ids)
        path.write_bytes(csv(change(frame)))

    return vectors(name, written)


def lists(kind: Callable[[pa.DataType], pa.DataType], shape: Callable[[np.ndarray], np.ndarray] = lambda m: m) -> Make:
    """Write a Parquet file with a column of lists."""
    return vectors(
        "voices.parquet",
        lambda path, ids, matrix: pq.write_table(
            pa.table({"speaker_id": ids, "embedding": pa.array(shape(matrix).tolist(), kind(pa.float32()))}), path
        ),
    )


def records(rows: Callable[[list[str], list[Any]], Any]) -> Make:
    return vectors("voices.json", lambda path, ids, matrix: path.write_text(rows(ids, matrix.astype(float).tolist())))


def binary_ark(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    path.write_bytes(
        b"".join(
            one.encode() + b" \0BFV " + struct.pack("<bi", 4, len(row)) + row.astype("<f4").tobytes()
            for one, row in zip(ids, matrix, strict=True)
        )
    )


def text_ark(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    rows = (f"{one}  [ {' '.join(map(str, row))} ]\n" for one, row in zip(ids, matrix.astype(float), strict=True))
    path.write_text("".join(rows))


def bomb(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    """A file of some kilobytes whose header declares eight terabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (120, 10**10)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("embeddings.npy", header.getvalue())
        ids_file = io.BytesIO()
        np.save(ids_file, np.array(ids))
        archive.writestr("ids.npy", ids_file.getvalue())


def real_bomb(path: Path, ids: list[str], matrix: np.ndarray) -> None:
    """A small file of zeros that unpacks to 128 MB."""
    np.savez_compressed(path, ids=np.array(ids), embeddings=np.zeros((len(ids), 2**20 // 8), dtype=np.float64))


def broken(row: int, value: float) -> Callable[[list[str], np.ndarray], np.ndarray]:
    def make(_: list[str], matrix: np.ndarray) -> np.ndarray:
        matrix = matrix.astype(float)
        matrix[row] = value
        return matrix

    return make


def ids_of(ids: list[str], _: np.ndarray) -> np.ndarray:
    return np.array(ids)


def matrix_of(_: list[str], matrix: np.ndarray) -> np.ndarray:
    return matrix


EMBEDDINGS = [
    Damage("NumPy archive with an axis of length 1", npz(ids=ids_of, embeddings=lambda _, m: m[:, None]), Read(), "embeddings"),
    Damage("NumPy archive with one array per id", vectors("other.npz", lambda path, ids, m: np.savez(path, **dict(zip(ids, m, strict=True)))), Read(), "embeddings"),
    Damage("NumPy archive with bytes as ids", npz(ids=lambda ids, _: np.array(ids, dtype="S"), embeddings=matrix_of), Read(), "embeddings"),
    Damage("NumPy archive with further arrays", npz(ids=ids_of, embeddings=matrix_of, language=ids_of), Read("language: not used"), "embeddings"),
    Damage("Half precision", npz(ids=ids_of, embeddings=lambda _, m: m.astype(np.float16)), Read(same=False), "embeddings"),
    Damage("Big-endian numbers in Fortran order", npz(ids=ids_of, embeddings=lambda _, m: np.asfortranarray(m.astype(">f8"))), Read(), "embeddings"),
    Damage("NumPy array without ids", vectors("other.npy", lambda path, _, m: np.save(path, m)), Refused("ids must be in 'other.ids.txt'"), "embeddings"),
    Damage("NumPy archive without ids", npz(embeddings=matrix_of), Refused("an array of 120 ids is needed"), "embeddings"),
    Damage("A matrix with one column per id", npz(ids=ids_of, embeddings=lambda _, m: m.T), Refused("an array of 4 ids is needed"), "embeddings"),
    Damage("A matrix of frames per id", npz(ids=ids_of, embeddings=lambda _, m: np.stack([m, m], axis=1)), Refused("one matrix of vectors is needed"), "embeddings"),
    Damage("Ids as objects", npz(ids=lambda ids, _: np.array(ids, dtype=object), embeddings=matrix_of), Refused("pickled objects, which fairaudit never opens"), "embeddings"),
    Damage("Complex numbers", npz(ids=ids_of, embeddings=lambda _, m: m.astype(complex)), Refused("one matrix of vectors is needed"), "embeddings"),
    Damage("A header that declares terabytes", vectors("other.npz", bomb), Refused("declares"), "embeddings"),
    Damage("Zeros that unpack to more than 100 times the file", vectors("other.npz", real_bomb), Refused("declares"), "embeddings"),
    Damage("NumPy archive cut off", as_bytes(lambda content: content[:-100], CLEAN["embeddings"]), Refused("damaged or cut off"), "embeddings"),
    Damage("NumPy archive with a flipped byte", as_bytes(lambda content: content[:1000] + b"\xff" + content[1001:], CLEAN["embeddings"]), Refused("damaged or cut off"), "embeddings"),
    Damage("A vector that is not finite", npz(ids=ids_of, embeddings=broken(3, np.nan)), Read("not finite: 1", same=False), "embeddings"),
    Damage("A vector of zeros", npz(ids=ids_of, embeddings=broken(3, 0)), Read("zero norm: 1", same=False), "embeddings"),
    Damage("All vectors are zeros", npz(ids=ids_of, embeddings=lambda _, m: m * 0), Refused("none of the 120 vectors is usable"), "embeddings"),
    Damage("An id twice", npz(ids=lambda ids, _: np.array([*ids[:-1], ids[0]]), embeddings=matrix_of), Refused("1 ids occur more than once"), "embeddings"),
    Damage("Ids of nobody in the log", npz(ids=lambda ids, _: np.array([f"x{one}" for one in ids]), embeddings=matrix_of), Refused("none of the 120 embedding ids"), "embeddings"),
    Damage("Ids in capitals", npz(ids=lambda ids, _: np.array([one.upper() for one in ids]), embeddings=matrix_of), Refused("differ only in leading zeros, case"), "embeddings"),
    Damage("Some ids in capitals", npz(ids=lambda ids, _: np.array([ids[0].upper(), *ids[1:]]), embeddings=matrix_of), Read("1 ids are not in the log, but would be", same=False), "embeddings"),
    Damage("Parquet lists", lists(pa.list_), Read(), "embeddings"),
    Damage("Parquet lists as Polars writes them", lists(pa.large_list), Read(), "embeddings"),
    Damage("Parquet lists of fixed length", lists(lambda one: pa.list_(one, 4)), Read(), "embeddings"),
    Damage("Parquet lists in lists", lists(lambda one: pa.list_(pa.list_(one)), lambda m: m[:, None]), Read(), "embeddings"),
    Damage("Parquet lists of several vectors", lists(lambda one: pa.list_(pa.list_(one)), lambda m: np.stack([m, m], axis=1)), Refused("several vectors"), "embeddings"),
    Damage("Parquet with one column per dimension", table(same, "voices.parquet", parquet), Read(), "embeddings"),
    Damage("JSON lines", records(lambda ids, rows: "".join(json.dumps({"speaker_id": one, "embedding": row}) + "\n" for one, row in zip(ids, rows, strict=True))), Read(), "embeddings"),
    Damage("JSON array of objects", records(lambda ids, rows: json.dumps([{"id": one, "x": row} for one, row in zip(ids, rows, strict=True)])), Read(), "embeddings"),
    Damage("JSON object of lists by id", records(lambda ids, rows: json.dumps(dict(zip(ids, rows, strict=True)))), Read(), "embeddings"),
    Damage("JSON lists of different lengths", records(lambda ids, rows: json.dumps({one: row[: 4 - (one == "s007")] for one, row in zip(ids, rows, strict=True)})), Refused("different numbers of dimensions"), "embeddings"),
    Damage("JSON that is nested too deeply", records(lambda *_: "[" * 100_000), Refused("not readable JSON"), "embeddings"),
    Damage("Kaldi archive, text", vectors("voices.ark", text_ark), Read(), "embeddings"),
    Damage("Kaldi archive, binary", vectors("voices.ark", binary_ark), Read(), "embeddings"),
    Damage("Kaldi archive cut off", vectors("voices.ark", lambda path, ids, m: (binary_ark(path, ids, m), path.write_bytes(path.read_bytes()[:-3]))[0]), Refused("cut off within 's119'"), "embeddings"),
    Damage("Kaldi index in place of an archive", vectors("voices.scp", lambda path, ids, _: path.write_text("".join(f"{one} voices.ark:{i}\n" for i, one in enumerate(ids))) and None), Refused("index of Kaldi archives"), "embeddings"),
    Damage("CSV with one column per dimension", table(same), Read(), "embeddings"),
    Damage("Columns of dimensions in another order", table(lambda frame: frame[["e3", "speaker_id", "e1", "e0", "e2"]]), Read(), "embeddings"),
    Damage("Row numbers without a name", table(same, write=lambda frame: frame.to_csv().encode()), Read("unnamed_1: not used"), "embeddings"),
    Damage("Ids without a name", table(lambda frame: frame.rename(columns={"speaker_id": ""})), Read(), "embeddings"),
    Damage("Ages beside the dimensions", table(lambda frame: frame.assign(age="41")), Read("age: not used"), "embeddings"),
    Damage("A dimension is missing", table(lambda frame: frame.drop(columns="e2")), Refused("there is no number 2"), "embeddings"),
    Damage("A dimension with a text", table(cell(6, "e2", "n/d")), Refused("column 'e2' holds no number: 'n/d' in row 8"), "embeddings"),
    Damage("A dimension with an empty cell", table(cell(6, "e2", "")), Read("not finite: 1", same=False), "embeddings"),
    Damage("Columns of dimensions without numbers in their names", table(lambda frame: frame.set_axis(["speaker_id", *"abcd"], axis=1)), Read(), "embeddings"),
    Damage("The same, with ages", table(lambda frame: frame.set_axis(["speaker_id", *"abcd"], axis=1).assign(age="41")), Refused("'age' seems to be none"), "embeddings"),
    Damage("Lists as text in CSV", table(lambda frame: pd.DataFrame({"id": frame["speaker_id"], "embedding": "[" + frame["e0"] + ", " + frame["e1"] + ", " + frame["e2"] + ", " + frame["e3"] + "]"})), Read(), "embeddings"),
    Damage("Lists that were shortened when printed", table(lambda frame: pd.DataFrame({"id": frame["speaker_id"], "embedding": "[" + frame["e0"] + " ... " + frame["e3"] + "]"})), Refused("shortened with"), "embeddings"),
    Damage("A pickle", vectors("voices.pkl", lambda path, ids, m: path.write_bytes(pickle.dumps(dict(zip(ids, m, strict=True)))) and None), Refused("a Python pickle, which fairaudit never opens"), "embeddings"),
    Damage("A PyTorch file", vectors("voices.pt", lambda path, *_: zipfile.ZipFile(path, "w").writestr("archive/data.pkl", b"\x80\x02}q.")), Refused("a PyTorch file"), "embeddings"),
    Damage("An HDF5 file", as_bytes(lambda _: b"\x89HDF\r\n\x1a\n" + bytes(99), CLEAN["embeddings"]), Refused("an HDF5 file"), "embeddings"),
    Damage("A safetensors file", as_bytes(lambda _: struct.pack("<Q", 60) + b'{"embeddings": {}}' + bytes(99), CLEAN["embeddings"]), Refused("a safetensors file"), "embeddings"),
    Damage("A NumPy archive compressed with gzip", as_bytes(gzip.compress, CLEAN["embeddings"]), Refused("another format compressed with gzip"), "embeddings"),
    Damage("Empty", as_bytes(lambda _: b"", CLEAN["embeddings"]), Refused("the file is empty"), "embeddings"),
]  # fmt: skip
