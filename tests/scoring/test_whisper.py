"""The gated English normaliser against the plain one: no string may come out different."""

from __future__ import annotations

import builtins
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from whisper_normalizer.english import EnglishTextNormalizer

from fairaudit.core.errors import UsageError
from fairaudit.scoring import get_normalizer
from fairaudit.scoring.whisper import GatedEnglish, whisper_english

PLAIN = EnglishTextNormalizer()
GATED = GatedEnglish(PLAIN)

NUMBER_WORDS = sorted(PLAIN.standardize_numbers.words)
SPELLINGS = sorted(PLAIN.standardize_spellings.mapping)
CONTRACTIONS = [pattern.replace(r"\b", "") for pattern in PLAIN.replacers]
NUMERALS = ["0", "1", "10", "12.5", "3.", "5th", "1s", "1960s", "$5", "¢7", "$0.7", "$2 and ¢7", "5%", "2,000", "1.2.3"]
ODDITIES = ["٣", "१२", "½", "²", "①", "İ", "ß", "œuvre", "naïve", "한국", "ﬁ", "’", "'", "\x1c", "\u00a0", "\ud800"]
PHRASES = [
    "uh", "um", "hmm", "mhm", "mm", "and", "and a half", "half past", "oh", "double", "triple", "point", "per cent",
    "he 's", "she's been", "mr.", "st.", "<LAUGH>", "[noise", "(aside)", "(", ">", "the", "umbrella", "stone",
]  # fmt: skip
TOKENS = st.one_of(
    st.sampled_from(NUMBER_WORDS),
    st.sampled_from(CONTRACTIONS),
    st.sampled_from(SPELLINGS),
    st.sampled_from([*NUMERALS, *ODDITIES, *PHRASES]),
    st.text(" .,'%$¢€£<>[]()0129abnst", max_size=5),
)
ADVERSARIAL = st.builds(lambda gap, tokens: gap.join(tokens), st.sampled_from([" ", "", "  ", "-"]), st.lists(TOKENS))


@pytest.mark.slow
@settings(max_examples=1_000)
@given(ADVERSARIAL | ADVERSARIAL.map(str.upper) | st.text())
@example("two dollars and seven cents")
@example("one hundred and five and a half and")
@example("minus and five plus minus")
@example("[a <b> c] (d (e) f)")
def test_no_string_comes_out_different(text: str) -> None:
    assert GATED(text) == PLAIN(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Mr. and Mrs. D'Arcy aren't here.", "mister and missus d arcy are not here"),
        ("She's been gone; he'd've won't can't let's y'all", None),
        ("twenty one hundred and five point two", "2105.2"),
        ("one oh one, double seven, triple oh", "10177000"),
        ("$20 million, £3.50 and ten thousand dollars", "$20000000 £3.50 and $10000"),
        ("five percent, five per cent, 5 %, 5%", "5% 5% 5 5%"),
        ("2,000,000 in the 1960s on the twenty first", "2000000 in the 1960s on the 21st"),
        ("half past two and a half", "half past 2.5"),
        ("the colour of aluminium at the theatre", "the color of aluminum at the theater"),
        ("<LAUGH> well [noise] um (aside) hmm uh mhm yes", "well yes"),
        ("naïve café, œuvre, straße", "naive cafe oeuvre strasse"),
        ("one of the ones", "one of the ones"),
        ("and", "and"),
        ("I'm kinda sorta gonna, cause I dunno", "i am kind of sort of going to because i do not know"),
    ],
)
def test_curated_strings(text: str, expected: str | None) -> None:
    assert GATED(text) == PLAIN(text)
    assert expected is None or GATED(text).strip() == expected


@pytest.mark.slow
@pytest.mark.parametrize("table", [NUMBER_WORDS, SPELLINGS, CONTRACTIONS], ids=["numbers", "spellings", "contractions"])
def test_every_entry_of_every_table(table: list[str]) -> None:
    texts = [template.format(entry) for entry in table for template in ("{}", "a {} b", "five {} six", "x{}.", "he{}")]
    assert [GATED(text) for text in texts] == [PLAIN(text) for text in texts]


@pytest.mark.slow
def test_every_character() -> None:
    texts = [f"a{chr(code)}b {chr(code)}1" for code in range(0x3100)]
    assert [GATED(text) for text in texts] == [PLAIN(text) for text in texts]


@pytest.mark.slow
def test_real_transcripts(load_edacc: Callable) -> None:
    for recogniser in ("whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3"):
        log = load_edacc(recogniser)
        texts = [*log.references[::3], *log.hypotheses[::3]]
        assert [GATED(text) for text in texts] == [PLAIN(text) for text in texts]


def test_the_label_carries_the_installed_version() -> None:
    assert get_normalizer("whisper-en").label == f"whisper-en-{metadata.version('whisper-normalizer')}"


def test_a_release_that_was_not_read_runs_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "99.0")
    function, version = whisper_english()
    assert isinstance(function, EnglishTextNormalizer)
    assert version == "99.0"


def test_a_pattern_that_is_not_plain_text_is_never_skipped() -> None:
    plain = EnglishTextNormalizer()
    plain.replacers[r"\bcolou?r\b"] = "hue"
    assert GatedEnglish(plain)("color colour") == plain("color colour") == "hue hue"


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_whisper(name: str, *rest: object) -> object:
        if name.startswith("whisper_normalizer"):
            raise ModuleNotFoundError(name)
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_whisper)
    with pytest.raises(UsageError, match=r"pip install 'fairaudit-asr\[whisper\]'"):
        whisper_english()


@pytest.mark.slow
def test_importing_the_package_for_the_first_time_neither_warns_nor_prints(tmp_path) -> None:
    code = "from fairaudit.scoring import get_normalizer; get_normalizer('whisper-en')"
    command = [sys.executable, "-W", "error", "-X", f"pycache_prefix={tmp_path}", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
