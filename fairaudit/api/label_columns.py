"""Which label columns are searched without being asked for, and which only if this is requested explicitly."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.core.bands import Bands
from fairaudit.core.columns import COORDINATES, SPEAKER, UTTERANCE, ZIP_CODE
from fairaudit.core.errors import UsageError, setting
from fairaudit.core.labels import label_key
from fairaudit.inputs.bands import round_number
from fairaudit.inputs.labels import LABELS_AT_MOST

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.documents import SkippedDoc

__all__ = ["MOST_LABELS", "TO_BE_ASKED_FOR", "bands_instead", "label_columns", "require_few_numbers", "require_groups"]

#: What bands and columns need that are not searched without being asked for.
TO_BE_ASKED_FOR: Final = f"to be asked for ({setting('by', 'COLUMN')})"
#: Label columns that are audited without being asked for.
MOST_LABELS: Final = 12

#: Columns that identify persons, recordings or homes, whatever they hold.
_BY_NAME: Final = (SPEAKER, UTTERANCE, *COORDINATES, ZIP_CODE)
#: Fewest speakers of a label, on average, for its column to name groups.
_FEWEST: Final = 2
#: Columns that say which recording an utterance is in, and where in it, whatever tool wrote them.
_OF_RECORDINGS: Final = frozenset(
    {
        "audio", "audio_file", "audio_filepath", "audio_path", "begin", "duration", "end", "end_time", "file",
        "file_name", "filename", "offset", "path", "recording", "recording_id", "session", "session_id", "start",
        "start_time", "wav", "waveform",
    }
)  # fmt: skip
#: A channel of a recording. Other labels of a column of this name, such as "phone", may name groups.
_CHANNEL: Final = "channel"
_IS_CHANNEL: Final = re.compile(r"(ch(annel)?[ _-]?)?([a-z]|\d+)|left|right|mono|stereo", re.IGNORECASE)
#: Share of e-mail addresses among the labels of a column from which it counts as one of addresses.
_ADDRESSES: Final = 0.5
#: Where edges of three bands that are suggested are among the numbers: at least, at best and at most.
_THIRDS: Final = ((0.3, 0.6), (1 / 3, 2 / 3), (0.37, 0.7))
#: Share of numbers among the labels of a column from which it counts as one of numbers.
_NUMBERS: Final = 0.9
_E_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def require_groups(log: UtteranceLog, columns: Iterable[str]) -> None:
    """Refuse columns whose labels identify persons.

    Parameters
    ----------
    log
        The log.
    columns
        Columns whose labels are to be searched. Columns that the log lacks are ignored.

    Raises
    ------
    UsageError
        If a column holds ids, coordinates, zip codes or e-mail addresses, or if it is nearly unique.
    """
    for column, reason in _identifying(log, [column for column in columns if column in log.columns]).items():
        raise UsageError(
            f"the labels of column {column!r} would identify persons, because {reason}; labels of at least 11 "
            f"speakers are written to all outputs. If you want that, say so ({setting('identifying', True)})"
        )


def require_few_numbers(log: UtteranceLog, columns: Iterable[str]) -> None:
    """Refuse columns of measurements, each of whose many numbers would be a group, and suggest bands.

    Whole numbers that several speakers share may be codes of groups, and are not refused.

    Parameters
    ----------
    log
        The log.
    columns
        Columns whose labels are to be searched. Columns that the log lacks are ignored.

    Raises
    ------
    UsageError
        If a column holds more than 60 different numbers, and hardly anything else.
    """
    person = log.cluster or SPEAKER
    for column, numbers in _numeric(log, columns).items():
        if len(numbers) <= LABELS_AT_MOST:
            continue
        is_whole = all(map(float.is_integer, numbers))
        if is_whole and not _few_speakers(log, person, column):
            continue
        sizes = "" if log.is_tally else f", or into three of about equal size ({setting('by', f'{column}[3]')})"
        ids = "; if they are ids, such groups would identify persons" if is_whole else ""
        raise UsageError(
            f"column {column!r} holds {len(numbers):,} different numbers, which are too many groups. Cut them into "
            f"bands at edges of your choice ({setting('by', str(_bands(column, numbers)))}){sizes}{ids}"
        )


def bands_instead(log: UtteranceLog, columns: Iterable[str], min_speakers: int) -> list[SkippedDoc]:
    """Suggest bands for columns of numbers whose groups are too small, although the numbers may be codes.

    Parameters
    ----------
    log
        The log.
    columns
        Columns whose labels are searched. Columns that the log lacks are ignored.
    min_speakers
        Speakers of a group from which it is tested on its own.

    Returns
    -------
    list of dict
        Bands that could be searched: for each column with most speakers in smaller groups.
    """
    person = log.cluster or SPEAKER
    suggested: list[SkippedDoc] = []
    for column, numbers in _numeric(log, columns).items():
        if len(numbers) <= len(_THIRDS[0]) + 1:
            continue
        sizes = log.tally([person, column]).index.dropna().to_frame()[column].map(_number).value_counts()
        if 2 * sizes[sizes < min_speakers].sum() > sizes.sum():
            needs = (
                f"{TO_BE_ASKED_FOR}: most speakers are in groups of fewer than {min_speakers}, because “{column}” "
                f"holds {len(numbers):,} different numbers"
            )
            suggested.append({"method": f"named: {_bands(column, numbers)}", "needs": needs})
    return suggested


def _numeric(log: UtteranceLog, columns: Iterable[str]) -> dict[str, list[float]]:
    """Return the different numbers in those columns that hold hardly anything else and identify nobody."""
    asked = [one for one in columns if one in log.columns and one not in (*_BY_NAME, log.cluster or SPEAKER)]
    numeric = {}
    for column, spelled in log.spellings(asked).items():
        numbers = sorted({number for number in map(_number, spelled) if number is not None})
        if numbers and len(numbers) >= _NUMBERS * len(spelled):
            numeric[column] = numbers
    return numeric


def _bands(column: str, numbers: Sequence[float]) -> Bands:
    """Cut the numbers of a column into three bands at round numbers."""
    low, middle, high = ([numbers[int(len(numbers) * share)] for share in shares] for shares in _THIRDS)
    edges = (round_number(*near) for near in zip(low, high, middle, strict=True))
    return Bands(column).at(f"{edge:f}" for edge in dict.fromkeys(edges))


def _number(label: str) -> float | None:
    """Return the finite number that a label is, if it is one."""
    try:
        number = float(label)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def label_columns(log: UtteranceLog) -> tuple[list[str], dict[str, str]]:
    """Return label columns that are searched without being asked for, and why others are not, by column.

    Only the first twelve are considered, without those that describe recordings and not speakers. A column is also left
    out if it identifies persons, or if it divides the log exactly as an earlier column does.
    """
    recordings = {
        column: "it says where an utterance is recorded, not who speaks"
        for column in log.label_columns
        if _is_of_recordings(log, column)
    }
    columns = [column for column in log.label_columns if column not in recordings][:MOST_LABELS]
    persons = {
        column: f"its labels would identify persons, because {reason}"
        for column, reason in _identifying(log, columns).items()
    }
    reasons = persons | _restating(log, [column for column in columns if column not in persons])
    return [column for column in columns if column not in reasons], recordings | reasons


def _is_of_recordings(log: UtteranceLog, column: str) -> bool:
    """Whether a column says in which recording, at what time or in which channel an utterance is."""
    name = column.casefold()
    if name == _CHANNEL:
        return all(map(_IS_CHANNEL.fullmatch, log.spellings([column])[column]))
    return name in _OF_RECORDINGS


def _restating(log: UtteranceLog, columns: Sequence[str]) -> dict[str, str]:
    """Return which columns divide the log exactly as an earlier column does, with the reason not to search them."""
    sizes = {column: _sizes(labels) for column, labels in log.spellings(columns).items()}
    reasons: dict[str, str] = {}
    for place, column in enumerate(columns):
        alike = (one for one in columns[:place] if one not in reasons and sizes[one] == sizes[column])
        if earlier := next((one for one in alike if _are_one_to_one(log, one, column)), None):
            reasons[column] = f"its labels divide the log as those of “{earlier}” do"
    return reasons


def _sizes(spelled: Mapping[str, int]) -> list[int]:
    """Return the number of utterances of each label, in ascending order, given that of each spelling."""
    sizes: Counter[str] = Counter()
    for spelling, utterances in spelled.items():
        if label := label_key(spelling):  # a blank one is missing
            sizes[label] += utterances
    return sorted(sizes.values())


def _are_one_to_one(log: UtteranceLog, one: str, other: str) -> bool:
    """Whether every label of a column, or the lack of one, occurs with a single label of the other, and vice versa."""
    pairs = log.tally([one, other]).index
    return all(pairs.get_level_values(column).nunique(dropna=False) == len(pairs) for column in (one, other))


def _identifying(log: UtteranceLog, columns: Iterable[str]) -> dict[str, str]:
    """Return why the labels of some columns identify persons, by column; other columns are left out."""
    person = log.cluster or SPEAKER
    ids = (*_BY_NAME, person)
    labels = log.spellings([column for column in columns if column not in ids])
    most = int(log.tally([person])["utterances"].max()) if labels else 0
    reasons = {column: "it holds ids or places" if column in ids else _why(labels[column]) for column in columns}
    for column, spelled in labels.items():
        # No speaker has more than so many utterances, which bounds the speakers of all labels without another query.
        if not reasons[column] and sum(spelled.values()) < _FEWEST * len(spelled) * most:
            reasons[column] = _few_speakers(log, person, column)
    return {column: reason for column, reason in reasons.items() if reason}


def _why(labels: Mapping[str, int]) -> str | None:
    """Return why labels identify persons by what they look like."""
    addresses = sum(bool(_E_MAIL.match(label)) for label in labels)
    return "they look like e-mail addresses" if labels and addresses >= _ADDRESSES * len(labels) else None


def _few_speakers(log: UtteranceLog, person: str, column: str) -> str | None:
    """Return why labels identify persons by the number of speakers who have them."""
    pairs = log.tally([person, column]).index.dropna()
    distinct = pairs.get_level_values(column).nunique()
    return "most of them belong to a single speaker" if len(pairs) < _FEWEST * distinct else None
