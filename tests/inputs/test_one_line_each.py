"""Each of the logs and odd inputs beside the repository is read, or refused with its cause, by one command."""

from __future__ import annotations

import shlex

import pytest

pytestmark = pytest.mark.slow

EDACC = (
    "--column utterance_id=utt_id --column speaker_id=speaker --column reference=ref_raw --column hypothesis=hyp_raw "
    "--strip-tags --normalizer whisper-en"
)
COSER = "--column speaker_id=speaker --column words=ref_words --cluster interview_id"
CENSUS = "validate cases/04_census_one_odd_cell/log.csv --census cases"
VECTORS = "validate cases/05_embedding_index_column/log.csv --embeddings cases"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"validate data/edacc/whisper-large-v3-turbo.transcripts.jsonl.gz {EDACC}", 0, "9,177 used"),
        (f"validate data/edacc/parakeet-tdt-0.6b-v3.transcripts.jsonl.gz {EDACC}", 0, "9,177 used"),
        (f"validate data/coser/informants.csv.gz {COSER}", 0, "530 used"),
        ("validate data/swiss_german/asgdts.csv.gz --missing-speaker own --where model=ewc-30000", 0,
         "speakers unknown"),
        ("validate data/swiss_german/common_voice_german.csv.gz --missing-speaker own --where model=zero-shot", 0,
         "speakers unknown"),
        ("validate data/swiss_german/asgdts.csv.gz --column utterance_id=audio_file --missing-speaker own", 3,
         "more than once"),
        ("validate cases/01_tsv_quotes/log.tsv", 0, "6 used"),
        (f"{CENSUS}/04_census_one_odd_cell/clean.csv", 0, "400 used"),
        (f"{CENSUS}/04_census_one_odd_cell/thousands.csv", 0, "400 used"),
        (f"{CENSUS}/04_census_one_odd_cell/top.csv", 0, "census_cells_top_coded: 1"),
        (f"{CENSUS}/04_census_one_odd_cell/with_index.csv", 0, "the column has no name"),
        (f"{CENSUS}/22_census_bureau_download/download.csv", 0, "census_header_rows_left_out: 1"),
        (f"{VECTORS}/05_embedding_index_column/index.csv", 0, "the column has no name"),
        (f"{VECTORS}/18_embedding_files/e.h5", 3, "an HDF5 file"),
        (f"{VECTORS}/18_embedding_files/e.pt", 3, "a PyTorch file"),
        (f"{VECTORS}/18_embedding_files/float16.npz", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/large_list.parquet", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/list.jsonl", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/nested.parquet", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/per_speaker.npz", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/speechbrain_n_1_d.npz", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/text.ark", 0, "240 used"),
        (f"{VECTORS}/18_embedding_files/x.ark", 0, "240 used"),
        ("validate cases/06_two_scripts/log.csv", 3, "mixes scripts"),
        ("validate cases/07_whisper_en_other_script/log.csv --normalizer whisper-en", 3, "Devanagari"),
        ("compare cases/08_compare_other_references/base.csv cases/08_compare_other_references/cand.csv", 3,
         "different references"),
        ("validate cases/09_labels_that_look_alike/log.csv", 0, "4 spellings that differ only in case"),
        ("validate cases/10_missing_labels/log.csv", 0, "200 used"),
        ("validate cases/11_utterances_column/log.csv", 0, "2 used"),
        ("validate cases/13_missing_numbers/nan.csv", 0, "20 used"),
        ("validate cases/13_missing_numbers/nan.jsonl", 0, "20 used"),
        ("validate cases/13_missing_numbers/nan.parquet", 0, "20 used"),
        ("validate cases/13_missing_numbers/r.csv", 0, "20 used"),
        ("validate cases/14_zip_as_float/log.csv", 3, "lost their leading zeros; --zip-pad"),
        ("validate cases/14_zip_as_float/log.csv --zip-pad --census cases/14_zip_as_float/census.csv", 0, "40 used"),
        ("validate cases/16_nested_json/nbest.jsonl", 3, "holds a list"),
        ("validate cases/16_nested_json/pipeline.jsonl --column hypothesis=hypothesis.text", 0, "used"),
        ("validate cases/16_nested_json/speaker.jsonl --column speaker_id=speaker_id.id", 0, "used"),
        ("validate cases/17_nemo_segments/manifest.json", 0, "3 used"),
        ("validate cases/23_excel/sep.csv", 0, "3 used"),
        ("validate cases/23_excel/comma.csv", 3, "decimal comma"),
        ("validate cases/23_excel/hemisphere.csv", 3, "signed decimal degrees"),
        ("validate cases/23_excel/projected.csv", 3, "metres"),
    ],
)  # fmt: skip
def test_one_line(cli, shared_data, line: str, code: int, said: str) -> None:
    beside = shared_data.parent
    words = [str(beside / word) if word.startswith(("data/", "cases/")) else word for word in shlex.split(line)]
    ran = cli(*words)
    assert (ran.code, said in ran.out + ran.err) == (code, True), ran.out + ran.err
