"""In logs of very many speakers, some are searched, and all others are held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import fairaudit
from fairaudit.cohorts import Embedding, GeoTree
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.columns import SPEAKER
from fairaudit.core.rate import rate_named
from fairaudit.evidence import splitting
from fairaudit.evidence.confirm import confirm
from fairaudit.evidence.design import Design
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.record import Evidence
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.units.build import SpeakerTable, UnitTable, build_tables


def south(log: SimulatedLog) -> np.ndarray:
    return log.coordinates[:, 0] < np.quantile(log.coordinates[:, 0], 0.3)


LOG = simulate_log(speakers=1_000, seed=950_000, planted=south, gap=1.0)
#: Known places, in the place of voices, for a discoverer that does not look at errors.
DISCOVERERS = [GeoTree(), Embedding(clusters=8)]


@pytest.fixture(autouse=True)
def few_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plan, "most_searched", 400)


def tables() -> tuple[SpeakerTable, UnitTable]:
    table, (units,) = build_tables(fairaudit.read_log(LOG.to_frame()), [Coordinates()], rate_named("wer"), SPEAKER)
    return table, units


def evidence(units: UnitTable, table: SpeakerTable, discoverer: Discoverer) -> Evidence:
    return confirm(units, discoverer, Design.of(table, Plan(permutations=39)))


def shuffled(units: UnitTable, speakers: np.ndarray) -> UnitTable:
    """Units whose counts move among some speakers, who all have one cell."""
    cells = np.flatnonzero(speakers[units.counts.speaker])
    source = np.arange(len(units.counts))
    source[cells] = np.random.default_rng(0).permutation(cells)
    counts = units.counts
    return replace(
        units,
        counts=replace(
            counts,
            errors=counts.errors[source],
            exposure=counts.exposure[source],
            detail={name: column[source] for name, column in counts.detail.items()},
        ),
        residual=units.residual[source],
        information=units.information[source],
    )


def test_how_many_are_searched() -> None:
    table, _ = tables()
    design = Design.of(table, Plan())
    assert design.searched.sum() == 400
    assert (design.searched == ~design.held_out).all()
    assert design.share_searched == pytest.approx(0.4)
    whole = Design.of(table, Plan(holdout=0.25))  # a share that somebody asks for is kept
    assert whole.held_out.sum() == 250
    assert not Plan().is_sampled(597)
    assert Plan().is_sampled(598)


@pytest.mark.parametrize("discoverer", DISCOVERERS)
def test_a_search_and_its_p_value_do_not_depend_on_those_who_are_kept_aside(discoverer: Discoverer) -> None:
    table, units = tables()
    held_out = Design.of(table, Plan()).held_out
    once, other = (evidence(one, table, discoverer) for one in (units, shuffled(units, held_out)))
    assert once.partition == other.partition
    np.testing.assert_array_equal(once.test.null, other.test.null)
    assert once.test.observed == other.test.observed
    assert once.gaps.held_out != other.gaps.held_out
    moved = evidence(shuffled(units, ~held_out), table, discoverer)
    assert moved.test.observed != once.test.observed


@pytest.mark.parametrize("discoverer", DISCOVERERS)
def test_the_planted_region_is_found_and_measured_on_all_others(discoverer: Discoverer) -> None:
    table, units = tables()
    found = evidence(units, table, discoverer)
    assert found.test.p_alone == 1 / 40
    assert found.gaps.held_out.gap.interval[0] > 0
    on = 1_000 if discoverer.outcome_free else 600
    assert found.measured_speakers == on
    assert sum(one.speakers for one in found.cohorts) == on
    assert found.notes[-1] == "The search and its shuffles used 400 of 1,000 speakers; all others were kept aside."


def test_the_split_is_not_chosen_by_its_results(monkeypatch: pytest.MonkeyPatch) -> None:
    table, units = tables()
    design = splitting.design_of([Search("geo-tree", Coordinates(), GeoTree())], [units], table, Plan())
    np.testing.assert_array_equal(design.held_out, Design.of(table, Plan()).held_out)
    monkeypatch.setattr(Plan, "most_searched", 100_000)
    design = splitting.design_of([Search("geo-tree", Coordinates(), GeoTree())], [units], table, Plan())
    assert not np.array_equal(design.held_out, Design.of(table, Plan()).held_out)


def test_the_page_says_it() -> None:
    audit = fairaudit.audit(LOG.to_frame(), methods="geo-tree", permutations=39)
    assert "holdout:0.6|" in audit.signature
    assert "The search and its shuffles used 400 of 1,000 speakers" in fairaudit.render_html(audit)
