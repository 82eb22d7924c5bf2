"""Gather the evidence for a search: split speakers, find cohorts, measure them, and judge the search."""
