"""What was recognised but belongs to no speaker, so that it is in no rate, or perhaps in that of somebody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["BETWEEN", "ELSEWHERE", "IN_GAPS", "IN_SEVERAL", "UNASSIGNED", "unplaced_caveats"]

#: Insertions of hypotheses that are assigned to no speaker.
UNASSIGNED: Final = "insertions_without_speaker"
#: Words of CTM files: between segments, in gaps of an STM, in several segments, and in waveforms without segments.
BETWEEN: Final = "words_between_segments"
IN_GAPS: Final = "words_in_gaps"
IN_SEVERAL: Final = "words_in_several_segments"
ELSEWHERE: Final = "words_without_segments"

_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    UNASSIGNED: (
        "insertion is in a hypothesis that is assigned to no speaker, and is in no rate; MeetEval's overall rate has "
        "it",
        "insertions are in hypotheses that are assigned to no speaker, and are in no rate; MeetEval's overall rate has "
        "them",
    ),
    BETWEEN: (
        "recognised word is between two segments, before the first or after the last. As in sclite, it counts for the "
        "segment after it, or the last one",
        "recognised words are between two segments, before the first or after the last. As in sclite, they count for "
        "the segment after them, or the last one",
    ),
    IN_GAPS: (
        "recognised word is in a gap in which nobody speaks, and is in no rate; sclite counts it as an insertion",
        "recognised words are in gaps in which nobody speaks, and are in no rate; sclite counts them as insertions",
    ),
    IN_SEVERAL: (
        "recognised word is in several segments at once, and may have been counted for the wrong speaker",
        "recognised words are in several segments at once, and may have been counted for the wrong speaker",
    ),
    ELSEWHERE: (
        "recognised word is in a waveform and channel without segments, and is in no rate",
        "recognised words are in waveforms and channels without segments, and are in no rate",
    ),
}


def unplaced_caveats(changes: Mapping[str, int]) -> Iterator[str]:
    """Yield what was recognised without a place in the log, given the numbers by kind.

    Examples
    --------
    >>> [*unplaced_caveats({"words_without_segments": 3, "zip_padded": 1})]
    ['3 recognised words are in waveforms and channels without segments, and are in no rate']
    """
    for kind, (one, several) in _SENTENCES.items():
        if n := changes.get(kind, 0):
            yield f"1 {one}" if n == 1 else f"{n:,} {several}"
