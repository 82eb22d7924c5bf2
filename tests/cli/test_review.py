"""The commands that review a release."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

import fairaudit
from fairaudit.results.reading import validate_comparison
from fairaudit.results.schema import shipped_schema
from fairaudit.samples import make_sample

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def files(release, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both logs, and the accents frozen on the first."""
    folder = tmp_path_factory.mktemp("release")
    release.before.to_csv(folder / "before.csv", index=False)
    release.after.to_csv(folder / "after.csv", index=False)
    audit = fairaudit.audit(
        fairaudit.read_log(folder / "before.csv"), methods=["named"], by=["accent"], permutations=19
    )
    fairaudit.save(audit, folder)
    return {name: folder / name for name in ("before.csv", "after.csv", "cohorts.json", "audit.json")}


@pytest.fixture
def compare(cli, files):
    return lambda *more: cli(
        "compare", files["before.csv"], files["after.csv"], "--cohorts", files["cohorts.json"], *more
    )


@pytest.mark.slow
def test_compare_prints_and_writes(compare, tmp_path: Path):
    ran = compare("-o", tmp_path / "comparison.json", "--markdown", tmp_path / "comparison.md")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("▲ Regression\n")
    content = json.loads((tmp_path / "comparison.json").read_text("utf-8"))
    validate_comparison(content)
    assert content["verdict"] == "regression"
    assert (tmp_path / "comparison.md").read_text("utf-8").startswith("## ▲ Regression")
    assert compare("--json", "-q").out == (tmp_path / "comparison.json").read_text("utf-8")


def test_one_log_with_two_hypotheses(cli, tmp_path: Path):
    rows = ["utterance_id,speaker_id,reference,hypothesis,other"]
    rows += [f"u{n},s{n % 30},a b c d,a b c {'d' if n % 2 else 'x'},a b x x" for n in range(120)]
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    ran = cli("compare", tmp_path / "log.csv", "--candidate-column", "other", "--json", "-q")
    assert ran.code == 0, ran.err
    content = json.loads(ran.out)
    assert content["pairing"]["paired"] == 120
    assert (content["overall"]["before"], content["overall"]["after"]) == (0.125, 0.5)
    assert content["verdict"] == "regression"


def test_a_candidate_column_takes_the_place_of_the_hypothesis_that_was_named(cli, tmp_path: Path):
    rows = make_sample(speakers=200).log.rename(columns={"hypothesis": "a"}).assign(b="uh")
    rows.to_csv(tmp_path / "log.csv", index=False)
    ran = cli("compare", tmp_path / "log.csv", "--column", "hypothesis=a", "--candidate-column", "b", "--json")
    assert ran.code == 0, ran.err
    ran = cli("compare", tmp_path / "log.csv", "--column", "hypothesis=a", "--candidate-column", "bb")
    assert ran.code == 3
    assert "log lacks ['bb'] (--candidate-column bb)" in ran.err
    assert "read 3,656 rows" not in ran.err


def test_the_candidate_column_may_be_the_one_that_is_called_hypothesis(cli, tmp_path: Path):
    rows = make_sample(speakers=200).log
    rows.assign(hypothesis_b=rows["hypothesis"], hypothesis="uh").to_csv(tmp_path / "log.csv", index=False)
    options = ("compare", tmp_path / "log.csv", "--candidate-column", "hypothesis")
    ran = cli(*options, "--column", "hypothesis=hypothesis_b", "--json", "-q")
    assert ran.code == 0, ran.err
    overall = json.loads(ran.out)["overall"]
    assert overall["before"] < 0.5 < overall["after"]
    for also in ((), ("--column", "hypothesis=hypothesis")):
        ran = cli(*options, *also)
        assert (ran.code, ran.out) == (2, "")
        assert "--candidate-column hypothesis is the column of the baseline's hypotheses" in ran.err
        assert "did you mean" not in ran.err
    assert cli(*options, "--allow-identical", "-q").code == 0
    rows.rename(columns={"hypothesis": "hypothesis_b"}).to_csv(tmp_path / "one.csv", index=False)
    ran = cli("compare", tmp_path / "one.csv", *options[2:], "--column", "hypothesis=hypothesis_b")
    assert ran.code == 3
    assert "unknown column 'hypothesis'" in ran.err


