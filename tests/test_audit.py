"""The whole audit: the contract is kept, every number follows from the log, and equal inputs give equal bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import GeoScan, GeoTree, Named, discoverers
from fairaudit.core.errors import NothingToAuditError, UsageError
from fairaudit.evidence.plan import Search
from fairaudit.evidence.splitting import design_of
from fairaudit.inputs import Coordinates, NamedColumns
from fairaudit.report import render_terminal
from fairaudit.results.audit import Audit
from fairaudit.results.gaps import deciding_gap
from fairaudit.results.reading import audit_schema, validate_audit
from fairaudit.units.build import build_tables

B = 99
SPEAKERS = 240


def counts_log(seed: int = 0, **extra: Any) -> pd.DataFrame:
    """240 speakers, 6 rows each; errors as S, D, I; an accent that is served worse, and a place."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(SPEAKERS), 6)
    accent = np.array(["coast", "hill", "plain"])[speaker % 3]
    words = rng.integers(5, 30, len(speaker))
    spread = np.exp(0.3 * rng.standard_normal(SPEAKERS))[speaker] * np.where(accent == "hill", 2.0, 1.0)
    kinds = {
        name: rng.binomial(words // 3, np.minimum(0.1 * spread, 1.0))
        for name in ("substitutions", "deletions", "insertions")
    }
    places = {
        "latitude": np.round(-38 + rng.random(SPEAKERS) * 4, 2)[speaker],
        "longitude": np.round(-115 + rng.random(SPEAKERS) * 4, 2)[speaker],
    }
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i:05d}" for i in range(len(speaker))],
            "speaker_id": [f"s{i:03d}" for i in speaker],
            **kinds,
            "words": words,
            "accent": accent,
            "device": np.array(["phone", "car"])[rng.integers(2, size=len(speaker))],
            **places,
            **extra,
        }
    ).assign(errors=lambda f: f["substitutions"] + f["deletions"] + f["insertions"])


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return counts_log()


@pytest.fixture(scope="module")
def counted(frame: pd.DataFrame) -> Audit:
    return fairaudit.audit(fairaudit.read_log(frame), permutations=B)


@pytest.fixture(scope="module")
def named(sample_log) -> Audit:
    return fairaudit.audit(sample_log, methods=["named"], by=["accent", ("accent", "gender")], permutations=B)


@pytest.fixture(scope="module")
def insufficient() -> Audit:
    return fairaudit.audit(fairaudit.read_log(counts_log().head(90)), permutations=B)


@pytest.fixture(scope="module")
def characters() -> Audit:
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("あいうえおかきく"), 12)) for _ in range(400)]
    heard = ["".join(c for c in text if rng.random() > 0.1) for text in texts]
    log = pd.DataFrame({"speaker_id": [f"s{i % 100}" for i in range(400)], "reference": texts, "hypothesis": heard})
    log["region"] = [["east", "west"][i % 2] for i in range(400)]
    return fairaudit.audit(fairaudit.read_log(log), permutations=B)


AUDITS = [pytest.param("sample_audit", marks=pytest.mark.slow), "named", "insufficient", "counted", "characters"]


@pytest.fixture
def found(request: pytest.FixtureRequest) -> Audit:
    return request.getfixturevalue(request.param)


every_audit = pytest.mark.parametrize("found", AUDITS, indirect=True)


# ---- at a prompt


@every_audit
def test_a_prompt_shows_a_line(found: Audit):
    assert re.fullmatch(r"<Audit of (wer|cer) by speaker_id: [a-z ]+ in \d+ search(es)?>", repr(found))
    for discovery in found.searches:
        assert repr(discovery).startswith(f"<SearchResult {discovery.title}: {discovery.verdict}")
        assert len(repr(discovery)) < 300


@every_audit
def test_the_searches_stand_side_by_side(found: Audit):
    told = {d["title"]: d for d in found.to_dict(unredacted=True)["discoveries"]}
    frame = found.to_frame()
    assert frame.index.tolist() == list(told)
    for title, row in frame.iterrows():
        discovery = told[str(title)]
        assert row["verdict"] == discovery["verdict"]
        held, searched, side = discovery["held_out"], discovery["search_inflated"], deciding_gap(discovery)
        assert row["measured_on"] == (
            "all speakers" if discovery["method"] == "named" and side else "held-out speakers"
        )
        expected = [discovery["p_value"], *[None] * 6]
        if side is not None:
            expected = [
                discovery["p_value"],
                side["speakers"],
                side["gap_relative"],
                *(side["gap_interval"] or [None] * 2),
                held and held["gap_relative"],
                searched and searched["gap_relative"],
            ]
        figures = row[["p_value", "speakers", "gap", "low", "high", "held_out", "search_inflated"]]
        np.testing.assert_allclose(figures.astype(float), np.array(expected, dtype=float))


