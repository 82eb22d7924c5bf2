"""Options of :func:`fairaudit.inputs.read_log`: which values they have, and what they mean for the numbers of a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from fairaudit.core.columns import WORDS
from fairaudit.core.errors import InputError, UsageError, setting, unknown_name
from fairaudit.inputs.ingest import Reading
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import exposure_name
from fairaudit.scoring import Token, scoring_settings

__all__ = ["require_one_of", "settings_of", "token_of_counts"]


def settings_of(reading: Reading, scored: Token | None, counted: Token) -> dict[str, str | None]:
    """Return the settings that can change a number. A log of counts has no normaliser."""
    scoring = (
        {"unit": counted} if scored is None else scoring_settings(reading.normalizer, scored, tags=reading.strip_tags)
    )
    usual = {"missing_hypothesis": "error", "missing_speaker": "auto"}
    chosen = {name: getattr(reading, name) for name in usual}
    mapped = "+".join(f"{ours}={theirs}" for ours, theirs in sorted(reading.columns.items()))
    return {
        **scoring,
        **{name: None if value == usual[name] else value for name, value in chosen.items()},
        "columns": mapped or None,
    }


def require_one_of(option: str, value: str, values: Sequence[str]) -> None:
    """Raise if the value of an option is none of its values."""
    if value not in values:
        raise UsageError(unknown_name(f"value of {setting(option)}", value, values))


def token_of_counts(types: Mapping[str, str], token: Literal["word", "char", "auto"]) -> Token:
    """Return whether a log of counts counts words or characters."""
    if token == "auto":
        return "word" if WORDS in types else "char"
    if exposure_name(token) not in types:
        raise InputError(lacking("log", [exposure_name(token)], types))
    return token
