"""The tables beside a log, as sources of features."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias, cast

from fairaudit.core.columns import COORDINATES, SPEAKER, ZIP_CODE
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.progress import report
from fairaudit.inputs.suggesting import lacking

if TYPE_CHECKING:
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.units.build import UnitFeatures

__all__ = ["Features", "SideTables"]

#: Sources of features by the keys of their units.
Features: TypeAlias = "Mapping[tuple[str, ...], UnitFeatures]"


@dataclass(frozen=True)
class SideTables:
    """The tables beside a log.

    Attributes
    ----------
    census, crosswalk
        Attributes by zip code, and a table from zip codes to those of the census.
    embeddings
        Vectors by speaker or utterance.
    """

    census: CensusTable | str | os.PathLike[str] | None = None
    crosswalk: str | os.PathLike[str] | None = None
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.crosswalk is not None and not isinstance(self.census, str | os.PathLike):
            why = "no census table is given" if self.census is None else "the census table has been read already"
            raise UsageError(f"{setting('crosswalk')} has no effect, because {why}")

    @property
    def columns(self) -> list[str]:
        """Columns that a log needs to be joined with the tables, except ids."""
        return [] if self.census is None else [ZIP_CODE]

    @property
    def files(self) -> list[Path]:
        """The tables that are files."""
        tables = (self.census, self.crosswalk, self.embeddings)
        return [Path(table) for table in tables if isinstance(table, str | os.PathLike)]

    def read(self, log: UtteranceLog) -> Self:
        """Read the tables that are files, so that several calls of :func:`fairaudit.assign` need not.

        Raises
        ------
        InputError
            If a table cannot be read.
        """
        if self.files:
            report("reading side tables")
        census, embeddings = self.census, self.embeddings
        if census is not None:
            from fairaudit.inputs.census import CensusTable, read_census

            if not isinstance(census, CensusTable):
                census = read_census(Path(census), crosswalk=self.crosswalk, zip_pad=log.zip_pad)
        if embeddings is not None:
            from fairaudit.inputs.embeddings import EmbeddingTable, read_embeddings

            if not isinstance(embeddings, EmbeddingTable):
                embeddings = read_embeddings(Path(embeddings))
        return replace(self, census=census, crosswalk=None, embeddings=embeddings)

    def features(self, log: UtteranceLog) -> Features:
        """Read the tables, and give all sources of features by the keys of their units.

        Raises
        ------
        InputError
            If a table cannot be read, or the log lacks the column by which it is joined.
        """
        if missing := [name for name in self.columns if name not in log.columns]:
            raise InputError(f"a census table is joined by zip codes; {lacking('log', missing, log.columns)}")
        sources: dict[tuple[str, ...], UnitFeatures] = {}
        if {*COORDINATES} <= {*log.columns}:
            from fairaudit.inputs.places import Coordinates

            sources[COORDINATES] = Coordinates()
        tables = self.read(log)
        if tables.census is not None:
            sources[ZIP_CODE,] = cast("CensusTable", tables.census)
        if tables.embeddings is not None:
            sources[SPEAKER,] = cast("EmbeddingTable", tables.embeddings).for_log(log)
        return sources

    def warn_of_unused(self, used: Iterable[tuple[str, ...]]) -> None:
        """Warn of tables that nothing uses, given the keys of the units whose features are used."""
        keys = {*used}
        for name, table, key in (("census", self.census, ZIP_CODE), ("embeddings", self.embeddings, SPEAKER)):
            if table is not None and (key,) not in keys:
                warnings.warn(f"{name}: the table is not used, because no cohorts are made from it", stacklevel=3)
