"""The same bytes on every processor, whichever BLAS kernels it picks and however many threads it has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from fairaudit.samples import simulate_log

#: What NumPy would use of this processor beyond its baseline, the oldest first.
FEATURES = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
#: OpenBLAS's kernels for processors without AVX-512, where those run here.
KERNELS = {"OPENBLAS_CORETYPE": "Haswell"} if __cpu_features__.get("AVX2") else {}
THREADS = "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"

ENVIRONMENTS = {
    "as it is": {},
    "no newer than AVX2": {"NPY_DISABLE_CPU_FEATURES": " ".join(FEATURES[1:])} | dict.fromkeys(THREADS, "1"),
    "other BLAS kernels": KERNELS | dict.fromkeys(THREADS, "2"),
    "baseline": {"NPY_DISABLE_CPU_FEATURES": " ".join(FEATURES)} | KERNELS,
}

#: Audits and compares in the current folder, and writes what it found to the folder it is given.
SCRIPT = """
import sys
from pathlib import Path
import numpy as np
import pytest
import pandas as pd
import fairaudit
from fairaudit.cohorts import models_to_json
from fairaudit.inputs.embeddings import EmbeddingTable

frame = pd.read_csv("log.csv", dtype={"zip_code": str})
frames = (frame.assign(errors=frame[name]).drop(columns="later") for name in ("errors", "later"))
log, later = map(fairaudit.read_log, frames)
with np.load("voices.npz") as voices:
    tables = {"census": "census.csv", "embeddings": EmbeddingTable.of(voices["ids"], voices["vectors"])}
found = fairaudit.audit(
    log, by=["accent"], adjust=["device"], params={"nb2": True}, cross_fit=2, permutations=29, **tables
)
methods = [one["method"] for one in found.to_dict()["discoveries"]]
assert methods == ["geo-tree", "geo-scan", "zip-census", "embedding", "named"]
compared = fairaudit.compare(log, later, found.models, permutations=99, **tables)
for name, text in {
    "audit.json": found.to_json(unredacted=True),
    "cohorts.json": models_to_json(found.models, found.signature),
    "comparison.json": compared.to_json(unredacted=True),
}.items():
    Path(sys.argv[1], name).write_text(text)
"""


@pytest.mark.slow
@pytest.mark.exhaustive
def test_documents_have_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """An audit with all discoverers, its frozen cohorts and a comparison, in each environment."""
    folder = tmp_path
    log = simulate_log(speakers=240, seed=5, gap=1.0, planted=lambda log: log.labels["accent"] == "accent-00")
    frame, rng = log.to_frame(rows_per_speaker=2), np.random.default_rng(0)
    frame["device"] = rng.choice(["phone", "watch"], len(frame))
    frame["later"] = frame["errors"] + rng.integers(0, 4, len(frame))
    frame.to_csv(folder / "log.csv", index=False)
    log.to_census().iloc[:, :6].to_csv(folder / "census.csv", index=False)
    ids, vectors = log.to_embeddings()
    np.savez(folder / "voices.npz", ids=np.asarray(ids, dtype=str), vectors=vectors)
    written = {name: _documents(folder, folder / name, chosen) for name, chosen in ENVIRONMENTS.items()}
    for environment, documents in written.items():
        for name, text in documents.items():
            assert text == written["as it is"][name], (environment, name)


def _documents(folder: Path, out: Path, chosen: dict[str, str]) -> dict[str, bytes]:
    out.mkdir()
    ours = {"NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE", *THREADS}
    environment = {name: value for name, value in os.environ.items() if name not in ours} | chosen
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(out)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    documents = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    assert [*documents] == ["audit.json", "cohorts.json", "comparison.json"]
    return documents
