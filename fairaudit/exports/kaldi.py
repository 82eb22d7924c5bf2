"""Write ``utt2cohort`` for Kaldi: one utterance per line, like ``utt2spk``, sorted as by ``LC_ALL=C sort``."""

from __future__ import annotations

import re

from fairaudit.core.errors import InputError
from fairaudit.exports.cohort_of import Labelled

__all__ = ["utt2cohort"]


def utt2cohort(labels: Labelled) -> str:
    """Return the lines of ``utt2cohort``, with each cohort label as one word.

    Unassigned utterances are left out.

    Raises
    ------
    InputError
        If an utterance id contains whitespace, which Kaldi cannot read.
    """
    if spaced := next((name for name in labels.cohort if re.search(r"\s", name)), None):
        raise InputError(f"utterance id {spaced!r} contains whitespace, which Kaldi does not allow")
    rule = labels.model.rule
    words = [re.sub(r"\s+", "_", rule.label(cohort)) or "_" for cohort in range(rule.n_cohorts)]
    lines = sorted(f"{name} {words[cohort]}\n".encode() for name, cohort in labels.cohort.items())
    return b"".join(lines).decode()
