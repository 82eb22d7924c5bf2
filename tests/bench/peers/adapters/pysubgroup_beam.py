"""Pysubgroup, beam search for one or two conditions on a numeric target, WER by speaker; it tests soft labels only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pysubgroup
from contract import Answer, Log, serve


def find(log: Log) -> Answer:
    everybody = pd.DataFrame(log.attributes, columns=log.names)
    table = everybody[: log.n].assign(wer=log.wer)
    task = pysubgroup.SubgroupDiscoveryTask(
        table,
        pysubgroup.NumericTarget("wer"),
        pysubgroup.create_selectors(table, ignore=["wer"]),
        result_set_size=1,
        depth=2,
        qf=pysubgroup.StandardQFNumeric(0.5),
        constraints=[pysubgroup.MinSupportConstraint(20)],
    )
    _, subgroup, _ = pysubgroup.BeamSearch().execute(task).results[0]
    return Answer(np.asarray(subgroup.covers(everybody)))


if __name__ == "__main__":
    serve(find)
