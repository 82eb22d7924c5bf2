"""Frozen dataclasses with everything that a report prints or draws, without markup."""
