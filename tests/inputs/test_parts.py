"""Partial sums of a log: they give the same bytes in any order, and the log is judged as a whole.

The same for many more logs takes minutes: ``python -m tests.clusters``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.engines.work import Work
from fairaudit.inputs.parts import Plan, make_plan, whole_log
from fairaudit.inputs.parts.facts import facts_of, with_facts
from tests.inputs.in_parts import WORDS, assert_alike, assert_same, bytes_of, clean, in_turn, merged, write
from tests.inputs.test_artefacts import counts, texts


@pytest.mark.slow
def test_the_tally_is_that_of_the_whole(tmp_path: Path) -> None:
    assert_same(write(tmp_path, texts()), tmp_path, **WORDS)


@pytest.mark.slow
def test_row_groups_of_a_parquet_file(tmp_path: Path) -> None:
    """Its rows keep their numbers, and it is one input."""
    counts().to_parquet(path := tmp_path / "log[1].parquet", row_group_size=48)
    plan = make_plan([path], {"max_quarantine": 1}, rows=100)
    assert [part.groups for part in plan.parts] == [(0, 1), (2, 3)]
    log, whole = whole_log(plan, in_turn(plan)), fairaudit.read_log(path, max_quarantine=1)
    assert isinstance(log, fairaudit.UtteranceLog)
    assert (log.quality, log.inputs) == (whole.quality, whole.inputs)
    first, second = fairaudit.tally(whole, tmp_path / "a.parquet"), fairaudit.tally(log, tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()
    twice = counts().assign(utterance_id=lambda f: f["utterance_id"].where(f.index != 150, "u10"))
    twice.to_parquet(path, row_group_size=48)
    with pytest.raises(InputError, match=r"1 utterance ids occur more than once: the same id in rows 11, 151$"):
        whole_log(plan, in_turn(plan))


# Bytes


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[list[pa.Table]]]:
    """The partial sums of five parts."""
    paths = write(tmp_path_factory.mktemp("parts"), texts(), n=5)
    plan = make_plan(paths, WORDS)
    return plan, [plan.partial(part) for part in plan.parts]


def test_a_part_gives_the_same_bytes_again(done: tuple[Plan, list[list[pa.Table]]]) -> None:
    plan, partials = done
    again = plan.partial(plan.parts[2])
    assert [*map(bytes_of, again)] == [*map(bytes_of, partials[2])]
    assert len({bytes_of(tables[0]) for tables in partials}) == 5


@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_any_order_any_tree_and_repeated_parts_give_the_same_bytes(
    done: tuple[Plan, list[list[pa.Table]]], data: st.DataObject
) -> None:
    plan, partials = done
    expected = {bucket: bytes_of(table) for bucket, table in merged(plan, partials).items()}
    order = data.draw(st.permutations(range(5)))
    twice = data.draw(st.lists(st.sampled_from(range(5)), max_size=3))
    delivered = [partials[i] for i in [*order, *twice]]
    assert {bucket: bytes_of(table) for bucket, table in merged(plan, delivered).items()} == expected
    cut = data.draw(st.integers(1, 4))
    branches = [plan.merge(0, [partials[i][0] for i in some]) for some in (order[:cut], order[cut:])]
    assert bytes_of(plan.merge(0, [*branches, branches[0]])) == expected[0]


def test_a_part_that_gives_two_results_is_refused(done: tuple[Plan, list[list[pa.Table]]], tmp_path: Path) -> None:
    plan, partials = done
    texts()[1::5][:-1].to_csv(tmp_path / "1.csv", index=False)
    changed = plan.partial(replace(plan.parts[1], path=str(tmp_path / "1.csv")))
    with pytest.raises(InputError, match=r"1\.csv: part 1 gave two different results; was the file changed"):
        plan.merge(0, [partials[0][0], partials[1][0], changed[0]])
    both = plan.merge(0, [partials[0][0], partials[1][0]])
    with pytest.raises(InputError, match="part 0 gave two different results"):
        plan.merge(0, [both, partials[0][0]])


def test_a_lost_part_is_noticed(done: tuple[Plan, list[list[pa.Table]]]) -> None:
    plan, partials = done
    for lost in ({0: partials[:4]}, {1: partials[1:]}):
        tables = merged(plan, partials)
        tables |= {bucket: plan.merge(bucket, [one[bucket] for one in some]) for bucket, some in lost.items()}
        with pytest.raises(InputError, match=r"1 of 5 parts of the log are missing, such as '/.*csv'"):
            whole_log(plan, tables)


def test_parts_that_were_read_otherwise_are_refused(done: tuple[Plan, list[list[pa.Table]]]) -> None:
    plan, partials = done
    other = replace(plan, options={**plan.options, "normalizer": "none"}).partial(plan.parts[3])
    with pytest.raises(
        InputError, match=r"0.csv was made with normalizer basic-2; .*, but 3.csv with normalizer none-1"
    ):
        whole_log(plan, merged(plan, [*partials[:3], other, partials[4]]))
    facts = facts_of(partials[3][0])
    facts[0]["software"]["duckdb"] = "1.0.0"
    older = [with_facts(partials[3][0], facts), *partials[3][1:]]
    with pytest.raises(InputError, match=r"3\.csv was read by a worker with duckdb 1\.0\.0 instead of"):
        whole_log(plan, merged(plan, [*partials[:3], older, partials[4]]))


# The log is judged as a whole


@pytest.mark.slow
@pytest.mark.parametrize("faults", [9, 11])
def test_the_limit_holds_for_all_rows(faults: int, tmp_path: Path) -> None:
    """In the last of two parts of 500 rows, more than 1 % are wrong."""
    rows = clean(1000)
    rows["errors"] = rows["errors"].where(rows.index < 1000 - faults, -1)
    paths = [tmp_path / "0.csv", tmp_path / "1.csv"]
    for path, half in zip(paths, (rows[:500], rows[500:]), strict=True):
        half.to_csv(path, index=False)
    refused = assert_alike(paths, tmp_path)
    assert (refused is not None) == (faults > 10)
    if refused is not None:
        assert "0.csv and 1 more: 11 of 1000 rows cannot be used, but at most 1.00% may be quarantined" in refused


@pytest.mark.slow
def test_a_few_ids_such_as_na_in_each_part_are_many(tmp_path: Path) -> None:
    rows = clean(300)
    rows["speaker_id"] = np.where(rows.index % 100 == 4, "NA", rows["speaker_id"])
    refused = str(assert_alike(write(tmp_path, rows), tmp_path))
    assert "speaker_spelled_missing in 'speaker_id': 3 rows, rows 70 of 0.csv, 3 of 1.csv, 36 of 2.csv" in refused


@pytest.mark.slow
def test_ids_that_occur_in_several_parts_are_refused(tmp_path: Path) -> None:
    rows = clean(300).astype(str)
    rows.loc[[1, 5, 200], "utterance_id"] = ["u0", "u9", "u9"]
    with pytest.raises(InputError) as raised:
        fairaudit.read_log(write(tmp_path, rows), engine=in_turn)
    assert str(raised.value) == (
        "0.csv and 2 more: 2 utterance ids occur more than once: the same id in rows 2 of 0.csv, 2 of 1.csv; the same "
        "id in rows 5 of 0.csv, 3 of 2.csv, 68 of 2.csv"
    )


# What is said before the work


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"missing_speaker": "own"}, r"rows without a speaker cannot count as one each \(missing_speaker='own'\)"),
        ({"cluster": "utterance_id"}, "'utterance_id' cannot be one of its columns"),
        ({"needed": {"by": ["utterance_id"]}}, "'utterance_id' cannot be one of its columns"),
        ({"needed": {"adjust": ["latitude[3]"]}}, r"such as latitude\[3\], cannot be cut in a tally"),
        ({"engine": "spark"}, r"unknown value of engine 'spark'; there are \['embedded', 'dask'\]"),
    ],
)
def test_what_sums_cannot_give_is_said_before_the_work(options: dict[str, Any], match: str, tmp_path: Path) -> None:
    def never(work: Work) -> dict[int, pa.Table]:
        raise AssertionError("the parts were read")

    with pytest.raises((UsageError, InputError), match=match):
        fairaudit.read_log(write(tmp_path, clean(300)), **{"engine": never, **options})


def test_frames_and_files_of_counts_are_read_here(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a DataFrame is in this process; engine is where files are read"):
        fairaudit.read_log(clean(300), engine="dask")
    with pytest.raises(UsageError, match="cannot be scored again"):
        fairaudit.score(fairaudit.read_log(write(tmp_path, clean(60), 1), engine=in_turn), tmp_path / "s.parquet")
    tally = fairaudit.tally(clean(300), tmp_path / "t.parquet")
    assert fairaudit.read_log(tally, engine=in_turn).inputs == fairaudit.read_log(tally).inputs


# Files that are joined


@pytest.fixture
def joined(tmp_path: Path) -> tuple[list[Path], dict[str, Any]]:
    """References in three files, and hypotheses, speakers and labels, some of which match nothing or look alike."""
    ids = [f"u{i}" for i in range(60)]
    rows = pd.DataFrame({"utterance_id": ids, "reference": [f"a b {'c ' * (i % 3)}d" for i in range(60)]})
    logs = write(tmp_path, rows)
    hypotheses = rows.rename(columns={"reference": "hypothesis"}).assign(hypothesis=lambda f: f["hypothesis"] + " d")
    hypotheses.loc[60] = ["extra", "x"]
    hypotheses.to_csv(tmp_path / "hyp.csv", index=False)
    (tmp_path / "utt2spk").write_text("".join(f"{name} s{i % 7}\n" for i, name in enumerate([*ids, "U3", "u99"])))
    labels = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(8)], "accent": [*"xyxyxy", "", "z"], "unused": 1})
    labels[labels["speaker_id"] != "s5"].replace("s6", "S6").to_csv(tmp_path / "speakers.csv", index=False)
    return logs, {
        "hypotheses": tmp_path / "hyp.csv",
        "metadata": [tmp_path / "utt2spk", tmp_path / "speakers.csv"],
        "needed": {"by": ["accent"]},
    }


@pytest.mark.slow
def test_joined_files_give_the_log_of_one_process(joined: tuple[list[Path], dict[str, Any]], tmp_path: Path) -> None:
    logs, options = joined
    log = assert_same(logs, tmp_path, **options)
    hypotheses, speakers, labels = log.quality.joins
    assert (hypotheses.used, hypotheses.ids, hypotheses.unused) == (60, 61, ("extra",))
    assert (speakers.used, speakers.unused, speakers.alike) == (60, ("U3", "u99"), 0)
    assert (labels.matched, labels.unmatched, labels.unused) == (60 - 8 - 8, ("s5", "s6"), ("S6", "s7"))
    assert labels.pairs == (("s6", "S6"),)
    whole = fairaudit.read_log(logs, **options)
    audits = [fairaudit.audit(one, by="accent", permutations=19) for one in (log, whole)]
    assert audits[0].to_json() == audits[1].to_json()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_what_is_wrong_with_joined_files_is_said_as_in_one_process(
    joined: tuple[list[Path], dict[str, Any]], tmp_path: Path
) -> None:
    logs, options = joined
    labels = pd.read_csv(tmp_path / "speakers.csv")
    other = tmp_path / "other.csv"
    for changed, message in (
        (labels.assign(speaker_id=labels["speaker_id"] + "x"), "none of its 7 ids occurs in the log"),
        (pd.concat([labels, labels[:1]]), "1 id occurs more than once"),
        (labels.rename(columns={"speaker_id": "voice"}), "has ids of utterances or speakers"),
    ):
        changed.to_csv(other, index=False)
        refused = assert_alike(logs, tmp_path, **options | {"metadata": [tmp_path / "utt2spk", other]})
        assert refused is not None
        assert message in refused
    hypotheses = pd.read_csv(tmp_path / "hyp.csv")
    hypotheses[3:].to_csv(other, index=False)
    refused = assert_alike(logs, tmp_path, **options | {"hypotheses": other})
    assert refused is not None
    assert "missing_hypothesis" in refused
    assert "only in the log: 'u0', 'u1', 'u2'" in refused
    assert_same(logs, tmp_path, **options | {"hypotheses": other, "missing_hypothesis": "empty"})


def test_a_joined_file_that_changes_is_seen(joined: tuple[list[Path], dict[str, Any]], tmp_path: Path) -> None:
    logs, options = joined
    plan = make_plan(logs, options)
    partials = [plan.partial(part) for part in plan.parts[:2]]
    with (tmp_path / "hyp.csv").open("a") as file:
        file.write("another,x\n")
    partials.append(plan.partial(plan.parts[2]))
    with pytest.raises(InputError, match=r"hyp\.csv: the file was changed while the log was read"):
        whole_log(plan, merged(plan, partials))


@pytest.mark.slow
def test_row_groups_with_texts_are_joined(joined: tuple[list[Path], dict[str, Any]], tmp_path: Path) -> None:
    logs, options = joined
    path = tmp_path / "log.parquet"
    pd.concat(map(pd.read_csv, logs)).to_parquet(path, row_group_size=10)
    plan = make_plan([path], options, rows=20)
    assert len(plan.parts) > 2
    log, whole = whole_log(plan, in_turn(plan)), fairaudit.read_log(path, **options)
    assert isinstance(log, fairaudit.UtteranceLog)
    assert log.quality == whole.quality


def test_words_with_times_are_joined_in_one_process(tmp_path: Path) -> None:
    for name, text in (("ref.stm", "w A s 0.0 1.0 a\n"), ("hyp.ctm", "w A 0.1 0.2 a\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match="words of CTM are joined with segments in one process"):
        fairaudit.read_log(tmp_path, engine=in_turn)
