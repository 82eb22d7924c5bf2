"""References that list alternatives, as sclite writes them: choose the spelling with the fewest errors.

``{ um / uh / @ }`` is one of several spellings, of any number of words, which may list alternatives again; ``@`` is no
word. ``(um)`` is an optional word, short for ``{ um / @ }``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.errors import InputError

__all__ = [
    "SIGNS",
    "UNIT_COSTS",
    "Choice",
    "NotationError",
    "Spellings",
    "best_spelling",
    "choose",
    "list_alternatives",
    "may_list",
    "parse_spellings",
]

#: A sequence of stretches of text, or of their tokens, and of choices.
Spellings: TypeAlias = "list[str | list[str] | Choice]"
#: Costs of a substitution, a deletion and an insertion.
UNIT_COSTS: Final = (1, 1, 1)
#: Choices may be inside each other so often.
_DEEPEST: Final = 32
#: A text without any of these characters lists neither alternatives nor optional words.
SIGNS: Final = "[{}(]"
_SYNTAX: Final = re.compile(r"([{}/])")
_OPTIONAL: Final = re.compile(r"(?<!\S)\(([^\s(){}/]+)\)(?!\S)")
_NO_WORD: Final = "@"
_NULL: Final = re.compile(rf"(?<!\S){_NO_WORD}(?!\S)")


class NotationError(InputError):
    """Alternatives are not written as sclite writes them; the message says what is wrong."""


@dataclass(frozen=True)
class Choice:
    """Alternatives of a part of a reference, in the order in which they are written."""

    branches: tuple[Spellings, ...]


def list_alternatives(text: str) -> str | None:
    """Return the first braces of a text with a slash between them, or None if there are none.

    sclite reads any such braces as alternatives, with or without blanks. Optional words are no alternatives.

    Examples
    --------
    >>> list_alternatives("i've { um / uh / @ } as far"), list_alternatives("he/she {sic}")
    ('{ um / uh / @ }', None)
    """
    opened: list[tuple[int, bool]] = []  # where each pair of braces begins, and whether it has a slash
    for sign in _SYNTAX.finditer(text):
        if sign[0] == "{":
            opened.append((sign.start(), False))
        elif opened:
            start, listed = opened.pop()
            if sign[0] == "/":
                opened.append((start, True))
            elif listed:
                return text[start : sign.end()]
    return None


def parse_spellings(text: str) -> Spellings:
    """Parse a reference.

    Source: NIST, SCTK, ``doc/infmts.htm``, formats trn and stm. A slash outside braces is a character of a word.

    Parameters
    ----------
    text
        The reference as written.

    Returns
    -------
    list
        Its stretches of text and its choices.

    Raises
    ------
    NotationError
        If braces are not in pairs, or hold no alternatives, or if an alternative has no word and no ``@``.

    Examples
    --------
    >>> parse_spellings("i've { um / @ } as far")
    ["i've ", Choice(branches=([' um '], [])), ' as far']
    """
    branches: list[list[Spellings]] = [[[]]]  # of each choice that is open, and of the whole
    for piece in _SYNTAX.split(text):
        *_, choice = branches
        if piece == "{":
            if len(branches) > _DEEPEST:
                raise NotationError(f"more than {_DEEPEST} alternatives are inside each other")
            branches.append([[]])
        elif piece == "}":
            if len(branches) == 1:
                raise NotationError("'}' without '{'")
            if len(choice) == 1:
                raise NotationError("braces without alternatives; a slash separates them")
            branches.pop()
            branches[-1][-1].append(Choice(tuple(map(_alternative, choice))))
        elif piece == "/" and len(branches) > 1:
            choice.append([])
        else:
            _append(choice[-1], piece)
    if len(branches) > 1:
        raise NotationError("'{' without '}'")
    return [part for item in branches[0][0] for part in _optional(item)]


def _append(sequence: Spellings, text: str) -> None:
    """Append text; a slash outside braces does not divide it."""
    if sequence and isinstance(sequence[-1], str):
        sequence[-1] += text
    elif text:
        sequence.append(text)


def _alternative(sequence: Spellings) -> Spellings:
    """Return an alternative without words that are none, and with optional words as choices."""
    if not any(isinstance(item, Choice) or item.strip() for item in sequence if not isinstance(item, list)):
        raise NotationError("an alternative is empty; '@' is the sign for no word")
    parts = (part for item in sequence for part in _optional(item))
    words = (_NULL.sub(" ", part) if isinstance(part, str) else part for part in parts)
    return [word for word in words if not isinstance(word, str) or word.strip()]


def _optional(item: str | list[str] | Choice) -> Spellings:
    """Divide a stretch of text at its optional words."""
    if not isinstance(item, str) or "(" not in item:
        return [item]
    parts = _OPTIONAL.split(item)
    return [Choice(([part], [])) if i % 2 else part for i, part in enumerate(parts) if part]


def may_list(text: str) -> bool:
    """Whether a text may have alternatives or optional words."""
    return re.search(SIGNS, text) is not None


def best_spelling(reference: str, hypothesis: Sequence[str], split: Callable[[str], list[str]]) -> tuple[str, str]:
    """Return the spelling of a reference that comes nearest to a hypothesis, and all of its spellings in one text.

    Each stretch of words between braces is normalised by itself.

    Parameters
    ----------
    reference
        The reference as written.
    hypothesis
        Tokens of the hypothesis.
    split
        Normalises a text and returns its tokens.

    Raises
    ------
    NotationError
        See :func:`parse_spellings`.

    Examples
    --------
    >>> best_spelling("I've {Um / @} (as) far", ["i've", "far"], lambda text: text.lower().split())
    ("i've far", "i've {um/@} {as/@} far")
    """
    spellings = _split(parse_spellings(reference), split)
    written = _written(spellings)
    if not any(isinstance(item, Choice) for item in spellings):
        return written, written
    return " ".join(choose(spellings, hypothesis)[1]), written


def _split(spellings: Spellings, split: Callable[[str], list[str]]) -> Spellings:
    return [
        split(item) if isinstance(item, str) else Choice(tuple(_split(branch, split) for branch in item.branches))
        for item in spellings
        if not isinstance(item, list)
    ]


def _written(spellings: Spellings) -> str:
    """Write tokens and choices as sclite does."""
    parts = []
    for item in spellings:
        if isinstance(item, Choice):
            parts.append("{" + "/".join(_written(branch) or _NO_WORD for branch in item.branches) + "}")
        else:
            parts.extend(item)
    return " ".join(parts)


def choose(
    spellings: Spellings, hypothesis: Sequence[str], costs: tuple[int, int, int] = UNIT_COSTS
) -> tuple[int, list[str]]:
    """Choose the spelling whose alignment with the hypothesis costs least; the first as written among equals.

    The costs of all ways from each choice to the end are found backwards, in time that grows with the sum of the
    lengths of all alternatives and not with the number of spellings.

    Source: dynamic programming over a directed acyclic graph; Sankoff and Kruskal (1983), Time warps, string edits, and
    macromolecules.

    Parameters
    ----------
    spellings
        A parsed reference whose stretches of text are lists of tokens.
    hypothesis
        Tokens of the hypothesis.
    costs
        Costs of a substitution, a deletion and an insertion; sclite has 4, 3 and 3.

    Returns
    -------
    tuple
        The cost, and the tokens of the spelling.

    Examples
    --------
    >>> choose([["a"], Choice(([["um"]], [])), ["b"]], ["a", "b", "c"])
    (1, ['a', 'b'])
    """
    return _Chooser(hypothesis, costs).choose(spellings)


class _Chooser:
    """The costs of aligning tokens of references with one hypothesis.

    A row holds the cost at each place in the hypothesis, shape (n_tokens + 1,).
    """

    def __init__(self, hypothesis: Sequence[str], costs: tuple[int, int, int]) -> None:
        self.substitution, self.deletion, insertion = costs
        self.hypothesis = np.array(hypothesis, dtype=object)
        self.inserted = insertion * np.arange(len(hypothesis) + 1)
        self.wrong: dict[str, NDArray[np.int64]] = {}
        self.rows: dict[int, list[NDArray[np.int64]]] = {}

    def choose(self, spellings: Spellings) -> tuple[int, list[str]]:
        places = [i for i, item in enumerate(spellings) if isinstance(item, Choice)] or [0]
        first, end = places[0], places[-1] + 1
        chosen: list[str] = []
        start = self._walk(spellings[:first], self.inserted, 0, chosen)
        rest = self._before(spellings[end:], self.inserted[::-1])
        least = int((start + self._before(spellings[first:end], rest)).min())
        self._walk(spellings[first:end], start, least, chosen)
        chosen += (token for item in spellings[end:] if isinstance(item, list) for token in item)
        return least, chosen

    def _cost(self, token: str) -> NDArray[np.int64]:
        """Return the cost of aligning a token with each one of the hypothesis, shape (n_tokens,)."""
        if token not in self.wrong:
            self.wrong[token] = self.substitution * (self.hypothesis != token).astype(np.int64)
        return self.wrong[token]

    def _before(self, spellings: Spellings, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the least costs to the end from before a sequence, given those from after it."""
        for item in reversed(spellings):
            if isinstance(item, Choice):
                rows = self.rows[id(item)] = [self._before(branch, row) for branch in item.branches]
                row = np.minimum.reduce(rows)
            else:
                for token in reversed(item):
                    above = row + self.deletion
                    np.minimum(above[:-1], row[1:] + self._cost(token), out=above[:-1])
                    row = np.minimum.accumulate((above + self.inserted)[::-1])[::-1] - self.inserted
        return row

    def _walk(self, spellings: Spellings, row: NDArray[np.int64], least: int, chosen: list[str]) -> NDArray[np.int64]:
        """Add the tokens of the first spelling of the least cost, and return the costs from the start after them."""
        for item in spellings:
            if isinstance(item, Choice):
                rows = self.rows[id(item)]
                branch = next(i for i, rest in enumerate(rows) if (row + rest).min() == least)
                row = self._walk(item.branches[branch], row, least, chosen)
            else:
                for token in item:
                    chosen.append(token)
                    below = row + self.deletion
                    np.minimum(below[1:], row[:-1] + self._cost(token), out=below[1:])
                    row = np.minimum.accumulate(below - self.inserted) + self.inserted
        return row
