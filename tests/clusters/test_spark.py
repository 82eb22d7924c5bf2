"""The lines for Spark in the documentation, run by two local executors."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import fairaudit
from fairaudit.engines.spark import SCHEMA, partial
from fairaudit.inputs.parts import Part, make_plan
from tests.inputs.in_parts import WORDS, write
from tests.inputs.test_artefacts import LOGS, NAMED, texts

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'pyspark>=4'")
pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java"),
    pytest.mark.filterwarnings("ignore"),  # of pyspark
]
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "clusters.md"


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def guide(spark: Any) -> dict[str, Any]:
    """The names of the documentation's lines, without the log that they read."""
    (code,) = (
        block for block in re.findall(r"^```py\n(.*?)^```", GUIDE.read_text("utf-8"), re.S | re.M) if "spark" in block
    )
    names: dict[str, Any] = {"spark": spark}
    exec(compile(code.partition("\n\n\nlog =")[0], str(GUIDE), "exec"), names)
    return names


@pytest.mark.parametrize("name", ["texts", "counts", "clusters"])
def test_the_tally_and_the_audit_are_those_of_one_process(name: str, guide: dict[str, Any], tmp_path: Path) -> None:
    make, options = LOGS[name]
    paths = write(tmp_path, make())
    whole, log = (fairaudit.read_log(paths, **options, **engine) for engine in ({}, {"engine": guide["on_spark"]}))
    first, second = fairaudit.tally(whole, tmp_path / "a.parquet"), fairaudit.tally(log, tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()
    assert fairaudit.audit(log, **NAMED).to_json() == fairaudit.audit(whole, **NAMED).to_json()


def test_the_last_lines_of_the_guide(guide: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs", texts().dropna())
    monkeypatch.chdir(tmp_path)
    block = re.search(r"^log = .*on_spark.*\n.*\n", GUIDE.read_text("utf-8"), re.M)
    assert block is not None
    exec(compile(block[0], str(GUIDE), "exec"), guide)
    expected = fairaudit.tally(fairaudit.read_log(tmp_path / "logs"), tmp_path / "t.parquet", by="accent")
    assert (tmp_path / "speakers.parquet").read_bytes() == expected.read_bytes()


def test_a_file_that_an_executor_lacks_is_named(spark: Any, tmp_path: Path) -> None:
    plan = replace(make_plan(write(tmp_path, texts()), WORDS), parts=(Part(0, 0, "/nowhere/log.csv"),))
    with pytest.raises(Exception, match=r"'/nowhere/log\.csv' cannot be read by an executor on "):
        spark.range(1).mapInArrow(partial(plan), SCHEMA).collect()


def test_parts_that_are_done_twice_count_once(spark: Any, guide: dict[str, Any], tmp_path: Path) -> None:
    """As if Spark did a part again although its rows were there."""
    paths = write(tmp_path, texts())
    whole = fairaudit.read_log(paths, **WORDS)

    def twice(plan: Any) -> dict[int, pa.Table]:
        parts = spark.range(3).union(spark.range(3))
        buckets = parts.mapInArrow(guide["partial"](plan), SCHEMA).groupBy("bucket")
        result: dict[int, pa.Table] = guide["tables"](buckets.applyInArrow(guide["merge"](plan), SCHEMA).toArrow())
        return result

    log = fairaudit.read_log(paths, engine=twice, **WORDS)
    assert log.quality == whole.quality
    assert log.tally("speaker_id").equals(whole.tally("speaker_id"))
