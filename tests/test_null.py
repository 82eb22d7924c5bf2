"""Logs without any disparity: no search reports one, although each finds a gap on the speakers that it searched."""

from __future__ import annotations

import re
from itertools import product
from statistics import median

import numpy as np
import pytest
from scipy.stats import binom

import fairaudit
from fairaudit.cohorts import Embedding
from fairaudit.cohorts.search import observed_score
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.rate import RATES
from fairaudit.evidence.family import Family, adjusted
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.report import render_terminal
from fairaudit.results.audit import Audit
from fairaudit.samples import simulate_log
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.units.build import build_tables

pytestmark = pytest.mark.slow

SPEAKERS = 2_000


def audited(seed: int) -> Audit:
    noise = simulate_log(speakers=SPEAKERS, seed=seed)
    attributes = noise.to_census().set_index("zip_code")
    return fairaudit.audit(
        fairaudit.read_log(noise.to_frame()),
        census=CensusTable(attributes, tuple(attributes.columns)),
        embeddings=EmbeddingTable.of(*noise.to_embeddings()),
        permutations=199,
    )


@pytest.mark.parametrize("seeds", [(0, 1), pytest.param((2, 3, 4, 5), marks=pytest.mark.exhaustive)])
def test_noise_is_no_disparity(seeds: tuple[int, ...]):
    """All discoverers on logs of noise: no disparity, held-out gaps about zero, both gaps printed side by side."""
    audits = [audited(seed) for seed in seeds]
    for audit in audits:
        assert {d.method for d in audit.searches} == {"geo-tree", "geo-scan", "zip-census", "embedding", "named"}
        assert {d.verdict for d in audit.searches} <= {"no evidence", "insufficient evidence"}
        assert_gaps_are_printed_side_by_side(audit)
    gaps = [d.evidence.gaps.held_out.gap.relative for audit in audits for d in audit.searches]
    assert abs(median(gaps)) < 0.12


def assert_gaps_are_printed_side_by_side(audit: Audit) -> None:
    """The terminal prints the search-inflated gap on the line of the held-out one, or neither of them.

    Known groups have no search-inflated gap.
    """
    searches = [search for search in audit.searches if search.method != "named"]
    found = [search for search in searches if search.evidence.gaps.held_out.speakers >= SUPPRESS_BELOW]
    assert found
    text = render_terminal(audit.to_dict(), width=1_000)
    printed = re.findall(r"Held-out gap [^(]*\((\S+) %\).*search-inflated [^(]*\((\S+) %\)", text)
    assert len(printed) == len(found)
    assert text.count("so the search-inflated one is not shown either") == len(searches) - len(found)
    assert text.count("search-inflated") == len(searches)
    for search, gaps in zip(found, printed, strict=True):
        for gap, side in zip(gaps, (search.evidence.gaps.held_out, search.evidence.gaps.search_inflated), strict=True):
            surplus = float(gap.replace("−", "-")) / 100 - side.gap.relative
            assert -5.1e-3 <= surplus <= 0.01  # whole percents, rounded up if counts are withheld


@pytest.mark.exhaustive
def test_what_holding_out_is_for():
    """The geo-tree on 40 logs of noise: a large gap where it searched, none on the other speakers."""
    sides = []
    for seed in range(40):
        noise = simulate_log(speakers=SPEAKERS, seed=seed).to_frame()
        log = fairaudit.read_log(noise[["speaker_id", "errors", "words", "latitude", "longitude"]])
        found = fairaudit.audit(log, methods=["geo-tree"], permutations=19).searches[0].evidence
        sides.append((found.gaps.search_inflated.gap.relative, found.gaps.held_out.gap.relative))
    inflated, held_out = zip(*sides, strict=True)
    assert median(inflated) > 0.25
    assert abs(median(held_out)) < 0.12


@pytest.mark.exhaustive
def test_the_best_of_twelve_settings_is_no_discovery():
    """Twelve settings of one discoverer on noise: alone some setting often has p <= .05, all told seldom."""
    alone, together = [], []
    for seed in range(24):
        log = simulate_log(speakers=300, seed=seed)
        features = EmbeddingTable.of(*log.to_embeddings())
        table, (units,) = build_tables(fairaudit.read_log(log.to_frame()), [features], RATES["wer"])
        found = []
        for k, random_state in product((2, 4, 8), range(4)):
            search = Embedding(clusters=k, n_init=1, random_state=random_state).search(units)
            draws = shuffles(units.counts.speaker, len(table), 199, seed)
            null = np.concatenate([search.best(chunk) for chunk in draws])
            found.append((observed_score(search), null))
        alone.append(min(permutation_p(observed, null) for observed, null in found))
        together.append(
            min(p.item() for p in adjusted([Family.of_search(*one, 0.05) for one in found]) if p is not None)
        )
    assert sum(p <= 0.05 for p in alone) >= 4
    assert sum(p <= 0.05 for p in together) <= binom.ppf(0.999, 24, 0.05)
