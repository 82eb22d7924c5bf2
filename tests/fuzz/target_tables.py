"""Tables beside a log: embeddings, census tables, crosswalks and outlines of maps."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import fairaudit
from fairaudit import report
from fairaudit.report.charts.boundaries import Boundaries
from tests.fuzz.mutate import damage_bytes, damage_json, damage_text
from tests.fuzz.odd_tables import jsonable, odd_npy, odd_npz, odd_parquet
from tests.fuzz.seeds import Seeds
from tests.fuzz.target_base import DEEP, Target, csv_text
from tests.fuzz.target_logs import audited

__all__ = ["TABLES"]


def _vectors(rng: Random) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([f"s{i}" for i in range(8)])
    return ids, np.random.default_rng(1).standard_normal((8, 4)).astype(np.float32)


def _embeddings_npz(rng: Random, seeds: Seeds) -> bytes:
    ids, matrix = _vectors(rng)
    return odd_npz(rng, ids, matrix) if rng.random() < 0.9 else odd_npy(rng, matrix)


def _embeddings_table(rng: Random, seeds: Seeds) -> bytes:
    ids, matrix = _vectors(rng)
    kind = rng.randrange(4)
    if kind == 0:
        text = csv_text(
            pd.DataFrame(matrix.round(3), columns=[f"d{i}" for i in range(4)]).assign(speaker_id=ids)[
                ["speaker_id", "d0", "d1", "d2", "d3"]
            ]
        )
        return damage_text(rng, text, text)
    rows = [
        {"speaker_id": one, "embedding": row.round(3).tolist()}
        for one, row in zip(ids.tolist(), matrix.astype(float), strict=True)
    ]
    if kind == 1:
        i = rng.randrange(len(rows))
        lines = [json.dumps(row).encode() for row in rows]
        lines[i] = damage_json(rng, rows[i], rows[0])
        return (
            b"\n".join([*lines, b""])
            if rng.random() < 0.8
            else damage_text(rng, b"\n".join(lines).decode("utf-8", "replace"))
        )
    if kind == 2:
        text = "".join(
            f"{one}  [ {' '.join(map(str, row.round(3).tolist()))} ]\n" for one, row in zip(ids, matrix, strict=True)
        )
        return damage_text(rng, text, text)
    return (
        odd_parquet(rng, pd.DataFrame({"speaker_id": ids, "embedding": [*map(str, ids)]}))
        if rng.random() < 0.5
        else _list_parquet(rng, rows)
    )


def _list_parquet(rng: Random, rows: list[dict[str, Any]]) -> bytes:
    lists = [row["embedding"] for row in rows]
    i = rng.randrange(len(lists))
    lists[i] = rng.choice(
        (lists[i][:-1], [], None, [*lists[i][:-1], None], [*lists[i][:-1], float("nan")], [[1.0]] * 4, lists[i])
    )
    makers = (
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float16()),
        pa.list_(pa.float32(), 4),
        pa.list_(pa.string()),
    )
    out = io.BytesIO()
    try:
        column = pa.array(lists, rng.choice(makers))
    except (pa.ArrowException, TypeError, ValueError):
        column = pa.array([[[1.0]]] * len(lists))
    keys = rng.choice(
        (
            pa.array([row["speaker_id"] for row in rows]),
            pa.array(range(len(rows))),
            pa.array([b"s1"] * len(rows)),
            column,
        )
    )
    pa.parquet.write_table(
        pa.table({rng.choice(("speaker_id", "id", "x")): keys, rng.choice(("embedding", "v", "id")): column}), out
    )
    return damage_bytes(rng, out.getvalue()) if rng.random() < 0.3 else out.getvalue()


def _read_embeddings(path: Path, rng: Random, seeds: Seeds) -> None:
    if path.read_bytes()[:6] == b"\x93NUMPY":
        path.with_suffix(".ids.txt").write_text("\n".join(f"s{i}" for i in range(8)), "utf-8")
    table = fairaudit.read_embeddings(path)
    assert np.isfinite(table.matrix).all()
    assert len(table.ids) == len(table.matrix)
    assert table.ids.is_unique
    used = table.for_log(seeds.tiny_log)
    assert used.lookup(pd.Index(["s1", "nobody"])).shape == (2, table.matrix.shape[1])
    if rng.random() < DEEP:
        audited(seeds.tiny_log, embeddings=table, methods="embedding")


def _census(rng: Random, seeds: Seeds) -> bytes:
    zips = [f"{2100 + i:05}" for i in range(8)]
    frame = pd.DataFrame({"zip_code": zips, "median_income": range(30_000, 110_000, 10_000), "median_income_moe": 900})
    frame = frame.assign(majority=["a", "b"] * 4, pct_rural=0.5, latitude=40.5, longitude=-90.25, name="Town").astype(
        str
    )
    if rng.random() < 0.15:
        return odd_parquet(rng, frame)
    text = csv_text(frame, sep=rng.choice((",", ",", "\t")))
    return damage_text(rng, text, text) if rng.random() < 0.8 else _jsonl_of(rng, frame)


def _jsonl_of(rng: Random, frame: pd.DataFrame) -> bytes:
    rows = jsonable(frame)
    lines = [json.dumps(row).encode() for row in rows]
    i = rng.randrange(len(rows))
    lines[i] = damage_json(rng, rows[i], rows[0])
    return b"\n".join([*lines, b""])


def _read_census(path: Path, rng: Random, seeds: Seeds) -> None:
    table = fairaudit.read_census(path, zip_pad=rng.random() < 0.5)
    assert table.frame.index.is_unique
    for name in table.attributes:
        column = table.frame[name]
        assert column.dtype != "float64" or not np.isinf(column).any()
    looked = table.lookup(pd.Index(["02101", "99999", None]))
    assert looked.shape == (3, len(table.attributes))
    assert table.unmatched(pd.Index(["02101", "99999"])) <= 2
    places = table.places()
    if places is not None:
        assert places.frame.abs().max(axis=None) <= 180 or places.frame.isna().all(axis=None)
    if rng.random() < DEEP:
        audited(seeds.tiny_log, census=table, methods="zip-census")


def _crosswalk(rng: Random, seeds: Seeds) -> bytes:
    text = "zip_code,zcta\n" + "".join(f"{2100 + i:05},{2100 + i // 2:05}\n" for i in range(8))
    return damage_text(rng, text, text)


def _read_crosswalk(path: Path, rng: Random, seeds: Seeds) -> None:
    census = path.with_name("census.csv")
    census.write_text("zip_code,pct\n" + "".join(f"{2100 + i:05},{i}\n" for i in range(8)), "utf-8")
    table = fairaudit.read_census(census, crosswalk=path, zip_pad=rng.random() < 0.5)
    assert all(len(zcta) == 5 for zcta in table.crosswalk.values())
    fairaudit.join_rates(seeds.tiny_log, census=table)


def _boundaries(rng: Random, seeds: Seeds) -> bytes:
    document = seeds.json("boundaries.geojson")
    kind = rng.random()
    if kind < 0.6:
        return damage_json(rng, document, document)
    if kind < 0.8:
        return damage_text(rng, json.dumps(document))
    if kind < 0.98:
        ending = rng.choice(("geojson", "gpkg", "fgb", "shp.zip", "parquet"))
        return damage_bytes(rng, (seeds.folder / f"boundaries.{ending}").read_bytes())
    return rng.choice(
        (
            b"SQLite format 3\0" + bytes(200),
            b"\0\0\x27\x0a" + bytes(200),
            b"<kml/>",
            b"<OGRVRTDataSource/>",
            b"WKT,a\nPOINT(1 2),1\n",
        )
    )


def _read_boundaries(path: Path, rng: Random, seeds: Seeds) -> None:
    endings = {b"SQL": ".gpkg", b"fgb": ".fgb", b"PK\x03": ".zip", b"PAR": ".parquet"}
    path = path.rename(path.with_suffix(endings.get(path.read_bytes()[:3], path.suffix)))
    outlines = Boundaries(path, (-10.0, -10.0, 10.0, 10.0) if rng.random() < 0.5 else (-125.0, 24.0, -66.0, 50.0))
    assert all(math.isfinite(at) for line in outlines.lines for point in line.points for at in point)
    if rng.random() < DEEP:
        report.render_html(seeds.json("audit.json"), boundaries=path)


#: Readers of tables.
TABLES = {
    "embeddings-npz": Target(_embeddings_npz, _read_embeddings, ".npz"),
    "embeddings-table": Target(_embeddings_table, _read_embeddings, ".csv"),
    "census": Target(_census, _read_census, ".csv"),
    "crosswalk": Target(_crosswalk, _read_crosswalk, ".csv"),
    "boundaries": Target(_boundaries, _read_boundaries, ".geojson"),
}
