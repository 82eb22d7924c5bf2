"""Goal of the main job: ``python tests/bench/bench_audit.py`` (Linux, two cores).

``fairaudit audit`` on 100,000 text utterances of 2,000 speakers with coordinates, zip codes, voice vectors and
labels, all discoverers, B = 999: under 60 s and 1 GiB. The log is the invented sample's world with 2,000 speakers,
its rows drawn with replacement, seed 0. What is timed is the command as a process of its own, start to page.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from fairaudit.samples import make_sample, write_sample

SPEAKERS = 2_000
UTTERANCES = 100_000
PERMUTATIONS = 999
SECONDS = 60
MIB = 1024
#: Every discoverer, and each label column of the sample as a search of its own.
SEARCHES = ["geo-tree", "geo-scan", "zip-census", "embedding", "named: accent", "named: gender", "named: device"]


def write_log(folder: Path) -> dict[str, Path]:
    sample = make_sample(speakers=SPEAKERS)
    rows = np.random.default_rng(0).integers(len(sample.log), size=UTTERANCES)
    log = sample.log.iloc[np.sort(rows)].assign(utterance_id=[f"utt-{i:06d}" for i in range(UTTERANCES)])
    return write_sample(folder, replace(sample, log=log))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_log(folder)
        command = [sys.executable, "-m", "fairaudit", "audit", str(paths["log"]), "-o", str(folder / "out"), "-q"]
        command += ["--census", str(paths["census"]), "--embeddings", str(paths["embeddings"])]
        command += ["--permutations", str(PERMUTATIONS)]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        audit = json.loads((folder / "out" / "audit.json").read_text("utf-8"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert audit["overall"]["utterances"] == UTTERANCES
    assert [discovery["title"] for discovery in audit["discoveries"]] == SEARCHES
    peak = used.ru_maxrss / 1024
    print(f"{UTTERANCES:,} utterances, {SPEAKERS:,} speakers, B = {PERMUTATIONS}, {os.cpu_count()} cores")
    print(f"wall {wall:.1f} s (goal {SECONDS} s), CPU {used.ru_utime + used.ru_stime:.1f} s")
    print(f"peak {peak:.0f} MiB (goal {MIB} MiB)")
    print("goal met" if wall < SECONDS and peak < MIB else "GOAL MISSED")


if __name__ == "__main__":
    main()
