"""What is known of a log if only its tally is there."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Summed"]


@dataclass(frozen=True)
class Summed:
    """What is known of a log if only its tally is there.

    Attributes
    ----------
    parts
        Number of files.
    left_out
        Columns of the log that the tally does not have.
    shared_units
        What was said about households in the log, or in its parts.
    """

    parts: int
    left_out: tuple[str, ...]
    shared_units: tuple[str, ...]

    @property
    def of_columns_left_out(self) -> tuple[str, ...]:
        """The sentences of :attr:`shared_units` about columns that the tally does not have."""
        beginnings = tuple(f"{column}: " for column in self.left_out)
        return tuple(sentence for sentence in self.shared_units if sentence.startswith(beginnings))
