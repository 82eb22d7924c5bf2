"""Results and their JSON documents: audits, comparisons, histories and gates. They hold no utterance, no speaker."""
