"""What is said: a little command grammar, half of which trains language models and half of which is spoken."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

#: Domain and command; every word of a command is a slot's name or stands for itself.
COMMANDS: Final = (
    ("home", "turn POWER the LAMP in the ROOM"),
    ("home", "set the LAMP in the ROOM to COLOR"),
    ("home", "set the heater in the ROOM to NUMBER degrees"),
    ("home", "turn the volume LEVEL by NUMBER steps"),
    ("home", "play some GENRE music in the ROOM"),
    ("kitchen", "start a timer of NUMBER minutes for the FOOD"),
    ("kitchen", "add FOOD and FOOD to my shopping list"),
    ("kitchen", "find a recipe with FOOD FOOD and FOOD"),
    ("calendar", "wake me up at NUMBER on DAY DAYTIME"),
    ("calendar", "remind me to ERRAND on DAY DAYTIME"),
    ("calendar", "move the EVENT from DAY to DAY DAYTIME"),
    ("people", "call PERSON and say that i am NUMBER minutes late"),
    ("people", "send a message to PERSON about the EVENT on DAY"),
    ("people", "tell PERSON to bring FOOD to the EVENT"),
    ("people", "what did PERSON write about the EVENT"),
    ("travel", "how long does it take to the PLACE by VEHICLE"),
    ("travel", "how far is the PLACE from the PLACE"),
    ("travel", "book NUMBER seats on the VEHICLE to the PLACE"),
    ("travel", "is the PLACE still open on DAY DAYTIME"),
    ("travel", "will there be WEATHER at the PLACE on DAY DAYTIME"),
)

SLOTS: Final = {
    "POWER": ("on", "off"),
    "LEVEL": ("up", "down"),
    "LAMP": ("light", "lamp", "fan", "radio", "screen"),
    "ROOM": ("kitchen", "bedroom", "hallway", "garage", "attic", "nursery", "office", "cellar"),
    "COLOR": ("red", "green", "yellow", "blue", "purple", "orange", "white"),
    "NUMBER": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty"),
    "DAYTIME": ("morning", "afternoon", "evening", "night"),
    "DAY": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "FOOD": ("rice", "beans", "noodles", "bread", "carrots", "lentils", "eggs", "mushrooms", "pumpkin", "plums"),
    "WEATHER": ("rain", "fog", "thunder", "frost", "wind", "snow"),
    "GENRE": ("quiet", "jazz", "folk", "piano", "brass", "dance"),
    "ERRAND": ("vote", "exercise", "stretch", "water the flowers", "pay the rent", "feed the cat", "charge the phone"),
    "PERSON": ("mother", "grandpa", "uncle", "auntie", "the doctor", "the dentist", "my neighbor", "my boss"),
    "EVENT": ("meeting", "party", "picnic", "lesson", "rehearsal", "concert", "wedding"),
    "PLACE": ("library", "harbor", "bakery", "station", "museum", "market", "school", "castle"),
    "VEHICLE": ("bus", "ferry", "train", "tram", "bicycle"),
}

#: Sentences that the first release's language model is trained on.
TRAINING_SENTENCES: Final = 2000


@dataclass(frozen=True)
class Sentence:
    """What somebody says, and the domain of its command."""

    domain: str
    text: str


@dataclass(frozen=True)
class Grammar:
    """The sentences of each command, parted: a half may train language models, the other half may be said."""

    training: tuple[tuple[Sentence, ...], ...]
    spoken: tuple[tuple[Sentence, ...], ...]

    @classmethod
    def part(cls, rng: np.random.Generator) -> Grammar:
        """Write out all sentences and part those of each command at random."""
        halves = []
        for domain, command in COMMANDS:
            texts = rng.permutation(sorted(expand(command))).tolist()
            halves.append([tuple(Sentence(domain, text) for text in texts[half::2]) for half in range(2)])
        training, spoken = zip(*halves, strict=True)
        return cls(training, spoken)


def expand(command: str) -> set[str]:
    """Fill the slots of a command in every way that repeats no word."""
    slots = [word for word in command.split() if word in SLOTS]
    template = " ".join("{}" if word in SLOTS else word for word in command.split())
    fillings = itertools.product(*(SLOTS[slot] for slot in slots))
    return {template.format(*filling) for filling in fillings if len(set(filling)) == len(filling)}


def draw(half: tuple[tuple[Sentence, ...], ...], count: int, rng: np.random.Generator) -> list[Sentence]:
    """Draw sentences, each command as likely as the others."""
    commands = (half[i] for i in rng.integers(len(half), size=count))
    return [sentences[rng.integers(len(sentences))] for sentences in commands]
