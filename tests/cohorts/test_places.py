from __future__ import annotations

import numpy as np
import pytest

from fairaudit.cohorts.places import widest_gap


@pytest.mark.parametrize(
    ("longitudes", "cut"),
    [([-120.0, -70.0], -180.0), ([178.0, -178.0], 0.0), ([10.0], -180.0), ([], -180.0), ([-180.0, 180.0], -180.0)],
)
def test_where_the_circle_is_cut_open(longitudes: list[float], cut: float) -> None:
    assert widest_gap(np.array(longitudes)) == cut
