"""What people who mean no good write into a log comes out as text: on the terminal, in CSV, in JSON, in HTML."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markdown_it import MarkdownIt

import fairaudit
from fairaudit import report
from fairaudit.core.rate import Rate
from fairaudit.core.text import plain
from fairaudit.report import render_markdown, render_notebook, render_terminal
from fairaudit.results.audit import Audit
from fairaudit.results.rates import rate_to_dict
from fairaudit.results.reading import read_audit

#: What turns the direction of the text around it (Boucher and Anderson, Trojan Source, 2021).
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: How a cell begins that a spreadsheet runs (OWASP, CSV injection).
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def commanding(text: str) -> set[str]:
    """Characters that a terminal obeys or that turn the text around them."""
    return {c for c in text if (unicodedata.category(c) == "Cc" and c != "\n") or c in TURNING}


def table(text: str) -> list[list[str]]:
    """The rows of CSV as another program reads them, every cell without the apostrophe that defuses it."""
    rows = [*csv.reader(io.StringIO(text, newline=""))]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [cell for row in rows for cell in row if cell.startswith(RUNS) and not is_number(cell)] == []
    return [[cell.removeprefix("'") if cell[1:].startswith(RUNS) else cell for cell in row] for row in rows]


def is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).replace("e-", "", 1).isdecimal()


class Elements(HTMLParser):
    """How often each element and each attribute stands in HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.update([tag, *(f"{tag} {name}" for name, _ in attrs)])

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.seen.update(["comment"])


