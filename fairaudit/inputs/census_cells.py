"""Turn the cells of a census column into numbers or labels, as the Census Bureau and spreadsheets write them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from fairaudit.core.labels import displayed, label_key
from fairaudit.core.missing import MISSING_SPELLINGS

__all__ = ["Column", "parse_column", "parse_columns"]

#: Codes of the American Community Survey for "no estimate" and similar; the first is by far the most frequent.
_JAM_VALUES: Final = (-666666666, -999999999, -888888888, -555555555, -333333333, -222222222)
#: Its annotations in place of a number. As a label, "N" may be a group, such as the answer no.
_ANNOTATIONS: Final = frozenset(("-", "\u2013", "\u2212", "N", "(X)", "**", "***", "*****"))
#: Texts that mean an empty cell. As labels, some may be a group.
_EMPTY: Final = MISSING_SPELLINGS - {text.lower() for text in _ANNOTATIONS}
_EMPTY_LABEL: Final = (MISSING_SPELLINGS | {"(x)", "**", "***", "*****"}) - {"none", "unknown", "missing", "undefined"}
#: A number such as 2,500, $68 000, \u00b1120, 12.5%, 250,000+ (a top code) or 2,500- (a bottom code).
_NUMBER: Final = re.compile(
    r"""(?P<sign>[-+\u00b1\u2212]?)\s?[$\u20ac\u00a3]?\s?
        (?P<whole>[0-9]{1,3}(?P<mark>[,'\u2019\ \u00a0\u2009\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})*|[0-9]*)
        (?P<rest>(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)\s?(?P<percent>%?)(?P<open>[-+]?)""",
    re.VERBOSE,
)
_DECIMAL_COMMA: Final = re.compile(r"[-\u2212]?[0-9]+,[0-9]+\s?%?")
_ONE_THOUSANDS_COMMA: Final = re.compile(r"[-\u2212]?[1-9][0-9]{0,2},[0-9]{3}\s?%?")
#: Numbers that often mean a missing one. Where they are the only negative numbers, nobody can know.
_SUSPICIOUS: Final = re.compile(r"-9{2,8}(\.0*)?")
#: A column in which fewer of the texts are numbers is one of labels, such as 0-17, 18-64 and 65+.
_RARELY: Final = 0.1
_MOSTLY: Final = 0.5
#: A text column with more levels than this names places rather than groups.
_LEVELS_AT_MOST: Final = 12


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a census table.

    Attributes
    ----------
    values
        float64, or texts; the index is that of the cells.
    odd
        Cells of a column of numbers that cannot be read for certain.
    doubt
        Why they cannot be read.
    unusable
        Why the column can be no attribute; an empty text if it can.
    changes
        Kind of change -> number of cells.
    commas
        ``"decimal"`` or ``"thousands"`` if commas in the cells certainly are that, ``"either"`` if they may be either.
    """

    values: pd.Series
    odd: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    doubt: str = ""
    unusable: str = ""
    changes: Mapping[str, int] = field(default_factory=dict)
    commas: str = ""


def parse_columns(cells: pd.DataFrame) -> dict[str, Column]:
    """Parse the columns of a table, in which all commas between digits mean the same."""
    columns = {str(name): parse_column(cells[name]) for name in cells.columns}
    if any(column.commas == "decimal" for column in columns.values()):
        for name, column in columns.items():
            if column.commas == "either":
                odd = cells[name][cells[name].str.contains(",", na=False)]
                doubt = "commas may separate decimals, as in another column, or thousands"
                columns[name] = Column(column.values, odd, doubt)
    return columns


def parse_column(cells: pd.Series) -> Column:
    """Read a column as numbers if its cells are numbers, else as labels.

    Parameters
    ----------
    cells
        Texts; empty cells are missing.

    Examples
    --------
    >>> column = parse_column(pd.Series(["68,000", "250,000+", "-666666666", "N", None]))
    >>> column.values.tolist(), column.changes
    ([68000.0, 250000.0, nan, nan, nan], {'census_cells_top_coded': 1, 'census_cells_set_missing': 2})
    >>> parse_column(pd.Series(["41000", "unclear", "38500"])).odd.to_dict()
    {1: 'unclear'}
    >>> parse_column(pd.Series(["white", "none"])).values.tolist()
    ['white', 'none']
    """
    texts = cells.str.strip()
    given = texts[texts.notna() & ~texts.str.lower().isin(_EMPTY)]
    parsed = _parse_numbers(given)
    numbers = parsed["number"].notna()
    odd = given[~numbers & ~parsed["missing"].astype(bool)]
    certain = numbers & ~parsed["kind"].isin(["top", "bottom"])
    if len(odd) and certain.sum() < _RARELY * len(given):
        return _labels(texts)
    values = parsed["number"].reindex(cells.index).astype("float64")
    if not numbers.any():
        blank = texts.isna() | (texts == "")
        return Column(
            values,
            cells[~blank],
            "no cell is a number",
            "" if len(cells[~blank]) else "it has no values",
            _changes(parsed),
        )
    doubt = "not a number"
    if odd.empty:
        odd, doubt = _doubtful(given, parsed)
    return Column(values, odd, doubt, changes=_changes(parsed), commas=_commas(given, parsed))


def _parse_numbers(texts: pd.Series) -> pd.DataFrame:
    """Parse texts: number, whether the cell means that there is none, and how the number is written."""
    plain = pd.to_numeric(texts, errors="coerce").astype("float64")
    plain = plain.where(plain.abs() < math.inf)
    rest = texts[plain.isna()]
    decimal = _has_decimal_commas(texts)
    cells = {text: _cell(text, decimal=decimal) for text in rest.unique()}
    parsed = pd.DataFrame([cells[text] for text in rest], index=rest.index, columns=["number", "kind", "percent"])
    parsed = parsed.reindex(texts.index)
    parsed["number"] = plain.where(plain.notna(), parsed["number"].astype("float64"))
    jam = parsed["number"].isin(_JAM_VALUES)
    parsed["missing"] = jam | (parsed["kind"] == "missing")
    parsed["number"] = parsed["number"].mask(jam)
    return parsed


def _cell(text: str, *, decimal: bool) -> tuple[float, str, bool]:
    """Parse one cell that is no plain number; a number of NaN with an empty kind is an odd cell."""
    if text in _ANNOTATIONS:
        return math.nan, "missing", False
    if decimal and _DECIMAL_COMMA.fullmatch(text):
        return float(text.rstrip("% ").replace(",", ".").replace("\u2212", "-")), "decimal_comma", "%" in text
    match = _NUMBER.fullmatch(text)
    if match is None or not re.search("[0-9]", match["whole"] + match["rest"].partition("e")[0]):
        return math.nan, "", False
    number = float((re.sub("[^0-9]", "", match["whole"]) or "0") + match["rest"])
    if math.isinf(number):
        return math.nan, "", False
    kind = {"+": "top", "-": "bottom"}.get(match["open"], "")
    return (-number if match["sign"] in "-\u2212" and match["sign"] else number), kind, bool(match["percent"])


def _has_decimal_commas(texts: pd.Series) -> bool:
    """Whether commas separate decimals: most cells have one, no cell has a point, and few can be thousands."""
    with_comma = texts[texts.str.contains(",", regex=False)]
    if len(with_comma) < max(_MOSTLY * len(texts), 1) or texts.str.contains(".", regex=False).any():
        return False
    decimals = sum(_DECIMAL_COMMA.fullmatch(text) is not None for text in with_comma)
    thousands = sum(_ONE_THOUSANDS_COMMA.fullmatch(text) is not None for text in with_comma)
    return decimals == len(with_comma) and thousands < _MOSTLY * decimals


def _commas(texts: pd.Series, parsed: pd.DataFrame) -> str:
    with_comma = [text for text in texts.unique() if "," in text]
    if not with_comma:
        return ""
    if (parsed["kind"] == "decimal_comma").any():
        return "decimal"
    return "either" if all(_ONE_THOUSANDS_COMMA.fullmatch(text) for text in with_comma) else "thousands"


def _doubtful(texts: pd.Series, parsed: pd.DataFrame) -> tuple[pd.Series, str]:
    """List cells that are numbers with an uncertain meaning."""
    numbers = parsed["number"].notna()
    percent = parsed["percent"].eq(True)
    if percent.any() and not percent[numbers].all():
        fewer = percent if percent.sum() * 2 <= numbers.sum() else numbers & ~percent
        return texts[fewer], "only some cells have a percent sign"
    negative = texts[parsed["number"] < 0]
    if all(_SUSPICIOUS.fullmatch(text) for text in negative):
        return negative, "it may mean a missing number"
    return texts[:0], ""


def _changes(parsed: pd.DataFrame) -> dict[str, int]:
    kinds = Counter(parsed["kind"].dropna())
    counts = {
        "census_cells_top_coded": kinds["top"],
        "census_cells_bottom_coded": kinds["bottom"],
        "census_cells_with_decimal_comma": kinds["decimal_comma"],
        "census_cells_set_missing": int(parsed["missing"].sum()),
    }
    return {name: count for name, count in counts.items() if count}


def _labels(texts: pd.Series) -> Column:
    """Join spellings of the same label."""
    given = texts.where(~texts.str.lower().isin(_EMPTY_LABEL))
    spellings = {str(text): int(count) for text, count in given.value_counts().items()}
    shown = displayed(spellings)
    levels = {label_key(text) for text in spellings}
    unusable = ""
    if len(levels) > _LEVELS_AT_MOST:
        unusable = f"it has {len(levels)} different texts; labels are at most {_LEVELS_AT_MOST}"
    elif len(levels) < 2:
        unusable = "all rows have the same text" if levels else "it has no values"
    joined = sum(count for text, count in spellings.items() if shown.get(text, text) != text)
    changes = {"census_labels_joined": joined} if joined and not unusable else {}
    return Column(given.replace(shown), unusable=unusable, changes=changes)
