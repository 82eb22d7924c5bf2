"""What a file of counts says about itself: which log it was made from, and how that was read and scored.

There are two kinds of such files, both Parquet: a *scored log* has a row per utterance, and a *tally* has a row per
speaker and group. Their metadata hold this description as JSON, so that they are recognised by their content.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import filterfalse
from typing import Any, Final, Self, get_args

from fairaudit.core.columns import (
    COORDINATES,
    COUNT_COLUMNS,
    ERRORS,
    RESCORED,
    SPEAKER,
    UTTERANCE,
    UTTERANCES,
)
from fairaudit.core.derived import is_derived, millionths
from fairaudit.core.errors import FairauditError, InputError
from fairaudit.inputs.formats.base import ROWS, check_names
from fairaudit.inputs.quality import DataQuality, Findings, Join
from fairaudit.inputs.raw import InputFile
from fairaudit.inputs.texts import Unit, exposure_name
from fairaudit.scoring import Normalizer, Scripts, normalizer_labelled

__all__ = ["KEY", "SCORED", "TALLY", "Artefact"]

#: Key of the description in the metadata of a Parquet file.
KEY: Final = "fairaudit"
SCORED: Final = "scored log"
TALLY: Final = "tally"
#: Version of the description. Files of other versions are refused.
_VERSION: Final = 2
#: Most bytes of a description.
_LARGEST: Final = 1 << 24

_NUMBERS: Final = {str: int}
_SCRIPTS: Final = {
    "references": _NUMBERS, "unspaced": [str], "words": int, "characters": int, "accented": int, "strange": int,
    "switched": int, "part_latin": int,
}  # fmt: skip
_JOIN: Final = {
    "name": str, "sha256": str, "key": str, "columns": [str], "rows": int, "matched": int, "ids": int, "used": int,
    "alike": int,
}  # fmt: skip
#: Types of the entries: a list holds one type, a mapping from ``str`` has any keys, and a tuple lists alternatives.
_SHAPE: Final[Mapping[str, Any]] = {
    "kind": str,
    "schema_version": int,
    "fairaudit": str,
    "inputs": [{"name": str, "sha256": str, "rows": int, "measured": [str]}],
    "unit": str,
    "normalizer": (str, None),
    "second_normalizer": (str, None),
    "settings": {str: (str, None)},
    "cluster": (str, None),
    "zip_pad": bool,
    "columns": [str],
    "count_columns": [str],
    "derived_columns": [str],
    "totals": _NUMBERS,
    "quality": {"rows_in": int, "rows_used": int, "rows_quarantined": int, "rows_left_out": int, "by_code": _NUMBERS},
    "findings": {"changes": _NUMBERS, "alike_ids": int, "scripts": (_SCRIPTS, None), "notes": [str]},
    "joins": [_JOIN],
    "left_out": [str],
    "shared_units": [str],
}


@dataclass(frozen=True)
class Artefact:
    """The description of a file of counts.

    Attributes
    ----------
    kind
        :data:`SCORED` or :data:`TALLY`.
    fairaudit
        Version that wrote the file.
    inputs, unit, normalizer, second_normalizer, settings, cluster, zip_pad, columns, count_columns, derived_columns
        As in :class:`fairaudit.inputs.UtteranceLog`.
    totals
        Sum of every additive column, by which a file is recognised that was changed.
    quality, findings
        What became of the rows of the log; sentences and changes are kept as findings.
    left_out
        Columns of the log that a tally does not have.
    shared_units
        What was said of the log about households; see :attr:`fairaudit.inputs.UtteranceLog.shared_units`.
    """

    kind: str
    fairaudit: str
    inputs: tuple[InputFile, ...]
    unit: Unit
    normalizer: str | None
    second_normalizer: str | None
    settings: Mapping[str, str | None]
    cluster: str | None
    zip_pad: bool
    columns: tuple[str, ...]
    count_columns: tuple[str, ...]
    derived_columns: tuple[str, ...]
    totals: Mapping[str, int]
    quality: DataQuality
    findings: Findings
    left_out: tuple[str, ...] = ()
    shared_units: tuple[str, ...] = ()

    @property
    def sampling_unit(self) -> str:
        """Column of the sampling unit."""
        return self.cluster or SPEAKER

    @property
    def sums(self) -> tuple[str, ...]:
        """Names of all additive columns of the file."""
        rows = (ROWS,) if self.kind == TALLY else ()
        return (*self.count_columns, *self.derived_columns, *rows)

    @property
    def normalizers(self) -> tuple[Normalizer, ...]:
        """The normalisers that texts went through."""
        return tuple(normalizer_labelled(label) for label in (self.normalizer, self.second_normalizer) if label)

    def to_json(self) -> str:
        """Return the description as JSON, which :meth:`parse` reads."""
        findings = self.findings
        scripts = findings.scripts and vars(findings.scripts) | {"unspaced": sorted(findings.scripts.unspaced)}
        content = {
            **{name: getattr(self, name) for name in _SHAPE if name not in _OTHERWISE},
            "schema_version": _VERSION,
            "inputs": [asdict(one) for one in self.inputs],
            "quality": {name: getattr(self.quality, name) for name in _SHAPE["quality"]},
            "findings": {name: vars(findings)[name] for name in _SHAPE["findings"]} | {"scripts": scripts},
            "joins": [{name: getattr(join, name) for name in _JOIN} for join in findings.joins],
        }
        return json.dumps(content)

    @classmethod
    def parse(cls, where: str, raw: bytes) -> Self:
        """Read a description.

        Parameters
        ----------
        where
            Name of the file, for messages.
        raw
            The JSON.

        Raises
        ------
        InputError
            If it is not JSON, is of another version, or does not describe a file of counts.
        """
        content = _content(where, raw)
        for name, shape in _SHAPE.items():
            if name not in content:
                raise InputError(f"{where}: its metadata lack {name!r}; {_DAMAGED}")
            if not _fits(content[name], shape):
                raise InputError(f"{where}: its metadata have a wrong value of {name!r}; {_DAMAGED}")
        findings = content["findings"]
        joins = tuple(Join(**{name: _tuple(join[name]) for name in _JOIN}) for join in content["joins"])
        scripts = findings["scripts"]
        if scripts is not None:
            sets = {"references": Counter(scripts["references"]), "unspaced": {*scripts["unspaced"]}}
            scripts = Scripts(**{name: scripts[name] for name in _SCRIPTS} | sets)
        try:
            quality = DataQuality(**{name: content["quality"][name] for name in _SHAPE["quality"]})
            artefact = cls(
                **{name: _tuple(content[name]) for name in _SHAPE if name not in _OTHERWISE},
                inputs=tuple(
                    InputFile(one["name"], one["sha256"], one["rows"], tuple(one["measured"]))
                    for one in content["inputs"]
                ),
                quality=quality,
                findings=Findings(findings["changes"], findings["alike_ids"], scripts, tuple(findings["notes"]), joins),
            )
            artefact._check(where)
        except InputError:
            raise
        except FairauditError as error:
            raise InputError(f"{where}: its metadata are wrong ({error}); {_DAMAGED}") from error
        return artefact

    def _check(self, where: str) -> None:
        """Raise if the description is in conflict with itself."""
        check_names(where, [*self.columns, *self.count_columns, *self.derived_columns])
        counts = {*COUNT_COLUMNS, *RESCORED}
        wrong = {
            "kind": self.kind not in (SCORED, TALLY),
            "unit": self.unit not in get_args(Unit),
            "inputs": not self.inputs or sum(one.rows for one in self.inputs) != self.quality.rows_in,
            "columns": self.sampling_unit not in self.columns
            or bool(counts & {*self.columns})
            or len({*COORDINATES} & {*self.columns}) == 1
            or (self.kind == TALLY and UTTERANCE in self.columns),
            "settings": any(self.settings.get(name) != getattr(self, name) for name in ("unit", "normalizer")),
            "second_normalizer": (self.second_normalizer is None) == bool({*RESCORED} & {*self.count_columns}),
            "derived_columns": not {*filterfalse(is_derived, self.derived_columns)}
            <= {*map(millionths, self.count_columns)},
            "totals": self.totals.keys() != {*self.sums},
        }
        if not wrong["unit"]:
            exposure = exposure_name(self.unit)
            needed = {UTTERANCES} if exposure is None else {UTTERANCES, ERRORS, exposure}
            wrong["count_columns"] = not needed <= {*self.count_columns}
        if self.kind == TALLY:
            wrong["quality"] = self.totals.get(ROWS) != self.quality.rows_used
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise InputError(f"{where}: its metadata have a wrong value of {name!r}; {_DAMAGED}")
        _ = self.normalizers  # raises if one is unknown


_DAMAGED: Final = "fairaudit did not write this file, or it is damaged"
#: Entries that are no fields, or of other types than in JSON.
_OTHERWISE: Final = ("schema_version", "inputs", "quality", "findings", "joins")


def _content(where: str, raw: bytes) -> dict[str, Any]:
    """Parse the JSON of a description of a known version."""
    if len(raw) > _LARGEST:
        raise InputError(f"{where}: its metadata hold more than {_LARGEST >> 20} MiB; {_DAMAGED}")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputError(f"{where}: its metadata are not the JSON of a file of counts; {_DAMAGED}") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: its metadata are not those of a file of counts; {_DAMAGED}")
    version = content.get("schema_version")
    if type(version) is int and version != _VERSION:
        raise InputError(
            f"{where}: version {version} of a file of counts, but this version of fairaudit reads version {_VERSION}; "
            "make it again from its log"
        )
    if isinstance(content.get("quality"), dict):  # earlier files are of logs whose rows are all read
        content["quality"].setdefault("rows_left_out", 0)
    return content


def _fits(value: Any, shape: Any) -> bool:
    """Whether a value from JSON has a shape, as in :data:`_SHAPE`. All numbers are counts."""
    if isinstance(shape, tuple):
        return any(_fits(value, one) for one in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(one, shape[0]) for one in value)
    if isinstance(shape, dict) and str in shape:
        return isinstance(value, dict) and all(_fits(one, shape[str]) for one in value.values())
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(name in value and _fits(value[name], of) for name, of in shape.items())
    if shape is int:
        return type(value) is int and 0 <= value < 1 << 63
    return value is None if shape is None else type(value) is shape


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
