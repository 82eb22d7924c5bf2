"""Files of two parts, from which training tools draw by weight."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.core.errors import FairauditError
from fairaudit.exports.cohort_of import Labelled
from fairaudit.exports.mixtures import mixture

RULE = Lookup(("accent",), (("old town",), ("river",)))
BOTTOM = CohortModel("named", "named: accent", {}, ("accent",), False, RULE, Group((1,), "river"), None)
LABELS = Labelled(BOTTOM, {"b": 1, "a": 0, "c": 1}, {"a": "s1", "b": "s2", "c": "s3", "d": "s3"})


def manifest(folder: Path, **fields: object) -> Path:
    path = folder / "manifest.jsonl"
    path.write_text("".join(json.dumps({"id": name, "text": "hello", **fields}) + "\n" for name in "abcd"), "utf-8")
    return path


def ids(text: str) -> str:
    return "".join(json.loads(line)["id"] for line in text.splitlines())


def test_nemo_draws_two_manifests_by_weight(tmp_path: Path):
    files = mixture(LABELS, 0.3, "nemo", manifest(tmp_path))
    assert ids(files["bottom.json"]) == "bc"
    assert ids(files["rest.json"]) == "ad"
    assert json.loads(files["bottom.json"].splitlines()[0]) == {"id": "b", "text": "hello"}
    entries = yaml.safe_load(files["input_cfg.yaml"])
    assert [(entry["manifest_filepath"], entry["weight"]) for entry in entries] == [
        ("bottom.json", 0.3),
        ("rest.json", 0.7),
    ]


def test_lhotse_muxes_two_files(tmp_path: Path):
    files = mixture(LABELS, 0.25, "lhotse", manifest(tmp_path, custom={"kept": 1}))
    assert json.loads(files["mux.json"]) == {"files": ["bottom.jsonl", "rest.jsonl"], "weights": [0.25, 0.75]}
    assert json.loads(files["rest.jsonl"].splitlines()[0])["custom"] == {"kept": 1}
    assert ids(files["bottom.jsonl"]) == "bc"


def test_espnet_balances_categories():
    assert mixture(LABELS, 0.5, "espnet") == {"utt2category": "a rest\nb bottom\nc bottom\nd rest\n"}


@pytest.mark.parametrize(
    ("labels", "share", "tool", "said"),
    [
        (LABELS, 1.5, "nemo", "between 0 and 1"),
        (LABELS, 0.3, "espnet", "the share must be 0.5"),
        (LABELS, 0.3, "nemo", "from a manifest"),
        (replace(LABELS, cohort={"a": 0}), 0.5, "espnet", "no utterance is in the bottom"),
        (replace(LABELS, speaker={"b": "s"}, cohort={"b": 1}), 0.5, "espnet", "no utterance is outside"),
        (replace(LABELS, speaker={"a b": "s"}), 0.5, "espnet", "contains whitespace"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(labels: Labelled, share: float, tool: str, said: str):
    with pytest.raises(FairauditError, match=said):
        mixture(labels, share, tool)
