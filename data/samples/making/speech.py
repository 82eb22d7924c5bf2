"""How it sounds: speech of espeak-ng, flite and festival at 16 kHz, and noise."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from making.voices import ESPEAK, Speaker

RATE: Final = 16_000
#: Root mean square of the speech, of full scale, and seconds of noise alone before and after it.
LOUDNESS: Final = 0.05
MARGIN: Final = 0.25
#: Decibels: mean over speakers, standard deviations of speakers' rooms and of the utterances in a room, and limits.
SNR_MEAN: Final = 22.0
SNR_ROOM_SD: Final = 4.0
SNR_UTTERANCE_SD: Final = 4.5
SNR_LIMITS: Final = (3.0, 40.0)
#: The noise of each device by the exponent of its power spectrum.
DEVICES: Final = {"white-noise": 0.0, "pink-noise": 1.0}

ESPEAK_FILES: Final = ("phondata", "phondata-manifest", "phonindex", "phontab", "intonations", "en_dict", "lang")


def install_variants(folder: Path, speakers: Iterable[Speaker]) -> None:
    """Make a data folder for espeak-ng whose only variants are the speakers' own."""
    told = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True).stdout
    installed = Path(told.split("Data at:")[1].strip())
    data = folder / "espeak-ng-data"
    (data / "voices" / "!v").mkdir(parents=True, exist_ok=True)
    for name in ESPEAK_FILES:
        if not (data / name).exists():
            (data / name).symlink_to(installed / name)
    for speaker in speakers:
        if speaker.variant:
            (data / "voices" / "!v" / speaker.voice).write_text(speaker.variant)


def check_voices_differ(folder: Path, speakers: Iterable[Speaker]) -> None:
    """espeak-ng speaks with its standard voice when it cannot find or apply a variant, and does not say so."""
    sentence, spoken = "the quick brown fox", {}
    for language in {language for _, language, _ in ESPEAK}:
        spoken[_espeak(folder, language, 170, sentence)] = language
    for speaker in speakers:
        if speaker.variant:
            sound = _espeak(folder, f"{speaker.language}+{speaker.voice}", 170, sentence)
            if sound in spoken:
                raise RuntimeError(f"{speaker.voice} sounds like {spoken[sound]}")
            spoken[sound] = speaker.voice


def say(folder: Path, speaker: Speaker, sentences: list[str]) -> Iterator[NDArray[np.float64]]:
    """Speak sentences at 16 kHz, without noise."""
    if speaker.engine == "espeak-ng":
        voice = f"{speaker.language}+{speaker.voice}"
        sounds: Iterable[bytes] = (_espeak(folder, voice, int(speaker.rate), sentence) for sentence in sentences)
    elif speaker.engine == "flite":
        sounds = (_flite(speaker.language, sentence) for sentence in sentences)
    else:
        sounds = _festival(speaker.language, sentences)
    effects = ["pitch", str(speaker.cents), "tempo", str(speaker.rate)] if speaker.engine != "espeak-ng" else []
    for sound in sounds:
        to_raw = ["sox", "-D", "-t", "wav", "-", "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed", "-t", "raw"]
        raw = output_of([*to_raw, "-", *effects], sound)
        yield np.frombuffer(raw, dtype="<i2") / 32768


def output_of(command: list[str], stdin: bytes = b"") -> bytes:
    """Run a tool that has to succeed, and give what it writes."""
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


def _espeak(folder: Path, voice: str, rate: int, sentence: str) -> bytes:
    return output_of(["espeak-ng", f"--path={folder}", "-v", voice, "-s", str(rate), "--stdout", sentence])


def _flite(voice: str, sentence: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        output_of(["flite", "-voice", voice, "-t", sentence, "-o", file.name])
        return Path(file.name).read_bytes()


def _festival(voice: str, sentences: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.wav" for i in range(len(sentences))]
        script = Path(folder) / "say.scm"
        save = '(utt.save.wave (utt.synth (Utterance Text "{}")) "{}" \'riff)'
        lines = [save.format(sentence, path) for sentence, path in zip(sentences, paths, strict=True)]
        script.write_text("\n".join([f"(voice_{voice})", *lines]))
        output_of(["festival", "-b", str(script)])
        yield from (path.read_bytes() for path in paths)


def draw_room(rng: np.random.Generator) -> float:
    """Draw the mean signal-to-noise ratio of a speaker's recordings, in decibels."""
    return rng.normal(SNR_MEAN, SNR_ROOM_SD)


def draw_conditions(room: float, rng: np.random.Generator) -> tuple[str, float]:
    """Draw device and signal-to-noise ratio of an utterance."""
    device = str(rng.choice(list(DEVICES)))
    return device, round(float(np.clip(rng.normal(room, SNR_UTTERANCE_SD), *SNR_LIMITS)), 1)


def add_noise(speech: NDArray[np.float64], device: str, snr: float, rng: np.random.Generator) -> NDArray[np.int16]:
    """Pad the speech, set its loudness, and add noise at ``snr`` decibels (powers over the unpadded utterance)."""
    speech = np.pad(speech * LOUDNESS / _rms(speech), round(MARGIN * RATE))
    spectrum = np.fft.rfft(rng.standard_normal(len(speech)))
    spectrum /= np.maximum(np.fft.rfftfreq(len(speech), 1 / RATE), 50.0) ** (DEVICES[device] / 2)
    noise = np.fft.irfft(spectrum, len(speech))
    mixed = speech + noise * LOUDNESS * 10 ** (-snr / 20) / _rms(noise)
    return np.round(32767 * np.clip(mixed, -1, 1)).astype(np.int16)


def _rms(sound: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(sound**2)))
