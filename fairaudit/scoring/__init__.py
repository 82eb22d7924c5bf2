"""Turn texts into counts: normalise them, align them, and keep four integers per utterance."""

from __future__ import annotations

from collections.abc import Sequence

from fairaudit.scoring.align import ErrorColumns, Token, count_errors, count_stream, require_pairs
from fairaudit.scoring.normalize import (
    EVENT_TAG,
    NORMALIZERS,
    Normalizer,
    get_normalizer,
    get_second_normalizer,
    remove_tags,
)
from fairaudit.scoring.scripts import Scripts, resolve_token, script_of

__all__ = [
    "NORMALIZERS",
    "ErrorColumns",
    "Normalizer",
    "Scripts",
    "Token",
    "count_errors",
    "get_normalizer",
    "get_second_normalizer",
    "remove_tags",
    "resolve_token",
    "score_pairs",
    "scoring_settings",
    "script_of",
]


def score_pairs(
    references: Sequence[str], hypotheses: Sequence[str], *, normalizer: Normalizer, token: Token, tags: bool = False
) -> ErrorColumns:
    """Normalise and count in one pass, with one pair in memory at a time.

    Parameters
    ----------
    references, hypotheses
        Texts as written in the log; both of the same length.
    normalizer
        Applied to both sides.
    token
        Whether words or characters are counted.
    tags
        Whether the references contain event tags such as ``<LAUGH>``. They are removed from references only, before
        normalisation.

    Returns
    -------
    ErrorColumns
        Arrays of shape (n_utterances,).

    Raises
    ------
    UsageError
        If the numbers of references and hypotheses differ.

    Examples
    --------
    >>> counts = score_pairs(["YEAH <LAUGH>"], ["Yeah."], normalizer=get_normalizer("basic"), token="word", tags=True)
    >>> counts.errors.tolist(), counts.exposure.tolist()
    ([0], [1])
    """
    require_pairs(references, hypotheses)
    wanted = map(remove_tags, references) if tags else references
    return count_stream(map(normalizer, wanted), map(normalizer, hypotheses), n=len(references), token=token)


def scoring_settings(normalizer: Normalizer, token: Token, *, tags: bool = False) -> dict[str, str | None]:
    """List the settings of :func:`score_pairs` that can change a number, for the signature.

    Examples
    --------
    >>> scoring_settings(get_normalizer("none"), "word")
    {'unit': 'word', 'normalizer': 'none-1', 'removed': None}
    """
    return {"unit": token, "normalizer": normalizer.label, "removed": EVENT_TAG.pattern if tags else None}
