"""STM and CTM for NIST's sclite, whose report by label (``-o lur``) then scores our cohorts on its own.

    sctk sclite -e utf-8 -r cohorts.stm stm -h cohorts.ctm ctm -o lur stdout

Every utterance is a waveform of its own with times that mean nothing: a second for each word. sclite weighs
substitutions 4 and the others 3, so that it may count an error more than the fewest there could be; its report by label
overflows beyond :data:`MOST_LABELS` cohorts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from fairaudit.exports.cohort_of import Labelled
from fairaudit.inputs.transcripts import Transcript

__all__ = ["MOST_LABELS", "stm_and_ctm"]

#: Cohorts that sclite (SCTK 2.4.10 of Debian) can report by label.
MOST_LABELS: Final = 13
_UNASSIGNED: Final = "unassigned"
#: What sclite reads as alternatives, comments or optional words.
_SPECIAL: Final = re.compile(r"[{}()/@;<>\"\\]+")


def stm_and_ctm(transcripts: Iterable[Transcript], labels: Labelled) -> tuple[str, str]:
    """References with the label of their cohort as STM, hypotheses as CTM, both sorted alike.

    Parameters
    ----------
    transcripts
        Normalised utterances; those whose reference and hypothesis are both empty are left out.
    labels
        Their cohorts.
    """
    spoken = sorted((t for t in transcripts if t.reference or t.hypothesis), key=lambda t: t.utterance.encode())
    stm, ctm = list(_header(labels)), []
    for transcript in spoken:
        name, words = _token(transcript.utterance), transcript.hypothesis.split()
        length = max(len(transcript.reference.split()), len(words)) + 1
        cohort = labels.cohort.get(transcript.utterance)
        label = f"<O,C{'x' if cohort is None else cohort}>"
        speaker = _token(labels.speaker.get(transcript.utterance, _UNASSIGNED))
        stm.append(f"{name} A {speaker} 0.00 {length:.2f} {label} {_text(transcript.reference)}".rstrip())
        ctm += [f"{name} A {place + 0.25:.2f} 0.50 {_text(word)}" for place, word in enumerate(words)]
    return "\n".join(stm) + "\n", "\n".join(ctm) + "\n"


def _header(labels: Labelled) -> Iterator[str]:
    rule = labels.model.rule
    yield ';; CATEGORY "0" "" ""'
    yield ';; LABEL "O" "Overall" "Overall"'
    yield f';; CATEGORY "1" "{_text(labels.model.title)}" ""'
    for cohort in range(rule.n_cohorts):
        yield f';; LABEL "C{cohort}" "{_text(rule.label(cohort))}" "{_text(rule.describe(cohort))}"'
    yield f';; LABEL "Cx" "{_UNASSIGNED}" "in no cohort"'


def _text(text: str) -> str:
    return " ".join(_SPECIAL.sub(" ", text).split())


def _token(text: str) -> str:
    """An id in one word."""
    return re.sub(r"[\s;]+", "_", text) or "_"
