"""Turn the cells of a census column into numbers or labels, as the Census Bureau and spreadsheets write them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
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
#: Digits and signs in an order that is no number here, such as 1.234,50 or (68).
_LIKE_NUMBERS: Final = r"[^A-Za-z]*[0-9][^A-Za-z]*"
#: A column in which fewer of the texts are numbers is one of labels, such as 0-17, 18-64 and 65+.
_RARELY: Final = 0.1
_MOSTLY: Final = 0.5
#: A text column with more levels than this names places rather than groups.
_LEVELS_AT_MOST: Final = 12
#: With no more rows, each may have a label of its own.
_FEW_ROWS: Final = 4


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
    plain = pd.to_numeric(cells, errors="coerce").astype("float64")
    plain = plain.where(plain.abs() < math.inf)
    rest = cells[plain.isna()].str.strip()
    rest = rest[rest.notna() & ~rest.str.lower().isin(_EMPTY)]
    ways = _parse_texts(rest, cells[plain.notna()])
    odd = rest[ways["number"].isna() & (ways["kind"] != "missing")]
    certain = plain.count() + (ways["number"].notna() & ~ways["kind"].isin(["top", "bottom"])).sum()
    if len(odd) and certain < _RARELY * (plain.count() + len(rest)):
        labels = _labels(cells.str.strip())
        like_numbers = rest.str.fullmatch(_LIKE_NUMBERS).sum() * 2 > len(rest)
        return (
            labels
            if not (labels.unusable and like_numbers)
            else replace(labels, odd=rest, doubt="not a number", unusable="")
        )
    numbers = plain.fillna(ways["number"])
    jam = numbers.isin(_JAM_VALUES)
    numbers = numbers.mask(jam)
    changes = _changes(ways["kind"], int(jam.sum()))
    doubt = "not a number"
    if not numbers.count():
        odd, doubt = cells[cells.notna() & (cells.str.strip() != "")], "no cell is a number"
    elif odd.empty:
        odd, doubt = _doubtful(cells, numbers, rest.index[ways["percent"]])
    return Column(
        numbers, odd, doubt, "" if numbers.count() or len(odd) else "it has no values", changes, _commas(ways)
    )


def _parse_texts(rest: pd.Series, plain: pd.Series) -> pd.DataFrame:
    """Parse cells that are no plain numbers: the number, how it is written, and whether with a percent or a comma."""
    codes, levels = pd.factorize(rest)
    texts = [str(level) for level in levels]
    decimal = _has_decimal_commas(dict(zip(texts, np.bincount(codes), strict=True)), plain)
    ways = pd.DataFrame([_cell(text, decimal=decimal) for text in texts], columns=["number", "kind", "percent"])
    ways["comma"] = [
        "" if "," not in text else "either" if _ONE_THOUSANDS_COMMA.fullmatch(text) else "thousands" for text in texts
    ]
    return ways.astype({"number": "float64", "percent": bool}).take(codes).set_axis(rest.index)


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


def _has_decimal_commas(rest: Mapping[str, int], plain: pd.Series) -> bool:
    """Whether commas separate decimals: most cells have one, no cell has a point, and few can be thousands."""
    n_commas = sum(count for text, count in rest.items() if "," in text)
    if n_commas < max(_MOSTLY * (sum(rest.values()) + len(plain)), 1):
        return False
    decimals = sum(count for text, count in rest.items() if _DECIMAL_COMMA.fullmatch(text))
    thousands = sum(count for text, count in rest.items() if _ONE_THOUSANDS_COMMA.fullmatch(text))
    point = any("." in text for text in rest) or plain.str.contains(".", regex=False).any()
    return not point and decimals == n_commas and thousands < _MOSTLY * decimals


def _commas(ways: pd.DataFrame) -> str:
    if (ways["kind"] == "decimal_comma").any():
        return "decimal"
    kinds = {*ways["comma"]} - {""}
    return "thousands" if len(kinds) > 1 else next(iter(kinds), "")


def _doubtful(cells: pd.Series, numbers: pd.Series, percent: pd.Index) -> tuple[pd.Series, str]:
    """List cells that are numbers with an uncertain meaning."""
    n_numbers = numbers.count()
    if 0 < len(percent) < n_numbers:
        others = numbers.index[numbers.notna()].difference(percent, sort=False)
        return cells[percent if 2 * len(percent) <= n_numbers else others], "only some cells have a percent sign"
    negative = cells[numbers < 0]
    if all(_SUSPICIOUS.fullmatch(text.strip()) for text in negative):
        return negative, "it may mean a missing number"
    return cells[:0], ""


def _changes(kinds: pd.Series, jam_values: int) -> dict[str, int]:
    counts = Counter(kinds)
    changes = {
        "census_cells_top_coded": counts["top"],
        "census_cells_bottom_coded": counts["bottom"],
        "census_cells_with_decimal_comma": counts["decimal_comma"],
        "census_cells_set_missing": counts["missing"] + jam_values,
    }
    return {name: count for name, count in changes.items() if count}


def _labels(texts: pd.Series) -> Column:
    """Join spellings of the same label."""
    given = texts.where(~texts.str.lower().isin(_EMPTY_LABEL))
    spellings = {str(text): int(count) for text, count in given.value_counts().items()}
    levels = {label_key(text) for text in spellings}
    shown = displayed(spellings) if len(levels) <= _LEVELS_AT_MOST else {}
    unusable = ""
    if len(levels) > _LEVELS_AT_MOST:
        unusable = f"it has {len(levels)} different texts; labels are at most {_LEVELS_AT_MOST}"
    elif len(levels) == given.count() > _FEW_ROWS:
        unusable = "every row has another text"
    elif len(levels) < 2:
        unusable = "all rows have the same text" if levels else "it has no values"
    joined = sum(count for text, count in spellings.items() if shown.get(text, text) != text)
    counts = {"census_labels_joined": joined, "census_cells_set_missing": int((texts.notna() & given.isna()).sum())}
    changes = {} if unusable else {name: n for name, n in counts.items() if n}
    return Column(given.replace(shown), unusable=unusable, changes=changes)
