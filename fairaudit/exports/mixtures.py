"""Divide utterances into the bottom cohort and the rest, in files from which training tools draw by weight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fairaudit.core.errors import NothingToAuditError, UsageError
from fairaudit.core.text import json_line, json_text
from fairaudit.exports.cohort_of import Labelled
from fairaudit.exports.jsonlines import LHOTSE, NEMO, with_cohorts
from fairaudit.exports.kaldi import require_kaldi_ids

__all__ = ["MIXTURES", "mixture"]

ESPNET: Final = "espnet"
#: Tools that files are written for.
MIXTURES: Final = (NEMO, LHOTSE, ESPNET)
_PARTS: Final = ("bottom", "rest")


def mixture(
    labels: Labelled,
    share: float,
    tool: str,
    manifest: Path | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the content of files by their names.

    Inside each of the two parts, these tools draw all utterances alike: talkative speakers are drawn more often.

    Parameters
    ----------
    labels
        The utterances of the log in the cohorts of one search.
    share
        Share of the bottom cohort in what is drawn, between 0 and 1. ESPnet draws both parts alike and needs 0.5.
    tool
        ``"nemo"``: two manifests, and an ``input_cfg.yaml`` with their weights. ``"lhotse"``: two files of cuts or
        supervisions, and ``mux.json`` with the weights for ``CutSet.mux``. ``"espnet"``: ``utt2category``.
    manifest, columns
        Records of the utterances, and how the log was read, as in :func:`fairaudit.exports.jsonlines.with_cohorts`;
        not for ESPnet.

    Raises
    ------
    UsageError
        If the share or the tool is wrong.
    NothingToAuditError
        If one of the two parts is empty.
    """
    if not 0 < share < 1:
        raise UsageError(f"the share must be between 0 and 1, not {share}")
    bottom = labels.model.bottom
    inside = {name for name, cohort in labels.cohort.items() if bottom is not None and cohort in bottom.cohorts}
    if tool == ESPNET:
        if share != 0.5:
            raise UsageError("ESPnet draws all categories alike; the share must be 0.5")
        require_kaldi_ids(labels.speaker)
        names = sorted(labels.speaker, key=str.encode)
        _require_both(len(inside), len(names) - len(inside))
        return {"utt2category": "".join(f"{name} {_PARTS[name not in inside]}\n" for name in names)}
    if manifest is None:
        raise UsageError(f"files for {tool} are made from a manifest in JSON lines")
    wanted = {labels.distinct[cohort] for cohort in (bottom.cohorts if bottom is not None else ())}
    texts: dict[str, list[str]] = {part: [] for part in _PARTS}
    for line in with_cohorts(manifest, [labels], tool, columns).splitlines():
        record = json.loads(line)
        field = record.get("custom", {}) if tool == LHOTSE else record
        texts[_PARTS[field.pop(labels.field) not in wanted]].append(json_line(record))
    _require_both(*(len(texts[part]) for part in _PARTS))
    suffix = ".jsonl" if tool == LHOTSE else ".json"
    files = {f"{part}{suffix}": "".join(texts[part]) for part in _PARTS}
    weights = dict(zip(files, (share, round(1 - share, 10)), strict=True))
    if tool == LHOTSE:
        return {**files, "mux.json": json_text({"files": [*weights], "weights": [*weights.values()]})}
    entries = (f"- type: nemo\n  manifest_filepath: {name}\n  weight: {weight}\n" for name, weight in weights.items())
    return {**files, "input_cfg.yaml": "".join(entries)}


def _require_both(bottom: int, rest: int) -> None:
    if not bottom or not rest:
        where = "in the bottom cohort" if not bottom else "outside the bottom cohort"
        raise NothingToAuditError(f"no utterance is {where}")
