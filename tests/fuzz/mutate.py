"""Damage to bytes, texts, tables and JSON, drawn at random from a seed."""

from __future__ import annotations

import copy
import gzip
import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

__all__ = ["JSON_VALUES", "NASTY", "damage_bytes", "damage_json", "damage_text", "nested"]

#: Cells that readers are known to stumble over.
NASTY = [
    *("", " ", "  \t", "nan", "NaN", "NAN", "inf", "-Infinity", "1e400", "-1e400", "-0", "-0.0", "-1", "0"),
    *("1.5", "1,5", "1e5", "007", "1_000", "1,234,567", "0x10", "1e-320", "18446744073709551616"),
    *("-9223372036854775809", "9" * 400, "NA", "N/A", "null", "NULL", "None", "none", "<NA>", "(X)", "***"),
    *("-", "--", "$", "119,000+", "41.3N", "41,3", "true", "False", '"', '""', '"""', "'", "''", "`", ","),
    *(";", "|", "\t", "\\", "\\N", "\\n", "\n", "\r", "\r\n", "\x00", "\x0b", "\x0c", "\x1a", "\x1b[31m"),
    *("\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffd", "\uffff", "\u200b", "\u202e", "\u2066"),
    *("\ue000[]\ue001", '\ue000["zip_pad", true]\ue001', "e\u0301", "\xe9", "\u0130", "\xdf", "\u0661\u0662"),
    *("\uff11\uff12", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u4e2d\u6587", "\u0e01\u0e33"),
    *("\u0634\u0643\u0631\u0627", "\U0001f600", "\U0001f468\u200d\U0001f469", "a" * 5000, "a b " * 2000),
    *("=cmd()", "+1", "@x", "<script>", "$\\frac{1}{", "{a / b}", "<LAUGH>", "[1, 2]", "{}", "[]"),
    *("2020-01-01", "2139", "2139.0", "02139-1234", "00000", "180.0001", "91", "__row__", "__file__"),
    *("__text_missing__", "speaker_id", "errors", "words", "utterances", "accent[3]", "a=b", "sep=;", "#"),
]  # fmt: skip
#: Values of every kind that JSON has, and some that it has not.
JSON_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 1.5, -0.0, 1e308, 5e-324, 10**19, -(10**30), float("nan"), float("inf")),
    *("", "a", "nan", [], {}, [[]], [None], [1, "a"], {"a": 1}, {"kind": "x"}, [[[1.0, 2.0]]]),
]
_BYTES = (
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\n",
    b'"',
)
_TOKEN = re.compile(r'[^\s,;|"{}:\[\]]+')
_ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp1252", "utf-32", "shift_jis", "utf-7")


def damage_bytes(rng: Random, content: bytes, other: bytes = b"") -> bytes:
    """Flip, cut, double, move or insert bytes, or splice two files."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        kind = rng.randrange(8)
        if kind == 0 and data:
            data[min(i, len(data) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[i:]
        elif kind == 2:
            del data[i : min(j, i + 40)]
        elif kind == 3:
            data[i:i] = data[i : min(j, i + 400)]
        elif kind == 4:
            data[i:i] = rng.choice(_BYTES) * rng.choice((1, 1, 4, 300))
        elif kind == 5:
            data[i : i + 4] = rng.choice(_BYTES)
        elif kind == 6:
            data[i:] = other[rng.randrange(len(other) + 1) :]
        else:
            data[i:i] = rng.randbytes(rng.choice((1, 4, 64)))
    return bytes(data)


def damage_text(rng: Random, text: str, other: str = "") -> bytes:
    """Replace cells; drop, double, move and join lines; change separators, line ends and encodings."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        text = rng.choice(_TEXTS)(rng, text, other)
    encoding = rng.choice(_ENCODINGS) if rng.random() < 0.04 else "utf-8"
    return text.encode(encoding, errors="surrogatepass" if encoding == "utf-8" and rng.random() < 0.5 else "replace")


def _cell(rng: Random, text: str, other: str) -> str:
    tokens = [*_TOKEN.finditer(text)]
    if not tokens:
        return rng.choice(NASTY)
    token = rng.choice(tokens[:14] if rng.random() < 0.3 else tokens)  # the header is often more telling
    value = rng.choice(NASTY) if rng.random() < 0.8 else rng.choice(tokens)[0]
    return text[: token.start()] + value + text[token.end() :]


def _same_cells(rng: Random, text: str, other: str) -> str:
    tokens = _TOKEN.findall(text)
    return text.replace(rng.choice(tokens), rng.choice(NASTY)) if tokens else text


