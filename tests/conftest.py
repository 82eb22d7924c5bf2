"""What end-to-end tests share: an invented sample, read and audited once, and the command line called in-process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# Tests run on every core already: further threads of linear algebra would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.results.audit import Audit
from fairaudit.samples import Sample, make_sample, write_sample
from fairaudit.scoring import Normalizer
from fairaudit.scoring.whisper import GatedEnglish

# CI repeats the same examples, so that a red build is about the change; everybody else explores.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.register_profile("explore", deadline=None)
# Laws that take long try a share of a profile's examples, which are 100 by default.
hypothesis.settings.register_profile("exhaustive", deadline=None, max_examples=240)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "explore")

REPOSITORY = Path(__file__).resolve().parents[1]
#: These take seconds, so that every test that asks for one is slow, whether or not another has paid for it.
EXPENSIVE = {"sample_audit", "small_audit", "hostile_audit", "harmless_audit"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if EXPENSIVE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real logs beside the repository, where they are."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no shared data beside the repository")
    return folder


@pytest.fixture(scope="session")
def openai_english() -> Normalizer:
    """OpenAI's English normaliser (openai/whisper at 5f86d1d8): the one on PyPI without four words that it adds."""
    from whisper_normalizer.english import EnglishTextNormalizer

    openai = EnglishTextNormalizer()
    for word in ("kinda", "sorta", "dunno", "cause"):
        del openai.replacers[rf"\b{word}\b"]
    return Normalizer("openai-en", "5f86d1d8", GatedEnglish(openai))


