"""Speaker-level statistics on plain arrays: what a number is worth. Imports no pandas."""
