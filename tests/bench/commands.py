"""P12 to P16: what commands cost, from the help of one to the audit of a million speakers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairaudit.samples import make_sample, simulate_log, write_sample
from tests.bench.measure import Row, command_cost, median_costs, size

_FAIRAUDIT = ("-m", "fairaudit")
_TYPER = ("-c", "import typer")
_SMALL = "utterance_id,speaker_id,accent,errors,words\n" + "".join(f"u{i},s{i % 3},a{i % 2},1,9\n" for i in range(10))


@contextmanager
def small_files() -> Iterator[tuple[Path, Path]]:
    """Write a log of ten rows, and audit a small sample; both by the command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "log.csv"
        log.write_text(_SMALL, encoding="utf-8")
        sample = write_sample(folder, make_sample(speakers=400))
        command_cost(*_FAIRAUDIT, "audit", sample["log"], "--permutations", 99, "-o", folder / "audit", "-q")
        yield log, folder / "audit" / "audit.json"


def p12(scale: float) -> Iterator[Row]:
    """The help of the program, against importing typer."""
    help_cost, typer = median_costs((*_FAIRAUDIT, "--help"), _TYPER)
    ratio = help_cost.cpu / typer.cpu
    yield Row("P12", "fairaudit --help: ≤ 2.5 × import typer", f"{ratio:.1f} × ({help_cost.cpu:.2f} s)", ratio <= 2.5)


def p13(scale: float) -> Iterator[Row]:
    """Commands on small files, against importing typer."""
    with small_files() as (log, audit):
        commands = {
            "gate": ("gate", audit, "--max-gap", "500%"),
            "validate": ("validate", log),
            "methods": ("methods",),
            "export": ("export", audit, "--to", "csv"),
            "audit --help": ("audit", "--help"),
        }
        typer, *costs = median_costs(_TYPER, *((*_FAIRAUDIT, *command) for command in commands.values()))
    for name, cost in zip(commands, costs, strict=True):
        ratio = cost.cpu / typer.cpu
        asked = f"fairaudit {name}, small files: ≤ 3 × import typer"
        yield Row("P13", asked, f"{ratio:.1f} × ({cost.cpu:.2f} s)", ratio <= 3)


def p14(scale: float) -> Iterator[Row]:
    """The page of an audit, and the demo."""
    with tempfile.TemporaryDirectory() as name:
        demo = Path(name) / "demo"
        report = (*_FAIRAUDIT, "report", demo / "audit.json", "-o", Path(name) / "page.html")
        whole, page, clipped = median_costs(
            (*_FAIRAUDIT, "demo", demo), report, (*report, "--boundaries", demo / "sample" / "boundaries.geojson")
        )
    for what, cost in (("", page), (", with boundaries", clipped)):
        asked = f"page of the demo{what}, with the start of Python: ≤ 1 CPU s"
        yield Row("P14", asked, f"{cost.cpu:.2f} s", cost.cpu <= 1)
    yield Row("P14", "fairaudit demo: ≤ 5 CPU s", f"{whole.cpu:.1f} s", whole.cpu <= 5)


def p15(scale: float) -> Iterator[Row]:
    """The whole audit of texts: seven searches, 999 shuffles, page."""
    for rows, limit in ((size(100_000, scale, 2_000), 12), (size(1_000_000, scale, 4_000), 40)):
        with tempfile.TemporaryDirectory() as name:
            paths = write_log(Path(name), rows)
            command = ["audit", paths["log"], "-o", Path(name) / "out", "-q"]
            command += ["--census", paths["census"], "--embeddings", paths["embeddings"]]
            cost = command_cost(*_FAIRAUDIT, *command)
            audit = json.loads((Path(name) / "out" / "audit.json").read_text("utf-8"))
        assert audit["overall"]["utterances"] == rows
        assert len(audit["discoveries"]) == 7
        asked = f"audit of {rows:,} texts by 2,000 speakers, seven searches and page: ≤ {limit} CPU s"
        measured = f"{cost.cpu:.1f} s ({cost.wall:.1f} s of wall time), {cost.peak:.0f} MiB"
        yield Row("P15", asked, measured, cost.cpu <= limit)


def p16(scale: float) -> Iterator[Row]:
    """The whole audit of a million speakers, of whom 100,000 are searched: seven searches, 999 shuffles, two cores."""
    speakers = size(1_000_000, scale, 400)
    with tempfile.TemporaryDirectory() as name:
        log = simulate_log(speakers=speakers, seed=0)
        paths = {what: Path(name) / f"{what}.parquet" for what in ("log", "census", "embeddings")}
        log.to_frame(rows_per_speaker=2).to_parquet(paths["log"])
        log.to_census().to_parquet(paths["census"])
        ids, vectors = log.to_embeddings()
        pq.write_table(pa.table({"speaker_id": ids, "embedding": [*vectors]}), paths["embeddings"])
        del log, ids, vectors
        command = ["audit", paths["log"], "-o", Path(name) / "out", "-q", "--jobs", 2]
        command += ["--census", paths["census"], "--embeddings", paths["embeddings"]]
        command += ["--permutations", size(999, scale, 19)]
        cost = command_cost(*_FAIRAUDIT, *command)
        audit = json.loads((Path(name) / "out" / "audit.json").read_text("utf-8"))
    assert audit["overall"]["speakers"] == speakers
    searches = len(audit["discoveries"])
    asked = f"audit of {speakers:,} speakers, {searches} searches, 999 shuffles, page, --jobs 2: ≤ 600 s of wall time"
    measured = f"{cost.wall:.0f} s ({cost.cpu:.0f} CPU s), {cost.peak:,.0f} MiB in the largest process"
    yield Row("P16", asked, measured, cost.wall <= 600)


def write_log(folder: Path, rows: int) -> dict[str, Path]:
    """Write the world of the invented sample with 2,000 speakers; rows are drawn with replacement."""
    sample = make_sample(speakers=2_000)
    drawn = np.sort(np.random.default_rng(0).integers(len(sample.log), size=rows))
    log = sample.log.iloc[drawn].assign(utterance_id=[f"utt-{i:07d}" for i in range(rows)])
    return write_sample(folder, replace(sample, log=log))
