"""Pair two logs of the same utterances: add the counts of the second to the rows of the first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from fairaudit.core.columns import EXPOSURES, RESCORED, SPEAKER, UTTERANCE, candidate_column
from fairaudit.core.derived import is_on_demand, millionths
from fairaudit.core.errors import InputError, NothingToAuditError, setting
from fairaudit.core.progress import report
from fairaudit.core.settings import ScoringDoc, require_alike
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.rules import HASHES, HYPOTHESIS_HASH, REFERENCE_HASH
from fairaudit.inputs.suggesting import lacking

__all__ = ["MOST_UNLIKE", "Pairing", "equal", "lengths_of", "measured_in", "pair", "require_pairable"]

#: Share of shared utterances that may differ in reference or speaker; a larger share means another test set.
MOST_UNLIKE: Final = 0.01


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
        Number of shared ids with different references. They are not the same material, so they are left out.
    other_speaker
        Number of shared ids with different sampling units, which are left out too.
    """

    paired: int
    only_before: int
    only_after: int
    other_reference: int
    other_speaker: int


def pair(
    baseline: UtteranceLog, candidate: UtteranceLog, *, allow_identical: bool = False
) -> tuple[UtteranceLog, Pairing]:
    """Add the counts of a candidate to those of a baseline, utterance by utterance.

    Parameters
    ----------
    baseline
        Log of the baseline, from which speakers, places and labels are taken.
    candidate
        Log of the same utterances, recognised by the candidate.
    allow_identical
        Whether the candidate may have recognised every utterance as the baseline did.

    Returns
    -------
    UtteranceLog, Pairing
        The shared utterances of the baseline, and how utterances were paired. The log has a further column
        ``candidate_column(name)`` for every count column ``name`` of both logs, except those of a second normaliser.
        References are the same if they are equal after normalisation. Those of logs of counts, and of scored logs, are
        the same if they have the same length, which those with alternatives do not have.

    Raises
    ------
    InputError
        If a log has no utterance ids, if the logs were not scored in the same way, if more than 1 % of the shared
        utterances have different references or speakers, or if both logs hold the same results.
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
    report("pairing utterances")
    require_pairable({"the baseline": baseline, "the candidate": candidate})
    sampling_unit = baseline.cluster or SPEAKER
    keys = [UTTERANCE, *([sampling_unit] if sampling_unit in candidate.columns else [])]
    counts = [name for name in baseline.count_columns if name in candidate.count_columns and name not in RESCORED]
    hashed = baseline.has_hashes and candidate.has_hashes
    reference, hypothesis = ([REFERENCE_HASH], [HYPOTHESIS_HASH]) if hashed else ([], [])
    derived = [name for name in baseline.derived_columns if name in candidate.derived_columns]
    wanted = [*keys, *counts, *derived, *reference, *hypothesis]
    engine = baseline._engine
    theirs = next(name for name in map("candidate {}".format, count()) if not engine.has(name))
    columns = ", ".join(map(identifier, wanted))
    batches = candidate._engine.batches(f"SELECT {columns} FROM {identifier(candidate._relation)}")
    engine.store(theirs, batches, distinct=(UTTERANCE, *HASHES))
    shared = f"{identifier(baseline._relation)} b JOIN {identifier(theirs)} c USING ({UTTERANCE})"
    same_reference = equal([*lengths_of(baseline, counts), *reference])
    same_speaker = equal([sampling_unit] if sampling_unit in keys else [])
    same_results = equal([*counts, *measured_in(derived, counts), *hypothesis])
    both, otherwise, elsewhere, changed = engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE NOT {same_reference}), "
        f"count(*) FILTER (WHERE {same_reference} AND NOT {same_speaker}), "
        f"count(*) FILTER (WHERE {same_reference} AND {same_speaker} AND NOT {same_results}) FROM {shared}"
    )[0]
    pairing = Pairing(
        paired=both - otherwise - elsewhere,
        only_before=baseline.quality.rows_used - both,
        only_after=candidate.quality.rows_used - both,
        other_reference=otherwise,
        other_speaker=elsewhere,
    )
    _require_same_material(both, pairing, sampling_unit)
    if not (changed or allow_identical):
        raise InputError(_identical(baseline, candidate, pairing.paired))
    beside = ", ".join(f"c.{identifier(name)} AS {identifier(candidate_column(name))}" for name in (*counts, *derived))
    relation = f"paired with {theirs}"
    engine.view(relation, f"SELECT b.*, {beside} FROM {shared} WHERE {same_reference} AND {same_speaker}")
    counted = (*baseline.count_columns, *map(candidate_column, counts))
    further = (*baseline.derived_columns, *map(candidate_column, derived))
    return replace(baseline, count_columns=counted, derived_columns=further, _relation=relation), pairing


def lengths_of(log: UtteranceLog, counts: Collection[str]) -> list[str]:
    """Return the counts that show how long references are; with alternatives, it depends on the hypothesis."""
    return [] if log.settings.get("alternatives") else [name for name in EXPOSURES.values() if name in counts]


def measured_in(derived: Collection[str], counts: Collection[str]) -> list[str]:
    """Return the derived columns that other counts do not decide: decimals, and rows above a threshold.

    Examples
    --------
    >>> measured_in(["errors in loops", "millionths of seconds", "latency_ms>800"], ["errors", "seconds"])
    ['millionths of seconds', 'latency_ms>800']
    """
    decimals = {*map(millionths, counts)}
    return [name for name in derived if name in decimals or is_on_demand(name)]


def equal(columns: Iterable[str], left: str = "b", right: str = "c") -> str:
    """Return SQL for "these columns are equal in both logs", given the aliases of the logs.

    Examples
    --------
    >>> equal(["words"]), equal([])
    ('(b."words" = c."words")', '(true)')
    """
    conditions = (f"{left}.{identifier(name)} = {right}.{identifier(name)}" for name in columns)
    return f"({' AND '.join(conditions) or 'true'})"


def require_pairable(logs: Mapping[str, UtteranceLog]) -> None:
    """Make sure that logs have utterance ids and were scored in the same way as the first.

    Parameters
    ----------
    logs
        The logs by what messages call them, such as "the candidate".

    Raises
    ------
    InputError
        If a log is a tally, lacks ids, or was scored with another setting.
    """
    for name, log in logs.items():
        if log.is_tally:
            raise InputError(
                f"{name} ({log.name}) is a tally, which has no utterances to pair; compare the logs, or the files of "
                "fairaudit score"
            )
        if UTTERANCE not in log.columns:
            raise InputError(
                f"utterances are paired by {UTTERANCE!r}; {name}: {lacking('log', [UTTERANCE], log.columns)}"
            )
    (first, reference), *others = logs.items()
    for name, log in others:
        both = f"{first} ({reference.name})", f"{name} ({log.name})"
        require_alike(_of_texts(reference), _of_texts(log), both, advice="read both with the same settings")
    if reference.settings.get("alternatives") and not all(log.has_hashes for log in logs.values()):
        raise InputError(
            f"{', '.join(f'{name} ({log.name})' for name, log in logs.items())}: their references list alternatives, "
            "and at least one is a file of counts, so that it cannot be seen whether they have the same references; "
            "compare the logs of texts"
        )


def _of_texts(log: UtteranceLog) -> ScoringDoc:
    """Return the settings that have to be alike; speakers and sampling units are those of the baseline."""
    scoring = log.scoring
    del scoring["cluster"], scoring["missing_speaker"]
    return scoring


def _identical(baseline: UtteranceLog, candidate: UtteranceLog, paired: int) -> str:
    """Say that both logs hold the same results, and whether they are the same file."""
    files = [sorted((file.sha256, file.measured) for file in log.inputs) for log in (baseline, candidate)]
    what = "the same content" if files[0] == files[1] else "the same results"
    return (
        f"the candidate ({candidate.name}) has {what} as the baseline ({baseline.name}): all {paired} paired "
        f"utterances were recognised alike, so there is nothing to compare; a comparison of a recogniser with itself "
        f"needs {setting('allow_identical', True)}"
    )


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
        if number > MOST_UNLIKE * both:
            raise InputError(
                f"{number} of {both} shared utterances have different {what} in the two logs, but at most "
                f"{MOST_UNLIKE:.0%} may; are the logs from the same test set, read with the same options?"
            )
