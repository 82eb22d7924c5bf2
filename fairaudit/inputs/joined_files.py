"""Read the files that are to be joined with a log: hypotheses, and further columns by utterance or speaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import HYPOTHESIS, REFERENCE, SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.composite import composed, read_from
from fairaudit.inputs.files import expand
from fairaudit.inputs.formats import Format, choose_format
from fairaudit.inputs.formats.base import FILE, ROW
from fairaudit.inputs.formats.ctm import is_ctm
from fairaudit.inputs.formats.kaldi import KALDI, TEXT, is_map
from fairaudit.inputs.formats.stm import STM
from fairaudit.inputs.judging import row_list
from fairaudit.inputs.opening import OpenedFile, open_file
from fairaudit.inputs.segmenting import hypotheses_of
from fairaudit.inputs.suggesting import lacking, shown

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["JoinedFile", "column_of", "join_files", "require_unique"]

#: Columns by which files are joined, in order of preference.
_KEYS: Final = (UTTERANCE, SPEAKER)
#: Ids that a message shows.
_SHOWN: Final = 3


@dataclass(frozen=True)
class JoinedFile:
    """A file that is to be joined with a log, or several of them with the same columns, whose rows are in the engine.

    Attributes
    ----------
    name, sha256
        Base name and hash of the file; several files are named by the first, and their hashes are joined with ``+``.
    option
        The setting that names it.
    relation
        Relation of the engine with its rows.
    names
        Its columns under their own names.
    keys
        Column by which it can be joined, under fairaudit's name -> its own name.
    text
        For hypotheses, the column that holds them.
    distinguishes_empty
        As in :class:`fairaudit.inputs.formats.Format`.
    files
        The files.
    """

    name: str
    sha256: str
    option: str
    relation: str
    names: tuple[str, ...]
    keys: Mapping[str, str]
    text: str | None
    distinguishes_empty: bool
    files: tuple[OpenedFile, ...]


def join_files(
    hypotheses: str | Path | None,
    metadata: Sequence[str | Path],
    columns: Mapping[str, str],
    log: Sequence[tuple[OpenedFile, Format]],
    engine: EmbeddedEngine,
) -> list[JoinedFile]:
    """Read the files that are to be joined with a log.

    Parameters
    ----------
    hypotheses
        A file, glob or folder with hypotheses by utterance, or None.
    metadata
        Files with further columns by utterance or speaker.
    columns
        Column name of fairaudit -> column name of the files.
    log
        Files of the log, and their formats, whose conventions for names of columns the joined files may follow as well.
    engine
        Where their rows are kept.

    Raises
    ------
    InputError
        If a file cannot be read or lacks a column, or if an id occurs twice in it.
    """
    named = [] if hypotheses is None else [("hypotheses", hypotheses)]
    sources = [*named, *(("metadata", one) for one in metadata)]
    return [_load(option, source, f"joined{i}", columns, log, engine) for i, (option, source) in enumerate(sources)]


def _load(
    option: str,
    source: str | Path,
    relation: str,
    columns: Mapping[str, str],
    log: Sequence[tuple[OpenedFile, Format]],
    engine: EmbeddedEngine,
) -> JoinedFile:
    files = [open_file(path, engine.scratch) for path in expand(source)]
    is_timed = option == "hypotheses" and all(is_ctm(file.head) for file in files)
    forms = [STM if is_timed else _format(file, option) for file in files]
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    engine.store(relation, hypotheses_of(files, log) if is_timed else _rows(files, forms, columns, engine))
    if not engine.has(relation):
        raise InputError(f"{name}: no rows")
    names = [one for one in engine.types(relation) if one not in (ROW, FILE)]
    convention = log[0][1].names if log else {}
    usual = {ours: (*forms[0].names.get(ours, ()), *convention.get(ours, ())) for ours in (*_KEYS, HYPOTHESIS)}
    keys = {ours: theirs for ours in _KEYS if (theirs := column_of(ours, names, columns, usual)) is not None}
    text = None
    if option == "hypotheses":
        keys.pop(SPEAKER, None)
        text = column_of(HYPOTHESIS, names, columns, usual) or _only_text(names, forms[0])
        if missing := [ours for ours, one in ((UTTERANCE, keys), (HYPOTHESIS, text)) if not one]:
            raise InputError(f"{name}: {lacking('file of hypotheses', missing, names)}")
        if unused := [one for one in names if one not in (keys[UTTERANCE], text)]:
            files[0].notes.append(f"{name}: of the file of hypotheses, {text!r} is used, and {shown(unused)} are not")
    elif not keys:
        raise InputError(
            f"{name}: a file of {setting('metadata')} has ids of utterances or speakers; "
            f"{lacking('it', [SPEAKER], names)}"
        )
    sha256 = "+".join(file.sha256 for file in files)
    distinguishes = all(form.distinguishes_empty for form in forms)
    return JoinedFile(name, sha256, option, relation, tuple(names), keys, text, distinguishes, tuple(files))


def _format(file: OpenedFile, option: str) -> Format:
    """Return the format of a file. Kaldi's maps, such as utt2spk, have no header and are known by their names."""
    if is_map(file.name):
        return KALDI
    form = choose_format(file)
    if form is KALDI and option == "metadata":
        raise InputError(
            f"{file.name}: this file has no header, so that nobody knows what it holds; Kaldi's names (utt2spk, "
            f"spk2gender, ...) say it, and so does the header of a table, such as {UTTERANCE!r} and {SPEAKER!r}"
        )
    return form


