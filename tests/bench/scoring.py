"""P1 to P3: counting errors, the memory it takes, and normalising.

Both the Python code and the compiled kernel, if it was built, are measured. "Texts to columns" is what a row of a log
costs: two normalisers, both counted, and hashes. Pairs come from :func:`make_pairs`: a vocabulary of 5,000 words, about
10 words per reference, 12 % word errors, seed 0. Texts for normalising are the EdAcc transcripts where they are beside
the repository, else adversarial ones, seed 0.
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
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
from tests.bench.measure import PeakMemory, Row, cpu_medians, in_new_process, size
from tests.kernel import using

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


def p1(scale: float) -> Iterator[Row]:
    """Bare counting, texts to columns, and a log of texts, against jiwer's counting alone."""
    pairs, rows = size(PAIRS, scale, 200), size(LOG_ROWS, scale, 200)
    references, hypotheses = make_pairs(pairs)
    columns = pa.array(references), pa.array(hypotheses)
    expected = jiwer_counts(references, hypotheses)
    assert (call(None, our_counts, references, hypotheses) == expected).all()
    with tempfile.TemporaryDirectory() as folder:
        log = write_log(Path(folder) / "log.csv", rows)
        calls = [
            ("counting lists, Python", 12, pairs, partial(call, None, count_errors, references, hypotheses)),
            ("texts to columns, Python", 0, pairs, partial(call, None, to_columns, *columns)),
            (f"read_log, {rows:,} texts, Python", 0, rows, partial(call, None, reading, log)),
        ]
        if KERNEL is not None:
            assert (call(KERNEL, our_counts, references, hypotheses) == expected).all()
            assert (call(KERNEL, column_counts, *columns) == expected).all()
            assert call(KERNEL, to_columns, *columns) == call(None, to_columns, *columns)
            calls += [
                ("counting columns, kernel", 100, pairs, partial(call, KERNEL, column_counts, *columns)),
                ("counting lists, kernel", 0, pairs, partial(call, KERNEL, count_errors, references, hypotheses)),
                ("texts to columns, kernel", 0, pairs, partial(call, KERNEL, to_columns, *columns)),
                (f"read_log, {rows:,} texts, kernel", 0, rows, partial(call, KERNEL, reading, log)),
            ]
        theirs, *ours = cpu_medians(partial(jiwer_counts, references, hypotheses), *(one for *_, one in calls))
    for (what, goal, n, _), seconds in zip(calls, ours, strict=True):
        times = theirs / pairs / (seconds / n)
        asked = f"{what}: ≥ {goal} × jiwer" if goal else f"{what}, against jiwer's counting"
        yield Row("P1", asked, f"{times:.1f} × ({n / seconds / 1e6:.3f} M/s)", times >= goal)


def p2(scale: float) -> Iterator[Row]:
    """Memory of normalising and counting beyond that of the texts."""
    n = size(1_000_000, scale, 200)
    _, ours = in_new_process(memory_of, "score", n)
    _, theirs = in_new_process(memory_of, "jiwer", n // 10)
    asked = f"memory of scoring {n:,} pairs: ≤ 100 MiB (jiwer, a tenth of them: {theirs:.0f} MiB)"
    yield Row("P2", asked, f"{ours:.0f} MiB", ours <= 100)


def p3(scale: float) -> Iterator[Row]:
    """The English normaliser of Whisper against the package that it comes from."""
    plain, gated = EnglishTextNormalizer(), get_normalizer("whisper-en")
    real = real_texts()[: size(1_000_000, scale)]
    adversarial = adversarial_texts(size(100_000, scale, 200))
    assert normalize_all(gated, real + adversarial) == normalize_all(plain, real + adversarial)
    texts = real or adversarial
    theirs, ours = cpu_medians(lambda: normalize_all(plain, texts), lambda: normalize_all(gated, texts))
    kind = "EdAcc" if real else "adversarial"
    asked = f"whisper-en, {len(texts):,} {kind} texts: ≥ 4 × whisper-normalizer, no text different"
    yield Row("P3", asked, f"{theirs / ours:.1f} × ({1e6 * ours / len(texts):.1f} µs a text)", theirs >= 4 * ours)


def memory_of(which: str, n: int) -> float:
    """Count errors, and return the peak of memory above what the texts take, in MiB."""
    references, hypotheses = make_pairs(n)
    with PeakMemory() as memory:
        (score_basic if which == "score" else jiwer_counts)(references, hypotheses)
    return memory.mib


def write_log(path: Path, rows: int) -> Path:
    references, hypotheses = make_pairs(rows)
    speakers = [f"s{i % 2_000}" for i in range(rows)]
    table = {"speaker_id": speakers, "reference": references, "hypothesis": hypotheses}
    pd.DataFrame(table).to_csv(path, index=False)
    return path
