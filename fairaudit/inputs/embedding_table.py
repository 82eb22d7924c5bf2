"""A table of embeddings, with one vector per utterance or speaker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.columns import SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.core.labels import id_key
from fairaudit.inputs.tables import SideTable
from fairaudit.stats.exact import on_grid

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["EmbeddingTable"]

#: Squares of larger numbers overflow float32.
_LARGEST: Final = 1e18
_SHOWN: Final = 5
#: Vectors that are computed with at once.
_BLOCK: Final = 16_384


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Vectors by id. Unusable vectors are dropped and listed.

    Attributes
    ----------
    ids
        Ids of speakers or utterances, shape (n,).
    matrix
        float32, shape (n, n_dimensions). All values are finite, and no row is zero.
    dropped
        Reason (``"not_finite"``, ``"too_large"``, ``"zero_norm"``) -> ids of dropped vectors.
    unmatched
        Number of ids that :meth:`for_log` could match to no speaker and no utterance.
    near_ids
        Number of these that differ from an id of the log only in leading zeros, case, blanks or a trailing ``.0``.
    tables
        What the file offered, and what is used of it.

    Examples
    --------
    >>> table = EmbeddingTable.of(["s1", "s2"], np.array([[1.0, 2.0], [0.0, 0.0]]))
    >>> table.ids.tolist(), table.dropped
    (['s1'], {'zero_norm': ('s2',)})
    """

    ids: pd.Index
    matrix: NDArray[np.float32]
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmatched: int = 0
    near_ids: int = 0
    tables: tuple[SideTable, ...] = ()

    #: A speaker has one vector.
    one_per_speaker: ClassVar[bool] = True

    @classmethod
    def of(cls, ids: Iterable[object], vectors: NDArray[Any], *, where: str = "embeddings") -> EmbeddingTable:
        """Build a table of the usable vectors.

        Parameters
        ----------
        ids
            Shape (n,).
        vectors
            Shape (n, n_dimensions), any type of number. They are not copied if they are float32 and all usable.
        where
            Name of the file, for error messages.

        Raises
        ------
        InputError
            If shapes do not match, an id is missing or occurs twice, or no vector is usable.
        """
        names = pd.Index([one if isinstance(one, str) else _text(one) for one in ids], dtype="str", name=SPEAKER)
        if vectors.ndim != 2 or len(vectors) != len(names):
            raise InputError(f"{where}: {len(names)} ids do not match vectors of shape {vectors.shape}")
        if names.hasnans or (names == "").any():
            raise InputError(f"{where}: vector number {int((names.isna() | (names == '')).argmax()) + 1} has no id")
        if names.has_duplicates:
            twice = names[names.duplicated()].unique()
            raise InputError(f"{where}: {len(twice)} ids occur more than once, such as {twice[:_SHOWN].tolist()}")
        if not vectors.shape[1]:
            raise InputError(f"{where}: the vectors have no dimensions")
        if vectors.dtype not in (np.float32, np.float64):
            vectors = vectors.astype(np.float64)
        largest = np.concatenate([np.abs(block).max(axis=1, initial=0.0) for block in _blocks(vectors)])
        wrong = {
            "not_finite": ~np.isfinite(largest),
            "too_large": np.isfinite(largest) & (largest > _LARGEST),
            "zero_norm": largest < np.finfo(np.float32).smallest_subnormal,
        }
        usable = ~np.logical_or.reduce(list(wrong.values()))
        dropped = {reason: tuple(names[rows]) for reason, rows in wrong.items() if rows.any()}
        if not usable.any():
            counts = {reason: len(ids) for reason, ids in dropped.items()}
            raise InputError(f"{where}: none of the {len(names)} vectors is usable: {counts}")
        kept = vectors if usable.all() else vectors[usable]
        return cls(names[usable], np.ascontiguousarray(kept, dtype=np.float32), dropped)

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a unit."""
        return (SPEAKER,)

    @property
    def changes(self) -> dict[str, int]:
        """Kind of vector that cannot be used -> number of vectors."""
        return {
            **{f"embeddings_{reason}": len(ids) for reason, ids in self.dropped.items()},
            "embeddings_of_nobody": self.unmatched,
        }

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that belong beside the verdict."""
        name = self.tables[0].name if self.tables else "embeddings"
        caveats = [caveat for table in self.tables for caveat in table.caveats]
        if self.dropped:
            counts = ", ".join(f"{reason.replace('_', ' ')}: {len(ids)}" for reason, ids in self.dropped.items())
            caveats.append(f"{name}: vectors that cannot be used are left out ({counts})")
        if self.near_ids:
            caveats.append(
                f"{name}: ids that differ from those of the log in case, blanks, leading zeros or number format are "
                f"not joined ({self.near_ids})"
            )
        return tuple(caveats)

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Return the vectors of speakers.

        Parameters
        ----------
        units
            Speaker ids, shape (n_units,).

        Returns
        -------
        pandas.DataFrame
            float32, shape (n_units, n_dimensions), in the order of ``units``. Rows without a vector are all missing.
        """
        positions = self.ids.get_indexer(units)
        vectors = self.matrix[positions]
        vectors[positions < 0] = np.nan
        return pd.DataFrame(vectors, index=units)

    def for_log(self, log: UtteranceLog) -> EmbeddingTable:
        """Return the vectors keyed by the speakers of a log.

        The ids may be speakers or utterances, whichever matches more ids of the log. Vectors of utterances are
        averaged over each speaker.

        Raises
        ------
        InputError
            If no id is a speaker or an utterance of the log.
        """
        speakers = log.tally([SPEAKER]).index.dropna()
        known = self.ids.isin(speakers)
        if known.all() or UTTERANCE not in log.columns:
            table, matched, ids = self, known, speakers
        else:
            speaker_of = log.speaker_of_utterances()
            spoken = self.ids.isin(speaker_of.index)
            of_utterances = spoken.sum() > known.sum()
            table = self.to_speakers(speaker_of) if of_utterances else self
            matched, ids = (spoken, speaker_of.index) if of_utterances else (known, speakers)
        near = _near(self.ids[~matched], ids)
        if not matched.any():
            hint = "; they differ only in case, blanks, leading zeros or number format" if near else ""
            hint += "; a tally has no utterances, so that vectors must be of speakers" if log.is_tally else ""
            raise InputError(
                f"none of the {len(self.ids)} embedding ids (such as {self.ids[:_SHOWN].tolist()}) is a speaker or an "
                f"utterance of the log (speakers such as {speakers[:_SHOWN].tolist()}){hint}"
            )
        return replace(table, unmatched=int((~matched).sum()), near_ids=near)

    def to_speakers(self, speaker_of: pd.Series) -> EmbeddingTable:
        """Average the vectors of utterances over each speaker.

        Parameters
        ----------
        speaker_of
            Speaker ids, indexed by utterance id. Vectors of other utterances are left out.

        Returns
        -------
        EmbeddingTable
            One vector per speaker, sorted by id. Means are computed in float64.
        """
        speakers = speaker_of.reindex(self.ids)
        codes, names = pd.factorize(speakers, sort=True)
        by_speaker = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
        largest = max(float(np.abs(self.matrix[rows]).max(initial=0.0)) for rows in _blocks(by_speaker))
        sums = np.zeros((len(names), self.matrix.shape[1]))
        for rows in _blocks(by_speaker):
            spoken = on_grid(self.matrix[rows].astype(float), len(by_speaker) * largest)
            speaker, first = np.unique(codes[rows], return_index=True)
            sums[speaker] += np.add.reduceat(spoken, first, axis=0)
        means = sums / np.bincount(codes[by_speaker], minlength=len(names))[:, None]
        table = EmbeddingTable.of(names, means)
        dropped = {
            why: (*self.dropped.get(why, ()), *table.dropped.get(why, ())) for why in {**self.dropped, **table.dropped}
        }
        return replace(table, dropped=dropped, tables=self.tables)


def _blocks(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield some thousands of rows at a time, at least once, so that what is computed from them takes little memory."""
    for start in range(0, max(len(rows), 1), _BLOCK):
        yield rows[start : start + _BLOCK]


def _text(one: object) -> str | None:
    """Convert an id to text; ids from NumPy can be bytes or numbers."""
    if one is None or one is pd.NA or one != one:
        return None
    return one.decode(errors="backslashreplace") if isinstance(one, bytes) else str(one)


def _near(unmatched: pd.Index, ids: pd.Index) -> int:
    """Count ids that would match if case, blanks, leading zeros and number format did not matter."""
    if unmatched.empty:
        return 0
    folded = {id_key(one) for one in ids}
    return sum(id_key(one) in folded for one in unmatched)
