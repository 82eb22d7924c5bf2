"""What is suggested for a missing column, and which names of columns are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.suggesting import lacking, suggestions
from fairaudit.samples import make_sample


@pytest.mark.parametrize(
    ("missing", "names", "meant"),
    [
        (["speaker_id"], ["client_id", "errors"], {"speaker_id": "client_id"}),
        (["reference", "hypothesis"], ["transcription", "standardized_text"], {}),
        (["reference", "hypothesis"], ["transcript"], {}),
        (["reference", "hypothesis"], ["text", "pred_text"], {"reference": "text", "hypothesis": "pred_text"}),
        (["reference", "hypothesis"], ["sentence", "text"], {"reference": "sentence", "hypothesis": "text"}),
        (["hypothesis"], ["reference", "transcription"], {"hypothesis": "transcription"}),
        (["reference"], ["hypothesis", "transcription"], {"reference": "transcription"}),
        (["reference"], ["hypothesis", "transcription", "text"], {}),
        (["reference", "hypothesis"], ["hypothesis", "text"], {"reference": "text"}),
        (["longitude"], ["latitude", "lng"], {"longitude": "lng"}),
        (["longitude"], ["latitude", "words"], {}),
        (["words"], ["errors", "characters"], {}),
        (["utterance_id", "speaker_id"], ["id"], {"utterance_id": "id"}),
        (["gendr"], ["gender", "age"], {"gendr": "gender"}),
        (["gendr"], ["gender", "gender2"], {"gendr": "gender"}),
        (["hypothesis"], ["hypothesis_large", "hypothesis_small"], {}),
        (["hypothesis"], ["hypothesis_large", "reference"], {"hypothesis": "hypothesis_large"}),
    ],
)
def test_a_column_is_suggested_for_one_role_only_and_only_if_it_has_none(
    missing: list[str], names: list[str], meant: dict[str, str]
) -> None:
    assert suggestions(missing, names) == meant


def test_no_suggestion_names_one_column_twice() -> None:
    message = str(InputError(lacking("log", ["reference", "hypothesis"], ["refrence_hypothesis", "text"])))
    assert message.count("'refrence_hypothesis'") <= 3


def test_a_log_of_counts_under_other_names_is_told_from_a_log_of_texts() -> None:
    counts = pd.DataFrame({"speaker_id": ["a"], "n_words": [3], "n_errors": [1]})
    with pytest.raises(InputError, match=r"lacks \['words', 'errors'\].*\{'words': 'n_words', 'errors': 'n_errors'\}"):
        read_log(counts)


def frame(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"voice": ["a", "b"], "errors": [1, 2], "words": [9, 8], "accent": ["x", "y"], **more})


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"speaker": "voice"}, r"calls this column 'speaker_id'; use columns=\{'speaker_id': 'voice'\}"),
        ({"Speaker_ID": "voice"}, r"calls this column 'speaker_id'"),
        ({"zip": "voice"}, r"calls this column 'zip_code'"),
        ({"text": "voice"}, r"calls this column 'reference' or 'hypothesis'"),
        ({"reference": "voice", "hypothesis": "voice"}, r"cannot both be read from the column 'voice'"),
        ({"errors": "words", "words": "words"}, r"cannot both be read from the column 'words'"),
    ],
)
def test_a_column_is_not_read_under_a_name_that_means_nothing_here(columns: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_log(frame(), columns=columns)


def test_ids_may_be_read_from_the_same_column() -> None:
    log = read_log(frame(), columns={"speaker_id": "voice", "utterance_id": "voice"})
    assert log.columns[:2] == ("utterance_id", "speaker_id")


ROWS = "speaker_id,accent,snr,zip,reference,hypothesis\n" + "a,x,3,02139,one two,one\nb,y,4,90210,one two,one\n"


@pytest.fixture(params=["csv", "csv.gz", "parquet", "utf-16", "frame"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A log whose second half cannot be read, so that an error about its columns comes from the header."""
    table = pd.DataFrame([row.split(",") for row in ROWS.splitlines()[1:]], columns=ROWS.splitlines()[0].split(","))
    if request.param == "frame":
        return table
    path = tmp_path / "log"
    if request.param == "parquet":
        table.to_parquet(path, row_group_size=1)
    elif request.param == "csv.gz":
        table.to_csv(path, index=False, compression="gzip")
    else:
        path.write_text(ROWS + 'c,"x,3\n', encoding="utf-16" if request.param == "utf-16" else "utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"needed": {"by": ["acent"]}}, r"lacks \['acent'\] \(by='acent'\).*did you mean 'accent'\? \(by='accent'\)$"),
        ({"needed": {"adjust": ["snrr[3]"]}}, r"lacks \['snrr'\].*did you mean 'snr'\? \(adjust='snr'\)$"),
        ({"needed": {"": ["zip_code"]}}, r"lacks \['zip_code'\].*\(columns=\{'zip_code': 'zip'\}\)$"),
        ({"cluster": "acent"}, r"lacks \['acent'\] \(cluster='acent'\).*\(cluster='accent'\)$"),
        ({"counts": ["delay_ms"]}, r"lacks \['delay_ms'\]"),
        ({"columns": {"gender": "sex"}}, r"unknown column 'sex'"),
    ],
)
def test_columns_are_checked_against_the_header_before_rows_are_read(source: Any, options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_log(source, **options)


def test_names_that_are_there_pass(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(ROWS)
    log = read_log(tmp_path / "log.csv", needed={"by": ["accent"], "adjust": ["snr[2]"]}, cluster="accent")
    assert len(log) == 2


def test_fields_of_json_lines_are_checked_when_all_are_known(tmp_path: Path) -> None:
    rows = '{"speaker_id": "a", "errors": 1, "words": 9}\n{"speaker_id": "b", "errors": 1, "words": 9, "accent": "x"}\n'
    (tmp_path / "log.jsonl").write_text(rows)
    assert len(read_log(tmp_path / "log.jsonl", needed={"by": ["accent"]})) == 2
    with pytest.raises(InputError, match="did you mean 'accent'"):
        read_log(tmp_path / "log.jsonl", needed={"by": ["acent"]})


def test_the_rate_needs_counts_of_a_log_of_counts(tmp_path: Path) -> None:
    frame().rename(columns={"voice": "speaker_id"}).to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(InputError, match=r"lacks \['substitutions'\]"):
        fairaudit.audit(tmp_path / "log.csv", rate="substitution_rate")


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"normalizer": "none"}, "The log holds counts, on which normalizer has no effect."),
        ({"strip_tags": True, "missing_hypothesis": "drop"}, "on which strip_tags, missing_hypothesis have no effect."),
        ({"second_normalizer": "none"}, "second_normalizer has no effect"),
        ({"unit": "word"}, "The log counts only words; unit has no effect."),
        ({"zip_pad": True}, "The log has no column zip_code; zip_pad has no effect."),
        ({}, None),
    ],
)
def test_options_without_an_effect_are_named(options: Any, note: str | None) -> None:
    notes = read_log(frame().rename(columns={"voice": "speaker_id"}), **options).quality.notes
    assert notes == () if note is None else note in notes[0]


