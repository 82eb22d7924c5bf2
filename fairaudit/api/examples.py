"""List the utterances of a cohort that were recognised worst, to listen to."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fairaudit.api.audit import assign
from fairaudit.api.logs import LogLike, log_of
from fairaudit.core.columns import DELETIONS, ERRORS, INSERTIONS, SPEAKER, SUBSTITUTIONS, UTTERANCE, names
from fairaudit.core.errors import NothingToAuditError, UsageError, unknown_name
from fairaudit.core.signature import signature
from fairaudit.inputs.copying import OFFSET
from fairaudit.inputs.formats.jsonlines import AUDIO
from fairaudit.inputs.kept_texts import kept_texts, require_texts
from fairaudit.scoring.alignments import alignment_view

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["check_examples", "examples"]

_RATE: Final = "rate"
#: What utterances can be ordered by, highest first.
_ORDERS: Final = (ERRORS, _RATE, SUBSTITUTIONS, DELETIONS, INSERTIONS)
#: Columns that usually name the recording of an utterance, the first that a log has.
_AUDIO: Final = (AUDIO, "audio_path", "audio_file", "audio", "wav", "path")
#: An id that is the name of a recording, and one of a segment of it.
_IS_AUDIO: Final = re.compile(r"(?is).+\.(wav|flac|mp3|m4a|aac|ogg|oga|opus|wma|webm|mp4|sph|aiff?)")
_SEGMENT: Final = re.compile(r"@[0-9.e+-]+$")


def examples(
    log: LogLike,
    model: CohortModel,
    *,
    cohort: str | int | None = None,
    top: int = 20,
    order: str = ERRORS,
    per_speaker: int | None = None,
    audio_column: str | None = None,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """List the utterances of a frozen cohort with the most errors, with their texts, aligned.

    These are words and ids of people: treat them like the log. No result of an audit holds them.

    Parameters
    ----------
    log
        A log of texts with utterance ids, as in :func:`audit`. A log that is already read needs ``keep_texts``.
    model
        Frozen cohorts. The log is scored with their settings.
    cohort
        Label or id of a cohort; by default, the bottom cohort.
    top
        Number of utterances at most.
    order
        What the worst have most of: ``"errors"``, ``"rate"`` (errors per word), ``"substitutions"``, ``"deletions"`` or
        ``"insertions"``. Ties are broken by the rate (or, if that decides, by errors), and then by id. A hallucination
        loop has many insertions.
    per_speaker
        Number of utterances of one speaker at most; by default, there is no limit.
    audio_column
        Column that names the recordings. By default, it is ``audio_filepath``, ``path`` or the like, if the log has
        one, or else the ids, if they end like audio files.
    census, crosswalk, embeddings
        As in :func:`audit`.

    Returns
    -------
    DataFrame
        One row for each utterance with errors of the kind, worst first: ``utterance_id``, ``speaker_id``, ``cohort``,
        ``errors``, ``words`` (or what else is counted), ``rate`` (missing for an empty reference), ``substitutions``,
        ``deletions``, ``insertions``, ``reference`` and ``hypothesis`` as they were scored, ``alignment`` (lines of
        jiwer), ``audio`` if recordings are known, ``offset`` and ``duration`` in seconds if they are segments, and
        ``signature``, which says how texts were scored.

    Raises
    ------
    InputError
        If the log holds counts, lacks ids or a column, or was scored in another way than that of the cohorts.
    UsageError
        If an option is invalid, or a log was read without keeping its texts.
    NothingToAuditError
        If the cohort has no utterance with such errors in this log, or there is no bottom cohort.

    Examples
    --------
    >>> import fairaudit
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> model = fairaudit.discover(rows, fairaudit.NamedColumns("device"), fairaudit.Named("device"))
    >>> worst = fairaudit.examples(rows, model, top=3)
    >>> len(worst), bool(worst["errors"].is_monotonic_decreasing), worst["alignment"][0][:4]
    (3, True, 'REF:')
    """
    check_examples(model, cohort=cohort, top=top, order=order, per_speaker=per_speaker)
    log = log_of(log, scoring=model.scoring, keep_texts=True, needed={"audio_column": names(audio_column or ())})
    require_texts(log)
    assert log.unit != "none"  # errors of texts are counted
    chosen = _cohort_ids(model, cohort)
    rows = assign(log, model, census=census, crosswalk=crosswalk, embeddings=embeddings, per="utterance")
    rows = rows.loc[rows["cohort_id"].isin(chosen), [UTTERANCE, SPEAKER, "cohort"]]
    if not len(rows):
        raise NothingToAuditError(f"no utterance of this log is in {_named(model, cohort)}")
    worst = _worst(rows, log, order, per_speaker).head(top)
    if not len(worst):
        raise NothingToAuditError(f"no utterance of {_named(model, cohort)} has {_counted(order)}")
    audio = audio_column or next((name for name in _AUDIO if name in log.columns), UTTERANCE)
    segments = [name for name in (OFFSET, "duration") if OFFSET in log.columns and name in log.columns]
    texts = kept_texts(log, worst[UTTERANCE].tolist(), [*({audio} - {UTTERANCE}), *segments]).reset_index()
    pairs = zip(texts["reference"], texts["hypothesis"], strict=True)
    worst["reference"], worst["hypothesis"] = texts["reference"], texts["hypothesis"]
    worst["alignment"] = [alignment_view(*pair, token=log.unit) for pair in pairs]
    files = texts[audio]
    if audio == UTTERANCE and segments:
        files = files.str.replace(_SEGMENT, "", regex=True)
    if audio_column or audio != UTTERANCE or files.str.fullmatch(_IS_AUDIO).all():
        worst["audio"] = files
        for name in segments:
            seconds = pd.to_numeric(texts[name], errors="coerce").astype(float)
            worst[name] = seconds.where(np.isfinite(seconds))
    worst["signature"] = signature(log.scoring)
    worst.attrs |= {"found_by": model.title, "order": order, "token": log.unit}
    return worst


def check_examples(
    model: CohortModel,
    *,
    cohort: str | int | None = None,
    top: int = 20,
    order: str = ERRORS,
    per_speaker: int | None = None,
) -> None:
    """Check options of :func:`examples` before a long log is read.

    Raises
    ------
    UsageError
        If a value is not allowed, or no cohort has the label or id.
    NothingToAuditError
        If the bottom cohort is asked for, and there is none.
    """
    _cohort_ids(model, cohort)
    if order not in _ORDERS:
        raise UsageError(unknown_name("value of order", order, _ORDERS))
    for name, n in (("top", top), ("per_speaker", per_speaker)):
        if n is not None and n < 1:
            raise UsageError(f"{name} must be at least 1, not {n}")


def _worst(rows: pd.DataFrame, log: UtteranceLog, order: str, per_speaker: int | None) -> pd.DataFrame:
    """Return the utterances with errors of the kind that orders them, worst first, with their counts."""
    kinds = [ERRORS, log.exposure, SUBSTITUTIONS, DELETIONS, INSERTIONS]
    counts = log.tally([UTTERANCE])[kinds]
    worst = rows.join(counts, on=UTTERANCE)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = worst[ERRORS].to_numpy(float) / worst[log.exposure].to_numpy(float)
    worst.insert([*worst.columns].index(log.exposure) + 1, _RATE, rate)
    worst = worst[worst[ERRORS if order == _RATE else order] > 0]
    ties = ERRORS if order == _RATE else _RATE
    worst = worst.sort_values([order, ties, UTTERANCE], ascending=[False, False, True])
    if per_speaker is not None:
        worst = worst.groupby(SPEAKER, sort=False).head(per_speaker)
    return worst.replace({_RATE: np.inf}, np.nan).reset_index(drop=True)


def _cohort_ids(model: CohortModel, cohort: str | int | None) -> list[int]:
    """Return the ids of the bottom cohort, or of the cohort with a label or an id."""
    if cohort is None:
        if model.bottom is None:
            raise NothingToAuditError(f"{model.title} has no bottom cohort: no cohort was large enough; name one")
        return [*model.bottom.cohorts]
    ids = range(model.rule.n_cohorts)
    labels = [model.rule.label(i) for i in ids]
    matches = [i for i in ids if labels[i] == cohort] or [i for i in ids if str(i) == str(cohort)]
    if not matches:
        raise UsageError(unknown_name("cohort", str(cohort), labels))
    if len(matches) > 1:
        raise UsageError(f"{len(matches)} cohorts are called {cohort!r}; give an id, which is one of {matches}")
    return matches


def _named(model: CohortModel, cohort: str | int | None) -> str:
    return f"the bottom cohort of {model.title}" if cohort is None else f"cohort {cohort!r} of {model.title}"


def _counted(order: str) -> str:
    return ERRORS if order == _RATE else order
