"""An invented sample: the log of a voice assistant on an island, with four planted disparities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.columns import HYPOTHESIS, LATITUDE, LONGITUDE, REFERENCE, SPEAKER, UTTERANCE, ZIP_CODE
from fairaudit.core.errors import UsageError
from fairaudit.samples.island import REGION, draw_census, draw_zips, in_region, provinces
from fairaudit.samples.speech import VOCABULARY, compose, mishear

__all__ = ["Sample", "make_sample"]

BASE_RATE: Final = 0.08
SPEAKER_SD: Final = 0.35
HIGHEST_RATE: Final = 0.9
#: Error rate of the planted speakers relative to all others, by the discoverer that should find them.
FACTORS: Final = {"geo-tree": 1.8, "zip-census": 1.7, "embedding": 1.8, "named": 1.7}

PLANTED_ACCENT: Final = "marsh"
#: Accents with too few speakers to show ("hermit") and too few to test ("lighthouse").
SMALL_ACCENTS: Final = {"hermit": 7, "lighthouse": 15}
ACCENT_SHARES: Final = {PLANTED_ACCENT: 0.12, "river": 0.20, "upland": 0.26}
COMMONEST_ACCENT: Final = "harbour"
DEVICES: Final = ("phone", "display", "headset")
DEVICE_SHARES: Final = (0.55, 0.30, 0.15)

DIMENSIONS: Final = 32
VOICE_TYPES: Final = 8
PLANTED_VOICE: Final = 5
PLANTED_VOICE_SHARE: Final = 0.11
#: Standard deviation of vectors around their voice type, and shift of each gender; centres have length 1.
VOICE_SD: Final = 0.22
GENDER_SHIFT: Final = 0.35


@dataclass(frozen=True, eq=False)
class Sample:
    """A log, side tables about its speakers and places, and the planted truth.

    Attributes
    ----------
    log
        One row per utterance: ``utterance_id``, ``speaker_id``, ``reference``, ``hypothesis``, ``latitude``,
        ``longitude`` (degrees), ``zip_code``, ``accent``, ``gender``, ``device``.
    census
        One row per zip code; see :func:`fairaudit.samples.island.draw_census`.
    embeddings_ids
        Shape (n,), the speakers that have a voice vector.
    embeddings
        Shape (n, 32), float32; rows have length 1 except for rounding.
    boundaries
        GeoJSON of the island's provinces.
    truth
        What was planted for each discoverer and what was not, as plain JSON values.
    """

    log: pd.DataFrame
    census: pd.DataFrame
    embeddings_ids: NDArray[np.str_]
    embeddings: NDArray[np.float32]
    boundaries: dict[str, Any]
    truth: dict[str, Any]


def make_sample(*, speakers: int = 800, seed: int = 0) -> Sample:
    """Invent a log in which four groups of speakers have higher error rates than the others.

    Parameters
    ----------
    speakers
        Number of speakers, at least 100. Each has about 18 utterances.
    seed
        Equal seeds give equal samples.

    Returns
    -------
    Sample
        The log, its side tables and the truth.

    Raises
    ------
    UsageError
        If there are too few speakers for the accents.

    Examples
    --------
    >>> sample = make_sample(speakers=100)
    >>> list(sample.truth["planted"])
    ['geo-tree', 'zip-census', 'embedding', 'named']
    """
    if speakers < 100:
        raise UsageError(f"a sample needs at least 100 speakers, not {speakers}")
    rng = np.random.default_rng(seed)
    zips = draw_zips(rng)
    census = draw_census(zips, rng)
    people = _draw_people(speakers, zips, rng)
    voice_type, vectors = _draw_voices(people["gender"] == "female", rng)

    # A few speakers lack coordinates and zip code, a few lack gender, and a few lack a voice vector.
    nowhere, ungendered, voiceless = np.split(
        rng.permutation(speakers)[: speakers // 40], [speakers // 100, speakers // 50]
    )
    people.loc[nowhere, [LATITUDE, LONGITUDE, ZIP_CODE]] = None
    people.loc[ungendered, "gender"] = None
    majority = people[ZIP_CODE].map(census.set_index(ZIP_CODE)["majority_group"])
    missing_zip = people.loc[majority != "group_b", ZIP_CODE].value_counts().sort_index().idxmin()

    planted = {
        "geo-tree": in_region(people[LATITUDE].to_numpy(), people[LONGITUDE].to_numpy()),
        "zip-census": (majority == "group_b").to_numpy(),
        "embedding": voice_type == PLANTED_VOICE,
        "named": (people["accent"] == PLANTED_ACCENT).to_numpy(),
    }
    rate = BASE_RATE * np.exp(SPEAKER_SD * rng.standard_normal(speakers) - SPEAKER_SD**2 / 2)
    for method, members in planted.items():
        rate[members] *= FACTORS[method]

    voiced = np.setdiff1d(np.arange(speakers), voiceless)
    ids = people[SPEAKER].to_numpy()
    return Sample(
        log=_draw_log(people, np.minimum(rate, HIGHEST_RATE), rng),
        census=census[census[ZIP_CODE] != missing_zip].reset_index(drop=True),
        embeddings_ids=ids[voiced].astype(np.str_),
        embeddings=vectors[voiced],
        boundaries=provinces(),
        truth=_truth(
            seed,
            planted={method: ids[members].tolist() for method, members in planted.items()},
            oddities={
                "speakers_without_place": ids[np.sort(nowhere)].tolist(),
                "speakers_without_gender": ids[np.sort(ungendered)].tolist(),
                "speakers_without_embedding": ids[np.sort(voiceless)].tolist(),
                "zip_codes_without_census": [str(missing_zip)],
            },
        ),
    )


def _draw_people(count: int, zips: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw one row per speaker: id, place (rounded to 0.01 degrees), ``zip_code``, ``accent`` and ``gender``."""
    home = zips.iloc[np.searchsorted(zips["people"].cumsum().to_numpy()[:-1], rng.random(count))]
    accents = SMALL_ACCENTS | {accent: round(share * count) for accent, share in ACCENT_SHARES.items()}
    accents[COMMONEST_ACCENT] = count - sum(accents.values())
    return pd.DataFrame(
        {
            SPEAKER: [f"spk-{i:04d}" for i in range(1, count + 1)],
            LATITUDE: np.round(home[LATITUDE].to_numpy() + 0.1 * (rng.random(count) - 0.5), 2),
            LONGITUDE: np.round(home[LONGITUDE].to_numpy() + 0.1 * (rng.random(count) - 0.5), 2),
            ZIP_CODE: home[ZIP_CODE].to_numpy(),
            "accent": rng.permutation(np.repeat(list(accents), list(accents.values()))),
            "gender": np.where(rng.random(count) < 0.5, "female", "male"),
        }
    )


