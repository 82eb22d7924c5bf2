"""Add up files of counts, if they count alike and share no rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Final

from fairaudit.core.errors import InputError, setting
from fairaudit.core.settings import HUMAN, PSEUDO
from fairaudit.inputs.artefact import TALLY, Artefact
from fairaudit.inputs.quality import DataQuality

__all__ = ["add_up", "require_same_settings", "together"]

#: Fields of a description that are settings, beside those in ``settings``.
_SETTINGS: Final = ("unit", "normalizer", "second_normalizer", "cluster", "zip_pad")


def together(names: Sequence[str], parts: Sequence[Artefact]) -> Artefact:
    """Describe several files as one log.

    Parameters
    ----------
    names
        Names of the files, for messages.
    parts
        Their descriptions.

    Raises
    ------
    InputError
        If the files were not made alike, or if two of them come from the same file.
    """
    first = parts[0]
    seen: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        _require_alike(names[0], first, name, part)
        for one in part.inputs:
            if one.rows and seen.setdefault(one.sha256, name) != name:
                raise InputError(
                    f"{seen[one.sha256]} and {name} both come from {one.name} (SHA-256 {one.sha256[:12]}…), whose "
                    "utterances would count twice; give only one of them"
                )
    return add_up(parts)


def add_up(parts: Sequence[Artefact]) -> Artefact:
    """Describe several files, or parts of a log, which were made alike, as one."""
    first = parts[0]
    qualities = [part.quality for part in parts]
    codes = sorted({code for quality in qualities for code in quality.by_code})
    quality = DataQuality(
        rows_in=sum(quality.rows_in for quality in qualities),
        rows_used=sum(quality.rows_used for quality in qualities),
        rows_quarantined=sum(quality.rows_quarantined for quality in qualities),
        rows_left_out=sum(quality.rows_left_out for quality in qualities),
        by_code={code: sum(quality.by_code.get(code, 0) for quality in qualities) for code in codes},
    )
    return replace(
        first,
        inputs=tuple(one for part in parts for one in part.inputs),
        totals={name: sum(part.totals[name] for part in parts) for name in first.totals},
        quality=quality,
        findings=reduce(add, (part.findings for part in parts)),
        left_out=tuple(dict.fromkeys(column for part in parts for column in part.left_out)),
        shared_units=tuple(dict.fromkeys(sentence for part in parts for sentence in part.shared_units)),
    )


def _require_alike(first_name: str, first: Artefact, name: str, other: Artefact) -> None:
    """Raise if two files were not made alike."""
    if first.kind != other.kind:
        raise InputError(f"{first_name} is a {first.kind}, but {name} a {other.kind}; give files of one kind")
    require_same_settings(first_name, first, name, other)
    for what in ("columns", "count_columns", "derived_columns"):
        ours, theirs = {*getattr(first, what)}, {*getattr(other, what)}
        if ours != theirs:
            lacks, adds = sorted(ours - theirs), sorted(theirs - ours)
            parts = [f"lacks {lacks}" if lacks else "", f"also has {adds}" if adds else ""]
            remedy = (
                f"; make both with the same columns ({setting('by')})"
                if what == "columns" and first.kind == TALLY
                else ""
            )
            raise InputError(
                f"{name}: its columns differ from those of {first_name}; it {' and '.join(filter(None, parts))}{remedy}"
            )


def require_same_settings(first_name: str, first: Artefact, name: str, other: Artefact) -> None:
    """Raise if two files were made with different options."""
    kinds = {one.settings.get("reference_kind") or HUMAN: where for where, one in ((first_name, first), (name, other))}
    if len(kinds) > 1:
        raise InputError(
            f"{kinds[HUMAN]} has human references, but {kinds[PSEUDO]} has pseudo-references of a teacher model; they "
            "are never mixed in one figure; give files of one kind"
        )
    settings = {
        key: (left, right)
        for key, left, right in (
            *((one, getattr(first, one), getattr(other, one)) for one in _SETTINGS),
            *((one, first.settings.get(one), other.settings.get(one)) for one in {**first.settings, **other.settings}),
        )
        if left != right
    }
    if settings:
        listed = ("; ".join(f"{key} {pair[side]}" for key, pair in settings.items()) for side in (0, 1))
        left, right = listed
        raise InputError(f"{first_name} was made with {left}, but {name} with {right}; make both with the same options")
