"""Turn text columns into count columns. The texts themselves are not kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import DELETIONS, ERRORS, EXPOSURES, HITS, INSERTIONS, SUBSTITUTIONS, rescored
from fairaudit.core.errors import InputError, setting
from fairaudit.inputs.rules import (
    ALIGNED,
    EMPTY,
    HYPOTHESIS_HASH,
    NO_HYPOTHESIS,
    NO_REFERENCE,
    REFERENCE_HASH,
    WRONG_NOTATION,
)
from fairaudit.scoring import (
    ErrorColumns,
    Normalizer,
    NotationError,
    Scripts,
    TextHashes,
    Token,
    align_pairs,
    list_alternatives,
    parse_spellings,
    score_columns,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Unit", "exposure_name", "is_bytes", "plain_values", "refuse_alternatives", "score_texts", "texts_of"]

#: What errors of a log are counted in; ``"none"`` if it has no errors, but only the columns of other rates.
Unit: TypeAlias = Literal[Token, "none"]


def exposure_name(unit: Unit) -> str | None:
    """Return the name of the exposure column; there is none in a log without errors.

    Examples
    --------
    >>> exposure_name("char"), exposure_name("none")
    ('characters', None)
    """
    return EXPOSURES.get(unit)


def texts_of(column: pa.Array) -> list[str | None]:
    """Return a column of any type as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    return texts