# ---- the contract


@every_audit
@pytest.mark.parametrize("unredacted", [False, True])
def test_the_contract_is_kept(found: Audit, unredacted: bool):
    content = json.loads(found.to_json(unredacted=unredacted))
    jsonschema.Draft202012Validator(audit_schema()).validate(content)
    validate_audit(content)
    assert content["redacted"] is not unredacted
    quality = content["quality"]
    assert quality["rows_in"] == quality["rows_used"] + quality["rows_quarantined"]
    assert sum(entry["rows"] for entry in content["inputs"]) == quality["rows_in"]


def test_the_verdicts_of_these_audits(sample_audit, named, insufficient, counted, characters):
    verdicts = [audit.verdict for audit in (sample_audit, named, insufficient, counted, characters)]
    assert verdicts == ["disparity", "disparity", "insufficient evidence", "disparity", "no evidence"]
    assert characters.to_dict()["rate"] == "cer"
    assert {discovery.method for discovery in sample_audit.searches} == set(discoverers())


@every_audit
def test_titles_are_unique(found: Audit):
    titles = [discovery.title for discovery in found.searches]
    assert len(set(titles)) == len(titles)


def test_asking_twice_is_asking_once(sample_log):
    """A search that is run twice would pay twice."""
    twice = {"methods": ["named", "named"], "by": ["accent", "accent", ["accent"]]}
    found = fairaudit.audit(sample_log, **twice, permutations=B).to_dict()
    assert [discovery["title"] for discovery in found["discoveries"]] == ["named: accent"]
    assert found["searches"] == 1


