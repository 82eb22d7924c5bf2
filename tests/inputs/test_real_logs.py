"""The real logs beside the repository read as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_census, read_embeddings, read_log

EDACC = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "accent", "rate", "empty"),
    [
        ("whisper-large-v3-turbo", "Vietnamese", 0.2843, {}),
        ("parakeet-tdt-0.6b-v3", "Vietnamese", 0.2217, {"empty_hypotheses": 657}),
    ],
)
def test_edacc(shared_data, model, accent, rate, empty):
    path = shared_data / "edacc" / f"{model}.transcripts.jsonl.gz"
    log = read_log(path, columns=EDACC, normalizer="whisper-en", strip_tags=True)
    assert log.quality.rows_used == 9_177
    assert log.quality.coercions == {"empty_references": 684, **empty}
    assert len(log.tally(["speaker_id"])) == 60
    assert log.label_columns == ("accent",)
    found = log.tally(["accent"]).loc[accent]
    assert found["errors"] / found["words"] == pytest.approx(rate, abs=0.0037)


def test_coser(shared_data):
    columns = {"speaker_id": "speaker", "words": "ref_words"}
    log = read_log(shared_data / "coser" / "informants.csv.gz", columns=columns, cluster="interview_id")
    assert log.quality.rows_used == 530
    total = log.tally(["interview_id", "speaker_id"]).sum()
    assert total["errors"] / total["words"] == pytest.approx(0.30847, abs=5e-6)
    assert log.tally(["latitude", "longitude"]).index.get_level_values("latitude").dtype == "float64"
    assert "province" in log.label_columns
    assert "snr_db" not in log.label_columns


def test_swiss_german(shared_data):
    path, columns = shared_data / "swiss_german" / "asgdts.csv.gz", {"speaker_id": "audio_file"}
    with pytest.raises(InputError, match="of several systems together"):
        read_log(path, columns=columns)
    for model, rate in {"zero-shot": 0.2498, "fine-tuned": 0.2077, "ewc-30000": 0.2049}.items():
        log = read_log(path, columns=columns, where={"model": model})
        assert log.totals["errors"] / log.totals["words"] == pytest.approx(rate, abs=0.015)
        assert len(log.tally(["dialect"])) == 17


@pytest.mark.slow
def test_census(shared_data):
    table = read_census(shared_data / "census" / "zip_census.csv.gz")
    assert table.frame.shape[0] == 33_120
    assert table.frame["total_population"].sum() == 315_201_715
    assert table.frame["majority_group"].value_counts().to_dict() == {
        "white": 27_942,
        "none": 2_176,
        "hispanic": 1_341,
        "black": 1_269,
        "asian": 56,
    }
    excluded = {"state", "county", "city", "county_fips", "lat", "lon", "latlon_source", "latlon_suspect"}
    assert set(table.attributes) == set(table.frame.columns) - excluded
    zips = pd.Index(["00601", "99999", None])
    assert table.unmatched(zips) == 1
    assert table.lookup(zips)["percent_hispanic"].isna().tolist() == [False, True, True]


def test_voxlingua(shared_data):
    table = read_embeddings(shared_data / "voxlingua" / "embeddings.npz")
    assert table.matrix.shape == (1_609, 256)
    assert table.matrix.dtype == "float32"
    assert not table.dropped