def plain_values(column: pa.Array, where: str) -> pa.Array:
    """Return a column without what only some formats have: NaN becomes missing, and bytes become texts.

    Parameters
    ----------
    column
        Values of any type.
    where
        Name of the file and column, for the message.

    Raises
    ------
    InputError
        If texts or bytes are not UTF-8.

    Examples
    --------
    >>> import pyarrow as pa
    >>> plain_values(pa.array([1.5, float("nan")]), "").to_pylist(), plain_values(pa.array([b"s1"]), "").to_pylist()
    ([1.5, None], ['s1'])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    try:
        if is_bytes(column.type):
            return column.cast(pa.binary()).cast(pa.string())
        column.validate(full=True)
        return column
    except pa.ArrowInvalid:
        raise InputError(f"{where} holds bytes that are not UTF-8 text") from None


def is_bytes(dtype: pa.DataType) -> bool:
    """Whether columns of a type hold bytes."""
    from pyarrow import types

    kinds = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_binary_view)
    return any(kind(dtype) for kind in kinds)


def refuse_alternatives(where: str, references: pa.Array, rows: pa.Array) -> None:
    """Raise if references seem to list alternatives as in sclite's transcripts, which would be scored as words.

    Parameters
    ----------
    where
        Name of the file and column, for the message.
    references, rows
        Texts, and the numbers of their rows.

    Raises
    ------
    InputError
        If a reference has a slash between braces.

    Examples
    --------
    >>> import pyarrow as pa
    >>> refuse_alternatives("ref.trn", pa.array(["a {b} / c", "i've { um / uh / @ } as"]), pa.array([1, 2]))
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: ref.trn: row 2 seems to list alternatives ('{ um / uh / @ }'); ...
    """
    import pyarrow.compute as pc

    texts = pc.cast(references, "string")
    likely = pc.indices_nonzero(pc.fill_null(pc.match_substring(texts, "{"), False))
    if not len(likely):
        return
    found = [(i, listed) for i in likely.to_pylist() if (listed := list_alternatives(texts[i].as_py()))]
    if found:
        i, text = found[0]
        more = "" if len(found) == 1 else f" and {len(found) - 1:,} more rows"
        seem = "seems" if len(found) == 1 else "seem"
        raise InputError(
            f"{where}: row {rows[i].as_py()}{more} {seem} to list alternatives ({text[:60]!r}); "
            f"{setting('alternatives', 'sclite')} scores the spelling with the fewest errors, and "
            f"{setting('alternatives', 'none')} scores all of it as text"
        )


def score_texts(
    references: pa.Array,
    hypotheses: pa.Array,
    *,
    normalizer: Normalizer,
    second: Normalizer | None = None,
    token: Token,
    strip_tags: bool,
    alternatives: bool = False,
    empty_means_missing: bool,
    empty_hypothesis_means_missing: bool | None = None,
    scripts: Scripts | None = None,
    aligned: bool = False,
) -> dict[str, pa.Array]:
    """Score a batch of pairs.

    Parameters
    ----------
    references, hypotheses
        Columns of any type, which are read as texts, of length n_rows.
    normalizer, token, strip_tags, alternatives
        See :func:`fairaudit.scoring.score_pairs`. A reference whose alternatives are not written as they should be is
        flagged as :data:`fairaudit.inputs.rules.WRONG_NOTATION`.
    second
        A normaliser with which the pairs are scored a second time.
    empty_means_missing
        Whether the file format does not distinguish an empty text from a missing text. An empty reference is then
        treated as silence (insertions count), and an empty hypothesis as missing. Otherwise, the flag of a missing
        hypothesis is :data:`fairaudit.inputs.rules.EMPTY` for an empty one.
    empty_hypothesis_means_missing
        The same for hypotheses, if they come from a file of another format.
    scripts
        Counts of scripts, to which those of the batch are added.
    aligned
        Whether to add the alignments, under the names of :data:`fairaudit.inputs.rules.ALIGNED`.

    Returns
    -------
    dict
        int64 columns of shape (n_rows,): errors, exposure, S, D, I, hits, two flags for missing texts, and hashes of
        both normalised texts. With a second normaliser, also errors, exposure, S, D and I under ``rescored`` names.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from fairaudit.scoring import get_normalizer
    >>> texts, basic = (pa.array(["a b"]), pa.nulls(1)), get_normalizer("basic")
    >>> batch = score_texts(*texts, normalizer=basic, token="word", strip_tags=False, empty_means_missing=True)
    >>> batch["deletions"].to_pylist(), batch["__no_hypothesis__"].to_pylist()
    ([2], [1])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    empty = empty_means_missing if empty_hypothesis_means_missing is None else empty_hypothesis_means_missing
    references, hypotheses = (pc.cast(column, pa.string()) for column in (references, hypotheses))
    wanted, heard = (column.fill_null("") for column in (references, hypotheses))
    no_reference = np.zeros(len(wanted), dtype=np.int64)
    if not empty_means_missing:
        no_reference[:] = references.is_null()
    if alternatives:
        no_reference[_wrong_notation(wanted)] = WRONG_NOTATION
        wanted = pc.if_else(pa.array(no_reference == WRONG_NOTATION), "", wanted)
    hashes = TextHashes()
    score = partial(score_columns, wanted, heard, token=token, tags=strip_tags, alternatives=alternatives)
    counts = score(normalizer=normalizer, hashes=hashes)
    if scripts is not None:
        scripts.add_column(wanted)
        wrong = np.flatnonzero(counts.hits == 0)
        scripts.compare(wanted.take(wrong).to_pylist(), heard.take(wrong).to_pylist())
    columns = {
        **_columns(counts, token),
        HITS: counts.hits,
        NO_REFERENCE: no_reference,
        NO_HYPOTHESIS: _no_hypothesis(hypotheses, counts, empty=1 if empty else EMPTY),
        REFERENCE_HASH: np.frombuffer(hashes.references, dtype=np.int64),
        HYPOTHESIS_HASH: np.frombuffer(hashes.hypotheses, dtype=np.int64),
    }
    if second is not None:
        second_counts = _columns(score(normalizer=second), token)
        columns |= {rescored(name): values for name, values in second_counts.items()}
    scored = {name: pc.cast(pa.array(values), pa.int64()) for name, values in columns.items()}
    if aligned:
        pairs = align_pairs(
            wanted, heard, normalizer=normalizer, token=token, tags=strip_tags, alternatives=alternatives
        )
        scored |= {ALIGNED[name]: column for name, column in pairs.columns().items()}
    return scored


def _wrong_notation(references: pa.Array) -> list[int]:
    """Return the rows whose alternatives are not written as sclite writes them."""
    import pyarrow.compute as pc

    wrong = []
    for row in np.flatnonzero(pc.match_substring_regex(references, "[{}]")).tolist():
        try:
            parse_spellings(references[row].as_py())
        except NotationError:
            wrong.append(row)
    return wrong


def _no_hypothesis(hypotheses: pa.Array, counts: ErrorColumns, *, empty: int) -> NDArray[np.int64]:
    """Flag missing and blank hypotheses. They are among those without words after normalisation."""
    flags = np.zeros(len(hypotheses), dtype=np.int64)
    rows = np.flatnonzero(counts.substitutions + counts.insertions + counts.hits == 0)
    texts = hypotheses.take(rows).to_pylist()
    flags[rows] = [1 if text is None else 0 if text.strip() else empty for text in texts]
    return flags


def _columns(counts: ErrorColumns, token: Token) -> dict[str, Any]:
    return {
        ERRORS: counts.errors,
        EXPOSURES[token]: counts.exposure,
        SUBSTITUTIONS: counts.substitutions,
        DELETIONS: counts.deletions,
        INSERTIONS: counts.insertions,
    }
