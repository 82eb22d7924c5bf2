"""Give the words of CTM files to the segments of a log in STM, as sclite does.

A word belongs to the first segment of its waveform and channel that ends after the middle of the word. Words between
two segments are thus those of the second, and words after the last one belong to it. sclite keeps the ends of segments
in single precision, so that this is done here as well. Source: NIST, SCTK, ``src/sclite/stm2ctm.c``.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from sys import intern
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import HYPOTHESIS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.inputs.formats.base import FILE, Format
from fairaudit.inputs.formats.ctm import Word, words_of
from fairaudit.inputs.formats.lines import Record, batches_of
from fairaudit.inputs.formats.stm import STM, Segment, segments_of
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.unplaced import BETWEEN, ELSEWHERE, IN_GAPS, IN_SEVERAL

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["hypotheses_of"]

#: Words that are left out because nothing in their segment is scored.
_IGNORED: Final = "ignored"
#: Share of the words that may be in several segments.
_IN_SEVERAL: Final = 0.01
#: Places that a message shows.
_SHOWN: Final = 3
#: Waveform and channel.
_Place: TypeAlias = tuple[str, str]


@dataclass
class _Words:
    """The words of a waveform and channel: the last one, and the middles and texts of all."""

    last: Word
    middles: array[float] = field(default_factory=lambda: array("d"))
    texts: list[str] = field(default_factory=list)

    def add(self, file: OpenedFile, word: Word) -> None:
        """Add a word, and raise if it begins before the last one."""
        if word.start < self.last.start:
            raise InputError(
                f"{file.name}: row {word.row}: a word begins at {word.start:g} s, but the one before it in waveform "
                f"{word.waveform!r} and channel {word.channel!r}, in row {self.last.row}, at {self.last.start:g} s; "
                "CTM is sorted by waveform, channel and time"
            )
        self.last = word
        self.middles.append(word.start + word.duration / 2)
        self.texts.append(intern(word.text))


def hypotheses_of(files: Sequence[OpenedFile], log: Sequence[tuple[OpenedFile, Format]]) -> Iterator[pa.Table]:
    """Yield the hypothesis of each segment of a log, and count the words that are in no segment, or in several.

    A segment without words has an empty hypothesis, if there are words elsewhere in its waveform and channel.

    Parameters
    ----------
    files
        Files of CTM. What becomes of their words is added to the first.
    log
        Files of the log, and their formats.

    Raises
    ------
    InputError
        If the log is not in STM, if a file cannot be read, or if no word is in a waveform and channel of the log.
    """
    import pyarrow as pa

    first = files[0]
    if not log or any(form is not STM for _, form in log):
        raise InputError(
            f"{first.name}: this is CTM, which has words with their times; they can be joined only with the segments "
            "of a log in STM"
        )
    segments: dict[_Place, list[Segment]] = defaultdict(list)
    for file, _ in log:
        for segment in segments_of(file):
            segments[_place(segment)].append(segment)
    words: dict[_Place, _Words] = {}
    for file in files:
        for word in words_of(file):
            words.setdefault(_place(word), _Words(word)).add(file, word)
        file.require_unchanged()
    _require_places(first, segments, words)
    both = segments.keys() & words.keys()
    if _spelled(segments[place][0] for place in both) != _spelled(words[place].last for place in both):
        first.notes.append(f"{first.name}: waveforms and channels are compared without case, as sclite does")
    counts: Counter[str] = Counter(
        {ELSEWHERE: sum(len(words[place].texts) for place in words.keys() - segments.keys())}
    )
    records: list[Record] = []
    for place in sorted(both):
        in_order = sorted(segments[place], key=lambda one: (float(one.start), float(one.end)))
        _require_different(log, in_order)
        middles = np.array(words[place].middles)
        ends = np.array([one.end for one in in_order], np.float32).astype(np.float64)
        belongs = _belongs(middles, ends)
        starts = np.array([one.start for one in in_order], np.float32).astype(np.float64)
        among = np.searchsorted(np.sort(starts), middles, "right") - np.searchsorted(np.sort(ends), middles, "right")
        is_scored, is_ignored = (
            np.array([getattr(one, name) for one in in_order])[belongs] for name in ("is_scored", "is_ignored")
        )
        counts[_IGNORED] += int(is_ignored.sum())
        counts[IN_GAPS] += int((~is_scored & ~is_ignored).sum())
        counts[BETWEEN] += int((is_scored & (among == 0)).sum())
        counts[IN_SEVERAL] += int((among > 1).sum())
        texts: dict[int, list[str]] = defaultdict(list)
        for text, i in zip(words[place].texts, belongs, strict=True):
            texts[i].append(text)
        records += [
            (len(records) + i, {UTTERANCE: one.name, HYPOTHESIS: " ".join(texts[i])})
            for i, one in enumerate(in_order)
            if one.is_scored
        ]
    _require_few_in_several(first, counts[IN_SEVERAL], sum(len(one.texts) for one in words.values()))
    if n := counts.pop(_IGNORED, 0):
        first.notes.append(f"{first.name}: words in segments that are excluded from scoring are left out: {n:,}")
    first.changes.update({kind: n for kind, n in counts.items() if n})
    for batch in batches_of(records, [UTTERANCE, HYPOTHESIS]):
        yield pa.table(batch).append_column(FILE, pa.repeat(pa.scalar(0, pa.int64()), len(batch)))


def _belongs(middles: NDArray[np.float64], ends: NDArray[np.float64]) -> list[int]:
    """Return the segment of each word.

    Parameters
    ----------
    middles
        Seconds, shape (n_words,), in the order of the words.
    ends
        Seconds, shape (n_segments,), in the order of the segments.

    Examples
    --------
    >>> _belongs(np.array([0.5, 2.0, 2.5, 9.0]), np.array([2.0, 4.0]))
    [0, 1, 1, 1]
    """
    limits, last, i = ends.tolist(), len(ends) - 1, 0
    belongs = []
    for middle in middles.tolist():
        while i < last and middle >= limits[i]:
            i += 1
        belongs.append(i)
    return belongs


def _require_places(file: OpenedFile, segments: Mapping[_Place, list[Segment]], words: Mapping[_Place, _Words]) -> None:
    """Raise if no word is in a waveform and channel of the log."""
    if not words:
        raise InputError(f"{file.name}: no words")
    if segments.keys() & words.keys():
        return
    firsts = ((first for first, *_ in segments.values()), (one.last for one in words.values()))
    ours, theirs = (", ".join(sorted(_spelled(places))[:_SHOWN]) for places in firsts)
    raise InputError(
        f"{file.name}: no word is in a waveform and channel of the log; the log has {ours}, and {file.name} has "
        f"{theirs}"
    )


def _place(one: Segment | Word) -> _Place:
    """Return the waveform and channel of a segment or word; sclite does not distinguish case."""
    return one.waveform.casefold(), one.channel.casefold()


def _spelled(places: Iterable[Segment | Word]) -> set[str]:
    """Write waveforms and channels as the files do."""
    return {f"{one.waveform} {one.channel}" for one in places}


def _require_different(log: Sequence[tuple[OpenedFile, Format]], segments: Sequence[Segment]) -> None:
    """Raise if two segments that are scored have the same id."""
    scored = [one for one in segments if one.is_scored]
    for before, one in pairwise(scored):
        if before.name == one.name:
            raise InputError(
                f"{log[0][0].name}: two segments of waveform {one.waveform!r} and channel {one.channel!r} begin at "
                f"{one.start} s (rows {before.row} and {one.row}), so that it is not clear whose words are whose"
            )


def _require_few_in_several(file: OpenedFile, n: int, words: int) -> None:
    """Raise if many words are in several segments, because their times do not say who spoke."""
    if n > _IN_SEVERAL * words:
        raise InputError(
            f"{file.name}: {n:,} of {words:,} words are in several segments at once, so that their times do not say "
            "who said them; give hypotheses by utterance, or the counts of a tool for overlapping speech, such as "
            "MeetEval"
        )
