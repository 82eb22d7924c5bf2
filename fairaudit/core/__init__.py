"""Column names, counts, errors, files, text and signature, which all other packages may import."""