def _draw_voices(female: pd.Series, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Draw voice types (n,) and vectors (n, 32): the centre of the type, a shift for gender, and noise."""
    count = len(female)
    others = [voice for voice in range(VOICE_TYPES) if voice != PLANTED_VOICE]
    planted = round(PLANTED_VOICE_SHARE * count)
    voice_type = rng.permutation(np.r_[np.full(planted, PLANTED_VOICE), np.resize(others, count - planted)])
    centres = _unit_length(rng.standard_normal((VOICE_TYPES, DIMENSIONS)))
    gender_axis = _unit_length(rng.standard_normal((1, DIMENSIONS)))
    shift = GENDER_SHIFT * np.where(female, 1.0, -1.0)[:, None] * gender_axis
    vectors = centres[voice_type] + shift + VOICE_SD * rng.standard_normal((count, DIMENSIONS))
    # Rounded, so that differences between machines in the last bit do not reach the file.
    return voice_type, np.round(_unit_length(vectors), 4).astype(np.float32)


def _draw_log(people: pd.DataFrame, rate: NDArray[np.float64], rng: np.random.Generator) -> pd.DataFrame:
    """Draw 8 to 40 commands per speaker, mostly few; one row in 700 is noise without speech."""
    utterances = 8 + np.floor(33 * rng.random(len(people)) ** 2).astype(np.int64)
    speaker = np.repeat(np.arange(len(people)), utterances)
    spoken = [compose(rng) for _ in speaker]
    heard = [mishear(words, rate[s], rng) for words, s in zip(spoken, speaker, strict=True)]
    for row in rng.permutation(len(speaker))[: len(speaker) // 700]:
        spoken[row], heard[row] = [], [VOCABULARY[rng.integers(len(VOCABULARY))]]

    log = people.iloc[speaker].reset_index(drop=True)
    number = log.groupby(SPEAKER).cumcount() + 1
    log.insert(0, UTTERANCE, log[SPEAKER].str.replace("spk", "utt") + "-" + number.astype(str).str.zfill(2))
    log.insert(2, REFERENCE, [" ".join(words) for words in spoken])
    log.insert(3, HYPOTHESIS, [" ".join(words) for words in heard])
    log["device"] = np.array(DEVICES)[np.searchsorted(np.cumsum(DEVICE_SHARES)[:-1], rng.random(len(log)))]
    return log


def _truth(seed: int, *, planted: dict[str, list[str]], oddities: dict[str, list[str]]) -> dict[str, Any]:
    """Return the planted truth as plain JSON values."""
    rules: dict[str, dict[str, Any]] = {
        "geo-tree": {column: list(bounds) for column, bounds in REGION.items()},
        "zip-census": {"majority_group": "group_b"},
        "embedding": {"voice_type": PLANTED_VOICE},
        "named": {"accent": PLANTED_ACCENT},
    }
    return {
        "seed": seed,
        "base_rate": BASE_RATE,
        "speaker_sd": SPEAKER_SD,
        "planted": {
            method: {"rule": rules[method], "factor": FACTORS[method], "speakers": planted[method]} for method in rules
        },
        "absent": {
            "geo-tree": ["everywhere outside the region"],
            "zip-census": ["percent_group_c", "median_income", "median_age", "percent_rural"],
            "embedding": ["gender", "all other voice types"],
            "named": ["gender", "device", "all other accents"],
        },
        "oddities": oddities,
    }


def _unit_length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    return vectors / lengths
