from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

EDACC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "edacc"
RECOGNISERS = ("whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3")


@dataclass(frozen=True)
class EdAcc:
    """One recogniser's transcripts of the EdAcc test set, and what was published of them."""

    references: list[str]
    hypotheses: list[str]
    accents: NDArray[np.str_]
    per_group: dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def load_edacc() -> Callable[[str], EdAcc]:
    if not EDACC.is_dir():
        pytest.skip("the EdAcc logs are not beside the repository")

    def load(recogniser: str) -> EdAcc:
        with gzip.open(EDACC / f"{recogniser}.transcripts.jsonl.gz", "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        summary = json.loads((EDACC / f"{recogniser}.summary.json").read_text(encoding="utf-8"))
        return EdAcc(
            references=[row["ref_raw"] for row in rows],
            hypotheses=[row["hyp_raw"] for row in rows],
            accents=np.array([row["accent"] for row in rows]),
            per_group=summary["metrics"]["per_group"],
        )

    return load


@pytest.fixture(params=RECOGNISERS)
def edacc(request: pytest.FixtureRequest, load_edacc: Callable[[str], EdAcc]) -> EdAcc:
    return load_edacc(request.param)
