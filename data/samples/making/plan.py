"""All that is drawn before anybody speaks: sentences, speakers, and the homes that they are given."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fairaudit.samples.island import draw_census, draw_zips
from making.texts import TRAINING_SENTENCES, Grammar, Sentence, draw
from making.voices import Speaker, draw_speakers

#: Assigned: where most of an accent's speakers are given a home. The others' homes follow from nothing.
HEARTLANDS: Final = {"west-midlands": "west", "caribbean": "valleys", "american": "elsewhere"}
HEARTLAND_SHARE: Final = 0.9
#: The west of the island lies beyond this longitude, in degrees.
WEST: Final = -115.5
#: Assigned: which app a speaker has follows from nothing and changes nothing.
APPS: Final = ("android", "ios")


def assign_homes(speakers: list[Speaker], rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give every speaker a home on the island, and an app.

    Returns
    -------
    homes, census
        ``latitude``, ``longitude`` (degrees), ``zip_code``, ``app`` by speaker; the island's census by zip code. The
        valleys are the zips in which group b is the majority.
    """
    zips = draw_zips(rng)
    census = draw_census(zips, rng)
    west = (zips["longitude"] < WEST).to_numpy()
    valleys = (census["majority_group"] == "group_b").to_numpy()
    places = {"west": west, "valleys": valleys, "elsewhere": ~west & ~valleys}
    rows = []
    for speaker in speakers:
        weight = zips["people"].to_numpy()
        if speaker.accent in HEARTLANDS:
            inside = places[HEARTLANDS[speaker.accent]]
            weight = weight * (inside == (rng.random() < HEARTLAND_SHARE))
        home = zips.iloc[rng.choice(len(zips), p=weight / weight.sum())]
        latitude, longitude = np.round(home[["latitude", "longitude"]].astype(float) + rng.uniform(-0.05, 0.05, 2), 2)
        rows.append((latitude, longitude, home["zip_code"]))
    index = pd.Index([speaker.id for speaker in speakers], name="speaker_id")
    homes = pd.DataFrame(rows, columns=["latitude", "longitude", "zip_code"], index=index)
    return homes.assign(app=rng.choice(APPS, len(speakers))), census


@dataclass(frozen=True)
class Plan:
    """All that is drawn before anybody speaks; no tool and no machine changes it.

    Attributes
    ----------
    training
        Sentences of each release's language model.
    speakers, said
        Who speaks, and what each of them says.
    homes, census
        As of :func:`assign_homes`.
    """

    training: dict[str, list[Sentence]]
    speakers: list[Speaker]
    said: list[list[Sentence]]
    homes: pd.DataFrame
    census: pd.DataFrame

    @classmethod
    def draw(cls, seed: int, utterances: int) -> Plan:
        """Draw it, each part from a stream of its own."""
        texts, voices, places, commands = (np.random.default_rng([seed, 0, stream]) for stream in range(4))
        grammar = Grammar.part(texts)
        training = {
            "hypothesis": draw(grammar.training, TRAINING_SENTENCES, texts),
            "hypothesis_candidate": list(itertools.chain(*grammar.training)),
        }
        speakers = draw_speakers(voices)
        said = [draw(grammar.spoken, utterances, commands) for _ in speakers]
        return cls(training, speakers, said, *assign_homes(speakers, places))
