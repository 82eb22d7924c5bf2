"""Pair two logs of the same utterances: add the counts of the second to the rows of the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from fairaudit.core.columns import CHARACTERS, RESCORED, SPEAKER, UTTERANCE, WORDS, candidate_column
from fairaudit.core.errors import InputError, NothingToAuditError, setting
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.suggesting import lacking

__all__ = ["Pairing", "pair"]

#: Share of shared utterances that may differ in reference or speaker; a larger share means another test set.
_MOST_UNLIKE: Final = 0.01


@dataclass(frozen=True)
class Pairing:
    """How the utterances of two logs were paired.

    Attributes
    ----------
    paired
        Number of utterances in both logs; only these are compared.
    only_before, only_after
        Number of utterances in only one of the logs.
    other_reference
        Number of shared ids whose references differ in length. They are not the same material, so they are left out.
    other_speaker
        Number of shared ids with different sampling units, which are left out too.
    """

    paired: int
    only_before: int
    only_after: int
    other_reference: int
    other_speaker: int


def pair(baseline: UtteranceLog, candidate: UtteranceLog) -> tuple[UtteranceLog, Pairing]:
    """Add the counts of a candidate to those of a baseline, utterance by utterance.

    Parameters
    ----------
    baseline
        Log of the baseline, from which speakers, places and labels are taken.
    candidate
        Log of the same utterances, recognised by the candidate.

    Returns
    -------
    UtteranceLog, Pairing
        The shared utterances of the baseline, and how utterances were paired. The log has a further column
        ``candidate_column(name)`` for every count column ``name`` of both logs, except those of a second normaliser.
        References are considered the same if they have the same length.

    Raises
    ------
    InputError
        If a log has no utterance ids, if the logs were not counted in the same way, or if more than 1 % of the shared
        utterances have different references or speakers.
    NothingToAuditError
        If the logs share no utterance.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairaudit.inputs import read_log
    >>> base = pd.DataFrame({"utterance_id": ["u1", "u2"], "speaker_id": "s", "errors": [1, 0], "words": [9, 8]})
    >>> log, pairing = pair(read_log(base), read_log(base.head(1).assign(errors=3)))
    >>> pairing.paired, pairing.only_before, log.tally(["speaker_id"])[["errors", "errors candidate"]].values.tolist()
    (1, 1, [[1, 3]])
    """
    _require_alike(baseline, candidate)
    sampling_unit = baseline.cluster or SPEAKER
    keys = [UTTERANCE, *([sampling_unit] if sampling_unit in candidate.columns else [])]
    counts = [name for name in baseline.count_columns if name in candidate.count_columns and name not in RESCORED]
    engine = baseline._engine
    theirs = next(name for name in map("candidate {}".format, count()) if not engine.has(name))
    wanted = ", ".join(identifier(name) for name in (*keys, *counts))
    for batch in candidate._engine.batches(f"SELECT {wanted} FROM {identifier(candidate._relation)}"):
        engine.append(theirs, batch, integers=counts)
    shared = f"{identifier(baseline._relation)} b JOIN {identifier(theirs)} c USING ({UTTERANCE})"
    lengths = [name for name in (WORDS, CHARACTERS) if name in counts]
    same_reference = "(" + " AND ".join(f"b.{name} = c.{name}" for name in lengths) + ")"
    same_speaker = f"b.{identifier(sampling_unit)} = c.{identifier(sampling_unit)}" if sampling_unit in keys else "true"
    both, otherwise, elsewhere = engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE NOT {same_reference}), "
        f"count(*) FILTER (WHERE {same_reference} AND NOT {same_speaker}) FROM {shared}"
    )[0]
    pairing = Pairing(
        paired=both - otherwise - elsewhere,
        only_before=baseline.quality.rows_used - both,
        only_after=candidate.quality.rows_used - both,
        other_reference=otherwise,
        other_speaker=elsewhere,
    )
    _require_same_material(both, pairing, sampling_unit)
    beside = ", ".join(f"c.{identifier(name)} AS {identifier(candidate_column(name))}" for name in counts)
    relation = f"paired with {theirs}"
    engine.view(relation, f"SELECT b.*, {beside} FROM {shared} WHERE {same_reference} AND {same_speaker}")
    columns = (*baseline.count_columns, *map(candidate_column, counts))
    return replace(baseline, count_columns=columns, _relation=relation), pairing


def _require_alike(baseline: UtteranceLog, candidate: UtteranceLog) -> None:
    for name, log in (("the baseline", baseline), ("the candidate", candidate)):
        if UTTERANCE not in log.columns:
            raise InputError(
                f"utterances are paired by {UTTERANCE!r}; {name}: {lacking('log', [UTTERANCE], log.columns)}"
            )
    if baseline.exposure != candidate.exposure:
        raise InputError(
            f"the baseline counts {baseline.exposure}, the candidate {candidate.exposure}; read both with the same "
            f"{setting('unit')}"
        )
    normalizers = {log.normalizer for log in (baseline, candidate)} - {None}
    if len(normalizers) > 1:
        raise InputError(f"the logs were scored with different normalizers, {sorted(map(str, normalizers))}")


def _require_same_material(both: int, pairing: Pairing, sampling_unit: str) -> None:
    if not both:
        raise NothingToAuditError(
            f"nothing to compare: the logs share no {UTTERANCE} "
            f"({pairing.only_before} in the baseline, {pairing.only_after} in the candidate)"
        )
    for number, what in (
        (pairing.other_reference, "references"),
        (pairing.other_speaker, f"values of {sampling_unit!r}"),
    ):
        if number > _MOST_UNLIKE * both:
            raise InputError(
                f"{number} of {both} shared utterances have different {what} in the two logs, but at most "
                f"{_MOST_UNLIKE:.0%} may; are the logs from the same test set, read with the same options?"
            )
