"""The result of a board: several systems on the same utterances, without utterances, speakers or places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import fairaudit
from fairaudit.core.signature import signature, software
from fairaudit.core.text import json_text, search_name
from fairaudit.core.verdicts import BoardVerdict, too_many_unassigned, too_many_unknown
from fairaudit.results.board_document import KIND, SCHEMA_VERSION, BoardNumbers
from fairaudit.results.display import rendered
from fairaudit.results.rates import rate_to_dict
from fairaudit.stats.systems import certain_ranks

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fairaudit.cohorts.model import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.evidence.plan import Plan
    from fairaudit.results.board_parts import BoardGroups
    from fairaudit.results.documents import AlignmentDoc, BoardDoc
    from fairaudit.results.provenance import Provenance
    from fairaudit.stats.systems import SystemsCompared

__all__ = ["Board"]


@dataclass(frozen=True, eq=False)
class Board:
    """Several systems on the same utterances: overall rates, worst groups and gaps, and which orders are certain.

    Attributes
    ----------
    rate, sampling_unit
        What is compared, and by whom it is summed.
    alignment
        How the utterances of the systems were aligned.
    compared
        The numbers.
    sets
        The sets of groups.
    speakers, utterances
        How many are compared.
    plan
        Settings.
    provenance
        Origin of the data of each system, by its name.
    caveats
        Sentences that belong beside the verdict.
    unknown_speakers
        Number of utterances without a speaker.
    models
        Frozen cohorts that were found on the errors of all systems.
    share_held_out
        Share of the speakers kept aside to measure them; ``None`` if nothing was searched.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> systems = {"plain": rows, "wordy": rows.assign(hypothesis=rows["hypothesis"] + " uh")}
    >>> board = fairaudit.board(systems, by="accent", permutations=99)
    >>> board.verdict, board.to_frame()["rank_last"].tolist()
    ('different', [1, 2])
    """

    rate: Rate
    sampling_unit: str
    alignment: AlignmentDoc
    compared: SystemsCompared
    sets: tuple[BoardGroups, ...]
    speakers: int
    utterances: int
    plan: Plan
    provenance: Mapping[str, Provenance]
    caveats: tuple[str, ...] = ()
    unknown_speakers: int = 0
    models: tuple[CohortModel, ...] = ()
    share_held_out: float | None = None

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems, in the order in which they were given."""
        return tuple(self.provenance)

    @property
    def insufficient_because(self) -> str | None:
        """Why the board says too little, or ``None`` if it says enough."""
        reasons = [too_many_unknown(self.unknown_speakers, self.utterances)]
        for one in self.sets:
            because: str | None = "no group is large enough to be tested"
            if one.tested_speakers:
                because = one.coverage.incomplete_because or too_many_unassigned(
                    one.coverage.speakers - one.tested_speakers, one.coverage.speakers
                )
                because = because and because.replace("in no cohort", "in no tested group")
            reasons.append(because and f"{search_name(one.title)}: {because}")
        skipped = next(iter(self.provenance.values())).skipped
        reasons += [f"{search_name(entry['method'])} needs {entry['needs']}" for entry in skipped]
        return "; ".join(filter(None, reasons)) or None

    @property
    def verdict(self) -> BoardVerdict:
        """``different`` if two systems certainly differ in their gap or in the rate of their worst group.

        Without groups, the overall rates decide. Otherwise it is ``no evidence``, or ``insufficient evidence`` if
        speakers are unknown, or too few of them are in a tested group.
        """
        numbers = self.compared
        compared = (numbers.worst_ratio, numbers.gap_ratio) if self.sets else (numbers.overall_ratio,)
        if too_many_unknown(self.unknown_speakers, self.utterances):
            return BoardVerdict.INSUFFICIENT
        if any((one.low > 1).any() for one in compared):
            return BoardVerdict.DIFFERENT
        return BoardVerdict.INSUFFICIENT if self.insufficient_because else BoardVerdict.NO_EVIDENCE

    @property
    def signature(self) -> str:
        """One line of every setting that can change a number."""
        settings = {name: dict(one.settings) for name, one in self.provenance.items()}
        first, *others = settings.items()
        own = {
            f"{name}_{key}": value
            for name, values in others
            for key, value in values.items()
            if value != first[1].get(key)
        }
        return signature(
            {
                "rate": self.rate.signature,
                **first[1],
                **own,
                "sampling": self.sampling_unit,
                "systems": len(self.systems),
                "groups": [f"{one.title}@{one.fingerprint[:8]}" for one in self.sets],
                **({} if self.share_held_out is None else {"holdout": self.share_held_out}),
                "draws": self.plan.permutations,
                "seed": self.plan.seed,
                "version": fairaudit.__version__,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each system: rates, gaps and ranges with their intervals, and ranks. Nothing is withheld.

        Returns
        -------
        DataFrame
            Indexed by ``system``, with the columns ``rate``, ``worst_rate``, ``gap`` and ``range``, their intervals
            (``rate_low`` to ``range_high``), ``range_by_chance``, and the ranks that a system can have, of its rate
            (``rank_first`` to ``rank_last``), of its worst group (``worst_rank_first``, ...) and of its gap.
        """
        import pandas as pd

        numbers = self.compared
        named = {"rate": numbers.overall, "worst_rate": numbers.worst, "gap": numbers.gap, "range": numbers.spread}
        columns: dict[str, NDArray[np.generic]] = {
            f"{name}{end}": values
            for name, one in named.items()
            for end, values in (("", one.value), ("_low", one.low), ("_high", one.high))
        }
        columns["range_by_chance"] = numbers.spread_by_chance
        ranked = {"": numbers.overall_ratio, "worst_": numbers.worst_ratio, "gap_": numbers.gap_ratio}
        for prefix, ratio in ranked.items():
            ranks = certain_ranks(ratio)
            columns |= {f"{prefix}rank_first": ranks[:, 0], f"{prefix}rank_last": ranks[:, 1]}
        return pd.DataFrame(columns, index=pd.Index(self.systems, name="system"))

    def to_dict(self, *, unredacted: bool = False) -> BoardDoc:
        """Return the content of ``board.json``, as described by the shipped schema.

        Parameters
        ----------
        unredacted
            Whether to keep numbers of fewer than 11 speakers.
        """
        numbers = BoardNumbers(self.systems, self.compared, self.sets, unredacted)
        ranks = certain_ranks(self.compared.overall_ratio)
        overall = self.compared.overall
        first = next(iter(self.provenance.values()))
        return {
            "kind": KIND,
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "software": dict(software()),
            "rate": self.rate.name,
            "rate_definition": rate_to_dict(self.rate),
            "redacted": not unredacted,
            "sampling_unit": self.sampling_unit,
            "scoring": {"rate": self.rate.signature, **first.scoring},
            "permutations": self.plan.permutations,
            "seed": self.plan.seed,
            "verdict": self.verdict,
            "insufficient_because": self.insufficient_because,
            "caveats": list(self.caveats),
            "alignment": self.alignment.copy(),
            "overall": {
                "speakers": self.speakers,
                "utterances": self.utterances,
                "unknown_speakers": self.unknown_speakers,
            },
            "systems": [
                {
                    "name": name,
                    "rate": float(overall.value[k]),
                    "interval": [float(overall.low[k]), float(overall.high[k])],
                    "rank": ranks[k].tolist(),
                    "worst": numbers.worst(k),
                    "gap": numbers.gap(k),
                    "range": numbers.range(k),
                    "inputs": [file.copy() for file in one.inputs],
                    "quality": one.quality.copy(),
                }
                for k, (name, one) in enumerate(self.provenance.items())
            ],
            "pairs": numbers.pairs(),
            "sets": [numbers.groups(one) for one in self.sets],
            "side_tables": [table.copy() for table in first.side_tables],
            "skipped": [entry.copy() for entry in first.skipped],
        }

    def to_json(self, *, unredacted: bool = False) -> str:
        """Return the text of ``board.json``; equal boards give equal bytes."""
        return json_text(self.to_dict(unredacted=unredacted))

    def __repr__(self) -> str:
        return f"<Board of {len(self.systems)} systems by {self.rate.name} and {self.sampling_unit}: {self.verdict}>"

    def _repr_markdown_(self) -> str:
        return str(rendered("board_markdown", self.to_dict()))
