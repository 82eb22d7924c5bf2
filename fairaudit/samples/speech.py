"""Compose what people on the island say to their devices, and what a recogniser understands."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

__all__ = ["VOCABULARY", "compose", "mishear"]

#: Each word of a command is either the name of a slot or a literal word.
COMMANDS: Final = (
    "please turn POWER the LAMP in the ROOM",
    "set the LAMP in the ROOM to COLOUR",
    "wake me at NUMBER in the DAYTIME on DAY",
    "start a timer for NUMBER minutes for the FOOD",
    "add FOOD and FOOD to my shopping list",
    "how will the weather be on DAY DAYTIME",
    "will there be WEATHER on the coast this DAYTIME",
    "play some GENRE music in the ROOM",
    "turn the volume LEVEL by NUMBER steps",
    "remind me to ERRAND on DAY DAYTIME",
    "call PERSON and say i am running late",
    "send a message to PERSON about the EVENT",
    "how long does it take to the PLACE by VEHICLE",
    "find the next VEHICLE from here to the PLACE",
    "what is on my calendar for DAY",
    "move the EVENT from DAY to DAY",
    "how do i cook FOOD with FOOD",
    "read me the news about the WEATHER",
    "close the blinds and lock the door",
    "is the PLACE still open on DAY",
)

SLOTS: Final = {
    "POWER": ("on", "off"),
    "LEVEL": ("up", "down"),
    "LAMP": ("light", "lamp", "heater", "fan", "radio"),
    "ROOM": ("kitchen", "bedroom", "hallway", "garage", "attic", "nursery"),
    "COLOUR": ("red", "green", "yellow", "warm", "purple", "dim"),
    "NUMBER": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve"),
    "DAYTIME": ("morning", "afternoon", "evening", "night"),
    "DAY": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "FOOD": ("rice", "beans", "noodles", "bread", "carrots", "lentils", "eggs", "mushrooms", "pumpkin", "plums"),
    "WEATHER": ("rain", "fog", "storm", "frost", "wind"),
    "GENRE": ("quiet", "jazz", "folk", "piano", "brass"),
    "ERRAND": ("vote", "exercise", "water", "sweep", "stretch"),
    "PERSON": ("mother", "grandpa", "uncle", "auntie", "doctor", "dentist"),
    "EVENT": ("meeting", "party", "picnic", "lesson", "rehearsal"),
    "PLACE": ("library", "harbour", "bakery", "station", "museum", "market", "school"),
    "VEHICLE": ("bus", "ferry", "train", "tram", "bicycle"),
}

VOCABULARY: Final = tuple(
    sorted({word for command in COMMANDS for word in command.split() if word not in SLOTS}.union(*SLOTS.values()))
)
_POSITION: Final = {word: position for position, word in enumerate(VOCABULARY)}

#: Cumulative shares of substitutions, deletions and insertions among the errors.
_SUBSTITUTED, _DELETED, _INSERTED = itertools.accumulate((0.70, 0.15, 0.15))


def compose(rng: np.random.Generator) -> list[str]:
    """Compose one command.

    Returns
    -------
    list of str
        Seven to ten words.

    Examples
    --------
    >>> compose(np.random.default_rng(0))
    ['read', 'me', 'the', 'news', 'about', 'the', 'frost']
    """
    words = COMMANDS[rng.integers(len(COMMANDS))].split()
    return [SLOTS[word][rng.integers(len(SLOTS[word]))] if word in SLOTS else word for word in words]


def mishear(words: list[str], rate: float, rng: np.random.Generator) -> list[str]:
    """Recognise words with errors: 70 % substitutions, 15 % deletions, 15 % insertions.

    Parameters
    ----------
    words
        What was said.
    rate
        Expected errors per word, at most 1.
    rng
        Decides which words are misheard.

    Returns
    -------
    list of str
        What was understood. It is never empty, so that it cannot be mistaken for a missing hypothesis.

    Examples
    --------
    >>> mishear(["close", "the", "blinds"], 0.0, np.random.default_rng(0))
    ['close', 'the', 'blinds']
    """
    heard: list[str] = []
    for word, chance, pick in zip(words, rng.random(len(words)), rng.random(len(words)), strict=True):
        if chance < rate * _SUBSTITUTED:
            heard.append(_another(word, pick))
        elif chance < rate * _DELETED:
            continue
        elif chance < rate * _INSERTED:
            heard += [word, _another(word, pick)]
        else:
            heard.append(word)
    return heard or words[:1]


def _another(word: str, pick: float) -> str:
    """Choose another word of the vocabulary by a number in [0, 1)."""
    return VOCABULARY[(_POSITION[word] + 1 + int(pick * (len(VOCABULARY) - 1))) % len(VOCABULARY)]
