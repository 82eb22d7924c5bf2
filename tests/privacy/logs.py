"""Random logs with small groups, nested labels and missing labels, and what an attacker knows about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

import fairaudit
from fairaudit.auditing import run
from fairaudit.comparing import board


def random_log(seed: int) -> pd.DataFrame:
    """Speakers with labels of a few kinds: free, nested in another, nearly equal to another, partly missing."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 260))
    log = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(n)]})
    log["accent"] = rng.choice([f"a{i}" for i in range(5)], n, p=rng.dirichlet(np.full(5, 1.5)))
    log["sex"] = rng.choice(["f", "m", "x"], n, p=[0.48, 0.48, 0.04])
    log["city"] = rng.choice([f"c{i}" for i in range(7)], n, p=rng.dirichlet(np.ones(7)))
    log["region"] = log["city"].map({f"c{i}": f"r{i // 3}" for i in range(7)})
    near = log["accent"].to_numpy().copy()
    near[rng.choice(n, 4, replace=False)] = "a0"
    log["dialect"] = near
    for column in ("accent", "sex", "region", "dialect"):
        if rng.random() < 0.5:
            log.loc[rng.choice(n, int(rng.integers(1, 14)), replace=False), column] = None
    hard = np.where(log["accent"] == "a1", 2.0, 1.0)
    log["utterance_id"] = [f"u{i}" for i in range(n)]
    log["words"] = rng.integers(40, 400, n)
    log["errors"] = np.minimum(rng.poisson(0.15 * hard * log["words"]), log["words"])
    if seed % 5 < 3:
        loops = np.random.default_rng((seed, 2)).random(n) < 0.2
        log.loc[loops, "errors"] += 3 * log["words"][loops]
    if seed % 3 == 0:
        log["latitude"] = np.round(rng.normal(40, 2, n), 2)
        log["longitude"] = np.round(rng.normal(-100, 3, n), 2)
    return log


def searches_of(seed: int) -> dict[str, Any]:
    """Options of the audit: columns, an intersection, and places where there are some."""
    pair = [("accent", "sex"), ("region", "sex"), ("dialect", "sex"), ("accent", "city")][seed % 4]
    return {
        "methods": ["named", "geo-tree"] if seed % 3 == 0 else ["named"],
        "by": ["accent", "sex", "city", "region", "dialect", pair],
        "permutations": 19,
        "seed": seed,
    }


def audited(log: pd.DataFrame, seed: int, /, **options: Any) -> tuple[fairaudit.Audit, pd.DataFrame]:
    """Audit a log; return also the cohort of each speaker in each search, and who is held out."""
    with mock.patch.object(run, "judge", wraps=run.judge) as judged:
        audit = fairaudit.audit(log, **(searches_of(seed) | options))
    design = judged.call_args.args[2]
    held_out = pd.Series(design.held_out, index=design.table.names)
    people = log.drop_duplicates("speaker_id", ignore_index=True)
    members = pd.DataFrame({"speaker": people["speaker_id"], "held_out": people["speaker_id"].map(held_out)})
    for model in audit.models:
        rows = fairaudit.assign(people, model)
        members[model.title] = people["speaker_id"].map(rows.set_index("speaker_id")["cohort_id"])
    return audit, members


def systems_of(log: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """The log of three systems on the same utterances, the first as it is."""
    rng = np.random.default_rng((seed, 3))
    others = (np.minimum(rng.poisson(factor * log["errors"] + 1), log["words"]) for factor in (0.7, 1.2))
    return {f"system {k}": log.assign(errors=errors) for k, errors in enumerate((log["errors"], *others))}


def boarded(
    log: pd.DataFrame, seed: int, audits: Sequence[fairaudit.CohortModel] = ()
) -> tuple[list[fairaudit.Board], pd.DataFrame]:
    """Make a board of three systems by an audit's cohorts; without any, by columns and by groups that are found.

    The second board of a log is by the groups that the first one found.
    """
    systems, options = systems_of(log, seed), {"permutations": 19, "seed": seed}
    if not audits:
        searches = searches_of(seed)
        options |= {"by": searches["by"], "methods": [one for one in searches["methods"] if one != "named"]}
    with mock.patch.object(board, "frozen_disclosures", wraps=board.frozen_disclosures) as shown:
        boards = [fairaudit.board(systems, models=audits, **options)]
    _, sources, _, table, *_ = shown.call_args.args
    masks = [mask for mask in shown.call_args.kwargs["measured"] if mask is not None]
    held_out = pd.Series(masks[0] if masks else np.zeros(len(table), dtype=bool), index=table.names)
    members = pd.DataFrame({"speaker": log["speaker_id"], "held_out": log["speaker_id"].map(held_out)})
    for model, _ in sources:
        rows = fairaudit.assign(log, model)
        members[model.title] = log["speaker_id"].map(rows.set_index("speaker_id")["cohort_id"])
    if models := boards[0].models:
        boards.append(fairaudit.board(systems, models=models, permutations=19, seed=seed))
    return boards, members


def labelled(log: pd.DataFrame, seed: int) -> fairaudit.Board:
    """Make a board of three systems by the label columns of the audit."""
    return fairaudit.board(
        systems_of(log, seed), methods="named", by=searches_of(seed)["by"], permutations=19, seed=seed
    )


def before(log: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The log of an earlier recogniser, on the same utterances."""
    rng = np.random.default_rng((seed, 1))
    return log.assign(errors=np.minimum(rng.poisson(1.1 * log["errors"] + 1), log["words"]))
