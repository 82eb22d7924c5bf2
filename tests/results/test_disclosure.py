"""Nothing of fewer than 11 speakers is told or follows by subtraction, and nothing of a single one ever."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit import report
from fairaudit.cohorts import CohortModel, discoverers
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.core.errors import InputError
from fairaudit.core.privacy import Reportable
from fairaudit.evidence.find import Partition
from fairaudit.evidence.gaps import Side
from fairaudit.evidence.measure import Cohort
from fairaudit.evidence.record import Evidence, Gaps
from fairaudit.inputs.census import CensusTable
from fairaudit.results.audit_document import evidence_to_dict
from fairaudit.results.numbers import ends_to_gap, rounded_up, to_digits, to_gap
from fairaudit.stats.rates import Gap

FEWEST = 11
COUNTS = ("errors", "exposure", "utterances", "substitutions", "deletions", "insertions")
Sizes = list[int]


def simple_log(sizes: Sizes, *, lost: int = 0, seed: int = 0) -> pd.DataFrame:
    """Groups of these many speakers; ``lost`` further speakers have no group."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([f"g{i:02d}" for i in range(len(sizes))] + [None], [*sizes, lost])
    return pd.DataFrame(
        {
            "speaker_id": [f"s{i}" for i in range(len(groups))],
            "errors": rng.integers(1, 40, len(groups)),
            "words": rng.integers(40, 400, len(groups)),
            "group": groups,
        }
    )


def told_of(log: pd.DataFrame, *, unredacted: bool = False, **options: Any) -> dict[str, Any]:
    found = fairaudit.audit(fairaudit.read_log(log), **{"methods": ["named"], "permutations": 19, **options})
    return found.to_dict(unredacted=unredacted)


# ---- subtraction


