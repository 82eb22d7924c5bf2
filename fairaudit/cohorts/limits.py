"""Bounds on what settings of discoverers may ask for, so that no work begins that cannot end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Final

from fairaudit.cohorts.model import settings_of
from fairaudit.core.errors import UsageError, setting

if TYPE_CHECKING:
    from fairaudit.cohorts.search import Discoverer

__all__ = ["require_few_searches", "require_small_numbers"]

_MOST_SEARCHES: Final = 1_000
_LARGEST: Final = 1_000_000
_LARGEST_SEED: Final = (1 << 32) - 1


def require_few_searches(method: str, values: Mapping[str, Sequence[Any]]) -> None:
    """Refuse more combinations of values of settings than can be searched.

    Raises
    ------
    UsageError
        If there are too many.
    """
    n_searches = prod(map(len, values.values()))
    if n_searches > _MOST_SEARCHES:
        raise UsageError(f"{method}: the settings ask for {n_searches:,} searches; at most {_MOST_SEARCHES:,} are run")


def require_small_numbers(method: str, made: Iterable[Discoverer]) -> None:
    """Refuse discoverers with settings such as a billion clusters.

    Raises
    ------
    UsageError
        If a whole number is too large.
    """
    for name, value in (item for one in made for item in settings_of(one).items()):
        largest = _LARGEST_SEED if name == "random_state" else _LARGEST
        if isinstance(value, int) and abs(value) > largest:
            raise UsageError(f"{method}: {setting(name)} must be at most {largest:,}, not {value}")
