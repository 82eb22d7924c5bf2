"""Sum the alignments of a log over sampling units and words, in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import ALIGNED
from fairaudit.units.wrong_words import ItemKind, Occurrences, WrongWords

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.engines import EmbeddedEngine

__all__ = ["sum_wrong_words"]

#: Words that fewer sampling units say are pooled: a group and its rest cannot both have enough.
_FEWEST: Final = 2 * SUPPRESS_BELOW
#: Relations of the engine.
_UNITS: Final = "word_units"
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


def sum_wrong_words(engine: EmbeddedEngine, relation: str, unit: str, units: pd.Index) -> WrongWords:
    """Sum the alignments of some sampling units.

    Words that are said by fewer than 22 of them, and words with digits, are pooled with others that are as rare.

    Parameters
    ----------
    engine, relation
        Where the rows are, with the columns :data:`fairaudit.inputs.rules.ALIGNED`.
    unit
        Column of the sampling unit.
    units
        The sampling units, in order of their codes.
    """
    import pyarrow as pa

    engine.store(_UNITS, [pa.table({"_name": pa.array(units.astype(str)), "unit": np.arange(len(units))})])
    columns = ", ".join(f"{identifier(name)} AS _{short}" for short, name in ALIGNED.items())
    source = f"{identifier(relation)} JOIN {_UNITS} ON CAST({identifier(unit)} AS VARCHAR) = _name"
    engine.view(_ROWS, f"SELECT unit, {columns} FROM {source}")
    engine.keep(
        _SAID, f"SELECT unit, word, count(*) AS n FROM (SELECT unit, unnest(_words) AS word FROM {_ROWS}) GROUP BY ALL"
    )
    placed = f"SELECT unit, _words, unnest(_places) + 1 AS place, unnest(_heard) AS heard FROM {_ROWS}"
    engine.keep(_ERRORS, f"SELECT unit, _words[place] AS word, heard, count(*) AS n FROM ({placed}) GROUP BY ALL")
    names, kinds = _items(engine)
    n_words = len(names)
    phrases = _phrases(engine)
    parts = (
        f"SELECT unit, item, n, 0 AS wrong FROM {_SAID} JOIN {_ITEMS} USING (word)",
        f"SELECT unit, item, 0, n FROM {_ERRORS} JOIN {_ITEMS} USING (word)",
        f"SELECT unit, {n_words} + item, n, 0 FROM {_SAID_PHRASES} JOIN {_PHRASES} USING (text)",
        f"SELECT unit, {n_words} + item, 0, n FROM {_WRONG_PHRASES} JOIN {_PHRASES} USING (text)",
    )
    spoken = _occurrences(
        engine,
        f"SELECT unit, item, sum(n) AS n, sum(wrong) AS wrong FROM ({' UNION ALL '.join(parts)}) GROUP BY unit, item",
        "n",
        "wrong",
    )
    confusions, confused = _frequent(
        engine,
        f"SELECT unit, item, heard, n FROM {_ERRORS} JOIN {_ITEMS} USING (word) WHERE name IS NOT NULL",
        ("item", "heard"),
    )
    runs = f"SELECT unit, unnest(_inserted) AS heard FROM {_ROWS}"
    texts, inserted = _frequent(engine, f"SELECT unit, heard, count(*) AS n FROM ({runs}) GROUP BY ALL", ("heard",))
    insertions = np.zeros(len(units), dtype=np.int64)
    words = engine.table(f"SELECT unit, sum(len(string_split(heard, ' '))) AS n FROM ({runs}) GROUP BY unit")
    insertions[words["unit"].to_numpy()] = words["n"].to_numpy()
    return WrongWords(
        names=(*names, *phrases),
        kinds=np.append(kinds, np.full(len(phrases), ItemKind.PHRASE)).astype(np.int64),
        spoken=spoken,
        confusions=tuple((int(item), heard) for item, heard in confusions),
        confused=confused,
        phrases=tuple(heard for (heard,) in texts),
        inserted=inserted,
        insertions=insertions,
    )


def _items(engine: EmbeddedEngine) -> tuple[list[str], list[int]]:
    """Number the words; return the name and the kind of each item."""
    totals = f"SELECT word, sum(n) AS n, count(*) AS units FROM {_SAID} GROUP BY word"
    named = f"CASE WHEN units >= {_FEWEST} AND {_no_digits('word')} THEN word END AS name"
    classed = f"SELECT word, {named}, CASE WHEN name IS NULL THEN floor(log2(n)) END AS class FROM ({totals})"
    numbered = f"SELECT *, dense_rank() OVER (ORDER BY name NULLS LAST, class) - 1 AS item FROM ({classed})"
    engine.keep(_ITEMS, numbered)
    rows = engine.rows(f"SELECT DISTINCT item, name FROM {_ITEMS} ORDER BY item")
    kinds = [ItemKind.RARE if name is None else ItemKind.WORD for _, name in rows]
    return [name or "" for _, name in rows], [*map(int, kinds)]


def _phrases(engine: EmbeddedEngine) -> list[str]:
    """Find the phrases that are wrong for many, and return them; no others can be worse for a group."""
    starts = f"SELECT unit, _words, {_STARTS} AS place FROM {_ROWS} WHERE len(_places) > 0"
    texts = f"SELECT unit, {_PHRASE} AS text FROM ({starts}) WHERE place BETWEEN 1 AND len(_words) - 1"
    engine.keep(_WRONG_PHRASES, f"SELECT unit, text, count(*) AS n FROM ({texts}) GROUP BY ALL")
    often = (
        f"SELECT text FROM {_WRONG_PHRASES} GROUP BY text HAVING count(*) >= {SUPPRESS_BELOW} AND {_no_digits('text')}"
    )
    places = f"SELECT unit, _words, unnest(range(1, len(_words))) AS place FROM {_ROWS}"
    said = f"SELECT unit, {_PHRASE} AS text FROM ({places})"
    engine.keep(
        _SAID_PHRASES, f"SELECT unit, text, count(*) AS n FROM ({said}) SEMI JOIN ({often}) USING (text) GROUP BY ALL"
    )
    enough = f"SELECT text FROM {_SAID_PHRASES} GROUP BY text HAVING count(*) >= {_FEWEST}"
    engine.keep(_PHRASES, f"SELECT text, row_number() OVER (ORDER BY text) - 1 AS item FROM ({enough})")
    return [text for (text,) in engine.rows(f"SELECT text FROM {_PHRASES} ORDER BY item")]


def _frequent(engine: EmbeddedEngine, counts: str, keys: tuple[str, ...]) -> tuple[list[tuple[str, ...]], Occurrences]:
    """Return what occurs for at least 11 sampling units, without digits in it, and how often it does."""
    by, relation = ", ".join(keys), "frequent"
    enough = f"SELECT {by} FROM ({counts}) WHERE {_no_digits('heard')} GROUP BY ALL HAVING count(*) >= {SUPPRESS_BELOW}"
    engine.keep(relation, f"SELECT {by}, row_number() OVER (ORDER BY {by}) - 1 AS code FROM ({enough})")
    found = engine.rows(f"SELECT {by} FROM {relation} ORDER BY code")
    counted = f"SELECT unit, code AS item, n FROM ({counts}) JOIN {relation} USING ({by})"
    return found, _occurrences(engine, counted, "n")


def _no_digits(column: str) -> str:
    return rf"NOT regexp_matches({column}, '\p{{Nd}}')"


def _occurrences(engine: EmbeddedEngine, query: str, *counts: str) -> Occurrences:
    """Return the rows of a query in a fixed order, with one count or several."""
    rows = engine.table(f"SELECT unit, item, {', '.join(counts)} FROM ({query}) ORDER BY item, unit")
    unit, item, *times = (column.to_numpy().astype(np.int64) for column in rows.columns)
    return Occurrences(unit, item, np.stack(times, axis=-1) if len(times) > 1 else times[0])
