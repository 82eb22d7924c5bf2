"""``utt2cohort`` for Kaldi, beside ``utt2spk``: one utterance per line, sorted as ``LC_ALL=C sort`` does."""

from __future__ import annotations

import re

from fairaudit.core.errors import InputError
from fairaudit.exports.cohort_of import Labelled

__all__ = ["utt2cohort"]


def utt2cohort(labels: Labelled) -> str:
    """The cohort of every utterance that has one, its label in one word.

    Raises
    ------
    InputError
        If an id holds white space, which Kaldi cannot read.
    """
    if spaced := next((name for name in labels.cohort if re.search(r"\s", name)), None):
        raise InputError(f"Kaldi's ids hold no white space, {spaced!r} does")
    rule = labels.model.rule
    words = [re.sub(r"\s+", "_", rule.label(cohort)) or "_" for cohort in range(rule.n_cohorts)]
    lines = sorted(f"{name} {words[cohort]}\n".encode() for name, cohort in labels.cohort.items())
    return b"".join(lines).decode()