def _rows(
    files: Sequence[OpenedFile], forms: Sequence[Format], columns: Mapping[str, str], engine: EmbeddedEngine
) -> Iterator[pa.Table]:
    """Read files, with every cell as text, and number them."""
    import pyarrow as pa

    first: list[str] = []
    for number, (file, form) in enumerate(zip(files, forms, strict=True)):
        for batch in composed(form.read(file, engine, read_from(columns)), columns):
            rows = pa.table(batch)
            names = [name for name in rows.column_names if name != ROW]
            first = first or names
            if not form.free_fields and sorted(names) != sorted(first):
                raise InputError(f"{file.name}: its columns {shown(names)} are not those of {files[0].name}, {first}")
            texts = engine.texts(rows.select(names)).append_column(ROW, rows.column(ROW))
            yield texts.append_column(FILE, pa.repeat(pa.scalar(number, pa.int64()), len(rows)))
        file.require_unchanged()


def column_of(
    ours: str, names: Sequence[str], columns: Mapping[str, str], convention: Mapping[str, tuple[str, ...]]
) -> str | None:
    """Find a column by the name that the user gave, by fairaudit's name, or by the convention of the format."""
    candidates = (columns.get(ours), ours, *convention.get(ours, ()))
    return next((name for name in candidates if name is not None and name in names), None)


def _only_text(names: Sequence[str], form: Format) -> str | None:
    """Return the texts of a format that has only one per utterance, whoever spoke or wrote it."""
    return next((name for name in form.names.get(REFERENCE, ()) if name == TEXT and name in names), None)


def require_unique(right: JoinedFile, ours: str, engine: EmbeddedEngine) -> None:
    """Raise if an id occurs twice, because a join would multiply the rows of the log."""
    key = identifier(right.keys[ours])
    twice = (
        f"SELECT {key} AS id, list({{'file': {FILE}, 'row': {ROW}}} ORDER BY {FILE}, {ROW}) AS rows FROM "
        f"{identifier(right.relation)} WHERE coalesce({key}, '') <> '' GROUP BY id HAVING count(*) > 1"
    )
    examples = engine.rows(f"{twice} ORDER BY id LIMIT {_SHOWN}")
    if not examples:
        return
    ((n,),) = engine.rows(f"SELECT count(*) FROM ({twice})")
    listed = "; ".join(
        f"{name!r} in {row_list([(row['file'], row['row']) for row in rows[:_SHOWN]], len(rows), right.files)}"
        for name, rows in examples
    )
    what = "1 id occurs" if n == 1 else f"{n:,} ids occur"
    raise InputError(
        f"{right.name}: {what} more than once in {right.keys[ours]!r}, so that rows of the log would be multiplied: "
        f"{listed}; give one row per id"
    )
