"""Sizes of memory, as people write them."""

from __future__ import annotations

import re
from typing import Final

from fairaudit.core.errors import UsageError, setting

__all__ = ["DEFAULT_MEMORY", "bytes_of"]

DEFAULT_MEMORY: Final = "1GiB"
#: Megabytes. Less would not hold what is read at once.
_LEAST: Final = 500
_UNITS: Final[dict[str, int]] = {
    f"{prefix}{unit}": base**power
    for power, prefix in enumerate("KMGT", start=1)
    for unit, base in (("iB", 1024), ("B", 1000))
}
_SIZE: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?) ?([KMGT]?i?B?)", re.IGNORECASE)


def bytes_of(memory: str) -> int:
    """Return the number of bytes of a size such as ``"500MB"`` or ``"1.5 GiB"``.

    Raises
    ------
    UsageError
        If it is no size, or too small to work with.

    Examples
    --------
    >>> bytes_of("500MB"), bytes_of("1.5 GiB")
    (500000000, 1610612736)
    >>> bytes_of("4G")
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.UsageError: memory must be a size such as 500MB or 1GiB, not '4G'; did you mean '4GiB'?
    """
    size = _SIZE.fullmatch(memory.strip()) if isinstance(memory, str) else None
    units = {unit.casefold(): n for unit, n in _UNITS.items()}
    if size is None or size[2].casefold() not in units:
        prefix = size[2][:1].upper() if size else ""
        guess = f"; did you mean '{size[1]}{prefix}iB'?" if size and prefix in [*"KMGT"] else ""
        wanted = f"{setting('memory')} must be a size such as 500MB or {DEFAULT_MEMORY}"
        raise UsageError(f"{wanted}, not {memory!r}{guess}")
    n = round(float(size[1]) * units[size[2].casefold()])
    if n < _LEAST * 1000**2:
        raise UsageError(f"{setting('memory')} must be at least {_LEAST}MB, not {memory}")
    return n
