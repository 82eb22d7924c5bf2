"""Real logs under ten seeds of the split: ``python tests/calibration/seeds.py SHARED_DATA [SEEDS]``.

EdAcc, COSER (by interview) and Swiss German (whose speakers are unknown) are audited with every seed. Each search of a
log is a row: its verdicts and bottom cohorts over the seeds, with how often each occurs, and the range of p.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pandas as pd

import fairaudit
from fairaudit import Audit

EDACC = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}


def edacc(model: str) -> Callable[[Path, int], Audit]:
    def audited(data: Path, seed: int) -> Audit:
        path = data / "edacc" / f"{model}.transcripts.jsonl.gz"
        log = fairaudit.read_log(path, columns=EDACC, normalizer="whisper-en", strip_tags=True)
        return fairaudit.audit(log, methods="named", by=["accent"], seed=seed)

    return audited


def coser(data: Path, seed: int) -> Audit:
    rows = pd.read_csv(data / "coser" / "informants.csv.gz", dtype={"interview_id": str, "speaker": str})
    rows["errors"] = rows[["substitutions", "deletions", "insertions"]].sum(axis=1)
    log = fairaudit.read_log(
        rows, columns={"speaker_id": "speaker", "words": "ref_words"}, cluster="interview_id", second_normalizer="off"
    )
    return fairaudit.audit(
        log, methods=["geo-tree", "geo-scan", "named"], by=["speaker_sex", "dialect_alvar"], seed=seed
    )


def swiss_german(model: str) -> Callable[[Path, int], Audit]:
    def audited(data: Path, seed: int) -> Audit:
        rows = pd.read_csv(data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
        one = rows[rows["model"] == model].drop(columns="model")
        log = fairaudit.read_log(one, columns={"speaker_id": "audio_file"})
        return fairaudit.audit(log, methods="named", by=["dialect"], seed=seed)

    return audited


def main(shared: str, seeds: int = 10) -> None:
    data = Path(shared)
    models = pd.read_csv(data / "swiss_german" / "asgdts.csv.gz")["model"].unique()
    logs = {
        "COSER": coser,
        "EdAcc, turbo": edacc("whisper-large-v3-turbo"),
        "EdAcc, parakeet": edacc("parakeet-tdt-0.6b-v3"),
        **{f"Swiss German, {model}": swiss_german(model) for model in models},
    }
    print("| log | search | verdicts | bottom cohorts | p |\n|---|---|---|---|---|")
    for name, audited in logs.items():
        said: dict[str, list[tuple[str, str, float | None]]] = defaultdict(list)
        for seed in range(seeds):
            for search in audited(data, seed).searches:
                bottom = search.evidence.bottom
                said[search.title].append((search.verdict, bottom.description if bottom else "–", search.p_value))
        for title, rows in said.items():
            verdicts, bottoms, p = zip(*rows, strict=True)
            known = [value for value in p if value is not None]
            spread = f"{min(known):.3f} to {max(known):.3f}" if known else "–"
            print(f"| {name} | {title} | {listed(verdicts)} | {listed(bottoms)} | {spread} |", flush=True)


def listed(values: tuple[str, ...]) -> str:
    """List values with their numbers, most frequent first."""
    return ", ".join(f"{value} ({times})" for value, times in Counter(values).most_common())


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