def test_compare_takes_one_candidate(cli, files):
    ways = (files["after.csv"],), ("--candidate-column", "other"), ("--candidate-where", "accent=a")
    for arguments in ((), *(one + other for one, other in combinations(ways, 2))):
        ran = cli("compare", files["before.csv"], *arguments)
        assert (ran.code, ran.out) == (2, "")
        assert "compare needs a second log, --candidate-column COLUMN or --candidate-where COLUMN=VALUE" in ran.err


def test_too_little_evidence_is_for_the_gate_to_judge(cli, files, release, tmp_path: Path):
    few = release.before.groupby("accent").head(60)
    few.to_csv(tmp_path / "few.csv", index=False)
    ran = cli(
        "compare",
        tmp_path / "few.csv",
        tmp_path / "few.csv",
        "--cohorts",
        files["cohorts.json"],
        "--json",
        "--allow-identical",
    )
    assert ran.code == 0
    assert json.loads(ran.out)["verdict"] == "insufficient evidence"


def test_schemas(cli):
    assert json.loads(cli("schema", "comparison").out) == shipped_schema("comparison")
    assert cli("schema", "comparisn").code == 2


# ---- the gate


@pytest.fixture
def comparison(compare, tmp_path: Path) -> Path:
    assert compare("-o", tmp_path / "comparison.json", "-q").code == 0
    return tmp_path / "comparison.json"


