"""Compare the compiled kernels with the Python code and with jiwer: ``python -m tests.kernel``.

Random pairs are counted in words and in characters by both, a tenth of them also by jiwer, and random ASCII texts are
normalised by both. With ``--sanitize``, the kernels are compiled with the address and undefined-behaviour sanitizers of
gcc or clang, and the property tests and fewer random pairs are run with them. A minute each.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import jiwer
import numpy as np
import pyarrow as pa
import pytest

from fairaudit.cohorts import grow
from fairaudit.core.compiled import find_kernel
from fairaudit.scoring import align, compiled, count_errors
from fairaudit.scoring.normalize import normalize_basic

ROOT = Path(__file__).resolve().parents[1]
KERNELS = (compiled.NAME, grow.NAME)
WHITESPACE = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g", "-O1"]
BLOCK = 10_000
WORDS = ["a", "b", "ab", "ba", "abc", "é", "में", "語", "word", "another", "longer-than-8", "\U0001f600"]


def make_pairs(rng: random.Random, n: int) -> list[tuple[str, str]]:
    """Random references, with hypotheses that are unrelated to them or are copies with errors."""
    return [_pair(rng) for _ in range(n)]


def _pair(rng: random.Random) -> tuple[str, str]:
    vocabulary = rng.sample(WORDS, rng.randint(1, len(WORDS)))
    longest = rng.choice([3, 12, 12, 12, 40] if rng.random() < 0.99 else [300])
    wanted = rng.choices(vocabulary, k=rng.randint(0, longest))
    if rng.random() < 0.3:
        heard = rng.choices(vocabulary, k=rng.randint(0, longest))
    else:
        errors, heard = rng.random() / 2, []
        for word in wanted:
            chance = rng.random() / errors if errors else 1
            heard += [word] if chance > 1 else rng.choices(vocabulary, k=rng.choice([0, 1, 1, 2]))
    return _text(rng, wanted), _text(rng, heard)


def _text(rng: random.Random, words: list[str]) -> str:
    if rng.random() < 0.8:
        return " ".join(words)
    gaps = [rng.choice(WHITESPACE) * rng.choice([1, 1, 2]) for _ in words]
    lone = "\udcff" if rng.random() < 0.05 else ""
    return rng.choice(["", " "]) + "".join(word + gap for word, gap in zip(words, gaps, strict=True)) + lone


def _in_blocks(n: int, rng: random.Random) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, n, BLOCK):
        yield make_pairs(rng, min(BLOCK, n - start))


def _jiwer(pair: tuple[str, str]) -> tuple[int, int, int, int]:
    result = jiwer.process_words(*(" ".join(text.split()) for text in pair))
    return result.substitutions, result.deletions, result.insertions, result.hits


@contextmanager
def using(kernel: ModuleType | None) -> Iterator[None]:
    """Count and normalise with a kernel, or with the Python code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "KERNEL", kernel)
        yield


def normalized_hashes(kernel: ModuleType, texts: list[str]) -> list[int]:
    """Hashes of texts that the kernel normalised, which are those of Python."""
    column, hashes = pa.array(texts, pa.string()), np.zeros((2, len(texts)), dtype=np.int64)
    counts = np.empty((len(texts), 4), dtype=np.int64)
    with using(kernel):
        left = align.count_columns(column, column, counts, token="word", basic=True, hashes=hashes)
    assert not left
    assert (hashes[0] == hashes[1]).all()
    return hashes[0].tolist()


def compare(n: int, n_jiwer: int, seed: int) -> None:
    """Raise on the first pair or text whose results differ."""
    kernel = find_kernel(compiled.NAME, compiled.VERSION, "require")
    assert kernel is not None
    rng, checked = random.Random(seed), 0
    for pairs in _in_blocks(n, rng):
        references, hypotheses = zip(*pairs, strict=True)
        for token in ("word", "char"):
            with using(kernel):
                found = count_errors(references, hypotheses, token=token)
            columns = (found.substitutions, found.deletions, found.insertions, found.hits)
            rows = [tuple(row) for row in np.stack(columns, axis=1).tolist()]
            tokens = align._TOKENS[token]
            _require(pairs, rows, (align._count_pair(*pair, tokens) for pair in pairs))
            if token == "word":
                these = pairs[: max(0, n_jiwer - checked)]
                _require(these, rows[: len(these)], map(_jiwer, these))
        checked += len(pairs)
        texts = ["".join(rng.choices("abYZ019'` ,.-\t", k=rng.randint(0, 60))) for _ in pairs]
        _require(texts, normalized_hashes(kernel, texts), (hash(normalize_basic(text)) for text in texts))
    print(f"{n:,} pairs and texts alike, {min(n, n_jiwer):,} of them also counted by jiwer; seed {seed}")


def _require(given: Iterable[object], found: list[object], expected: Iterable[object]) -> None:
    for one, ours, theirs in zip(given, found, expected, strict=True):
        assert ours == theirs, f"{one!r}: {ours}, but {theirs} is expected"


def sanitize(arguments: list[str]) -> int:
    """Compile the kernels with sanitizers, and run this file with them in a process that loads the sanitizers first."""
    compiler = os.environ.get("CC") or "cc"
    with tempfile.TemporaryDirectory() as folder:
        include = sysconfig.get_paths()["include"]
        flags = ["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", f"-I{include}", "-DPy_LIMITED_API=0x030B0000"]
        for name in KERNELS:
            source = ROOT / f"{name.replace('.', '/')}.c"
            subprocess.run([compiler, *SANITIZERS, *flags, str(source), "-o", str(_library(folder, name))], check=True)
        runtime = subprocess.run(
            [compiler, "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
        ).stdout.strip()
        # Objects of Python come from malloc, so that reading beyond one is seen; Python itself never frees some.
        settings = {"LD_PRELOAD": runtime, "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0"}
        command = [sys.executable, "-m", "tests.kernel", "--libraries", folder, *arguments]
        return subprocess.run(command, env=os.environ | settings, cwd=ROOT, check=False).returncode


def _library(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.abi3.so"


def load(folder: str, name: str) -> ModuleType:
    """Load a kernel from a folder, in place of the one that is installed."""
    library = str(_library(folder, name))
    loader = importlib.machinery.ExtensionFileLoader(name, library)
    spec = importlib.util.spec_from_file_location(name, library, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[name] = module
    package, _, last = name.rpartition(".")
    setattr(sys.modules[package], last, module)
    return module


def main() -> int:
    """Parse the command line, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, help="1,000,000, or 50,000 with sanitizers")
    parser.add_argument("--jiwer", type=int, default=100_000, help="how many of them jiwer counts, too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--libraries", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sanitize:
        pairs = options.pairs or 50_000
        return sanitize(["--pairs", str(pairs), "--jiwer", "0", "--seed", str(options.seed)])
    failed = 0
    if options.libraries:
        load(options.libraries, compiled.NAME)
        grow.KERNEL = load(options.libraries, grow.NAME)
        tests = ["tests/scoring/test_kernel.py", "tests/cohorts/test_compiled_trees.py"]
        failed = pytest.main(["-qs", "-p", "no:cacheprovider", *tests])
    compare(options.pairs or 1_000_000, options.jiwer, options.seed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
