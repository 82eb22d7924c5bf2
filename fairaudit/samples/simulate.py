"""Simulate logs without text for statistical tests: thousands of speakers in milliseconds.

A speaker has 5 to 200 utterances of about 7 words each, a log-normal speaker effect and Poisson errors. Places, zip
codes, voices and labels are drawn independently of each other and of the errors, so that anything a discoverer finds
is noise unless it was planted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.columns import ERRORS, LATITUDE, LONGITUDE, SPEAKER, UTTERANCE, WORDS, ZIP_CODE
from fairaudit.core.errors import UsageError
from fairaudit.samples.island import zip_codes

__all__ = ["SimulatedLog", "simulate_log"]

ZIPS: Final = 300
ATTRIBUTES: Final = 20
DIMENSIONS: Final = 32
#: Number of accents and of voice types. The first has a tenth of the speakers; the others share the rest.
CANDIDATES: Final = 50
FIRST_SHARE: Final = 0.10
WORDS_PER_UTTERANCE: Final = 7
VOICE_SD: Final = 0.15


@dataclass(frozen=True, eq=False)
class SimulatedLog:
    """Totals and features of n simulated speakers.

    Attributes
    ----------
    errors, words, utterances
        Shape (n,), int64 totals.
    coordinates
        Shape (n, 2), latitude and longitude in degrees, rounded to 0.01, on open ocean.
    zip_index
        Shape (n,), the row of ``census`` for the speaker's home.
    census
        Shape (300, 20), attributes of the zip codes, uniform between 0 and 100.
    voice_types
        Shape (n,), the true cluster of each vector, 0 to 49; type 0 has a tenth of the speakers.
    vectors
        Shape (n, 32), float32.
    labels
        Label columns of shape (n,): ``accent`` (50 levels; ``"accent-00"`` has a tenth of the speakers), ``gender``
        (2 levels) and ``device`` (3 levels).
    """

    errors: NDArray[np.int64]
    words: NDArray[np.int64]
    utterances: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    zip_index: NDArray[np.int64]
    census: NDArray[np.float64]
    voice_types: NDArray[np.int64]
    vectors: NDArray[np.float32]
    labels: dict[str, NDArray[np.str_]]

    @property
    def speaker_ids(self) -> NDArray[np.str_]:
        """Ids of the speakers, shape (n,), starting at ``"spk-000000"``."""
        return _named("spk", len(self.words), digits=6)

    def to_frame(self, *, rows_per_speaker: int = 1) -> pd.DataFrame:
        """Return the totals as a log of counts.

        Parameters
        ----------
        rows_per_speaker
            Number of rows over which a speaker's errors and words are spread evenly.

        Returns
        -------
        pandas.DataFrame
            One row per (long) utterance: ``utterance_id``, ``speaker_id``, ``errors``, ``words``,
            ``latitude``, ``longitude``, ``zip_code`` and the labels.

        Examples
        --------
        >>> log = simulate_log(speakers=10, seed=0)
        >>> frame = log.to_frame(rows_per_speaker=3)
        >>> len(frame), bool(frame["errors"].sum() == log.errors.sum())
        (30, True)
        """
        speaker, part = np.divmod(np.arange(len(self.words) * rows_per_speaker), rows_per_speaker)
        columns = {
            UTTERANCE: _named("utt", len(speaker), digits=8),
            SPEAKER: self.speaker_ids[speaker],
            # The parts floor((total + i) / k), i < k, add up to the total (Hermite's identity).
            ERRORS: (self.errors[speaker] + part) // rows_per_speaker,
            WORDS: (self.words[speaker] + part) // rows_per_speaker,
            LATITUDE: self.coordinates[speaker, 0],
            LONGITUDE: self.coordinates[speaker, 1],
            ZIP_CODE: np.array(zip_codes(len(self.census)))[self.zip_index[speaker]],
        }
        return pd.DataFrame(columns | {name: values[speaker] for name, values in self.labels.items()})

    def to_census(self) -> pd.DataFrame:
        """Return the census as a table with ``zip_code`` and ``attribute_00`` to ``attribute_19``.

        Examples
        --------
        >>> simulate_log(speakers=10, seed=0).to_census().shape
        (300, 21)
        """
        table = pd.DataFrame(self.census, columns=[f"attribute_{i:02d}" for i in range(self.census.shape[1])])
        table.insert(0, ZIP_CODE, zip_codes(len(table)))
        return table

    def to_embeddings(self) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Return the speaker ids (n,) and their vectors (n, 32).

        Examples
        --------
        >>> ids, vectors = simulate_log(speakers=10, seed=0).to_embeddings()
        >>> str(ids[0]), vectors.shape
        ('spk-000000', (10, 32))
        """
        return self.speaker_ids, self.vectors


