"""fairaudit itself, through the function that every audit calls; a finding where the verdict is a disparity.

Attributes are nine searches, one for each column, judged together; places are searched by the method ``--places``.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from contract import Answer, Log, serve

from fairaudit.cohorts import Embedding, GeoScan, Named, discoverer
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.columns import LATITUDE, LONGITUDE, SPEAKER, UTTERANCES
from fairaudit.core.rate import rate_named
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.splitting import design_of
from fairaudit.evidence.verdict import judge
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.units.build import UnitFeatures, build_tables

PERMUTATIONS = 199


class FrameLog:
    """A tally source in memory."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def tally(self, by: list[str]) -> pd.DataFrame:
        return self.frame.groupby(by, dropna=False)[[UTTERANCES, "errors", "words"]].sum()


def searches(log: Log, places: str) -> tuple[pd.DataFrame, list[tuple[Discoverer, UnitFeatures]]]:
    """The features of all speakers, and what is searched in them."""
    if hasattr(log, "places"):
        return pd.DataFrame(log.places, columns=[LATITUDE, LONGITUDE]), [(discoverer(places), Coordinates())]
    if hasattr(log, "vectors"):
        ids = np.array([f"{i:06d}" for i in range(len(log.vectors))])
        return pd.DataFrame(log.vectors), [(Embedding(), EmbeddingTable.of(ids[: log.n], log.vectors[: log.n]))]
    names = [str(name) for name in log.names]
    columns = [(Named(by=(name,)), NamedColumns((name,))) for name in names]
    return pd.DataFrame(log.attributes, columns=names), columns


def find(log: Log, places: str) -> Answer:
    everybody, tasks = searches(log, places)
    counts = {SPEAKER: [f"{i:06d}" for i in range(log.n)], UTTERANCES: 1, "errors": log.errors, "words": log.words}
    source = FrameLog(everybody[: log.n].assign(**counts))
    table, unit_tables = build_tables(source, [features for _, features in tasks], rate_named("wer"), SPEAKER)
    runs = [Search(f"search {i}", features, discoverer) for i, (discoverer, features) in enumerate(tasks)]
    design = design_of(runs, unit_tables, table, Plan(permutations=PERMUTATIONS))
    evidence = min((one.evidence for one in judge(runs, unit_tables, design)), key=lambda one: one.strength)
    bottom, side = evidence.bottom, evidence.gaps.deciding
    members = np.isin(evidence.rule.assign(everybody), bottom.cohorts if bottom else ())
    # no gap is told where no held-out speakers can be compared
    return Answer(members, reports=evidence.verdict == Verdict.DISPARITY, gap=side.gap.relative if side else math.nan)


if __name__ == "__main__":
    serve(find, places=GeoScan.method)
