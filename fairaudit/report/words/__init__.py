"""Numbers, sentences, verdicts and advice as plain strings."""
