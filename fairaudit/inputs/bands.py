"""Cut a numeric column of a log into bands with equal numbers of utterances."""

from __future__ import annotations

from fairaudit.core.errors import InputError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.rules import cell, finite_number, spelled_missing

__all__ = ["cut_into_bands", "no_bands"]


def cut_into_bands(
    engine: EmbeddedEngine, source: str, column: str, bins: int, *, name: str, relation: str
) -> tuple[str, ...]:
    """Create a view of a relation with one more column, whose values describe bands of a numeric column.

    Parameters
    ----------
    engine
        The engine that holds the relation.
    source, column, bins
        Relation, its numeric column, and number of bands.
    name, relation
        Names of the new column and of the view.

    Returns
    -------
    tuple of str
        A caveat, if there are rows whose value is neither a number nor missing. They are in none of the bands.

    Raises
    ------
    InputError
        If the column holds no numbers.
    """
    number = finite_number(column)
    shares = ", ".join(str(band / bins) for band in range(1, bins))
    cuts, strange = engine.rows(
        f"SELECT quantile_cont({number}, [{shares}]), count(*) FILTER (WHERE {number} IS NULL AND NOT "
        f"{spelled_missing(cell(column))}) FROM {identifier(source)}"
    )[0]
    if cuts is None:
        raise InputError(f"column {column!r} holds no numbers, so it cannot be cut into {bins} bands")
    edges = sorted(set(cuts))
    cases = " ".join(
        f"WHEN {number} <= {edge!r} THEN {literal(f'{band}: up to {edge:.4g}')}"
        for band, edge in enumerate(edges, start=1)
    )
    last = literal(f"{len(edges) + 1}: above {edges[-1]:.4g}")
    engine.view(
        relation,
        f"SELECT *, CASE WHEN {number} IS NULL THEN NULL {cases} ELSE {last} END AS {identifier(name)} "
        f"FROM {identifier(source)}",
    )
    return (
        (f"{column}: {strange:,} utterances are in none of the bands, because the value is no number",)
        if strange
        else ()
    )


def no_bands(where: str, bands: str) -> str:
    """Say that a column cannot be cut into bands if only sums are there."""
    return (
        f"{where}: bands with equal numbers of utterances, such as {bands}, cannot be cut in a tally; write a column "
        f"of bands into the log, and name it when the tally is made ({setting('by')})"
    )
