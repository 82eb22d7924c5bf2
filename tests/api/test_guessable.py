"""What a user would try first works: one name for a sequence of names, a frame or a path for a log."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

import fairaudit
from fairaudit.cohorts import Embedding, Named, discoverer
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs import NamedColumns, UtteranceLog
from fairaudit.samples import make_sample

QUICK = {"permutations": 19}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return make_sample(speakers=120).log.drop(columns=["latitude", "longitude", "zip_code"])


@pytest.fixture(scope="module")
def log(rows: pd.DataFrame) -> UtteranceLog:
    return fairaudit.read_log(rows)


def test_a_string_is_one_name_and_not_its_letters(log: UtteranceLog) -> None:
    one = fairaudit.audit(log, methods="named", by="accent", adjust="device", **QUICK)
    several = fairaudit.audit(log, methods=["named"], by=["accent"], adjust=["device"], **QUICK)
    assert one.to_json() == several.to_json()
    assert Named(by="accent") == Named(by=("accent",))
    assert NamedColumns("accent") == NamedColumns(("accent",))
    assert log.tally("accent").equals(log.tally(["accent"]))
    groups = log.tally("accent").index.dropna()
    assert fairaudit.bootstrap(log, ["accent"], groups=groups[0], rounds=100).groups.index.tolist() == [groups[0]]


@pytest.mark.slow
def test_a_frame_or_a_path_is_read(rows: pd.DataFrame, log: UtteranceLog, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    rows.to_csv(path, index=False)
    model = fairaudit.audit(log, by="accent", **QUICK).models[0]
    for source in (rows, path, str(path), [path], [str(path)]):
        assert fairaudit.assign(source, model).equals(fairaudit.assign(log, model))
    assert fairaudit.audit(rows, by="device", **QUICK).verdict
    same = fairaudit.compare(rows, path, model, allow_identical=True)
    assert same.overall.change.difference == 0
    assert fairaudit.record(model, "1.0", rows).models == (model.redacted(),)
    assert len(fairaudit.bootstrap(rows, "device", rounds=100).groups) >= 2


@pytest.mark.parametrize("value", [3, None, [], [3], {"a": 1}])
def test_anything_else_is_no_log(value: object) -> None:
    with pytest.raises(UsageError, match=r"log is a log from fairaudit\.read_log, a DataFrame or a path, not"):
        fairaudit.audit(value)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="candidate is a log"):
        fairaudit.compare(pd.DataFrame({"speaker_id": ["a"], "errors": [1], "words": [2]}), value)  # type: ignore[arg-type]


def test_targets_of_speakers_and_of_utterances(log: UtteranceLog) -> None:
    model = fairaudit.audit(log, by="accent", **QUICK).models[0]
    speakers, utterances = fairaudit.assign(log, model), fairaudit.assign(log, model, per="utterance")
    assert fairaudit.assign(log, model, per="speaker").equals(speakers)
    assert fairaudit.assign(log, model, per="speaker_id").equals(speakers)
    assert fairaudit.assign(log, model, per="utterance_id").equals(utterances)

    listed = fairaudit.targets(speakers)
    assert "utterance_id" not in listed.columns
    assert {*listed["speaker_id"]} == {*fairaudit.targets(utterances)["speaker_id"]}
    drawn = fairaudit.targets(speakers, 0.4)
    assert drawn["weight"][drawn["in_bottom"]].sum() == pytest.approx(0.4)
    assert drawn["weight"].sum() == pytest.approx(1)


def test_a_log_shows_itself(rows: pd.DataFrame, log: UtteranceLog) -> None:
    assert len(log) == len(rows)
    assert repr(log).startswith(f"<UtteranceLog of {len(rows):,} utterances by 120 speakers: ")
    frame = log.to_frame()
    assert frame["errors"].sum() == log.tally("device")["errors"].sum()
    assert not {"reference", "hypothesis"} & {*frame.columns}
    assert frame["utterance_id"].tolist() == rows["utterance_id"].tolist()
    view = log._repr_html_()
    assert f"<td>{len(rows):,}</td>" in view
    assert not any(word in view for word in ("<script", "<style", "style=", "src="))


def test_names_of_columns_are_text_in_the_view_of_a_log() -> None:
    frame = pd.DataFrame({"speaker_id": ["a"], "errors": [1], "words": [2], "<script>": ["x"]})
    assert "&lt;script&gt;" in fairaudit.read_log(frame)._repr_html_()


def test_what_is_not_set_is_none(rows: pd.DataFrame) -> None:
    quick = {"methods": "named", "by": "device", **QUICK}
    assert (
        fairaudit.audit(rows, **quick).to_json()
        == fairaudit.audit(rows, holdout=None, cross_fit=None, **quick).to_json()
    )
    assert Embedding(clusters=None) == Embedding()
    assert discoverer("embedding", {"clusters": "auto"}) == Embedding()
    for wrong in ({"holdout": 0.0}, {"cross_fit": 0}):
        with pytest.raises(UsageError, match="not 0"):
            fairaudit.audit(rows, **quick, **wrong)
    with pytest.raises(UsageError, match="clusters >= 2"):
        Embedding(clusters=0)


def test_a_path_with_other_names_says_where_they_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("client_id,errors,words\na,1,2\n")
    with pytest.raises(InputError, match=r"columns={'speaker_id': 'client_id'}\); this is a parameter of fairaudit"):
        fairaudit.audit(path)


def test_a_plot_of_small_cohorts_says_how_to_draw_them() -> None:
    frame = pd.DataFrame({"speaker_id": [f"s{n}" for n in range(40)], "errors": 1, "words": 9})
    audit = fairaudit.audit(frame.assign(accent=[f"a{n // 4}" for n in range(40)]), by="accent", **QUICK)
    assert audit["accent"].reason
    with pytest.raises(UsageError, match="figures are withheld are left out; unredacted=True draws them"):
        audit.plot()
    assert audit.plot(ax=Figure().add_subplot(), unredacted=True).has_data()
