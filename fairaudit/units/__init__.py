"""Build the table that discoverers use: counts by speaker and unit, with the features of the units."""
