"""Goals P1 to P3 of scoring: ``OMP_NUM_THREADS=1 PYTHONPATH=. python tests/bench/bench_scoring.py`` (Linux).

Equality first, then CPU seconds, medians of interleaved rounds, in Python and with the compiled kernel if it was built.
"Texts to columns" is what a row of a log costs: two normalisers, both counted, and hashes. Pairs come from
``make_pairs``: a vocabulary of 5,000 words, about 10 words per reference, 12 % word errors, seed 0. Texts for
normalising are the EdAcc transcripts where they stand beside the repository, else adversarial ones, seed 0.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType

import jiwer
import numpy as np
import pandas as pd
import pyarrow as pa
from whisper_normalizer.english import EnglishTextNormalizer

from fairaudit import UtteranceLog, read_log
from fairaudit.inputs.texts import score_texts
from fairaudit.scoring import ErrorColumns, Scripts, count_errors, get_normalizer, score_pairs
from fairaudit.scoring.align import count_columns
from fairaudit.scoring.compiled import KERNEL
from tests.kernel import using

Row = tuple[str, str, str, str, float, float, bool]

SEED = 0
PAIRS = 100_000
LOG_ROWS = 200_000
ROUNDS = 5
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


def column_counts(references: pa.Array, hypotheses: pa.Array) -> np.ndarray:
    counts = np.empty((len(references), 4), dtype=np.int64)
    assert not count_columns(references, hypotheses, counts, token="word")
    return counts


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


def to_columns(references: pa.Array, hypotheses: pa.Array) -> dict[str, pa.Array]:
    return score_texts(
        references,
        hypotheses,
        normalizer=get_normalizer("basic"),
        second=get_normalizer("none"),
        token="word",
        strip_tags=False,
        empty_means_missing=True,
        scripts=Scripts(),
    )


def reading(path: Path) -> UtteranceLog:
    return read_log(path, missing_hypothesis="empty")


def call(kernel: ModuleType | None, function: Callable[..., object], *arguments: object) -> object:
    with using(kernel):
        return function(*arguments)


def speed(references: list[str], hypotheses: list[str], log: Path) -> list[Row]:
    """P1: bare counting, texts to columns, and a log of texts, against jiwer's counting alone."""
    columns = pa.array(references), pa.array(hypotheses)
    expected = jiwer_counts(references, hypotheses)
    assert (call(None, our_counts, references, hypotheses) == expected).all()
    calls = [
        ("counting lists, Python", 12, PAIRS, partial(call, None, count_errors, references, hypotheses)),
        ("texts to columns, Python", 0, PAIRS, partial(call, None, to_columns, *columns)),
        (f"read_log, {LOG_ROWS:,} texts, Python", 0, LOG_ROWS, partial(call, None, reading, log)),
    ]
    if KERNEL is not None:
        assert (call(KERNEL, our_counts, references, hypotheses) == expected).all()
        assert (call(KERNEL, column_counts, *columns) == expected).all()
        assert call(KERNEL, to_columns, *columns) == call(None, to_columns, *columns)
        calls += [
            ("counting columns, kernel", 100, PAIRS, partial(call, KERNEL, column_counts, *columns)),
            ("counting lists, kernel", 0, PAIRS, partial(call, KERNEL, count_errors, references, hypotheses)),
            ("texts to columns, kernel", 0, PAIRS, partial(call, KERNEL, to_columns, *columns)),
            (f"read_log, {LOG_ROWS:,} texts, kernel", 0, LOG_ROWS, partial(call, KERNEL, reading, log)),
        ]
    theirs, *ours = cpu_medians(partial(jiwer_counts, references, hypotheses), *(one for *_, one in calls))
    rows = []
    for (what, goal, n, _), seconds in zip(calls, ours, strict=True):
        times = theirs / PAIRS / (seconds / n)
        peer, mine = (f"{rate / 1e6:.3f} M/s" for rate in (PAIRS / theirs, n / seconds))
        rows.append(("P1", what, peer, mine, times, goal, times >= goal))
    return rows


def write_log(path: Path) -> Path:
    references, hypotheses = make_pairs(LOG_ROWS)
    speakers = [f"s{i % 2_000}" for i in range(LOG_ROWS)]
    table = {"speaker_id": speakers, "reference": references, "hypothesis": hypotheses}
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def main() -> int:
    # first, because the peak of a new process begins at the size of its parent
    memory = in_new_process(score_basic, 1_000_000)
    jiwer_memory = in_new_process(jiwer_counts, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        rates = speed(*make_pairs(PAIRS), write_log(Path(folder) / "log.csv"))

    plain, gated = EnglishTextNormalizer(), get_normalizer("whisper-en")
    real, adversarial = real_texts(), adversarial_texts(100_000)
    assert normalize_all(gated, real + adversarial) == normalize_all(plain, real + adversarial)
    texts = real or adversarial
    plain_time, gated_time = cpu_medians(lambda: normalize_all(plain, texts), lambda: normalize_all(gated, texts))

    results = [
        *rates,
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
        state = ("met" if met else "MISSED") if bound else ""
        print(f"{goal:4}{what:34}{peer:>14}{mine:>14}{figure:>10.1f}{bound or '':>8}  {state}")
    return 0 if all(result[-1] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
