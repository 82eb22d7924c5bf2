"""P18: one log of eight systems, parsed once, against reading it once for each system."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

import fairaudit
from fairaudit.inputs.systems import read_systems
from tests.bench.measure import Row, cpu_medians, size

SYSTEMS = [f"m{k}" for k in range(8)]


def p18(scale: float) -> Iterator[Row]:
    """Eight systems in one CSV file: as columns of hypotheses, and as rows."""
    n = size(20_000, scale, 100)
    with tempfile.TemporaryDirectory() as name:
        wide, long = Path(name) / "wide.csv", Path(name) / "long.csv"
        write(wide, long, n)
        off = {"second_normalizer": "off"}
        pairs = {
            "columns": (
                lambda: read_systems(wide, hypothesis_columns=SYSTEMS, **off),
                lambda: {one: fairaudit.read_log(wide, columns={"hypothesis": one}, **off) for one in SYSTEMS},
            ),
            "rows": (
                lambda: read_systems(long, system_column="model", **off),
                lambda: {one: fairaudit.read_log(long, where={"model": one}, **off) for one in SYSTEMS},
            ),
        }
        for what, limit in (("columns", 0.75), ("rows", 0.5)):
            together, alone = pairs[what]
            assert errors(together()) == errors(alone())
            ours, theirs = cpu_medians(together, alone)
            asked = f"{n:,} texts under {len(SYSTEMS)} systems as {what}: ≤ {limit} × a reading for each"
            yield Row("P18", asked, f"{ours / theirs:.2f} × ({ours:.1f} s)", ours <= limit * theirs)


def errors(logs: Mapping[str, fairaudit.UtteranceLog]) -> dict[str, int]:
    """Return the errors of every system."""
    return {name: log.totals["errors"] for name, log in logs.items()}


def write(wide: Path, long: Path, n: int) -> None:
    """Write texts of five to twenty words, of which a tenth or more are replaced, by 800 speakers."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(3_000)])
    said = [rng.choice(words, rng.integers(5, 21)) for _ in range(n)]
    rows = pd.DataFrame({"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 800}" for i in range(n)]})
    rows["reference"] = [" ".join(text) for text in said]
    for k, name in enumerate(SYSTEMS):
        heard = (np.where(rng.random(len(text)) < 0.1 + k / 100, rng.choice(words, len(text)), text) for text in said)
        rows[name] = [" ".join(text) for text in heard]
    rows.to_csv(wide, index=False)
    ids = ["utterance_id", "speaker_id", "reference"]
    rows.melt(ids, var_name="model", value_name="hypothesis").to_csv(long, index=False)
