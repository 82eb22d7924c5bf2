"""A plug-in in a package of its own (``tests/plugin``) works wherever a built-in discoverer does."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.api.methods import methods
from fairaudit.cohorts import ByScore, GeoTree, Named, broken_discoverers, discoverers, rules
from fairaudit.cohorts.rules import Centroids, Lookup, Tree
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs.log import UtteranceLog

PLUGIN = Path(__file__).parent / "plugin"
#: Speakers above this age have twice the errors.
PLANTED = 50


def frame_of(seed: int = 0) -> pd.DataFrame:
    """240 speakers of ten utterances each; those above 50 have twice the error rate."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(240), 10)
    age = rng.integers(20, 75, 240)
    words = rng.integers(5, 30, len(speaker))
    level = rng.gamma(16, 1 / 16, 240) * np.where(age > PLANTED, 2.0, 1.0)
    return pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(len(speaker))],
            "speaker_id": [f"s{n:03}" for n in speaker],
            "age": age[speaker].astype(str),
            "accent": np.where(speaker % 3 == 0, "hill", "coast"),
            "latitude": 40 + (age / 100)[speaker],
            "longitude": 2.0 + speaker % 7,
            "zip_code": [f"{10_000 + n % 40}" for n in speaker],
            "errors": rng.binomial(words, np.minimum(0.1 * level[speaker], 1.0)),
            "words": words,
        }
    )


@pytest.fixture(scope="module")
def log() -> UtteranceLog:
    return fairaudit.read_log(frame_of())


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLUGIN))


@pytest.fixture
def age_split(plugin: None) -> Any:
    return discoverers()["age-split"]


def installed_by(folder: Path, *entries: tuple[str, str], module: str = "") -> Path:
    """A package in a folder: entry points ``(group, "name = module:object")`` and the text of its module."""
    info = folder / "broken-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 0.1\n", "utf-8")
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{entry}\n" for group, entry in entries), "utf-8")
    (folder / "broken_plugin.py").write_text(module, "utf-8")
    return folder


def test_the_plug_in_is_found(age_split: Any) -> None:
    assert list(discoverers())[-1] == "age-split"
    assert list(rules())[-1] == "age-bands"
    assert ("age-split", "a column age") in [(name, needs) for name, needs, _ in methods()]
    assert broken_discoverers() == {}


