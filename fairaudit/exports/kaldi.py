"""Write ``utt2cohort`` for Kaldi: one utterance per line, like ``utt2spk``, sorted as by ``LC_ALL=C sort``.

A label is one word: whitespace, control characters and ``%`` are written as in URLs (``old%20town``), so that different
labels are different words. Any decoder of URLs gives the label back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError

if TYPE_CHECKING:
    from fairaudit.exports.cohort_of import Labelled

__all__ = ["require_kaldi_ids", "utt2cohort"]

_UNSAFE: Final = re.compile(r"[\s%\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def utt2cohort(labels: Labelled) -> str:
    """Return the lines of ``utt2cohort``, with each cohort label as one word.

    Unassigned utterances are left out.

    Raises
    ------
    InputError
        If an utterance id contains whitespace, which Kaldi cannot read.
    """
    require_kaldi_ids(labels.cohort)
    words = [_word(label) for label in labels.distinct]
    lines = sorted(f"{name} {words[cohort]}\n".encode() for name, cohort in labels.cohort.items())
    return b"".join(lines).decode()


def require_kaldi_ids(names: Iterable[str]) -> None:
    """Refuse ids of utterances with whitespace, which Kaldi and ESPnet cannot read."""
    if spaced := next((name for name in names if re.search(r"\s", name)), None):
        raise InputError(f"utterance id {spaced!r} contains whitespace, which Kaldi does not allow")


def _word(label: str) -> str:
    """Write a label as one word, which no other label is; an empty one as a lone ``%``."""
    return (
        _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode(errors="surrogatepass")), label)
        or "%"
    )
