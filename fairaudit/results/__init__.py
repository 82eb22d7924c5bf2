"""Results and their JSON documents: audits, comparisons, histories and gates, without utterances or speakers."""
