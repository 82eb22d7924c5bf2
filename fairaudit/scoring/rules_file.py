"""Normalisers that users write down as a file of rules: regular expressions and their replacements, in order."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]  # the only description of what a pattern consists of
from typing import Any, ClassVar, Final, Literal, TypeAlias, cast

from fairaudit.core.errors import InputError, unknown_name

__all__ = ["Rules", "read_rules"]

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
_FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")
_KEYS: Final = ("name", "form", "lower", "rules")
_KEYS_OF_A_RULE: Final = ("pattern", "replacement")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: Changes if the same file may give another text.
_INTERPRETATION: Final = 1
_LARGEST: Final = 1 << 20
_MOST_RULES: Final = 1_000
_LONGEST_PATTERN: Final = 1_000
#: A repeat of more is taken for one without an end.
_MANY: Final = 9
_DIGITS: Final = 12


@dataclass(frozen=True)
class Rules:
    r"""Rules of a normaliser, which are applied in the order of the fields.

    Attributes
    ----------
    name
        Name of the rules.
    form
        Normal form of Unicode into which texts are brought; None leaves them as they are.
    lower
        Whether texts are lowercased.
    rules
        Pattern and replacement of each rule, as in :func:`re.sub`.

    Examples
    --------
    >>> Rules("swiss", rules=(("ß", "ss"), (r"\b(\d+)%", r"\1 Prozent")))("50% Straße")
    '50 Prozent Strasse'
    """

    name: str
    form: Form | None = None
    lower: bool = False
    rules: tuple[tuple[str, str], ...] = ()
    is_checked: ClassVar[bool] = True

    def __call__(self, text: str) -> str:
        """Normalise one text."""
        if self.form is not None:
            text = unicodedata.normalize(self.form, text)
        if self.lower:
            text = text.lower()
        for pattern, replacement in self._compiled:
            text = pattern.sub(replacement, text)
        return text

    @cached_property
    def _compiled(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        return tuple((re.compile(pattern), replacement) for pattern, replacement in self.rules)

    @property
    def version(self) -> str:
        """Hash of the content, without the name; the same for TOML and JSON."""
        content = [_INTERPRETATION, self.form, self.lower, self.rules]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:_DIGITS]


def read_rules(path: Path) -> Rules:
    """Read a file of rules.

    Parameters
    ----------
    path
        A TOML or JSON file with a ``name``, and optionally a normal ``form``, ``lower`` and a list of ``rules``, each
        with a ``pattern`` and a ``replacement``.

    Raises
    ------
    InputError
        If the file cannot be read, has other keys or types of values, or holds a pattern that is invalid or in which
        repeats are nested, so that it may take exponential time.
    """
    where = path.name
    content = _content(path)
    _require_keys(where, content, _KEYS, needed=("name",))
    name, form, lower, rules = (content.get(key) for key in _KEYS)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{where}: 'name' must be letters, digits, '.', '_' and '-', not {name!r}")
    if form is not None and form not in _FORMS:
        raise InputError(f"{where}: 'form' must be one of {', '.join(_FORMS)}, not {form!r}")
    if lower is not None and not isinstance(lower, bool):
        raise InputError(f"{where}: 'lower' must be true or false, not {lower!r}")
    if not isinstance(rules or [], list) or len(rules or []) > _MOST_RULES:
        raise InputError(f"{where}: 'rules' must be a list of at most {_MOST_RULES:,} rules")
    checked = tuple(_rule(f"{where}: rule {number}", rule) for number, rule in enumerate(rules or [], start=1))
    if form is None and not lower and not checked:
        raise InputError(f"{where}: none of 'form', 'lower' and 'rules' is there, so no text would be changed")
    return Rules(name, cast("Form | None", form), bool(lower), checked)


def _content(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InputError(f"{path.name}: a file of rules has at most {_LARGEST >> 20} MiB")
        text = raw.decode("utf-8-sig")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: neither rules nor valid {path.suffix[1:].upper()} ({error})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path.name}: a file of rules is an object with a 'name'")
    return content


def _require_keys(where: str, content: Mapping[str, Any], keys: Iterable[str], needed: Iterable[str]) -> None:
    for key in content:
        if key not in keys:
            raise InputError(f"{where}: {unknown_name('key', key, list(keys))}")
    if missing := [key for key in needed if key not in content]:
        raise InputError(f"{where}: {missing[0]!r} is missing")


def _rule(where: str, rule: Any) -> tuple[str, str]:
    """Check a rule, and return its pattern and replacement."""
    if not isinstance(rule, dict):
        raise InputError(f"{where} must have a 'pattern' and a 'replacement'")
    _require_keys(where, rule, _KEYS_OF_A_RULE, needed=_KEYS_OF_A_RULE)
    pattern, replacement = (rule[key] for key in _KEYS_OF_A_RULE)
    if not isinstance(pattern, str) or not isinstance(replacement, str):
        raise InputError(f"{where}: 'pattern' and 'replacement' must be texts")
    if not 0 < len(pattern) <= _LONGEST_PATTERN:
        raise InputError(f"{where}: a pattern has 1 to {_LONGEST_PATTERN:,} characters, not {len(pattern):,}")
    shown = f"{where}: the pattern {pattern[:60]!r}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise InputError(f"{shown} is no valid regular expression ({error})") from None
    if _is_slow(parsed, repeated=False):
        raise InputError(
            f"{shown} repeats a part that repeats itself or whose alternatives may begin alike, which can take "
            "exponential time; possessive repeats such as 'a++' cannot"
        )
    try:
        re.compile(pattern).sub(replacement, "")
    except (re.error, IndexError) as error:
        raise InputError(f"{where}: {replacement[:60]!r} cannot replace {pattern[:60]!r} ({error})") from None
    return pattern, replacement


def _is_slow(parsed: Iterable[tuple[Any, Any]], *, repeated: bool) -> bool:
    """Whether a part of a pattern that is repeated holds a repeat, or alternatives that may begin alike."""
    for operator, argument in parsed:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, inner = argument
            is_long = most > _MANY
            may_be_empty = is_long and inner.getwidth()[0] == 0
            is_nested = is_long and most > least and repeated
            if may_be_empty or is_nested or _is_slow(inner, repeated=repeated or is_long):
                return True
        elif name == "POSSESSIVE_REPEAT":
            if _is_slow(argument[2], repeated=False):
                return True
        elif name == "BRANCH":
            starts = [_start(branch) for branch in argument[1]]
            alike = None in starts or len({*starts}) < len(starts)
            if (repeated and alike) or any(_is_slow(branch, repeated=repeated) for branch in argument[1]):
                return True
        elif name == "ATOMIC_GROUP":
            if _is_slow(argument, repeated=False):
                return True
        elif name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT"):
            if _is_slow(argument[-1], repeated=repeated):
                return True
        elif name == "GROUPREF_EXISTS" and any(
            part is not None and _is_slow(part, repeated=repeated) for part in argument[1:]
        ):
            return True
    return False


def _start(branch: Any) -> str | None:
    """Return the character that an alternative begins with, without its case; None if there may be several."""
    operator, argument = branch[0] if len(branch) else ("", 0)
    return chr(argument).casefold() if str(operator) == "LITERAL" else None
