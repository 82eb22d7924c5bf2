"""What people see of a board: page, Markdown, LaTeX and terminal."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.core.verdicts import BoardVerdict
from fairaudit.report import board_latex, board_markdown, board_terminal
from fairaudit.report.html.page import render_board
from fairaudit.report.text.latex import latex_escaped
from fairaudit.report.views.board import board_view
from fairaudit.results.board import Board

pytestmark = pytest.mark.slow  # of a board that is made first

HOSTILE = ["<script>alert(1)</script>", "[100] \\input{/etc/passwd} & 5 %", "=cmd()|x_y^z"]


def board_of(names: list[str], by: str | tuple[()] = "region", few: str | None = "north") -> Board:
    """A board of 80 speakers from two regions; 6 of them may be from another one, or from none."""
    rng = np.random.default_rng(0)
    region = np.repeat(["north", "south"], 40).astype(object)
    region[:6] = few
    frame = pd.DataFrame({"speaker_id": [f"s{n}" for n in range(80)], "region": region, "words": 200})
    frame["utterance_id"] = frame["speaker_id"]
    raised = np.where(region == "south", 2.0, 1.0)
    systems = {
        name: frame.assign(errors=rng.poisson(20 * (raised if k == len(names) - 1 else 1.0), 80))
        for k, name in enumerate(names)
    }
    return fairaudit.board(systems, by=by, permutations=99)


@pytest.fixture(scope="module")
def plain() -> Board:
    return board_of(["alpha", "beta", "gamma"])


@pytest.fixture(scope="module")
def hostile() -> Board:
    return board_of(HOSTILE)


def test_the_verdict_counts_certain_orders(plain: Board) -> None:
    view = board_view(plain.to_dict())
    assert view.title == "Systems differ"
    assert view.sentence == (
        "Of 3 pairs of systems, the order is certain for 2 by overall WER, 2 by WER of the worst group and 2 by gap."
    )
    assert view.certain[2] == "Certain orders by gap: alpha below gamma; beta below gamma."
    assert [row.cells[:2] for row in view.measures[2].systems.rows][-1] == ("gamma", "region = south")


def test_ranks_and_ratios_are_as_in_the_document(plain: Board) -> None:
    view = board_view(plain.to_dict())
    ranks = {row.cells[0]: row.cells[-1] for row in view.measures[1].systems.rows}
    assert ranks == {"alpha": "1–2", "beta": "1–2", "gamma": "3"}
    assert len(view.pairs.rows) == 3
    assert [row.tone for row in view.pairs.rows] == ["", "flagged", "flagged"]


def test_without_groups_there_is_one_number() -> None:
    view = board_view(board_of(["alpha", "beta"], by=()).to_dict())
    assert [measure.title for measure in view.measures] == ["Overall WER"]
    assert view.sentence.startswith("Of one pair of systems, the order is certain for ")
    assert not any("Gap:" in note for note in view.notes)


@pytest.mark.parametrize(
    ("by", "title"),
    [("region", "No evidence that systems differ by worst group or gap"), ((), "No evidence that systems differ")],
)
def test_a_verdict_about_groups_is_not_about_overall_rates(by: str | tuple[()], title: str) -> None:
    document = board_of(["alpha", "beta"], by=by).to_dict()
    assert board_view({**document, "verdict": BoardVerdict.NO_EVIDENCE}).title == title


@pytest.mark.parametrize("few", ["west", None, "north"])
def test_numbers_that_are_rounded_or_withheld_are_explained(few: str | None) -> None:
    document = board_of(["alpha", "beta"], few=few).to_dict()
    view = board_view(document)
    notes, gaps = " ".join(view.notes), {row.cells[2] for row in view.measures[2].systems.rows}
    assert ("Ratios of groups are therefore rounded" in notes) == (few != "north")
    assert ("A gap is withheld if" in notes) == (gaps == {"withheld"}) == (few is None)
    assert ({row.cells[5] for row in view.groups[0].rows} == {"withheld"}) == (few is None)


def test_the_page_has_no_script_and_draws_every_number(plain: Board, hostile: Board) -> None:
    page = render_board(plain.to_dict())
    assert page.count("<figure>") == 3
    assert "default-src &#39;none&#39;" in page
    assert "<title>alpha, beta, gamma: Systems differ</title>" in page
    assert "<script" not in render_board(hostile.to_dict())
    assert plain.signature.split("|")[0] in page


def test_latex_is_balanced_and_runs_no_command_of_a_name(hostile: Board) -> None:
    text = board_latex(hostile.to_dict())
    assert text.count(r"\toprule") == text.count(r"\end{table}") == 3
    assert r"\input" not in text.replace(r"\textbackslash{}input", "")
    body = re.sub(r"\\[{}]", "", text)
    assert body.count("{") == body.count("}")
    for line in text.splitlines():
        assert not line.startswith("[")
        if line.endswith(r"\\"):
            assert len(re.findall(r"(?<!\\)&", line)) in (3, 4, 7)
    assert "Signature: rate:wer" in text


def test_latex_of_special_characters() -> None:
    assert latex_escaped("50 % & [a_b] ~^") == r"50 \% \& {[}a\_b] \textasciitilde{}\textasciicircum{}"


def test_markdown_and_terminal_say_the_same(plain: Board) -> None:
    document = plain.to_dict()
    markdown, terminal = board_markdown(document), board_terminal(document, width=100)
    for text in (markdown, terminal.replace("\n", " ")):
        assert "Certain orders by gap: alpha below gamma; beta below gamma." in text
    assert "### All pairs of systems" in markdown
    assert max(map(len, terminal.splitlines()[:-1])) <= 100
    assert plain._repr_markdown_() == markdown


def test_a_board_is_written_as_every_kind_of_file(plain: Board, tmp_path) -> None:
    files = fairaudit.save(plain, tmp_path / "board")
    assert {file.name for file in files} == {"board.html", "board.json", "board.md", "board.tex"}
    (tex,) = fairaudit.save(plain, tmp_path / "one.tex")
    assert tex.read_text() == (tmp_path / "board" / "board.tex").read_text()
    with pytest.raises(UsageError, match="a board is shown"):
        fairaudit.render_html(plain, gates=[{"kind": "gate"}])  # type: ignore[list-item]
