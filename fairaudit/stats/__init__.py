"""Statistics on plain arrays, with speakers as the sampling unit. Does not import pandas."""
