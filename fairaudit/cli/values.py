"""Take texts and file names as they are. Typer would load pydantic for them, which costs as much as typer itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, get_args

__all__ = ["take_plain_values"]

#: Types whose values need no check.
_PLAIN: Final[dict[Any, Callable[[str], Any]]] = {str: str, Path: Path}


def take_plain_values(params: Iterable[Any]) -> None:
    """Let parameters take values that need no check as they are. Typer converts all others; old versions convert all.

    Parameters
    ----------
    params
        Options and arguments of a command that typer built.
    """
    for param in params:
        if hasattr(param, "type_descriptor") and "process_value" not in vars(param):
            param.process_value = _process(param, param.process_value)


def _process(param: Any, convert: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return how a parameter gets from a word, a default or nothing to its value."""
    kind = param.type_descriptor.annotation
    several = param.multiple or param.nargs == -1
    make = _PLAIN.get(next(iter(get_args(kind)), kind) if several else kind)

    def process(ctx: Any, value: Any) -> Any:
        made: Any
        words = list(value or ()) if several else [value]
        if value is None and not param.required:
            made = () if several else None
        elif value is param.default and value is not None and not callable(value):
            made = value
        elif make is not None and words and all(map(_needs_no_check, words)):
            made = [make(word) for word in words] if several else make(value)
        else:
            return convert(ctx, value)
        return made if param.callback is None else param.callback(ctx, param, made)

    return process


def _needs_no_check(word: Any) -> bool:
    """Whether a value is a text that UTF-8 can encode, and not the name of a file that cannot be read."""
    try:
        word.encode()
        return os.access(word, os.R_OK) or not os.path.lexists(word)
    except (AttributeError, ValueError):
        return False