def test_a_candidate_that_harms_one_cohort_fails_names_it_and_leaves_with_1(cli, comparison, tmp_path: Path):
    outputs = ("-o", tmp_path / "gate.json", "--junit", tmp_path / "gate.xml", "--markdown", tmp_path / "gate.md")
    ran = cli("gate", comparison, "--max-regression", "0", "--non-inferiority", "0.5%", *outputs)
    assert ran.code == 1
    assert ran.out.startswith("✘ Gate failed\n\n✘ fail: max-regression 0.0 points, lower end\n  accent = north")
    assert "✔ pass: non-inferiority 0.5 points, upper end" in ran.out
    content = json.loads((tmp_path / "gate.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(shipped_schema("gate")).validate(content)
    assert [check["outcome"] for check in content["checks"]] == ["fail", "pass"]
    assert ElementTree.parse(tmp_path / "gate.xml").getroot().get("failures") == "1"
    assert (tmp_path / "gate.md").read_text("utf-8").startswith("## ✘ Gate failed")
    alone = json.loads(cli("gate", comparison, "--max-regression", "0", "--json").out)
    assert alone == content | {"checks": content["checks"][:1]}


def test_a_limit_that_holds_leaves_with_0(cli, comparison):
    assert cli("gate", comparison, "--max-regression", "20%").code == 0


def test_too_little_evidence_is_what_the_rule_says(cli, comparison):
    content = json.loads(comparison.read_text("utf-8"))
    for cohort in content["reviews"][0]["cohorts"]:
        cohort |= {"tested": False, "not_tested_because": "few", "worse": False, "p_adjusted": None}
    comparison.write_text(json.dumps(content))
    assert [cli("gate", comparison, "--max-rate", f"0.2{treatment}").code for treatment in ("", ",warn", ",pass")] == [
        4, 0, 0,
    ]  # fmt: skip


def test_rules_are_in_the_settings_file_and_flags_win(cli, comparison, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fairaudit.toml").write_text(
        'seed = 3\n[gate]\nmax-regression = {limit = 0, end = "lower"}\nmax-rate = 0.9\n'
    )
    assert cli("gate", comparison).code == 1
    ran = cli("gate", comparison, "--max-regression", "0.5")
    assert ran.code == 0
    assert "max-rate 90.0 %" in ran.out
    (tmp_path / "fairaudit.toml").write_text("[gate]\nmax-regresion = 0\n")
    ran = cli("gate", comparison)
    assert ran.code == 2
    assert "did you mean 'max-regression'" in ran.err
    (tmp_path / "fairaudit.toml").write_text("gate = 3\n")
    assert cli("gate", comparison).code == 2


def test_an_audit_can_be_gated(cli, files):
    assert cli("gate", files["audit.json"], "--max-gap", "500%").code in (0, 4)
    assert cli("gate", files["audit.json"], "--max-regression", "0").code == 2


def test_what_is_no_result_is_unusable_input(cli, tmp_path: Path):
    (tmp_path / "other.json").write_text('{"kind": "comparison"}')
    assert cli("gate", tmp_path / "other.json", "--max-gap", "0").code == 3
    assert cli("gate", tmp_path / "missing.json", "--max-gap", "0").code == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", [ZeroDivisionError, EOFError, MemoryError, RecursionError])
def test_a_crash_never_reads_as_a_failed_gate(fault, cli, comparison, monkeypatch):
    def crash(*_: object) -> None:
        raise fault("on purpose")

    monkeypatch.setattr("fairaudit.api.gates.judge", crash)
    ran = cli("gate", comparison, "--max-regression", "0")
    assert ran.code == 70
    assert f"internal error: {fault.__name__}: on purpose" in ran.err


# ---- the history


@pytest.mark.slow
def test_audits_add_up_to_a_history(cli, files, tmp_path: Path):
    path = tmp_path / "history.json"
    options = ("--method", "named", "--by", "accent", "--permutations", 19, "-o", tmp_path / "out", "--history", path)
    for name in ("before.csv", "after.csv"):
        ran = cli("audit", files[name], *options)
        assert ran.code in (0, 4), ran.err
        assert f"wrote {path}" in ran.err
    assert cli("audit", files["after.csv"], *options, "--release", "2.0").code in (0, 4)
    content = json.loads(path.read_text("utf-8"))
    assert [release["name"] for release in content["releases"]] == ["before.csv", "after.csv", "2.0"]
    ran = cli("history", path, "--markdown", tmp_path / "history.md", "--svg", tmp_path / "history.svg")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines() if "%" in line][:2] == ["all", "accent"]
    assert "| accent = north |" in (tmp_path / "history.md").read_text("utf-8")
    assert (tmp_path / "history.svg").read_text("utf-8").startswith("<svg ")
    path.write_text("{}")
    assert cli("history", path).code == 3


# ---- the page of a release


@pytest.mark.slow
def test_a_release_is_one_page(cli, compare, files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert compare("-o", "comparison.json").code == 0
    ran = cli("gate", "comparison.json", "--max-regression", "0", "-o", "gate.json")
    assert ran.code == 1
    assert ran.err.count("next: fairaudit report comparison.json --gate gate.json") == 1
    assert cli("report", "comparison.json", "--gate", "gate.json").code == 0
    assert "✘ Gate failed" in Path("comparison.html").read_text("utf-8")
    beside = ("--comparison", "comparison.json", "--gate", "gate.json")
    for name in ("release.html", "release.md", "release.txt"):
        ran = cli("report", files["audit.json"], *beside, "-o", name)
        assert ran.code == 0, ran.err
        told = Path(name).read_text("utf-8")
        assert all(words in told for words in ("Gate failed", "the baseline", "Regression"))
    ran = cli("report", files["audit.json"], "--gate", "gate.json", "-o", "none.html")
    assert ran.code == 2
    assert "another comparison" in ran.err
    assert not Path("none.html").exists()
    ran = cli("report", files["audit.json"], "--gate", "comparison.json", "-o", "none.html")
    assert ran.code == 3
    assert ran.err.endswith("a gate.json is needed\n")


@pytest.mark.slow
def test_the_page_of_an_audit_with_a_history_draws_it(cli, files, tmp_path: Path):
    options = ("--by", "accent", "--permutations", "19", "--history", tmp_path / "history.json", "-q")
    for name, log in (("1.0", "before.csv"), ("1.1", "after.csv")):
        ran = cli("audit", files[log], "-o", tmp_path / name, "--release", name, *options)
        assert ran.code == 0, ran.err
    page = (tmp_path / "1.1" / "audit.html").read_text("utf-8")
    assert "All releases" in page
    assert '<th scope="col" class="number">1.0</th><th scope="col" class="number">1.1</th>' in page
    assert [one["name"] for one in json.loads((tmp_path / "history.json").read_text("utf-8"))["releases"]] == [
        "1.0",
        "1.1",
    ]


@pytest.fixture
def add(cli, files, tmp_path: Path):
    options = ("--method", "named", "--by", "accent", "--permutations", 19, "-o", tmp_path / "out")
    return lambda log, *more: cli("audit", log, *options, "--history", tmp_path / "history.json", *more)


def names(path: Path) -> list[str]:
    return [release["name"] for release in json.loads(path.read_text("utf-8"))["releases"]]


@pytest.mark.slow
def test_two_logs_of_one_name_are_not_one_release(add, files, tmp_path: Path):
    assert add(files["before.csv"]).code in (0, 4)
    (tmp_path / "next").mkdir()
    other = tmp_path / "next" / "before.csv"
    other.write_bytes(files["after.csv"].read_bytes())
    ran = add(other)
    assert ran.code == 2
    assert "has a release 'before.csv' of another log; name this one (--release NAME)" in ran.err
    replaces = "replaced the release {!r} in ".format
    assert replaces("before.csv") in add(files["before.csv"]).err  # the same log again changes nothing
    assert replaces("before.csv") in add(other, "--release", "before.csv").err
    assert replaces("2.0") not in add(other, "--release", "2.0").err
    assert names(tmp_path / "history.json") == ["before.csv", "2.0"]


@pytest.mark.slow
def test_a_history_is_of_one_rate(add, files):
    assert add(files["before.csv"]).code in (0, 4)
    ran = add(files["after.csv"], "--rate", "cer")
    assert ran.code == 2
    assert add(files["after.csv"], "--rate", "wer").code in (0, 4)


@pytest.mark.slow
def test_releases_that_are_added_at_the_same_time_are_all_there(add, files, tmp_path: Path, monkeypatch):
    assert add(files["before.csv"], "--release", "1").code in (0, 4)
    path, record, busy = tmp_path / "history.json", fairaudit.record, iter([True])

    def slow(so_far, name, log, **options):
        found = record(so_far, name, log, **options)
        if next(busy, False):
            path.write_text(record(so_far, "2", log, **options).to_json())
        return found

    monkeypatch.setattr(fairaudit, "record", slow)
    assert add(files["after.csv"], "--release", "3").code in (0, 4)
    assert names(path) == ["1", "2", "3"]


# ---- cases


def test_references_that_are_off_by_one_row_are_refused(cli):
    case = CASES / "08_compare_other_references"
    ran = cli("compare", case / "base.csv", case / "cand.csv")
    assert (ran.code, ran.out) == (3, "")
    assert "214 of 240 shared utterances have different references" in ran.err


def test_a_renamed_label_is_no_passed_gate(cli, tmp_path: Path):
    case = CASES / "02_gate_renamed_label"
    logs, options = [case / "last.csv", case / "next.csv"], ("--cohorts", case / "cohorts.json")
    path, rules = tmp_path / "comparison.json", ("--max-regression", "0", "--min-tested", "80%")
    assert cli("compare", *logs, *options, "-o", path).code == 0
    assert cli("gate", path, *rules).code == 1
    renamed = [tmp_path / log.name for log in logs]
    for log, other in zip(logs, renamed, strict=True):
        other.write_text(log.read_text("utf-8").replace("scottish", "Scots"), "utf-8")
    assert cli("compare", *renamed, *options, "-o", path).code == 0
    ran = cli("gate", path, *rules)
    assert ran.code == 4
    assert "50.0 % of the speakers are in cohorts that could be tested" in ran.out
    for rule in (rules[:2], rules[2:]):
        assert cli("gate", path, *rule).code == 4
    ran = cli("assign", renamed[0], *options, "--json")
    assert json.loads(ran.out)["named: accent"]["assigned"] == 60
    assert "accent: 60 of 120 speakers are in a cohort; 60 are in none (labels without a cohort: 'Scots')" in ran.err
