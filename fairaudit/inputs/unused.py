"""Say which options of reading have no effect on a log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fairaudit.core.columns import EXPOSURES, ZIP_CODE
from fairaudit.inputs.raw import Reading

__all__ = ["unused_options"]


def unused_options(reading: Reading, columns: Collection[str], *, scored: bool, second_normalizer: Any) -> list[str]:
    """Return a sentence for each kind of option that was given but has no effect.

    Parameters
    ----------
    reading
        The options. A default cannot be distinguished from an option that was given, and is left out.
    columns
        Columns of the log.
    scored
        Whether the log holds texts, which were scored, and not counts.
    second_normalizer
        The second normaliser as it was asked for.

    Examples
    --------
    >>> from fairaudit.scoring import get_normalizer
    >>> unused_options(Reading(get_normalizer("none")), ["words"], scored=False, second_normalizer="auto")
    ['The log holds counts, on which normalizer has no effect.']
    """
    of_texts = {
        "normalizer": reading.normalizer.name != "basic",
        "second_normalizer": second_normalizer not in ("auto", "off"),
        "strip_tags": reading.strip_tags,
        "alternatives": reading.alternatives != "auto",
        "missing_hypothesis": reading.missing_hypothesis != "error",
    }
    given = [name for name, is_given in of_texts.items() if is_given]
    sentences = []
    if given and not scored:
        sentences.append(f"The log holds counts, on which {', '.join(given)} {_has(given)} no effect.")
    counted = [name for name in EXPOSURES.values() if name in columns]
    if reading.token != "auto" and not scored and len(counted) == 1:
        sentences.append(f"The log counts only {counted[0]}; unit has no effect.")
    if reading.zip_pad and ZIP_CODE not in columns:
        sentences.append(f"The log has no column {ZIP_CODE}; zip_pad has no effect.")
    return sentences


def _has(names: Collection[str]) -> str:
    return "has" if len(names) == 1 else "have"
