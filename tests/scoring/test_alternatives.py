"""References with alternatives are scored by the spelling with the fewest errors, as sclite chooses it."""

from __future__ import annotations

import random
import re
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.scoring import (
    NotationError,
    TextHashes,
    compiled,
    count_errors,
    get_normalizer,
    list_alternatives,
    score_columns,
    score_pairs,
)
from fairaudit.scoring.alternatives import Choice, choose, parse_spellings
from tests.alternatives import (
    SCLITE_COSTS,
    distance,
    in_words,
    make_reference,
    make_rows,
    require_as_sclite,
    spellings_of,
)
from tests.kernel import using


def score(reference: str, hypothesis: str, normalizer: str = "basic", token: str = "word", **options: bool) -> list:
    counts = score_pairs(
        [reference], [hypothesis], normalizer=get_normalizer(normalizer), token=token, alternatives=True, **options
    )
    edits = (counts.substitutions, counts.deletions, counts.insertions, counts.hits)
    return np.stack(edits, axis=1)[0].tolist()


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("i've { um / uh / @ } as far", "i've as far", [0, 0, 0, 3]),
        ("i've { um / uh / @ } as far", "i've uh as far", [0, 0, 0, 4]),
        ("{ what are / what're } you", "What're you?", [0, 0, 0, 2]),
        ("{ a { b / c d } / @ } e", "a c d e", [0, 0, 0, 4]),
        ("{ a { b / c d } / @ } e", "", [0, 1, 0, 0]),
        ("a (um) b", "a b", [0, 0, 0, 2]),
        ("a (um) b", "a um b", [0, 0, 0, 3]),
        ("a{b/c}d", "a c d", [0, 0, 0, 3]),
        ("{ @ x / y } z", "x z", [0, 0, 0, 2]),
        # an alternative of which normalisation leaves nothing is no word
        ("well { ... / so }", "well", [0, 0, 0, 1]),
        # the first as written among equals
        ("{ x / y z }", "q r", [1, 0, 1, 0]),
        ("{ y z / x }", "q r", [2, 0, 0, 0]),
        ("{ um / @ } yes", "uh yes", [1, 0, 0, 1]),
        # no alternatives
        ("and/or (uh huh)", "and or uh huh", [0, 0, 0, 4]),
        ("nothing", "at all", [1, 0, 1, 0]),
    ],
)
def test_the_spelling_with_the_fewest_errors_is_counted(reference: str, hypothesis: str, expected: list[int]) -> None:
    assert score(reference, hypothesis) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a } b", "'}' without '{'"),
        ("{ a / b", "'{' without '}'"),
        ("{ a } b", "braces without alternatives"),
        ("{ a / }", "an alternative is empty"),
        ("{ / a }", "an alternative is empty"),
        ("{ a / { } }", "braces without alternatives"),
        ("{ a / " * 40 + "b" + " }" * 40, "more than 32 alternatives are inside each other"),
    ],
)
def test_wrong_notation_is_refused(text: str, message: str) -> None:
    with pytest.raises(NotationError, match=message):
        parse_spellings(text)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("a { b / @ } c", "{ b / @ }"),
        ("x { a { b / c } / d }", "{ b / c }"),
        ("a {b/c} d", "{b/c}"),
        ("a {b/ c} d", "{b/ c}"),
        ("{he/she}", "{he/she}"),
        ('see {"path": "b/c"}', '{"path": "b/c"}'),
        ("a {b {sic} / c}", "{b {sic} / c}"),
        ("a { b {c/d} e", "{c/d}"),
        ("{/}", "{/}"),
        ("he/she {sic} and/or", None),
        ("{a} / {b}", None),
        ("(um) (a/b)", None),
        ("a {b/c d", None),
        ("a b/c} d", None),
        ("} / {", None),
        ("{", None),
    ],
)
def test_alternatives_are_recognised(text: str, listed: str | None) -> None:
    assert list_alternatives(text) == listed


@given(text=st.text("ab {}/@()", max_size=20))
def test_text_that_can_be_read_as_alternatives_seems_to_list_them(text: str) -> None:
    with suppress(NotationError):
        written = re.sub(r"[()]", "", text)  # optional words are choices as well
        has_choice = any(isinstance(item, Choice) for item in parse_spellings(written))
        assert (list_alternatives(written) is not None) == has_choice


