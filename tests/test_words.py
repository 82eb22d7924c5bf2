"""The house words that STYLE.md drops stay out of code, page and documentation."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Folders and files that are clean; the whole of what people read.
CLEAN = (
    "fairaudit",
    "docs",
    "notebooks",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "data/samples/README.md",
)
READ = {".json", ".md", ".j2", ".ipynb", ".py"}
#: Words that read like a translation, each with what to write instead.
BANNED = {
    r"told|tells|telling|untold": "shown, reported, says",
    r"serves|served(?! by)": "has higher (lower) error rates",
    r"held against|hold(?:s|ing)? (?:it|them|rules) against": "checked",
    r"stands?(?! out)|standing": "is, are",
    r"everybody": "all speakers, overall",
    r"the very": "the same",
    r"beats": "finds more than chance would",
    r"(?:finds?|found) as much": "a gap this strong",
    r"of which|of whom": "two sentences, or `of them`",
    r"clouds?": "data without clusters, distribution",
    r"(?:no|little|has|have|enough) room": "does not fit",
    r"fares?|fared": "has a higher (lower) rate",
}
ANY = re.compile(rf"(?<![\w-])(?:{'|'.join(BANNED)})(?![\w-])", re.IGNORECASE)


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Lines or literals that people may read, each with its line number."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        yield from enumerate(("".join(cell["source"]) for cell in json.loads(text)["cells"]), 1)
        return
    if path.suffix != ".py":
        yield from enumerate(re.sub(r"^(```|~~~).*?^\1", blanked, text, flags=re.DOTALL | re.MULTILINE).split("\n"), 1)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def blanked(code: re.Match[str]) -> str:
    """As many empty lines; what a block of code prints is tested elsewhere."""
    return "\n" * code.group().count("\n")


def files(name: str) -> Iterator[Path]:
    path = ROOT / name
    yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in READ)


@pytest.mark.slow
@pytest.mark.parametrize("name", CLEAN)
def test_no_house_words(name: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group()!r} in {text[max(0, match.start() - 40) : match.end() + 30]!r}"
        for path in files(name)
        for line, text in prose(path)
        for match in ANY.finditer(text)
    ]
    assert found == []


def test_the_list_catches_words_and_no_parts_of_words() -> None:
    caught = "a gap is told; it stands; served worse; the very log; beats its shuffles; rules held against it; a cloud"
    assert len(ANY.findall(caught)) == 7
    assert not ANY.findall("stand-alone, standard, understands, outstanding, server, foretold, mushroom, ari_of_cloud")