def simulate_log(
    *,
    speakers: int,
    seed: int,
    dispersion: float = 0.6,
    rate: float = 0.10,
    planted: NDArray[np.bool_] | Callable[[SimulatedLog], NDArray[np.bool_]] | None = None,
    gap: float = 0.0,
    dominant_speaker: bool = False,
) -> SimulatedLog:
    """Simulate a log in which only planted speakers have a higher error rate.

    Parameters
    ----------
    speakers
        Number of speakers (n).
    seed
        Equal seeds give equal logs; ``planted``, ``gap`` and ``rate`` change only the errors.
    dispersion
        Standard deviation of the logarithm of the speaker effect, whose mean is 1.
    rate
        Expected errors per word of speakers that are not planted.
    planted
        Speakers with a higher error rate: a mask of shape (n,), or a function that computes it from the log before
        errors are drawn (``errors`` is all zeros).
    gap
        Relative increase of the error rate: 0.4 is +40 %.
    dominant_speaker
        Whether the first speaker says as many words as all others together.

    Returns
    -------
    SimulatedLog
        The speakers' totals and features.

    Raises
    ------
    UsageError
        If there is no speaker, or if the mask has the wrong shape.

    Examples
    --------
    >>> log = simulate_log(speakers=2000, seed=0, planted=lambda log: log.zip_index < 30, gap=0.65)
    >>> planted = log.zip_index < 30
    >>> worse, rest = (log.errors[who].sum() / log.words[who].sum() for who in (planted, ~planted))
    >>> bool(1.4 < worse / rest < 1.9)
    True
    """
    if speakers < 1:
        raise UsageError(f"a log needs at least one speaker, not {speakers}")
    rng = np.random.default_rng(seed)
    blank = _draw_speakers(speakers, rng, dominant_speaker)
    effect = np.exp(dispersion * rng.standard_normal(speakers) - dispersion**2 / 2)
    if planted is not None:
        mask = planted(blank) if callable(planted) else planted
        if mask.shape != (speakers,):
            raise UsageError(f"the planted mask has shape {mask.shape}, but must have shape ({speakers},)")
        effect = np.where(mask, 1 + gap, 1.0) * effect
    return replace(blank, errors=rng.poisson(rate * effect * blank.words))


def _draw_speakers(count: int, rng: np.random.Generator, dominant_speaker: bool) -> SimulatedLog:
    """Draw everything except the errors."""
    utterances = np.floor(5 * (201 / 5) ** rng.random(count)).astype(np.int64)
    words = utterances + rng.poisson((WORDS_PER_UTTERANCE - 1) * utterances)
    if dominant_speaker and count > 1:
        utterances[0], words[0] = utterances[1:].sum(), words[1:].sum()

    centres = np.array([-38.0, -115.0]) + np.array([4.0, 6.0]) * (rng.random((ZIPS, 2)) - 0.5)
    zip_index = rng.integers(ZIPS, size=count)
    coordinates = np.round(centres[zip_index] + 0.2 * (rng.random((count, 2)) - 0.5), 2)

    voice_types = _draw_candidates(count, rng)
    voices = rng.standard_normal((CANDIDATES, DIMENSIONS), dtype=np.float32) / np.float32(np.sqrt(DIMENSIONS))
    noise = np.float32(VOICE_SD) * rng.standard_normal((count, DIMENSIONS), dtype=np.float32)
    return SimulatedLog(
        errors=np.zeros(count, dtype=np.int64),
        words=words,
        utterances=utterances,
        coordinates=coordinates,
        zip_index=zip_index,
        census=np.round(100 * rng.random((ZIPS, ATTRIBUTES)), 1),
        voice_types=voice_types,
        vectors=voices[voice_types] + noise,
        labels={
            "accent": _named("accent", CANDIDATES, digits=2)[_draw_candidates(count, rng)],
            "gender": np.array(["female", "male"])[rng.integers(2, size=count)],
            "device": np.array(["phone", "display", "headset"])[rng.integers(3, size=count)],
        },
    )


def _draw_candidates(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    others = rng.integers(1, CANDIDATES, size=count)
    return np.where(rng.random(count) < FIRST_SHARE, 0, others)


def _named(what: str, count: int, digits: int) -> NDArray[np.str_]:
    return np.array([f"{what}-{i:0{digits}d}" for i in range(count)])
