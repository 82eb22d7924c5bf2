"""Settings that messages suggest are spelled for whoever reads them: parameters in Python, options at a prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import FairauditError, InputError, setting

ROWS = pd.DataFrame({"speaker_id": [f"s{n}" for n in range(60)], "errors": 1, "words": 9})
TEXTS = pd.DataFrame({"speaker_id": ["a", "b"], "reference": ["x", "y"], "hypothesis": ["x", None]})

#: What is wrong with a log, the extra arguments of the command, and both spellings of the advice.
CASES: dict[str, tuple[pd.DataFrame, dict[str, Any], str, str]] = {
    "a column of another name": (
        ROWS.rename(columns={"speaker_id": "client_id"}),
        {},
        "(columns={'speaker_id': 'client_id'})",
        "(--column speaker_id=client_id)",
    ),
    "a missing hypothesis": (TEXTS, {}, "missing_hypothesis='empty'", "--missing-hypothesis empty"),
    "a missing speaker": (ROWS.assign(speaker_id=None), {}, "missing_speaker='own'", "--missing-speaker own"),
    "short zip codes": (ROWS.assign(zip_code="2139"), {}, "zip_pad=True restores", "--zip-pad restores"),
    "too many bad rows": (ROWS.assign(errors=-1), {}, "(max_quarantine)", "(--max-quarantine)"),
    "no embeddings": (ROWS, {"methods": "embedding"}, "(embeddings='FILE')", "(--embeddings FILE)"),
    "no census": (ROWS, {"methods": "zip-census"}, "(census='FILE')", "(--census FILE)"),
}


@pytest.mark.parametrize("case", CASES)
def test_python_shows_parameters_and_the_command_line_options(
    case: str, cli: Callable[..., Any], tmp_path: Path
) -> None:
    rows, extra, in_python, at_a_prompt = CASES[case]
    with pytest.raises(FairauditError) as error:
        fairaudit.audit(rows, permutations=19, **extra)
    assert in_python in str(error.value)
    assert "--" not in str(error.value)

    path = tmp_path / "log.csv"
    rows.to_csv(path, index=False)
    method = [part for value in extra.values() for part in ("--method", value)]
    ran = cli("audit", path, *method, "-o", tmp_path / "out")
    assert at_a_prompt in ran.err
    assert "\ue000" not in ran.err


def test_what_was_skipped_reads_the_same_for_both() -> None:
    rows = ROWS.assign(accent=["hill", "coast"] * 30)
    skipped = {entry["method"]: entry["needs"] for entry in fairaudit.audit(rows, permutations=19).to_dict()["skipped"]}
    assert skipped["embedding"] == "speaker embeddings"
    assert skipped["zip-census"] == "a column zip_code and a census table"


def test_characters_of_a_file_are_no_setting() -> None:
    for hostile in ("\ue000x\ue001", "\ue0001\ue001", "\ue000", '\ue000["a"]\ue001'):
        assert str(InputError(f"row 3: {hostile}")) == f"row 3: {hostile}"
    mapped = setting("columns", {"zip_code": "a\ue001b"})
    assert str(InputError(f"use {mapped}")).startswith("use columns={")
    assert repr(InputError(f"use {setting('zip_pad', True)}")) == "InputError('use zip_pad=True')"


def test_padding_is_for_the_census_table_too(tmp_path: Path) -> None:
    census = tmp_path / "census.csv"
    zips = [f"0{2100 + n}" for n in range(60)]
    pd.DataFrame({"zip": [z[1:] for z in zips], "income": range(60)}).to_csv(census, index=False)
    log = fairaudit.read_log(ROWS.assign(zip_code=[z[1:] for z in zips]), zip_pad=True)
    from fairaudit.api.checks import join_rates

    assert join_rates(log, census=census)["zip-census"] == 1
