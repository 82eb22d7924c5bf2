"""What a target of the fuzz is, and what several of them need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from tests.fuzz.seeds import Seeds

__all__ = ["DEEP", "Target", "csv_text"]

#: Share of the inputs that are used to the end, which takes longer.
DEEP = 0.05


@dataclass(frozen=True)
class Target:
    """One reader or loader.

    Attributes
    ----------
    make
        The damaged input of a random generator.
    run
        Read the input in a file and use what is read; the generator chooses how.
    suffix
        Ending of the file's name.
    """

    make: Callable[[Random, Seeds], bytes]
    run: Callable[[Path, Random, Seeds], None]
    suffix: str = ".dat"


def csv_text(frame: pd.DataFrame, **how: Any) -> str:
    return str(frame.to_csv(index=False, **how))
