"""Valid files of every kind that fairaudit reads: the seeds of the fuzz."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import Any

import geopandas
import numpy as np
import pandas as pd

import fairaudit
from fairaudit.samples import make_sample

__all__ = ["Seeds", "counts_log", "text_log", "write_documents"]

_WORDS = ("turn", "the", "lights", "off", "what", "is", "caf\xe9", "it's", "stop", "play")


@cache
def text_log(speakers: int = 8) -> pd.DataFrame:
    """A log of texts with places, zip codes and labels; every cell is a text. It is shared: change a copy."""
    rng = Random(1)
    rows = []
    for i in range(3 * speakers):
        speaker = i % speakers
        words = [rng.choice(_WORDS) for _ in range(4)]
        rows.append(
            {
                "utterance_id": f"u{i:02}",
                "speaker_id": f"s{speaker}",
                "accent": ("welsh", "scottish", "irish")[speaker % 3],
                "age": str(20 + speaker),
                "latitude": str(40 + speaker / 4),
                "longitude": str(-90 + speaker / 8),
                "zip_code": f"{2100 + speaker:05}",
                "reference": " ".join(words),
                "hypothesis": " ".join(word for word in words if rng.random() < 0.8),
            }
        )
    return pd.DataFrame(rows)


@cache
def counts_log() -> pd.DataFrame:
    """The same speakers with counts instead of texts."""
    log = text_log().drop(columns=["reference", "hypothesis"])
    counts = np.random.default_rng(1).integers(0, 3, (len(log), 3))
    log[["substitutions", "deletions", "insertions"]] = counts.astype(str)
    return log.assign(errors=counts.sum(axis=1).astype(str), words=str(9), snr=str(7.5))


@dataclass(frozen=True)
class Seeds:
    """The folder of result files, which take seconds to make, and what is read from it."""

    folder: Path

    @cached_property
    def sample(self) -> Any:
        """The invented sample that the result files are of."""
        return make_sample(speakers=100)

    @cached_property
    def log(self) -> Any:
        """Its log."""
        return fairaudit.read_log(self.sample.log)

    @cached_property
    def tiny_log(self) -> Any:
        """A log of eight speakers."""
        return fairaudit.read_log(text_log())

    def json(self, name: str) -> Any:
        """The content of a result file."""
        return json.loads((self.folder / name).read_text("utf-8"))


def write_documents(folder: Path) -> None:
    """Write an audit with its cohorts, a comparison, the result of a gate, a history, and their side tables."""
    sample = make_sample(speakers=100)
    rows = sample.log
    census = folder / "census.csv"
    sample.census.to_csv(census, index=False)
    embeddings = folder / "voices.npz"
    np.savez(embeddings, ids=sample.embeddings_ids, embeddings=sample.embeddings)
    (folder / "boundaries.geojson").write_text(json.dumps(sample.boundaries), "utf-8")
    outlines = geopandas.GeoDataFrame.from_features(sample.boundaries, crs="EPSG:4326")
    for ending in ("gpkg", "fgb", "shp.zip"):
        outlines.to_file(folder / f"boundaries.{ending}")
    outlines.to_parquet(folder / "boundaries.parquet")
    tables = {"census": census, "embeddings": embeddings}
    audit = fairaudit.audit(rows, by=["accent"], permutations=19, min_speakers=10, params={"clusters": 4}, **tables)
    (folder / "audit.json").write_text(audit.to_json(), "utf-8")
    fairaudit.write_models(audit.models, folder / "cohorts.json", signature=audit.signature)
    later = rows.assign(hypothesis=rows["hypothesis"] + " uh")
    comparison = fairaudit.compare(rows, later, audit.models, permutations=19, **tables)
    (folder / "comparison.json").write_text(comparison.to_json(), "utf-8")
    rules = {"max-gap": "20%", "max-regression": "1%,upper,warn", "min-tested": "10%", "min-paired": 0.5}
    (folder / "gate.json").write_text(fairaudit.gate(comparison, rules).to_json(), "utf-8")
    history = fairaudit.record(fairaudit.record(audit.models, "1.0", rows, **tables), "1.1", later, **tables)
    (folder / "history.json").write_text(history.to_json(), "utf-8")
