"""What the driver hands an adapter, and what it wants back.

An adapter is one file that defines ``find(log)`` and ends with ``serve(find)``. It runs in its peer's own environment,
so this file needs nothing but numpy and Python 3.9.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


class Log:
    """One log: ``errors`` and ``words`` of the first n speakers, features of those and of as many fresh ones.

    Which features there are depends on the kind of log: ``names`` (9,) and ``attributes`` (2n, 9), texts; or
    ``places`` (2n, 2), latitude and longitude, and ``zips`` (2n,), small integers; or ``vectors`` (2n, 32).
    """

    def __init__(self, path: str) -> None:
        with np.load(path) as arrays:
            self.__dict__.update(arrays)
        self.n = len(self.errors)

    @property
    def wer(self) -> np.ndarray:
        return self.errors / self.words

    def worst(self, part: np.ndarray, min_speakers: int = 20) -> int:
        """The part (an integer for each of the n speakers) with the highest WER, of those that are large enough."""
        speakers = np.bincount(part)
        rate = np.bincount(part, self.errors) / np.maximum(np.bincount(part, self.words), 1)
        return int(np.where(speakers >= min_speakers, rate, -1).argmax())


@dataclass
class Answer:
    """The worst cohort of a log.

    Attributes
    ----------
    members
        Who belongs to it, of all 2n speakers, shape (2n,).
    reports
        Whether the tool, by its own criterion, presents it as a finding.
    gap
        The gap that the tool tells, where it is not simply that of the members among the n speakers.
    """

    members: np.ndarray
    reports: bool = True
    gap: float | None = None


def serve(find: Callable[..., Answer], **settings: Any) -> None:
    """Answer for every log on the command line with a line of JSON; each setting is an option ``--setting``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("logs", nargs="+")
    for name, default in settings.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    options = vars(parser.parse_args())
    for path in options.pop("logs"):
        log = Log(path)
        start = time.process_time()
        with contextlib.redirect_stdout(sys.stderr):
            answer = find(log, **options)
        line = {
            "members": np.flatnonzero(answer.members).tolist(),
            "reports": bool(answer.reports),
            "gap": answer.gap,
            "seconds": time.process_time() - start,
        }
        print(json.dumps(line), flush=True)
