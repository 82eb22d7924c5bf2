"""Engines store the rows of a log while they are checked and summed.

The default is the embedded engine (:mod:`fairaudit.engines.embedded`). Engines know relations, columns and
sums, but not what the columns mean.
"""

from fairaudit.engines.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