def _column(rng: Random, text: str, other: str) -> str:
    """Put one value into a whole column of separated values."""
    lines = [line.split(",") for line in text.split("\n")]
    i, value = rng.randrange(max(1, len(lines[0]))), rng.choice(NASTY)
    share = rng.choice((0.2, 1.0))
    for line in lines[1:]:
        if i < len(line) and rng.random() < share:
            line[i] = value
    return "\n".join(",".join(line) for line in lines)


def _lines(rng: Random, text: str, other: str) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(7)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(i, lines[j])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    elif kind == 3:
        lines.insert(i, rng.choice(("", " ", "\t", "#", *NASTY)))
    elif kind == 4:
        lines[i] = lines[i][: rng.randrange(len(lines[i]) + 1)]
    elif kind == 5:
        del lines[i:]
    else:
        lines[i] += lines.pop(j) if len(lines) > 1 and i < j else rng.choice(NASTY)
    return "\n".join(lines)


def _character(rng: Random, text: str, other: str) -> str:
    i = rng.randrange(len(text) + 1)
    return text[:i] + rng.choice(NASTY) + text[i + rng.randrange(2) :]


def _separators(rng: Random, text: str, other: str) -> str:
    old, new = rng.sample((",", ";", "\t", "|", " ", "\n", "\r\n", "\r", '"', ":", ", ", "\u2028", "\x1f"), 2)
    return text.replace(old, new, rng.choice((-1, -1, 1, 5)))


def _whole(rng: Random, text: str, other: str) -> str:
    kind = rng.randrange(6)
    if kind == 0:
        return rng.choice(("\n", "\n\n", "sep=;\n", "sep=,\n", "\ufeff", "# comment\n", " ", "\t")) + text
    if kind == 1:
        return text + rng.choice(("\n", "\n\n\n", "\x1a", "\0", " ", text, other))
    if kind == 2:
        return text.rstrip("\n")
    if kind == 3:
        cut = rng.randrange(len(text) + 1)
        return text[:cut] + other[rng.randrange(len(other) + 1) :]
    if kind == 4:
        return text.upper() if rng.random() < 0.5 else text.title()
    return '"' + text.replace(",", '","').replace("\n", '"\n"')


_TEXTS: Sequence[Callable[[Random, str, str], str]] = (
    *(_cell, _cell, _cell, _cell, _same_cells, _column, _column),
    *(_lines, _lines, _character, _character, _separators, _whole),
)


def nested(rng: Random) -> str:
    """JSON nested deeper than a parser may follow."""
    depth = rng.choice((10, 500, 2_000, 100_000))
    return rng.choice(('{"a":', "[", "[{}, [")) * depth + rng.choice(("", "1", "]" * depth))


def damage_json(rng: Random, document: Any, other: Any = None) -> bytes:
    """Change values, types, keys and lengths anywhere in a document; or damage its text."""
    if rng.random() < 0.1:
        return damage_text(rng, json.dumps(document), json.dumps(other))
    document = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        holder, key = _place(rng, document)
        if holder is None:
            return json.dumps(rng.choice(JSON_VALUES)).encode()
        _change(rng, holder, key, other)
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.05:
        text = re.sub(r"\b[0-9]+\b", rng.choice(("1e400", "-1e999", "9" * 5000, "NaN", nested(rng))), text, count=1)
    content = text.encode("utf-8", errors="surrogatepass")
    return gzip.compress(content) if rng.random() < 0.01 else content


def _place(rng: Random, document: Any) -> tuple[Any, Any]:
    """A container of the document and one of its keys, at any depth."""
    holder, key = None, None
    at = document
    while isinstance(at, dict | list) and at:
        holder, key = at, rng.choice([*at]) if isinstance(at, dict) else rng.randrange(len(at))
        at = at[key]
        if rng.random() < 0.2:
            break
    return holder, key


def _change(rng: Random, holder: Any, key: Any, other: Any) -> None:
    kind, value = rng.randrange(10), holder[key]
    if kind <= 2:
        holder[key] = copy.deepcopy(rng.choice(JSON_VALUES))
    elif kind == 3:
        holder[key] = rng.choice(NASTY)
    elif kind == 4:
        del holder[key]
    elif kind == 5 and isinstance(holder, dict):
        holder[rng.choice((rng.choice(NASTY), key.upper(), f"{key}_"))] = holder.pop(key)
    elif kind == 6:
        holder[key] = _other_type(value)
    elif kind == 7 and isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = rng.choice((-value, value + 1, value * 1e6, value / 3, 0, 10 * value))
    elif kind == 8 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(rng.choice(holder)))
    else:
        source, name = _place(rng, holder if other is None else other)
        holder[key] = copy.deepcopy(source[name]) if source is not None else None


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return [value] if len(value) % 2 else len(value)
    if isinstance(value, dict):
        return [*value.items()]
    if isinstance(value, list):
        return {str(i): one for i, one in enumerate(value)}
    return str(value) if value is not None else {}
