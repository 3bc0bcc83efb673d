"""Market data: sources, bars and imports."""
