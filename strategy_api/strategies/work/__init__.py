"""The work of runs about strategies: one module for each kind, and what they share."""
