"""Account for ids that occur only in a log, or only in a file that is joined with it."""

from __future__ import annotations

from typing import Final

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.joined_files import JoinedFile
from fairaudit.inputs.quality import Join, PartJoin
from fairaudit.inputs.rules import id_key_in

__all__ = ["KEY", "ids_in_file", "join_of", "only_in_file", "only_in_log", "part_of", "separate"]

#: Column of relations of ids.
KEY: Final = "__key__"
#: Ids that a message shows.
_SHOWN: Final = 3


def only_in_log(i: int) -> str:
    """Name of the relation of ids that only the log has, for the i-th joined file."""
    return f"only_log{i}"


def only_in_file(i: int) -> str:
    """Name of the relation of ids that only the i-th joined file has."""
    return f"only_file{i}"


def ids_in_file(right: JoinedFile, key: str) -> str:
    """Return SQL for the ids of a joined file, given fairaudit's name of the column by which it is joined."""
    theirs = identifier(right.keys[key])
    return f"SELECT {theirs} AS {KEY} FROM {identifier(right.relation)} WHERE coalesce({theirs}, '') <> ''"


def separate(i: int, right: JoinedFile, key: str, log: str, engine: EmbeddedEngine) -> None:
    """Keep the ids that only the log or only the i-th joined file has; ``log`` is SQL for those of the log."""
    table = ids_in_file(right, key)
    engine.keep(only_in_log(i), f"(SELECT * FROM ({log}) WHERE {KEY} IS NOT NULL) EXCEPT ({table})")
    engine.keep(only_in_file(i), f"({table}) EXCEPT ({log})")


def join_of(
    i: int, right: JoinedFile, key: str, columns: tuple[str, ...], rows: int, matched: int, engine: EmbeddedEngine
) -> Join:
    """Describe the i-th join, whose ids were separated.

    Raises
    ------
    InputError
        If no id of the file occurs in the log.
    """
    ((ids,),) = engine.rows(f"SELECT count(*) FROM ({ids_in_file(right, key)})")
    ((unused,),) = engine.rows(f"SELECT count(*) FROM {only_in_file(i)}")
    unmatched, others = (
        tuple(str(one) for (one,) in engine.rows(f"SELECT {KEY} FROM {relation} ORDER BY 1 LIMIT {_SHOWN}"))
        for relation in (only_in_log(i), only_in_file(i))
    )
    alike = (
        f"SELECT l.{KEY} AS a, r.{KEY} AS b FROM {only_in_log(i)} l JOIN {only_in_file(i)} r "
        f"ON {id_key_in(f'l.{KEY}')} = {id_key_in(f'r.{KEY}')}"
    )
    pairs = [(str(a), str(b)) for a, b in engine.rows(f"{alike} ORDER BY 1, 2 LIMIT {_SHOWN}")]
    ((n,),) = engine.rows(f"SELECT count(DISTINCT a) FROM ({alike})")
    join = Join(
        right.name, right.sha256, key, columns, rows, matched, ids, ids - unused, n, unmatched, others, tuple(pairs)
    )
    if rows and not matched:
        raise InputError(
            f"{right.name}: none of its {ids:,} ids occurs in the log, with which it is joined by {join.key}; "
            f"{join.examples or 'the log has no ids'}"
        )
    return join


def part_of(
    i: int, right: JoinedFile, key: str, columns: tuple[str, ...], rows: int, matched: int, engine: EmbeddedEngine
) -> PartJoin:
    """Describe the i-th join with a part of a log, whose ids were separated."""
    lacking = engine.rows(f"SELECT {KEY} FROM {only_in_log(i)} ORDER BY 1")
    used = engine.rows(
        f"SELECT o.{KEY} IS NULL FROM ({ids_in_file(right, key)}) t LEFT JOIN {only_in_file(i)} o "
        f"ON t.{KEY} = o.{KEY} ORDER BY t.{KEY}"
    )
    ids = tuple(str(one) for (one,) in lacking)
    return PartJoin(right.sha256, key, columns, rows, matched, ids, tuple(one for (one,) in used))
