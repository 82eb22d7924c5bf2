"""Sample logs: the packaged sample of synthetic voices, and invented logs with known answers.

:func:`packaged_sample` returns the files of the packaged sample. :func:`make_sample` invents a log from an imaginary
island, on which four groups of speakers have higher error rates, one for each discoverer, and other attributes make no
difference. :func:`simulate_log` draws thousands of speakers in milliseconds, as counts without text.
"""

from __future__ import annotations

from fairaudit.samples.packaged import packaged_sample
from fairaudit.samples.sample import Sample, make_sample
from fairaudit.samples.simulate import SimulatedLog, simulate_log
from fairaudit.samples.write import write_sample

__all__ = ["Sample", "SimulatedLog", "make_sample", "packaged_sample", "simulate_log", "write_sample"]
