"""Ways in which a user's files go wrong, and what must happen: a list that is both a test and a page of the docs.

Every :class:`Damage` changes one file of a small clean folder: 120 speakers of four accents with their places, zip
codes and voices. ``fairaudit discover`` then runs on the folder, and on the clean one. Either it gives the same
numbers, or it says what it left out, or it refuses the file. The lists of damages are in the modules named
``damaged_*.py`` beside this one, and ``test_damages.py`` runs them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "CLEAN",
    "DONE",
    "Damage",
    "Happened",
    "Read",
    "Refused",
    "happened",
    "matching",
    "page",
    "table_row",
    "write_clean",
]

#: The clean files by what they are.
CLEAN = {
    "log": "log.csv",
    "census": "census.csv",
    "crosswalk": "crosswalk.csv",
    "embeddings": "voices.npz",
    "audit": "audit.json",
    "cohorts": "cohorts.json",
    "settings": "fairaudit.toml",
}
_DISCOVER = "discover {log} --json --unredacted --permutations 19"
#: What is run with the log alone, with a table beside it, or with a file that fairaudit wrote.
_COMMANDS = {
    "log": f"{_DISCOVER} --method named --by accent",
    "census": f"{_DISCOVER} --method zip-census --census {{census}}",
    "crosswalk": f"{_DISCOVER} --method zip-census --census {{census}} --crosswalk {{crosswalk}}",
    "embeddings": f"{_DISCOVER} --method embedding --embeddings {{embeddings}} --param clusters=4",
    "settings": f"{_DISCOVER} --config {{settings}}",
    "audit": "gate {audit} --max-gap 50% --json",
    "cohorts": "assign {log} --cohorts {cohorts}",
}
_WORDS = ("turn", "the", "lights", "off", "what", "time", "is", "it", "call", "my", "sister", "stop", "play")
#: Keys of an audit that hold its numbers.
_NUMBERS = ("overall", "discoveries", "checks")
#: Exit codes of a command that did what it was asked for.
DONE = (0, 1, 4)
_INTRODUCTION = """# Damaged files

