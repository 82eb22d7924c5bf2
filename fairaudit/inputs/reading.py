"""Read a log: score its texts and check its rows, or restore it from a file of counts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from fairaudit.core.columns import COUNT_COLUMNS, RESCORED
from fairaudit.core.errors import UsageError, setting
from fairaudit.core.lazy import is_frame
from fairaudit.core.memory import DEFAULT_MEMORY
from fairaudit.core.progress import report
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.artefact import SCORED
from fairaudit.inputs.bands import refuse_quantiles
from fairaudit.inputs.checked import checked_log
from fairaudit.inputs.checking import caveats_of, check, rules_for
from fairaudit.inputs.choices import reading_of, require_as_scored, require_one_of, unit_of_counts
from fairaudit.inputs.composite import with_composites
from fairaudit.inputs.files import expand
from fairaudit.inputs.folders import files_of
from fairaudit.inputs.header import check_columns, check_header, labels_among
from fairaudit.inputs.ingest import ingest
from fairaudit.inputs.kinds import with_kind
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.naming import arrange, require_needed
from fairaudit.inputs.opening import OpenedFile, open_file
from fairaudit.inputs.quality import no_quarantine
from fairaudit.inputs.raw import RAW, RawLog, Reading
from fairaudit.inputs.restoring import is_artefact, is_artefact_at, restore
from fairaudit.inputs.summed import Summed
from fairaudit.inputs.texts import exposure_name
from fairaudit.inputs.thresholds import add_thresholds
from fairaudit.inputs.unused import unused_options
from fairaudit.scoring import Normalizer, is_own

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.engines.work import Gather

__all__ = ["log_of_raw", "read_log"]

_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})
_NO_NEEDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


def read_log(
    source: str | Path | Sequence[str | Path] | pd.DataFrame,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    format: str = "auto",  # noqa: A002 (the command line's word)
    unit: Literal["word", "char", "mixed", "auto"] = "auto",
    normalizer: str | Path | Normalizer = "basic",
    second_normalizer: str | Path | Normalizer = "auto",
    strip_tags: bool = False,
    alternatives: Literal["auto", "none", "sclite"] = "auto",
    missing_hypothesis: Literal["error", "empty", "drop"] = "error",
    missing_speaker: Literal["auto", "quarantine", "own", "keep"] = "auto",
    reference_kind: Literal["auto", "human", "pseudo"] = "auto",
    wrong_words: bool = False,
    keep_texts: bool = False,
    zip_pad: bool = False,
    cluster: str | None = None,
    max_quarantine: float = 0.01,
    counts: str | Sequence[str] = (),
    needed: Mapping[str, Sequence[str]] = _NO_NEEDS,
    memory: str = DEFAULT_MEMORY,
    hypotheses: str | os.PathLike[str] | None = None,
    metadata: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    engine: Literal["embedded", "dask"] | Gather = "embedded",
    scheduler: str | None = None,
    jobs: int = 1,
    where: Mapping[str, str] = _NO_COLUMNS,
) -> UtteranceLog:
    """Read a log of texts or counts, score its texts, and check every row.

    Parameters
    ----------
    source
        A file, a glob, a folder, a list of these, or a frame. Files may be compressed with gzip or zstd. The format
        is recognised by the content of a file, not by its name. Of a folder of Kaldi, ESPnet or NIST (``text`` and
        ``utt2spk``; ``ref.trn`` and ``hyp.trn``; ``ref.stm`` and ``hyp.ctm``; ``per_utt``), these files are read
        together. In other folders, all files are parts of the log. Files of :func:`fairaudit.score` and
        :func:`fairaudit.tally` are read with the options with which they were made; other values are refused.
    columns
        Column name of fairaudit -> column name of the log, such as ``{"speaker_id": "client_id"}``.
    format
        One of :data:`fairaudit.inputs.formats.FORMATS`, or ``"auto"``.
    unit
        Whether texts are counted in words, characters, or both (``"mixed"``): characters in scripts without spaces
        between words, and words in all others, also within one text. ``"auto"`` is words or characters, decided by the
        scripts of all references, and refuses a log in which some references suit the one and some the other.
        For a log of counts, it selects the exposure if the log has several.
    normalizer
        Normaliser applied to texts before they are scored: ``"none"``, ``"basic"``, ``"ascii-punct"``,
        ``"whisper-en"``, the name of a file of rules (``.toml`` or ``.json``), or a :class:`fairaudit.Normalizer` with
        a function of your own. It does not apply to counts.
    second_normalizer
        Normaliser with which texts are scored a second time, so that an audit can show whether its gaps depend on what
        counts as an error. ``"auto"`` is ``basic``, or ``none`` if ``basic`` is the first. ``"off"`` is faster.
    strip_tags
        Whether to remove event tags such as ``<LAUGH>`` from references.
    alternatives
        ``"sclite"`` if references may list alternatives such as ``{ um / uh / @ }`` and optional words such as
        ``(um)``. Each is then scored by the spelling with the fewest errors, the first as written among equals; errors
        and exposure are those of this spelling. ``"none"`` scores braces, slashes and parentheses as text. ``"auto"``
        does so as well, but refuses a log with a slash between braces.
    missing_hypothesis
        What to do with a row without a hypothesis: refuse the log (``"error"``), use an empty hypothesis (``"empty"``)
        or leave the row out (``"drop"``).
    missing_speaker
        What to do with a row without a speaker: quarantine it, or treat it as a speaker of its own (``"own"``). A
        speaker called ``"nan"``, ``"NA"``, ``"unknown"`` or the like may be a missing id as well: ``"auto"`` refuses
        the log if more than two rows have such an id, ``"quarantine"`` and ``"own"`` treat these rows as rows without a
        speaker, and ``"keep"`` uses them as ids.
    reference_kind
        Whether references were written by people (``"human"``) or by a teacher model (``"pseudo"``). If the log has a
        column ``reference_kind``, rows of the other kind are left out and counted. ``"auto"`` is what the column says,
        and refuses a log with both kinds; a log without the column has human references.
    wrong_words
        Whether to keep the alignments of texts with the rows, so that an audit can say which words go wrong. They are
        in private temporary files as long as the log is there. It does not apply to counts.
    keep_texts
        Whether to keep the texts with the rows, so that :func:`fairaudit.examples` can show them. They are in private
        temporary files as long as the log is there, and no file of counts has them.
    zip_pad
        Whether to restore lost leading zeros of zip codes.
    cluster
        Column of a sampling unit coarser than the speaker.
    max_quarantine
        Largest share of rows that may be unusable.
    counts
        Further columns of additive numbers with up to six decimals, such as ``["delay_ms", "duration"]``, names of
        :data:`fairaudit.core.derived.ON_DEMAND`, or thresholds such as ``"latency_ms>800"``, which count the rows with
        a larger number, for use in rates. A log that has these needs neither texts nor errors.
    needed
        Columns that are needed later, by the setting that names them, such as ``{"by": ["accent"]}``. A log without
        them is refused before its rows are read, if its header shows this.
    memory
        How much memory reading and summing the log may take, such as ``"500MB"``, beyond what Python and its libraries
        take, and results. What does not fit goes to files in the temporary folder. Results are the same.
    hypotheses
        A file, glob or folder with the hypotheses by utterance, in any format, for a log that has none. They are joined
        on ids that are equal as texts. An utterance without a match is a row without a hypothesis. Words of a CTM are
        joined with the segments of an STM by their times, as sclite does.
    metadata
        One or more files with further columns by utterance or speaker, such as Kaldi's ``utt2spk``. They are joined on
        utterance ids if they have them, and else on speaker ids. A file in which an id occurs twice is refused.
    engine
        Where files are read: in this process (``"embedded"``), or each by a worker of Dask (``"dask"``). With workers,
        the log is summed over speakers, places and labels, as a tally is, and gives the same audit. A function that
        does all parts of a :class:`fairaudit.engines.work.Work` is an engine as well. Files of counts are always read
        in this process.
    scheduler
        Address of a Dask scheduler. By default, the active client of this process is used, or else workers are started
        on this machine.
    jobs
        Number of workers that are started.
    where
        Column -> value of the rows that are read, such as ``{"model": "whisper"}`` for one system of a log with a row
        for each system and utterance. Values are compared as labels are. The other rows are left out and counted.

    Raises
    ------
    InputError
        If a file is unreadable, a column is missing, or too many rows are unusable.
    UsageError
        If an option has an invalid value.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"client_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
    >>> log = read_log(frame, columns={"speaker_id": "client_id"})
    >>> log.tally(["speaker_id"])[["errors", "words", "deletions"]].values.tolist()
    [[1, 3, 1]]
    """
    options: dict[str, Any] = {
        "columns": dict(columns),
        "format": format,
        "unit": unit,
        "normalizer": normalizer,
        "second_normalizer": second_normalizer,
        "strip_tags": strip_tags,
        "alternatives": alternatives,
        "missing_hypothesis": missing_hypothesis,
        "missing_speaker": missing_speaker,
        "reference_kind": reference_kind,
        "wrong_words": wrong_words,
        "keep_texts": keep_texts,
        "zip_pad": zip_pad,
        "cluster": cluster,
        "max_quarantine": max_quarantine,
        "counts": counts,
        "needed": dict(needed),
        "memory": memory,
        "where": dict(where),
    }
    source, options["hypotheses"], options["metadata"], notes = files_of(source, hypotheses, metadata)
    reading = reading_of(**options)
    if is_own(reading.normalizer.name):  # for workers, which may not see the file
        options["normalizer"] = reading.normalizer
    if reading.second is not None and is_own(reading.second.name):
        options["second_normalizer"] = reading.second
    if not callable(engine):
        require_one_of("engine", engine, ("embedded", "dask"))
    if wrong_words and engine != "embedded":
        raise UsageError(
            f"words are compared in this process; leave out {setting('wrong_words')} or {setting('engine')}"
        )
    if keep_texts and engine != "embedded":
        raise UsageError(f"texts are kept in this process; leave out {setting('keep_texts')} or {setting('engine')}")
    report("reading")
    is_joined = bool(reading.hypotheses or reading.metadata)
    here = EmbeddedEngine(memory=reading.memory)
    rows: pd.DataFrame | list[OpenedFile]
    if is_frame(source):
        if engine != "embedded":
            raise UsageError(f"a DataFrame is in this process; {setting('engine')} is where files are read")
        rows, columns_of_frame = source, with_composites([str(name) for name in source.columns], columns)
        if not is_joined:
            check_columns("<DataFrame>", columns_of_frame, arrange(columns_of_frame, columns, {}), reading)
    else:
        paths = expand(source)
        if not is_joined:
            check_header(paths[0], reading, here.scratch)
        if engine != "embedded" and not any(map(is_artefact_at, paths)):
            from fairaudit.engines.dask import on_dask
            from fairaudit.inputs.parts import read_parts

            with on_dask(scheduler, jobs) if engine == "dask" else nullcontext(engine) as gather:
                return read_parts(paths, options, gather, notes)
        rows = [open_file(path, here.scratch) for path in paths]
        rows[0].notes.extend(notes)
        if format in ("auto", "parquet") and any(map(is_artefact, rows)):
            return _restored(rows, reading, second_normalizer, here)
    return log_of_raw(ingest(rows, reading, here), reading, here, second_normalizer)


def log_of_raw(raw: RawLog, reading: Reading, engine: EmbeddedEngine, second_normalizer: Any) -> UtteranceLog:
    """Check the rows that are in an engine, and make a log of them.

    Parameters
    ----------
    raw, reading, engine
        What was read, with which options, and where the rows are.
    second_normalizer
        The second normaliser as it was asked for.
    """
    report("checking rows")
    types = engine.types(RAW)
    require_needed(raw.inputs[0].name, labels_among(types), reading.needed)
    counted = raw.token or unit_of_counts(types, reading.token)
    reading = with_kind(reading, raw, engine)
    rules = rules_for(types, reading, exposure=exposure_name(counted), scored=raw.token is not None)
    quality, findings, quarantine = check(rules, raw, reading, engine)
    unused = unused_options(reading, types, scored=raw.token is not None, second_normalizer=second_normalizer)
    quality = replace(quality, notes=(*quality.notes, *unused))
    return checked_log(
        raw, rules, reading, engine, counted, quality, replace(findings, notes=quality.notes), quarantine
    )


def _restored(
    files: Sequence[OpenedFile], reading: Reading, second_normalizer: Any, engine: EmbeddedEngine
) -> UtteranceLog:
    """Read files of counts as the log that they were made from."""
    whole = restore(files, engine)
    require_as_scored(" and ".join(file.name for file in files), whole, reading, second_normalizer)
    unused = set(RESCORED) if second_normalizer == "off" else set()
    counts = [name for name in whole.count_columns if name in (*COUNT_COLUMNS, *reading.counts, *RESCORED)]
    token = None if whole.normalizer is None or whole.unit == "none" else whole.unit
    rows, by_texts = whole.quality.rows_used, whole.normalizer is not None
    options = unused_options(reading, [*whole.columns, *counts], scored=by_texts, second_normalizer=second_normalizer)
    log = UtteranceLog(
        inputs=whole.inputs,
        quality=replace(
            whole.quality,
            coercions=whole.findings.coercions,
            joins=whole.findings.joins,
            notes=tuple(dict.fromkeys([*whole.quality.notes, *options])),
            caveats=caveats_of(
                whole.findings, rows, whole.cluster, token, whole.normalizers, whole.settings.get("reference_kind")
            ),
        ),
        unit=whole.unit,
        normalizer=whole.normalizer,
        second_normalizer=None if unused else whole.second_normalizer,
        settings=whole.settings,
        cluster=whole.cluster,
        zip_pad=whole.zip_pad,
        count_columns=tuple(name for name in counts if name not in unused),
        derived_columns=whole.derived_columns,
        columns=whole.columns,
        _quarantine=no_quarantine(),
        _engine=engine,
        _findings=whole.findings,
        _files=tuple(file.name for file in files),
        _summed=None if whole.kind == SCORED else Summed(len(files), whole.left_out, whole.shared_units),
    )
    if log.is_tally:
        refuse_quantiles(log.name, log.columns, reading.needed)
    log = add_thresholds(log, reading.thresholds)
    compared = [one.column for one in reading.thresholds]
    counted = [name for name in counts if name in reading.counts]
    require_needed(log.name, [*log.columns, *counted, *compared], reading.needed)
    return log
