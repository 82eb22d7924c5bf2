"""What a search is worth: splitting, finding, measuring, confirming and judging."""