@every_audit
def test_p_values_are_possible(found: Audit):
    for discovery in found.to_dict(unredacted=True)["discoveries"]:
        least = 1 / (discovery["permutations"] + 1)
        if discovery["p_value"] is None:
            assert discovery["verdict"] == "insufficient evidence"
            assert discovery["p_value_alone"] is None
        else:
            assert least <= discovery["p_value_alone"] <= discovery["p_value"] <= 1
        for cohort in discovery["cohorts"]:
            assert cohort["p_adjusted"] is None or least <= cohort["p_adjusted"] <= 1
            assert cohort["flagged"] == (cohort["p_adjusted"] is not None and cohort["p_adjusted"] <= 0.05)
            assert cohort["tested"] or not cohort["flagged"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wer", "substitution_rate", "deletion_rate", "insertion_rate"])
def test_every_rate_that_can_be_asked_for_can_be_shown(name, frame):
    log = fairaudit.read_log(frame)
    found = fairaudit.audit(log, methods=["named"], by=["accent"], rate=name, permutations=B)
    validate_audit(found.to_dict())
    assert found.verdict == "disparity"
    assert render_terminal(found.to_dict())
    assert fairaudit.render_html(found)


# ---- every number follows from the log


def wer(rows: pd.DataFrame) -> float:
    return rows["errors"].sum() / rows["words"].sum()


def discovery_of(audit: Audit, title: str) -> tuple[Any, dict[str, Any]]:
    place = [d.title for d in audit.searches].index(title)
    return audit.searches[place], audit.to_dict(unredacted=True)["discoveries"][place]


def held_out_rows(audit: Audit, frame: pd.DataFrame) -> pd.Series:
    """Who was held out: the audit does not tell, but its order of speakers, its searches and its seed do."""
    sources = [Coordinates(), Coordinates(), *(NamedColumns((label,)) for label in ("accent", "device"))]
    discoverers = [GeoTree(), GeoScan(), Named(by=("accent",)), Named(by=("device",))]
    assert [one.method for one in discoverers] == [search.method for search in audit.searches]
    searches = [Search(one.method, source, one) for source, one in zip(sources, discoverers, strict=True)]
    table, units = build_tables(fairaudit.read_log(frame), sources, audit.rate)
    return frame["speaker_id"].isin(table.names[design_of(searches, units, table, audit.plan).held_out])


def cohort_of_rows(discovery: Any, frame: pd.DataFrame) -> pd.Series:
    """Cohort of every utterance, by the frozen rule."""
    rows = fairaudit.assign(fairaudit.read_log(frame), discovery.model, per="utterance_id")
    return frame["utterance_id"].map(rows.set_index("utterance_id")["cohort_id"])


def test_overall(counted: Audit, frame: pd.DataFrame):
    overall = counted.to_dict()["overall"]
    assert overall["errors"] == frame["errors"].sum()
    assert overall["exposure"] == frame["words"].sum()
    assert overall["rate"] == pytest.approx(wer(frame), rel=1e-12)
    assert overall["interval"][0] < overall["rate"] < overall["interval"][1]
    assert (overall["speakers"], overall["utterances"]) == (SPEAKERS, len(frame))


@pytest.mark.parametrize("title", ["geo-tree", "geo-scan", "named: accent", "named: device"])
def test_cohorts(title, counted: Audit, frame: pd.DataFrame):
    discovery, told = discovery_of(counted, title)
    cohort = cohort_of_rows(discovery, frame)
    measured = held_out_rows(counted, frame) if told["measured_on"] == "held-out speakers" else cohort >= 0
    rows, cohort = frame[measured], cohort[measured]
    assert set(cohort) == {entry["id"] for entry in told["cohorts"]}
    for entry in told["cohorts"]:
        inside, outside = rows[cohort == entry["id"]], rows[cohort != entry["id"]]
        assert not entry["suppressed"]
        assert entry["errors"] == inside["errors"].sum()
        assert entry["exposure"] == inside["words"].sum()
        assert entry["utterances"] == len(inside)
        assert entry["speakers"] == inside["speaker_id"].nunique()
        for kind in ("substitutions", "deletions", "insertions"):
            assert entry[kind] == inside[kind].sum()
        said = inside.groupby("speaker_id")["words"].sum()
        assert entry["rate"] == pytest.approx(wer(inside), rel=1e-12)
        assert entry["share_speakers"] == pytest.approx(entry["speakers"] / rows["speaker_id"].nunique(), rel=1e-12)
        assert entry["excess_errors"] == pytest.approx(inside["errors"].sum() - wer(outside) * said.sum(), rel=1e-9)
        assert entry["effective_speakers"] == pytest.approx(said.sum() ** 2 / (said**2).sum(), rel=1e-12)
        assert entry["largest_speaker_share"] == pytest.approx(said.max() / said.sum(), rel=1e-12)
        if entry["effective_speakers"] < 3:
            assert entry["interval"] is None
        else:
            assert entry["interval"][0] < entry["rate"] < entry["interval"][1]
    scores = [entry["score"] for entry in told["cohorts"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("title", "side"),
    [
        *product(["geo-tree", "geo-scan"], ["held_out", "search_inflated"]),
        *product(["named: accent", "named: device"], ["held_out", "all_speakers"]),
    ],
)
def test_gaps(title, side, counted: Audit, frame: pd.DataFrame):
    discovery, told = discovery_of(counted, title)
    assert [told[name] is None for name in ("search_inflated", "all_speakers")] == (
        [True, False] if discovery.method == "named" else [False, True]
    )
    held = held_out_rows(counted, frame)
    who = {"held_out": held, "search_inflated": ~held, "all_speakers": held | True}[side]
    rows, cohort = frame[who], cohort_of_rows(discovery, frame)[who]
    worse = cohort.isin(told["bottom"]["cohort_ids"])
    bottom, rest, gap = rows[worse], rows[~worse], told[side]
    assert gap["bottom_rate"] == pytest.approx(wer(bottom), rel=1e-12)
    assert gap["reference_rate"] == pytest.approx(wer(rest), rel=1e-12)
    assert gap["ratio"] == pytest.approx(wer(bottom) / wer(rest), rel=1e-12)
    assert gap["gap_relative"] == pytest.approx((wer(bottom) - wer(rest)) / wer(rest), rel=1e-9)
    assert gap["gap_absolute"] == pytest.approx(wer(bottom) - wer(rest), rel=1e-9)
    assert gap["gap_interval"][0] < gap["gap_relative"] < gap["gap_interval"][1]
    assert gap["bottom_interval"][0] < gap["bottom_rate"] < gap["bottom_interval"][1]
    assert gap["excess_errors"] == pytest.approx(bottom["errors"].sum() - wer(rest) * bottom["words"].sum(), rel=1e-9)
    assert gap["speakers"] == bottom["speaker_id"].nunique()
    assert gap["bottom_share"] == pytest.approx(
        {
            "speakers": bottom["speaker_id"].nunique() / rows["speaker_id"].nunique(),
            "utterances": len(bottom) / len(rows),
            "exposure": bottom["words"].sum() / rows["words"].sum(),
            "errors": bottom["errors"].sum() / rows["errors"].sum(),
        },
        rel=1e-12,
    )


def test_who_has_no_place_is_unassigned(frame: pd.DataFrame):
    lost = frame["speaker_id"] < "s030"
    log = fairaudit.read_log(frame.assign(latitude=frame["latitude"].mask(lost)))
    told = fairaudit.audit(log, methods=["geo-tree"], permutations=B).to_dict()
    assert told["discoveries"][0]["unassigned"] == {
        "speakers": 30,
        "utterances": int(lost.sum()),
        "errors": frame.loc[lost, "errors"].sum(),
        "exposure": frame.loc[lost, "words"].sum(),
        "share_speakers": 30 / 240,  # of all speakers, as are the sums
        "withheld_because": None,
    }
    assert told["quality"]["join_rates"] == {"geo-tree": pytest.approx(210 / 240)}


def test_quarantined_rows_count_for_nothing(frame: pd.DataFrame):
    spoilt = pd.concat([frame, frame.head(9).assign(utterance_id=lambda f: "x" + f["utterance_id"], words=-1)])
    found, clean = (
        fairaudit.audit(fairaudit.read_log(rows), methods=["named"], by=["accent"], permutations=B).to_dict()
        for rows in (spoilt, frame)
    )
    assert found["quality"]["by_code"]["negative_count"] == 9
    assert found["quality"]["rows_in"] == len(frame) + 9
    assert found["overall"] == clean["overall"]
    assert found["discoveries"] == clean["discoveries"]


def test_order_and_names_change_nothing(counted: Audit, frame: pd.DataFrame):
    shuffled = frame.sample(frac=1, random_state=1)
    renamed = shuffled.assign(speaker_id=shuffled["speaker_id"].map(lambda name: f"z{999 - int(name[1:])}"))
    again = fairaudit.audit(fairaudit.read_log(renamed), permutations=B).to_dict()
    once = counted.to_dict()
    assert again["overall"] == once["overall"]
    assert again["discoveries"] == once["discoveries"]


# ---- the signature


@pytest.mark.slow
def test_the_signature_is_everywhere(sample_audit: Audit, saved_sample: Path):
    content = json.loads((saved_sample / "audit.json").read_text("utf-8"))
    assert content["signature"] == sample_audit.signature
    assert json.loads((saved_sample / "cohorts.json").read_text("utf-8"))["signature"] == sample_audit.signature
    assert set(pd.read_csv(saved_sample / "cohorts.csv")["signature"]) == {sample_audit.signature}
    page = re.sub(r"<[^>]*>|\s", "", (saved_sample / "audit.html").read_text("utf-8"))
    assert re.sub(r"\s", "", sample_audit.signature) in page
    assert render_terminal(content).rstrip().endswith(sample_audit.signature)


READINGS = [
    {},
    {"normalizer": "none"},
    {"second_normalizer": "whisper-en"},
    {"second_normalizer": "off"},
    {"unit": "char"},
    {"strip_tags": True},
    {"cluster": "accent"},
    {"missing_hypothesis": "empty"},
    {"missing_speaker": "own"},
]
SETTINGS = [
    {"seed": 1},
    {"intervals": "bootstrap"},
    {"holdout": 0.4},
    {"permutations": B + 1},
    {"alpha": 0.01},
    {"rate": "deletion_rate"},
    {"methods": ["named"]},
    {"by": ["gender"]},
    {"by": [("accent", "gender")]},
    {"min_speakers": 25},
    {"max_cohorts": 5},
    {"params": {"criterion": "likelihood"}},
    {"params": {"min_words": 100.0}},
]


@pytest.mark.slow
def test_whatever_can_change_a_number_changes_the_signature(small_files):
    logs = [fairaudit.read_log(small_files["log"], **reading) for reading in READINGS]
    plain: dict[str, Any] = {"methods": ["geo-tree", "named"], "by": ["accent"], "permutations": B, "identifying": True}
    signatures = [fairaudit.audit(log, **plain).signature for log in logs]
    signatures += [fairaudit.audit(logs[0], **plain | setting).signature for setting in SETTINGS]
    assert len(set(signatures)) == len(READINGS) + len(SETTINGS)
    assert all("\n" not in signature and "None" not in signature for signature in signatures)


def test_another_column_as_hypothesis_is_another_signature(small_files):
    table = pd.read_csv(small_files["log"], dtype=str, keep_default_na=False)
    table["hypothesis_b"] = table["reference"]
    logs = [fairaudit.read_log(table, columns=columns) for columns in ({}, {"hypothesis": "hypothesis_b"})]
    with pytest.raises(NothingToAuditError):
        fairaudit.audit(logs[1], methods=["named"], by=["accent"], permutations=B)
    assert logs[0].settings != logs[1].settings


# ---- equal inputs, equal bytes


@pytest.mark.slow
@pytest.mark.exhaustive
def test_equal_inputs_give_equal_bytes(shell: Callable[..., Any], small_files, tmp_path: Path):
    folders = [tmp_path / hashed for hashed in ("0", "1")]
    for jobs, folder in enumerate(folders, start=1):
        ran = shell(
            *(
                "audit",
                small_files["log"],
                "--census",
                small_files["census"],
                "--embeddings",
                small_files["embeddings"],
            ),
            *("--boundaries", small_files["boundaries"], "--permutations", 125, "--jobs", jobs, "-o", folder),
            PYTHONHASHSEED=folder.name,
        )
        assert ran.code == 0, ran.err
    names = sorted(file.name for file in folders[0].iterdir())
    assert {"audit.html", "audit.json", "cohorts.csv", "cohorts.json"} <= {*names}
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


# ---- the search-inflated gap stands beside the held-out one, or not at all


def visible_text(page: str) -> str:
    return re.sub(r"<(style|title)[^>]*>.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)


def lines_with_inflated_gaps(text: str) -> Iterator[str]:
    yield from (line for line in text.splitlines() if re.search(r"inflated .*[0-9] %", line))


@pytest.mark.slow
@every_audit
def test_search_inflated_is_never_alone(found: Audit):
    content = found.to_dict()
    told = [d for d in content["discoveries"] if d["held_out"] is not None and d["method"] != "named"]
    terminal = render_terminal(content)
    lines = list(lines_with_inflated_gaps(terminal))
    assert len(lines) == len(told)
    assert all("Held-out gap" in line for line in lines)

    from fairaudit.report import render_html

    def texts(document: dict) -> tuple[str, str]:
        return render_terminal(document), visible_text(render_html(document))

    shown = " ".join(texts(content))
    rate = next(rate for rate in (0.87654, 0.98765, 0.76543, 0.65432) if f"{rate:.1%}"[:-1] not in shown)
    alone = json.loads(json.dumps(content))
    for discovery in alone["discoveries"]:
        discovery["held_out"] = None
        if discovery["search_inflated"] is not None:
            discovery["search_inflated"]["gap_relative"] = 12.3456
            discovery["search_inflated"]["bottom_rate"] = rate
    for text in texts(alone):
        assert "1,234" not in text
        assert f"{rate:.1%}"[:-1] not in text


# ---- refusals


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"methods": ["geotree"]}, r"'geotree'"),
        ({"methods": ["zip-census"]}, r"zip-census needs a column zip_code and a census table"),
        ({"rate": "wre"}, r"unknown rate 'wre'.*did you mean 'wer'"),
        ({"rate": "cer"}, r"'cer' needs \['characters'\].*it can give \['wer'"),
        ({"params": {"max_leafs": "3"}}, r"unknown parameter 'max_leafs'.*did you mean 'max_leaves'"),
        ({"params": {"by": "accent"}}, r"unknown parameter 'by'"),
        ({"params": {"max_leaves": "many"}}, r"not 'many'"),
        ({"holdout": 1.0}, r"holdout must be a share of speakers from 0\.1 to 0\.999, not 1\.0"),
        ({"permutations": 9}, r"at least 19 permutations"),
        ({"permutations": 10**18}, r"at most 1,000,000 permutations"),
        ({"permutations": 99.5}, r"permutations must be a whole number, not 99.5"),
        ({"seed": float("nan")}, r"seed must be a whole number, not nan"),
        ({"alpha": 1.0}, r"alpha must be between 0 and 1"),
        ({"seed": -1}, r"a seed must be a whole number of at least 0"),
        ({"by": [("accent", "accent")]}, r"distinct columns"),
    ],
)
def test_wrong_usage(options, sentence, frame):
    with pytest.raises(UsageError, match=sentence):
        fairaudit.audit(fairaudit.read_log(frame), **{"permutations": B, **options})


def test_nothing_to_audit(frame):
    kinds = ["errors", "substitutions", "deletions", "insertions"]
    with pytest.raises(NothingToAuditError, match="this log has no errors"):
        fairaudit.audit(fairaudit.read_log(frame.assign(**dict.fromkeys(kinds, 0))), permutations=B)


def test_in_a_notebook(sample_audit: Audit):
    html = sample_audit._repr_html_()
    assert "<table" in html
    assert "<script" not in html
    assert "<style" not in html
