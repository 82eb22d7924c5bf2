"""Read trial lists of speaker verification: two voices, how alike they are, and whether the speaker is the same."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.lazy import is_frame
from fairaudit.core.missing import spells_missing
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.tables import TableFile, read_table
from fairaudit.stats.verification import Trials

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FIRST", "SAME", "SCORE", "SECOND", "TrialList", "read_labels", "read_trials"]

FIRST, SECOND, SCORE, SAME = "first", "second", "score", "same"
#: Usual names of the columns, in lower case.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    FIRST: ("first", "enrolled", "enrollment", "enrolment", "enroll", "enrol", "ref_file", "speaker_1", "spk1",
            "utt1", "file1", "path1", "wav1", "reference"),
    SECOND: ("second", "probe", "test", "com_file", "speaker_2", "spk2", "utt2", "file2", "path2", "wav2", "verify"),
    SCORE: ("score", "sc", "similarity", "llr", "cosine"),
    SAME: ("same", "label", "lab", "target", "is_target", "truth", "same_speaker"),
}  # fmt: skip
_YES: Final = frozenset(("1", "1.0", "true", "yes", "target", "same", "positive"))
_NO: Final = frozenset(("0", "0.0", "false", "no", "nontarget", "non-target", "imposter", "impostor", "different",
                        "negative"))  # fmt: skip
_SPEAKERS: Final = (SPEAKER, "speaker", "spk_id", "spk", "id", "voxceleb1 id", "voxceleb2 id")
_SHOWN: Final = 3


@dataclass(frozen=True, eq=False)
class TrialList:
    """Trials as they were read.

    Attributes
    ----------
    trials
        Their speakers, as codes, and their scores.
    speakers
        Names of the speakers by code.
    rows, quarantined
        Rows of the file, and those without a speaker or a number as score, which are not used.
    name, sha256
        Base name and SHA-256 of the file; both are empty for a table of Python.
    settings
        Settings that decide which trials they are, for the signature.
    notes
        Sentences about how the file was read.
    """

    trials: Trials
    speakers: tuple[str, ...]
    rows: int
    quarantined: int
    name: str = ""
    sha256: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_trials(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    columns: Mapping[str, str] = MappingProxyType({}),
    speaker_pattern: str | None = None,
    distance: bool = False,
) -> TrialList:
    """Read scores of trials.

    Parameters
    ----------
    source
        A table with a row for each trial: CSV, TSV, JSON lines, Parquet, a data frame, or text without a header whose
        fields are separated by blanks, as VoxCeleb's lists and Kaldi's scores are.
    columns
        Column of the table for ``first``, ``second``, ``score`` and ``same``, where it has another name. ``same`` may
        be absent: a trial is then of one speaker if both sides name the same one.
    speaker_pattern
        Regular expression for the part of ``first`` and ``second`` that names the speaker, such as ``[^/]+`` in
        ``id10001/Y8hIVOBuels/00001.wav``. If it has a group, the group is the speaker. By default, all of it is.
    distance
        Whether a low score means that the voices are alike.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or says of a trial of two speakers that they are the same, or the
        other way round.
    UsageError
        If ``columns`` has another name, or the pattern is not a regular expression.

    Examples
    --------
    >>> rows = pd.DataFrame({"first": ["a/1", "a/1"], "second": ["a/2", "b/1"], "score": [0.9, 0.2], "same": [1, 0]})
    >>> read_trials(rows, speaker_pattern="[^/]+").speakers
    ('a', 'b')
    """
    if unknown := [name for name in columns if name not in _NAMES]:
        raise UsageError(f"a trial has no {unknown}; it has {[*_NAMES]}")
    table = _table(source)
    cells, where = table.cells, table.name or "the table"
    of = {name: _column(name, columns, list(cells.columns), where) for name in _NAMES}
    sides = [_speakers(cells[of[name]], speaker_pattern, f"{where}: {of[name]}") for name in (FIRST, SECOND)]
    score = pd.to_numeric(cells[of[SCORE]].astype("string").str.strip(), errors="coerce").to_numpy(
        float, na_value=np.nan
    )
    usable = np.isfinite(score) & sides[0].notna().to_numpy() & sides[1].notna().to_numpy()
    if not usable.any():
        raise InputError(f"{where}: no row has two speakers and a number as score")
    codes, names = pd.factorize(np.concatenate([side[usable].to_numpy(object) for side in sides]), sort=True)
    first, second = np.split(codes.astype(np.int64), 2)
    trials = Trials(first, second, -score[usable] if distance else score[usable])
    if of[SAME] is not None:
        _require_agreement(trials, cells.loc[usable, of[SAME]], names, f"{where}: {of[SAME]}")
    quarantined = int((~usable).sum())
    settings = {"speaker": speaker_pattern or "whole", "score": "distance" if distance else "similarity"}
    return TrialList(
        trials, tuple(map(str, names)), len(cells), quarantined, table.name, table.sha256, settings, table.notes
    )


def read_labels(source: str | os.PathLike[str] | pd.DataFrame, speakers: Sequence[str]) -> pd.DataFrame:
    """Read a table of labels by speaker.

    Parameters
    ----------
    source
        A table with a column of speakers (``speaker_id``, or the first column) and columns of labels.
    speakers
        The speakers of the trials.

    Returns
    -------
    DataFrame
        One row per speaker, in their order; labels are missing where the table has no such speaker.

    Raises
    ------
    InputError
        If a speaker has several rows with different labels, or no speaker of the trials is in the table.

    Examples
    --------
    >>> read_labels(pd.DataFrame({"speaker_id": ["a", "b"], "gender": ["f", "m"]}), ["b", "c"])["gender"].tolist()
    ['m', None]
    """
    table = _table(source)
    cells, where = table.cells, table.name or "the table of labels"
    key = next((name for name in cells.columns if name.strip().lower() in _SPEAKERS), cells.columns[0])
    rows = cells.drop_duplicates().dropna(subset=[key])
    if (twice := rows[key][rows[key].duplicated()]).size:
        raise InputError(f"{where}: speakers have several rows that differ, such as {twice.iloc[0]!r}")
    rows = rows.set_index(key)
    if not rows.index.isin(speakers).any():
        examples = f"{shown(list(rows.index[:_SHOWN]))} there, {shown(list(speakers[:_SHOWN]))} in the trials"
        raise InputError(f"{where}: no speaker of the trials is in column {key!r}: {examples}")
    labels = rows.reindex(list(speakers))
    return labels.astype(object).where(labels.notna() & ~labels.map(lambda cell: spells_missing(str(cell))), None)


def _table(source: str | os.PathLike[str] | pd.DataFrame) -> TableFile:
    if is_frame(source):
        frame = source.astype(object).where(source.notna(), None).map(lambda cell: cell if cell is None else str(cell))
        return TableFile("", "", frame)
    assert not isinstance(source, pd.DataFrame)
    return _without_header(Path(source)) or read_table(source)


def _without_header(path: Path) -> TableFile | None:
    """Read lines of two voices, a score and perhaps a label between blanks; nothing if it is another file."""
    import hashlib

    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.readline(1 << 16).decode("utf-8", errors="replace")
    fields = head.split()
    if len(fields) not in (3, 4) or any(mark in head for mark in ",;\t{") or not any(map(_is_number, fields)):
        return None
    try:
        rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not UTF-8 text") from error
    if odd := next((n for n, row in enumerate(rows, start=1) if len(row) != len(fields)), None):
        raise InputError(f"{path.name}: row {odd} has {len(rows[odd - 1])} fields, and the first row {len(fields)}")
    frame = pd.DataFrame(rows, index=range(1, len(rows) + 1))
    same = next((i for i in frame if frame[i].str.lower().isin(_YES | _NO).all()), None)
    score = next((i for i in reversed(frame.columns) if i != same and frame[i].map(_is_number).all()), None)
    sides = [i for i in frame if i not in (same, score)]
    if score is None or len(sides) != 2:
        raise InputError(f"{path.name}: the first row has no two speakers and a score: {head.strip()!r}")
    named = dict(zip(sides, (FIRST, SECOND), strict=True)) | {score: SCORE} | ({same: SAME} if same is not None else {})
    note = "The file has no header; its fields are " + ", ".join(named[i] for i in frame) + "."
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return TableFile(path.name, digest, frame.rename(columns=named), (note,))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _column(name: str, columns: Mapping[str, str], present: Sequence[str], where: str) -> str | None:
    if name in columns:
        if columns[name] not in present:
            raise InputError(f"{where} has no column {columns[name]!r}; it has {shown(list(present))}")
        return columns[name]
    folded = {column.strip().lower(): column for column in reversed(list(present))}
    match = next((folded[one] for one in _NAMES[name] if one in folded), None)
    if match is None and name != SAME:
        raise InputError(
            f"{where} has no column for {name!r}; it has {shown(list(present))}; name it: "
            f"{setting('columns', {name: 'COLUMN'})}"
        )
    return match


def _speakers(cells: pd.Series, pattern: str | None, where: str) -> pd.Series:
    texts = cells.astype("string").str.strip()
    texts = texts.mask(texts == "")
    if pattern is None:
        return texts
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{setting('speaker_pattern', pattern)} is not a regular expression: {error}") from error
    codes, spelled = pd.factorize(texts)  # a voice is in many trials
    parts = pd.Series(spelled, dtype="string").str.extract(pattern if compiled.groups else f"({pattern})", expand=True)
    names = parts[0].reindex(codes).set_axis(texts.index)
    lost = texts[names.isna() & texts.notna()]
    if len(lost):
        raise InputError(
            f"{where}: {len(lost)} of {len(texts)} values do not match the pattern {pattern!r}: {lost.iloc[0]!r}"
        )
    return names


def _require_agreement(trials: Trials, cells: pd.Series, names: NDArray[np.object_], where: str) -> None:
    texts = cells.astype("string").str.strip().str.lower()
    odd = texts[~texts.isin(_YES | _NO).fillna(False)]
    if len(odd):
        raise InputError(f"{where}: {odd.iloc[0]!r} does not say whether the speaker is the same; use 1 and 0")
    wrong = np.flatnonzero(texts.isin(_YES).to_numpy(bool) != trials.is_target)
    if len(wrong):
        i = wrong[0]
        pair = f"{names[trials.first[i]]!r} and {names[trials.second[i]]!r}"
        raise InputError(
            f"{where}: {len(wrong)} of {len(cells)} rows disagree with the names of the speakers; the first is "
            f"{texts.iloc[i]!r} for {pair}. Give the part of a name that is the speaker: {setting('speaker_pattern')}"
        )
