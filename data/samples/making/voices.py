"""Who says it: speakers who do not exist, each espeak-ng one with a vocal tract of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

#: Accent, its name in espeak-ng, speakers. "en" is British: "en-gb" would silently ignore the variant.
ESPEAK: Final = (
    ("american", "en-us", 24),
    ("new-york", "en-us-nyc", 12),
    ("british", "en", 20),
    ("received", "en-gb-x-rp", 20),
    ("lancaster", "en-gb-x-gbclan", 20),
    ("scottish", "en-gb-scotland", 15),
    ("west-midlands", "en-gb-x-gbcwmd", 32),
    ("caribbean", "en-029", 32),
)
#: Voices built from recordings of one person: engine, name, accent, sex. Five speakers each, by pitch and tempo.
RECORDED: Final = (
    ("flite", "kal16", "american", "male"),
    ("flite", "rms", "american", "male"),
    ("flite", "slt", "american", "female"),
    ("flite", "awb", "scottish", "male"),
    ("festival", "ked_diphone", "american", "male"),
)
SPEAKERS_PER_RECORDED: Final = 5


@dataclass(frozen=True)
class Speaker:
    """Somebody who does not exist.

    Attributes
    ----------
    number
        From 1.
    engine, accent, sex
        Labels.
    voice
        What shares a synthesis voice shares its peculiarities: the unit that was sampled.
    language
        The accent's name in espeak-ng, or the recorded voice's name.
    rate
        Words a minute (espeak-ng), or tempo relative to the recording.
    cents
        Shift of pitch and formants, recorded voices only.
    variant
        Text of an espeak-ng voice variant, empty for recorded voices.
    """

    number: int
    engine: str
    voice: str
    accent: str
    sex: str
    language: str
    rate: float
    cents: float = 0.0
    variant: str = ""

    @property
    def id(self) -> str:
        """As in the log."""
        return f"spk-{self.number:03d}"


def draw_speakers(rng: np.random.Generator) -> list[Speaker]:
    """Invent the speakers: every espeak-ng one with a throat of their own, as many women as men."""
    speakers: list[Speaker] = []
    for accent, language, count in ESPEAK:
        for i in range(count):
            number, sex = len(speakers) + 1, ("female", "male")[i % 2]
            voice = f"espeak-{number:03d}"
            variant, rate = draw_variant(voice, sex, rng), round(rng.uniform(135, 205))
            speakers.append(Speaker(number, "espeak-ng", voice, accent, sex, language, rate, variant=variant))
    for engine, name, accent, sex in RECORDED:
        for _ in range(SPEAKERS_PER_RECORDED):
            number, voice = len(speakers) + 1, f"{engine}-{name}"
            tempo, cents = round(rng.uniform(0.85, 1.2), 3), float(round(rng.uniform(-200, 200)))
            speakers.append(Speaker(number, engine, voice, accent, sex, name, tempo, cents))
    return speakers


def draw_variant(name: str, sex: str, rng: np.random.Generator) -> str:
    """Draw a vocal tract: pitch (Hz), formants (per cent of the accent's: frequency, height, width), unsteadiness.

    The ranges are those of the human-like variants that espeak-ng brings (f1 to f5, m1 to m8).
    """
    low, high, length = (145, 205, rng.uniform(106, 122)) if sex == "female" else (75, 115, rng.uniform(92, 104))
    pitch = rng.uniform(low, high)
    lines = [
        "language variant",
        f"name {name}",
        f"gender {sex}",
        f"pitch {pitch:.0f} {pitch * rng.uniform(1.25, 1.6):.0f}",
        f"flutter {rng.integers(2, 13)}",
        f"roughness {rng.integers(0, 5)}",
    ]
    for formant in range(9):
        frequency = 100 if formant == 0 else length + rng.normal(0, 3)
        lines.append(f"formant {formant} {frequency:.0f} {rng.uniform(75, 105):.0f} {rng.uniform(90, 150):.0f}")
    return "\n".join(lines) + "\n"