@pytest.fixture(scope="session")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="session")
def sample_files(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_sample(tmp_path_factory.mktemp("sample"), sample)


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A sample of 200 speakers: enough for every discoverer to run, and quick."""
    return write_sample(tmp_path_factory.mktemp("small"), make_sample(speakers=200))


@pytest.fixture(scope="session")
def sample_log(sample_files: dict[str, Path]) -> UtteranceLog:
    return fairaudit.read_log(sample_files["log"])


@pytest.fixture(scope="session")
def sample_audit(sample_log: UtteranceLog, sample_files: dict[str, Path]) -> Audit:
    """All discoverers on the invented sample."""
    census, embeddings = sample_files["census"], sample_files["embeddings"]
    return fairaudit.audit(sample_log, census=census, embeddings=embeddings, permutations=199)


@pytest.fixture(scope="session")
def saved_sample(sample_audit: Audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that audit, to be read only."""
    folder = tmp_path_factory.mktemp("audit")
    fairaudit.save(sample_audit, folder)
    return folder


@dataclass(frozen=True)
class Attack:
    """A log with its side tables in which given strings stand wherever a user's text can stand."""

    logs: list[Path]
    census: Path
    embeddings: Path
    by: list[str | tuple[str, ...]]

    def audit(self) -> Audit:
        return fairaudit.audit(
            fairaudit.read_log(self.logs),
            by=self.by,
            census=self.census,
            embeddings=self.embeddings,
            params={"pairs": False, "clusters": 4},
            permutations=19,
        )


def write_attack(folder: Path, strings: Sequence[str]) -> Attack:
    """Make labels, columns, ids, census attributes and file names of the strings, with 22 speakers for each."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(len(strings)), 22)
    label = np.array(strings, dtype=object)[group]
    log = pd.DataFrame(
        {
            "speaker_id": [f"{text} {i}" for i, text in enumerate(label)],
            "utterance_id": [f"{text}#{i}" for i, text in enumerate(label)],
            "errors": rng.integers(1, 9, len(group)),
            "words": 50,
            "zip_code": [f"{10_000 + i}" for i in group],
            "who": label,
        }
    )
    columns = [text.replace("\0", "\ufffd") for text in strings]  # a name with a NUL is refused
    parts = [columns[start : start + 30] for start in range(0, len(columns), 30)]
    for first, *others in parts:
        log[first] = np.where(rng.random(len(group)) < 0.5, first, "other")
        log[others] = others
    logs = [folder / f"{text.replace('/', '_').replace(chr(0), '')[:60]}.parquet" for text in strings]
    for i, path in enumerate(logs):
        log[group == i].to_parquet(path)
    attributes = [text.replace("=", "\uff1d") for text in columns]  # an attribute with an equals sign is refused
    zips = pd.DataFrame({text: rng.random(len(strings)) for text in attributes})
    zips["majority"] = [strings[i % 12] for i in range(len(strings))]
    zips.insert(0, "zip_code", [f"{10_000 + i}" for i in range(len(strings))])
    zips.to_parquet(census := folder / f"{logs[0].name} census")
    vectors = rng.standard_normal((len(log), 4)).astype(np.float32)
    np.savez(embeddings := folder / "voices.npz", ids=log["speaker_id"].to_numpy(str), embeddings=vectors)
    return Attack(logs, census, embeddings, ["who", *map(tuple, parts)])


@pytest.fixture(scope="session")
def hostile_strings() -> list[str]:
    """What people who mean no good write into a field."""
    named: dict[str, str] = json.loads(REPOSITORY.joinpath("tests", "hostile_strings.json").read_text("utf-8"))
    return list(named.values())


@pytest.fixture(scope="session")
def attack(hostile_strings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Attack:
    return write_attack(tmp_path_factory.mktemp("attack"), hostile_strings)


@pytest.fixture(scope="session")
def hostile_audit(attack: Attack) -> Audit:
    return attack.audit()


@pytest.fixture(scope="session")
def harmless_audit(hostile_strings: list[str], tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The same log with plain labels that sort alike: whatever the hostile page has beyond its page was smuggled in."""
    rank = {text: place for place, text in enumerate(sorted(hostile_strings))}
    no_attribute = re.compile(r"\b(id|name|flag)\b", re.ASCII | re.IGNORECASE)  # as a column of a census table
    plain = [f"label {rank[text]:02d}{' id' * bool(no_attribute.search(text))}" for text in hostile_strings]
    return write_attack(tmp_path_factory.mktemp("harmless"), plain).audit()


@pytest.fixture(scope="session")
def hostile_page(hostile_audit: Audit) -> str:
    return fairaudit.render_html(hostile_audit)


@pytest.fixture(scope="session")
def harmless_page(harmless_audit: Audit) -> str:
    return fairaudit.render_html(harmless_audit)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call the command line in this process, as the console script does."""
    from fairaudit.cli import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["fairaudit", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return Ran(int(left.value.code or 0), told.out, told.err)

    return run


@pytest.fixture(scope="session")
def shell() -> Callable[..., Ran]:
    """Run the command line as a process of its own."""

    def run(*arguments: object, program: str | None = None, **environment: str) -> Ran:
        command = [sys.executable, "-m", "fairaudit"] if program is None else [sys.executable, "-c", program]
        done = subprocess.run(
            [*command, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100", **environment},
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True)
class Release:
    """Two logs of the same utterances, and who was harmed in the second: speakers of the accent ``north``."""

    before: pd.DataFrame
    after: pd.DataFrame
    harmed: str = "accent = north"


@pytest.fixture(scope="session")
def release() -> Release:
    """240 speakers of five accents and a small one: a candidate with a fifth fewer errors, and more in the north."""
    rng = np.random.default_rng(0)
    accents = np.repeat(["east", "north", "old town", "south", "west", "tiny"], [60, 30, 50, 50, 45, 5])
    speaker = np.repeat(np.arange(len(accents)), 12)
    words = rng.integers(5, 30, len(speaker))
    level = rng.gamma(4, 0.25, len(accents))[speaker]
    frame = pd.DataFrame(
        {
            "utterance_id": [f"u{n:05}" for n in range(len(speaker))],
            "speaker_id": [f"s{n:03}" for n in speaker],
            "accent": accents[speaker],
            "errors": rng.binomial(words, np.minimum(0.12 * level, 1.0)),
            "words": words,
        }
    )
    spared = rng.binomial(frame["errors"], 0.8)
    extra = rng.binomial(words, np.where(frame["accent"] == "north", 0.08, 0.0))
    return Release(frame, frame.assign(errors=np.minimum(spared + extra, words)))
