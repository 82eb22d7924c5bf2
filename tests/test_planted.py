"""The invented sample tells a truth; every discoverer finds its own planted group, and nothing where nothing is."""

from __future__ import annotations

import pytest

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.results.audit import Audit
from fairaudit.samples import Sample

#: Least Jaccard overlap of the speakers found with those planted; three more groups are planted across each.
OVERLAP = {"geo-tree": 0.7, "zip-census": 0.7, "embedding": 0.8, "named: accent": 1.0}


@pytest.mark.parametrize("title", OVERLAP)
def test_what_was_planted_is_found(title, sample: Sample, sample_log: UtteranceLog, sample_audit: Audit, sample_files):
    found = next(d for d in sample_audit.searches if d.title == title)
    assert found.verdict == "disparity"
    assert found.evidence.p_value <= 0.05
    low, _ = found.evidence.gaps.held_out.gap.ratio_interval
    assert low > 1

    sides = {"census": sample_files["census"], "embeddings": sample_files["embeddings"]}
    rows = fairaudit.assign(sample_log, found.model, **sides)
    bottom = set(rows["speaker_id"][rows["in_bottom"]])
    planted = set(sample.truth["planted"][found.method]["speakers"])
    assert len(bottom & planted) / len(bottom | planted) >= OVERLAP[title]


@pytest.mark.parametrize("column", ["gender", "device"])
def test_what_was_not_planted_is_not_found(column, sample_audit: Audit):
    found = next(d for d in sample_audit.searches if d.title == f"named: {column}")
    assert found.verdict == "no evidence"
    assert found.evidence.p_value > 0.05
    assert found.evidence.detectable.gap > 0


def test_the_gap_is_that_of_the_sample(sample_audit: Audit):
    """The planted accent has 1.7 times the errors; the interval of its held-out gap holds that."""
    found = next(d for d in sample_audit.searches if d.title == "named: accent")
    low, high = found.evidence.gaps.held_out.gap.ratio_interval
    assert low < 1.7 < high
