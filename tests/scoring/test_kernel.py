"""The compiled kernel gives the results of the Python code, bit for bit."""

from __future__ import annotations

import _thread
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairaudit.core.compiled import VARIABLE, find_kernel
from fairaudit.core.errors import UsageError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.rules import id_key_in
from fairaudit.inputs.texts import score_texts
from fairaudit.scoring import Scripts, align, count_errors, get_normalizer
from fairaudit.scoring.compiled import NAME, VERSION, buffers
from fairaudit.scoring.normalize import normalize_basic
from tests.kernel import WHITESPACE, make_pairs, normalized_hashes, using

# Where a kernel is required, its absence is an error, also for pytest.
KERNEL = find_kernel(NAME, VERSION, "require" if os.environ.get(VARIABLE) == "require" else "auto")
pytestmark = pytest.mark.skipif(KERNEL is None, reason="the kernel is not built")

# Few different words, so that many alignments tie and the choice among them shows.
WORDS = st.lists(
    st.sampled_from(["a", "b", "ab", "é", "में", "語", "\U0001f600", "\ud800", "longer-than-8"]), max_size=14
)
GAPS = st.sampled_from([*WHITESPACE, "  ", " \t", "\u200b", "\x1b"])
TEXTS = st.builds(lambda words, gap, start, end: start + gap.join(words) + end, WORDS, GAPS, GAPS, GAPS)
ANY_TEXT = st.text(st.characters(), max_size=40)
ENGINE = EmbeddedEngine()
TOKENS = pytest.mark.parametrize("token", ["word", "char", "mixed"])


def counts(kernel: ModuleType | None, pairs: list[tuple[str, str]], token: str) -> list[list[int]]:
    with using(kernel):
        found = count_errors([pair[0] for pair in pairs], [pair[1] for pair in pairs], token=token)
    return np.stack([found.substitutions, found.deletions, found.insertions, found.hits], axis=1).tolist()


def assert_same(pairs: list[tuple[str, str]], token: str) -> None:
    assert counts(KERNEL, pairs, token) == counts(None, pairs, token)


@TOKENS
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_tied_alignments_are_counted_alike(pairs: list[tuple[str, str]], token: str) -> None:
    assert_same(pairs, token)


@TOKENS
@given(pairs=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=3), shared=st.tuples(ANY_TEXT, ANY_TEXT))
def test_any_texts_are_counted_alike(pairs: list[tuple[str, str]], shared: tuple[str, str], token: str) -> None:
    start, end = shared
    assert_same([*pairs, *((start + one + end, start + other + end) for one, other in pairs)], token)


@TOKENS
@pytest.mark.slow
@given(seed=st.integers(0, 2**32))
def test_random_pairs_are_counted_alike(seed: int, token: str) -> None:
    assert_same(make_pairs(random.Random(seed), 200), token)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_every_code_point_separates_words_or_belongs_to_one_as_in_python() -> None:
    texts = [f"a{chr(code)}b" for code in range(sys.maxunicode + 1)]
    found = counts(KERNEL, [(text, "") for text in texts], "word")
    assert [row[1] for row in found] == [len(text.split()) for text in texts]
    found = counts(KERNEL, [(text, "") for text in texts], "char")
    assert [row[1] for row in found] == [len("".join(text.split())) for text in texts]


@TOKENS
@pytest.mark.slow
@pytest.mark.parametrize(("n", "m"), [(1_400, 1_400), (1_500, 1_400), (3_000, 3_000), (7, 290_000)])
def test_long_texts_are_counted_alike(n: int, m: int, token: str) -> None:
    rng = random.Random(n)
    pair = tuple(" ".join(rng.choices("abcdefgh", k=size)) for size in (n, m))
    assert_same([pair, pair[::-1]], token)


def raw(references: list[str], hypotheses: list[str], counts: np.ndarray, **settings: bool) -> list[int]:
    with using(KERNEL):
        columns = (pa.array(texts, pa.string()) for texts in (references, hypotheses))
        return align.count_columns(*columns, counts, token="word", **settings)


def test_long_pairs_and_texts_beyond_ascii_are_left_to_python() -> None:
    texts = [" ".join(letter * n) for letter, n in (("a", 1_400), ("b", 1_400), ("c", 1_500), ("d", 1_500))]
    rows = np.empty((3, 4), dtype=np.int64)
    references, hypotheses = [texts[0], texts[2], "a" * 2**24], [texts[1], texts[3], "b" * (2**24 + 1)]
    assert raw(references, hypotheses, rows) == [1, 2]
    assert rows[0].tolist() == [1_400, 0, 0, 0]
    assert raw(["a", "é", "a"], ["a", "a", "\u3000"], rows, basic=True) == [1, 2]
    assert raw(["a", "é", "a"], ["a", "a", "\u3000"], rows) == []