def test_it_is_audited_frozen_assigned_and_compared(age_split: Any, log: UtteranceLog, tmp_path: Path) -> None:
    audit = fairaudit.audit(log, methods="age-split", permutations=99)
    (search,) = audit.searches
    assert (search.title, audit.verdict) == ("age-split", "disparity")
    assert search.evidence.bottom.description == "age > 50"
    assert search.join_rate == 1.0
    fairaudit.save(audit, tmp_path)
    assert "age &gt; 50" in (tmp_path / "audit.html").read_text("utf-8")
    (model,) = fairaudit.read_models(tmp_path / "cohorts.json")
    assert (model.method, model.keys, model.rule.kind) == ("age-split", ("age",), "age-bands")
    assert model == audit.models[0]
    rows = fairaudit.assign(log, model)
    assert set(rows["cohort"]) == {"younger", "older"}
    people = frame_of().drop_duplicates("speaker_id").set_index("speaker_id")["age"].astype(int)
    assert (rows.set_index("speaker_id")["in_bottom"] == (people > PLANTED)).all()
    better = frame_of().assign(errors=lambda frame: frame["errors"] // 2)
    comparison = fairaudit.compare(log, fairaudit.read_log(better), [model], permutations=99)
    assert [cohort.label for cohort in comparison.cohort_comparisons[0].cohorts] == ["younger", "older"]


def test_all_runs_it_where_its_columns_are(age_split: Any, log: UtteranceLog) -> None:
    titles = [search.title for search in fairaudit.audit(log, by=["accent"], permutations=19).searches]
    assert titles == ["geo-tree", "geo-scan", "named: accent", "age-split"]
    without = fairaudit.read_log(frame_of().drop(columns="age"))
    skipped = fairaudit.audit(without, by=["accent"], permutations=19).provenance.skipped
    assert {"method": "age-split", "needs": "a column age"} in skipped
    with pytest.raises(UsageError, match="age-split needs a column age; the log has"):
        fairaudit.audit(without, methods="age-split")


def test_its_settings_are_settings(age_split: Any, log: UtteranceLog) -> None:
    audit = fairaudit.audit(log, methods="age-split", params={"limits": ["30", "60"]}, permutations=19)
    assert [search.title for search in audit.searches] == ["age-split (limits=30.0)", "age-split (limits=60.0)"]
    audit = fairaudit.audit(log, methods=[age_split(limits=(40.0,))], permutations=19)
    assert audit.searches[0].evidence.bottom.description == "age > 40"


@pytest.mark.slow
@pytest.mark.exhaustive
def test_it_works_on_the_command_line(shell: Callable[..., Any], tmp_path: Path, repository: Path) -> None:
    frame_of().to_csv(tmp_path / "log.csv", index=False)
    path = os.pathsep.join(map(str, (repository, PLUGIN)))

    def run(*arguments: object, code: int = 0) -> str:
        ran = shell(*arguments, PYTHONPATH=path)
        assert ran.code == code, ran.err
        return str(ran.out)

    assert "age-split\n  needs     a column age\n  settings  min_speakers=20, limits=" in run("methods")
    folder, log = tmp_path / "audit", tmp_path / "log.csv"
    run("audit", log, "--method", "age-split", "--permutations", 99, "-o", folder, "-q")
    assert "age > 50" in run("discover", log, "--method", "all", "--by", "accent", "--permutations", 19)
    assigned = run("assign", log, "--cohorts", folder / "cohorts.json", "-q")
    assert {line.split(",")[3] for line in assigned.splitlines()[1:]} == {"younger", "older"}
    compared = json.loads(
        run("compare", log, log, "--allow-identical", "--cohorts", folder / "cohorts.json", "--json", "-q")
    )
    assert [review["method"] for review in compared["reviews"]] == ["age-split"]
    missing = shell("assign", log, "--cohorts", folder / "cohorts.json")
    assert missing.code == 3
    assert "unknown kind of rule 'age-bands'; there are ['tree', 'centroids', 'lookup']" in missing.err
    assert "install the package that registers it in fairaudit.rules" in missing.err


GOOD = """
from dataclasses import dataclass
from fairaudit.cohorts import ByScore

@dataclass(frozen=True)
class Mine(ByScore):
    method = "mine"
    keys = ("age",)
    min_speakers: int = 20

    def partition(self, units):
        raise NotImplementedError

@dataclass(frozen=True)
class Required(Mine):
    method = "required"
    limit: float = __import__("dataclasses").field(kw_only=True)

class Plain:
    method = "plain"
"""


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("mine = broken_plugin:Nothing", "it cannot be imported (AttributeError: module 'broken_plugin' has no"),
        ("mine = no_such_module:Mine", "it cannot be imported (ModuleNotFoundError: No module named 'no_such_module')"),
        ("mine = broken_plugin:GeoTree", "it cannot be imported"),
        ("geo-tree = broken_plugin:Mine", "fairaudit already uses this name; rename the plug-in"),
        ("hers = broken_plugin:Mine", "Mine.method is 'mine'"),
        ("plain = broken_plugin:Plain", "Plain is not a dataclass"),
        ("mine = broken_plugin:GOOD", "it is 1, not a class"),
        ("required = broken_plugin:Required", "settings of Required need defaults: ['limit']"),
    ],
)
def test_a_broken_plug_in_is_named(
    entry: str, says: str, log: UtteranceLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = installed_by(tmp_path, ("fairaudit.discoverers", entry), module=f"{GOOD}\nGOOD = 1\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "broken_plugin", raising=False)
    name, value = entry.split(" = ")
    with pytest.warns(UserWarning, match="is not used") as warned:
        known = discoverers()
    told = str(warned[0].message)
    assert told.startswith(f"plug-in {name!r} of fairaudit.discoverers ({value}, package broken 0.1) is not used: ")
    assert says in told
    assert list(known) == ["geo-tree", "geo-scan", "zip-census", "embedding", "named"]
    if name not in known:
        with pytest.warns(UserWarning, match="is not used"), pytest.raises(UsageError, match="is not used"):
            fairaudit.audit(log, methods=name)
        with pytest.warns(UserWarning, match="is not used"):
            skipped = fairaudit.audit(log, by=["accent"], permutations=19).provenance.skipped
        assert {"method": name, "needs": told} in skipped


@pytest.mark.slow
def test_the_command_line_warns_of_a_broken_plug_in(
    shell: Callable[..., Any], tmp_path: Path, repository: Path
) -> None:
    entries = ("fairaudit.discoverers", "mine = no_such_module:Mine"), ("fairaudit.rules", "tree = broken_plugin:Plain")
    folder = installed_by(tmp_path, *entries, module=GOOD)
    ran = shell("methods", PYTHONPATH=os.pathsep.join(map(str, (repository, folder))))
    assert ran.code == 0
    assert ran.err.startswith("fairaudit: warning: plug-in 'mine' of fairaudit.discoverers (no_such_module:Mine, ")
    assert ran.err.count("\n") == 1


def test_a_broken_rule_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = installed_by(tmp_path, ("fairaudit.rules", "plain = broken_plugin:Plain"), module=GOOD)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "broken_plugin", raising=False)
    with pytest.warns(UserWarning, match=r"'plain' of fairaudit.rules .*: Plain lacks \['kind', 'n_cohorts'"):
        assert list(rules()) == ["tree", "centroids", "lookup"]


@dataclass(frozen=True)
class Seen(ByScore):
    """Sorts units of any keys into one cohort, and remembers what features they had."""

    method = "seen"
    outcome_free = True

    rule: Any = None
    keys: tuple[str, ...] = ("age",)
    min_speakers: int = 20

    def partition(self, units: Any) -> Any:
        SEEN[self.keys] = units.features
        return self.rule


SEEN: dict[tuple[str, ...], pd.DataFrame] = {}


@pytest.mark.parametrize(
    ("keys", "columns", "rule"),
    [
        (("age",), ["age"], Tree.split("age", 50)),
        (("accent",), ["accent"], Lookup(("accent",), (("hill",), ("coast",)))),
        (("accent", "age"), ["accent", "age"], Tree.split("age", 50)),
        (("latitude", "longitude"), ["latitude", "longitude"], Tree.split("latitude", 40.5)),
        (("zip_code",), ["income"], Tree.split("income", 19.5)),
        (("speaker_id",), [0, 1], Centroids(np.eye(2, dtype=np.float32))),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else None,
)
def test_keys_decide_the_features(keys: Any, columns: list[object], rule: Any, log: UtteranceLog) -> None:
    """Columns of the log, coordinates, zip codes with a census table, and embeddings."""
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable

    zips = pd.Index([f"{10_000 + n}" for n in range(40)])
    census = CensusTable(pd.DataFrame({"income": np.arange(40.0)}, index=zips), ("income",))
    vectors = np.random.default_rng(0).uniform(0.1, 1, (240, 2))
    embeddings = EmbeddingTable.of([f"s{n:03}" for n in range(240)], vectors)
    tables: Any = {("zip_code",): {"census": census}, ("speaker_id",): {"embeddings": embeddings}}.get(keys, {})
    audit = fairaudit.audit(log, methods=Seen(rule, keys), permutations=19, **tables)
    assert [search.title for search in audit.searches] == ["seen"]
    assert list(SEEN[keys].columns) == columns
    rows = fairaudit.assign(log, audit.models[0], **tables)
    assert set(rows["cohort_id"]) == {0, 1}


@dataclass(frozen=True)
class Generations(Seen):
    """Cohorts that were known beforehand, with no more than a rule."""

    method = "generations"
    known_groups = True


def test_known_groups_need_no_more_than_a_rule(log: UtteranceLog) -> None:
    (search,) = fairaudit.audit(log, methods=Generations(Tree.split("age", PLANTED)), permutations=199).searches
    evidence = search.evidence
    assert (search.verdict, evidence.measured_on) == ("disparity", "all speakers")
    assert evidence.bottom is not None
    assert evidence.bottom.description == f"age > {PLANTED}"
    side = evidence.gaps.all_speakers
    assert side is not None
    assert side.speakers + side.reference_speakers == 240
    assert evidence.gaps.search_inflated is None
    assert search.smallest_cohort is None
    assert {test.group.cohorts for test in evidence.tests} == {(0,), (1,)}


def test_discoverers_stand_beside_names(log: UtteranceLog) -> None:
    methods = [Named(by=("accent",)), GeoTree(max_leaves=4), GeoTree(max_leaves=2), "geo-scan", "geo-scan"]
    audit = fairaudit.audit(log, methods=methods, permutations=19)
    titles = ["named: accent", "geo-tree (max_leaves=4)", "geo-tree (max_leaves=2)", "geo-scan"]
    assert [search.title for search in audit.searches] == titles
    assert audit.searches[1].settings["max_leaves"] == 4


def test_one_name_is_no_letters(log: UtteranceLog) -> None:
    audit = fairaudit.audit(log, methods="named", by=["accent"], permutations=19)
    assert audit.to_json() == fairaudit.audit(log, methods=["named"], by=["accent"], permutations=19).to_json()


class _Methodless:
    pass


@pytest.mark.parametrize(
    ("method", "says"),
    [
        (GeoTree, "it is a class; pass an instance"),
        (_Methodless(), "_Methodless is not a dataclass"),
        (
            Seen(None, ("utterance_id",)),
            r"Seen.keys is \('utterance_id',\), which identifies persons rather than groups",
        ),
        (Seen(None, ()), "Seen.keys is empty, so it needs a setting 'by'"),
        (Seen(None, ("zip_code",)), "seen needs a column zip_code and a census table"),
        ("geotree", "unknown method 'geotree'.*did you mean 'geo-tree'"),
    ],
)
def test_what_is_no_discoverer_is_refused(method: Any, says: str, log: UtteranceLog) -> None:
    with pytest.raises(UsageError, match=says):
        fairaudit.audit(log, methods=[method])


def test_what_is_no_discoverer_is_refused_before_bands_are_cut(log: UtteranceLog) -> None:
    keyed_by_no_numbers = Named(by=("accent[20,40]",))
    with pytest.raises(UsageError, match="_Methodless is not a dataclass"):
        fairaudit.audit(log, methods=[keyed_by_no_numbers, _Methodless()])


def test_a_rule_that_could_not_be_read_is_warned_of(age_split: Any, log: UtteranceLog) -> None:
    """A rule made in a notebook, which no package announces."""
    loose = type("Loose", (rules()["age-bands"],), {"kind": "loose"})
    with pytest.warns(UserWarning, match="no installed package registers rules of kind 'loose'"):
        audit = fairaudit.audit(log, methods=Seen(loose(50.0)), permutations=19)
    with pytest.raises(InputError, match="unknown kind of rule 'loose'"):
        type(audit.models[0]).from_dict(audit.models[0].to_dict())


@pytest.mark.exhaustive
def test_the_null_repeats_the_whole_search(age_split: Any) -> None:
    """On logs where age plays no part, p-values of the repeated search are uniform enough: few are small."""
    small = 0
    for seed in range(20):
        frame = frame_of(seed)
        shuffled = np.random.default_rng(seed).permutation(240)
        ages = frame.drop_duplicates("speaker_id")["age"].to_numpy()[shuffled]
        frame["age"] = ages[np.repeat(np.arange(240), 10)]
        audit = fairaudit.audit(fairaudit.read_log(frame), methods="age-split", permutations=39)
        small += audit.searches[0].evidence.p_value <= 0.05
    assert small <= 4
