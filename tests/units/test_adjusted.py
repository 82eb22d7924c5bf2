"""Harder material taken into account."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.rate import rate_named
from fairaudit.evidence.record import Evidence
from fairaudit.results.audit import Audit
from fairaudit.units.adjusted import EXPECTED, AdjustedLog


def confounded(seed: int, *, gap: float, hard_share: tuple[float, float], speakers: int = 1000) -> pd.DataFrame:
    """Two rows a speaker, easy and hard text (twice the errors); a tenth of the speakers say another share of hard."""
    rng = np.random.default_rng(seed)
    group = rng.random(speakers) < 0.1
    words = np.floor(35 * (201 / 5) ** rng.random(speakers)) + 20
    share = np.where(group, *hard_share)
    effect = np.exp(0.4 * rng.standard_normal(speakers) - 0.08) * np.where(group, 1 + gap, 1)
    rows = []
    for domain, of_domain, factor in (("hard", share, 2.0), ("easy", 1 - share, 1.0)):
        said = np.round(words * of_domain)
        rows.append(
            pd.DataFrame(
                {
                    "speaker_id": [f"s{i}" for i in range(speakers)],
                    "group": np.where(group, "few", "many"),
                    "domain": domain,
                    "snr": np.where(domain == "hard", 5.0, 30.0) + rng.normal(0, 1, speakers),
                    "errors": rng.poisson(0.08 * factor * said * effect),
                    "words": said.astype(int),
                }
            )
        )
    return pd.concat(rows)


def audited(frame: pd.DataFrame, **options: object) -> Audit:
    return fairaudit.audit(fairaudit.read_log(frame), by=["group"], permutations=199, **options)


def adjusted_log(frame: pd.DataFrame) -> AdjustedLog:
    return AdjustedLog(fairaudit.read_log(frame), ("domain",), rate_named("wer"), "speaker_id")


def test_expected_errors_add_up_in_every_grouping() -> None:
    frame = confounded(0, gap=0.0, hard_share=(0.6, 0.2), speakers=200)
    adjusted = adjusted_log(frame)
    for by in (["group"], ["domain"], ["group", "domain"], ["speaker_id"]):
        assert adjusted.tally(by)[EXPECTED].sum() == pytest.approx(frame["errors"].sum())
    rates = adjusted.tally(["domain"])[EXPECTED] / adjusted.tally(["domain"])["words"]
    assert rates["hard"] / rates["easy"] == pytest.approx(2.0, rel=0.1)
    said = frame["words"] * frame["domain"].map(rates)
    np.testing.assert_allclose(adjusted.tally(["group"])[EXPECTED], said.groupby(frame["group"]).sum())


def test_a_group_with_more_errors_does_not_drag_its_material_along() -> None:
    """Half of the speakers make twice the errors and say nearly all of one domain: the domains are equally hard."""
    frame = confounded(9, gap=0.0, hard_share=(0.5, 0.5), speakers=400)
    worse = frame["speaker_id"].str[1:].astype(int) % 2 == 0
    rng = np.random.default_rng(0)
    often = worse == (frame["domain"] == "hard")
    frame["words"] = np.where(often, 900, 100)
    effect = frame["speaker_id"].map(dict(zip(frame["speaker_id"].unique(), rng.gamma(9, 1 / 9, 400), strict=True)))
    frame["errors"] = rng.poisson(0.1 * frame["words"] * effect * np.where(worse, 2, 1))
    tally = adjusted_log(frame).tally(["domain"])
    plain = tally["errors"] / tally["words"]
    adjusted = tally[EXPECTED] / tally["words"]
    assert plain["hard"] / plain["easy"] > 1.6
    assert adjusted["hard"] / adjusted["easy"] == pytest.approx(1.0, abs=0.1)


def test_a_missing_covariate_is_a_stratum_of_its_own() -> None:
    frame = confounded(1, gap=0.0, hard_share=(0.5, 0.5), speakers=100)
    frame.loc[frame["domain"] == "easy", "domain"] = None
    adjusted = adjusted_log(frame)
    assert adjusted.support.strata == 2
    assert adjusted.tally(["speaker_id"])[EXPECTED].sum() == pytest.approx(frame["errors"].sum())


def gap_of_few(evidence: Evidence) -> float:
    """On all speakers, since a named group is measured on all."""
    rates = {cohort.label: cohort.rate for cohort in evidence.cohorts}
    return rates["few"] / rates["many"] - 1


@pytest.mark.slow
@pytest.mark.exhaustive
def test_hard_text_makes_a_raw_gap_that_adjustment_takes_away() -> None:
    raw, left, flagged = [], [], 0
    for seed in range(12):
        found = audited(confounded(seed, gap=0.0, hard_share=(0.6, 0.2)), adjust=["domain"], seed=seed)
        (search,) = found.adjusted.searches
        raw.append(gap_of_few(found.searches[0].evidence))
        left.append(gap_of_few(search.evidence))
        flagged += search.evidence.verdict == "disparity"
    assert np.median(raw) > 0.25
    assert abs(np.median(left)) < 0.05
    assert flagged <= 3


def test_a_gap_hidden_behind_easy_text_comes_back() -> None:
    found = audited(confounded(3, gap=0.4, hard_share=(0.05, 0.5)), adjust=["domain"])
    (search,) = found.adjusted.searches
    assert search.evidence.verdict == "disparity"
    assert search.evidence.bottom.description == "group = few"
    assert gap_of_few(found.searches[0].evidence) < 0.1
    assert gap_of_few(search.evidence) == pytest.approx(0.4, abs=0.15)


def test_a_column_of_numbers_is_cut_into_bands() -> None:
    frame = confounded(4, gap=0.0, hard_share=(0.6, 0.2), speakers=300)
    found = audited(frame.astype({"snr": str}), adjust=["snr[2]"])
    assert found.adjusted.support.strata == 2
    assert "adjusted_for:snr[2]" in found.signature
    told = found.to_dict()["adjusted"]
    assert told["covariates"] == ["snr[2]"]
    assert told["thin_strata"] == 0


def test_the_split_is_that_of_the_audit() -> None:
    """With a covariate that explains nothing the adjusted gap of the same cohort is the raw one."""
    frame = confounded(5, gap=0.3, hard_share=(0.5, 0.5), speakers=300).assign(nothing="x")
    found = audited(frame, adjust=["nothing"])
    (search,) = found.adjusted.searches
    raw = found.searches[0].evidence.gaps.deciding
    assert search.same_cohort.speakers == raw.speakers
    assert search.same_cohort.gap.relative == pytest.approx(raw.gap.relative)


@pytest.mark.parametrize(
    ("adjust", "sentence"),
    [("domian", "did you mean 'domain'"), ("group[3]", "holds no numbers"), ("snr[1]", "2 bands")],
)
def test_covariates_that_cannot_be_had(adjust: str, sentence: str) -> None:
    frame = confounded(6, gap=0.0, hard_share=(0.5, 0.5), speakers=100)
    with pytest.raises((InputError, UsageError), match=sentence.replace("(", r"\(")):
        audited(frame, adjust=[adjust])
