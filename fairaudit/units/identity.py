"""Signs that ids are not people: one person under several spellings of an id, or several people under one id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.core.columns import COORDINATES
from fairaudit.core.labels import LEADING_ZEROS, WHOLE, id_key

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["alike_ids", "far_apart", "of_a_person", "several_labels", "words_of"]

#: Words in the name of a column that a person has one label of.
_OF_A_PERSON: Final = frozenset(
    {
        "accent", "birth", "birthyear", "born", "dialect", "ethnic", "ethnicity", "gender", "l1", "mother",
        "nationality", "native", "race", "sex",
    }
)  # fmt: skip
_WORDS: Final = re.compile(r"[A-Z]+[0-9]?(?![a-z])|[A-Z]?[^\W\d_A-Z]+[0-9]?")
#: ASCII characters at which :meth:`str.split` splits.
_BLANKS: Final = r"[\t-\r\x1c- ]+"
#: Share of the ids from which several labels, or places far apart, are named beside the verdict.
_SOME: Final = 0.01
_FAR_KM: Final = 100.0
_EARTH_KM: Final = 6371.0


def words_of(column: str) -> frozenset[str]:
    """Return the words in the name of a column, in lower case and without a plural s.

    Examples
    --------
    >>> sorted(words_of("homeRooms_L1"))
    ['home', 'l1', 'room']
    """
    return frozenset(word.lower().removesuffix("s") for word in _WORDS.findall(column))


def of_a_person(column: str) -> bool:
    """Whether the name of a column says that a person has one of its labels.

    Examples
    --------
    >>> of_a_person("birthYear"), of_a_person("room")
    (True, False)
    """
    return bool(words_of(column) & _OF_A_PERSON)


def alike_ids(column: str, ids: Iterable[object]) -> tuple[str, ...]:
    """Say how many ids differ from another one only in case, blanks, leading zeros or number format.

    Examples
    --------
    >>> alike_ids("speaker_id", ["S01", "s1 ", "s2", "7", "007", "7.0"])[0][:71]
    'speaker_id: 5 ids differ from each other only in case, blanks, leading '
    >>> alike_ids("speaker_id", ["s1", "s2"])
    ()
    """
    several = [n for n in _sizes_of_keys([str(one) for one in ids]) if n > 1]
    if not several:
        return ()
    people = "1 person" if len(several) == 1 else f"{len(several):,} people"
    return (
        f"{column}: {sum(several):,} ids differ from each other only in case, blanks, leading zeros or number format. "
        f"They may be {people}, but each is counted as one, and then intervals are too narrow",
    )


def _sizes_of_keys(ids: Sequence[str]) -> list[int]:
    """Count how many ids share each key (:func:`fairaudit.core.labels.id_key`); ASCII ids have theirs all at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(ids, pa.string())
    ascii_only = pc.string_is_ascii(texts)
    keys = pc.ascii_lower(texts.filter(ascii_only))
    for pattern, kept in ((_BLANKS, " "), ("^ | $", ""), (f"^{WHOLE}$", r"\1"), (LEADING_ZEROS, r"\1\2")):
        keys = pc.replace_substring_regex(keys, pattern, kept)
    others = pa.array([id_key(one) for one in texts.filter(pc.invert(ascii_only)).to_pylist()], pa.string())
    sizes: list[int] = pa.chunked_array([keys, others]).value_counts().field("counts").to_pylist()
    return sizes


def several_labels(cells: pd.DataFrame | pa.Table, person: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Say how many ids occur with several labels of something that a person has one of, such as gender or accent.

    Parameters
    ----------
    cells
        Columns of persons and labels, such as a tally with its index reset.
    person
        Column of ids.
    columns
        Columns of labels.

    Examples
    --------
    >>> import pyarrow as pa
    >>> cells = pa.table({"speaker_id": ["1", "1", "2", "2"], "sex": ["f", "m", "f", "f"], "room": list("abcd")})
    >>> several_labels(cells, "speaker_id", ["sex", "room"])
    ('1 of 2 ids in speaker_id occur with more than one sex, so such an id may be several people',)
    """
    import pyarrow as pa

    caveats = []
    for column in columns:
        if of_a_person(column):
            both = pa.table({"person": cells[person], "label": cells[column]})
            people, labels = (one.combine_chunks().dictionary_encode() for one in both.drop_null().columns)
            width = len(labels.dictionary) + 1
            pairs = np.unique(people.indices.to_numpy().astype(np.int64) * width + labels.indices.to_numpy())
            several = int(np.count_nonzero(np.bincount(pairs // width) > 1))
            n = len(both["person"].drop_null().unique())
            if several and several >= _SOME * n:
                caveats.append(_several(several, n, person, f"with more than one {column}"))
    return tuple(caveats)


def far_apart(cells: pd.DataFrame, homes: pd.DataFrame, person: Sequence[str]) -> tuple[str, ...]:
    """Say how many ids occur at places more than 100 km from the place with most of their utterances.

    Parameters
    ----------
    cells
        A tally by person, latitude and longitude, with its index reset.
    homes
        One row with latitude and longitude for each person.
    person
        Columns of ids; the last one is that of the speaker.

    Examples
    --------
    >>> import pandas as pd
    >>> places = {"latitude": [40.0, 42.0, 1.0], "longitude": [179.9, -179.9, 0.0]}
    >>> cells = pd.DataFrame({"speaker_id": ["1", "1", "2"], **places})
    >>> far_apart(cells, cells.drop_duplicates("speaker_id"), ["speaker_id"])
    ('1 of 2 ids in speaker_id occur at places more than 100 km apart, so such an id may be several people',)
    """
    places = [*COORDINATES]
    both = cells[[*person, *places]].merge(homes[[*person, *places]], on=[*person], suffixes=("", " of home"))
    here, there = (both[[f"{name}{suffix}" for name in places]].to_numpy(float) for suffix in ("", " of home"))
    column = person[-1]
    several, n = both.loc[_kilometres(here, there) > _FAR_KM, column].nunique(), cells[column].nunique()
    if not several or several < _SOME * n:
        return ()
    return (_several(several, n, column, f"at places more than {_FAR_KM:.0f} km apart"),)


def _several(several: int, n: int, person: str, how: str) -> str:
    return f"{several:,} of {n:,} ids in {person} occur {how}, so such an id may be several people"


def _kilometres(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances on a sphere between places in degrees, shape (n, 2), by the haversine formula."""
    (lat, lon), (lat_there, lon_there) = np.radians(here).T, np.radians(there).T
    half = np.sin((lat - lat_there) / 2) ** 2 + np.cos(lat) * np.cos(lat_there) * np.sin((lon - lon_there) / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(half.clip(0, 1))))
