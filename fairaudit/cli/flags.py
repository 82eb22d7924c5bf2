"""Settings that messages suggest, spelled as options."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["flag"]

#: Options whose names differ from those of the parameters in Python.
_NAMES: Final = {"columns": "column", "methods": "method", "params": "param"}


def flag(name: str, value: Any) -> str:
    """Spell a setting of a message as an option.

    Parameters
    ----------
    name
        Name of the parameter in Python.
    value
        Its value; ``None`` names the option alone.

    Examples
    --------
    >>> flag("columns", {"speaker_id": "client_id"}), flag("zip_pad", True), flag("missing_hypothesis", "drop")
    ('--column speaker_id=client_id', '--zip-pad', '--missing-hypothesis drop')
    >>> flag("by", "native language")
    "--by 'native language'"
    """
    option = f"--{_NAMES.get(name, name).replace('_', '-')}"
    if value is None or value is True:
        return option
    if isinstance(value, Mapping):
        return " ".join(f"{option} {shlex.quote(f'{key}={one}')}" for key, one in value.items())
    return f"{option} {shlex.quote(str(value))}"
