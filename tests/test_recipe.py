"""The recipe's script and commands run as written, on stand-ins for the recogniser and the encoder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs import read_embeddings

pytestmark = pytest.mark.slow

RECIPE = (Path(__file__).resolve().parents[1] / "notebooks" / "00_from_audio.md").read_text(encoding="utf-8")
STAND_INS = {
    "librosa": "import numpy\ndef load(path, sr): return numpy.full(sr, float(path.name[3]) / 10), sr",
    "pocketsphinx": """
        class Decoder:
            def __init__(self, **settings): self.heard = "turn on the light"
            def reinit_feat(self): pass
            def start_utt(self): pass
            def process_raw(self, raw, full_utt): self.heard = "turn the light" if raw[0] % 2 else ""
            def end_utt(self): pass
            def hyp(self): return type("Hypothesis", (), {"hypstr": self.heard}) if self.heard else None
    """,
    "resemblyzer": """
        import numpy
        class VoiceEncoder:
            def __init__(self, device, verbose): pass
            def embed_utterance(self, sound): return numpy.array([1.0, sound[0]])
        def preprocess_wav(sound, rate): return sound
    """,
}


def block(mark: str) -> str:
    return re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", RECIPE, flags=re.DOTALL)[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tables, the script, and modules that stand in for its tools."""
    files = [f"s{speaker:02d}{utterance}.wav" for speaker in range(60) for utterance in range(4)]
    utterances = pd.DataFrame({"file": files, "speaker_id": [file[:3] for file in files]})
    utterances.assign(reference="turn on the light").to_csv(tmp_path / "utterances.csv", index=False)
    speakers = pd.DataFrame({"speaker_id": sorted(set(utterances["speaker_id"]))})
    speakers.assign(zip_code="00101", sex=["f", "m"] * 30).to_csv(tmp_path / "speakers.csv", index=False)
    (tmp_path / "from_audio.py").write_text(block("the script"))
    for name, source in STAND_INS.items():
        (tmp_path / f"{name}.py").write_text(re.sub(r"^        ", "", source, flags=re.MULTILINE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_run_as_written(folder: Path) -> None:
    commands = block("the commands").splitlines()
    assert [line.split()[:2] for line in commands][1:] == [["fairaudit", "validate"], ["fairaudit", "audit"]]
    for line in commands:
        words = shlex.split(line)
        tool = [sys.executable] if words[0] == "python" else [sys.executable, "-m", "fairaudit"]
        ran = subprocess.run([*tool, *words[1:]], capture_output=True, text=True, check=False)
        assert ran.returncode in (0, 4), f"{line}: {ran.stderr}"
    log = fairaudit.read_log(folder / "log.csv", missing_hypothesis="empty")
    assert log.quality.rows_used == 240
    assert log.tally(["zip_code"]).index.tolist() == ["00101"]
    assert 0 < log.tally(["speaker_id"])["deletions"].sum() < 4 * 240
    vectors = read_embeddings(folder / "voices.npz").for_log(log)
    assert vectors.ids.tolist() == sorted(log.tally(["speaker_id"]).index)
    assert np.isfinite(vectors.matrix).all()
    assert (folder / "audit" / "audit.html").is_file()


def test_the_script_is_short() -> None:
    assert block("the script").count("\n") <= 60