@TOKENS
def test_blocks_of_pairs_are_counted_in_order(token: str) -> None:
    assert_same(make_pairs(random.Random(1), 2 * align._BLOCK + 3), token)


def test_counting_long_texts_releases_the_gil_and_can_be_interrupted() -> None:
    texts = [" ".join(random.Random(seed).choices("abcdefgh", k=1_400)) for seed in (1, 2)]
    rows = np.full((2_000, 4), -1, dtype=np.int64)

    def interrupt() -> None:
        while rows[0, 0] < 0:
            pass
        _thread.interrupt_main()

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # shells ignore it in background jobs
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            raw([texts[0]] * len(rows), [texts[1]] * len(rows), rows)
    finally:
        rows[0, 0] = 0
        thread.join()
        signal.signal(signal.SIGINT, handler)
    assert rows[-1].tolist() == [-1] * 4


def test_parts_of_columns_are_read_from_where_they_begin() -> None:
    column = pa.array(["x", "a b", "", "c", "y"])
    rows = np.empty((3, 4), dtype=np.int64)
    with using(KERNEL):
        assert align.count_columns(column[1:4], pa.array(["b", "d", "c"]), rows, token="word") == []
        assert rows.tolist() == [[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]]
        for nothing in (column[2:2], pa.array([], pa.string()), pa.array(["", ""])):
            rows = np.empty((len(nothing), 4), dtype=np.int64)
            assert align.count_columns(nothing, nothing, rows, token="word") == []
            assert not rows.any()


def test_what_cannot_be_counted_is_refused() -> None:
    assert KERNEL is not None
    offsets, data = np.array([0, 1], dtype=np.int32), b"ab"
    rows, none = np.empty((1, 4), dtype=np.int64), np.empty(0, dtype=np.int64)
    assert KERNEL.count(offsets, data, offsets, data, False, False, rows, none, none) == []
    for wrong in ([0, 3], [-1, 1], [1, 0], [2, 3], [2**31 - 1, 2**31 - 1]):
        for arguments in (
            (np.array(wrong, np.int32), data, offsets, data),
            (offsets, data, np.array(wrong, np.int32), data),
        ):
            with pytest.raises(ValueError, match="outside the data"):
                KERNEL.count(*arguments, True, False, rows, none, none)
        with pytest.raises(ValueError, match="outside the data"):
            KERNEL.plain(np.array(wrong, np.int32), data)
    for counts, one in ((rows[:0], offsets), (rows, offsets[:1]), (rows[:, :3].copy(), offsets), (rows, offsets[:0])):
        with pytest.raises(ValueError, match="same length"):
            KERNEL.count(one, data, offsets, data, False, False, counts, none, none)
    with pytest.raises(ValueError, match="same length"):
        KERNEL.count(offsets, data, offsets, data, False, False, rows, np.empty(2, np.int64), none)
    apart = np.empty((4, 2), dtype=np.int64).T[:1]
    rows.flags.writeable = False
    for unsuited in (rows, apart, [0] * 4, b"0" * 32):
        with pytest.raises(TypeError, match=r"read-write bytes-like|contiguous"):
            KERNEL.count(offsets, data, offsets, data, False, False, unsuited, none, none)


#: Characters that decide what an id looks like, and some beyond ASCII.
ID = st.one_of(st.text("aA017.,+- \t\n\r\f\v\x1f_", max_size=8), st.text("é0\u00a0 １A", max_size=3))


def hashed_ids(column: pa.Array) -> tuple[list[int], list[int], list[int]]:
    """Hashes of ids, of what they look like, and the rows beyond ASCII."""
    assert KERNEL is not None
    hashes = np.zeros((2, len(column)), dtype=np.uint64)
    left = KERNEL.ids(*buffers(column), *hashes)
    return (*hashes.tolist(), left)


@given(st.lists(ID, max_size=40))
@example(["0", "00", "-0", "0.0", "a00", "a00b0", "1,000", "+7.00", " 7.0 ", "007.0", "7.0a", ".0", "7.", "", "  "])
def test_what_an_id_looks_like_is_what_sql_makes_of_it(ids: list[str]) -> None:
    column = pa.array(ids, pa.string())
    keys = ENGINE.computed(pa.table({"id": column}), f"{id_key_in('id')} AS key")["key"].combine_chunks()
    hashes, alike, left = hashed_ids(column)
    assert left == [i for i, one in enumerate(ids) if not one.isascii()]
    expected, *_ = hashed_ids(keys)
    assert [alike[i] for i in range(len(ids)) if i not in left] == [
        expected[i] for i in range(len(ids)) if i not in left
    ]
    assert len({*hashes}) == len({*ids})