def parts_of(discovery: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts that add up to what was measured: cohorts and, where everybody was measured, the unassigned."""
    return [*discovery["cohorts"], discovery["unassigned"]]


def assert_nothing_follows(discovery: dict[str, Any], overall: dict[str, Any], sizes: Iterable[int]) -> None:
    """No sum of figures that is left over when all that is told is subtracted belongs to fewer than 11 speakers."""
    parts, sizes = parts_of(discovery), list(sizes)
    for name in ("errors", "exposure", "utterances"):
        told = [part[name] is not None for part in parts]
        assert all(size >= FEWEST or not size for size, is_told in zip(sizes, told, strict=True) if is_told)
        left = [size for size, is_told in zip(sizes, told, strict=True) if not is_told]
        if left and any(told):
            assert len(left) > 1
            assert sum(left) >= FEWEST
        known = sum(part[name] for part, is_told in zip(parts, told, strict=True) if is_told)
        assert known <= overall[name]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 45), min_size=2, max_size=6).filter(lambda sizes: sum(sizes) >= 40),
    lost=st.integers(0, 15),
)
def test_nothing_small_is_reported_or_follows(sizes: Sizes, lost: int):
    log = simple_log(sizes, lost=lost)
    told = told_of(log, by=["group"])
    (discovery,) = told["discoveries"]
    assert_nothing_follows(discovery, told["overall"], [*(sizes[c["id"]] for c in discovery["cohorts"]), lost])
    for cohort in discovery["cohorts"]:
        assert cohort["suppressed"] or sizes[cohort["id"]] >= FEWEST
        assert cohort["suppressed"] == (cohort["rate"] is None)
        assert (cohort["label"] == f"g{cohort['id']:02d}") == (sizes[cohort["id"]] >= FEWEST)
        assert (cohort["withheld_because"] is None) == (cohort["errors"] is not None)
        if cohort["suppressed"]:
            told_anyway = {name for name, value in cohort.items() if value not in (None, False)}
            assert told_anyway <= {"id", "label", "description", "suppressed", "withheld_because"}
    withheld = [cohort["id"] for cohort in discovery["cohorts"] if cohort["suppressed"]]
    assert [cohort["id"] for cohort in discovery["cohorts"]][len(discovery["cohorts"]) - len(withheld) :] == sorted(
        withheld
    )  # where one ranks would tell how it fares
    if lost and lost < FEWEST:
        because = discovery["unassigned"].pop("withheld_because")
        assert because == "fewer than 11 speakers"
        assert set(discovery["unassigned"].values()) == {None}


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=3, max_size=5).filter(lambda sizes: sum(sizes) >= 40))
def test_unredacted_shows_all(sizes: Sizes):
    log = simple_log(sizes, lost=3)
    told = told_of(log, by=["group"], unredacted=True)
    (discovery,) = told["discoveries"]
    assert not any(cohort["suppressed"] for cohort in discovery["cohorts"])
    for name, column in (("errors", "errors"), ("exposure", "words")):
        sums = log.groupby("group")[column].sum()
        assert {cohort["label"]: cohort[name] for cohort in discovery["cohorts"]} == sums.to_dict()
        assert sum(part[name] for part in parts_of(discovery)) == told["overall"][name] == log[column].sum()


def cohort_of(place: int, speakers: int) -> Cohort:
    errors, exposure = 10.0 * speakers + place, 100.0 * speakers + 7 * place
    return Cohort(
        id=place, label=f"R{place}", description=f"region {place}", errors=errors, exposure=exposure,
        speakers=speakers, share_speakers=0.1, effective_speakers=0.9 * speakers, largest_speaker_share=0.1,
        detail=dict.fromkeys(("utterances", "substitutions", "deletions", "insertions"), errors),
        rate=errors / exposure, shrunk_rate=errors / exposure, interval=(0.05, 0.2), rank_interval=(1, 2),
        excess_errors=3.25, score=1.0, p_adjusted=None, not_tested_because=None,
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    data=st.data(),
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=8).filter(lambda sizes: sum(sizes) >= FEWEST),
    lost=st.integers(0, 20),
)
def test_nothing_small_follows_from_the_gap_either(data: st.DataObject, sizes: Sizes, lost: int):
    """The counts of the bottom group and of its rest follow from their rates and excess errors, if those are exact."""
    cohorts = tuple(cohort_of(place, speakers) for place, speakers in enumerate(sizes))
    bottom = data.draw(st.sets(st.sampled_from(range(len(sizes))), min_size=1, max_size=len(sizes) - 1))
    inside, outside = ([c for c in cohorts if (c.id in bottom) is wanted] for wanted in (True, False))
    e_in, w_in, e_out, w_out = (
        sum(getattr(c, name) for c in side) for side in (inside, outside) for name in ("errors", "exposure")
    )
    side = Side(
        gap=Gap(e_in / w_in, e_out / w_out, None),
        interval=(e_in / w_in / 1.2345678, e_in / w_in * 1.2345678),
        speakers=sum(c.speakers for c in inside),
        reference_speakers=sum(c.speakers for c in outside),
        shares={"speakers": 0.5, "utterances": 0.5, "errors": e_in / (e_in + e_out), "exposure": w_in / (w_in + w_out)},
        excess_errors=e_in - e_out / w_out * w_in,
        not_tested_because=None,
    )
    unassigned = {"speakers": lost, "utterances": 5.0 * lost, "errors": 9.0 * lost, "exposure": 90.0 * lost}
    evidence = Evidence(
        "no evidence", "", partition=Partition(Lookup((), ()), Group(tuple(sorted(bottom)), "bottom"), None),
        gaps=Gaps(side, side), cohorts=cohorts, unassigned=unassigned,
    )  # fmt: skip
    told = evidence_to_dict(evidence, alpha=0.05, unredacted=False)
    overall = {name: sum(getattr(c, name) for c in cohorts) + unassigned[name] for name in ("errors", "exposure")} | {
        "utterances": sum(c.detail["utterances"] for c in cohorts) + unassigned["utterances"]
    }
    assert_nothing_follows(told, overall, [*(sizes[c["id"]] for c in told["cohorts"]), lost])

    gap = told["held_out"]
    if min(side.speakers, side.reference_speakers) < FEWEST:
        assert gap is None
    else:
        for name, digits in (("bottom_rate", 3), ("reference_rate", 3), ("gap_absolute", 3), ("gap_relative", 4)):
            assert gap[name] == round(gap[name], digits)
        assert all(end == round(end, 3) for end in gap["bottom_interval"])
        assert all(share is None or share == round(share, 2) for share in gap["bottom_share"].values())
        assert gap["excess_errors"] == float(f"{side.excess_errors:.1e}")
    assert evidence_to_dict(evidence, alpha=0.05, unredacted=True)["held_out"]["excess_errors"] == side.excess_errors


def test_a_column_and_what_refines_it_cannot_be_subtracted():
    """Of 25 speakers from the coast 17 are women: coast minus women of the coast leaves eight men."""
    log = simple_log([25, 60, 60])
    log["sex"] = ["f" if i < 17 or (25 <= i < 76) or i >= 90 else "m" for i in range(len(log))]
    told = told_of(log, by=["group", ("group", "sex")])
    coarse, fine = told["discoveries"]
    whole = next(cohort for cohort in coarse["cohorts"] if cohort["label"] == "g00")
    women = next(cohort for cohort in fine["cohorts"] if cohort["label"] == "g00, f")
    small = [cohort for cohort in fine["cohorts"] if cohort["withheld_because"] == "fewer than 11 speakers"]
    assert {cohort["label"] for cohort in small} == {"withheld"}
    assert whole["errors"] is None or women["errors"] is None


def test_a_region_and_its_cities_cannot_be_subtracted():
    """Two label columns that nobody asked for: region A minus its city a1 leaves the eight speakers of a2."""
    log = simple_log([52, 8, 51, 9]).rename(columns={"group": "city"})
    log["region"] = np.where(log["city"] < "g02", "A", "B")
    by_title = {discovery["title"]: discovery for discovery in told_of(log)["discoveries"]}
    regions, cities = (by_title[f"named: {column}"]["cohorts"] for column in ("region", "city"))
    for region, city in zip("AB", ("g00", "g02"), strict=True):
        shown = [cohort["errors"] for cohort in [*regions, *cities] if cohort["label"] in (region, city)]
        assert None in shown


def test_partitions_of_few_are_not_shown(tmp_path: Path):
    """A user may ask for smaller cohorts than may be reported; a search by places or attributes makes none."""
    rng = np.random.default_rng(0)
    log = simple_log([60, 60]).assign(zip_code=[f"{10000 + i // 3}" for i in range(120)])
    table = pd.DataFrame({"share_x": rng.random(40), "age": rng.integers(20, 60, 40).astype(float)})
    census = CensusTable(table.set_index(pd.Index([f"{10000 + i}" for i in range(40)])), ("share_x", "age"))
    options = {"methods": ["zip-census"], "census": census, "min_speakers": 2, "permutations": 19}
    found = fairaudit.audit(fairaudit.read_log(log), params={"quantiles": (0.05, 0.5, 0.95)}, **options)
    partitions = found.searches[0].evidence.details["examined"]
    assert all(part["speakers"] >= FEWEST for part in partitions)
    shown = found.to_dict()["discoveries"][0]["examined"]["best"]
    assert [part["description"] for part in shown] == [part["description"] for part in partitions][: len(shown)]
    assert all(part["speakers"] % 10 == 0 and part["rate"] == round(part["rate"], 3) for part in shown)
    fairaudit.save(found, tmp_path)
    assert pd.read_csv(tmp_path / "zip-census.partitions.csv")["speakers"].min() >= 10  # in tens


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(1, 45), min_size=2, max_size=5).filter(lambda sizes: sum(sizes) >= 40))
def test_regressions_tell_of_enough_on_both_sides_and_no_exact_ratio_beside_what_is_withheld(sizes: Sizes):
    """Also where a user looks for smaller groups: the ratio to a rest of few would tell their rate."""
    log = simple_log(sizes)
    for unredacted in (False, True):
        params = {"nb2": True, "min_speakers": 2}
        (discovery,) = told_of(log, unredacted=unredacted, by=["group"], params=params)["discoveries"]
        size = {cohort["id"]: sizes[cohort["id"]] for cohort in discovery["cohorts"]}
        tested = {cohort["id"] for cohort in discovery["cohorts"] if cohort["tested"]}
        enough = {i for i, n in size.items() if min(n, sum(sizes) - n) >= 20}
        assert {test["cohort_id"] for test in discovery["nb2"]} == enough & tested
        if not unredacted:
            for test in discovery["nb2"]:
                assert [test["ratio"], *test["interval"]] == [round(x, 3) for x in (test["ratio"], *test["interval"])]


def test_regressions_are_exact_where_nothing_may_be_withheld():
    options = {"by": ["group"], "params": {"nb2": True}, "unredacted": True}
    (discovery,) = told_of(simple_log([30, 30, 30]), **options)["discoveries"]
    assert len(discovery["nb2"]) == 3
    assert any(test["ratio"] != round(test["ratio"], 3) for test in discovery["nb2"])
    assert told_of(simple_log([30, 30]), by=["group"])["discoveries"][0]["nb2"] is None


# ---- rates, and what is reported beside an audit


@pytest.mark.parametrize("size", [40, 120])
def test_a_large_cohort_has_a_rate_beside_few_who_are_in_none(size: int):
    """The rates of the rest and of its two cohorts together would reveal the sums of the one that is withheld."""
    log = simple_log([size + 20, size, size + 10], lost=4)
    log["errors"] += 10 * (log["group"] == "g00")  # the bottom, so that the others are its rest
    (discovery,) = told_of(log, by=["group"])["discoveries"]
    assert discovery["bottom"]["cohort_ids"] == [0]
    (withheld,) = (cohort for cohort in discovery["cohorts"] if cohort["withheld_because"])
    assert withheld["errors"] is None
    assert withheld["suppressed"] == (size < 100)
    assert withheld["suppressed"] or withheld["rate"] == to_digits(withheld["rate"])


def test_comparisons_and_histories_report_what_can_be_reported_beside_the_audit():
    """Frozen cohorts carry it, also in files."""
    rng = np.random.default_rng(0)
    log = simple_log([14, 60, 60]).assign(utterance_id=[f"u{i}" for i in range(134)])
    worse = log.assign(errors=log["errors"] + rng.integers(0, 3, len(log)))
    audit = fairaudit.audit(log, methods=["named"], by=["group"], permutations=19)
    (model,) = audit.models
    assert model.reportable is not None
    again = CohortModel.from_dict(model.to_dict())
    assert again.reportable == model.reportable
    nothing = replace(model, reportable=Reportable(frozenset(), frozenset(), frozenset()))
    assert nothing.fingerprint == model.fingerprint
    for models, shown in (([model], True), ([nothing], False)):
        rows = fairaudit.compare(worse, log, models).to_dict()["reviews"][0]["cohorts"]
        release = fairaudit.record(models, "1.0", log).to_dict()["releases"][0]["reviews"][0]["cohorts"]
        assert any(cohort["speakers"] for cohort in rows) == any(cohort["speakers"] for cohort in release) == shown
        assert any(cohort["after"] for cohort in rows) == any(cohort["rate"] for cohort in release) == shown


@pytest.mark.parametrize("broken", [{}, [], {"sums": [0], "rates": [0]}, {"sums": ["x"], "rates": [], "sides": []}])
def test_what_can_be_reported_is_read_or_refused(broken: Any):
    (model,) = fairaudit.audit(simple_log([30, 40]), methods=["named"], by=["group"], permutations=19).models
    content = model.to_dict()
    content["reportable"] = broken
    with pytest.raises(InputError, match="incomplete or malformed"):
        CohortModel.from_dict(content)
    del content["reportable"]  # as an earlier version wrote it
    assert CohortModel.from_dict(content).reportable is None


# ---- canaries


N = 240


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A log whose every id, word, zip code and coordinate occurs nowhere else."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("canaries")
    latitude = np.round(-38 + 4 * rng.random(N), 6)
    longitude = np.round(-115 + 4 * rng.random(N), 6)
    zips = [f"{code:05d}" for code in rng.choice(np.arange(10_000, 99_999), N, replace=False)]
    rows, words = [], []
    for speaker in range(N):
        for number in range(3):
            spoken = [f"qword{speaker:03d}x{number}x{i}" for i in range(8)]
            heard = [word if rng.random() > 0.15 else f"{word}misheard" for word in spoken]
            words += spoken
            rows.append(
                {
                    "utterance_id": f"qutt-{speaker:03d}-{number}",
                    "speaker_id": f"qspk-{speaker:03d}",
                    "reference": " ".join(spoken),
                    "hypothesis": " ".join(heard),
                    "latitude": latitude[speaker],
                    "longitude": longitude[speaker],
                    "zip_code": zips[speaker],
                    "accent": ["hill", "coast", "plain"][speaker % 3],
                }
            )
    pd.DataFrame(rows).to_csv(folder / "log.csv", index=False)
    census = pd.DataFrame(
        {"zip_code": zips, "median_age": rng.integers(20, 60, N), "pct_rural": rng.integers(0, 99, N)}
    )
    census.to_csv(folder / "census.csv", index=False)
    ids = np.array([f"qspk-{speaker:03d}" for speaker in range(N)])
    np.savez(folder / "embeddings.npz", ids=ids, embeddings=rng.standard_normal((N, 8)).astype(np.float32))
    return {"folder": folder, "zips": zips, "places": np.abs(np.concatenate([latitude, longitude]))}


@pytest.mark.slow
@pytest.mark.parametrize("unredacted", [False, True])
def test_canaries(unredacted: bool, canaries: dict[str, Any], cli: Callable[..., Any], tmp_path: Path):
    folder = canaries["folder"]
    sides = ("--census", folder / "census.csv", "--embeddings", folder / "embeddings.npz")
    more = ["--unredacted"] if unredacted else []
    ran = cli("audit", folder / "log.csv", *sides, "--permutations", 39, "-o", tmp_path, *more)
    assert ran.code in (0, 4), ran.err
    assert cli("report", tmp_path / "audit.json", "-o", tmp_path / "audit.md").code == 0
    written = {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()}
    audit = json.loads(written["audit.json"])
    assert {discovery["method"] for discovery in audit["discoveries"]} == set(discoverers())
    assert all(discovery["bottom"] for discovery in audit["discoveries"])

    notebook = report.render_notebook(audit)
    validated = cli("validate", folder / "log.csv", *sides)
    told = {"terminal": ran.out, "words": ran.err, "notebook": notebook, "validate": validated.out + validated.err}
    for name, text in {**written, **told}.items():
        assert not re.search(r"qspk|qutt|qword", text), name
        numbers = set(re.findall(r"(?<![\w.])[0-9]{5}(?![\w.])", text))
        assert not numbers & set(canaries["zips"]), name
        if name != "cohorts.json":  # the rule of a tree needs its thresholds
            decimals = {f"{float(number):.6f}" for number in re.findall(r"[0-9]+\.[0-9]{6,}", text)}
            assert not decimals & {f"{place:.6f}" for place in canaries["places"]}, name
            for bounds in re.findall(r"(?:latitude|longitude)[^\",<\n]*", text):
                assert not re.search(r"[0-9]\.[0-9]{2,}", bounds), bounds
            assert not re.search(r"[0-9]\.[0-9]{2,}\s*°", text), name
    regions = [region for discovery in audit["discoveries"] for region in discovery["regions"] or ()]
    assert regions
    areas = [area for discovery in audit["discoveries"] for area in discovery["areas"]]
    assert areas
    assert all(bound == round(bound, 1) for box in (*regions, *areas) for bound in box["bounds"])


@pytest.mark.slow
def test_pictures_hold_no_dot_for_each_speaker_and_nothing_beside_the_picture(canaries: dict[str, Any], tmp_path: Path):
    folder = canaries["folder"]
    sides = {"census": folder / "census.csv", "embeddings": folder / "embeddings.npz"}
    found = fairaudit.audit(fairaudit.read_log(folder / "log.csv"), permutations=19, **sides)
    figures = re.findall(r"<svg.*?</svg>", fairaudit.render_html(found), flags=re.DOTALL)
    assert len(figures) > len(found.searches)
    for figure in figures:
        root = ElementTree.fromstring(figure)
        kinds = {element.tag for element in root.iter()}
        assert kinds <= {"svg", "g", "defs", "path", "text", "use", "clipPath", "rect", "pattern"}
        marks = sum(element.tag in ("use", "circle", "rect") for element in root.iter())
        assert marks < N / 2, root.get("aria-label")
    (picture,) = re.findall(r'src="data:image/png;base64,([^"]+)"', found._repr_html_())
    assert {*chunks(base64.b64decode(picture))} <= {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def chunks(png: bytes) -> Iterator[bytes]:
    """The types of the chunks of a PNG; text, times and profiles have types of their own."""
    place = 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        yield png[place + 4 : place + 8]
        place += length + 12


def test_frozen_rules_cut_between_places(canaries: dict[str, Any]):
    """A threshold that is somebody's coordinate would point at a home."""
    log = fairaudit.read_log(canaries["folder"] / "log.csv")
    (model,) = fairaudit.audit(log, methods=["geo-tree"], permutations=19).models
    rule = model.to_dict()["rule"]
    cuts = [abs(cut) for cut, asked in zip(rule["threshold"], rule["feature"], strict=True) if asked >= 0]
    assert cuts
    assert not {f"{cut:.6f}" for cut in cuts} & {f"{place:.6f}" for place in canaries["places"]}


@given(gap=st.floats(-1, 10), digits=st.integers(2, 4))
def test_no_number_that_a_gate_reads_is_rounded_down(gap: float, digits: int):
    assert gap <= rounded_up(gap, digits) <= gap + 10.0**-digits + 1e-12
    assert rounded_up(rounded_up(gap, digits), digits) == rounded_up(gap, digits)
    assert to_gap(gap) >= gap
    assert min(np.array(ends_to_gap([gap, gap + 1])) - [gap, gap + 1]) >= 0
    assert to_digits(max(gap, 1e-9)) >= gap
