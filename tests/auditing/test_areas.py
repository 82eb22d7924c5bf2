"""Squares of a coarse grid: right rates, enough speakers in each, and no finer than a tenth of a degree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.auditing.areas import areas_of
from fairaudit.core.rate import rate_named
from fairaudit.inputs.places import Coordinates
from fairaudit.results.parts_document import areas_to_dict
from fairaudit.units.build import UnitTable, build_tables


def placed(places: np.ndarray, seed: int = 0) -> tuple[pd.DataFrame, UnitTable, pd.Index]:
    """A log of one row per place, its places as units, and its speakers in the order of their codes."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "speaker_id": [f"s{i}" for i in range(len(places))],
            "errors": rng.integers(1, 40, len(places)),
            "words": rng.integers(40, 400, len(places)),
            "latitude": places[:, 0],
            "longitude": places[:, 1],
        }
    )
    table, (units,) = build_tables(fairaudit.read_log(rows), [Coordinates()], rate_named("wer"))
    return rows, units, table.names


@pytest.fixture
def scattered() -> tuple[pd.DataFrame, UnitTable, pd.Index]:
    rng = np.random.default_rng(3)
    dense = rng.normal((40.42, -3.7), 0.2, (400, 2))
    sparse = np.column_stack([rng.uniform(36, 44, 60), rng.uniform(-9, 3, 60)])
    return placed(np.round(np.concatenate([dense, sparse]), 4))


def test_rates_are_those_of_the_speakers_inside(scattered):
    rows, units, names = scattered
    for area in areas_of(units, np.zeros(len(names), dtype=bool)):
        west, south, east, north = area.bounds
        across = rows.longitude.ge(west) & rows.longitude.lt(east)
        inside = rows[across & rows.latitude.ge(south) & rows.latitude.lt(north)]
        assert area.speakers == len(inside)
        assert area.rate == pytest.approx(inside.errors.sum() / inside.words.sum())


def test_four_in_five_speakers_are_shown_in_squares_of_at_least_eleven(scattered):
    _, units, names = scattered
    areas = areas_of(units, np.zeros(len(names), dtype=bool))
    told = [area for area in areas if area.speakers >= 11]
    assert sum(area.speakers for area in areas) == len(names)
    assert sum(area.speakers for area in told) >= 0.8 * len(names)
    assert len(areas_to_dict(areas, unredacted=False)) == len(told) < len(areas)
    assert len(areas_to_dict(areas, unredacted=True)) == len(areas)


def test_lines_of_the_grid_are_multiples_of_its_side(scattered):
    _, units, names = scattered
    bounds = np.array([area.bounds for area in areas_of(units, np.zeros(len(names), dtype=bool))])
    side = bounds[0, 2] - bounds[0, 0]
    assert np.allclose(bounds[:, 2:] - bounds[:, :2], side)
    assert np.allclose(bounds / side, np.round(bounds / side))
    assert (bounds == np.round(bounds, 1)).all()


def test_nothing_is_counted_that_could_be_subtracted(scattered):
    _, units, names = scattered
    for told in areas_to_dict(areas_of(units, np.zeros(len(names), dtype=bool)), unredacted=False):
        assert {*told} == {"bounds", "rate", "thin", "bottom_heavy"}
        assert told["rate"] == round(told["rate"], 3)


def test_a_square_is_heavy_where_the_bottom_holds_twice_its_share():
    places = np.repeat([[40.05, -3.05], [41.05, -3.05], [42.05, -3.05]], [50, 50, 50], axis=0)
    rows, units, names = placed(places)
    bottom = np.isin(names, rows.speaker_id[:30])
    heavy = {area.bounds[1]: area.bottom_heavy for area in areas_of(units, bottom)}
    assert heavy == {40.0: True, 41.0: False, 42.0: False}


def test_places_on_a_line_of_the_grid_lie_north_and_east_of_it():
    _, units, names = placed(np.repeat([[40.3, -3.0]], 20, axis=0))
    (area,) = areas_of(units, np.zeros(len(names), dtype=bool))
    assert area.bounds == (-3.0, 40.3, -2.9, 40.4)


def test_the_scattered_have_no_map():
    rng = np.random.default_rng(0)
    _, units, names = placed(np.column_stack([rng.uniform(-80, 80, 40), rng.uniform(-179, 179, 40)]))
    assert areas_of(units, np.zeros(len(names), dtype=bool)) == ()


def test_zip_codes_are_mapped_even_where_places_are_not_searched(small_files):
    log = fairaudit.read_log(small_files["log"])
    searched = fairaudit.audit(log, methods=["zip-census"], census=small_files["census"], permutations=19)
    assert searched.searches[0].areas
    assert fairaudit.audit(log, methods=["geo-tree"], permutations=19).searches[0].areas == ()
