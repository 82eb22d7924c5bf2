"""STM and CTM for NIST's sclite, whose report by label (``-o lur``) then scores our cohorts on its own.

    sctk sclite -s -e utf-8 -r cohorts.stm stm -h cohorts.ctm ctm -o lur stdout

Every utterance is a waveform of its own with times that mean nothing: a second for each word. Case counts with ``-s``,
characters are counted instead of words with ``-c``. sclite weighs substitutions 4 and the others 3: where the cheapest
alignment is not the one of fewest errors, it counts an error more (3 in 8,594 words of Swiss German). Its report by
label overflows beyond :data:`MOST_LABELS` cohorts.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fairaudit.core.errors import InputError
from fairaudit.exports.cohort_of import Labelled
from fairaudit.inputs.transcripts import Transcript

__all__ = ["MOST_LABELS", "sclite_command", "stm_and_ctm"]

#: Cohorts that sclite (SCTK 2.4.10 of Debian) can report by label.
MOST_LABELS: Final = 13
_UNASSIGNED: Final = "unassigned"
#: What sclite reads as alternatives, comments or optional words, as characters of the same look that it does not.
_LOOKALIKES: Final = {ord(special): ord(special) + 0xFEE0 for special in '{}()/@;<>"\\'}


def stm_and_ctm(transcripts: Iterable[Transcript], labels: Labelled) -> tuple[str, str]:
    """References with the label of their cohort as STM, hypotheses as CTM, both sorted alike.

    Parameters
    ----------
    transcripts
        Normalised utterances; those that were not scored, or are empty in reference and hypothesis, are left out.
    labels
        Their cohorts.

    Raises
    ------
    InputError
        If two utterances have one name once white space is none.
    """
    spoken: dict[str, Transcript] = {}
    for transcript in transcripts:
        if transcript.utterance in labels.speaker and (transcript.reference or transcript.hypothesis):
            name = _token(transcript.utterance)
            if name in spoken:
                raise InputError(f"two utterances would be called {name!r} in STM, whose names hold no white space")
            spoken[name] = transcript
    stm, ctm = list(_header(labels)), []
    for name, transcript in sorted(spoken.items(), key=lambda item: item[0].encode()):
        words = transcript.hypothesis.split()
        length = max(len(transcript.reference.split()), len(words)) + 1
        cohort = labels.cohort.get(transcript.utterance)
        label = f"<O,C{'x' if cohort is None else cohort}>"
        speaker = _token(labels.speaker[transcript.utterance])
        stm.append(f"{name} A {speaker} 0.00 {length:.2f} {label} {_text(transcript.reference)}".rstrip())
        ctm += [f"{name} A {place + 0.25:.2f} 0.50 {_text(word)}" for place, word in enumerate(words)]
    return "\n".join(stm) + "\n", "\n".join(ctm) + "\n"


def sclite_command(stm: Path, *, characters: bool = False) -> str:
    """What scores the two files, the CTM beside the STM.

    Examples
    --------
    >>> print(sclite_command(Path("x.stm")))
    sctk sclite -s -e utf-8 -r x.stm stm -h x.ctm ctm -o lur stdout
    """
    files = f"-r {shlex.quote(str(stm))} stm -h {shlex.quote(str(stm.with_suffix('.ctm')))} ctm"
    return f"sctk sclite -s {'-c ' if characters else ''}-e utf-8 {files} -o lur stdout"


def _header(labels: Labelled) -> Iterator[str]:
    rule = labels.model.rule
    yield ';; CATEGORY "0" "" ""'
    yield ';; LABEL "O" "Overall" "Overall"'
    yield f';; CATEGORY "1" "{_text(labels.model.title)}" ""'
    for cohort in range(rule.n_cohorts):
        yield f';; LABEL "C{cohort}" "{_text(rule.label(cohort))}" "{_text(rule.describe(cohort))}"'
    yield f';; LABEL "Cx" "{_UNASSIGNED}" "in no cohort"'


def _text(text: str) -> str:
    return " ".join(text.translate(_LOOKALIKES).split())


def _token(text: str) -> str:
    """An id in one word."""
    return re.sub(r"[\s;]+", "_", text) or "_"
