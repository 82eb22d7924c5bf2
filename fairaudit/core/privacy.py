"""The number of speakers below which nothing is reported, and what is reported instead."""

from __future__ import annotations

from typing import Final

__all__ = ["BECAUSE_SMALL", "BECAUSE_SUBTRACTED", "SUPPRESS_BELOW", "WITHHELD"]

#: Numbers and labels of fewer sampling units are withheld from documents.
SUPPRESS_BELOW: Final = 11
#: Shown instead of a label that is withheld.
WITHHELD: Final = "withheld"
#: Reasons for withholding.
BECAUSE_SMALL: Final = "fewer than 11 speakers"
BECAUSE_SUBTRACTED: Final = "it would reveal fewer than 11 speakers by subtraction"
