"""Join files with a log: hypotheses by utterance, and further columns by utterance or speaker.

Ids are compared as texts, exactly. A join keeps every row of the log and never multiplies one: an id that occurs twice
in the joined file is an error. Ids without a match, on both sides, are counted and never repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from fairaudit.core.columns import HYPOTHESIS
from fairaudit.core.errors import InputError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.composite import composed
from fairaudit.inputs.formats import Format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.formats.nested import mark_nested, nested_in
from fairaudit.inputs.join_accounts import KEY, join_of, part_of, separate
from fairaudit.inputs.joined_files import JoinedFile, column_of, require_unique
from fairaudit.inputs.quality import Join, PartJoin
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import plain_values

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Joins"]

_T = TypeVar("_T")


@dataclass
class Joins:
    """Joins files with the rows of a log, file by file of the log, and accounts for what matched.

    Attributes
    ----------
    joined
        The files to join.
    columns
        Column name of fairaudit -> column name of the files.
    """

    joined: Sequence[JoinedFile]
    columns: Mapping[str, str]
    engine: EmbeddedEngine
    _keys: dict[int, str] = field(default_factory=dict)
    _given: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _matched: dict[int, list[tuple[str, int, int]]] = field(default_factory=dict)

    @property
    def hypotheses(self) -> JoinedFile | None:
        """The file with the hypotheses."""
        return next((one for one in self.joined if one.option == "hypotheses"), None)

    def rows(self, where: str, form: Format, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add composite columns, and those of all joined files, to the rows of a file of the log, in their order.

        Parameters
        ----------
        where, form
            Name and format of the file of the log.
        batches
            Its rows.

        Raises
        ------
        InputError
            If the log lacks the ids, has other values in a column that both have, or has hypotheses already.
        """
        rows = composed(batches, self.columns)
        for i in range(len(self.joined)):
            rows = composed(self._join(i, where, form, rows), self.columns)
        yield from rows

    def _join(self, i: int, where: str, form: Format, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        right, engine = self.joined[i], self.engine
        nested: dict[str, dict[str, object]] = {}

        def tables() -> Iterator[pa.Table]:
            for batch in batches:
                nested.update(nested_in(batch))
                plain = {name: plain_values(batch.column(name), where) for name in batch.schema.names}
                rows = pa.table(plain)
                texts = engine.texts(rows.drop_columns([ROW]))
                yield texts.append_column(ROW, rows.column(ROW)).replace_schema_metadata(None)

        left = f"log{i}"
        engine.store(left, tables())
        if not engine.has(left):
            return
        names = [name for name in engine.types(left) if name != ROW]
        ours, key = self._key(right, where, form, names)
        if self._keys.setdefault(i, ours) != ours:
            raise InputError(f"{where}: {right.name} is joined by {ours!r} here, but by {self._keys[i]!r} before")
        if i not in self._matched:
            require_unique(right, ours, engine)
        theirs = identifier(right.keys[ours])
        given = self._added(right, ours, where, names, form)
        values = "".join(f", r.{identifier(theirs)} AS {identifier(name)}" for name, theirs in given.items())
        joined = f"{identifier(left)} l LEFT JOIN {identifier(right.relation)} r ON l.{identifier(key)} = r.{theirs}"
        common = [name for name in right.names if _known(name, names) and name != right.keys[ours]]
        if right.option == "metadata":
            self._require_equal(right, where, names, common, joined)
        self._account(i, left, key, joined)
        self._given[i] = tuple(dict.fromkeys([*self._given.get(i, ()), *given]))
        for batch in engine.batches(f"SELECT l.*{values} FROM {joined} ORDER BY l.{ROW}"):
            yield mark_nested(batch, nested)

    def _key(self, right: JoinedFile, where: str, form: Format, names: Sequence[str]) -> tuple[str, str]:
        """Return the column by which a file is joined, under fairaudit's name and that of the log."""
        for ours in right.keys:
            if (theirs := column_of(ours, names, self.columns, form.names)) is not None:
                return ours, theirs
        wanted = [*right.keys]
        raise InputError(f"{where}: {right.name} is joined by {' or '.join(wanted)}; {lacking('log', wanted, names)}")

    def _added(self, right: JoinedFile, ours: str, where: str, names: Sequence[str], form: Format) -> dict[str, str]:
        """Return the columns that a file gives to the log: name in the log -> name in the file."""
        if right.text is None:
            return {name: name for name in right.names if name != right.keys[ours] and not _known(name, names)}
        if (theirs := column_of(HYPOTHESIS, names, self.columns, form.names)) is not None:
            raise InputError(
                f"{where}: the log has hypotheses in column {theirs!r}, and {right.name} has others; leave out one of "
                f"them ({setting('hypotheses')}), or rename the column"
            )
        return {self.columns.get(HYPOTHESIS, HYPOTHESIS): right.text}

    def _require_equal(
        self, right: JoinedFile, where: str, names: Sequence[str], common: Sequence[str], joined: str
    ) -> None:
        """Raise if a column that both have has different values."""
        folded = {name.casefold(): name for name in names}
        for name in common:
            theirs = identifier(folded[name.casefold()])
            rows = self.engine.rows(
                f"SELECT l.{ROW}, l.{theirs}, r.{identifier(name)} FROM {joined} WHERE r.{ROW} IS NOT NULL AND "
                f"l.{theirs} IS DISTINCT FROM r.{identifier(name)} ORDER BY 1 LIMIT 1"
            )
            if rows:
                row, mine, other = rows[0]
                raise InputError(
                    f"{where}: the log and {right.name} both have a column {name!r}, which differs in row {row}: "
                    f"{mine!r} and {other!r}; remove or rename one of the columns"
                )

    def _account(self, i: int, left: str, key: str, joined: str) -> None:
        """Keep the ids of a file of the log, and count its rows with a match."""
        ids = f"ids{i}_{len(self._matched.setdefault(i, []))}"
        self.engine.keep(ids, f"SELECT DISTINCT {identifier(key)} AS {KEY} FROM {identifier(left)}")
        ((rows, matched),) = self.engine.rows(f"SELECT count(*), count(r.{ROW}) FROM {joined}")
        self._matched[i].append((ids, rows, matched))

    def results(self) -> tuple[Join, ...]:
        """Return what the joins did, when all rows were read.

        Raises
        ------
        InputError
            If no id of a file occurs in the log.
        """
        return tuple(self._described(i, join_of) for i in self._matched)

    def in_part(self) -> tuple[PartJoin, ...]:
        """Return what the joins did with a part of a log, when all of its rows were read."""
        return tuple(self._described(i, part_of) for i in self._matched)

    def _described(self, i: int, describe: Callable[..., _T]) -> _T:
        right, key = self.joined[i], self._keys[i]
        log = " UNION ".join(f"SELECT {KEY} FROM {identifier(ids)}" for ids, _, _ in self._matched[i])
        separate(i, right, key, log, self.engine)
        rows, matched = (sum(numbers) for numbers in zip(*((n, m) for _, n, m in self._matched[i]), strict=True))
        return describe(i, right, key, self._given.get(i, ()), rows, matched, self.engine)


def _known(name: str, names: Sequence[str]) -> bool:
    """Whether there is a column of that name; the engine does not distinguish case."""
    return name.casefold() in {one.casefold() for one in names}