def test_tables_without_an_effect_are_named(tmp_path: Path) -> None:
    log = read_log(frame().rename(columns={"voice": "speaker_id"}))
    with pytest.raises(UsageError, match="crosswalk has no effect, because no census table is given"):
        fairaudit.audit(log, crosswalk="walk.csv")
    (tmp_path / "census.csv").write_text("zip_code,income\n02139,3\n")
    with pytest.raises(InputError, match=r"a census table is joined by zip codes; log lacks \['zip_code'\]"):
        fairaudit.audit(log, census=tmp_path / "census.csv")


def test_settings_and_tables_that_no_search_takes_are_named(tmp_path: Path) -> None:
    rows = make_sample(speakers=200).log
    with pytest.warns(UserWarning, match="by has no effect on the discoverers that were asked for"):
        fairaudit.audit(rows, methods="geo-tree", by="accent", permutations=19)
    speakers = rows["speaker_id"].unique().tolist()
    np.savez(
        tmp_path / "vectors.npz", ids=speakers, embeddings=np.random.default_rng(0).normal(size=(len(speakers), 3))
    )
    with pytest.warns(UserWarning, match="embeddings: the table is not used"):
        fairaudit.audit(rows, methods="named", by="accent", embeddings=tmp_path / "vectors.npz", permutations=19)
