"""Column names, counts, errors, files, text and signature: what every other package may import."""
