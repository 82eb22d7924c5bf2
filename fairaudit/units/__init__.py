"""The table that discoverers work on: utterance counts summed by speaker and unit, with the features of the units."""
