"""Whether the references of a log come from people or from a model: pseudo-references, written by a teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fairaudit.core.columns import REFERENCE_KIND
from fairaudit.core.errors import InputError, setting
from fairaudit.core.missing import BLANKS
from fairaudit.core.settings import HUMAN, PSEUDO
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import literal
from fairaudit.inputs.judging import names_of
from fairaudit.inputs.raw import RAW, RawLog, Reading
from fairaudit.inputs.rules import RowCheck, Rules, cell, holds

__all__ = ["OF_A_TEACHER", "kind_rules", "with_kind"]

#: What a reader of every number must know of a log with pseudo-references.
OF_A_TEACHER: Final = (
    "The references were written by a teacher model, not by people. Every rate is a disagreement with the teacher. The "
    "teacher's own errors count against the recogniser, and errors that both make do not count."
)


def with_kind(reading: Reading, raw: RawLog, engine: EmbeddedEngine) -> Reading:
    """Decide which kind of references is audited; a log without a column for it has human ones unless asked otherwise.

    Raises
    ------
    InputError
        If the log has both kinds, and none is asked for.
    """
    kind = reading.reference_kind
    if kind != "auto":
        return reading
    types = engine.types(RAW)
    if REFERENCE_KIND not in types:
        return replace(reading, reference_kind=HUMAN)
    text = _kind_in(types[REFERENCE_KIND])
    numbers = [f"count(*) FILTER (WHERE {text} = {literal(one)})" for one in (HUMAN, PSEUDO)]
    human, pseudo = engine.rows(f"SELECT {', '.join(numbers)} FROM {RAW}")[0]
    if human and pseudo:
        raise InputError(
            f"{names_of(raw.inputs)}: {human:,} rows have human references, and {pseudo:,} have pseudo-references of a "
            f"teacher model; they are never mixed in one figure; choose one ({setting('reference_kind', HUMAN)} or "
            f"{setting('reference_kind', PSEUDO)}), and rows of the other kind are left out"
        )
    return replace(reading, reference_kind=PSEUDO if pseudo else HUMAN)


def kind_rules(types: Mapping[str, str], kind: str) -> Rules:
    """Return the rules for the column of the kind of references, if there is one: only one kind is used."""
    if REFERENCE_KIND not in types:
        return Rules()
    text = _kind_in(types[REFERENCE_KIND])
    known = f"{text} IN ({literal(HUMAN)}, {literal(PSEUDO)})"
    return Rules(
        checks=(
            RowCheck("unknown_reference_kind", REFERENCE_KIND, f"NOT {holds(known)}", "write human or pseudo"),
            RowCheck("other_reference_kind", REFERENCE_KIND, f"{known} AND {text} <> {literal(kind)}", asked_for=True),
        )
    )


def _kind_in(kind: str) -> str:
    """Return SQL for the kind of references in a cell."""
    return f"lower(trim({cell(REFERENCE_KIND, kind)}, {literal(BLANKS)}))"
