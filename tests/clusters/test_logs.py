"""Many kinds of logs, good and bad, which are read in parts as if they were read at once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import fairaudit
from fairaudit.core.errors import InputError
from fairaudit.inputs.parts import Plan, make_plan, whole_log
from tests.inputs.in_parts import WORDS, assert_alike, assert_same, clean, in_turn, merged, message, write
from tests.inputs.test_artefacts import LOGS, NAMED, texts


@pytest.mark.parametrize("name", LOGS)
def test_the_tally_and_the_audit_are_those_of_the_whole(name: str, tmp_path: Path) -> None:
    make, options = LOGS[name]
    paths = write(tmp_path, make())
    parts = assert_same(paths, tmp_path, **options)
    whole = fairaudit.read_log(paths, **options)
    assert fairaudit.audit(parts, **NAMED).to_json() == fairaudit.audit(whole, **NAMED).to_json()


@pytest.mark.parametrize("suffix", [".csv.gz", ".jsonl", ".parquet", ".tsv"])
def test_formats(suffix: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}{suffix}" for i in range(2)]
    for i, path in enumerate(paths):
        part = texts()[i::2]
        if suffix == ".parquet":
            part.to_parquet(path)
        elif suffix == ".jsonl":
            part.to_json(path, orient="records", lines=True)
        else:
            text = part.to_csv(index=False, sep="\t" if suffix == ".tsv" else ",").encode()
            path.write_bytes(gzip.compress(text) if suffix == ".csv.gz" else text)
    assert_same(paths, tmp_path, **WORDS)


def test_parquet_files_of_counts(tmp_path: Path) -> None:
    make, options = LOGS["counts"]
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        make()[i::3].to_parquet(path)
    assert_same(paths, tmp_path, **options)
    assert_same(paths, tmp_path, counts=["delay_ms"], **options)


def test_types_that_differ_between_parquet_files(tmp_path: Path) -> None:
    """As pandas writes them: whole numbers are floating if one is missing, and a column without values has no type."""
    rows = LOGS["counts"][0]().dropna(subset="speaker_id").assign(age=lambda f: 30 + f.index % 5, town=None)
    paths = [tmp_path / f"{i}[{i}].parquet" for i in range(3)]
    for i, path in enumerate(paths):
        part = rows[i::3].copy()
        if i == 1:
            part["age"] = part["age"].astype(float).where(part["age"] > 31)
            part["town"] = "Derry"
            part["errors"] = part["errors"].astype(float)
        if i == 2:
            part["latitude"] = part["latitude"].astype(str)
        part.to_parquet(path)
    log = assert_same(paths, tmp_path, max_quarantine=1, needed={"by": ["age"]})
    whole = fairaudit.read_log(paths, max_quarantine=1)
    assert fairaudit.audit(log, by="age", **NAMED).to_json() == fairaudit.audit(whole, by="age", **NAMED).to_json()
    assert {"30.0", "31.0"} & {*whole.spellings(["age"])["age"]}


def test_row_groups_of_texts(tmp_path: Path) -> None:
    """Row groups are read by number, and a file that is changed between two of them is refused."""
    texts().to_parquet(path := tmp_path / "log.parquet", row_group_size=40)
    plan = make_plan([path], WORDS, rows=80)
    partials = [plan.partial(part) for part in plan.parts]
    log, whole = whole_log(plan, merged(plan, partials)), fairaudit.read_log(path, **WORDS)
    assert isinstance(log, fairaudit.UtteranceLog)
    assert (log.quality, log.inputs) == (whole.quality, whole.inputs)
    assert log.tally("speaker_id").equals(whole.tally("speaker_id"))
    texts().assign(device="other").to_parquet(path, row_group_size=40)
    partials[1] = plan.partial(plan.parts[1])
    with pytest.raises(InputError, match=r"log\.parquet: the file was changed while it was read"):
        whole_log(plan, merged(plan, partials))


def test_files_may_lack_columns_if_their_format_allows_it(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.jsonl" for i in range(3)]
    for i, path in enumerate(paths):
        part = texts()[i::3]
        (part.drop(columns=["device", "zip_code"]) if i == 1 else part).to_json(path, orient="records", lines=True)
    assert "device" in assert_same(paths, tmp_path, **WORDS).columns
    for i, path in enumerate(write(tmp_path, texts())):
        if i == 1:
            pd.read_csv(path).drop(columns="device").to_csv(path, index=False)
    csv = sorted(tmp_path.glob("*.csv"))
    assert "1.csv: its columns differ" in str(assert_alike(csv, tmp_path, **WORDS))


def test_a_file_without_rows_counts_as_one(tmp_path: Path) -> None:
    paths = write(tmp_path, texts())
    paths[1].write_text(texts()[:0].to_csv(index=False), "utf-8")
    assert len(assert_same(paths, tmp_path, **WORDS).inputs) == 3
    for path in paths:
        path.write_text(texts()[:0].to_csv(index=False) + "\n" * len(path.name), "utf-8")
    assert "0.csv, 1.csv, 2.csv: no rows" in str(assert_alike(paths, tmp_path))


# The log is judged as a whole


def damaged(**columns: Callable[[pd.DataFrame], Any]) -> Callable[[], pd.DataFrame]:
    return lambda: clean(300).assign(**columns)


#: Logs that are refused, or not, because of all of their rows.
JUDGED: dict[str, tuple[Callable[[], pd.DataFrame], Mapping[str, Any]]] = {
    "swapped in most": (damaged(latitude=lambda f: np.where(f.index < 160, -100.5, 41)), {}),
    "swapped in a few": (damaged(latitude=lambda f: np.where(f.index < 100, -70.5, 41)), {}),
    "metres": (damaged(latitude=lambda f: 5e5 + f.index, longitude=lambda f: 4e6 + f.index), {}),
    "short zips": (damaged(zip_code=lambda f: np.where(f.index % 90 == 4, "2101", "02101")), {}),
    "padded zips": (damaged(zip_code=lambda f: np.where(f.index % 90 == 4, "2101", "02101")), {"zip_pad": True}),
    "NA twice": (damaged(speaker_id=lambda f: np.where(f.index % 150 == 4, "NA", f["speaker_id"])), {}),
    "NA thrice": (damaged(speaker_id=lambda f: np.where(f.index % 100 == 4, "NA", f["speaker_id"])), {}),
    "several": (damaged(errors=lambda f: np.where(f.index % 20 == 4, -1, 1), words=lambda f: f.index % 9 - 1), {}),
    "all": (damaged(words="x"), {"max_quarantine": 1}),
    "lacking": (damaged(), {"needed": {"by": ["acent"], "adjust": ["device"]}}),
    "alike ids": (damaged(utterance_id=lambda f: [f"{'u' if i % 2 else 'U'}{i // 2}" for i in f.index]), {}),
    "mapped": (damaged(), {"columns": {"speaker_id": "speaker"}}),
    "no errors": (lambda: clean().drop(columns="errors"), {}),
}


@pytest.mark.parametrize("name", JUDGED)
def test_messages_are_those_of_one_process(name: str, tmp_path: Path) -> None:
    make, options = JUDGED[name]
    rows = make()
    n = len(rows) // 3
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for i, path in enumerate(paths):
        rows[i * n : (i + 1) * n].to_csv(path, index=False)
    assert_alike(paths, tmp_path, **options)


def test_missing_hypotheses(tmp_path: Path) -> None:
    rows = texts().assign(hypothesis=lambda f: f["hypothesis"].where(f.index != 100)).dropna(subset="speaker_id")
    paths = write(tmp_path, rows)
    assert "missing_hypothesis in 'hypothesis': 1 row" in str(assert_alike(paths, tmp_path, unit="word"))
    for missing in ("empty", "drop"):
        assert_same(paths, tmp_path, unit="word", missing_hypothesis=missing)


def test_many_repeated_ids_are_counted(tmp_path: Path) -> None:
    rows = clean(600).assign(utterance_id=lambda f: [f"u{i % 300}" for i in f.index])
    said = message(lambda: fairaudit.read_log(write(tmp_path, rows), engine=in_turn)) or ""
    assert "0.csv and 2 more: 300 utterance ids occur more than once: " in said
    assert said.count("the same id") == 5
    assert said.endswith(" and 295 more")


def test_copies_of_a_file_are_refused(tmp_path: Path) -> None:
    paths = write(tmp_path, clean(300).drop(columns="utterance_id"))
    (copy := tmp_path / "copy.csv.gz").write_bytes(gzip.compress(paths[1].read_bytes()))
    assert "1.csv and " in str(assert_alike([*paths, copy], tmp_path))


# What is decided once


def spoken(folder: Path, *languages: str) -> list[Path]:
    """Files in several languages, of 40 rows each."""
    text = {"en": "good morning to all", "zh": "今天天气很好我们去公园", "ru": "доброе утро всем вам"}
    paths = [folder / f"{i}.csv" for i in range(len(languages))]
    for path, language in zip(paths, languages, strict=True):
        ids = [f"{path.stem}-{i}" for i in range(40)]
        rows = pd.DataFrame({"utterance_id": ids, "speaker_id": ids, "reference": text[language], "hypothesis": "x"})
        rows.to_csv(path, index=False)
    return paths


@pytest.mark.parametrize(
    ("languages", "options"),
    [
        (("en", "zh"), {}),
        (("en", "zh", "zh"), {"unit": "char"}),
        (("en", "en"), {"normalizer": "whisper-en"}),
        (("en", "ru"), {"normalizer": "whisper-en"}),
        (("en", "zh"), {"unit": "word", "second_normalizer": "off"}),
    ],
)
def test_scripts_of_all_files_decide(languages: tuple[str, ...], options: dict[str, Any], tmp_path: Path) -> None:
    paths = spoken(tmp_path, *languages)
    assert_alike(paths, tmp_path, **options)


def test_the_parts_are_read_again_if_the_first_file_is_unlike_the_others(tmp_path: Path) -> None:
    paths = spoken(tmp_path, "en", "zh")
    long = pd.read_csv(paths[1])
    long.assign(reference=long["reference"] * 50).to_csv(paths[1], index=False)
    tokens = []

    def watched(work: Plan) -> dict[int, pa.Table]:
        tokens.append(work.token)
        return in_turn(work)

    log = fairaudit.read_log(paths, engine=watched)
    assert tokens == ["word", "char"]
    assert log.quality == fairaudit.read_log(paths).quality
    assert log.unit == "char"


def test_labels_that_the_first_file_does_not_show(tmp_path: Path) -> None:
    """Numbers in the first file, labels in others; a code of a household that only the whole shows to be one."""
    rows = clean(900)
    rows["grade"] = [str(i % 60) if i < 300 else f"grade {i % 3}" for i in rows.index]
    rows["age"] = [str(i % 37) if i < 600 else "unknown" for i in rows.index]
    rows["pair"] = [f"P{i % 60 // 2:02}" if i >= 300 else f"P{i % 150:03}" for i in rows.index]
    rows["snr"] = [str(i / 7) for i in rows.index]
    rows["clip"] = [f"clip {i}.wav" for i in rows.index]
    paths = [tmp_path / f"{i}.csv" for i in range(3)]
    for i, path in enumerate(paths):
        rows[i * 300 : (i + 1) * 300].to_csv(path, index=False)
    columns = []

    def watched(work: Plan) -> dict[int, pa.Table]:
        columns.append(work.columns)
        return in_turn(work)

    assert_same(paths, tmp_path)
    log = fairaudit.read_log(paths, engine=watched)
    assert len(columns) == 2
    assert "age" not in columns[0]
    assert {"grade", "age"} <= {*log.columns}
    assert not {"snr", "clip", "utterance_id"} & {*log.columns}
    asked = fairaudit.read_log(paths, engine=in_turn, needed={"by": ["snr"]})
    assert (
        fairaudit.audit(asked, by="accent", **NAMED).to_json()
        == fairaudit.audit(fairaudit.read_log(paths), by="accent", **NAMED).to_json()
    )


def test_households_that_no_part_shows(tmp_path: Path) -> None:
    """Of each home, one member is in each part."""
    rows = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(60)], "errors": 1, "words": 9, "sex": ["f", "m"] * 30})
    rows["family"] = [f"F{i % 30:02}" for i in range(60)]
    paths = [tmp_path / f"{i}.csv" for i in range(2)]
    for i, path in enumerate(paths):
        rows[30 * i : 30 * (i + 1)].to_csv(path, index=False)
    log = assert_same(paths, tmp_path)
    assert len(log.shared_units) == 1
    assert log.shared_units == fairaudit.read_log(paths).shared_units


def test_recordings_that_recur_in_other_parts(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.json" for i in range(3)]
    for i, path in enumerate(paths):
        rows = [
            {
                "audio_filepath": f"{j}.wav",
                "offset": i,
                "duration": 2.5,
                "text": "a b",
                "pred_text": "a",
                "speaker_id": f"s{j}",
            }
            for j in range(40)
        ]
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert any("utterances are segments" in note for note in assert_same(paths, tmp_path).quality.notes)
    assert_same(paths[:1], tmp_path)
    paths[2].write_bytes(paths[1].read_bytes() + b"\n")
    with pytest.raises(
        InputError, match=r"40 utterance ids occur more than once: the same id in rows 1 of 1\.json, 1 of 2"
    ):
        fairaudit.read_log(paths, engine=in_turn)


def test_ids_that_are_protected_from_spreadsheets(tmp_path: Path) -> None:
    rows = clean(300)
    rows["speaker_id"] = [f"'={i % 60}" if i % 3 else f"s{i % 60}" for i in rows.index]
    assert any("lost the apostrophe" in note for note in assert_same(write(tmp_path, rows), tmp_path).quality.notes)
    rows["speaker_id"] = [f"'={i % 60}" if i % 2 else f"-{i % 60}" for i in rows.index]
    assert any("so it is kept" in note for note in assert_same(write(tmp_path, rows), tmp_path).quality.notes)
    rows["speaker_id"] = [f"'={i % 60}" if i % 3 else f"-{i % 60}" for i in rows.index]
    with pytest.raises(InputError, match="200 ids in 'speaker_id' may be protected from spreadsheets"):
        fairaudit.read_log(write(tmp_path, rows), engine=in_turn)


def test_files_in_another_order_give_the_same_sums(tmp_path: Path) -> None:
    paths = write(tmp_path, texts())
    rows = [
        fairaudit.read_log([*order], engine=in_turn, **WORDS).tally(["speaker_id", "accent"])
        for order in permutations(paths, 3)
    ]
    for other in rows[1:]:
        pd.testing.assert_frame_equal(other, rows[0])