@pytest.fixture(scope="module")
def saved(hostile_audit: Audit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    fairaudit.save(hostile_audit, folder)
    return folder


@pytest.fixture
def written(saved: Path) -> dict[str, str]:
    return {file.name: file.read_bytes().decode() for file in saved.iterdir()}


def test_there_are_many(hostile_strings: list[str]):
    assert len(set(hostile_strings)) > 80


@pytest.mark.slow
def test_labels_columns_and_names_of_files_stand_whole_in_json(
    attack: Any, hostile_strings: list[str], written: dict[str, str]
):
    audit, models = (json.loads(written[f"{name}.json"]) for name in ("audit", "cohorts"))
    by_title = {found["title"]: found for found in audit["discoveries"]}
    assert {cohort["label"] for cohort in by_title["named: who"]["cohorts"]} == set(hostile_strings)
    assert {" × ".join(columns) for columns in attack.by[1:]} <= {title.removeprefix("named: ") for title in by_title}
    assert [one["name"] for one in audit["inputs"]] == [path.name for path in attack.logs]
    assert audit["side_tables"][0]["name"] == attack.census.name
    (who,) = (model for model in models["models"] if model["settings"].get("by") == ["who"])
    assert {label for (label,) in who["rule"]["labels"]} == set(hostile_strings)


@pytest.mark.parametrize("name", ["audit.json", "cohorts.json"])
def test_json_can_be_shown_on_a_terminal(name: str, written: dict[str, str]):
    assert commanding(written[name]) == set()


def test_labels_stand_whole_in_csv_and_no_cell_is_run(hostile_strings: list[str], written: dict[str, str]):
    header, *cohorts = table(written["cohorts.csv"])
    search, label = header.index("search"), header.index("label")
    assert {row[label] for row in cohorts if row[search] == "named: who"} == set(hostile_strings)
    assert len(table(written["zip-census.partitions.csv"])) > 100


@pytest.mark.slow
@pytest.mark.exhaustive
def test_memberships_name_speakers_as_the_log_does(cli: Callable[..., Any], attack: Any, saved: Path):
    for per in ("speaker", "utterance"):
        sides = ("--census", attack.census, "--embeddings", attack.embeddings)
        ran = cli("assign", *attack.logs[::4], "--cohorts", saved / "cohorts.json", *sides, "--per", per)
        assert ran.code == 0, ran.err
        assert commanding(ran.err) == set()
        header, *rows = table(ran.out)
        ids = pd.concat([pd.read_parquet(path) for path in attack.logs[::4]])[f"{per}_id"]
        assert {row[header.index(f"{per}_id")] for row in rows} == set(ids)


@pytest.mark.slow
def test_the_terminal_obeys_nothing(
    cli: Callable[..., Any], attack: Any, hostile_audit: Audit, hostile_strings: list[str]
):
    told = render_terminal(hostile_audit.to_dict(), width=2_000, limit=1_000)
    assert commanding(told) == set()
    rows = " ".join(told.split())
    assert all(plain(text) in rows for text in hostile_strings if len(text) < 100)
    for more in ((), ("--json",)):
        ran = cli("validate", *attack.logs[::12], "--census", attack.census, "--embeddings", attack.embeddings, *more)
        assert ran.code == 0, ran.err
        assert commanding(ran.out + ran.err) == set()


def test_the_name_of_a_column_begins_no_line_of_validate(cli: Callable[..., Any], tmp_path: Path):
    log, census = tmp_path / "log.csv", tmp_path / "census.parquet"
    log.write_text("speaker_id,zip_code,errors,words\n" + "".join(f"s{i},1000{i},1,9\n" for i in range(9)))
    zips = pd.DataFrame({"zip_code": [f"1000{i}" for i in range(9)], "a\tb\nrows_quarantined: 7": range(9)})
    zips.to_parquet(census)
    ran = cli("validate", log, "--census", census)
    assert ran.code == 0, ran.err
    assert commanding(ran.out) == set()
    assert [line for line in ran.out.splitlines() if line.startswith("rows_quarantined:")] == ["rows_quarantined: 0"]


def from_markdown(audit: Audit) -> str:
    return (
        MarkdownIt("commonmark", {"html": True})
        .enable(["table", "strikethrough"])
        .render(render_markdown(audit.to_dict()))
    )


def assert_nothing_was_smuggled_in(hostile_html: str, harmless_html: str) -> None:
    hostile, harmless = Elements(hostile_html), Elements(harmless_html)
    assert hostile.seen == harmless.seen
    assert commanding(hostile.text) == set()


@pytest.mark.slow
def test_the_page_has_no_element_or_attribute_more(hostile_page: str, harmless_page: str):
    """The browser's tests say the same of the page as chromium understands it."""
    assert_nothing_was_smuggled_in(hostile_page, harmless_page)


@pytest.mark.parametrize("render", [Audit._repr_html_, from_markdown])
def test_other_html_has_no_element_or_attribute_more(
    render: Callable[[Audit], str], hostile_audit: Audit, harmless_audit: Audit
):
    assert_nothing_was_smuggled_in(render(hostile_audit), render(harmless_audit))


#: What the schema itself lists the values of.
ENUMERATED = {"verdict", "measured_on", "reference", "first", "second"}


def with_strings(content: Any, strings: Iterator[str], key: str = "") -> Any:
    """JSON with other strings wherever no schema says which there may be."""
    if isinstance(content, dict):
        return {name: with_strings(value, strings, name) for name, value in content.items()}
    if isinstance(content, list):
        return [with_strings(value, strings, key) for value in content]
    return next(strings) if isinstance(content, str) and key not in ENUMERATED else content


def audit_with_strings(audit: dict[str, Any], strings: Iterator[str]) -> dict[str, Any]:
    """An audit with other strings, which defines its rate."""
    changed: dict[str, Any] = with_strings(audit, strings)
    return {**changed, "rate_definition": rate_to_dict(Rate(changed["rate"], "errors", "words"))}


@pytest.fixture(scope="module")
def golden(repository: Path) -> dict[str, Any]:
    return read_audit(repository / "tests" / "report" / "golden" / "audit.json")


@pytest.fixture(scope="module")
def usual(golden: dict[str, Any]) -> dict[str, set[str]]:
    """The elements and attributes of its page and of what a notebook shows, where every string is a harmless one."""
    harmless = audit_with_strings(golden, cycle(["label"]))
    return {name: {*Elements(getattr(report, name)(harmless)).seen} for name in ("render_html", "render_notebook")}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 88, 22))
