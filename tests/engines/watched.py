"""Work that tests interrupt; a module of its own, because workers import it."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairaudit.inputs.parts import Part, Plan


@dataclass(frozen=True)
class Watched:
    """A plan whose second part says which process does it, and waits to be killed, the first time."""

    plan: Plan
    folder: Path

    @property
    def parts(self) -> Sequence[Any]:
        return self.plan.parts

    @property
    def buckets(self) -> int:
        return self.plan.buckets

    def partial(self, part: Part) -> list[pa.Table]:
        first = self.folder / "first"
        if part.number == 1 and first.exists():
            first.unlink()
            (self.folder / "process").write_text(f"{os.getpid()}\n", "utf-8")  # a pipe, which is read elsewhere
            signal.pause()
        return self.plan.partial(part)

    def merge(self, bucket: int, tables: Sequence[pa.Table]) -> pa.Table:
        return self.plan.merge(bucket, tables)
