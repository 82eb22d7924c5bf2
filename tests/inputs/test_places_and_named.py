from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.errors import UsageError
from fairaudit.inputs import Coordinates, NamedColumns, read_log

FRAME = pd.DataFrame(
    {
        "speaker_id": list("abcd"),
        "latitude": [42.5, None, 0.0, 41.0],
        "longitude": [-2.5, None, 0.0, -3.0],
        "accent": ["x", None, "y", "x"],
        "device": ["m", "m", None, "n"],
        "errors": 1,
        "words": 2,
    }
)


def test_places_of_a_tally():
    units = read_log(FRAME).tally(Coordinates().keys).index
    found = Coordinates().lookup(units)
    assert found.columns.tolist() == ["latitude", "longitude"]
    np.testing.assert_array_equal(found.to_numpy(), [[41.0, -3.0], [42.5, -2.5], [np.nan, np.nan]])
    assert Coordinates().one_per_speaker


def test_named_columns_of_a_tally():
    features = NamedColumns(("accent", "device"))
    units = read_log(FRAME).tally(features.keys).index
    found = features.lookup(units)
    assert found.index.equals(units)
    assert found.fillna("-").values.tolist() == [["x", "m"], ["x", "n"], ["y", "-"], ["-", "m"]]
    assert not features.one_per_speaker


def test_units_of_other_keys_are_refused():
    units = pd.Index(["a"], name="speaker_id")
    with pytest.raises(UsageError, match=r"places need the levels latitude and longitude, not \['speaker_id'\]"):
        Coordinates().lookup(units)
    with pytest.raises(UsageError, match="but the columns are"):
        NamedColumns(("accent", "device")).lookup(units)
    with pytest.raises(UsageError, match="one or more distinct columns"):
        NamedColumns(())