def test_hashes_of_ids_are_spread_evenly() -> None:
    hashes = np.array(hashed_ids(pa.array([f"utt-{i:06d}" for i in range(20_000)]))[0], dtype=np.uint64)
    assert len({*hashes.tolist()}) == 20_000
    for shift in (0, 56):
        sizes = np.bincount((hashes >> np.uint64(shift)).astype(np.uint8), minlength=256)
        assert 255 * sizes.var() / sizes.mean() < 340  # chi-square with 255 degrees of freedom: p = .0003


def test_ids_that_cannot_be_hashed_are_refused() -> None:
    assert KERNEL is not None
    offsets, data, room = np.array([0, 1], dtype=np.int32), b"ab", np.empty((2, 1), dtype=np.uint64)
    assert KERNEL.ids(offsets, data, *room) == []
    for wrong in ([0, 3], [-1, 1], [1, 0]):
        with pytest.raises(ValueError, match="outside the data"):
            KERNEL.ids(np.array(wrong, np.int32), data, *room)
    for one, first, second in ((offsets[:1], *room), (offsets, room[0], room[1][:0]), (offsets, room[0][:0], room[1])):
        with pytest.raises(ValueError, match="same length"):
            KERNEL.ids(one, data, first, second)
    with pytest.raises(TypeError, match="read-write bytes-like"):
        KERNEL.ids(offsets, data, room[0], b"0" * 8)


def test_unequal_numbers_of_texts_are_refused() -> None:
    with using(KERNEL), pytest.raises(ValueError, match="same length"):
        align.count_stream(iter(["a", "b"]), iter(["a"]), n=2, token="word")


def assert_normalised_alike(texts: list[str]) -> None:
    assert KERNEL is not None
    assert normalized_hashes(KERNEL, texts) == [hash(normalize_basic(text)) for text in texts]


def test_short_ascii_texts_are_normalised_alike() -> None:
    every = [start + chr(code) + end for code in range(128) for start, end in (("", ""), ("a", "B"), ("'", "'"))]
    short = ["".join(text) for n in range(6) for text in itertools.product("aZ9'` .\n", repeat=n)]
    assert_normalised_alike(every + short)


@given(st.lists(st.text(st.characters(max_codepoint=127))))
def test_ascii_texts_are_normalised_alike(texts: list[str]) -> None:
    assert_normalised_alike(texts + [text * 100 for text in texts])


@given(st.lists(st.text(st.sampled_from("aB ~é語\x85\t"), max_size=5)))
def test_scripts_of_columns_are_counted_alike(texts: list[str]) -> None:
    one, other = Scripts(), Scripts()
    with using(KERNEL):
        one.add_column(pa.array(texts, pa.string()))
    other.add(texts)
    assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("tags", [False, True])
@pytest.mark.parametrize(("first", "second"), [("basic", "none"), ("none", "basic"), ("whisper-en", "basic")])
@TOKENS
def test_a_batch_is_scored_alike(token: str, first: str, second: str, tags: bool) -> None:
    pairs = [pair for pair in make_pairs(random.Random(3), 3_000) if "\udcff" not in "".join(pair)]
    words = ["Don't!", "<LAUGH>", "'tis", "U.S.A.", "Ünï", "naïve", "", "\u3000", None, "語"]
    rng = random.Random(4)
    odd = [(rng.choice(words), " ".join(filter(None, rng.choices(words, k=3)))) for _ in range(300)]

    def score(kernel: ModuleType | None) -> tuple[dict[str, list[int]], Scripts]:
        scripts = Scripts()
        with using(kernel):
            columns = score_texts(
                *(pa.array(texts) for texts in zip(*pairs, *odd, strict=True)),
                normalizer=get_normalizer(first),
                second=get_normalizer(second),
                token=token,
                strip_tags=tags,
                empty_means_missing=False,
                scripts=scripts,
            )
        assert all(column.type == pa.int64() for column in columns.values())
        return {name: column.to_pylist() for name, column in columns.items()}, scripts

    assert score(KERNEL) == score(None)


def find(choice: str) -> ModuleType | None:
    return find_kernel(NAME, VERSION, choice)


def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find("auto") is find("require") is KERNEL
    assert find("off") is None
    with pytest.raises(UsageError, match="auto, off, require, not 'yes'"):
        find("yes")
    with monkeypatch.context() as patch:
        patch.setattr(KERNEL, "VERSION", 0)
        assert find("auto") is None
        with pytest.raises(ImportError, match="other sources"):
            find("require")
    monkeypatch.setitem(sys.modules, "fairaudit.scoring._kernel", None)
    monkeypatch.delattr("fairaudit.scoring._kernel")
    assert find("auto") is None
    with pytest.raises(ImportError):
        find("require")


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "used"), [("off", "False"), ("require", "True"), ("", "True")])
def test_the_variable_of_the_environment_is_obeyed(choice: str, used: str) -> None:
    code = "from fairaudit.scoring import compiled; print(compiled.KERNEL is not None)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {VARIABLE: choice}, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == used
