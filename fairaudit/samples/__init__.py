"""Logs to try things on: the packaged one of synthetic voices, and invented ones with known answers.

:func:`packaged_sample` finds the packaged sample. Nobody and no place in the others exists: :func:`make_sample` tells
of an island on which four kinds of speakers are served worse, one for each discoverer, and of attributes that do not
matter; :func:`simulate_log` draws thousands of speakers without text in milliseconds.
"""

from __future__ import annotations

from fairaudit.samples.packaged import packaged_sample
from fairaudit.samples.sample import Sample, make_sample
from fairaudit.samples.simulate import SimulatedLog, simulate_log
from fairaudit.samples.write import write_sample

__all__ = ["Sample", "SimulatedLog", "make_sample", "packaged_sample", "simulate_log", "write_sample"]
