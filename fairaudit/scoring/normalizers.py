"""Normalisers by name: those that are built in, and those of users, from files of rules or from functions.

The label of a normaliser, its name and version, is part of the signature of every number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.scoring.normalize import normalize_ascii_punct, normalize_basic, normalize_none
from fairaudit.scoring.scripts import LATIN
from fairaudit.scoring.whisper import whisper_english

__all__ = [
    "NORMALIZERS",
    "Normalizer",
    "get_normalizer",
    "get_second_normalizer",
    "is_own",
    "normalizer_labelled",
]


@dataclass(frozen=True)
class Normalizer:
    """A named function from text to text, whose output is split at whitespace.

    Give one to :func:`fairaudit.read_log` to normalise texts by a function of your own.

    Attributes
    ----------
    name
        Name by which users select it. Names of your own are written ``python/NAME`` in signatures.
    version
        Changes whenever the output for any string may change. It has no hyphen.
    function
        The function that normalises a text. With several workers, each needs to be able to import it.
    script
        Script that it is made for; None if it suits texts in any script.

    Examples
    --------
    >>> shout = Normalizer("shout", "1", str.upper)
    >>> shout("well, well"), shout.label
    ('WELL, WELL', 'shout-1')
    """

    name: str
    version: str
    function: Callable[[str], str]
    script: str | None = None

    def __call__(self, text: str) -> str:
        """Normalise one text."""
        return self.function(text)

    @property
    def label(self) -> str:
        """Name and version, as written in a signature."""
        return f"{self.name}-{self.version}"


#: The scripts that normalisers are made for, where they do not suit all.
_MADE_FOR: Final = {"whisper-en": LATIN}


@cache
def _whisper_en() -> Normalizer:
    function, version = whisper_english()
    return Normalizer("whisper-en", version, function, script=_MADE_FOR["whisper-en"])


#: Factories of the available normalisers, by name. A normaliser is created on request because it may need an extra.
NORMALIZERS: Final[dict[str, Callable[[], Normalizer]]] = {
    "none": lambda: Normalizer("none", "1", normalize_none),
    "basic": lambda: Normalizer("basic", "2", normalize_basic),
    "ascii-punct": lambda: Normalizer("ascii-punct", "1", normalize_ascii_punct),
    "whisper-en": _whisper_en,
}


#: How names of normalisers from files, and from functions of users, begin.
_FROM_FILE: Final = "rules/"
_FROM_PYTHON: Final = "python/"
_OWN: Final = re.compile(r"(rules|python)/[A-Za-z0-9][A-Za-z0-9._-]*")
_WORD: Final = re.compile(r"[A-Za-z0-9._]+")
#: Ends of the names of files of rules; see ``rules_file``, which is imported when it is needed.
_SUFFIXES: Final = (".toml", ".json")
_SELECTABLE: Final = (*NORMALIZERS, *map("FILE{}".format, _SUFFIXES))


def is_own(name: str) -> bool:
    """Whether a normaliser is a user's, by the name or the label with which signatures write it.

    Examples
    --------
    >>> is_own("rules/swiss-4f2a90c1d3b7"), is_own("basic")
    (True, False)
    """
    return name.startswith((_FROM_FILE, _FROM_PYTHON))


def get_normalizer(name: str | Path | Normalizer) -> Normalizer:
    """Return the normaliser of a given name, of a file of rules, or of a function.

    Parameters
    ----------
    name
        ``"none"`` (words as written), ``"basic"`` (:func:`normalize_basic`), ``"ascii-punct"``
        (:func:`normalize_ascii_punct`) or ``"whisper-en"`` (OpenAI's English normaliser, from the PyPI package
        ``whisper-normalizer``); the name of a file of rules, which ends in ``.toml`` or ``.json`` (see
        :class:`fairaudit.scoring.rules_file.Rules`); or a :class:`Normalizer` with a function of yours.

    Raises
    ------
    UsageError
        If the name is unknown, or the normaliser needs a package that is not installed, or a function has no name and
        version.
    InputError
        If a file of rules cannot be read or is wrong.

    Examples
    --------
    >>> get_normalizer("basic").label
    'basic-2'
    >>> get_normalizer(Normalizer("shout", "1", str.upper)).label
    'python/shout-1'
    """
    if isinstance(name, str) and name in NORMALIZERS:
        return NORMALIZERS[name]()
    if isinstance(name, Normalizer):
        return _of_function(name)
    if callable(name) or not isinstance(name, str | Path):
        raise UsageError(
            f"normalizer {name!r} has no name and version, which every number needs; give "
            "fairaudit.Normalizer(name, version, function)"
        )
    if Path(name).suffix.lower() in _SUFFIXES:
        return _of_file(Path(name))
    raise UsageError(unknown_name("normalizer", str(name), _SELECTABLE))


def _of_file(path: Path) -> Normalizer:
    from fairaudit.scoring.rules_file import read_rules

    rules = read_rules(path)
    return Normalizer(f"{_FROM_FILE}{rules.name}", rules.version, rules)


def _of_function(normalizer: Normalizer) -> Normalizer:
    """Check a normaliser that a user gave."""
    name, version = normalizer.name, normalizer.version
    if name in NORMALIZERS:
        if (built_in := NORMALIZERS[name]()) == normalizer:
            return built_in
        raise UsageError(f"{name!r} is a built-in normalizer; give yours another name")
    if is_own(name) and getattr(normalizer.function, "is_checked", False):
        return normalizer
    if not _OWN.fullmatch(f"{_FROM_PYTHON}{name}") or not _WORD.fullmatch(version):
        raise UsageError(
            f"a normalizer needs a name of letters, digits, '.', '_' and '-', and a version without '-', not {name!r} "
            f"and {version!r}"
        )
    return replace(normalizer, name=f"{_FROM_PYTHON}{name}", function=_Checked(name, normalizer.function))


@dataclass(frozen=True)
class _Checked:
    """A function of a user, whose results must be texts."""

    name: str
    function: Callable[[str], Any]
    is_checked: ClassVar[bool] = True

    def __call__(self, text: str) -> str:
        result = self.function(text)
        if not isinstance(result, str):
            raise UsageError(f"normalizer {self.name!r} must return a text, not {type(result).__name__}")
        return result


def get_second_normalizer(name: str | Path | Normalizer, first: Normalizer) -> Normalizer | None:
    """Return a second normaliser, used to show how much the results depend on the first.

    Parameters
    ----------
    name
        As for :func:`get_normalizer`, or ``"auto"`` or ``"off"``. ``"auto"`` is ``basic``, or ``none`` if ``basic`` is
        the first normaliser.
    first
        The normaliser of the audit.

    Raises
    ------
    UsageError
        If the name is unknown, or both normalisers are the same.
    InputError
        If a file of rules cannot be read or is wrong.

    Examples
    --------
    >>> get_second_normalizer("auto", get_normalizer("none")).label
    'basic-2'
    """
    if name == "off":
        return None
    if name == "auto":
        return get_normalizer("none" if first.name == "basic" else "basic")
    if isinstance(name, str) and name not in NORMALIZERS and Path(name).suffix.lower() not in _SUFFIXES:
        raise UsageError(unknown_name("second normalizer", name, ["auto", "off", *_SELECTABLE]))
    second = get_normalizer(name)
    if second.label == first.label:
        raise UsageError(f"the second normalizer must differ from the first; both are {second.name!r}")
    return second


def normalizer_labelled(label: str) -> Normalizer:
    """Return what is known of a normaliser that texts went through earlier; it needs no extra, and cannot normalise.

    Raises
    ------
    UsageError
        If there is no normaliser of that name.

    Examples
    --------
    >>> normalizer_labelled("whisper-en-5f86d1d8").script, normalizer_labelled("rules/swiss-4f2a90c1d3b7").name
    ('Latin', 'rules/swiss')
    """
    name, _, version = label.rpartition("-")
    if name not in NORMALIZERS and not _OWN.fullmatch(name):
        raise UsageError(unknown_name("normalizer", name, NORMALIZERS))
    return Normalizer(name, version, _no_longer, _MADE_FOR.get(name))


def _no_longer(text: str) -> str:
    raise NotImplementedError(f"{text!r}: the texts were normalised earlier")