def test_whatever_is_in_an_audit_json_is_text(
    first: int, golden: dict[str, Any], usual: dict[str, set[str]], hostile_strings: list[str]
):
    """Titles, reasons, notes, settings, the signature and names of files, however they came there."""
    hostile = audit_with_strings(golden, cycle(hostile_strings[first:] + hostile_strings[:first]))
    for name, elements in usual.items():
        attacked = Elements(getattr(report, name)(hostile))
        assert attacked.seen.keys() <= elements
        assert commanding(attacked.text) == set()
    assert commanding(report.render_terminal(hostile) + report.render_markdown(hostile)) == set()


def test_a_page_in_a_notebook_stays_in_its_frame(hostile_page: str):
    frame = Elements(report.PageInNotebook(hostile_page)._repr_html_())
    assert frame.seen.total() == frame.seen["iframe"] + sum(n for name, n in frame.seen.items() if " " in name)
    assert frame.seen["iframe sandbox"] == 1
    assert frame.text == ""


def test_every_label_is_read_on_the_page_as_it_is_written(hostile_page: str, hostile_strings: list[str]):
    text = Elements(hostile_page).text
    assert [label for label in hostile_strings if plain(label) not in text] == []


@pytest.mark.slow
def test_an_error_is_one_line_that_commands_nothing(
    cli: Callable[..., Any], attack: Any, hostile_strings: list[str], tmp_path: Path
):
    for text in hostile_strings:
        file = tmp_path / text.replace("\0", "")
        for arguments in (("report", file), ("validate", file), ("assign", attack.logs[0], "--cohorts", file)):
            ran = cli(*arguments)
            assert ran.code == 3, (arguments, ran.err)
            assert commanding(ran.out + ran.err) == set(), arguments
            assert ran.err.startswith("fairaudit: ")
            assert ran.err.count("\n") == 1


def test_unusable_rows_are_listed_as_text(hostile_strings: list[str], tmp_path: Path):
    bad = pd.DataFrame({"speaker_id": "s", "errors": hostile_strings, "words": 9})
    good = pd.DataFrame({"speaker_id": ["s"], "errors": ["1"], "words": 9})
    log = fairaudit.read_log(pd.concat([bad, good], ignore_index=True), max_quarantine=1.0)
    log.write_quarantine(tmp_path / "unusable.csv")
    header, *rows = table((tmp_path / "unusable.csv").read_bytes().decode())
    assert {row[header.index("value")] for row in rows} == set(hostile_strings)


def test_a_file_whose_name_is_no_unicode_is_named(cli: Callable[..., Any], tmp_path: Path):
    log = tmp_path / "caf\udce9.csv"  # as Python names the Latin-1 byte E9
    log.write_text("speaker_id,who,errors,words\n" + "".join(f"s{i},g{i % 2},{i % 5},9\n" for i in range(60)))
    ran = cli("audit", log, "--permutations", 19, "-o", tmp_path / "out")
    assert ran.code in (0, 4), ran.err
    audit = read_audit(tmp_path / "out" / "audit.json")
    assert audit["inputs"][0]["name"] == "caf\udce9.csv"
    assert "caf\N{REPLACEMENT CHARACTER}.csv" in (tmp_path / "out" / "audit.html").read_text("utf-8")


@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\x00", "\x7f", "\x9b", "\ud800"])
def test_what_xml_cannot_hold_is_replaced_in_figures(character: str):
    rng_errors = [i % 7 for i in range(60)]
    log = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(60)], "errors": rng_errors, "words": 50})
    found = fairaudit.audit(
        fairaudit.read_log(log.assign(who=["one", "two"] * 30)), methods=["named"], by=["who"], permutations=19
    ).to_dict()
    found["discoveries"][0]["cohorts"][0]["label"] = f"a{character}b"
    page = fairaudit.report.render_html(found)
    assert "a\N{REPLACEMENT CHARACTER}b" in page
    assert "a\N{REPLACEMENT CHARACTER}b" in Elements(render_notebook(found)).text
