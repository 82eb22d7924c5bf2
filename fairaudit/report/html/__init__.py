"""The HTML page, its pictures and the notebook view."""
