"""Normalisers from files of rules, and from functions of users."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.scoring import NORMALIZERS, get_normalizer, get_second_normalizer, is_own, normalizer_labelled
from fairaudit.scoring.rules_file import Rules, read_rules

SWISS = {
    "name": "swiss",
    "form": "NFC",
    "lower": True,
    "rules": [{"pattern": "ß", "replacement": "ss"}, {"pattern": r"(\d+) ?%", "replacement": r"\1 prozent"}],
}
TOML = r"""
# how we write
name = "swiss"
form = "NFC"
lower = true
rules = [{pattern = "ß", replacement = "ss"}, {pattern = '(\d+) ?%', replacement = '\1 prozent'}]
"""


def write(folder: Path, content: object, name: str = "rules.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(("name", "content"), [("rules.json", SWISS), ("rules.TOML", TOML)])
def test_rules_are_applied_in_order(name: str, content: object, tmp_path: Path) -> None:
    normalizer = get_normalizer(str(write(tmp_path, content, name)))
    assert normalizer("Gro\u0301ß, 5%") == "gróss, 5 prozent"
    assert normalizer.label == "rules/swiss-" + read_rules(write(tmp_path, SWISS)).version
    again = pickle.loads(pickle.dumps(normalizer))  # as workers get it
    assert (again, again("ß")) == (normalizer, "ss")


@pytest.mark.parametrize(
    "change",
    [
        {"form": "NFKC"},
        {"lower": False},
        {"rules": SWISS["rules"][::-1]},
        {"rules": SWISS["rules"][:1]},
        {"rules": [{"pattern": "ß", "replacement": "sz"}, SWISS["rules"][1]]},
    ],
)
def test_other_rules_have_another_version(change: dict, tmp_path: Path) -> None:
    assert read_rules(write(tmp_path, SWISS | change)).version != read_rules(write(tmp_path, SWISS, "a.json")).version


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"neither rules nor valid JSON \(Expecting"),
        ("[1]", "a file of rules is an object"),
        ("[" * 100_000, "neither rules nor valid JSON"),
        ({}, "'name' is missing"),
        (SWISS | {"name": ""}, "'name' must be letters"),
        (SWISS | {"name": "a|b"}, "'name' must be letters"),
        (SWISS | {"name": 3}, "'name' must be letters"),
        (SWISS | {"form": "NFX"}, "'form' must be one of NFC, NFD, NFKC, NFKD, not 'NFX'"),
        (SWISS | {"lower": "yes"}, "'lower' must be true or false, not 'yes'"),
        (SWISS | {"rule": []}, r"unknown key 'rule'; .* did you mean 'rules'\?"),
        (SWISS | {"rules": {}}, None),
        (SWISS | {"rules": "ß"}, "'rules' must be a list of at most 1,000 rules"),
        (SWISS | {"rules": [SWISS["rules"][0]] * 1_001}, "at most 1,000 rules"),
        (SWISS | {"rules": ["ß"]}, "rule 1 must have a 'pattern' and a 'replacement'"),
        (SWISS | {"rules": [{"pattern": "ß"}]}, "rule 1: 'replacement' is missing"),
        (
            SWISS | {"rules": [{"pattern": "ß", "replacement": None}]},
            "rule 1: 'pattern' and 'replacement' must be texts",
        ),
        (SWISS | {"rules": [{"pattern": "", "replacement": ""}]}, "rule 1: a pattern has 1 to 1,000 characters, not 0"),
        ({"name": "x"}, "no text would be changed"),
    ],
)
def test_wrong_files_are_refused(content: object, message: str | None, tmp_path: Path) -> None:
    path = write(tmp_path, content)
    if message is None:
        assert read_rules(path).rules == ()
    else:
        with pytest.raises(InputError, match=f"^rules.json: .*{message}"):
            get_normalizer(path)


def test_missing_and_large_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.toml: cannot be read \(No such file"):
        get_normalizer(str(tmp_path / "nowhere.toml"))
    with pytest.raises(InputError, match="at most 1 MiB"):
        get_normalizer(write(tmp_path, " " * (1 << 20) + "{}"))


def refusal(tmp_path: Path, pattern: str, replacement: str = "") -> str:
    rules = [*SWISS["rules"], {"pattern": pattern, "replacement": replacement}]
    with pytest.raises(InputError) as error:
        read_rules(write(tmp_path, SWISS | {"rules": rules}))
    return str(error.value)


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[[a]", r"\q", "(?<=a+)b", "(?P<a>x)(?P<a>y)"])
def test_invalid_patterns_are_refused(pattern: str, tmp_path: Path) -> None:
    assert f"rules.json: rule 3: the pattern {pattern[:60]!r} is no valid regular expression" in refusal(
        tmp_path, pattern
    )


@pytest.mark.parametrize("replacement", [r"\1", r"\g<x>", "\\"])
def test_invalid_replacements_are_refused(replacement: str, tmp_path: Path) -> None:
    assert f"rule 3: {replacement!r} cannot replace 'a'" in refusal(tmp_path, "a", replacement)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$", r"(?:a*)*b", r"(\w+ )*x", r"(?:(?:a|b)+c?)+", r"((a{1,20}){1,20})b", r"(?:ab|a|b)+c",
        r"(?:\w|\w\w)*x", r"(?:ab|Ac)+x", r"(?=(a+)+b)", r"(a)?(?(1)(b+)+|c)", r"(?i:(x+x+)+y)", r"(a?){40}b",
        r"(a+){20}b", r"(?:|a)+b", r"(?>(a+)+b)",
    ],
)  # fmt: skip
def test_patterns_that_may_take_forever_are_refused(pattern: str, tmp_path: Path) -> None:
    assert "which can take exponential time" in refusal(tmp_path, pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\s+", r"(?:foo|bar)+", r"(\d{1,3},)+\d", r"(?:\w++ )*x", r"(?>a+)+b", r"(?:a|b)+", r"(?:(?:ab){2})+",
     r"^a.*b.*?c"],
)  # fmt: skip
def test_usual_patterns_are_accepted(pattern: str, tmp_path: Path) -> None:
    rules = read_rules(write(tmp_path, {"name": "x", "rules": [{"pattern": pattern, "replacement": ""}]}))
    assert rules("aaaa") == re.sub(pattern, "", "aaaa")


# ---- functions


def shout(text: str) -> str:
    return text.upper()


def test_a_function_has_a_name_and_a_version() -> None:
    own = get_normalizer(fairaudit.Normalizer("shout", "2", shout))
    assert (own.label, own("a")) == ("python/shout-2", "A")
    assert get_normalizer(own) is own
    assert is_own(own.label)
    assert normalizer_labelled(own.label).name == own.name
    for wrong in (shout, str.upper, 3, None):
        with pytest.raises(
            UsageError, match=r"has no name and version, .* fairaudit.Normalizer\(name, version, function\)"
        ):
            get_normalizer(wrong)
    for name, version in (("", "1"), ("a b", "1"), ("a|b", "1"), ("a", ""), ("a", "1-2"), ("a", "1:2")):
        with pytest.raises(UsageError, match="a normalizer needs a name of letters"):
            get_normalizer(fairaudit.Normalizer(name, version, shout))


def test_built_in_names_are_not_for_others() -> None:
    for name, factory in NORMALIZERS.items():
        if name != "whisper-en":
            assert get_normalizer(factory()) == factory()
            with pytest.raises(UsageError, match=f"{name!r} is a built-in normalizer; give yours another name"):
                get_normalizer(fairaudit.Normalizer(name, "9", shout))


def test_a_function_that_returns_no_text_is_named() -> None:
    with pytest.raises(UsageError, match="normalizer 'length' must return a text, not int"):
        get_normalizer(fairaudit.Normalizer("length", "1", len))("abc")


def test_second_normalizers_may_be_own(tmp_path: Path) -> None:
    first = get_normalizer(write(tmp_path, SWISS))
    second = write(tmp_path, SWISS | {"lower": False}, "other.json")
    assert get_second_normalizer(second, first).name == first.name
    assert get_second_normalizer("auto", first).name == "basic"
    with pytest.raises(UsageError, match="must differ from the first; both are 'rules/swiss'"):
        get_second_normalizer(write(tmp_path, SWISS, "copy.json"), first)


@pytest.mark.parametrize("label", ["rules/-1", "rules/a b-1", "other/a-1", "rules-1", "a-1"])
def test_unknown_labels_are_refused(label: str) -> None:
    with pytest.raises(UsageError, match="unknown normalizer"):
        normalizer_labelled(label)


def test_rules_without_a_file() -> None:
    assert Rules("x", lower=True)("ÄB") == "äb"


def test_the_example_of_the_documentation_is_a_file_of_rules(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(\{\n  \"name\".*?)```", guide, flags=re.DOTALL)
    assert read_rules(write(tmp_path, example))("5% Maß") == "5 prozent mass"
