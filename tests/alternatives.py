"""Compare references with alternatives with sclite and with OIWER: ``python -m tests.alternatives``.

Random references list alternatives inside each other. Each is aligned with a random hypothesis with the costs of sclite
(4 for a substitution, 3 for a deletion or an insertion), and the cost must be that of sclite's own alignment, which is
also an alignment of one of the spellings. This needs NIST's sctk. If the package ``voi-oiwer`` is installed, references
of slots that list spellings are scored by it as well. It does not always choose the spelling with the fewest errors, so
that it may count more; how often is printed. Two minutes.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from fairaudit.scoring import count_errors
from fairaudit.scoring.alternatives import UNIT_COSTS, Choice, Spellings, choose, parse_spellings

SCLITE_COSTS = (4, 3, 3)
WORDS = "abcd"
_BLOCK = 10_000
_SCORES = re.compile(r"id: \(s-(\d+)\)\nScores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)")


def make_reference(rng: random.Random, depth: int = 0) -> str:
    """A random reference with alternatives, of few different words."""
    parts = []
    for _ in range(rng.randint(1, 3 if depth else 6)):
        if rng.random() < 0.35 / (1 + depth):
            branches = (
                "@" if rng.random() < 0.25 else make_reference(rng, depth + 1) for _ in range(rng.randint(2, 3))
            )
            blank = rng.choice(("", " "))
            parts.append(f"{{{blank}{f'{blank}/{blank}'.join(branches)}{blank}}}")
        else:
            parts.append(rng.choice(WORDS))
    return " ".join(parts)


def make_rows(rng: random.Random, n: int) -> list[tuple[str, str]]:
    """Random references and hypotheses."""
    return [(make_reference(rng), " ".join(rng.choices(WORDS, k=rng.randint(0, 8)))) for _ in range(n)]


def in_words(reference: str) -> Spellings:
    """Parse a reference and split it into words."""

    def split(spellings: Spellings) -> Spellings:
        return [
            Choice(tuple(map(split, item.branches))) if isinstance(item, Choice) else item.split() for item in spellings
        ]

    return split(parse_spellings(reference))


def spellings_of(spellings: Spellings) -> list[list[str]]:
    """All spellings, in the order in which they are written."""
    ways = [[way for branch in item.branches for way in spellings_of(branch)] if isinstance(item, Choice) else [item]
            for item in spellings]  # fmt: skip
    return [[word for part in parts for word in part] for parts in product(*ways)]


def distance(reference: Sequence[str], hypothesis: Sequence[str], costs: tuple[int, int, int] = UNIT_COSTS) -> int:
    """Least cost of an alignment, by the textbook."""
    substitution, deletion, insertion = costs
    above = [insertion * j for j in range(len(hypothesis) + 1)]
    for i, word in enumerate(reference, start=1):
        row = [deletion * i]
        for j, other in enumerate(hypothesis, start=1):
            either = min(above[j] + deletion, row[-1] + insertion)
            row.append(min(either, above[j - 1] + substitution * (word != other)))
        above = row
    return above[-1]


def sclite_counts(rows: Sequence[tuple[str, str]], folder: Path) -> list[tuple[int, int, int, int]]:
    """Hits, substitutions, deletions and insertions of each row by sclite."""
    for name, side in (("ref.trn", 0), ("hyp.trn", 1)):
        (folder / name).write_text("".join(f"{row[side]} (s-{number:06})\n" for number, row in enumerate(rows)))
    command = "sctk sclite -r ref.trn trn -h hyp.trn trn -i spu_id -o pralign stdout"
    done = subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, text=True)
    found = {int(number): tuple(map(int, counts)) for number, *counts in _SCORES.findall(done.stdout)}
    assert len(found) == len(rows)
    return [found[number] for number in range(len(rows))]


def require_as_sclite(rows: Sequence[tuple[str, str]], folder: Path) -> None:
    """Raise on the first row that sclite aligns at another cost, or with words that are no spelling's."""
    for (reference, hypothesis), (hits, *edits) in zip(rows, sclite_counts(rows, folder), strict=True):
        cost, chosen = choose(in_words(reference), hypothesis.split(), SCLITE_COSTS)
        theirs = sum(each * n for each, n in zip(SCLITE_COSTS, edits, strict=True))
        assert cost == theirs, f"{reference!r}, {hypothesis!r}: {cost}, but {theirs} by sclite"
        assert cost == distance(chosen, hypothesis.split(), SCLITE_COSTS)
        substitutions, deletions, _ = edits
        words = hits + substitutions + deletions
        if words != len(chosen):  # another spelling costs the same
            assert words in map(len, spellings_of(in_words(reference)))


def compare_with_oiwer(oiwer: Callable[..., tuple], rng: random.Random, n: int) -> Iterator[tuple[bool, bool]]:
    """Say of each row whether all spellings of its slots are single words, and whether OIWER counts as many errors."""
    for _ in range(n):
        slots = [
            [" ".join(rng.choices(WORDS, k=rng.choice([1, 1, 2]))) for _ in range(rng.randint(1, 3))]
            for _ in range(rng.randint(1, 4))
        ]
        hypothesis = " ".join(rng.choices(WORDS, k=rng.randint(0, 6)))
        _, _, aligned, _, edits, *_ = oiwer(hypothesis, slots, "hindi")
        theirs, their_spelling = sum(edits), [word for word in aligned if word.strip()]
        notation = " ".join(slot[0] if len(slot) == 1 else f"{{ {' / '.join(slot)} }}" for slot in slots)
        ours, _ = choose(in_words(notation), hypothesis.split())
        assert their_spelling in spellings_of(in_words(notation))
        assert distance(their_spelling, hypothesis.split()) == theirs >= ours
        counts = count_errors([" ".join(their_spelling)], [hypothesis])
        assert counts.errors.tolist() == [theirs]
        yield all(len(spelling.split()) == 1 for slot in slots for spelling in slot), ours == theirs


def main() -> int:
    """Parse the command line, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, n = random.Random(options.seed), options.references
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, n, _BLOCK):
            require_as_sclite(make_rows(rng, min(_BLOCK, n - start)), Path(folder))
    print(f"{n:,} references cost what they cost sclite; seed {options.seed}")
    try:
        from voi_oiwer import oiwer
    except ImportError:
        print("voi-oiwer is not installed")
        return 0
    single, equal = np.array([*compare_with_oiwer(oiwer, rng, n)]).T
    print(f"OIWER counts as many errors in {equal[single].sum():,} of {single.sum():,} rows of single words, and in "
          f"{equal[~single].sum():,} of {(~single).sum():,} others, and more in all the rest")  # fmt: skip
    return int(not equal[single].all())


if __name__ == "__main__":
    sys.exit(main())
