"""Strategies, their versions, their backtests and their reviews."""