def test_tags_are_removed_inside_alternatives() -> None:
    reference = "yes { <LAUGH> / um } sir"
    assert score(reference, "yes sir", tags=True) == [0, 0, 0, 2]
    assert score(reference, "yes sir") == [0, 1, 0, 2]


@pytest.mark.parametrize(("token", "hits"), [("word", 1), ("char", 4), ("mixed", 3)])
def test_other_tokens_are_aligned(token: str, hits: int) -> None:
    assert score("{ 今日 / 明天 }ok", "明天ok", token=token)[3] == hits - (token == "word")


@given(seed=st.integers(0, 2**32), costs=st.sampled_from([(1, 1, 1), SCLITE_COSTS, (3, 1, 2)]))
def test_the_choice_is_the_first_of_the_least_cost(seed: int, costs: tuple[int, int, int]) -> None:
    rng = random.Random(seed)
    parsed = in_words(make_reference(rng))
    hypothesis = rng.choices("abcd", k=rng.randint(0, 7))
    spellings = spellings_of(parsed)[:500]
    cost, chosen = choose(parsed, hypothesis, costs)
    of_each = [distance(spelling, hypothesis, costs) for spelling in spellings]
    if len(spellings) < 500:
        assert (cost, chosen) == (min(of_each), spellings[of_each.index(min(of_each))])
    assert cost == distance(chosen, hypothesis, costs) <= min(of_each)


def test_time_does_not_grow_with_the_number_of_spellings() -> None:
    parsed = [item for i in range(200) for item in ([f"w{i}"], Choice(([["um"]], [["uh"]], [])))]
    cost, chosen = choose(parsed, [f"w{i}" for i in range(200)])
    assert (cost, len(chosen)) == (0, 200)


@pytest.mark.parametrize("token", ["word", "char", "mixed"])
@pytest.mark.parametrize("normalizer", ["basic", "none"])
def test_columns_are_scored_like_the_chosen_spellings(normalizer: str, token: str) -> None:
    """With and without the kernel. Rows without alternatives have the counts that they always had."""
    rows = [*make_rows(random.Random(1), 40), ("Yes, sir.", "yes  sir"), ("(a) b", "b"), ("语 words", "语言 words")]
    references, hypotheses = map(list, zip(*rows, strict=True))
    columns, normalize = (pa.array(references), pa.array(hypotheses)), get_normalizer(normalizer)
    found = []
    for kernel in {compiled.KERNEL, None}:
        with using(kernel):
            hashes = TextHashes()
            options = {"normalizer": normalize, "token": token, "hashes": hashes}
            counts = score_columns(*columns, alternatives=True, **options)
            found.append((counts.errors.tolist(), counts.exposure.tolist(), counts.hits.tolist(), hashes))
    assert found[0] == found[-1]
    plain = score_columns(columns[0][40:41], columns[1][40:41], normalizer=normalize, token=token)
    assert (found[0][0][40], found[0][1][40]) == (plain.errors[0], plain.exposure[0])
    for i, (reference, hypothesis) in enumerate(rows[:40]):
        spellings = [" ".join(spelling) for spelling in spellings_of(in_words(reference))]
        every = count_errors(spellings, [hypothesis] * len(spellings), token=token)
        assert found[0][0][i] == every.errors.min()


def test_a_reference_is_the_same_whichever_spelling_was_heard() -> None:
    references = ["a { b / c d } e", "A {b/c  d} e.", "a b e", "a { b / c } e"]
    hashes = TextHashes()
    score_pairs(
        [references[0], *references],
        ["a b e", "a c d e", "a b e", "a b e", "a b e"],
        normalizer=get_normalizer("basic"),
        token="word",
        alternatives=True,
        hashes=hashes,
    )
    first, again, written, *others = hashes.references
    assert first == again == written
    assert first not in others
    assert len({*others}) == 2


@pytest.mark.skipif(shutil.which("sctk") is None, reason="no sctk")
def test_sclite_aligns_at_the_same_cost(tmp_path: Path) -> None:
    require_as_sclite(make_rows(random.Random(0), 400), tmp_path)
