"""Signs that speakers are not independent: small groups of them share exact places, or another id, as households do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.columns import LATITUDE, LONGITUDE, SPEAKER
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.labels import LABELS_AT_MOST, Values
from fairaudit.units.identity import of_a_person, words_of

__all__ = ["PLACE", "may_be_shared", "shared_units"]

#: SQL for the place of a row.
PLACE: Final = f"{{'lat': {LATITUDE}, 'lon': {LONGITUDE}}}"
#: Largest number of speakers of a household, and smallest share of all speakers who share one with others.
_MOST: Final = 8
_SHARING: Final = 0.2
#: Largest share of the speakers in larger groups; values with many speakers are towns or labels.
_CROWDED: Final = 0.1
#: Smallest share of the speakers with exactly one value.
_NESTED: Final = 0.5
#: Most values for each speaker.
_MOST_VALUES: Final = 1.1
#: Fewest values and speakers that show anything.
_VALUES: Final = 5
_SPEAKERS: Final = 20
#: Most columns that are examined exactly.
_COLUMNS: Final = 20
#: Words in the name of a column whose values are shared by people who are not independent.
_SHARED: Final = frozenset(
    {
        "address", "apartment", "call", "class", "classroom", "conversation", "couple", "dyad", "family", "flat", "hh",
        "home", "house", "household", "id", "interview", "meeting", "mic", "microphone", "pair", "recording", "room",
        "school", "session", "team",
    }
)  # fmt: skip
#: Values such as H0123 or fam_17, unlike words, numbers and dates.
_CODE: Final = "^[^ ]*[A-Za-z][^ ]*[0-9][^ ]*$"
_WHY: Final = (
    "If they share a home, a room or a microphone, they are not independent, and p-values and intervals are "
    "too confident"
)
#: Coordinates finer than 0.01 degrees, which is about 1 km.
_FINE: Final = " OR ".join(f"abs(v.{name} * 100 - round(v.{name} * 100)) > 1e-6" for name in ("lat", "lon"))


@dataclass(frozen=True)
class _Shared:
    """Numbers of speakers: all, with one value, in groups of 2 to 8, in larger ones, in such groups with marked values.

    ``values`` is the number of distinct values.
    """

    speakers: int
    single: int
    small: int
    large: int
    marked: int
    values: int

    @property
    def share(self) -> str:
        """Share of the speakers who share their value with a few others, in whole percent."""
        return f"{100 * self.small / self.single:.0f} %"

    @property
    def are_marked(self) -> bool:
        """Whether most speakers in small groups have marked values."""
        return self.marked > self.small / 2

    @property
    def like_households(self) -> bool:
        """Whether the values group speakers as households do."""
        return (
            self.values >= _VALUES
            and self.single >= _NESTED * self.speakers
            and self.small >= _SHARING * self.single
            and self.large <= _CROWDED * self.single
        )


def shared_units(
    engine: EmbeddedEngine, relation: str, unit: str, values: Mapping[str, Values], columns: Sequence[str]
) -> tuple[str, ...]:
    """Say which columns group speakers as households do, or else how many speakers share exact coordinates.

    Parameters
    ----------
    engine, relation
        The log.
    unit
        Column of the sampling unit.
    values
        Approximate numbers of distinct values of the unit, of the places (``PLACE``) and of all columns.
    columns
        Columns that may hold ids of households.
    """
    n = values[unit].distinct
    if n < _SPEAKERS:
        return ()
    likely = [name for name in columns if _is_between(values[name].distinct, n) and _may_be_shared(name, values)]
    whose = "speakers" if unit == SPEAKER else f"values of {unit!r}"
    caveats = []
    for column in likely[:_COLUMNS]:
        shared = _shared(engine, relation, unit, identifier(column), f"regexp_matches(v, {literal(_CODE)})")
        if shared.like_households and (_is_named(column) or shared.are_marked):
            caveats.append(
                f"{column}: {shared.share} of the {whose} share a value with 1 to {_MOST - 1} others. {_WHY} without "
                f"--cluster {column}"
            )
    if caveats or PLACE not in values or not _is_between(values[PLACE].distinct, n):
        return tuple(caveats)
    shared = _shared(engine, relation, unit, f"CASE WHEN {LATITUDE} IS NOT NULL THEN {PLACE} END", _FINE)
    if not (shared.like_households and shared.are_marked):
        return ()
    return (
        f"{shared.share} of the {whose} share their exact coordinates with 1 to {_MOST - 1} others. {_WHY}, unless "
        "--cluster names a column of what they share",
    )


def may_be_shared(unit: str, values: Mapping[str, Values], columns: Sequence[str]) -> list[str]:
    """List the columns that may hold ids of households if this is a part of a log.

    Parameters
    ----------
    unit, values, columns
        As in :func:`shared_units`.
    """
    most = _MOST_VALUES * values[unit].distinct
    return [name for name in columns if values[name].distinct <= most and _may_be_shared(name, values)]


def _is_between(values: int, speakers: int) -> bool:
    """Whether there are as many values as if few speakers shared each; both numbers may be some per cent off."""
    return speakers / (2 * _MOST) <= values <= _MOST_VALUES * speakers


def _is_named(column: str) -> bool:
    """Whether a column has the name of something that several people share."""
    return bool(words_of(column) & _SHARED)


def _may_be_shared(column: str, values: Mapping[str, Values]) -> bool:
    """Whether a column can hold ids of households, as far as its name and its number of values show."""
    if of_a_person(column):
        return False
    return _is_named(column) or (values[column].has_texts and values[column].distinct > LABELS_AT_MOST)


def _shared(engine: EmbeddedEngine, relation: str, unit: str, key: str, marked: str) -> _Shared:
    """Count speakers by how many others share their value, among those who have exactly one."""
    small = f"n BETWEEN 2 AND {_MOST}"
    numbers = engine.rows(
        f"WITH pairs AS (SELECT DISTINCT {identifier(unit)} AS u, {key} AS v FROM {identifier(relation)} "
        f"WHERE {key} IS NOT NULL), "
        "single AS (SELECT any_value(v) AS v FROM pairs GROUP BY u HAVING count(*) = 1), "
        "sizes AS (SELECT v, count(*) AS n FROM single GROUP BY v) "
        f"SELECT (SELECT count(DISTINCT u) FROM pairs), sum(n), sum(n) FILTER ({small}), sum(n) FILTER (n > {_MOST}), "
        f"sum(n) FILTER ({small} AND ({marked})), count(*) FROM sizes"
    )[0]
    return _Shared(*(int(number or 0) for number in numbers))
