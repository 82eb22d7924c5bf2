"""The number of speakers below which nothing is reported."""

from __future__ import annotations

from typing import Final

__all__ = ["SUPPRESS_BELOW"]

#: Numbers and labels of fewer sampling units are withheld from documents.
SUPPRESS_BELOW: Final = 11
