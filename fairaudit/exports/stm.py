"""Write STM and CTM for NIST's sclite, whose report by label (``-o lur``) then scores the cohorts independently.

    sctk sclite -s -e utf-8 -r cohorts.stm stm -h cohorts.ctm ctm -o lur stdout

Every utterance is a waveform of its own with meaningless times, one second per word. ``-s`` makes sclite
case-sensitive, and ``-c`` makes it count characters instead of words. sclite gives substitutions the weight 4, and
deletions and insertions the weight 3. If the cheapest alignment is not the one with the fewest errors, sclite therefore
counts more errors (3 in 8,594 words of Swiss German). Its report by label overflows beyond :data:`MOST_LABELS` cohorts.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError
from fairaudit.core.progress import counted

if TYPE_CHECKING:
    from fairaudit.exports.cohort_of import Labelled
    from fairaudit.inputs.transcripts import Transcript

__all__ = ["MOST_LABELS", "sclite_command", "stm_and_ctm"]

#: Number of cohorts that sclite (SCTK 2.4.10 of Debian) can report by label.
MOST_LABELS: Final = 13
_UNASSIGNED: Final = "unassigned"
#: Lookalikes of the characters that sclite interprets as alternatives, comments or optional words.
_LOOKALIKES: Final = {ord(special): ord(special) + 0xFEE0 for special in '{}()/@;<>"\\'}


def stm_and_ctm(transcripts: Iterable[Transcript], labels: Labelled) -> tuple[str, str]:
    """Return references with cohort labels as STM and hypotheses as CTM, in the same order.

    Parameters
    ----------
    transcripts
        Normalised utterances. Those that were not scored, or whose two texts are both empty, are left out.
    labels
        Cohorts of the utterances.

    Raises
    ------
    InputError
        If two utterances, or two speakers, have the same name after whitespace is replaced.
    """
    spoken: dict[str, Transcript] = {}
    speakers: dict[str, str] = {}
    for transcript in counted(transcripts, "transcripts read"):
        if transcript.utterance in labels.speaker and (transcript.reference or transcript.hypothesis):
            name = _token(transcript.utterance)
            if name in spoken:
                raise InputError(
                    f"two utterances would both be called {name!r} in STM, where names cannot contain whitespace"
                )
            spoken[name] = transcript
            speaker = labels.speaker[transcript.utterance]
            if speakers.setdefault(_token(speaker), speaker) != speaker:
                called = _token(speaker)
                raise InputError(
                    f"two speakers would both be called {called!r} in STM, where names cannot contain whitespace"
                )
    if not spoken:
        raise InputError("no transcript is of an utterance of the log, or all of them are empty")
    stm, ctm = list(_header(labels)), []
    in_order = sorted(spoken.items(), key=lambda item: item[0].encode())
    for name, transcript in counted(in_order, "transcripts written"):
        words = transcript.hypothesis.split()
        length = max(len(transcript.reference.split()), len(words)) + 1
        cohort = labels.cohort.get(transcript.utterance)
        label = f"<O,C{'x' if cohort is None else cohort}>"
        speaker = _token(labels.speaker[transcript.utterance])
        stm.append(f"{name} A {speaker} 0.00 {length:.2f} {label} {_text(transcript.reference)}".rstrip())
        ctm += [f"{name} A {i + 0.25:.2f} 0.50 {_text(word)}" for i, word in enumerate(words)]
    return "\n".join(stm) + "\n", "\n".join(ctm) + "\n"


def sclite_command(stm: Path, *, characters: bool = False) -> str:
    """Return the command that scores the two files; the CTM is beside the STM.

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
    """Replace whitespace and semicolons, so that an id is one word."""
    return re.sub(r"[\s;]+", "_", text) or "_"
