"""Engines store the rows of a log while they are checked and summed.

The default is the embedded engine (:mod:`fairaudit.engines.embedded`). On several machines, an embedded engine
reads each part of a log, and Dask (:mod:`fairaudit.engines.dask`) or Spark (:mod:`fairaudit.engines.spark`) brings
the parts to workers and merges their sums (:mod:`fairaudit.engines.work`). Engines know relations, columns and sums,
but not what the columns mean.
"""

from fairaudit.engines.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
