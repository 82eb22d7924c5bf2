"""The same table is the same log in every format, whatever is missing in it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.core.errors import FairauditError
from fairaudit.core.missing import MISSING_SPELLINGS, spells_missing
from fairaudit.inputs import UtteranceLog, read_log

Write = Callable[[pd.DataFrame], bytes]


def delimited(separator: str) -> Write:
    return lambda frame: frame.to_csv(index=False, sep=separator).encode()


def jsonl(frame: pd.DataFrame) -> bytes:
    """JSON lines with NaN for missing numbers, as Python writes them."""
    return "".join(json.dumps(row) + "\n" for row in frame.astype(object).to_dict("records")).encode()


def parquet_with_nan(frame: pd.DataFrame) -> bytes:
    """Parquet whose missing numbers are NaN, as other programs than pandas write them."""
    columns = {
        name: pa.array(column.to_numpy(), from_pandas=False)
        if column.dtype == float
        else pa.array([None if pd.isna(value) else value for value in column])
        for name, column in frame.items()
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


def zstd(frame: pd.DataFrame) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(delimited(",")(frame))
    return bytes(out.getvalue().to_pybytes())


FORMATS: dict[str, Write] = {
    "CSV": delimited(","),
    "TSV": delimited("\t"),
    "semicolons": delimited(";"),
    "JSON lines": jsonl,
    "Parquet": parquet,
    "Parquet with NaN": parquet_with_nan,
    "gzip": lambda frame: gzip.compress(delimited(",")(frame)),
    "zstd": zstd,
}

NUMBERS = st.one_of(st.none(), st.floats(-60, 60).map(lambda x: round(x, 3)))
TEXTS = st.sampled_from(["a", "b c", "NA", "nan", "null", "-", "1", "1.0", "01", "x"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["s1", "s2", "007", "1e5", "NA", "nan"]),
        st.one_of(st.none(), TEXTS),
        NUMBERS,
        NUMBERS,
        st.one_of(st.none(), st.sampled_from(["02139", "2139.0", "SW1A 1AA", "NA", "nan", "90210", "90210.0"])),
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(1, 9)),
    ),
    min_size=1,
    max_size=12,
)


def frame_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    names = ["speaker_id", "accent", "latitude", "longitude", "zip_code", "errors", "words"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"latitude": float, "longitude": float, "words": float})


def outcome(log: UtteranceLog) -> tuple[object, ...]:
    quality = log.quality
    tally = log.tally(["speaker_id", "accent", "latitude", "longitude", "zip_code"]).reset_index()
    rows = sorted(map(str, tally.astype(object).where(tally.notna(), None).values.tolist()))
    return quality.rows_in, quality.rows_used, dict(quality.by_code), dict(quality.coercions), rows


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 30, deadline=None)
@given(ROWS)
def test_the_same_table_is_the_same_log_in_every_format(tmp_path_factory, rows):
    frame = frame_of(rows)
    options = {"max_quarantine": 1.0, "missing_speaker": "keep", "zip_pad": True}
    folder = tmp_path_factory.mktemp("formats")
    results = {}
    for name, write in {"DataFrame": None, **FORMATS}.items():
        source: pd.DataFrame | object = frame
        if write is not None:
            source = folder / name
            source.write_bytes(write(frame))
        try:
            results[name] = outcome(read_log(source, **options))
        except FairauditError as error:
            results[name] = (type(error).__name__,)
    first = results.pop("DataFrame")
    assert {name: result for name, result in results.items() if result != first} == {}


def test_nan_in_parquet_does_not_take_the_value_of_other_rows(tmp_path):
    """The statistics of a Parquet file leave NaN out, so that this column seems to hold one value only."""
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "errors": 1, "words": 9, "latitude": [float("nan"), 41.5]})
    path = tmp_path / "log.parquet"
    path.write_bytes(parquet_with_nan(frame.assign(longitude=frame["latitude"])))
    log = read_log(path)
    assert log.quality.coercions == {}
    assert log.tally(["speaker_id", "latitude"]).index.tolist()[1] == ("b", 41.5)
    assert log.tally("latitude")["utterances"].tolist() == [1, 1]


@pytest.mark.parametrize("name", FORMATS)
def test_texts_are_the_same_in_every_format(tmp_path, name):
    texts = ["a b", "null", "NA", 'say "hi"', "a, b; c", " a", "", "c"]
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(8)], "reference": "a b", "hypothesis": texts})
    path = tmp_path / "log"
    path.write_bytes(FORMATS[name](frame))
    for missing in ("empty", "drop"):
        log, expected = (read_log(source, missing_hypothesis=missing) for source in (path, frame))
        pd.testing.assert_frame_equal(log.tally("speaker_id"), expected.tally("speaker_id"))
        assert log.quality.coercions == expected.quality.coercions
        assert log.quality.by_code == expected.quality.by_code


def test_spellings_of_missing_values():
    assert all(map(spells_missing, MISSING_SPELLINGS))
    assert not any(map(spells_missing, ["0", "no", "nana", "North", "x"]))
