"""Judge a log that was read in parts as a whole, and make a log of its sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import UTTERANCE
from fairaudit.core.errors import FairauditError, InputError
from fairaudit.core.labels import label_key
from fairaudit.core.signature import software
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, parquet_scan
from fairaudit.inputs.adding import add_up, require_same_settings
from fairaudit.inputs.artefact import Artefact
from fairaudit.inputs.bands import refuse_quantiles
from fairaudit.inputs.checked import in_order
from fairaudit.inputs.checking import USED, caveats_of, saying_what_did_not_match
from fairaudit.inputs.copying import difference
from fairaudit.inputs.households import may_be_shared
from fairaudit.inputs.ingest import note_segments
from fairaudit.inputs.judging import FIRST_ROWS, Faults, judge, names_of, require_usable, row_list
from fairaudit.inputs.labels import LABELS_AT_MOST, Values
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.mixed import require_one_system
from fairaudit.inputs.naming import require_needed
from fairaudit.inputs.parts.facts import PartDoc, facts_of
from fairaudit.inputs.parts.ids import total_of
from fairaudit.inputs.parts.joined import whole_joins
from fairaudit.inputs.parts.partial import SKETCH
from fairaudit.inputs.parts.plan import Plan
from fairaudit.inputs.quality import no_quarantine
from fairaudit.inputs.raw import InputFile, NoRowsError
from fairaudit.inputs.scripts import require_script, token_for
from fairaudit.inputs.shards import same_content
from fairaudit.inputs.spreadsheets import note_restored
from fairaudit.inputs.summed import Summed
from fairaudit.inputs.texts import exposure_name
from fairaudit.inputs.unused import unused_options
from fairaudit.inputs.where import note_where, refuse_all_left_out
from fairaudit.inputs.writing import kept, likely_labels

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["whole_log"]

#: Estimated numbers of values may be so much too large, so that a column is kept rather than lost.
_MARGIN: Final = 1.25


def whole_log(plan: Plan, tables: Mapping[int, pa.Table]) -> UtteranceLog | Plan:
    """Judge the merged tables of a log, and make a log of its sums.

    Parameters
    ----------
    plan
        How its parts were read.
    tables
        The merged table of each bucket.

    Returns
    -------
    UtteranceLog or Plan
        The log, which is a tally. If all texts together are counted otherwise than their beginning suggested, or if a
        column holds labels that did not look like it, the plan by which the parts must be read again.

    Raises
    ------
    InputError
        If the log would be refused if it was read at once; the messages are the same. Also if parts are missing, or
        were read with different versions.
    NothingToAuditError
        If no usable row is left.
    """
    reading = plan.reading
    docs: list[PartDoc] = facts_of(tables[0])
    _require_all(plan, tables)
    _require_same_versions(docs)
    inputs = _files(docs)
    name = names_of(inputs)
    full = [doc for doc in docs if doc["description"] is not None]
    if not full and any(doc["rows"] for doc in docs):
        values = {
            column: {*chain(*(doc["values"].get(column, ()) for doc in docs))}
            for column in dict.fromkeys(chain(*(doc["values"] for doc in docs)))
        }
        refuse_all_left_out(name, reading.where, [*values], values)
    if not full:
        raise NoRowsError(f"{', '.join(one.name for one in inputs)}: no rows")
    parts = [Artefact.parse(doc["name"], (doc["description"] or "").encode()) for doc in full]
    _require_same_columns(full, parts)
    joins, of_joined = whole_joins(Path(plan.parts[0].path), reading, full)
    whole = add_up(parts)
    scripts = whole.findings.scripts
    if scripts is not None:
        token = token_for(name, scripts, reading.token)
        if any(part.unit != token for part in parts):
            return replace(plan, token=token)
        for normalizer in reading.normalizers:
            require_script(name, scripts, normalizer)
    _require_same_counts(full, parts)
    _require_different(plan, docs)
    columns = in_order([*dict.fromkeys(column for doc in full for column in doc["columns"])])
    require_needed(inputs[0].name, known := [*columns, *whole.count_columns], reading.needed)
    refuse_quantiles(inputs[0].name, known, reading.needed)
    notes = [*(note for doc in docs for note in doc["notes"]), *note_where(reading.where)]
    notes += [*of_joined, *(join.note for join in joins)]
    ids = total_of([*tables.values()][1:], "plain")
    if ids["twice"] and any(doc["segments"] for doc in full):
        ids = total_of([*tables.values()][1:], "segment")
        notes.append(note_segments(inputs[0].name))
    notes += note_restored(_protected(name, full))
    if ids["twice"]:
        _refuse_duplicates(ids, inputs)
    faults = reduce(add, (Faults.parse(doc["faults"] or {}) for doc in full))
    with saying_what_did_not_match(joins):
        judge(inputs, faults, reading.max_quarantine)
    require_usable(inputs, faults)
    if lacking := _lacking(plan, tables[0], columns, full):
        return replace(plan, columns=(*plan.columns, *lacking))
    options = unused_options(
        reading,
        [*columns, *whole.count_columns],
        scored=scripts is not None,
        second_normalizer=plan.options.get("second_normalizer", "auto"),
    )
    notes = [*dict.fromkeys(notes), *options]
    findings = replace(whole.findings, alike_ids=ids["distinct"] - ids["apart"], notes=tuple(notes), joins=joins)
    elsewhere = sum(doc["rows"] for doc in docs if doc["description"] is None)  # in parts without a chosen row
    quality = replace(
        whole.quality,
        rows_in=whole.quality.rows_in + elsewhere,
        rows_left_out=whole.quality.rows_left_out + elsewhere,
    )
    whole = replace(whole, inputs=tuple(inputs), findings=findings, quality=quality)
    return _log_of(plan, tables[0], whole, columns)


def _files(docs: Sequence[PartDoc]) -> list[InputFile]:
    """Add up the parts of each file, and raise if a file was changed between them."""
    files: dict[int, PartDoc] = {}
    for doc in docs:
        first = files.setdefault(doc["file"], doc)
        if first["footer"] != doc["footer"]:
            raise InputError(
                f"{doc['name']}: the file was changed while it was read, or is not the same on all workers; run again "
                "when it is complete"
            )
    rows = Counter[int]()
    for doc in docs:
        rows[doc["file"]] += doc["rows"]
    return [
        InputFile(doc["name"], doc["sha256"], rows[file], tuple(doc["measured"])) for file, doc in sorted(files.items())
    ]


def _log_of(plan: Plan, sums: pa.Table, whole: Artefact, columns: Sequence[str]) -> UtteranceLog:
    """Make a log of sums: with the columns that were asked for, and those that an audit may search unasked."""
    reading, findings = plan.reading, whole.findings
    engine = EmbeddedEngine(memory=reading.memory)
    _use(sums, whole, engine)
    unit = whole.sampling_unit
    require_one_system(names_of(whole.inputs), engine, USED, sums.column_names, unit, exposure_name(whole.unit))
    token = None if findings.scripts is None or whole.unit == "none" else whole.unit
    kind = whole.settings.get("reference_kind")
    quality = replace(
        whole.quality,
        coercions=findings.coercions,
        notes=findings.notes,
        joins=findings.joins,
        caveats=caveats_of(findings, whole.quality.rows_used, reading.cluster, token, reading.normalizers, kind),
    )
    log = UtteranceLog(
        inputs=whole.inputs,
        quality=quality,
        unit=whole.unit,
        normalizer=whole.normalizer,
        second_normalizer=whole.second_normalizer,
        settings=whole.settings,
        cluster=whole.cluster,
        zip_pad=whole.zip_pad,
        count_columns=whole.count_columns,
        derived_columns=whole.derived_columns,
        columns=tuple(column for column in columns if column in sums.column_names),
        _quarantine=no_quarantine(),
        _engine=engine,
        _findings=findings,
        _summed=Summed(len(plan.parts) + 1, (), ()),
    )
    final = kept(log, [*reading.grouping, *likely_labels(log)])
    left_out = tuple(column for column in columns if column not in (*final, UTTERANCE))
    return replace(log, columns=final, _summed=Summed(1, left_out, log.shared_units))


def _use(sums: pa.Table, whole: Artefact, engine: EmbeddedEngine) -> None:
    """Make sums the relation of used rows, and check that nothing was lost or counted twice."""
    import pyarrow.parquet as pq

    pq.write_table(sums, path := engine.scratch / "sums.parquet")
    engine.view(USED, f"SELECT {', '.join(map(identifier, sums.column_names))} FROM {parquet_scan(path)}")
    totals = ", ".join(f"coalesce(CAST(sum({identifier(name)}) AS HUGEINT), 0)" for name in whole.sums)
    if dict(zip(whole.sums, engine.rows(f"SELECT {totals} FROM {USED}")[0], strict=True)) != whole.totals:
        raise FairauditError("the sums of the parts do not add up to the whole; this is a fault of fairaudit")


def _require_all(plan: Plan, tables: Mapping[int, pa.Table]) -> None:
    """Raise if an engine lost a part."""
    wanted = {part.number for part in plan.parts}
    for number in range(plan.buckets):
        there = {doc["part"] for doc in facts_of(tables[number])} if number in tables else set()
        if missing := sorted(wanted - there):
            first = next(part.path for part in plan.parts if part.number == missing[0])
            raise InputError(
                f"{len(missing)} of {len(wanted)} parts of the log are missing, such as {first!r}; read again"
            )


def _require_same_versions(docs: Sequence[PartDoc]) -> None:
    """Raise if parts were read with other versions than those that are installed here."""
    ours = software()
    for doc in docs:
        theirs = doc["software"]
        if differing := [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]:
            listed = ", ".join(
                f"{one} {theirs.get(one, 'missing')} instead of {ours.get(one, 'none')}" for one in differing
            )
            raise InputError(f"{doc['name']} was read by a worker with {listed}; install the same versions everywhere")


def _require_same_columns(docs: Sequence[PartDoc], parts: Sequence[Artefact]) -> None:
    """Raise if files have different columns, or if some hold texts and others counts."""
    first, holds_texts = docs[0], parts[0].normalizer is not None
    for doc, part in zip(docs, parts, strict=True):
        if (part.normalizer is not None) != holds_texts or not (doc["free_fields"] or doc["names"] == first["names"]):
            raise InputError(difference(doc["name"], doc["names"], first["names"]))


def _require_same_counts(docs: Sequence[PartDoc], parts: Sequence[Artefact]) -> None:
    """Raise if files have different counts, which a format allows whose rows may lack columns."""
    first = parts[0]
    for doc, part in zip(docs, parts, strict=True):
        require_same_settings(docs[0]["name"], first, doc["name"], part)
        if (part.unit, {*part.count_columns}) != (first.unit, {*first.count_columns}):
            raise InputError(difference(doc["name"], part.count_columns, first.count_columns))


def _require_different(plan: Plan, docs: Sequence[PartDoc]) -> None:
    """Raise if two files have the same content."""
    paths = {part.file: Path(part.path) for part in plan.parts}
    seen: dict[str, PartDoc] = {}
    for doc in docs:
        first = seen.setdefault(doc["content"], doc) if doc["rows"] and doc["content"] else doc
        if first is not doc:
            raise InputError(same_content(paths[first["file"]], paths[doc["file"]]))


def _protected(name: str, docs: Sequence[PartDoc]) -> dict[str, tuple[int, int]]:
    """Add up the ids that are protected from spreadsheets, and raise if some parts restored them and others not."""
    counts: dict[str, tuple[int, int]] = {}
    for doc in docs:
        for column, (protected, bare) in doc["protected"].items():
            before = counts.get(column, (0, 0))
            counts[column] = (before[0] + protected, before[1] + bare)
    for column, (protected, bare) in counts.items():
        if bare and any(
            cells and not others for cells, others in (doc["protected"].get(column, (0, 0)) for doc in docs)
        ):
            raise InputError(
                f"{name}: {protected:,} ids in {column!r} may be protected from spreadsheets by an apostrophe, but ids "
                "in other files are not; write them without apostrophes, or read the log in one process"
            )
    return {column: numbers for column, numbers in counts.items() if numbers[0]}


def _refuse_duplicates(ids: Mapping[str, Any], inputs: Sequence[InputFile]) -> None:
    """Raise because ids occur in several rows. The ids themselves are not here."""
    listed = "; ".join(
        f"the same id in {row_list([(file, row) for file, row in rows[:FIRST_ROWS]], len(rows), inputs)}"
        for rows in ids["examples"]
    )
    more = f" and {ids['twice'] - len(ids['examples'])} more" if ids["twice"] > len(ids["examples"]) else ""
    raise InputError(f"{names_of(inputs)}: {ids['twice']} utterance ids occur more than once: {listed}{more}")


def _lacking(plan: Plan, sums: pa.Table, columns: Sequence[str], docs: Sequence[PartDoc]) -> list[str]:
    """List the columns that sums lack, although they may hold labels or ids of households."""
    import pyarrow.compute as pc

    unit = plan.reading.sampling_unit
    values = {unit: Values(round(_MARGIN * pc.count_distinct(sums[unit]).as_py()), has_texts=True)}
    lacking = []
    for column in columns:
        about = [doc["others"][column] for doc in docs if column in doc["others"]]
        if not about:
            continue
        has_texts = any(one["has_texts"] for one in about)
        labels = {label for one in about for label in one["labels"] or ()}
        are_few = all(one["labels"] is not None for one in about)
        are_few = are_few and len({*map(label_key, labels)} - {""}) <= LABELS_AT_MOST
        distinct = _distinct([one["smallest"] for one in about], len(labels))
        values[column] = Values(distinct, has_texts)
        if (are_few and (has_texts or not labels)) or may_be_shared(unit, values, [column]):
            lacking.append(column)
    return lacking


def _distinct(smallest: Sequence[Sequence[int]], listed: int) -> int:
    """Estimate a number of values from the smallest of their hashes.

    Source: Bar-Yossef et al. (2002), Counting distinct elements in a data stream.
    """
    hashes = sorted({one for part in smallest for one in part})[:SKETCH]
    estimate = len(hashes) if len(hashes) < SKETCH else round((SKETCH - 1) * 2.0**64 / hashes[-1])
    return max(estimate, listed)
