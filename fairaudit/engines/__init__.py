"""Engines: where the rows of a log lie while they are checked and summed.

The embedded engine (:mod:`fairaudit.engines.embedded`) is the default. Engines know relations, columns and
sums; what the columns mean is known above them.
"""

from fairaudit.engines.embedded import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
