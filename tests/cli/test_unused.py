"""Options that have no effect say so, and never fail in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fairaudit
from fairaudit.samples import make_sample

#: The command prints warnings.
pytestmark = pytest.mark.filterwarnings("always")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A log, frozen cohorts and what belongs to them."""
    folder: Path = tmp_path_factory.mktemp("unused")
    rows = make_sample(speakers=200).log.drop(columns=["zip_code"])
    rows.to_csv(folder / "log.csv", index=False)
    log = fairaudit.read_log(folder / "log.csv")
    audit = fairaudit.audit(log, methods="named", by="accent", permutations=19)
    fairaudit.save(audit, folder)
    fairaudit.save(fairaudit.record(audit.models, "1.0", log), folder / "history.json")
    speakers = rows["speaker_id"].unique().tolist()
    np.savez(folder / "vectors.npz", ids=speakers, embeddings=np.random.default_rng(0).normal(size=(len(speakers), 3)))
    (folder / "census.csv").write_text("zip_code,income\n02139,3\n")
    (folder / "states.json").write_text('{"type": "FeatureCollection", "features": []}')
    return {path.name: path for path in folder.iterdir()}


NAMED = ("--method", "named", "--by", "accent", "--permutations", "19")


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("audit log.csv --census census.csv", 3, "joined by zip codes|lacks ['zip_code']"),
        ("audit log.csv --crosswalk census.csv", 2, "--crosswalk has no effect, because no census table is given"),
        ("validate log.csv --crosswalk census.csv", 2, "--crosswalk has no effect"),
        ("assign log.csv --cohorts cohorts.json --census census.csv", 3, "lacks ['zip_code']"),
        ("assign log.csv --cohorts cohorts.json --embeddings vectors.npz", 0, "embeddings: the table is not used"),
        ("targets log.csv --cohorts cohorts.json --embeddings vectors.npz", 0, "embeddings: the table is not used"),
        ("targets log.csv --cohorts cohorts.json --focus all", 0, "--focus has no effect: it is for a plan (--budget)"),
        (
            "targets log.csv --cohorts cohorts.json --budget 9 --share 0.3 --to csv",
            0,
            "--share, --to have no effect: a plan (--budget) lists no utterances",
        ),
        ("validate log.csv --zip-pad", 0, "no column zip_code; zip_pad has no effect"),
        ("history history.json --search accent", 0, "--search has no effect: only a figure (--svg) shows one search"),
        ("export audit.json --to csv --zip-pad --search accent", 0, "--search, --zip-pad have no effect"),
        ("export audit.json --to csv --model large", 0, "--model has no effect: it is for --to model-index, not csv"),
        ("export log.csv --to kaldi --cohorts cohorts.json --manifest log.csv", 0, "--manifest has no effect"),
        (
            "report audit.json --boundaries states.json -o page.html",
            0,
            "boundaries: not used, because the audit has no",
        ),
        ("report audit.json --boundaries states.json -o page.md", 2, "boundaries are for maps"),
        ("validate log.csv --column accent=voice --column accent=accent", 2, "--column gives accent twice"),
        ("validate log.csv --column speaker=accent", 2, "use --column speaker_id=accent"),
        ("discover log.csv --by accent --scheduler tcp://x:1", 0, "--scheduler has no effect: the log is read in this"),
        ("discover log.csv --by acent", 3, "did you mean 'accent'? (--by accent)"),
        ("discover log.csv --adjust acent", 3, "did you mean 'accent'? (--adjust accent)"),
        ("validate log.csv --cluster acent", 3, "did you mean 'accent'? (--cluster accent)"),
        ("discover log.csv --rate d=delay_ms/words", 3, "lacks ['delay_ms']"),
    ],
)
def test_an_option_without_an_effect_says_so(command: str, code: int, words: str, cli, files, monkeypatch, tmp_path):
    for name, path in files.items():
        (tmp_path / name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    ran = cli(*command.split())
    assert ran.code == code, ran.err
    assert any(expected in ran.err for expected in words.split("|")), ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--embeddings", "vectors.npz"), "embeddings: the table is not used"),
        (("--boundaries", "states.json"), "boundaries: not used"),
    ],
)
def test_an_audit_says_so_too(options, words, cli, files, tmp_path, monkeypatch):
    monkeypatch.chdir(files["log.csv"].parent)
    ran = cli("audit", "log.csv", *NAMED, *options, "-o", tmp_path / "out")
    assert ran.code in (0, 4), ran.err
    assert words in ran.err
