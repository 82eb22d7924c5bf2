"""What each discoverer says about pure noise: ``python tests/calibration/null.py [LOGS] [SPEAKERS] [SEED]``.

Simulated logs of 2,000 speakers (10 % WER, 5-200 utterances a speaker, log-normal speaker effect with sd 0.6)
in which nobody is treated worse. Per discoverer, over the logs: the gap on the very speakers among whom the bottom
cohort was chosen (all of them if the groups are known beforehand), the gap on the held-out ones, the bottom's share,
and how often p <= 0.05 and the verdict "disparity" are reached. SEED is that of the first log. Two cores, 40 logs:
about five minutes.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from statistics import median

import fairaudit
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.samples import simulate_log


def main(logs: int = 40, speakers: int = 2000, first: int = 0) -> None:
    start = time.perf_counter()
    seen = defaultdict(list)
    any_flagged = 0
    for seed in range(first, first + logs):
        noise = simulate_log(speakers=speakers, seed=seed)
        census = noise.to_census().set_index("zip_code")
        found = fairaudit.audit(
            fairaudit.read_log(noise.to_frame()),
            by=["accent"],
            census=CensusTable(census, tuple(census.columns)),
            embeddings=EmbeddingTable.of(*noise.to_embeddings()),
            seed=seed,
        )
        any_flagged += found.verdict == "disparity"
        for discovery in found.searches:
            evidence = discovery.evidence
            gaps = evidence.gaps
            chosen = gaps.all_speakers or gaps.search_inflated
            seen[discovery.title].append(
                (
                    chosen.gap.relative,
                    None if gaps.all_speakers else gaps.held_out.gap.relative,
                    gaps.deciding.shares["speakers"],
                    evidence.test.p_alone <= 0.05,
                    discovery.verdict == "disparity",
                )
            )
    print(f"{logs} logs of {speakers} speakers, {time.perf_counter() - start:.0f} s")
    print("| discoverer | gap where it was chosen | held-out gap | bottom share | p ≤ .05 | verdict disparity |")
    print("|---|---|---|---|---|---|")
    for title, rows in seen.items():
        chosen, held, share, p, verdict = zip(*rows, strict=True)
        beside = "–" if None in held else f"{median(held):+.1%}"
        print(
            f"| {title} | {median(chosen):+.0%} | {beside} | {median(share):.1%} "
            f"| {sum(p)} of {logs} | {sum(verdict)} of {logs} |"
        )
    print(f"audits with any disparity: {any_flagged} of {logs}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
