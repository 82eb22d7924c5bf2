"""Return the texts of some utterances of a log that keeps its texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import HYPOTHESIS, REFERENCE, UTTERANCE
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import KEPT_TEXTS

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.inputs.log import UtteranceLog

__all__ = ["kept_texts", "require_texts"]

#: Relation of the engine with the ids whose texts are wanted.
_WANTED: Final = "wanted_utterances"


def require_texts(log: UtteranceLog) -> None:
    """Make sure that a log keeps its texts.

    Raises
    ------
    InputError
        If it holds counts.
    UsageError
        If it was read without keeping its texts.
    """
    if not log.has_hashes:
        raise InputError(f"{log.name}: a log of counts has no texts to show; give the log with its texts")
    if log._normalized is None:
        raise UsageError(f"{log.name} was read without keeping its texts; read it with {setting('keep_texts', True)}")


def kept_texts(log: UtteranceLog, utterances: Sequence[str], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the texts of some utterances as they were scored.

    Parameters
    ----------
    log
        A log that was read with ``keep_texts``.
    utterances
        Their ids.
    columns
        Further columns of the log.

    Returns
    -------
    DataFrame
        ``reference`` and ``hypothesis``, normalised, and the further columns as texts, indexed by id, in the order of
        the ids. Of a reference with alternatives, it is the spelling that was counted. A missing text is empty.

    Raises
    ------
    InputError, UsageError
        If the log does not keep its texts.
    """
    import pyarrow as pa

    require_texts(log)
    assert log._normalized is not None
    engine, key = log._engine, identifier(UTTERANCE)
    engine.store(
        _WANTED, [pa.table({UTTERANCE: pa.array(utterances, pa.string()), "__place__": range(len(utterances))})]
    )
    texts = (f"coalesce({identifier(KEPT_TEXTS[name])}, '') AS {name}" for name in (REFERENCE, HYPOTHESIS))
    selected = ", ".join([key, *texts, *(f"{identifier(name)} AS {identifier(name)}" for name in columns)])
    rows = engine.frame(
        f"SELECT {selected} FROM {identifier(log._relation)} JOIN {_WANTED} USING ({key}) ORDER BY __place__"
    )
    rows[REFERENCE], rows[HYPOTHESIS], _ = log._normalized(rows[REFERENCE].tolist(), rows[HYPOTHESIS].tolist())
    return rows.set_index(UTTERANCE)
