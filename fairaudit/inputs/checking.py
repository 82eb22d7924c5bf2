"""Apply rules to the raw relation: use good rows, quarantine bad rows, or refuse the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import COORDINATES, COUNT_COLUMNS, LATITUDE, LONGITUDE, REFERENCE_KIND, UTTERANCE, ZIP_CODE
from fairaudit.core.errors import InputError
from fairaudit.core.privacy import at_most
from fairaudit.core.settings import PSEUDO
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.bands import band_caveats
from fairaudit.inputs.count_rules import count_rules
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.judging import FIRST_ROWS as _FIRST_ROWS
from fairaudit.inputs.judging import Faults, Problem, judge, require_usable
from fairaudit.inputs.judging import names_of as _names
from fairaudit.inputs.judging import row_list as _row_list
from fairaudit.inputs.kinds import OF_A_TEACHER, kind_rules
from fairaudit.inputs.mixed import mixed_systems, repeats_caveats, systems_of_duplicates
from fairaudit.inputs.place_rules import NOT_US, place_rules, zip_rules
from fairaudit.inputs.quality import DataQuality, Findings, Join, no_quarantine
from fairaudit.inputs.raw import RAW, InputFile, RawLog, Reading
from fairaudit.inputs.repeats import count_ids
from fairaudit.inputs.rules import (
    FILE,
    FLAGS,
    MISSING_ID,
    OF_TEXTS,
    OWN_SPEAKERS,
    RowCheck,
    Rules,
    cell,
    holds,
    id_rules,
    text_rules,
)
from fairaudit.inputs.scripts import caveats_of as caveats_of_scripts
from fairaudit.inputs.thresholds import threshold_rules
from fairaudit.inputs.unplaced import unplaced_caveats
from fairaudit.scoring import Normalizer, Token

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "QUARANTINED_AT_MOST",
    "UNUSABLE",
    "USED",
    "caveats_of",
    "check",
    "check_ids",
    "count_faults",
    "problems_of",
    "rules_for",
    "saying_what_did_not_match",
    "separate",
]

USED: Final = "used"
UNUSABLE: Final = "unusable"
#: Problems that a quarantine lists, and characters of a value in it.
QUARANTINED_AT_MOST: Final = 100_000
_SHOWN: Final = 1_000
_OURS: Final = {FILE, ROW, *FLAGS, *OF_TEXTS}


def rules_for(types: Mapping[str, str], reading: Reading, *, exposure: str | None, scored: bool) -> Rules:
    """Collect the rules for the columns of a raw relation."""
    rescored = [name for name in reading.rescored if scored and name in types]
    apart = {*COUNT_COLUMNS, *reading.counts, *rescored, *COORDINATES, ZIP_CODE, REFERENCE_KIND, *_OURS}
    texts = {name: kind for name, kind in types.items() if name not in apart}
    rules = id_rules(texts, reading.sampling_unit, reading.missing_speaker)
    rules += kind_rules(types, reading.reference_kind)
    if ZIP_CODE in types:
        rules += zip_rules(types[ZIP_CODE], pad=reading.zip_pad)
    if LATITUDE in types or LONGITUDE in types:
        rules += place_rules(types)
    rules += count_rules(types, exposure, reading.counts, (*reading.derived, *map(str, reading.thresholds)))
    rules += threshold_rules(types, reading.thresholds, reading.counts)
    if not scored:
        return rules
    kept = Rules({name: identifier(name) for name in (*rescored, *OF_TEXTS) if name in types})
    return rules + kept + text_rules(reading.missing_hypothesis)


def check(
    rules: Rules, raw: RawLog, reading: Reading, engine: EmbeddedEngine
) -> tuple[DataQuality, Findings, pa.Table]:
    """Check every row, and create the relation :data:`USED` of the usable rows.

    Returns
    -------
    quality, findings, quarantine
        Counts of all rows, the numbers behind the caveats, and a table (row, file, column, code, value) with one row
        per problem.

    Raises
    ------
    InputError
        If a problem affects the whole log, or too many rows are unusable. The message lists all problems.
    NothingToAuditError
        If no usable row is left.
    """
    alike, missing = check_ids(engine, raw.inputs, raw.rows, reading)
    if not missing and rules.values.get(UTTERANCE) == cell(UTTERANCE):  # so that they need not be read again
        rules = replace(rules, checks=tuple(one for one in rules.checks if one.code != MISSING_ID))
    faults, changed = count_faults(rules, engine)
    if faults.exceed(reading.max_quarantine):
        with saying_what_did_not_match(raw.joins):
            judge(raw.inputs, replace(faults, problems=problems_of(rules, engine)), reading.max_quarantine)
    require_usable(raw.inputs, faults)
    quality, changes, quarantine, problems = separate(rules, faults, changed, raw, engine)
    listed = f"the quarantine lists the first {QUARANTINED_AT_MOST:,} of {problems:,} problems"
    findings = Findings(changes | mixed_systems(engine, raw, reading), alike, raw.scripts, joins=raw.joins)
    quality = replace(
        quality,
        coercions=findings.coercions,
        notes=(*raw.notes, listed) if problems > len(quarantine) else raw.notes,
        caveats=caveats_of(
            findings, quality.rows_used, reading.cluster, raw.token, reading.normalizers, reading.reference_kind
        ),
        joins=findings.joins,
    )
    return quality, findings, quarantine


@contextmanager
def saying_what_did_not_match(joins: Sequence[Join]) -> Iterator[None]:
    """Add to an error which joined files do not match the log, because they may be its cause."""
    try:
        yield
    except InputError as error:
        incomplete = [join for join in joins if join.matched < join.rows]
        sentences = [part for join in incomplete for part in (join.sentence, join.examples) if part]
        if not sentences:
            raise
        raise InputError("; ".join([str(error.args[0]), *sentences])) from None


def count_faults(rules: Rules, engine: EmbeddedEngine) -> tuple[Faults, list[int]]:
    """Count the unusable rows of a log, or of a part of one, and those with a problem that may be fatal.

    Returns
    -------
    faults, changed
        The faults, and the number of rows with each change, also in unusable rows.
    """
    singles = [one for one in rules.checks if one.single]
    fatal = {place: one for place, one in enumerate(rules.checks) if one.fatal is not None}
    (rows, bad), changed, failing, among = _count(
        engine,
        ["true", _any(singles)],
        list(rules.coercions.values()),
        [one.failing for one in fatal.values()],
        [one.among for one in fatal.values()],
    )
    faulty = bad
    if bad and any(one.asked_for for one in singles):
        ((faulty,),) = _count(engine, [_any([one for one in singles if not one.asked_for])])
    numbers = zip(fatal.items(), failing, among, strict=True)
    return Faults(rows, bad, faulty, tuple(Problem.of(place, one, n, of) for (place, one), n, of in numbers)), changed


def problems_of(rules: Rules, engine: EmbeddedEngine) -> tuple[Problem, ...]:
    """Count the rows that fail each check, and find the first of them."""
    failing, among = _count(engine, [one.failing for one in rules.checks], [one.among for one in rules.checks])
    return tuple(
        Problem.of(place, one, n, of, _first_rows(one, engine) if n else ())
        for place, (one, n, of) in enumerate(zip(rules.checks, failing, among, strict=True))
    )


def separate(
    rules: Rules, faults: Faults, changed: Sequence[int], raw: RawLog, engine: EmbeddedEngine
) -> tuple[DataQuality, dict[str, int], pa.Table, int]:
    """Create the relation :data:`USED` of the usable rows.

    Returns
    -------
    quality, changes, quarantine, problems
        Numbers of rows, numbers of changes in usable rows, a table with one row per problem, and how many there are.
    """
    unusable = _any([one for one in rules.checks if one.single])
    if faults.unusable:
        engine.keep(UNUSABLE, f"SELECT * FROM {RAW} WHERE {unusable}")
        (among_unusable,) = _count(engine, list(rules.coercions.values()), relation=UNUSABLE)
        changed = [n - other for n, other in zip(changed, among_unusable, strict=True)]
    values = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in rules.values.items())
    derived = "".join(f", {sql} AS {identifier(name)}" for name, sql in rules.derived.items())
    usable = f"SELECT {values} FROM {RAW}" + (f" WHERE NOT {unusable}" if faults.unusable else "")
    engine.view(USED, f"SELECT *{derived} FROM ({usable})")
    checks = [one for one in rules.checks if one.single] if faults.unusable else ()
    quarantine, by_code, problems = _quarantine(engine, checks, raw.inputs)
    quality = DataQuality(
        faults.rows + raw.left_out, faults.rows - faults.unusable, faults.unusable, by_code, rows_left_out=raw.left_out
    )
    changes = {**dict(zip(rules.coercions, changed, strict=True)), **raw.changes}
    return quality, changes, quarantine, problems


def caveats_of(
    findings: Findings,
    rows: int,
    cluster: str | None,
    token: Token | None,
    normalizers: Sequence[Normalizer],
    reference_kind: str | None,
) -> tuple[str, ...]:
    """Write the caveats of a log.

    Parameters
    ----------
    findings
        What was found when the log was read.
    rows
        Number of rows that are used.
    cluster
        Column of the sampling unit, if that is not the speaker.
    token, normalizers
        How texts were counted and normalised, if the log holds texts.
    reference_kind
        ``"pseudo"`` if the references are those of a teacher model.
    """
    scripts = findings.scripts
    return (
        *((OF_A_TEACHER,) if reference_kind == PSEUDO else ()),
        *(() if scripts is None or token is None else caveats_of_scripts(scripts, token, *normalizers)),
        *_alike(findings.alike_ids),
        *_unknown(findings.changes.get(OWN_SPEAKERS, 0), rows, cluster),
        *_no_zips(findings.changes.get(NOT_US, 0)),
        *(join.caveat for join in findings.joins if join.caveat),
        *unplaced_caveats(findings.changes),
        *band_caveats(findings.changes),
        *repeats_caveats(findings.changes),
    )


def _any(checks: Sequence[RowCheck]) -> str:
    return holds(" OR ".join(f"({one.failing})" for one in checks) or "false")


def _count(engine: EmbeddedEngine, *groups: Sequence[str], relation: str = RAW) -> list[list[int]]:
    """Count the rows that satisfy each predicate, in one pass; returns one list of counts per group of predicates."""
    predicates = [sql for group in groups for sql in group]
    different = [*dict.fromkeys(predicates)]
    counts = ", ".join(f"count(*) FILTER (WHERE {sql})" for sql in different)
    numbers = dict(zip(different, engine.rows(f"SELECT {counts} FROM {relation}")[0], strict=True))
    return [[numbers[sql] for sql in group] for group in groups]


def _first_rows(one: RowCheck, engine: EmbeddedEngine) -> tuple[tuple[int, int], ...]:
    """Return the file and the row of the first rows that fail a check."""
    rows = engine.rows(f"SELECT {FILE}, {ROW} FROM {RAW} WHERE {holds(one.failing)} ORDER BY ALL LIMIT {_FIRST_ROWS}")
    return tuple((file, row) for file, row in rows)


def check_ids(
    engine: EmbeddedEngine, inputs: Sequence[InputFile], rows: int, reading: Reading | None = None
) -> tuple[int, int]:
    """Raise if an utterance id occurs twice; count those that look alike, and missing ones. Comparing hashes is cheap.

    Returns
    -------
    alike, missing
        Numbers of rows.
    """
    if UTTERANCE not in engine.types(RAW):
        return 0, 0
    (same, alike), ids = count_ids(engine, RAW, cell(UTTERANCE), rows)
    if same:
        _refuse_duplicates(engine, inputs, reading)
    return alike - same, rows - ids


def _alike(n: int) -> tuple[str, ...]:
    """Say how many utterance ids look like another one."""
    ids = "1 id differs" if n == 1 else f"{n:,} ids differ"
    why = "from another one only in case, blanks, leading zeros or number format, so utterances may be counted twice"
    return (f"{UTTERANCE}: {ids} {why}",) if n else ()


def _unknown(n: int, rows: int, cluster: str | None) -> tuple[str, ...]:
    """Say how many rows count as a speaker of their own, because their speaker is unknown."""
    whose = "speaker" if cluster is None else repr(cluster)
    several = f"one {whose} may have said several of them"
    if not n:
        return ()
    if n < rows:
        return (
            f"{n:,} of {rows:,} utterances have no {whose}. Each counts as one of its own, although {several}, so "
            "p-values and intervals are too confident",
        )
    what = "speakers" if cluster is None else f"every {whose}"
    return (f"{n:,} utterances, {what} unknown: p-values and intervals are too confident, because {several}",)


def _no_zips(n: int) -> tuple[str, ...]:
    """Say how many cells are no zip codes, rounded up."""
    rows = f"up to {at_most(n):,} rows have codes that are"
    return (f"{ZIP_CODE}: {rows} no zip code of the United States, and count as missing",) if n else ()


def _refuse_duplicates(engine: EmbeddedEngine, inputs: Sequence[InputFile], reading: Reading | None) -> None:
    """Raise if an utterance id occurs twice."""
    key = cell(UTTERANCE)
    twice = f"SELECT {key} AS id FROM {RAW} WHERE {key} IS NOT NULL GROUP BY id HAVING count(*) > 1"
    n = engine.rows(f"SELECT count(*) FROM ({twice})")[0][0]
    if not n:
        return
    examples = engine.rows(
        f"SELECT id, list({{'file': {FILE}, 'row': {ROW}}} ORDER BY {FILE}, {ROW}) FROM ({twice} ORDER BY id LIMIT "
        f"{_FIRST_ROWS}) JOIN {RAW} ON id = {key} GROUP BY id ORDER BY id"
    )
    listed = "; ".join(
        f"{name!r} in {_row_list([(row['file'], row['row']) for row in rows[:_FIRST_ROWS]], len(rows), inputs)}"
        for name, rows in examples
    )
    more = f" and {n - len(examples)} more" if n > len(examples) else ""
    systems = systems_of_duplicates(engine, reading) if reading is not None else ""
    raise InputError(f"{_names(inputs)}: {n} utterance ids occur more than once: {listed}{more}{systems}")


def _quarantine(
    engine: EmbeddedEngine, checks: Sequence[RowCheck], inputs: Sequence[InputFile]
) -> tuple[pa.Table, dict[str, int], int]:
    """List the problems of the rows in :data:`UNUSABLE`; count rows by code of their problems, and all problems."""
    if not checks:
        return no_quarantine(), {}, 0
    types = engine.types(RAW)
    problems = ", ".join(
        f"CASE WHEN {holds(one.failing)} THEN {{'column': {literal(one.column)}, 'code': {literal(one.code)}, "
        f"'value': left(CAST({identifier(one.column) if one.column in types else 'NULL'} AS VARCHAR), {_SHOWN})}} END"
        for one in checks
    )
    listed = (
        f"(SELECT row, file, p.column AS column, p.code AS code, p.value AS value FROM (SELECT {ROW} AS row, "
        f"{FILE} AS file, unnest([{problems}]) AS p FROM {UNUSABLE}) WHERE p IS NOT NULL)"
    )
    counts = engine.rows(
        f"SELECT code, count(DISTINCT {{'file': file, 'row': row}}), count(*) FROM {listed} GROUP BY 1"
    )
    table = engine.table(f"SELECT * FROM {listed} ORDER BY ALL LIMIT {QUARANTINED_AT_MOST}")
    names = [inputs[number].name for number in table["file"].to_pylist()]
    by_code = {code: rows for code, rows, _ in sorted(counts)}
    return table.set_column(table.column_names.index("file"), "file", [names]), by_code, sum(n for _, _, n in counts)
