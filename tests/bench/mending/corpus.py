"""Speakers who do not exist, in eight accents, each with a vocal tract and a home of their own, and what they say."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "data" / "samples"))

from making.plan import assign_homes  # noqa: E402
from making.speech import RATE, add_noise, draw_conditions, draw_room, install_variants, say  # noqa: E402
from making.texts import Grammar, draw  # noqa: E402
from making.voices import ESPEAK, Speaker, draw_variant  # noqa: E402

#: Speakers of each accent, and utterances of each speaker.
SPEAKERS_PER_ACCENT: Final = 72
UTTERANCES: Final = 20
#: Log-mel features: bands, window and step in samples.
BANDS, WINDOW, STEP = 40, 400, 160


@dataclass(frozen=True, eq=False)
class Corpus:
    """Utterances and their features.

    Attributes
    ----------
    rows
        One row per utterance: ``utterance_id``, ``speaker_id``, ``accent``, ``latitude``, ``longitude``, ``reference``.
    frames
        Log-mel features of all utterances one after the other, shape (n_frames, 40), float16.
    ends
        Where the frames of each utterance end, shape (n_utterances,).
    """

    rows: pd.DataFrame
    frames: NDArray[np.float16]
    ends: NDArray[np.int64]

    @classmethod
    def make(cls, folder: Path, seed: int, jobs: int) -> Self:
        """Read the corpus of a folder, or make it; espeak-ng and sox speak."""
        kept = folder / "corpus.npz"
        if kept.exists():
            arrays = np.load(kept)
            return cls(pd.read_parquet(folder / "corpus.parquet"), arrays["frames"], arrays["ends"])
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        speakers = draw_speakers(rng)
        homes, _ = assign_homes(speakers, rng)
        spoken = Grammar.part(rng).spoken
        tasks = [
            (speaker, [one.text for one in draw(spoken, UTTERANCES, rng)], int(rng.integers(2**31)))
            for speaker in speakers
        ]
        with Pool(jobs) as pool:
            features = [one for many in pool.imap(_speak, tasks, chunksize=4) for one in many]
        rows = pd.DataFrame(
            {
                "utterance_id": [f"{s.id}-{i:02d}" for s in speakers for i in range(UTTERANCES)],
                "speaker_id": [s.id for s in speakers for _ in range(UTTERANCES)],
                "accent": [s.accent for s in speakers for _ in range(UTTERANCES)],
                "reference": [text for _, texts, _ in tasks for text in texts],
            }
        ).join(homes[["latitude", "longitude"]], on="speaker_id")
        made = cls(rows, np.concatenate(features), np.cumsum([len(one) for one in features]))
        rows.to_parquet(folder / "corpus.parquet")
        np.savez(folder / "making.npz", frames=made.frames, ends=made.ends)
        (folder / "making.npz").rename(kept)
        return made

    def features(self, i: int) -> NDArray[np.float32]:
        """Features of an utterance, shape (n_frames, 40)."""
        start = self.ends[i - 1] if i else 0
        return self.frames[start : self.ends[i]].astype(np.float32)

    def voices(self) -> tuple[list[str], NDArray[np.float64]]:
        """Mean and spread of each speaker's features, with unit variance over speakers, shape (n_speakers, 80)."""
        codes, names = pd.factorize(self.rows["speaker_id"])
        owner = np.repeat(codes, np.diff(self.ends, prepend=0))
        frames, n = self.frames.astype(np.float64), np.bincount(owner)[:, None]
        sums = [np.stack([np.bincount(owner, band) for band in power.T], axis=1) for power in (frames, frames**2)]
        mean = sums[0] / n
        vectors = np.hstack([mean, np.sqrt(np.maximum(sums[1] / n - mean**2, 0))])
        return list(names), (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)


def draw_speakers(rng: np.random.Generator) -> list[Speaker]:
    """Invent as many speakers of each accent, half of them women, each with a vocal tract of their own."""
    speakers: list[Speaker] = []
    for accent, language, _ in ESPEAK:
        for i in range(SPEAKERS_PER_ACCENT):
            number, sex = len(speakers) + 1, ("female", "male")[i % 2]
            voice = f"espeak-{number:03d}"
            one = Speaker(number, "espeak-ng", voice, accent, sex, language, round(rng.uniform(135, 205)))
            speakers.append(replace(one, variant=draw_variant(voice, sex, rng)))
    return speakers


def _speak(task: tuple[Speaker, list[str], int]) -> list[NDArray[np.float16]]:
    speaker, texts, seed = task
    rng = np.random.default_rng(seed)
    room = draw_room(rng)
    with TemporaryDirectory() as folder:  # espeak-ng knows at most 349 voices
        install_variants(Path(folder), [speaker])
        sounds = (add_noise(sound, *draw_conditions(room, rng), rng) for sound in say(Path(folder), speaker, texts))
        return [log_mels(sound) for sound in sounds]


def log_mels(sound: NDArray[np.int16]) -> NDArray[np.float16]:
    """Return log-mel features with zero mean in each band, shape (n_frames, 40)."""
    frames = np.lib.stride_tricks.sliding_window_view(sound / 32768, WINDOW)[::STEP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, 512)) ** 2 @ _filters().T
    logs = np.log(power + 1e-6)
    return (logs - logs.mean(axis=0)).astype(np.float16)


def _filters() -> NDArray[np.float64]:
    def mel(hertz: float) -> float:
        return 2595 * np.log10(1 + hertz / 700)

    edges = 700 * (10 ** (np.linspace(mel(60), mel(7600), BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(512, 1 / RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.clip(np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)), 0, None)
