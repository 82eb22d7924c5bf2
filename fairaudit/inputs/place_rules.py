"""Write the rules for coordinates and zip codes in SQL; see :mod:`fairaudit.inputs.rules`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairaudit.core.columns import LATITUDE, LONGITUDE, ZIP_CODE
from fairaudit.core.errors import setting
from fairaudit.core.missing import BLANKS
from fairaudit.engines.embedded import literal
from fairaudit.inputs.rules import NUMERIC, RowCheck, Rules, cell, number, spelled_missing
from fairaudit.inputs.zips import FIVE_DIGITS, LENGTH, SPELLINGS

__all__ = ["NOT_US", "place_rules", "zip_rules"]

#: Changes of cells that are no zip codes of the United States.
NOT_US: Final = "zip_not_us_set_missing"
#: Coordinates with a decimal comma, and those with a direction or a sign for degrees, minutes or seconds.
_COMMA: Final = "[-+]?[0-9]+,[0-9]+"
_DIRECTION: Final = "[-+]?[0-9][0-9.]* ?[NSEWO]|[NSEWO] ?[0-9][0-9.]*|.*[0-9] ?[°'′\"″].*"


def place_rules(types: Mapping[str, str]) -> Rules:
    """Return the rules for coordinates in degrees, which must be in range and not swapped; (0, 0) counts as missing.

    Nobody lives south of 60 degrees south. If most latitudes of a log are there, they are really longitudes. Numbers
    beyond 1,000 are no degrees, but metres of a projection.
    """
    lat, lon = (f"CAST({number(name, types[name])} AS DOUBLE)" for name in (LATITUDE, LONGITUDE))
    present = f"{lat} IS NOT NULL AND {lon} IS NOT NULL AND NOT ({lat} = 0 AND {lon} = 0)"
    swapped = f"abs({lat}) > 90 AND abs({lat}) <= 180 AND abs({lon}) <= 90"
    mapping = setting("columns", {LATITUDE: LONGITUDE, LONGITUDE: LATITUDE})
    fix = f"latitude and longitude look swapped; {mapping} swaps them back"
    metres = "degrees are needed, these look like metres (a projected CRS)"
    checks = [
        check for name, value in ((LATITUDE, lat), (LONGITUDE, lon)) for check in _place_checks(name, types[name])
    ]
    checks += [
        RowCheck("coordinates_swapped", LATITUDE, swapped, fix),
        RowCheck("latitude_out_of_range", LATITUDE, f"isfinite({lat}) AND abs({lat}) > 90 AND NOT ({swapped})"),
        RowCheck("longitude_out_of_range", LONGITUDE, f"isfinite({lon}) AND abs({lon}) > 180"),
        RowCheck(
            "coordinates_swapped_throughout",
            LATITUDE,
            f"({swapped}) OR ({lat} < -60 AND {lat} >= -180 AND abs({lon}) <= 90)",
            fix,
            fatal=0.5,
            among=present,
            single=False,
        ),
        RowCheck(
            "coordinates_not_in_degrees",
            LATITUDE,
            f"isfinite({lat}) AND isfinite({lon}) AND greatest(abs({lat}), abs({lon})) > 1000",
            metres,
            fatal=0.5,
            among=present,
            single=False,
        ),
    ]
    return Rules(
        {LATITUDE: f"CASE WHEN {present} THEN {lat} END", LONGITUDE: f"CASE WHEN {present} THEN {lon} END"},
        tuple(checks),
        {
            "coordinates_zero_set_missing": f"{lat} = 0 AND {lon} = 0",
            "coordinates_incomplete_set_missing": f"({lat} IS NULL) <> ({lon} IS NULL)",
        },
    )


def _place_checks(name: str, kind: str) -> list[RowCheck]:
    """Return the checks of one coordinate by itself."""
    finite = RowCheck("not_finite", name, f"NOT isfinite({number(name, kind)})")
    if kind in NUMERIC:
        return [finite]
    text, value = cell(name, kind), number(name, kind)
    other = f"NOT {spelled_missing(text)} AND NOT regexp_full_match(trim({text}), {literal(f'{_COMMA}|{_DIRECTION}')})"
    comma, direction, other = (  # most coordinates are numbers and need no further test
        f"(CASE WHEN {value} IS NOT NULL THEN false ELSE {test} END)"
        for test in (*(f"regexp_full_match(trim({text}), {literal(one)})" for one in (_COMMA, _DIRECTION)), other)
    )
    return [
        RowCheck("decimal_comma", name, comma, "numbers have a decimal comma; write 41.3, not 41,3"),
        RowCheck("not_decimal_degrees", name, direction, "write signed decimal degrees: -73.2, not 73.2W"),
        RowCheck("not_a_number", name, other),
        finite,
    ]


def zip_rules(kind: str, *, pad: bool) -> Rules:
    """Return the rules for zip codes of the United States, in any of :data:`~fairaudit.inputs.zips.SPELLINGS`.

    Other codes are missing, and lost leading zeros are an error.
    """
    code = cell(ZIP_CODE, kind)
    text = f"trim({code}, {literal(BLANKS)})"
    good = f"regexp_full_match({code}, {literal(FIVE_DIGITS)})"  # most zip codes are good and need no further test
    patterns = (f"({FIVE_DIGITS})", *SPELLINGS)
    spelled = {pattern: f"regexp_full_match({text}, {literal(pattern)})" for pattern in patterns}
    cases = " ".join(f"WHEN {test} THEN regexp_extract({text}, {literal(one)}, 1)" for one, test in spelled.items())
    digits = f"(CASE {cases} END)"
    changed: dict[str, str] = {}
    for change in dict.fromkeys(filter(None, SPELLINGS.values())):
        tests = " OR ".join(spelled[pattern] for pattern, one in SPELLINGS.items() if one == change)
        changed[f"zip_{change}"] = f"(CASE WHEN {good} THEN false ELSE {tests} END)"
    changed[NOT_US] = f"(CASE WHEN {good} THEN false ELSE {digits} IS NULL AND NOT {spelled_missing(code)} END)"
    short = f"(CASE WHEN {good} THEN false ELSE length({digits}) < {LENGTH} END)"
    values = {ZIP_CODE: f"(CASE WHEN {good} THEN {code} ELSE lpad({digits}, {LENGTH}, '0') END)"}
    if pad:
        return Rules(values, (), {**changed, "zip_padded": short})
    advice = f"zip codes have lost their leading zeros; {setting('zip_pad', True)} restores them"
    return Rules(values, (RowCheck("zip_too_short", ZIP_CODE, short, advice, fatal=0.0),), changed)
