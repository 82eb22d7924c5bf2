"""Files of counts: a scored log and a tally give the audit that the log of texts gives, or are refused."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.text import json_text
from fairaudit.inputs.artefact import KEY
from fairaudit.inputs.log import UtteranceLog
from fairaudit.samples import make_sample

SPEAKERS, TURNS = 48, 4
NAMED: dict[str, Any] = {"methods": "named", "permutations": 19}


def texts() -> pd.DataFrame:
    """A log with what depends on rows: spellings of labels, a household, codes that are no zips, a Chinese text."""
    rng, n = np.random.default_rng(0), SPEAKERS * TURNS
    speaker = np.arange(n) % SPEAKERS
    accents = np.array(["Welsh", "welsh", "Scots", "irish ", "Irish"], dtype=object)
    frame = pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(n)],
            "speaker_id": [f"s{i}" for i in speaker],
            "household": [f"H{i // 3:03}" for i in speaker],
            "accent": accents[(speaker % 3 + rng.integers(0, 3, n)) % 5],
            "device": np.where(rng.random(n) < 0.5, "phone", "far"),
            "noise": rng.normal(20, 5, n).round(3).astype(str),
            "latitude": np.round(40 + speaker / 7, 4),
            "longitude": np.round(-90 + speaker / 9, 4),
            "zip_code": [f"{2100 + i % 9:05}" for i in speaker],
            "reference": [" ".join(rng.choice(["one", "Two", "three"], 5)) for _ in range(n)],
        }
    )
    spared = rng.random(n) < 0.6
    frame["hypothesis"] = [text if spare else text[4:] for text, spare in zip(frame["reference"], spared, strict=True)]
    frame.loc[0, ["reference", "hypothesis"]] = ["今天 好", "jin tian"]
    frame.loc[1, "hypothesis"] = "again " * 30
    frame.loc[2, "reference"] = ""
    frame.loc[3:5, "accent"] = [None, " ", "unknown"]
    frame.loc[6, "zip_code"] = "SW1A 1AA"
    frame.loc[[7, 60], "speaker_id"] = None
    return frame


def counts() -> pd.DataFrame:
    """A log of counts, some rows of which sum up several utterances."""
    rng = np.random.default_rng(1)
    frame = texts().drop(columns=["reference", "hypothesis"])
    frame["words"] = rng.integers(1, 30, len(frame))
    frame["errors"] = rng.binomial(frame["words"], 0.2)
    frame["utterances"] = rng.integers(1, 4, len(frame))
    frame["delay_ms"] = rng.integers(1, 400, len(frame))
    return frame


def renamed() -> pd.DataFrame:
    """A log with another name for speakers, and an utterance that was not recognised."""
    frame = texts().rename(columns={"speaker_id": "client"})
    return frame.assign(hypothesis=frame["hypothesis"].where(frame.index != 9))


QUARANTINING: dict[str, Any] = {"unit": "word", "max_quarantine": 1}
#: Logs by name, and how they are read.
LOGS: dict[str, tuple[Callable[[], pd.DataFrame], dict[str, Any]]] = {
    "texts": (texts, QUARANTINING),
    "characters": (texts, {**QUARANTINING, "unit": "char", "normalizer": "none"}),
    "counts": (counts, {"max_quarantine": 1}),
    "clusters": (texts, {"unit": "word", "cluster": "household", "strip_tags": True}),
    "once": (texts, {**QUARANTINING, "second_normalizer": "off", "missing_speaker": "quarantine"}),
    "mapped": (renamed, {**QUARANTINING, "columns": {"speaker_id": "client"}, "missing_hypothesis": "drop"}),
}


def document(log: UtteranceLog | Path | list[Path], **options: Any) -> str:
    """The text of audit.json without what describes the inputs: their names, and notes about them."""
    content: Any = fairaudit.audit(log, **{**NAMED, **options}).to_dict()
    assert content["inputs"]
    del content["inputs"], content["quality"]["notes"]
    return json_text(content)


@pytest.fixture(
    scope="module",
    params=[name if i % 3 == 0 else pytest.param(name, marks=pytest.mark.exhaustive) for i, name in enumerate(LOGS)],
)
def log(request: pytest.FixtureRequest) -> UtteranceLog:
    make, options = LOGS[request.param]
    return fairaudit.read_log(make(), **options)


@pytest.mark.slow
def test_a_scored_log_gives_the_same_audit(log: UtteranceLog, tmp_path: Path) -> None:
    read = fairaudit.read_log(fairaudit.score(log, tmp_path / "counts.parquet"))
    assert (read.scoring, read.settings, read.inputs) == (log.scoring, log.settings, log.inputs)
    assert document(read) == document(log)
    assert fairaudit.audit(read, **NAMED).signature == fairaudit.audit(log, **NAMED).signature
    pd.testing.assert_frame_equal(read.to_frame(), log.to_frame())


@pytest.mark.slow
def test_a_tally_gives_the_same_audit(log: UtteranceLog, tmp_path: Path) -> None:
    read = fairaudit.read_log(fairaudit.tally(log, tmp_path / "speakers.parquet"))
    assert read.is_tally
    assert (read.scoring, read.settings, len(read)) == (log.scoring, log.settings, len(log))
    assert document(read) == document(log)
    assert document(read, by=[["accent", "device"]]) == document(log, by=[["accent", "device"]])
    assert document(read, adjust="device", by="accent") == document(log, adjust="device", by="accent")
    assert "utterance_id" not in read.columns
    assert "noise" not in read.columns


def test_the_log_has_what_depends_on_rows() -> None:
    """Or the tests above would show nothing."""
    log = fairaudit.read_log(texts(), unit="word", max_quarantine=1)
    quality: Any = json.loads(fairaudit.audit(log, **NAMED).to_json())["quality"]
    said = " ".join(quality["caveats"])
    for needed in ("spellings", "blank label", "household: ", "script without spaces", "no zip code"):
        assert needed in said
    assert quality["rows_quarantined"] == 2
    assert {*log.label_columns} == {"household", "accent", "device"}
    assert log.tally("speaker_id")[["errors in loops", "empty references", "errors rescored"]].sum().all()


def test_a_tally_of_a_scored_log_is_the_tally_of_the_log(log: UtteranceLog, tmp_path: Path) -> None:
    scored = fairaudit.score(log, tmp_path / "counts.parquet")
    one, other = fairaudit.tally(scored, tmp_path / "a.parquet"), fairaudit.tally(log, tmp_path / "b.parquet")
    assert one.read_bytes() == other.read_bytes()


def test_a_parquet_of_numbers_and_flags(tmp_path: Path) -> None:
    """Its counts stay in the file, and its labels become texts."""
    rng = np.random.default_rng(0)
    frame = counts().dropna().drop(columns=["utterances", "noise"])
    frame = frame.assign(flag=rng.random(len(frame)) < 0.5, floor=rng.integers(1, 4, len(frame)), share=0.5)
    frame["age"] = np.where(rng.random(len(frame)) < 0.3, np.nan, frame["floor"] * 10.0)
    frame.to_parquet(tmp_path / "log.parquet")
    by = ["flag", "floor", "age"]
    log = fairaudit.read_log(tmp_path / "log.parquet")
    scored, tally = fairaudit.score(log, tmp_path / "s.parquet"), fairaudit.tally(log, tmp_path / "t.parquet", by=by)
    assert document(scored, by=by) == document(tally, by=by) == document(log, by=by)
    assert document(scored) == document(log)


@pytest.mark.slow
def test_all_searches_give_the_same_audit(tmp_path: Path, small_files: dict[str, Path]) -> None:
    """Places, zip codes, voices and labels of the sample, from halves of its log."""
    rows = make_sample(speakers=200).log
    halves = [fairaudit.tally(rows[i::2], tmp_path / f"{i}.parquet") for i in range(2)]
    merged = fairaudit.tally(halves, tmp_path / "both.parquet")
    options = {"methods": "all", "census": small_files["census"], "embeddings": small_files["embeddings"]}
    expected = document(fairaudit.read_log(rows), **options)
    assert document(merged, **options) == expected
    assert document(halves, **options) == expected


@pytest.mark.slow
@pytest.mark.exhaustive
@given(shard=st.lists(st.integers(0, 2), min_size=SPEAKERS * TURNS, max_size=SPEAKERS * TURNS), is_text=st.booleans())
@settings(max_examples=3, deadline=None)
def test_any_shards_give_the_audit_of_the_whole(
    shard: list[int], is_text: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make, options = LOGS["texts" if is_text else "counts"]
    rows, folder = make(), tmp_path_factory.mktemp("shards")
    parts = [part for _, part in rows.groupby(shard) if part["speaker_id"].notna().any()]
    files = [
        fairaudit.tally(
            fairaudit.read_log(part, **options), folder / f"{i}.parquet", by=["accent", "device", "household"]
        )
        for i, part in enumerate(parts)
    ]
    used = fairaudit.read_log(pd.concat(parts), **options)
    merged = fairaudit.tally(files[::-1], folder / "merged.parquet")
    assert document(merged) == document(fairaudit.read_log(fairaudit.tally(used, folder / "whole.parquet")))
    assert document(merged) == document(used)
    assert fairaudit.read_log(merged).quality.rows_in == len(pd.concat(parts))


def test_merging_in_any_order_and_in_steps_gives_the_same_rows(tmp_path: Path) -> None:
    make, options = LOGS["texts"]
    parts = [fairaudit.tally(fairaudit.read_log(make()[i::3], **options), tmp_path / f"{i}.parquet") for i in range(3)]
    first = fairaudit.tally(parts, tmp_path / "once.parquet")
    two = fairaudit.tally(parts[:0:-1], tmp_path / "two.parquet")
    second = fairaudit.tally([two, parts[0]], tmp_path / "steps.parquet")
    assert pq.read_table(first).equals(pq.read_table(second))
    assert document(first) == document(second)


def test_no_text_and_no_utterance_is_in_the_files(tmp_path: Path) -> None:
    log = fairaudit.read_log(texts(), unit="word", max_quarantine=1)
    scored, tally = fairaudit.score(log, tmp_path / "s.parquet"), fairaudit.tally(log, tmp_path / "t.parquet")
    for path in (scored, tally):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        table = pq.read_table(path)
        cells = {str(cell) for column in table.columns for cell in column.to_pylist()}
        assert not any("three" in cell for cell in cells)
        assert "reference" not in table.column_names
        assert not any("hash" in name for name in table.column_names)
        assert ("u9" in cells) == (path == scored)


def test_a_column_with_one_label_in_each_part_is_searched_in_the_whole(tmp_path: Path) -> None:
    make, options = LOGS["counts"]
    rows = make().assign(week=lambda f: np.where(f.index < 96, "one", "two"))
    parts = [rows[rows["week"] == week] for week in ("one", "two")]
    files = [
        fairaudit.tally(fairaudit.read_log(part, **options), tmp_path / f"{i}.parquet") for i, part in enumerate(parts)
    ]
    merged = fairaudit.read_log(files)
    assert "week" in merged.label_columns
    assert document(merged) == document(fairaudit.read_log(rows, **options))


def test_a_household_that_no_part_shows_is_seen_in_the_whole(tmp_path: Path) -> None:
    """Of each home, one member is in each part."""
    rows = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(60)], "errors": 1, "words": 9, "sex": ["f", "m"] * 30})
    rows["family"] = [f"F{i % 30:02}" for i in range(60)]
    parts = [fairaudit.tally(rows[i : i + 30], tmp_path / f"{i}.parquet") for i in (0, 30)]
    assert all(not fairaudit.read_log(part).shared_units for part in parts)
    merged = fairaudit.read_log(parts)
    assert merged.shared_units == fairaudit.read_log(rows).shared_units
    assert len(merged.shared_units) == 1


def test_what_was_said_about_a_column_that_was_left_out_stays(tmp_path: Path) -> None:
    log = fairaudit.read_log(texts(), unit="word", max_quarantine=1)
    path = fairaudit.tally(log, tmp_path / "t.parquet", by="accent")
    assert "household" not in fairaudit.read_log(path).columns
    assert document(path, by="accent") == document(log, by="accent")
    assert "'household'" in fairaudit.read_log(path).quality.notes[0]


def test_speakers_of_their_own(tmp_path: Path) -> None:
    """A scored log keeps them apart, and a tally would name utterances."""
    log = fairaudit.read_log(texts(), unit="word", missing_speaker="own")
    assert document(fairaudit.score(log, tmp_path / "s.parquet")) == document(log)
    with pytest.raises(UsageError, match=r"2 rows have no speaker and count as one each"):
        fairaudit.tally(log, tmp_path / "t.parquet")
    nameless = texts().drop(columns="utterance_id")
    parts = [
        fairaudit.score(
            fairaudit.read_log(nameless[i::2], unit="word", missing_speaker="own"), tmp_path / f"{i}.parquet"
        )
        for i in range(2)
    ]
    assert len(fairaudit.read_log(parts[0])) == 96
    with pytest.raises(InputError, match="which are the same in all files"):
        fairaudit.read_log(parts)


@pytest.mark.slow
def test_scored_logs_are_read_together(tmp_path: Path) -> None:
    make, options = LOGS["texts"]
    parts = [fairaudit.score(fairaudit.read_log(make()[i::2], **options), tmp_path / f"{i}.parquet") for i in range(2)]
    assert document(parts) == document(fairaudit.read_log(pd.concat([make()[i::2] for i in range(2)]), **options))
    twice = make()[:3].assign(device="other")
    more = fairaudit.score(fairaudit.read_log(twice, **options), tmp_path / "more.parquet")
    with pytest.raises(
        InputError, match=r"3 utterance ids occur more than once: 'u0' in rows 1 of 0.parquet, 1 of more"
    ):
        fairaudit.read_log([*parts, more])


@pytest.mark.slow
@pytest.mark.exhaustive
def test_a_rate_of_further_counts(tmp_path: Path) -> None:
    rate = "delay=delay_ms/words"
    log = fairaudit.read_log(counts(), counts=["delay_ms", "words"], max_quarantine=1)
    for write in (fairaudit.score, fairaudit.tally):
        path = write(log, tmp_path / "counts.parquet")
        assert document(path, rate=rate, by="accent") == document(log, rate=rate, by="accent")
        assert document(path) == document(fairaudit.read_log(counts(), max_quarantine=1))
    plain = fairaudit.tally(fairaudit.read_log(counts(), max_quarantine=1), tmp_path / "plain.parquet")
    with pytest.raises(InputError, match=r"lacks \['delay_ms'\]"):
        fairaudit.audit(plain, rate=rate)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unit": "char"}, "scored with unit='word', so unit='char' is not possible"),
        ({"normalizer": "whisper-en"}, "scored with normalizer='basic', so normalizer='whisper-en'"),
        ({"normalizer": "none", "second_normalizer": "basic"}, "so normalizer='none' is not possible"),
        ({"second_normalizer": "whisper-en"}, "scored with second_normalizer='none'"),
        ({"strip_tags": True}, "scored without strip_tags"),
        ({"missing_hypothesis": "drop"}, "so missing_hypothesis='drop'"),
        ({"missing_speaker": "keep"}, "so missing_speaker='keep'"),
        ({"zip_pad": True}, "scored without zip_pad"),
        ({"cluster": "household"}, "so cluster='household'"),
        ({"columns": {"speaker_id": "household"}}, "scored without columns"),
    ],
)
@pytest.mark.parametrize("write", [fairaudit.score, fairaudit.tally])
def test_other_options_of_reading_are_refused(
    write: Callable[..., Path], options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = write(fairaudit.read_log(texts(), unit="word", max_quarantine=1), tmp_path / "counts.parquet")
    with pytest.raises(UsageError, match=said) as raised:
        fairaudit.read_log(path, **options)
    assert str(raised.value).startswith("counts.parquet was ")


def test_the_options_with_which_a_file_was_made_are_accepted(log: UtteranceLog, tmp_path: Path) -> None:
    path = fairaudit.score(log, tmp_path / "counts.parquet")
    options = next(
        options for make, options in LOGS.values() if fairaudit.read_log(make(), **options).scoring == log.scoring
    )
    assert fairaudit.read_log(path, **options).scoring == log.scoring


def test_the_second_normaliser_can_be_left_out(tmp_path: Path) -> None:
    options = LOGS["texts"][1]
    path = fairaudit.tally(fairaudit.read_log(texts(), **options), tmp_path / "t.parquet")
    once = fairaudit.read_log(texts(), second_normalizer="off", **options)
    assert document(fairaudit.read_log(path, second_normalizer="off")) == document(once)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unit": "char"}, "was made with unit word"),
        ({"normalizer": "none"}, "normalizer basic-2; second_normalizer none-1, but b.parquet with"),
        ({"missing_hypothesis": "drop"}, "missing_hypothesis None"),
        ({"cluster": "household"}, "cluster None, but b.parquet with cluster household"),
        ({"town": "x"}, r"it also has \['town'\]; make both with the same columns \(by\)"),
        (None, "normalizer basic-2"),
    ],
)
def test_tallies_that_were_made_otherwise_are_not_added(
    options: dict[str, str] | None, said: str, tmp_path: Path
) -> None:
    rows = counts()[1::2] if options is None else texts()[1::2]
    if options and "town" in options:
        rows, options = rows.assign(**options), {}
    other = {"max_quarantine": 1} if options is None else {**QUARANTINING, **options}
    first = fairaudit.tally(fairaudit.read_log(texts()[::2], **QUARANTINING), tmp_path / "a.parquet")
    second = fairaudit.tally(fairaudit.read_log(rows, **other), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=said):
        fairaudit.tally([first, second], tmp_path / "c.parquet")
    assert not (tmp_path / "c.parquet").exists()


def test_the_same_input_is_not_added_twice(tmp_path: Path) -> None:
    parts = [fairaudit.tally(counts()[i::2].dropna(), tmp_path / f"{i}.parquet", by="device") for i in range(2)]
    both = fairaudit.tally(parts, tmp_path / "both.parquet")
    coarser = fairaudit.tally(counts()[::2].dropna(), tmp_path / "coarser.parquet", by="device", rate="wer")
    for twice in ([parts[0], coarser], [both, parts[1]]):
        with pytest.raises(InputError, match="both come from <DataFrame>"):
            fairaudit.read_log(twice)


def test_files_of_different_kinds_are_not_read_together(tmp_path: Path) -> None:
    first = fairaudit.tally(counts()[::2].dropna(), tmp_path / "a.parquet")
    second = fairaudit.score(counts()[1::2].dropna(), tmp_path / "b.parquet")
    (plain := tmp_path / "c.csv").write_text(counts().dropna().to_csv(index=False), "utf-8")
    with pytest.raises(InputError, match=r"a.parquet is a tally, but b.parquet a scored log"):
        fairaudit.read_log([first, second])
    for mixed in ([first, plain], [plain, first]):
        with pytest.raises(
            InputError, match=r"c.csv: files that fairaudit score or fairaudit tally wrote and other logs"
        ):
            fairaudit.read_log(mixed)


def test_a_few_ids_such_as_na_are_many_in_several_files(tmp_path: Path) -> None:
    rows = counts().dropna()
    rows.iloc[[0, 1, 2, 3], rows.columns.get_loc("speaker_id")] = ["NA", "NA", "unknown", "nan"]
    parts = [fairaudit.tally(rows[i::2], tmp_path / f"{i}.parquet") for i in range(2)]
    with pytest.raises(InputError, match="4 rows have a speaker such as"):
        fairaudit.read_log(parts)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda log, path: fairaudit.score(log, path), "cannot be scored again"),
        (lambda log, path: fairaudit.compare(log, log), "is a tally, which has no utterances to pair"),
        (lambda log, path: fairaudit.audit(log, adjust="noise[3]"), "noise.3., cannot be cut in a tally"),
        (lambda log, path: log.tally("utterance_id"), "t.parquet: this needs utterances"),
        (lambda log, path: log.speaker_of_utterances(), "t.parquet: this needs utterances"),
        (lambda log, path: fairaudit.tally(log, path, by="noise"), r"the tally of t.parquet lacks \['noise'\]"),
    ],
)
def test_what_needs_utterances_says_so(ask: Callable[..., object], said: str, tmp_path: Path) -> None:
    log = fairaudit.read_log(fairaudit.tally(counts().dropna(), tmp_path / "t.parquet"))
    with pytest.raises((InputError, UsageError), match=said):
        ask(log, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_vectors_of_utterances_need_utterances(tmp_path: Path) -> None:
    rows = counts().dropna()
    vectors = fairaudit.EmbeddingTable.of(rows["utterance_id"], np.random.default_rng(0).normal(size=(len(rows), 3)))
    log = fairaudit.read_log(fairaudit.tally(rows, tmp_path / "t.parquet"))
    with pytest.raises(InputError, match="a tally has no utterances, so that vectors must be of speakers"):
        fairaudit.audit(log, methods="embedding", embeddings=vectors)


def test_scored_logs_are_compared_by_id_and_length(tmp_path: Path) -> None:
    before = texts().dropna()
    after = before.assign(hypothesis=before["reference"])
    files = [fairaudit.score(rows, tmp_path / f"{i}.parquet") for i, rows in enumerate((before, after))]
    content = fairaudit.compare(*files).to_dict()
    of_texts = fairaudit.compare(before, after).to_dict()
    assert content["overall"] == of_texts["overall"]
    assert any("compared by their length only" in caveat for caveat in content["caveats"])


def test_bands_and_pairs_are_not_written(tmp_path: Path) -> None:
    log = fairaudit.read_log(counts(), max_quarantine=1).cut("noise", 2)
    for write in (fairaudit.score, fairaudit.tally):
        with pytest.raises(UsageError, match="without bands of a column or pairs"):
            write(log, tmp_path / "x.parquet")


def test_the_quarantine_is_not_in_the_file(tmp_path: Path) -> None:
    log = fairaudit.read_log(fairaudit.score(fairaudit.read_log(counts(), max_quarantine=1), tmp_path / "s.parquet"))
    assert log.quality.by_code == {"missing_speaker": 2}
    with pytest.raises(InputError, match="the quarantined rows are not in a file of counts"):
        log.write_quarantine(tmp_path / "quarantine.csv")


def test_a_file_is_recognised_by_its_content(tmp_path: Path) -> None:
    path = fairaudit.tally(counts().dropna(), tmp_path / "t.parquet").rename(tmp_path / "log.csv")
    assert fairaudit.read_log(path).is_tally
    with pa.output_stream(str(tmp_path / "log.gz"), compression="gzip") as out:
        out.write(path.read_bytes())
    assert fairaudit.read_log(tmp_path / "log.gz").is_tally


# Damaged and foreign files.


def rewritten(path: Path, change: Callable[[dict[str, Any]], Any], table: pa.Table | None = None) -> Path:
    """The file with other metadata."""
    table = pq.read_table(path) if table is None else table
    content = json.loads(table.schema.metadata[KEY.encode()])
    raw = change(content)
    raw = json.dumps(content) if raw is None else raw
    pq.write_table(table.replace_schema_metadata({KEY: raw}), path, write_page_checksum=True)
    return path


@pytest.fixture(
    params=[
        pytest.param(fairaudit.score, id="scored"),
        pytest.param(fairaudit.tally, id="tally", marks=pytest.mark.exhaustive),
    ]
)
def artefact(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path: Path = request.param(fairaudit.read_log(texts(), unit="word", max_quarantine=1), tmp_path / "x.parquet")
    return path


def test_a_rewritten_file_is_still_read(artefact: Path) -> None:
    """Or the tests below would show nothing."""
    assert len(fairaudit.read_log(rewritten(artefact, lambda content: None))) == 190


WRONG: list[Any] = [None, -1, [None], {"a": -1}]
#: Entries of which other values may be true: nothing in the file shows how its log was scored.
UNVERIFIABLE = {
    *("fairaudit", "cluster", "left_out", "shared_units"),
}


@pytest.mark.slow
def test_metadata_of_another_shape_are_refused(artefact: Path) -> None:
    """Every entry, missing and with values of other types."""
    table = pq.read_table(artefact)
    good = json.loads(table.schema.metadata[KEY.encode()])
    accepted = set()
    for name in good:
        raw = json.dumps({other: value for other, value in good.items() if other != name})
        with pytest.raises(InputError, match=f"^x.parquet: its metadata lack '{name}'"):
            fairaudit.read_log(rewritten(artefact, lambda content, raw=raw: raw, table))
        for value in WRONG:
            if value != good[name]:
                raw = json.dumps({**good, name: value})
                try:
                    fairaudit.read_log(rewritten(artefact, lambda content, raw=raw: raw, table))
                except InputError:
                    continue
                accepted.add(name)
    assert accepted <= UNVERIFIABLE


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not the JSON"),
        (b"{", "not the JSON"),
        (b"\xff\xfe", "not the JSON"),
        (b"[" * 100_000, "not the JSON"),
        (b"[]", "not those of a file of counts"),
        (b"1" * 5_000, "not the JSON"),
        (b'{"kind": "tally", "schema_version": 3}', "version 3 of a file of counts"),
        (b'"' + b"x" * (1 << 24) + b'"', "more than 16 MiB"),
    ],
)
def test_metadata_that_are_none_are_refused(artefact: Path, raw: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fairaudit.read_log(rewritten(artefact, lambda content: raw))


def _with(table: pa.Table, name: str, change: Callable[[pd.Series], Any], kind: pa.DataType | None = None) -> pa.Table:
    place = table.column_names.index(name)
    cells = pa.array(change(table.column(name).to_pandas()), kind or table.schema.field(name).type)
    return table.set_column(place, name, cells)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop_columns("errors"), r"its columns \['errors'\] are not those"),
        (lambda t: t.append_column("more", pa.array(["x"] * len(t))), r"its columns \['more'\] are not those"),
        (lambda t: _with(t, "errors", lambda s: s, pa.float64()), r"its columns \['errors'\] are not those"),
        (lambda t: _with(t, "errors", lambda s: s.where(s.index > 0, -1)), "1 of its rows have impossible"),
        (lambda t: _with(t, "words", lambda s: [None, *s[1:]]), "1 of its rows have impossible"),
        (lambda t: _with(t, "hits", lambda s: s + 1), "do not add up"),
        (lambda t: _with(t, "words", lambda s: s * 0 + (1 << 62)), "do not add up"),
        (lambda t: _with(t, "speaker_id", lambda s: [None, *s[1:]]), "1 of its rows have impossible"),
        (lambda t: _with(t, "latitude", lambda s: s + 1000), "impossible"),
        (lambda t: _with(t, "longitude", lambda s: s * np.nan), "impossible"),
        (lambda t: t.slice(1), "do not add up"),
        (lambda t: t.slice(0, 0), "do not add up"),
    ],
)
def test_counts_that_are_not_those_of_the_metadata_are_refused(artefact: Path, change: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fairaudit.read_log(rewritten(artefact, lambda content: None, change(pq.read_table(artefact))))


@pytest.mark.slow
def test_a_file_that_is_cut_off_or_damaged_is_refused(artefact: Path) -> None:
    whole = artefact.read_bytes()
    n = len(whole)
    for end in range(1, n, n // 10):
        artefact.write_bytes(whole[:end])
        with pytest.raises(InputError, match=r"^x.parquet: "):
            fairaudit.read_log(artefact)
    expected = fairaudit.read_log(_written(artefact, whole)).tally("speaker_id")
    rng = np.random.default_rng(0)
    for place in rng.integers(4, n - 8, 25):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        try:
            read = fairaudit.read_log(_written(artefact, bytes(damaged)))
        except (InputError, UsageError):
            continue
        pd.testing.assert_frame_equal(read.tally("speaker_id"), expected)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
