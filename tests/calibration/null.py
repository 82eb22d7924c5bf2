"""What each discoverer says about pure noise.

    python tests/calibration/null.py [LOGS] [SPEAKERS] [SEED] [COLUMNS] [PERMUTATIONS]

Simulated logs of 2,000 speakers (10 % WER, 5-200 utterances a speaker, log-normal speaker effect with sd 0.6)
in which nobody is treated worse. Per discoverer, over the logs: the gap on the very speakers among whom the bottom
cohort was chosen (all of them if the groups are known beforehand), the gap on the held-out ones, the bottom's share,
how often p <= 0.05 and the verdict "disparity" are reached, and how often a cohort is flagged. SEED is that of the
first log. The label column is an accent with 50 groups, or so many COLUMNS with 2 to 8 groups each. Two cores, 40 logs:
about five minutes.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from statistics import median

import numpy as np
import pandas as pd

import fairaudit
from fairaudit import Audit
from fairaudit.evidence.record import Evidence
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.samples import simulate_log

ALPHA = 0.05


def audited(seed: int, speakers: int, columns: int, permutations: int) -> Audit:
    """Audit a log of noise with all discoverers."""
    noise = simulate_log(speakers=speakers, seed=seed)
    census, rng = noise.to_census().set_index("zip_code"), np.random.default_rng([seed, 12])
    labels = {f"c{i:02d}": rng.integers(0, 2 + i % 7, speakers).astype(str) for i in range(columns)}
    frame = noise.to_frame().merge(pd.DataFrame({"speaker_id": noise.speaker_ids, **labels}), on="speaker_id")
    return fairaudit.audit(
        fairaudit.read_log(frame),
        by=[*labels] or ["accent"],
        census=CensusTable(census, tuple(census.columns)),
        embeddings=EmbeddingTable.of(*noise.to_embeddings()),
        seed=seed,
        permutations=permutations,
    )


def is_flagged(evidence: Evidence) -> bool:
    """Whether any cohort, or union of cohorts, is flagged."""
    p = [cohort.p_adjusted for cohort in evidence.cohorts] + [test.p_value for test in evidence.tests]
    return any(value is not None and value <= ALPHA for value in p)


def main(logs: int = 40, speakers: int = 2000, first: int = 0, columns: int = 0, permutations: int = 999) -> None:
    start = time.perf_counter()
    seen = defaultdict(list)
    disparities = uneven = flagged = 0
    for seed in range(first, first + logs):
        found = audited(seed, speakers, columns, permutations)
        disparities += found.verdict == "disparity"
        uneven += found.verdict == "uneven"
        flagged += any(is_flagged(search.evidence) for search in found.searches)
        for search in found.searches:
            gaps, test = search.evidence.gaps, search.evidence.test
            seen[search.method if columns else search.title].append(
                {
                    "chosen": getattr(gaps.all_speakers or gaps.search_inflated, "gap", None),
                    "held": None if gaps.all_speakers else getattr(gaps.held_out, "gap", None),
                    "share": gaps.deciding.shares["speakers"] if gaps.deciding else 0.0,
                    "p": test is not None and test.p_alone <= ALPHA,
                    "disparity": search.verdict == "disparity",
                    "flagged": is_flagged(search.evidence),
                }
            )
    print(f"{logs} logs of {speakers} speakers, {time.perf_counter() - start:.0f} s")
    print("| discoverer | gap where it was chosen | held-out gap | bottom share | p ≤ .05 | disparity | flagged |")
    print("|---|---|---|---|---|---|---|")
    for title, rows in seen.items():
        chosen, held = ([row[name].relative for row in rows if row[name]] for name in ("chosen", "held"))
        beside = f"{median(held):+.1%}" if held else "–"
        counts = " | ".join(
            f"{sum(row[name] for row in rows)} of {len(rows)}" for name in ("p", "disparity", "flagged")
        )
        share = median(row["share"] for row in rows)
        print(f"| {title} | {median(chosen):+.0%} | {beside} | {share:.1%} | {counts} |")
    print(f"audits with a disparity: {disparities}, uneven: {uneven}, with a flagged cohort: {flagged}, of {logs}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
