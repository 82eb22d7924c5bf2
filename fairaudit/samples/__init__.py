"""Invented logs with known answers: a small world to demonstrate on, and fast logs to calibrate with.

Nobody and no place in here exists. :func:`make_sample` tells of an island on which four kinds of speakers
are served worse, one for each discoverer, and of attributes that do not matter; :func:`simulate_log` draws
thousands of speakers without text in milliseconds.
"""

from __future__ import annotations

from fairaudit.samples.sample import Sample, make_sample
from fairaudit.samples.simulate import SimulatedLog, simulate_log
from fairaudit.samples.write import write_sample

__all__ = ["Sample", "SimulatedLog", "make_sample", "simulate_log", "write_sample"]
