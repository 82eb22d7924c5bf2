"""Goals P1 to P3 of scoring: ``OMP_NUM_THREADS=1 python tests/bench/bench_scoring.py`` (Linux).

Equality first, then CPU seconds, medians of interleaved rounds. Pairs come from ``make_pairs``:
a vocabulary of 5,000 words, about 10 words per reference, 12 % word errors, seed 0. Texts for normalising are
the EdAcc transcripts where they stand beside the repository, else adversarial ones, seed 0.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jiwer
import numpy as np
from whisper_normalizer.english import EnglishTextNormalizer

from fairaudit.scoring import ErrorColumns, count_errors, get_normalizer, score_pairs

SEED = 0
ROUNDS = 3
EDACC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "edacc"
MIB = 2**20
ODDITIES = (
    *("$5", "¢7", "$0.7", "5%", "2,000", "12.5", "3.", "5th", "1s", "1960s", "٣", "½", "²"),
    *("œuvre", "naïve", "<LAUGH>", "[x", "(y)", "um", "uh", "mhm", "foo", "'s"),
)


def make_pairs(n: int) -> tuple[list[str], list[str]]:
    rng = random.Random(SEED)
    vocabulary = [f"w{i}" for i in range(5_000)]
    references, hypotheses = [], []
    for _ in range(n):
        words = rng.choices(vocabulary, k=max(1, round(rng.gauss(10, 4))))
        heard = []
        for word in words:
            chance = rng.random()
            if chance >= 0.02:  # else deleted
                heard.append(rng.choice(vocabulary) if chance < 0.10 else word)
            if rng.random() < 0.02:
                heard.append(rng.choice(vocabulary))
        references.append(" ".join(words))
        hypotheses.append(" ".join(heard))
    return references, hypotheses


def adversarial_texts(n: int) -> list[str]:
    rng = random.Random(SEED)
    plain = EnglishTextNormalizer()
    tokens = [
        *sorted(plain.standardize_numbers.words) * 5,
        *(pattern.replace(r"\b", "") for pattern in plain.replacers),
        *rng.sample(sorted(plain.standardize_spellings.mapping), 100),
        *ODDITIES * 3,
    ]
    return [rng.choice([" ", " ", "", ", "]).join(rng.choices(tokens, k=rng.randint(0, 9))) for _ in range(n)]


def real_texts() -> list[str]:
    texts = []
    for path in sorted(EDACC.glob("*.transcripts.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                texts += [row["ref_raw"], row["hyp_raw"]]
    return texts


def jiwer_counts(references: list[str], hypotheses: list[str]) -> np.ndarray:
    rows = []
    for alignment in jiwer.process_words(references, hypotheses).alignments:
        row = dict.fromkeys(("substitute", "delete", "insert", "equal"), 0)
        for chunk in alignment:
            size = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
            row[chunk.type] += size
        rows.append(tuple(row.values()))
    return np.array(rows)


def our_counts(references: list[str], hypotheses: list[str]) -> np.ndarray:
    counts = count_errors(references, hypotheses)
    return np.stack([counts.substitutions, counts.deletions, counts.insertions, counts.hits], axis=1)


def score_basic(references: list[str], hypotheses: list[str]) -> ErrorColumns:
    return score_pairs(references, hypotheses, normalizer=get_normalizer("basic"), token="word", tags=True)


def cpu_medians(*functions: Callable[[], object]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.process_time()
            function()
            taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in seconds]


def extra_memory(count: Callable[[list[str], list[str]], object], n: int) -> float:
    """Peak of resident memory above what the texts take, in MiB (Linux)."""
    references, hypotheses = make_pairs(n)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    count(references, hypotheses)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB - pages * resource.getpagesize() / MIB


def in_new_process(count: Callable[[list[str], list[str]], object], n: int) -> float:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(extra_memory, (count, n))


def normalize_all(normalize: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    return [normalize(text) for text in texts]


def main() -> int:
    references, hypotheses = make_pairs(100_000)
    assert (our_counts(references, hypotheses) == jiwer_counts(references, hypotheses)).all()
    theirs, ours = cpu_medians(
        lambda: jiwer_counts(references, hypotheses), lambda: count_errors(references, hypotheses)
    )

    memory = in_new_process(score_basic, 1_000_000)
    jiwer_memory = in_new_process(jiwer_counts, 100_000)

    plain, gated = EnglishTextNormalizer(), get_normalizer("whisper-en")
    real, adversarial = real_texts(), adversarial_texts(100_000)
    assert normalize_all(gated, real + adversarial) == normalize_all(plain, real + adversarial)
    texts = real or adversarial
    plain_time, gated_time = cpu_medians(lambda: normalize_all(plain, texts), lambda: normalize_all(gated, texts))

    results = [
        ("P1", "scoring, 100k pairs", f"{theirs:.2f} s", f"{ours:.3f} s", theirs / ours, 12, theirs / ours >= 12),
        ("P2", "extra memory, MiB", f"{jiwer_memory:.0f} (100k)", f"{memory:.0f} (1M)", memory, 100, memory <= 100),
        (
            "P3",
            f"whisper-en, {len(texts)} {'EdAcc' if real else 'adversarial'} texts",
            f"{plain_time / len(texts) * 1e6:.1f} us",
            f"{gated_time / len(texts) * 1e6:.1f} us",
            plain_time / gated_time,
            4,
            plain_time / gated_time >= 4,
        ),
    ]
    print(f"{'':4}{'':34}{'peer':>14}{'fairaudit':>14}{'figure':>10}{'goal':>8}")
    for goal, what, peer, mine, figure, bound, met in results:
        print(f"{goal:4}{what:34}{peer:>14}{mine:>14}{figure:>10.1f}{bound:>8}  {'met' if met else 'MISSED'}")
    return 0 if all(result[-1] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
