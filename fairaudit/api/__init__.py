"""The public functions: they turn a log and its side tables into results."""
