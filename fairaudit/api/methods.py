"""Which discoverers there are, and what they need. Nothing here needs pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from fairaudit.cohorts import discoverers
from fairaudit.core.columns import COORDINATES, SPEAKER, ZIP_CODE
from fairaudit.core.errors import setting, without_settings

__all__ = ["NEEDS", "methods", "needs_of"]

#: Keys whose features are more than columns of the log, and what it takes to have them; any others are such columns.
NEEDS: Final[Mapping[tuple[str, ...], str]] = {
    COORDINATES: "columns latitude and longitude",
    (ZIP_CODE,): f"a column zip_code and a census table ({setting('census', 'FILE')})",
    (SPEAKER,): f"speaker embeddings ({setting('embeddings', 'FILE')})",
}


def methods() -> list[tuple[str, str, dict[str, Any]]]:
    """All discoverers: name, what they need, and their settings with defaults.

    Examples
    --------
    >>> [name for name, needs, settings in methods()][:2]
    ['geo-tree', 'geo-scan']
    """
    return [
        (name, without_settings(needs_of(kind.keys)), {f.name: f.default for f in fields(kind)})
        for name, kind in discoverers().items()
    ]


def needs_of(keys: tuple[str, ...]) -> str:
    """What it takes to sort units with these keys, in words of an error message.

    Examples
    --------
    >>> from fairaudit.core.errors import UsageError
    >>> print(UsageError(f"needs {needs_of(('speaker_id',))} or {needs_of(())}"))
    needs speaker embeddings (embeddings='FILE') or label columns (by='COLUMN')
    """
    if not keys:
        return f"label columns ({setting('by', 'COLUMN')})"
    columns = f"a column {keys[0]}" if len(keys) == 1 else f"columns {' and '.join(keys)}"
    return NEEDS.get(keys, columns)
