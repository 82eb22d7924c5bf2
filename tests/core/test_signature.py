from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.signature import signature

keys = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=5)
settings = st.dictionaries(keys, st.text(max_size=12) | st.integers() | st.floats() | st.booleans(), max_size=6)


@given(settings)
def test_splits_back_into_its_settings(settings: dict[str, object]) -> None:
    line = signature(settings)
    assert "\n" not in line
    pairs = [part.split(":") for part in line.split("|")] if settings else []
    assert [key for key, _ in pairs] == list(settings)


def test_how_values_are_reported() -> None:
    told = signature({"a": True, "b": False, "c": None, "d": ("x", 2), "e": (), "f": "1|2:3\n4", "g": 0.05, "h": 0})
    assert told == "a:yes|b:no|d:x+2|e:none|f:1/2=3 4|g:0.05|h:0"


def test_the_order_of_settings_is_kept() -> None:
    assert signature({"b": 1, "a": 2}) == "b:1|a:2"
