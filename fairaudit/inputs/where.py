"""Choose the rows of a log by the values of columns, and account for the others."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from fairaudit.core.columns import RESERVED
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.labels import label_key
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import plain_values

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["Chosen", "check_where", "labels_in", "note_where", "refuse_all_left_out", "spelled"]

#: Values of a column that are kept for messages, and that a message shows.
_KEPT: Final = 1_000
_SHOWN: Final = 10


def check_where(where: Mapping[str, object]) -> dict[str, str]:
    """Check conditions on rows, and return their values as texts.

    Raises
    ------
    UsageError
        If a value is empty, or if a column is one of ids, places, texts or counts.

    Examples
    --------
    >>> check_where({"model": "whisper", "take": 2})
    {'model': 'whisper', 'take': '2'}
    """
    conditions = {column: str(value) for column, value in where.items()}
    for column, value in conditions.items():
        if column in RESERVED:
            raise UsageError(
                f"{setting('where', {column: value})}: rows are chosen by a label, such as a system or a test set, not "
                f"by {column!r}; the condition is named in every result"
            )
        if not label_key(value):
            raise UsageError(f"{setting('where')} needs a value for {column!r}")
    return conditions


def note_where(where: Mapping[str, str]) -> list[str]:
    """Say which rows are used, if conditions choose them.

    Examples
    --------
    >>> note_where({"model": "whisper"})
    ["Only rows with model = 'whisper' are used."]
    """
    conditions = " and ".join(f"{column} = {value!r}" for column, value in where.items())
    return [f"Only rows with {conditions} are used."] if where else []


def spelled(where: Mapping[str, str]) -> str | None:
    r"""Write conditions for a signature; spellings of the same labels give the same text.

    Examples
    --------
    >>> spelled({"split": "test", "model": "Whisper "}), spelled({})
    ('model=whisper+split=test', None)
    >>> print(spelled({"model": "a+b"}))
    model=a\+b
    """
    parts = (f"{column}={label_key(value)}".replace("+", "\\+") for column, value in sorted(where.items()))
    return "+".join(parts) or None


@dataclass
class Chosen:
    """The rows of a log that satisfy all conditions.

    Attributes
    ----------
    where
        Column -> value, which is compared as labels are (:func:`fairaudit.core.labels.label_key`).
    engine
        Spells values that are no texts.
    left_out
        Number of rows that do not satisfy a condition.
    values
        Values that occur in each column, for messages.
    """

    where: Mapping[str, str]
    engine: EmbeddedEngine
    left_out: int = 0
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    def among(
        self, batch: pa.RecordBatch, layout: Mapping[str, str], name: str, *, may_lack: bool = False
    ) -> pa.RecordBatch:
        """Return the chosen rows of a batch.

        Parameters
        ----------
        batch
            Rows with the column names of the file.
        layout
            fairaudit's name -> name in the file, as of :func:`fairaudit.inputs.naming.arrange`.
        name
            Name of the file, for messages.
        may_lack
            Whether conditions on columns that the batch lacks are left for later. Otherwise it has no chosen rows.
        """
        import numpy as np
        import pyarrow as pa

        if not self.where:
            return batch
        chosen = np.ones(len(batch), dtype=bool)
        for column, value in self.where.items():
            if column in layout:
                cells = plain_values(batch.column(layout[column]), f"{name}: column {layout[column]!r}")
                spellings, keys, codes = labels_in(cells, self.engine)
                self._keep(column, spellings, keys)
                chosen &= np.isin(codes, [i for i, key in enumerate(keys) if key == label_key(value)])
            elif not may_lack:
                chosen[:] = False
        self.left_out += int((~chosen).sum())
        return batch if chosen.all() else batch.filter(pa.array(chosen))

    def _keep(self, column: str, spellings: Iterable[str], keys: Iterable[str]) -> None:
        """Keep the first spelling of each value, for messages."""
        known = self.values.setdefault(column, {})
        for spelling, key in zip(spellings, keys, strict=True):
            if key and len(known) < _KEPT:
                known.setdefault(key, spelling)

    def before(
        self, batches: Iterable[pa.RecordBatch], layout: Callable[[list[str]], Mapping[str, str]], name: str
    ) -> Iterator[pa.RecordBatch]:
        """Choose rows before other files are joined, so that only these count as rows with or without a match."""
        for batch in batches:
            chosen = self.among(batch, layout(batch.schema.names), name, may_lack=True)
            if len(chosen):
                yield chosen


def labels_in(column: pa.Array, engine: EmbeddedEngine) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """Return the distinct values of a column, and for each row the position of its label.

    Parameters
    ----------
    column
        Values of any type, of length n_rows.
    engine
        Spells values that are no texts.

    Returns
    -------
    spellings, keys, codes
        Distinct values, what they are by meaning (:func:`fairaudit.core.labels.label_key`), and the positions of the
        n_rows values among them. A missing value has an empty spelling and key, and a blank one an empty key.
    """
    import pyarrow as pa

    texts = engine.texts(pa.table({"value": column})).column("value").combine_chunks()
    coded = texts.dictionary_encode(null_encoding="encode")
    spellings = [one or "" for one in coded.dictionary.to_pylist()]
    return spellings, [*map(label_key, spellings)], coded.indices.to_numpy(zero_copy_only=False)


def refuse_all_left_out(
    name: str, where: Mapping[str, str], columns: Collection[str], values: Mapping[str, Collection[str]]
) -> NoReturn:
    """Raise because conditions choose no row.

    Parameters
    ----------
    name
        Name of the log.
    where, columns
        The conditions, and the columns of the log.
    values
        Spellings of the values that occur in each column of a condition.

    Raises
    ------
    InputError
        Always. The message says which column or value does not occur, or that no row satisfies all conditions. It names
        at most ten of the values that exist, with the most similar one.

    Examples
    --------
    >>> refuse_all_left_out("log.csv", {"model": "whispr"}, ["model"], {"model": ["conformer", "whisper"]})
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: log.csv: no row has 'model' 'whispr'; there are ['conformer', 'whisper']; did \
you mean 'whisper'? (where={'model': 'whisper'})
    """
    if missing := [column for column in where if column not in values]:
        raise InputError(f"{name}: {lacking('log', missing, columns, dict.fromkeys(missing, 'where'))}")
    for column, value in where.items():
        if label_key(value) not in {label_key(one) for one in values[column]}:
            raise InputError(f"{name}: {_unknown_value(column, value, sorted(values[column]))}")
    raise InputError(f"{name}: no row satisfies all conditions ({setting('where', dict(where))})")


def _unknown_value(column: str, value: str, values: list[str]) -> str:
    """Say that a value does not occur in a column."""
    folded = {one.casefold(): one for one in values}
    near = [folded[one] for one in difflib.get_close_matches(value.casefold(), [*folded], n=1, cutoff=0.5)]
    shown = sorted({*near, *values[: _SHOWN - len(near)]})
    more = f" and {len(values) - len(shown):,} more" if len(values) > len(shown) else ""
    hint = f"; did you mean {near[0]!r}? ({setting('where', {column: near[0]})})" if near else ""
    return f"no row has {column!r} {value!r}; there are {shown}{more}{hint}"
