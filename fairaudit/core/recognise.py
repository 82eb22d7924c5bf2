"""Read the JSON documents of fairaudit, and say what a file is if it is of another kind."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fairaudit.core.binary import ZIP, binary_kind
from fairaudit.core.errors import InputError
from fairaudit.core.runs import complete, read_checked
from fairaudit.core.text import json_fault, unique_keys

__all__ = ["DOCUMENTS", "document_kind", "documents", "not_a_table", "read_document", "what_is"]

#: The kinds of documents, and what each contains.
DOCUMENTS: Final[Mapping[str, str]] = {
    "audit": "the result of an audit",
    "comparison": "two releases on the same utterances",
    "history": "the rates of frozen cohorts over releases",
    "gate": "rules that were checked",
    "board": "several systems on the same utterances",
    "cohorts": "frozen cohorts, which are rules without rates",
}
_HEAD: Final = 1 << 16
#: How texts begin that are no tables, in lower case.
_MARKUP: Final[Mapping[str, str]] = {
    "<!doctype html": "an HTML page",
    "<html": "an HTML page",
    "<svg": "a figure (SVG)",
    "<?xml": "an XML file",
}

#: Keys that no log has, so that one of them on the first line shows what the file is.
_SURE: Final = frozenset({"discoveries", "releases", "reviews", "checks", "features"})
_NO_TABLES: Final = (*_MARKUP.values(), "a settings file (TOML)")
#: Keys of the outermost object, as fairaudit writes them, and the kind among them.
_KEY: Final = re.compile(r'^ {0,2}"(\w+)":', re.MULTILINE)
_KIND: Final = re.compile(r'^ {0,2}"kind": "(\w+)"', re.MULTILINE)


def document_kind(content: Any) -> str | None:
    """Return the kind of a document, one of :data:`DOCUMENTS`, or ``None`` if it is none.

    Examples
    --------
    >>> document_kind({"kind": "gate"}), document_kind({"version": 1, "models": []}), document_kind([1])
    ('gate', 'cohorts', None)
    """
    if not isinstance(content, Mapping):
        return None
    if "kind" in content:
        kind = content["kind"]
        return kind if isinstance(kind, str) and kind in DOCUMENTS else None
    if {"version", "models"} <= content.keys():
        return "cohorts"
    return "audit" if {"schema_version", "discoveries"} & content.keys() else None


def read_document(path: str | os.PathLike[str], wanted: Sequence[str]) -> dict[str, Any]:
    """Read a JSON document of a wanted kind, without checking its structure.

    Parameters
    ----------
    path
        The file, under any name.
    wanted
        Kinds that the caller can use, of :data:`DOCUMENTS`.

    Raises
    ------
    InputError
        If the file is of another kind; the message says what it is. Also if it is not the file that its run wrote; see
        :func:`fairaudit.core.runs.read_checked`.
    """
    path = Path(path)
    needed = f"{documents(wanted)} is needed"
    if path.is_dir():
        inside = [f"{kind}.json" for kind in wanted if (path / f"{kind}.json").is_file()]
        hint = f"; give the file in it: {path / inside[0]}" if inside else ""
        raise InputError(f"{path.name or path}: this is a folder, but {needed}{hint}")
    complete(path.parent)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        other = what_is(head)
        if other is not None:
            raise InputError(f"{path.name}: this is {other}; {needed}")
    data = read_checked(path)
    if not data.strip():
        raise InputError(f"{path.name}: the file is empty; {needed}")
    try:
        content = json.loads(data, object_pairs_hook=unique_keys)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: not JSON ({json_fault(error)}); {needed}") from None
    kind = document_kind(content)
    if kind in wanted:
        return dict(content)
    raise InputError(f"{path.name}: this is {_document(content, kind)}; {needed}")


def what_is(head: bytes) -> str | None:
    r"""Say what a file is by its first bytes, or return ``None`` if it may be one JSON document.

    Examples
    --------
    >>> what_is(b"<!doctype html><title>Audit"), what_is(b"speaker_id,errors,words\n"), what_is(b'{"kind": "gate"}')
    ('an HTML page', 'a table, such as a log', None)
    """
    binary = binary_kind(head)
    if binary is not None:
        return "an .npz file of arrays" if binary is ZIP and b".npy" in head[:256] else binary.what
    text = head.decode(json.detect_encoding(head), errors="replace").lstrip("\ufeff \t\r\n")
    start = text[:64].lower()
    for markup, what in _MARKUP.items():
        if start.startswith(markup):
            return what
    first, _, rest = text.partition("\n")
    if text.startswith("{"):
        return "a file with one JSON object per line, such as a log" if rest.strip() and _is_json(first) else None
    if _is_settings(text, cut=len(head) == _HEAD):
        return "a settings file (TOML)"
    if not text.startswith("[") and any(separator in first for separator in ",\t;|"):
        return "a table, such as a log"
    return None


def not_a_table(head: bytes) -> str | None:
    r"""Say what a text file is if it is certainly no table, by its first bytes.

    Examples
    --------
    >>> not_a_table(b'{\n "kind": "gate",'), not_a_table(b'{"speaker_id": "a"}'), not_a_table(b"<html>")
    ('a gate.json (rules that were checked)', None, 'an HTML page')
    """
    text = head.decode(json.detect_encoding(head), errors="replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        what = what_is(head)
        return what if what in _NO_TABLES else None
    try:
        content = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):  # an object on several lines; only its first keys may be there
        content = dict.fromkeys(_KEY.findall(text))
        if match := _KIND.search(text):
            content["kind"] = match[1]
    else:
        if not (_SURE & content.keys() or {"version", "models", "signature"} <= content.keys()):
            return None
    kind = document_kind(content)
    return None if kind is None and "features" not in content else _document(content, kind)


def _document(content: Any, kind: str | None) -> str:
    """Describe JSON of another kind."""
    if kind is not None:
        return f"{documents([kind])} ({DOCUMENTS[kind]})"
    if not isinstance(content, Mapping):
        return "JSON, but not a document of fairaudit, which is one object"
    if "features" in content or content.get("type") in ("FeatureCollection", "Topology"):
        return "a file of outlines (GeoJSON or TopoJSON)"
    keys = [str(key)[:40] for key in content][:8]
    return f"JSON, but not a document of fairaudit; it has {keys}"


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_settings(text: str, *, cut: bool) -> bool:
    import tomllib

    try:
        return bool(tomllib.loads(text.rpartition("\n")[0] if cut else text))
    except (tomllib.TOMLDecodeError, RecursionError):
        return False


def documents(kinds: Sequence[str]) -> str:
    """Write kinds of documents as names of files, with an article.

    Examples
    --------
    >>> documents(["audit", "comparison", "history"]), documents(["gate"])
    ('an audit.json, comparison.json or history.json', 'a gate.json')
    """
    names = [f"{kind}.json" for kind in kinds]
    text = " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