Each row is a test. It changes one file of a small clean folder (120 speakers with their places, zip codes and voices)
and runs `fairaudit discover` on it, or `assign` and `gate` for files that fairaudit wrote. Either all numbers equal
those of the clean folder, or the command says what it left out, or it refuses the file and writes nothing. The file
`tests/inputs/test_damages.py` runs the tests and writes this page."""


@dataclass(frozen=True)
class Read:
    """The file is read.

    Attributes
    ----------
    says
        Pattern of what has to be said about it: a note, a caveat, a kind of change or of unusable rows.
    same
        Whether every number must equal that of the clean file.
    """

    says: str = ""
    same: bool = True


@dataclass(frozen=True)
class Refused:
    """The file is refused.

    Attributes
    ----------
    sentence
        Pattern of the message.
    remedy
        Options that the message suggests; with them, the numbers must be those of the clean file.
    code
        Exit code.
    """

    sentence: str
    remedy: tuple[str, ...] = ()
    code: int = 3


@dataclass(frozen=True)
class Damage:
    """One way in which a file can differ from the clean one.

    Attributes
    ----------
    name
        What is different, as the table of the docs says it.
    make
        Change the clean files in a folder. The path that it returns, if any, is used in place of the clean file.
    outcome
        What must happen.
    table
        Which file it is: a key of :data:`CLEAN`.
    options
        Options of the command, for the damaged and the clean file alike, such as ``("--method", "geo-tree")``.
    """

    name: str
    make: Callable[[Path], Path | None]
    outcome: Read | Refused
    table: str = "log"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Happened:
    """What a command did: exit code, message of an error, what was said about the files, and the numbers."""

    code: int
    error: str
    said: tuple[str, ...]
    numbers: Mapping[str, Any]


def write_clean(folder: Path) -> None:
    """Write the clean files: one log and one of each table beside it."""
    rng = np.random.default_rng(12)
    speakers = np.arange(120)
    worse = speakers % 4 == 0
    rows = []
    for i, speaker in enumerate(np.repeat(speakers, 2)):
        words = rng.choice(_WORDS, 6)
        heard = np.where(rng.random(6) < (0.4 if worse[speaker] else 0.1), "uh", words)
        rows.append(
            {
                "utterance_id": f"u{i:03}",
                "speaker_id": f"s{speaker:03}",
                "accent": ("welsh", "scottish", "irish", "manx")[speaker % 4],
                "latitude": round(40 + speaker % 7 / 2 + speaker / 100, 3),
                "longitude": round(-90 + speaker // 7 / 2, 3),
                "zip_code": f"{2100 + speaker // 3:05}",
                "reference": " ".join(words),
                "hypothesis": " ".join(heard),
            }
        )
    log = pd.DataFrame(rows)
    log.to_csv(folder / CLEAN["log"], index=False)
    zips = sorted(set(log["zip_code"]))
    census = pd.DataFrame({"zip_code": zips, "median_income": rng.integers(30_000, 120_000, len(zips))})
    census["pct_rural"] = rng.random(len(zips)).round(3)
    census.to_csv(folder / CLEAN["census"], index=False)
    pd.DataFrame({"zip_code": zips, "zcta": zips}).to_csv(folder / CLEAN["crosswalk"], index=False)
    vectors = (rng.normal(0, 0.3, (120, 4)) + 3 * np.eye(4)[speakers % 4]).astype(np.float32)
    np.savez(folder / CLEAN["embeddings"], ids=np.array(sorted(set(log["speaker_id"]))), embeddings=vectors)


def happened(folder: Path, damage: Damage, *remedy: str, path: Path | None = None, cli: Callable[..., Any]) -> Happened:
    """Run the command of a damage in a folder, with another path in place of the clean file if there is one."""
    files = {what: str(folder / name) for what, name in CLEAN.items()} | (
        {} if path is None else {damage.table: str(path)}
    )
    arguments = [word.format(**files) for word in _COMMANDS[damage.table].split()]
    ran = cli(*arguments, *damage.options, *remedy)
    error = ran.err.replace(f"{os.path.relpath(folder)}/", "").replace(f"{folder}/", "")
    lines = [line for line in error.splitlines() if line]
    content = _content(ran.out) if ran.code in DONE else {}
    quality = content.get("quality", {})
    said = [line.removeprefix("fairaudit: ").removeprefix("note: ") for line in lines if not line.startswith("read ")]
    said += [*quality.get("notes", ()), *quality.get("caveats", ())]
    said += [f"{count} rows set aside: {code}" for code, count in quality.get("by_code", {}).items()]
    said += [f"{kind}: {count}" for kind, count in quality.get("coercions", {}).items()]
    said += [
        f"{unused['column']}: not used: {unused['reason']}"
        for table in content.get("side_tables", ())
        for unused in table.get("unused", ())
    ]
    return Happened(
        ran.code, said[-1] if said and ran.code not in DONE else "", tuple(dict.fromkeys(said)), _numbers(content)
    )


def _content(out: str) -> dict[str, Any]:
    """What a command printed: a document, or a table of lines."""
    return dict(json.loads(out)) if out.startswith("{") else {"checks": out.splitlines()}


def _numbers(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: content[key] for key in _NUMBERS if key in content}


def matching(said: tuple[str, ...], pattern: str) -> list[str]:
    """The sentences that a pattern is part of."""
    return [sentence for sentence in said if re.search(pattern, sentence)] if pattern else []


def cell(text: str) -> str:
    """Make text safe for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def table_row(damage: Damage, got: Happened) -> str:
    """The row of a damage in the page: what it is, and what happened, in the command's own words."""
    if isinstance(damage.outcome, Refused):
        does = f"refused: \u201c{got.error}\u201d"
        if damage.outcome.remedy:
            does += f" With `{' '.join(damage.outcome.remedy)}`, the same numbers."
    else:
        does = "the same numbers" if damage.outcome.same else "read, and reported"
        said = matching(got.said, damage.outcome.says)
        does += f": \u201c{said[0]}\u201d" if said else ""
    return f"| {cell(damage.name)} | {cell(does)} |"


def page(rows: Mapping[str, list[str]]) -> str:
    """The page of the docs: the rows of each list under its heading."""
    tables = [
        f"## {heading}\n\n| what is different | what happens |\n|---|---|\n" + "\n".join(lines)
        for heading, lines in rows.items()
    ]
    return "\n\n".join([_INTRODUCTION, *tables]) + "\n"
