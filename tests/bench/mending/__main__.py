"""The study of training with cohorts: ``python -m tests.bench.mending FOLDER [--seeds 6] [--jobs 2]``.

It needs espeak-ng and sox, and PyTorch (``pip install 'fairaudit-asr[torch]'``). What is finished is kept in
the folder, so that the command can be stopped and resumed. It prints a table. With ``--log FILE`` it also writes what
three recognisers of the first seed heard: ``data/samples/releases.parquet``.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

_PARTS: Final = {
    "target": "target accents",
    "seldom": "other rare accents",
    "frequent": "frequent accents",
    "all": "all",
}


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    from tests.bench.mending.corpus import Corpus
    from tests.bench.mending.study import WAYS, release_log, run

    Corpus.make(options.folder, 0, options.jobs)
    with get_context("spawn").Pool(options.jobs) as pool:
        pool.map(partial(run, options.folder), seeds, chunksize=1)
    results = options.folder / "results"
    rows = [
        [json.loads((results / f"{seed} {way}.json").read_text("utf-8")) for seed in seeds] for way in WAYS
    ]  # by way and seed
    print(table(rows))
    if options.log:
        release_log(options.folder, options.first_seed).to_parquet(options.log, index=False, compression="zstd")


def table(rows: list[list[dict[str, Any]]]) -> str:
    """Return a table with a row for each way: changes in points of WER, the mean over seeds and each seed."""
    first = [seed["baseline"] for seed in rows[0]]
    lines = [
        "| way | "
        + " | ".join(_PARTS.values())
        + " | regions: mean, maximum, variance | cohort with the largest change | shown to be worse | gate passes |",
        "|---|" + "---|" * (len(_PARTS) + 4),
        "| first training (WER) | "
        + " | ".join(f"{100 * np.nanmean([one[part] for one in first]):.1f} %" for part in _PARTS)
        + f" | {_regions(rows[0], 'before')} | | | |",
    ]
    for of_way in rows:
        cells = [_change(of_way, part) for part in _PARTS]
        worst = [max(row["changes"].values()) for row in of_way]
        passed = sum(row["gate"] == "pass" for row in of_way)
        worse = sum(bool(row["worse"]) for row in of_way)
        strengths = sorted({row["strength"] for row in of_way if row["strength"] is not None})
        name = of_way[0]["way"] + (f" (strength {', '.join(f'{s:g}' for s in strengths)})" if strengths else "")
        cells += [_regions(of_way, "after"), _points(worst), f"in {worse} of {len(of_way)}"]
        cells.append(f"{passed} of {len(of_way)}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _change(of_way: list[dict[str, Any]], part: str) -> str:
    return _points([row["candidate"][part] - row["baseline"][part] for row in of_way])


def _points(changes: list[float]) -> str:
    each = ", ".join(f"{100 * change:+.1f}" for change in changes)
    return f"{100 * np.nanmean(changes):+.1f} ({each})"


def _regions(of_way: list[dict[str, Any]], side: str) -> str:
    known = [row["regions"][side] for row in of_way if row["regions"]]
    if not known:
        return "–"
    mean, highest, variance = (np.mean([one[name] for one in known]) for name in ("mean", "maximum", "variance"))
    return f"{100 * mean:.1f} %, {100 * highest:.1f} %, {1e4 * variance:.1f}"


if __name__ == "__main__":
    main()
