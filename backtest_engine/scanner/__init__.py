"""Scoring markets on closed bars: factors, weights, signals, and whether signals were worth anything."""
