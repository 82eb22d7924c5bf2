"""Alignments are those that are counted, by the kernel, in Python and in jiwer."""

from __future__ import annotations

import random

import jiwer
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.scoring import align_pairs, align_texts, get_normalizer, score_columns
from tests.kernel import make_pairs, using
from tests.scoring.test_kernel import KERNEL

WORDS = st.lists(st.sampled_from(["a", "b", "ab", "it's", "É", "語", "<um>", "{ a / b }", "(um)", "."]), max_size=12)


def columns(pairs: list[tuple[str, str]]) -> tuple[pa.Array, pa.Array]:
    return tuple(pa.array(side, pa.string()) for side in (zip(*pairs, strict=True) if pairs else ((), ())))  # type: ignore[return-value]


@pytest.mark.skipif(KERNEL is None, reason="the kernel is not built")
@pytest.mark.parametrize("token", ["word", "char", "mixed"])
@pytest.mark.parametrize("normalizer", ["none", "basic"])
@given(
    pairs=st.lists(st.tuples(WORDS.map(" ".join), WORDS.map(" ".join)), max_size=4),
    tags=st.booleans(),
    alternatives=st.booleans(),
)
def test_the_kernel_aligns_like_python(
    pairs: list[tuple[str, str]], token: str, normalizer: str, tags: bool, alternatives: bool
) -> None:
    settings = {"normalizer": get_normalizer(normalizer), "token": token, "tags": tags, "alternatives": alternatives}
    found = []
    for kernel in (KERNEL, None):
        with using(kernel):
            aligned = align_pairs(*columns(pairs), **settings)
            counts = score_columns(*columns(pairs), **settings)
        rows = {name: column.to_pylist() for name, column in aligned.columns().items()}
        deleted = [row.count("") for row in rows["heard"]]
        assert [len(row) for row in rows["words"]] == counts.exposure.tolist()
        assert deleted == counts.deletions.tolist()
        assert [len(row) for row in rows["places"]] == (counts.substitutions + counts.deletions).tolist()
        assert [len(" ".join(row).split()) for row in rows["inserted"]] == counts.insertions.tolist()
        found.append(rows)
    assert found[0] == found[1]


@given(pairs=st.lists(st.tuples(WORDS.map(" ".join), WORDS.map("\t".join)), min_size=1, max_size=4))
def test_a_hypothesis_can_be_made_again(pairs: list[tuple[str, str]]) -> None:
    aligned = align_texts(*zip(*pairs, strict=True), token="word")
    for i, (_, hypothesis) in enumerate(pairs):
        words, places, heard, inserted = (column[i].as_py() for column in aligned.columns().values())
        kept = dict(enumerate(words)) | dict(zip(places, heard, strict=True))
        made = [word for word in kept.values() if word] + " ".join(inserted).split(" ")
        assert sorted(filter(None, made)) == sorted(hypothesis.split())


def test_jiwer_aligns_the_same_words() -> None:
    pairs = [tuple(" ".join(text.split()) for text in pair) for pair in make_pairs(random.Random(0), 400)]
    pairs = [pair for pair in pairs if all(pair) and "\udcff" not in "".join(pair)]
    aligned = align_pairs(*columns(pairs), normalizer=get_normalizer("none"), token="word")
    for i, (reference, hypothesis) in enumerate(pairs):
        theirs = jiwer.process_words(reference, hypothesis)
        wanted, heard = theirs.references[0], theirs.hypotheses[0]
        errors, inserted = {}, []
        for chunk in theirs.alignments[0]:
            there = heard[chunk.hyp_start_idx : chunk.hyp_end_idx]
            if chunk.type == "insert":
                inserted += there
            elif chunk.type != "equal":
                places = range(chunk.ref_start_idx, chunk.ref_end_idx)
                errors |= dict(zip(places, there or [""] * len(places), strict=True))
        assert aligned.words[i].as_py() == wanted
        assert dict(zip(aligned.places[i].as_py(), aligned.heard[i].as_py(), strict=True)) == errors
        assert " ".join(aligned.inserted[i].as_py()) == " ".join(inserted)


def test_pairs_that_the_kernel_leaves_are_aligned_in_python() -> None:
    rng = np.random.default_rng(0)
    long = [" ".join(rng.choice(["a", "b", "c"], 1_600)) for _ in range(2)]  # more than the cells that it fills
    texts = pa.array([long[0], "a b"]), pa.array([long[1], "a c"])
    aligned = align_pairs(*texts, normalizer=get_normalizer("none"), token="word")
    counts = score_columns(*texts, normalizer=get_normalizer("none"), token="word")
    assert [len(row) for row in aligned.places.to_pylist()] == (counts.substitutions + counts.deletions).tolist()
    assert aligned.words[0].as_py() == long[0].split()
    assert aligned.heard[1].as_py() == ["c"]
