"""The split of an audit is the most typical of nine."""

from __future__ import annotations

import numpy as np
import pytest

import fairaudit
from fairaudit.cohorts import GeoScan, GeoTree, Named
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.columns import SPEAKER
from fairaudit.core.rate import rate_named
from fairaudit.evidence import splitting
from fairaudit.evidence.design import Design
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.splitting import design_of
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.units.build import SpeakerTable, UnitTable, build_tables


def south(log: SimulatedLog) -> np.ndarray:
    return log.coordinates[:, 0] < np.quantile(log.coordinates[:, 0], 0.15)


@pytest.fixture(scope="module")
def log() -> UtteranceLog:
    return fairaudit.read_log(simulate_log(speakers=300, seed=950003, planted=south, gap=1.0).to_frame())


def tables(log: UtteranceLog, *discoverers: Discoverer) -> tuple[list[Search], SpeakerTable, list[UnitTable]]:
    searches = [
        Search(one.method, NamedColumns(("accent",)) if isinstance(one, Named) else Coordinates(), one)
        for one in discoverers
    ]
    table, units = build_tables(log, [one.features for one in searches], rate_named("wer"), SPEAKER)
    return searches, table, units


@pytest.mark.parametrize("discoverer", [GeoTree(), GeoScan()])
def test_it_has_the_middle_lower_limit_of_nine(discoverer: Discoverer, log: UtteranceLog):
    searches, table, units = tables(log, discoverer)
    plan = Plan(seed=3)
    designs = [Design.of(table, plan, [3, 4, i]) for i in range(9)]
    *limits, chosen = splitting._lower_limits(discoverer, units[0], [*designs, design_of(searches, units, table, plan)])
    tested = sorted(one for one in limits if np.isfinite(one))
    assert chosen in (tested[(len(tested) - 1) // 2], tested[len(tested) // 2])
    assert len(tested) > 5


def test_two_searches_share_one_that_is_extreme_in_neither(log: UtteranceLog):
    searches, table, units = tables(log, GeoTree(), GeoScan())
    designs = [Design.of(table, Plan(), [0, 4, i]) for i in range(9)]
    for search, unit_table in zip(searches, units, strict=True):
        *limits, chosen = splitting._lower_limits(
            search.discoverer, unit_table, [*designs, design_of(searches, units, table, Plan())]
        )
        assert 1 <= sorted(limits).index(chosen) <= 7


def test_few_shuffles_are_a_quick_look_at_a_single_split(log: UtteranceLog):
    searches, table, units = tables(log, GeoTree())
    plan = Plan(permutations=99)
    np.testing.assert_array_equal(design_of(searches, units, table, plan).held_out, Design.of(table, plan).held_out)


def test_what_most_splits_cannot_test_is_typical():
    few = np.array([0.1, -np.inf, -np.inf, 0.3, -np.inf])
    assert splitting._distance(few).tolist() == [5, 0, 0, 5, 0]
    most = np.array([0.1, -np.inf, 0.2, 0.3, -np.inf])
    assert splitting._distance(most).tolist() == [1, 5, 0, 1, 5]


def test_known_groups_choose_nothing(log: UtteranceLog):
    searches, table, units = tables(log, Named(by=("accent",)))
    design = design_of(searches, units, table, Plan(seed=2))
    np.testing.assert_array_equal(design.held_out, Design.of(table, Plan(seed=2)).held_out)


def test_too_few_speakers_to_search_are_split_all_the_same(log: UtteranceLog):
    few = fairaudit.read_log(simulate_log(speakers=15, seed=0).to_frame())
    searches, table, units = tables(few, GeoTree())
    assert 7 <= design_of(searches, units, table, Plan()).held_out.sum() <= 8


def test_another_seed_keeps_the_verdict(log: UtteranceLog):
    """With a single random split, three in ten seeds said "uneven"."""
    verdicts = {
        fairaudit.audit(log, methods=["geo-tree"], permutations=129, seed=seed).searches[0].verdict for seed in range(6)
    }
    assert verdicts == {"disparity"}


def test_cohorts_that_are_only_found_are_those_of_the_audit(log: UtteranceLog):
    (audited,) = fairaudit.audit(log, methods=["geo-scan"], permutations=129).searches
    assert fairaudit.discover(log, Coordinates(), GeoScan()).rule == audited.model.rule
