"""Align the logs of several systems on the same utterances: add the counts of the others to the rows of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations, count
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import RESCORED, SPEAKER, UTTERANCE, system_column
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError, setting
from fairaudit.core.progress import report
from fairaudit.core.text import plain
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.pairing import MOST_UNLIKE, equal, lengths_of, measured_in, require_pairable
from fairaudit.inputs.rules import HASHES, HYPOTHESIS_HASH, REFERENCE_HASH

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["Alignment", "align"]

#: Share of the utterances of all logs that a system may lack.
_MOST_MISSING: Final = 0.01


@dataclass(frozen=True)
class Alignment:
    """How the utterances of several logs were aligned.

    Attributes
    ----------
    utterances
        Number of utterances in any of the logs.
    aligned
        Number of utterances that are compared: those in all logs with the same reference and sampling unit.
    missing
        Number of utterances that each system lacks, by its name.
    other_reference, other_speaker
        Number of utterances in all logs that are left out because their references or sampling units differ.
    """

    utterances: int
    aligned: int
    missing: Mapping[str, int]
    other_reference: int
    other_speaker: int


def align(logs: Mapping[str, UtteranceLog], *, allow_identical: bool = False) -> tuple[UtteranceLog, Alignment]:
    """Add the counts of several systems to those of the first, utterance by utterance.

    Parameters
    ----------
    logs
        Log of each system, by its name. Speakers, places and labels are those of the first.
    allow_identical
        Whether two systems may have recognised every utterance alike.

    Returns
    -------
    UtteranceLog, Alignment
        The utterances of the first log that all systems have, with a further column ``system_column(name, k)`` for
        every count column ``name`` and every system k but the first.

    Raises
    ------
    InputError
        If a log has no utterance ids, if the logs were not scored in the same way, if a system lacks more than 1 % of
        the utterances, if more than 1 % have different references or sampling units, or if two systems have the same
        results.
    NothingToAuditError
        If no utterance is in all logs.
    UsageError
        If there are fewer than two systems.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairaudit.inputs import read_log
    >>> rows = pd.DataFrame({"utterance_id": ["u1", "u2"], "speaker_id": "s", "errors": [1, 0], "words": [9, 8]})
    >>> logs = {f"system {n}": read_log(rows.assign(errors=[n, 2 * n])) for n in range(3)}
    >>> log, alignment = align(logs)
    >>> alignment.aligned, log.tally(["speaker_id"])[["errors", "errors of system 3"]].values.tolist()
    (2, [[0, 6]])
    """
    if len(logs) < 2:
        raise UsageError(f"a board compares at least two systems; there is {', '.join(map(plain, logs)) or 'none'}")
    report("aligning utterances")
    require_pairable({f"system {plain(name)}": log for name, log in logs.items()})
    first, *others = logs.values()
    unit = first.cluster or SPEAKER
    keyed = [unit] if all(unit in log.columns for log in others) else []
    counts = [n for n in first.count_columns if n not in RESCORED and all(n in log.count_columns for log in others)]
    hashed = all(log.has_hashes for log in logs.values())
    reference, hypothesis = ([REFERENCE_HASH], [HYPOTHESIS_HASH]) if hashed else ([], [])
    derived = [name for name in first.derived_columns if all(name in log.derived_columns for log in others)]
    wanted = ", ".join(map(identifier, [UTTERANCE, *keyed, *counts, *derived, *reference, *hypothesis]))
    engine = first._engine
    relations = [first._relation]
    for log in others:
        name = next(name for name in map("system {}".format, count(len(relations) + 1)) if not engine.has(name))
        batches = log._engine.batches(f"SELECT {wanted} FROM {identifier(log._relation)}")
        engine.store(name, batches, distinct=(UTTERANCE, *HASHES))
        relations.append(name)
    tables = [*map(identifier, relations)]
    union = " UNION ".join(f"SELECT {UTTERANCE} FROM {table}" for table in tables)
    utterances = int(engine.rows(f"SELECT count(*) FROM ({union})")[0][0])
    missing = {name: utterances - log.quality.rows_used for name, log in logs.items()}
    _require_complete(missing, utterances)
    aliases = [f"s{k}" for k in range(len(tables))]
    shared = f"{tables[0]} s0 " + " ".join(
        f"JOIN {table} {alias} USING ({UTTERANCE})" for table, alias in zip(tables[1:], aliases[1:], strict=True)
    )
    lengths = lengths_of(first, counts)
    same_reference, same_speaker = (
        " AND ".join(equal(columns, "s0", alias) for alias in aliases[1:])
        for columns in ([*lengths, *reference], keyed)
    )
    pairs = [*combinations(range(len(aliases)), 2)]
    used = f"{same_reference} AND {same_speaker}"
    results = [*counts, *measured_in(derived, counts), *hypothesis]
    changed = ", ".join(
        f"count(*) FILTER (WHERE {used} AND NOT {equal(results, aliases[i], aliases[j])})" for i, j in pairs
    )
    both, otherwise, elsewhere, *different = engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE NOT ({same_reference})), "
        f"count(*) FILTER (WHERE {same_reference} AND NOT ({same_speaker})), {changed} FROM {shared}"
    )[0]
    alignment = Alignment(utterances, both - otherwise - elsewhere, missing, otherwise, elsewhere)
    _require_same_material(both, alignment, unit)
    if not allow_identical:
        _require_different(dict(zip(pairs, different, strict=True)), [*logs])
    beside = ", ".join(
        f"{aliases[k]}.{identifier(name)} AS {identifier(system_column(name, k))}"
        for k in range(1, len(aliases))
        for name in (*counts, *derived)
    )
    relation = next(name for name in map("aligned {}".format, count(1)) if not engine.has(name))
    engine.view(relation, f"SELECT s0.*, {beside} FROM {shared} WHERE {used}")
    systems = range(1, len(aliases))
    counted = (*first.count_columns, *(system_column(name, k) for k in systems for name in counts))
    further = (*first.derived_columns, *(system_column(name, k) for k in systems for name in derived))
    return replace(first, count_columns=counted, derived_columns=further, _relation=relation), alignment


def _require_complete(missing: Mapping[str, int], utterances: int) -> None:
    """Refuse systems that lack many utterances, which could be those that they recognise worst."""
    lacking = {name: number for name, number in missing.items() if number > _MOST_MISSING * utterances}
    if lacking:
        listed = ", ".join(f"{plain(name)} lacks {number:,}" for name, number in lacking.items())
        raise InputError(
            f"of {utterances:,} utterances, {listed}; only utterances of all systems are compared, and a system may "
            f"lack at most {_MOST_MISSING:.0%} of them"
        )


def _require_same_material(both: int, alignment: Alignment, sampling_unit: str) -> None:
    if not both:
        raise NothingToAuditError(f"nothing to compare: no {UTTERANCE} is in the logs of all systems")
    for number, what in (
        (alignment.other_reference, "references"),
        (alignment.other_speaker, f"values of {sampling_unit!r}"),
    ):
        if number > MOST_UNLIKE * both:
            raise InputError(
                f"{number} of {both} utterances have different {what} in the logs of the systems, but at most "
                f"{MOST_UNLIKE:.0%} may; are the logs from the same test set, read with the same options?"
            )


def _require_different(different: Mapping[tuple[int, int], int], systems: list[str]) -> None:
    """Refuse two systems with the same results."""
    alike = next((pair for pair, number in different.items() if not number), None)
    if alike is not None:
        one, other = (plain(systems[k]) for k in alike)
        raise InputError(
            f"the systems {one} and {other} recognised every utterance alike, so they may be the same results; if they "
            f"are meant to be, say so ({setting('allow_identical', True)})"
        )
