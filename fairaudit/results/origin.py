"""Where the numbers of documents come from: which log, and how it was scored. Earlier versions wrote less of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.core.errors import InputError
from fairaudit.core.settings import ScoringDoc, scoring_from, scoring_of_signature
from fairaudit.results.reading import is_history

if TYPE_CHECKING:
    from fairaudit.results.documents import FileDoc, HistoryDoc, ReleaseDoc, ResultDoc

__all__ = ["release_scoring", "same_log", "scoring_of"]


def same_log(first: Sequence[FileDoc], second: Sequence[FileDoc]) -> bool:
    """Whether two results are about the same files and, as far as both record it, the same columns of them.

    A file with the hypotheses of several recognisers holds several logs.

    Parameters
    ----------
    first, second
        The files of both results.

    Examples
    --------
    >>> old = {"name": "log.csv", "sha256": "ab", "rows": 9}
    >>> this, other = {**old, "measured": ["hypothesis"]}, {**old, "measured": ["hypothesis_candidate"]}
    >>> same_log([this], [{**this, "name": "copy.csv"}]), same_log([this], [other]), same_log([this], [old])
    (True, False, True)
    """
    pairs = [sorted((file["sha256"], file.get("measured")) for file in files) for files in (first, second)]
    return len(pairs[0]) == len(pairs[1]) and all(
        sha == other_sha and (measured == other or None in (measured, other))
        for (sha, measured), (other_sha, other) in zip(*pairs, strict=True)
    )


def scoring_of(result: ResultDoc | HistoryDoc) -> ScoringDoc:
    """Return the settings that define the numbers of an audit, a comparison or the newest release of a history.

    Examples
    --------
    >>> scoring_of({"signature": "rate:wer|unit:word|normalizer:basic-1|sampling:speaker_id"})["normalizer"]
    'basic-1'
    """
    if is_history(result):
        return release_scoring(result["releases"][-1]) if result["releases"] else ScoringDoc()
    return scoring_from(result["scoring"]) if "scoring" in result else scoring_of_signature(result["signature"])


def release_scoring(release: ReleaseDoc) -> ScoringDoc:
    """Return the settings that define the numbers of a release.

    Raises
    ------
    InputError
        If the release does not say what was counted.

    Examples
    --------
    >>> release_scoring({"scoring": {"unit": "word", "normalizer": "basic-1"}, "sampling_unit": "speaker_id"})
    {'unit': 'word', 'normalizer': 'basic-1', 'strip_tags': False, 'alternatives': 'none', 'cluster': 'speaker_id'}
    """
    scoring = release["scoring"]
    if "strip_tags" in scoring:
        return scoring_from(scoring)
    if "unit" not in scoring:
        raise InputError(f"the release {release['name']!r} does not say how it was scored: its 'scoring' lacks 'unit'")
    texts = "normalizer" in scoring
    return {
        "unit": scoring["unit"],
        "normalizer": scoring.get("normalizer"),
        "strip_tags": "removed" in scoring if texts else None,
        "alternatives": "none" if texts else None,
        "cluster": release["sampling_unit"],
    }
