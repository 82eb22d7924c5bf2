"""The parts of ``make_samples.py``: what is said, who says it, how it sounds, what is heard, who lives where."""
