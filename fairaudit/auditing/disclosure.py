"""The size below which figures of speakers are withheld."""

from __future__ import annotations

from typing import Final

__all__ = ["SUPPRESS_BELOW"]

#: Figures of fewer sampling units than this are withheld from what is written.
SUPPRESS_BELOW: Final = 11
