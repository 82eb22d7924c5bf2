"""Find the home of each speaker: the unit with most of the speaker's utterances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.core.columns import UTTERANCES
from fairaudit.core.rate import Rate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["index_of", "most_frequent"]


def index_of(cells: pd.DataFrame, keys: Sequence[str]) -> pd.Index:
    """Return the unit of each row of a table, as an index of one or more levels."""
    import pandas as pd

    return pd.MultiIndex.from_frame(cells[list(keys)]) if len(keys) > 1 else pd.Index(cells[keys[0]])


def most_frequent(cells: pd.DataFrame, speaker: list[str], keys: list[str], rate: Rate) -> tuple[pd.DataFrame, int]:
    """Move all counts of each speaker to the unit with most of the speaker's utterances.

    Utterances of a cluster without a speaker count as those of one speaker.

    Parameters
    ----------
    cells
        A tally by speaker and keys, with its index reset.
    speaker, keys
        Columns that identify a speaker and a unit.
    rate
        Ties are broken by its exposure, then by how frequent the unit is in the whole log.

    Returns
    -------
    DataFrame, int
        One row per speaker, and the number of speakers that had several units.
    """
    everywhere = cells.groupby(keys)[UTTERANCES].transform("sum")
    cells = cells.assign(_known=cells[keys].notna().all(axis=1), _everywhere=everywhere)
    by = list(dict.fromkeys(["_known", UTTERANCES, rate.denominator, "_everywhere", *keys]))
    ranked = cells.sort_values(by, ascending=False, kind="stable")
    home = ranked.drop_duplicates(speaker)[[*speaker, *keys]]
    several = int((cells[cells["_known"]].groupby(speaker, dropna=False).size() > 1).sum())
    counted = [column for column in cells.columns if column not in {*speaker, *keys, "_known", "_everywhere"}]
    totals = cells.groupby(speaker, sort=False, dropna=False)[counted].sum().reset_index()
    return home.merge(totals, on=speaker, validate="one_to_one"), several
