"""Sum the alignments of a log over words and sampling units, or parts of their rows, in the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import ALIGNED
from fairaudit.scoring import Token
from fairaudit.units.wrong_words import ItemKind, Occurrences, WrongWords

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from fairaudit.engines import EmbeddedEngine

__all__ = ["sum_wrong_words"]

#: SQL for a number of sampling units, which may have several cells each.
_SPEAKERS: Final = "count(DISTINCT speaker)"
#: Relations of the engine.
_CELLS: Final = "word_cells"
_ROWS: Final = "word_rows"
_SAID: Final = "words_said"
_ERRORS: Final = "word_errors"
_ITEMS: Final = "word_items"
_PHRASES: Final = "phrases"
_SAID_PHRASES: Final = "phrases_said"
_WRONG_PHRASES: Final = "phrases_wrong"
_PHRASE: Final = "_words[place] || ' ' || _words[place + 1]"
#: A phrase is wrong if its first or second word is; places count from 0, and SQL counts from 1.
_STARTS: Final = "unnest(list_distinct(list_concat(_places, list_transform(_places, lambda p: p + 1))))"


def sum_wrong_words(
    engine: EmbeddedEngine,
    relation: str,
    spelled: Mapping[str, str],
    rows: pa.Table,
    cell: NDArray[np.int64],
    speaker: NDArray[np.int64],
    *,
    token: Token,
) -> WrongWords:
    """Sum the alignments of a log over cells, which are the rows of a sampling unit, or some of them.

    Words that fewer than 11 sampling units say, and words with digits, are pooled with others that are as rare. If each
    sampling unit is one cell, words of fewer than 22 are, because they cannot be said by enough of them on both sides.

    Parameters
    ----------
    engine, relation
        Where the rows are, with the columns :data:`fairaudit.inputs.rules.ALIGNED`.
    spelled
        SQL for the value of each column of ``rows`` in the relation.
    rows
        Distinct rows of the log. Others are left out.
    cell, speaker
        Codes of the cell and of the sampling unit of each of them, from 0, shape (n_rows,). Numbers of sampling units
        are needed only to leave out what few say, so that all of them can be one cell.
    token
        What the alignments are of.
    """
    import pyarrow as pa

    n_cells = int(cell.max(initial=-1)) + 1
    fewest = SUPPRESS_BELOW * (2 if n_cells == len(np.unique(speaker)) else 1)
    keys = dict(zip((f"k{i}" for i in range(len(spelled))), spelled.values(), strict=True))
    engine.store(_CELLS, [pa.table([*rows.columns, cell, speaker], [*keys, "cell", "speaker"])])
    columns = {f"_{short}": identifier(name) for short, name in ALIGNED.items()}
    wanted = ", ".join(f"{sql} AS {name}" for name, sql in {**keys, **columns}.items())
    same = " AND ".join(f"said.{key} IS NOT DISTINCT FROM cells.{key}" for key in keys)
    source = f"(SELECT {wanted} FROM {identifier(relation)}) AS said JOIN {_CELLS} AS cells ON {same}"
    engine.view(_ROWS, f"SELECT cell, speaker, {', '.join(columns)} FROM {source}")
    words = f"SELECT cell, speaker, unnest(_words) AS word FROM {_ROWS}"
    engine.keep(_SAID, f"SELECT cell, speaker, word, count(*) AS n FROM ({words}) GROUP BY ALL")
    placed = f"SELECT cell, speaker, _words, unnest(_places) + 1 AS place, unnest(_heard) AS heard FROM {_ROWS}"
    engine.keep(
        _ERRORS, f"SELECT cell, speaker, _words[place] AS word, heard, count(*) AS n FROM ({placed}) GROUP BY ALL"
    )
    names, kinds = _items(engine, fewest)
    n_words = len(names)
    phrases = _phrases(engine, fewest)
    parts = (
        f"SELECT cell, item, n, 0 AS wrong FROM {_SAID} JOIN {_ITEMS} USING (word)",
        f"SELECT cell, item, 0, n FROM {_ERRORS} JOIN {_ITEMS} USING (word)",
        f"SELECT cell, {n_words} + item, n, 0 FROM {_SAID_PHRASES} JOIN {_PHRASES} USING (text)",
        f"SELECT cell, {n_words} + item, 0, n FROM {_WRONG_PHRASES} JOIN {_PHRASES} USING (text)",
    )
    spoken = _occurrences(
        engine,
        f"SELECT cell, item, sum(n) AS n, sum(wrong) AS wrong FROM ({' UNION ALL '.join(parts)}) GROUP BY cell, item",
        "n",
        "wrong",
    )
    confusions, confused = _frequent(
        engine,
        f"SELECT cell, speaker, item, heard, n FROM {_ERRORS} JOIN {_ITEMS} USING (word) WHERE name IS NOT NULL",
        ("item", "heard"),
    )
    runs = f"SELECT cell, speaker, unnest(_inserted) AS heard FROM {_ROWS}"
    texts, inserted = _frequent(
        engine, f"SELECT cell, speaker, heard, count(*) AS n FROM ({runs}) GROUP BY ALL", ("heard",)
    )
    insertions = np.zeros(n_cells, dtype=np.int64)
    sums = engine.table(f"SELECT cell, sum(len(string_split(heard, ' '))) AS n FROM ({runs}) GROUP BY cell")
    insertions[sums["cell"].to_numpy()] = sums["n"].to_numpy()
    return WrongWords(
        names=(*names, *phrases),
        kinds=np.append(kinds, np.full(len(phrases), ItemKind.PHRASE)).astype(np.int64),
        spoken=spoken,
        confusions=tuple((int(item), heard) for item, heard in confusions),
        confused=confused,
        phrases=tuple(heard for (heard,) in texts),
        inserted=inserted,
        insertions=insertions,
        token=token,
    )


def _items(engine: EmbeddedEngine, fewest: int) -> tuple[list[str], list[int]]:
    """Number the words; return the name and the kind of each item."""
    totals = f"SELECT word, sum(n) AS n, {_SPEAKERS} AS speakers FROM {_SAID} GROUP BY word"
    named = f"CASE WHEN speakers >= {fewest} AND {_no_digits('word')} THEN word END AS name"
    classed = f"SELECT word, {named}, CASE WHEN name IS NULL THEN floor(log2(n)) END AS class FROM ({totals})"
    numbered = f"SELECT *, dense_rank() OVER (ORDER BY name NULLS LAST, class) - 1 AS item FROM ({classed})"
    engine.keep(_ITEMS, numbered)
    rows = engine.rows(f"SELECT DISTINCT item, name FROM {_ITEMS} ORDER BY item")
    kinds = [ItemKind.RARE if name is None else ItemKind.WORD for _, name in rows]
    return [name or "" for _, name in rows], [*map(int, kinds)]


def _phrases(engine: EmbeddedEngine, fewest: int) -> list[str]:
    """Find the phrases that are wrong for many, and return them; no others can be worse for a group."""
    starts = f"SELECT cell, speaker, _words, {_STARTS} AS place FROM {_ROWS} WHERE len(_places) > 0"
    texts = f"SELECT cell, speaker, {_PHRASE} AS text FROM ({starts}) WHERE place BETWEEN 1 AND len(_words) - 1"
    engine.keep(_WRONG_PHRASES, f"SELECT cell, speaker, text, count(*) AS n FROM ({texts}) GROUP BY ALL")
    enough = f"{_SPEAKERS} >= {SUPPRESS_BELOW} AND {_no_digits('text')}"
    often = f"SELECT text FROM {_WRONG_PHRASES} GROUP BY text HAVING {enough}"
    places = f"SELECT cell, speaker, _words, unnest(range(1, len(_words))) AS place FROM {_ROWS}"
    said = f"SELECT cell, speaker, {_PHRASE} AS text FROM ({places})"
    engine.keep(
        _SAID_PHRASES,
        f"SELECT cell, speaker, text, count(*) AS n FROM ({said}) SEMI JOIN ({often}) USING (text) GROUP BY ALL",
    )
    enough = f"SELECT text FROM {_SAID_PHRASES} GROUP BY text HAVING {_SPEAKERS} >= {fewest}"
    engine.keep(_PHRASES, f"SELECT text, row_number() OVER (ORDER BY text) - 1 AS item FROM ({enough})")
    return [text for (text,) in engine.rows(f"SELECT text FROM {_PHRASES} ORDER BY item")]


def _frequent(engine: EmbeddedEngine, counts: str, keys: tuple[str, ...]) -> tuple[list[tuple[str, ...]], Occurrences]:
    """Return what occurs for at least 11 sampling units, without digits in it, and how often it does."""
    by, relation = ", ".join(keys), "frequent"
    enough = (
        f"SELECT {by} FROM ({counts}) WHERE {_no_digits('heard')} GROUP BY ALL HAVING {_SPEAKERS} >= {SUPPRESS_BELOW}"
    )
    engine.keep(relation, f"SELECT {by}, row_number() OVER (ORDER BY {by}) - 1 AS code FROM ({enough})")
    found = engine.rows(f"SELECT {by} FROM {relation} ORDER BY code")
    counted = f"SELECT cell, code AS item, sum(n) AS n FROM ({counts}) JOIN {relation} USING ({by}) GROUP BY ALL"
    return found, _occurrences(engine, counted, "n")


def _no_digits(column: str) -> str:
    return rf"NOT regexp_matches({column}, '\p{{Nd}}')"


def _occurrences(engine: EmbeddedEngine, query: str, *counts: str) -> Occurrences:
    """Return the rows of a query in a fixed order, with one count or several."""
    rows = engine.table(f"SELECT cell, item, {', '.join(counts)} FROM ({query}) ORDER BY item, cell")
    cell, item, *times = (column.to_numpy().astype(np.int64) for column in rows.columns)
    return Occurrences(cell, item, np.stack(times, axis=-1) if len(times) > 1 else times[0])
